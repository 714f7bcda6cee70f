import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Absolute path of a program on PATH or in one of `folders`; undefined where it is not installed. */
export function findProgram(name: string, ...folders: readonly string[]): string | undefined {
  return [...(process.env['PATH'] ?? '').split(path.delimiter), ...folders]
    .filter((folder) => folder !== '')
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
