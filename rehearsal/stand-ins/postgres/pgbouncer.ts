import { spawn, type ChildProcess } from 'node:child_process';
import { chown, mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, hasEnded } from '../../process/end-process.ts';
import { findProgram } from '../../process/find-program.ts';
import { startOnFreePort } from '../../process/free-port.ts';
import type { Leash } from '../../process/watchdog.ts';
import { tailOf } from '../../process/log-tail.ts';
import { findAccount, type Account } from './binaries.ts';

const START_DEADLINE_MS = 10_000;
/** It keeps nothing that a hard end could lose; newer ones wait on SIGTERM for their clients to leave. */
const STOP_GRACE_MS = 1_000;
const LACK = 'pgbouncer is not installed: apt-get install pgbouncer';

export type PgBouncerOptions = {
  /** Holds configuration and log. For root it must be within reach of the account `nobody`. */
  readonly directory: string;
  readonly leash: Leash;
  /** A URL of the server behind it, with the one user it knows. Nothing needs to answer there yet. */
  readonly target: string;
  /** Of the section [pgbouncer]; they win over those made here. */
  readonly settings?: Readonly<Record<string, string>>;
};

/** A PgBouncer on 127.0.0.1 in transaction mode. `stop`, `kill` and `start` do nothing in the state they lead to; they must not overlap. */
export type PgBouncer = {
  readonly port: number;
  /** The pooled connection string of a database, by default of the one in `target`. */
  url(database?: string): string;
  /** Ends it: its clients' connections are cut. Resolves when the process is gone. */
  stop(): Promise<void>;
  /** Ends it with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it on the same port and resolves when it listens, whatever the server behind it does. */
  start(): Promise<void>;
  /** Stops it and deletes its directory. */
  close(): Promise<void>;
};

/** Why a test that needs PgBouncer is skipped on this machine (for `skip` of node:test); false where it need not be. */
export function lackOfPgBouncer(): string | false {
  return findPgBouncer() === undefined && LACK;
}

/**
 * Starts the machine's PgBouncer as the stand-in for Neon's pooler, as the account `nobody` when run by root.
 * @throws with the last lines of its log when it does not start
 */
export async function startPgBouncer({ directory, leash, target, settings = {} }: PgBouncerOptions): Promise<PgBouncer> {
  const program = findPgBouncer() ?? refuse();
  const server = new URL(target);
  const log = path.join(directory, 'pgbouncer.log');
  const account = await findAccount();
  await mkdir(directory, { recursive: true });
  let port = 0;
  let child: ChildProcess | undefined;

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (child === undefined) return;
    await endProcess(child, signal, STOP_GRACE_MS);
    if (child.pid !== undefined) leash.release(child.pid);
    child = undefined;
  }

  async function start(): Promise<void> {
    if (child !== undefined && !hasEnded(child)) return;
    await end('SIGTERM');
    const configuration = await writeConfiguration(directory, account, server, { listen_port: String(port), ...settings });
    const output = await open(log, 'w', 0o600);
    // Detached: the terminal's Ctrl-C reaches whole process groups, and the pooler must outlast the service.
    child = spawn(program, [configuration], {
      ...account,
      cwd: '/',
      detached: true,
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', output.fd, output.fd],
    });
    child.on('error', () => undefined);
    if (child.pid !== undefined) leash.hold(child.pid, 'TERM');
    await output.close();
    try {
      await untilListening(child, log);
    } catch (error) {
      await end('SIGKILL');
      throw error;
    }
  }

  async function close(): Promise<void> {
    await end('SIGTERM');
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
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    start,
    close,
  };
}

/** Debian's is in /usr/sbin, which is not on everybody's PATH. */
function findPgBouncer(): string | undefined {
  return findProgram('pgbouncer', '/usr/sbin');
}

function refuse(): never {
  throw new Error(LACK);
}

/** Writes pgbouncer.ini and the file of users, and answers the path of the first. */
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
    // As on Neon: transaction mode, SCRAM towards both sides, thousands of clients on few connections, and no startup parameter
    // waved through. Timeouts, server_login_retry above all, keep PgBouncer's defaults.
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
  // SCRAM towards the server needs the password itself.
  const quoted = [server.username, server.password].map((part) => `"${decodeURIComponent(part).replaceAll('"', '""')}"`);
  const configuration = path.join(directory, 'pgbouncer.ini');
  await writePrivately(users, `${quoted.join(' ')}\n`, account);
  await writePrivately(configuration, ['[databases]', database, '[pgbouncer]', ...lines, ''].join('\n'), account);
  return configuration;
}

async function writePrivately(path: string, text: string, account: Account | undefined): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  if (account !== undefined) await chown(path, account.uid, account.gid);
}

async function untilListening(child: ChildProcess, log: string): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  // Not by connecting: somebody else's listener on the port would answer too.
  while (!(await readFile(log, 'utf8')).includes('process up')) {
    if (hasEnded(child)) throw new Error(`PgBouncer did not start:\n${await tailOf(log)}`);
    if (Date.now() > deadline) throw new Error(`PgBouncer did not listen within ${START_DEADLINE_MS / 1000} s:\n${await tailOf(log)}`);
    await sleep(20);
  }
}
