import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, hasEnded } from '../../rehearsal/process/end-process.ts';
import { findFreePort } from '../../rehearsal/process/free-port.ts';
import { readWebCommand } from '../../rehearsal/process/procfile.ts';
import { STANDARD, userId } from '../host/population.ts';
import type { Ground } from '../host/bench-environment.ts';
import type { Peer } from '../peers/peers.ts';
import { say } from '../host/bench-progress.ts';

/** Starts of each server; an odd number, so that the median is one of them. */
export const STARTS = 11;

const START_DEADLINE_MS = 30_000;
const STOP_GRACE_MS = 20_000;

/** Milliseconds since the command was given to the system, start by start. */
export type Start = {
  readonly listening: number;
  /** The first 200, asked from the moment of listening. */
  readonly health: number;
  readonly tasks: number;
};

export type ColdFigures = {
  /** Node itself: `node -e 0`, from start to end. */
  readonly node: readonly number[];
  readonly peers: readonly (Pick<Peer, 'name' | 'title'> & { readonly starts: readonly Start[] })[];
};

/** Starts everything in turn, so that what else the machine does meets all of it. */
export async function measureCold(ground: Ground, peers: readonly Peer[], starts: number = STARTS): Promise<ColdFigures> {
  const database = await ground.filled('standard', [STANDARD]);
  const node: number[] = [];
  const measured = peers.map(({ name, title, directory }) => ({ name, title, directory, starts: [] as Start[] }));
  // The first round reads everything into the system's cache, and is not counted.
  for (let round = 0; round <= starts; round += 1) {
    say(`cold: start ${round} of ${starts}`);
    const bare = await timeOfNode();
    if (round > 0) node.push(bare);
    for (const peer of measured) {
      ground.signal.throwIfAborted();
      const start = await timeOfStart(peer.directory, database, ground);
      if (round > 0) peer.starts.push(start);
    }
  }
  return { node, peers: measured.map(({ name, title, starts: all }) => ({ name, title, starts: all })) };
}

async function timeOfNode(): Promise<number> {
  const begun = performance.now();
  const child = spawn('node', ['-e', '0'], { stdio: 'ignore' });
  await once(child, 'exit');
  return performance.now() - begun;
}

async function timeOfStart(directory: string, database: string, ground: Ground): Promise<Start> {
  const [command, ...args] = await readWebCommand(directory);
  const port = await findFreePort();
  const env = { ...ground.environment(database), PATH: process.env['PATH'], PORT: String(port) };
  const begun = performance.now();
  const child = spawn(command, args, { cwd: directory, detached: true, env, stdio: 'ignore' });
  child.on('error', () => undefined);
  if (child.pid !== undefined) ground.leash.hold(child.pid, 'TERM');
  try {
    await until(child, () => isListening(port));
    const listening = performance.now() - begun;
    const authorization = `Bearer ${ground.token(userId(STANDARD, 0))}`;
    const first200 = async (path: string): Promise<number> => {
      await until(child, async () => (await statusOf(`http://127.0.0.1:${port}${path}`, { authorization })) === 200);
      return performance.now() - begun;
    };
    const [health, tasks] = await Promise.all([first200('/health'), first200('/api/v1/tasks')]);
    return { listening, health, tasks };
  } finally {
    await endProcess(child, 'SIGTERM', STOP_GRACE_MS);
    if (child.pid !== undefined) ground.leash.release(child.pid);
  }
}

/** Looks every millisecond. @throws when the process ends or takes too long */
async function until(child: ChildProcess, condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + START_DEADLINE_MS;
  while (!(await condition())) {
    if (hasEnded(child)) throw new Error(`${child.spawnargs.join(' ')} ended before it answered`);
    if (performance.now() > deadline) throw new Error(`${child.spawnargs.join(' ')} did not answer within ${START_DEADLINE_MS / 1_000} s`);
    await sleep(1);
  }
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
