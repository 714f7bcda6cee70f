import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, hasEnded } from '../process/end-process.ts';
import { findProgram } from '../process/find-program.ts';
import { startOnFreePort } from '../process/free-port.ts';
import type { Leash } from '../process/watchdog.ts';

const START_DEADLINE_MS = 20_000;
const STOP_GRACE_MS = 20_000;

/** A Redis on 127.0.0.1 that keeps everything in memory. `stop` and `start` do nothing in the state they lead to; they must not overlap. */
export type Redis = {
  readonly port: number;
  /** With the password; its user may do everything. */
  readonly url: string;
  /** Connections are cut, and everything it held is lost. Resolves when the process is gone. */
  stop(): Promise<void>;
  /** Starts it empty on the same port and resolves when it answers. */
  start(): Promise<void>;
  /** From now on it answers nothing, while the system still accepts connections for it. */
  freeze(): void;
  thaw(): void;
};

/** Path of the system's redis-server, which no npm package brings; undefined where there is none. */
export function findRedis(): string | undefined {
  return findProgram('redis-server', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin');
}

/** @throws with what Redis printed when it does not start */
export async function startRedis(program: string, leash: Leash): Promise<Redis> {
  const password = randomBytes(24).toString('base64url');
  let port = 0;
  let server: ChildProcess | undefined;

  async function stop(): Promise<void> {
    if (server === undefined) return;
    // A frozen process ends only when it goes on.
    server.kill('SIGCONT');
    await endProcess(server, 'SIGTERM', STOP_GRACE_MS);
    if (server.pid !== undefined) leash.release(server.pid);
    server = undefined;
  }

  async function start(): Promise<void> {
    if (server !== undefined && !hasEnded(server)) return;
    await stop();
    // The configuration comes over stdin: arguments, and with them the password, are there for everybody to see.
    const child = spawn(program, ['-'], { cwd: '/', detached: true, stdio: ['pipe', 'pipe', 'inherit'] });
    server = child;
    server.on('error', () => undefined);
    if (child.pid !== undefined) leash.hold(child.pid, 'TERM');
    const output = text(child.stdout);
    child.stdin.on('error', () => undefined).end(`bind 127.0.0.1\nport ${port}\nrequirepass ${password}\nsave ""\nappendonly no\n`);
    const deadline = Date.now() + START_DEADLINE_MS;
    while (!(await answers(port))) {
      const ended = hasEnded(child);
      if (!ended && Date.now() < deadline) {
        await sleep(20);
        continue;
      }
      await stop();
      throw new Error(`Redis did not ${ended ? 'start' : `answer within ${START_DEADLINE_MS / 1000} s`}:\n${await output}`);
    }
  }

  await startOnFreePort((free) => {
    port = free;
    return start();
  });
  return {
    port,
    url: `redis://:${password}@127.0.0.1:${port}`,
    stop,
    start,
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
  };
}

/** Whether it speaks: to whoever has not given the password it says so. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    socket.end('PING\r\n');
    return (await text(socket)).startsWith('-NOAUTH');
  } catch {
    return false;
  }
}
