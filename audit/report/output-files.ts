import { appendFileSync, copyFileSync, mkdirSync, realpathSync, renameSync, rmSync, statSync, type Stats, writeFileSync } from 'node:fs';
import path from 'node:path';
import { getSystemErrorMessage } from 'node:util';

/** A file that the audit writes, and the setting that names it. */
export type Output = { setting: string; file: string };

const IS_DIRECTORY = 'is a directory';

/** Such as "AUDIT_REPORT: cannot write reports/ (is a directory). Give a file path." */
function cannotWrite({ setting, file }: Output, error: unknown): string {
  const reason = reasonOf(error);
  return `${setting}: cannot write ${file} (${reason}). ${reason === IS_DIRECTORY ? 'Give a file path.' : 'Give another path, or make this one writable.'}`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason';
  const { code, errno } = error as NodeJS.ErrnoException;
  if (code === 'EISDIR') return IS_DIRECTORY;
  return errno === undefined ? error.message : getSystemErrorMessage(errno);
}

/** Why these outputs cannot be written, each cause once. Missing folders are no problem: writing creates them. */
export function findUnwritable(files: readonly Output[], folders: readonly Output[]): string[] {
  const twice = files.flatMap((output, index) => {
    const same = files.slice(0, index).find(({ file }) => path.resolve(file) === path.resolve(output.file));
    return same === undefined ? [] : [cannotWrite(output, new Error(`${same.setting} writes the same file`))];
  });
  const causes = new Map<string, string>();
  const attempt = (output: Output, probe: (file: string) => void): void => {
    try {
      probe(output.file);
    } catch (error) {
      const reason = reasonOf(error);
      const cause = `${output.setting} ${reason === IS_DIRECTORY ? output.file : reason}`;
      if (!causes.has(cause)) causes.set(cause, cannotWrite(output, error));
    }
  };
  for (const output of files) attempt(output, probeFile);
  for (const output of folders) attempt(output, probeFolder);
  return [...twice, ...causes.values()];
}

function probeFile(file: string): void {
  const found = look(file);
  if (found?.isDirectory() === true || /[\\/]$/.test(file)) throw new Error(IS_DIRECTORY);
  if (found === undefined || found.isFile()) probeFolder(path.dirname(found === undefined ? path.resolve(file) : realpathSync(file)));
}

/** Writes and removes a file in the folder, or in its nearest existing parent. */
function probeFolder(folder: string): void {
  let existing = path.resolve(folder);
  while (look(existing) === undefined) existing = path.dirname(existing);
  if (look(existing)?.isDirectory() !== true) throw new Error(`${path.relative('', existing)} is not a directory`);
  const probe = path.join(existing, `.audit-write-test-${process.pid}`);
  try {
    writeFileSync(probe, '\n');
  } finally {
    rmSync(probe, { force: true });
  }
}

function look(file: string): Stats | undefined {
  return statSync(file, { throwIfNoEntry: false });
}

/**
 * Writes each file completely or not at all, so that readers never see a partial file.
 * @returns the files that could not be written, with the message for each
 */
export function writeOutputs(outputs: readonly (Output & { text: string })[]): Map<string, string> {
  const failed = new Map<string, string>();
  for (const { text, ...output } of outputs) {
    try {
      writeWhole(output.file, text);
    } catch (error) {
      failed.set(output.file, cannotWrite(output, error));
    }
  }
  return failed;
}

function writeWhole(file: string, text: string): void {
  const found = look(file);
  // A device or a pipe must not be replaced by a file.
  if (found !== undefined && !found.isFile() && !found.isDirectory()) return writeFileSync(file, text);
  const place = found === undefined ? path.resolve(file) : realpathSync(file);
  const part = `${place}.${process.pid}.part`;
  try {
    mkdirSync(path.dirname(place), { recursive: true });
    writeFileSync(part, text);
    replace(part, place);
  } finally {
    rmSync(part, { force: true });
  }
}

/** A file that is a mount point, such as one mounted into a container, can only be overwritten. */
function replace(part: string, place: string): void {
  try {
    renameSync(part, place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EBUSY') throw error;
    copyFileSync(part, place);
  }
}

/** @returns why the text could not be appended */
export function appendOutput(output: Output, text: string): string | undefined {
  try {
    mkdirSync(path.dirname(output.file), { recursive: true });
    appendFileSync(output.file, text);
    return undefined;
  } catch (error) {
    return cannotWrite(output, error);
  }
}
