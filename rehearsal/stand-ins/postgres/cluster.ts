import { existsSync } from 'node:fs';
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import type { Account } from './binaries.ts';

export type ClusterOptions = {
  readonly initdb: string;
  readonly data: string;
  /** Owns the files. */
  readonly account: Account | undefined;
  readonly environment: NodeJS.ProcessEnv;
  /** Of the superuser `postgres`. */
  readonly password: string;
};

/** Runs initdb, unless the data directory exists. */
export async function initializeCluster({ initdb, data, account, environment, password }: ClusterOptions): Promise<void> {
  if (existsSync(path.join(data, 'PG_VERSION'))) return;
  // Renamed when complete, so that an interrupted run leaves nothing that looks like a data directory.
  const draft = `${data}.draft`;
  const passwordFile = `${data}.password`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (account !== undefined) await Promise.all([draft, passwordFile].map((file) => chown(file, account.uid, account.gid)));
  // The built-in C.UTF-8 is the same on every system, and C.UTF-8 is Neon's default locale.
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const options = ['-D', draft, '-U', 'postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256', '--no-sync', '--no-instructions'];
  try {
    await execa(initdb, [...options, ...locale], { ...account, cwd: '/', env: environment, extendEnv: false });
    await rename(draft, data);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(draft, { recursive: true, force: true });
  }
}
