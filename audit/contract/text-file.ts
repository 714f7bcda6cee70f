import { readFileSync } from 'node:fs';

/**
 * Text in UTF-8 or UTF-16, with or without a byte order mark, because editors and shells on Windows write either.
 * @throws {Error} where the file cannot be read, or is neither
 */
export function readText(file: string): string {
  const bytes = readFileSync(file);
  try {
    return new TextDecoder(encodingOf(bytes), { fatal: true }).decode(bytes);
  } catch {
    throw new Error('it is neither UTF-8 nor UTF-16 text, so save it as UTF-8');
  }
}

/** By the byte order mark, or without one by a zero byte, for text that starts with ASCII. */
function encodingOf([first, second]: Uint8Array): string {
  if ((first === 0xff && second === 0xfe) || second === 0) return 'utf-16le';
  return (first === 0xfe && second === 0xff) || first === 0 ? 'utf-16be' : 'utf-8';
}
