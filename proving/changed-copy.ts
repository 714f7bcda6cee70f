import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../rehearsal/process/repository-root.ts';

const run = promisify(execFile);

/** One change of a source file, as small as a real slip: what stands there exactly once, and what comes in its place. */
export type Slip = {
  /** Below the repository. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
};

/** What is to be changed does not stand there as it is thought to: nothing can be said of such a change. */
export class SlipError extends Error {}

/** Copies what a build of the service needs, as it stands in the working tree, and makes the changes. */
export async function copySources(directory: string, slips: readonly Slip[]): Promise<void> {
  for (const name of ['service', 'package.json', 'tsconfig.json', 'Procfile']) {
    await cp(path.join(repository, name), path.join(directory, name), { recursive: true });
  }
  await symlink(path.join(repository, 'node_modules'), path.join(directory, 'node_modules'));
  await applySlips(directory, slips);
}

/** Clones the repository with all of its history, brings the clone to the state of the working tree, and makes the changes. */
export async function cloneRepository(directory: string, slips: readonly Slip[]): Promise<void> {
  await run('git', ['clone', '--quiet', '--local', repository, directory]);
  const changed = await run('git', ['ls-files', '-z', '--modified', '--others', '--exclude-standard'], { cwd: repository });
  const deleted = await run('git', ['ls-files', '-z', '--deleted'], { cwd: repository });
  const gone = new Set(namesIn(deleted.stdout));
  for (const name of namesIn(changed.stdout)) {
    if (!gone.has(name)) await cp(path.join(repository, name), path.join(directory, name));
  }
  for (const name of gone) await rm(path.join(directory, name), { force: true });
  await symlink(path.join(repository, 'node_modules'), path.join(directory, 'node_modules'));
  await applySlips(directory, slips);
}

/** Writes files into a clone, and commits all that is in it. */
export async function commitFiles(directory: string, files: Readonly<Record<string, string | undefined>>, message: string): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const target = path.join(directory, name);
    await mkdir(path.dirname(target), { recursive: true });
    await (text === undefined ? rm(target) : writeFile(target, text));
  }
  const identity = ['-c', 'user.name=Prover', '-c', 'user.email=prover@example.com'];
  await run('git', ['add', '--all', '--', ':!node_modules'], { cwd: directory });
  await run('git', [...identity, 'commit', '--quiet', '--message', message], { cwd: directory });
}

/** @throws {SlipError} when a text does not stand in its file exactly once */
async function applySlips(directory: string, slips: readonly Slip[]): Promise<void> {
  for (const { file, from, to } of slips) {
    const target = path.join(directory, file);
    const text = await readFile(target, 'utf8').catch(() => '');
    const found = text.split(from).length - 1;
    if (found !== 1) throw new SlipError(`${file}: what is to be changed stands there ${found} times: ${JSON.stringify(from)}`);
    await writeFile(
      target,
      text.replace(from, () => to),
    );
  }
}

function namesIn(list: string): string[] {
  return list.split('\0').filter((name) => name !== '');
}
