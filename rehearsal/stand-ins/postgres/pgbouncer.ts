import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRestartable, startDaemon } from '../../process/daemon.ts';
import { findProgram } from '../../process/find-program.ts';
import { startOnFreePort } from '../../process/free-port.ts';
import type { Watchdog } from '../../process/watchdog.ts';
import { findAccount, type Account } from './binaries.ts';

const START_DEADLINE_MS = 10_000;
/** SIGKILL loses nothing, and on SIGTERM newer versions wait for their clients to disconnect. */
const STOP_GRACE_MS = 1_000;
const NOT_INSTALLED = 'pgbouncer is not installed: apt-get install pgbouncer';

export type PgBouncerOptions = {
  readonly watchdog: Watchdog;
  /** For configuration and log. For root, the account `nobody` must be able to reach it. */
  readonly directory: string;
  /** A URL of the server to forward to, with the one user that PgBouncer accepts. The server need not run yet. */
  readonly target: string;
  /** Of the section [pgbouncer]; they override the defaults. */
  readonly settings?: Readonly<Record<string, string>>;
};

/** A PgBouncer on 127.0.0.1 in transaction mode. `stop`, `kill` and `start` are idempotent and must not overlap. */
export type PgBouncer = {
  readonly port: number;
  /** The pooled connection string of a database, by default of the one in `target`. */
  url(database?: string): string;
  /** Ends it, which cuts its clients' connections. Resolves when the process is gone. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it on the same port and resolves when it listens, whether or not the server is up. */
  start(): Promise<void>;
  /** Stops it and deletes its directory. */
  close(): Promise<void>;
};

/** Why tests that need PgBouncer are skipped on this machine (for `skip` of node:test); false where it is installed. */
export function lackOfPgBouncer(): string | false {
  return findPgBouncer() === undefined && NOT_INSTALLED;
}

/**
 * Starts the installed PgBouncer as the stand-in for Neon's pooler, as the account `nobody` when root runs it.
 * @throws with the last lines of its log when it does not start
 */
export async function startPgBouncer(options: PgBouncerOptions): Promise<PgBouncer> {
  const { directory, target, settings = {} } = options;
  const program = findPgBouncer();
  if (program === undefined) throw new Error(NOT_INSTALLED);
  const server = new URL(target);
  const logFile = path.join(directory, 'pgbouncer.log');
  const account = await findAccount();
  await mkdir(directory, { recursive: true });
  let port = 0;

  const { start, stop } = createRestartable(async () => {
    const configuration = await writeConfiguration(directory, account, server, { listen_port: String(port), ...settings });
    return startDaemon(program, [configuration], {
      ...account,
      name: 'PgBouncer',
      cwd: '/',
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      logFile,
      watchdog: options.watchdog,
      stopSignal: 'TERM',
      graceMs: STOP_GRACE_MS,
      deadlineMs: START_DEADLINE_MS,
      // The log, because another process that listens on the port would accept a connection.
      isReady: async () => (await readFile(logFile, 'utf8')).includes('process up'),
    });
  });

  async function close(): Promise<void> {
    await stop();
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }

  try {
    await startOnFreePort((free) => {
      port = free;
      return start();
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    port,
    url: (database = decodeURIComponent(server.pathname.slice(1))) =>
      `postgresql://${server.username}:${server.password}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    stop,
    kill: () => stop('SIGKILL'),
    start,
    close,
  };
}

/** Debian installs it in /usr/sbin, which is not on every user's PATH. */
function findPgBouncer(): string | undefined {
  return findProgram('pgbouncer', '/usr/sbin');
}

/** Writes pgbouncer.ini and the users file, and returns the path of the former. */
async function writeConfiguration(
  directory: string,
  account: Account | undefined,
  server: URL,
  settings: Readonly<Record<string, string>>,
): Promise<string> {
  const users = path.join(directory, 'users.txt');
  const all = {
    listen_addr: '127.0.0.1',
    unix_socket_dir: '',
    // As on Neon: transaction mode, SCRAM on both sides, many clients on few connections, and no ignored startup parameters.
    // Timeouts, server_login_retry in particular, have PgBouncer's defaults.
    pool_mode: 'transaction',
    auth_type: 'scram-sha-256',
    auth_file: users,
    max_client_conn: '1000',
    default_pool_size: '20',
    ignore_startup_parameters: '',
    ...settings,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
  const database = `* = host=${server.hostname} port=${server.port || '5432'}`;
  // SCRAM towards the server needs the plain password.
  const quoted = [server.username, server.password].map((part) => `"${decodeURIComponent(part).replaceAll('"', '""')}"`);
  const configuration = path.join(directory, 'pgbouncer.ini');
  await writePrivately(users, `${quoted.join(' ')}\n`, account);
  await writePrivately(configuration, ['[databases]', database, '[pgbouncer]', ...lines, ''].join('\n'), account);
  return configuration;
}

async function writePrivately(file: string, text: string, account: Account | undefined): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  if (account !== undefined) await chown(file, account.uid, account.gid);
}
