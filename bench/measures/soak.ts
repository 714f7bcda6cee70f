import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, type Asked } from '../host/timed-get.ts';
import { STANDARD, taskId, userId } from '../host/population.ts';
import type { Ground } from '../host/bench-environment.ts';
import { service } from '../peers/peers.ts';
import { memoryOf } from '../host/processes.ts';
import { say } from '../host/bench-progress.ts';
import { percentileOf } from './statistics.ts';

export type Rate = {
  readonly minutes: number;
  readonly perSecond: number;
};

export const RATE: Rate = { minutes: 10, perSecond: 200 };

const USERS = 500;
const CONNECTIONS = 50;

export type Minute = {
  /** Resident at its end, in MB. */
  readonly residentMb: number;
  readonly requests: number;
  /** Requests that were not answered with 200. */
  readonly failed: number;
  /** Latencies in ms, from the moment at which the request was due. */
  readonly p50: number;
  readonly p99: number;
};

export type SoakFigures = {
  readonly rate: Rate;
  /** Resident before the first request, in MB. */
  readonly atStart: number;
  readonly minutes: readonly Minute[];
  readonly peakMb: number;
};

/** Asks the service at a fixed rate, list and task by turns, whether or not earlier requests have been answered. */
export async function measureSoak(ground: Ground, rate: Rate = RATE): Promise<SoakFigures> {
  const server = await ground.start(service, await ground.filled('standard', [STANDARD]));
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const tokens = Array.from({ length: USERS }, (_, user) => ground.token(userId(STANDARD, user)));
  const requests = tokens.flatMap((token, user) => [
    { port: server.port, path: '/api/v1/tasks?page=1&per_page=20', token, agent },
    { port: server.port, path: `/api/v1/tasks/${taskId(STANDARD, user, 7)}`, token, agent },
  ]);
  try {
    const atStart = await memoryOf(server.pid, 'VmRSS');
    const minutes: Minute[] = [];
    for (let minute = 1; minute <= rate.minutes; minute += 1) {
      const outcome = await paced(requests, rate.perSecond, ground.signal);
      minutes.push({ ...outcome, residentMb: await memoryOf(server.pid, 'VmRSS') });
      say(`soak: minute ${minute} of ${rate.minutes}`);
    }
    return { rate, atStart, minutes, peakMb: await memoryOf(server.pid, 'VmHWM') };
  } finally {
    agent.destroy();
    await server.stop();
  }
}

/** One minute's requests. */
async function paced(
  requests: readonly Asked[],
  perSecond: number,
  signal: AbortSignal,
): Promise<Pick<Minute, 'requests' | 'failed' | 'p50' | 'p99'>> {
  const begun = performance.now();
  const asked: Promise<number | undefined>[] = [];
  const count = 60 * perSecond;
  while (asked.length < count) {
    const due = begun + (asked.length * 1_000) / perSecond;
    await sleep(Math.max(0, due - performance.now()), undefined, { signal });
    const request = requests[asked.length % requests.length];
    if (request === undefined) throw new RangeError('no requests to make');
    asked.push(sinceDue(request, due));
  }
  const latencies = (await Promise.all(asked)).filter((ms) => ms !== undefined);
  const failed = count - latencies.length;
  if (latencies.length === 0) throw new Error('the service answered none of the requests of a minute');
  return { requests: count, failed, p50: percentileOf(latencies, 50), p99: percentileOf(latencies, 99) };
}

async function sinceDue(request: Asked, due: number): Promise<number | undefined> {
  try {
    await ask(request);
    return performance.now() - due;
  } catch {
    return undefined;
  }
}
