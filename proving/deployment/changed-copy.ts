import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { repository } from '../../rehearsal/process/repository-root.ts';

/** One small change of a source file: `from` must occur exactly once and is replaced by `to`. */
export type Mutation = {
  /** Relative to the repository. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
};

/** The text to change does not occur exactly once in its file, so the mutation is invalid. */
export class MutationError extends Error {}

/** Copies what a build of the service needs from the working tree, and applies the mutations. */
export async function copySources(directory: string, mutations: readonly Mutation[]): Promise<void> {
  for (const name of ['service', 'package.json', 'tsconfig.json', 'Procfile']) {
    await cp(path.join(repository, name), path.join(directory, name), { recursive: true });
  }
  await symlink(path.join(repository, 'node_modules'), path.join(directory, 'node_modules'));
  await applyMutations(directory, mutations);
}

/** Clones the repository with its history, copies uncommitted changes of the working tree, and applies the mutations. */
export async function cloneRepository(directory: string, mutations: readonly Mutation[]): Promise<void> {
  await execa('git', ['clone', '--quiet', '--local', repository, directory]);
  const changed = await execa('git', ['ls-files', '-z', '--modified', '--others', '--exclude-standard'], { cwd: repository });
  const deleted = await execa('git', ['ls-files', '-z', '--deleted'], { cwd: repository });
  const gone = new Set(namesIn(deleted.stdout));
  for (const name of namesIn(changed.stdout)) {
    if (!gone.has(name)) await cp(path.join(repository, name), path.join(directory, name));
  }
  for (const name of gone) await rm(path.join(directory, name), { force: true });
  await symlink(path.join(repository, 'node_modules'), path.join(directory, 'node_modules'));
  await applyMutations(directory, mutations);
}

/** Writes files into a clone and commits all changes. */
export async function commitFiles(directory: string, files: Readonly<Record<string, string | undefined>>, message: string): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const target = path.join(directory, name);
    await mkdir(path.dirname(target), { recursive: true });
    await (text === undefined ? rm(target) : writeFile(target, text));
  }
  const identity = ['-c', 'user.name=Mutation', '-c', 'user.email=mutation@example.com'];
  await execa('git', ['add', '--all', '--', ':!node_modules'], { cwd: directory });
  await execa('git', [...identity, 'commit', '--quiet', '--message', message], { cwd: directory });
}

/** @throws {MutationError} when a text does not occur exactly once in its file */
async function applyMutations(directory: string, mutations: readonly Mutation[]): Promise<void> {
  for (const { file, from, to } of mutations) {
    const target = path.join(directory, file);
    const text = await readFile(target, 'utf8').catch(() => '');
    const found = text.split(from).length - 1;
    if (found !== 1) throw new MutationError(`${file}: the text to change occurs ${found} times: ${JSON.stringify(from)}`);
    await writeFile(
      target,
      text.replace(from, () => to),
    );
  }
}

function namesIn(list: string): string[] {
  return list.split('\0').filter((name) => name !== '');
}
