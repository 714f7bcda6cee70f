import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import pWaitFor from 'p-wait-for';
import { endProcess, hasEnded } from '../process/end-process.ts';
import { findProgram } from '../process/find-program.ts';
import { startOnFreePort } from '../process/free-port.ts';
import type { Watchdog } from '../process/watchdog.ts';

const START_DEADLINE_MS = 20_000;
const STOP_GRACE_MS = 20_000;

/** A Redis on 127.0.0.1 that stores everything in memory. `stop` and `start` are idempotent and must not overlap. */
export type Redis = {
  readonly port: number;
  /** With the password of a user with all rights. */
  readonly url: string;
  /** Cuts its connections and loses its data. Resolves when the process is gone. */
  stop(): Promise<void>;
  /** Starts it empty on the same port and resolves when it responds. */
  start(): Promise<void>;
  /** Suspends the process: the system still accepts connections, but nothing responds. */
  pause(): void;
  resume(): void;
};

/** Path of the installed redis-server, which no npm package provides; undefined where there is none. */
export function findRedis(): string | undefined {
  return findProgram('redis-server', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin');
}

/** @throws with the output of Redis when it does not start */
export async function startRedis(program: string, watchdog: Watchdog): Promise<Redis> {
  const password = randomBytes(24).toString('base64url');
  let port = 0;
  let server: ChildProcess | undefined;

  async function stop(): Promise<void> {
    if (server === undefined) return;
    // A suspended process handles SIGTERM only after SIGCONT.
    server.kill('SIGCONT');
    await endProcess(server, 'SIGTERM', STOP_GRACE_MS);
    if (server.pid !== undefined) watchdog.unwatch(server.pid);
    server = undefined;
  }

  async function start(): Promise<void> {
    if (server !== undefined && !hasEnded(server)) return;
    await stop();
    // The configuration comes over stdin: every user of the machine can read arguments, and with them the password.
    const child = spawn(program, ['-'], { cwd: '/', detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    server = child;
    server.on('error', () => undefined);
    if (child.pid !== undefined) watchdog.watch(child.pid, 'TERM');
    const output = text(child.stdout);
    child.stdin.on('error', () => undefined).end(`bind 127.0.0.1\nport ${port}\nrequirepass ${password}\nsave ""\nappendonly no\n`);
    await pWaitFor(async () => (await responds(port)) || hasEnded(child), {
      timeout: { milliseconds: START_DEADLINE_MS, fallback: () => undefined },
    });
    if (!hasEnded(child) && (await responds(port))) return;
    await stop();
    throw new Error(`Redis did not start within ${START_DEADLINE_MS / 1_000} s:\n${await output}`);
  }

  await startOnFreePort((free) => {
    port = free;
    return start();
  });
  const pause = (): void => void server?.kill('SIGSTOP');
  const resume = (): void => void server?.kill('SIGCONT');
  return { port, url: `redis://:${password}@127.0.0.1:${port}`, stop, start, pause, resume };
}

/** Whether it responds: a client without a password gets an error. */
async function responds(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.end('PING\r\n');
    return (await text(socket)).startsWith('-NOAUTH');
  } catch {
    return false;
  }
}
