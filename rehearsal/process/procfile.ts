import { readFile } from 'node:fs/promises';
import path from 'node:path';

/** A command and its arguments as `spawn` takes them. */
export type CommandLine = readonly [command: string, ...args: string[]];

/** Reads the command that Railway runs: the `web` line of the Procfile. @throws when there is none */
export async function readWebCommand(repository: string): Promise<CommandLine> {
  const procfile = await readFile(path.join(repository, 'Procfile'), 'utf8');
  const command = /^web:\s*(\S.*?)\s*$/m.exec(procfile)?.[1];
  if (command === undefined) throw new Error('The Procfile has no web line, so there is nothing to start');
  const [program, ...args] = command.split(/\s+/);
  // A line of plain words needs no shell. With one, `exec` makes signals reach the service, and `env` takes leading assignments.
  if (program === undefined || !/^[\w./:@\s-]+$/.test(command)) return ['/bin/sh', '-c', `exec env ${command}`];
  return [program, ...args];
}
