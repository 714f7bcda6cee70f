import { execFile } from 'node:child_process';
import { access, chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Account } from './binaries.ts';

const run = promisify(execFile);

/** Where a cluster's files go, who owns them, and the password of its superuser `postgres`. */
export type ClusterPlan = {
  readonly initdb: string;
  readonly data: string;
  readonly account: Account | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly password: string;
};

/** Runs initdb, unless there is data already. */
export async function initialiseCluster({ initdb, data, account, environment, password }: ClusterPlan): Promise<void> {
  if (await exists(path.join(data, 'PG_VERSION'))) return;
  // Built beside its place and moved there, so that an interrupted run leaves nothing that looks like data.
  const draft = `${data}.draft`;
  const passwordFile = `${data}.password`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) await Promise.all([draft, passwordFile].map((path) => chown(path, account.uid, account.gid)));
  // The built-in C.UTF-8 is the same on every system; Neon's default locale is C.UTF-8 as well.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const options = ['-D', draft, '-U', 'postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--no-sync', '--no-instructions'];
  try {
    await run(initdb, [...options, ...locale], { ...account, cwd: '/', env: environment });
    await rename(draft, data);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
