import { readFile } from 'node:fs/promises';

/** The last lines of a log file, for an error message; a sentence instead when there are none. */
export async function tailOf(path: string, lines = 20): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lines).join('\n') || '(it printed nothing)';
}
