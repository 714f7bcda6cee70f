import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Path of a program of the machine, on PATH or in one of these folders; undefined where there is none. */
export function findProgram(name: string, ...folders: readonly string[]): string | undefined {
  return [...(process.env['PATH'] ?? '').split(path.delimiter), ...folders]
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
