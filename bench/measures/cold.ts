import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import pWaitFor from 'p-wait-for';
import { endProcess, hasEnded } from '../../rehearsal/process/end-process.ts';
import { findFreePort } from '../../rehearsal/process/free-port.ts';
import { readWebCommand } from '../../rehearsal/process/procfile.ts';
import type { BenchEnvironment } from '../host/bench-environment.ts';
import { report } from '../host/bench-progress.ts';
import type { Peer } from '../host/peers.ts';
import { STANDARD, userId } from '../host/population.ts';

/** Starts of each server; an odd number, so that the median is one of them. */
const STARTS = 11;

const START_DEADLINE_MS = 30_000;
const STOP_GRACE_MS = 20_000;

/** Milliseconds since the command was started. */
export type StartTimes = {
  readonly listening: number;
  /** The first 200, requested from the moment of listening. */
  readonly health: number;
  readonly tasks: number;
};

export type ColdFigures = {
  /** `node -e 0`, from start to exit. */
  readonly node: readonly number[];
  readonly peers: readonly (Pick<Peer, 'name' | 'title'> & { readonly starts: readonly StartTimes[] })[];
};

/** Starts all servers in turn, so that other activity of the machine affects all of them. */
export async function measureCold(environment: BenchEnvironment, peers: readonly Peer[]): Promise<ColdFigures> {
  const database = await environment.filled('standard', [STANDARD]);
  const node: number[] = [];
  const measured = peers.map(({ name, title, directory }) => ({ name, title, directory, starts: [] as StartTimes[] }));
  // The first round fills the system's file cache and does not count.
  for (let round = 0; round <= STARTS; round += 1) {
    report(`cold: start ${round} of ${STARTS}`);
    const bare = await timeOfNode();
    if (round > 0) node.push(bare);
    for (const peer of measured) {
      environment.signal.throwIfAborted();
      const start = await timeOfStart(peer.directory, database, environment);
      if (round > 0) peer.starts.push(start);
    }
  }
  return { node, peers: measured.map(({ name, title, starts }) => ({ name, title, starts })) };
}

async function timeOfNode(): Promise<number> {
  const began = performance.now();
  const child = spawn('node', ['-e', '0'], { stdio: 'ignore' });
  await once(child, 'exit');
  return performance.now() - began;
}

async function timeOfStart(directory: string, database: string, environment: BenchEnvironment): Promise<StartTimes> {
  const [command, ...args] = await readWebCommand(directory);
  const port = await findFreePort();
  const env = { ...environment.settings(database), PATH: process.env['PATH'], PORT: String(port) };
  const began = performance.now();
  const child = spawn(command, args, { cwd: directory, detached: true, env, stdio: 'ignore' });
  child.on('error', () => undefined);
  if (child.pid !== undefined) environment.watchdog.watch(child.pid, 'TERM');
  try {
    await untilTrue(child, () => isListening(port));
    const listening = performance.now() - began;
    const authorization = `Bearer ${environment.token(userId(STANDARD, 0))}`;
    const first200 = async (path: string): Promise<number> => {
      await untilTrue(child, async () => (await statusOf(`http://127.0.0.1:${port}${path}`, { authorization })) === 200);
      return performance.now() - began;
    };
    const [health, tasks] = await Promise.all([first200('/health'), first200('/api/v1/tasks')]);
    return { listening, health, tasks };
  } finally {
    await endProcess(child, 'SIGTERM', STOP_GRACE_MS);
    if (child.pid !== undefined) environment.watchdog.unwatch(child.pid);
  }
}

/** Polls every millisecond. @throws when the process exits or exceeds the deadline */
async function untilTrue(child: ChildProcess, condition: () => Promise<boolean>): Promise<void> {
  const command = child.spawnargs.join(' ');
  const poll = async (): Promise<boolean> => {
    if (await condition()) return true;
    if (hasEnded(child)) throw new Error(`${command} exited before it responded`);
    return false;
  };
  const message = new Error(`${command} did not respond within ${START_DEADLINE_MS / 1_000} s`);
  await pWaitFor(poll, { interval: 1, timeout: { milliseconds: START_DEADLINE_MS, message } });
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function statusOf(url: string, headers: Record<string, string>): Promise<number> {
  const response = await fetch(url, { headers });
  await response.arrayBuffer();
  return response.status;
}
