import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchEnvironment } from '../host/bench-environment.ts';
import { report } from '../host/bench-progress.ts';
import { service } from '../host/peers.ts';
import { STANDARD, taskId, userId } from '../host/population.ts';
import { memoryOf } from '../host/processes.ts';
import { timeGet, type TimedGet } from '../host/timed-get.ts';
import { percentileOf } from './statistics.ts';

export type SoakRate = {
  readonly minutes: number;
  readonly perSecond: number;
};

const RATE: SoakRate = { minutes: 10, perSecond: 200 };

const USERS = 500;
const CONNECTIONS = 50;

export type SoakMinute = {
  /** Resident at the end, in MB. */
  readonly residentMb: number;
  readonly requests: number;
  /** Requests without a 200. */
  readonly failed: number;
  /** Latencies in ms from the moment when the request was due. */
  readonly p50: number;
  readonly p99: number;
};

export type SoakFigures = {
  readonly rate: SoakRate;
  /** Resident before the first request, in MB. */
  readonly atStart: number;
  readonly minutes: readonly SoakMinute[];
  readonly peakMb: number;
};

/** Sends requests to the service at a fixed rate, for the list and one task in turn, whether or not earlier ones have ended. */
export async function measureSoak(environment: BenchEnvironment): Promise<SoakFigures> {
  const server = await environment.start(service, await environment.filled('standard', [STANDARD]));
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const tokens = Array.from({ length: USERS }, (_, user) => environment.token(userId(STANDARD, user)));
  const requests = tokens.flatMap((token, user) => [
    { port: server.port, path: '/api/v1/tasks?page=1&per_page=20', token, agent },
    { port: server.port, path: `/api/v1/tasks/${taskId(STANDARD, user, 7)}`, token, agent },
  ]);
  try {
    const atStart = await memoryOf(server.pid, 'VmRSS');
    const minutes: SoakMinute[] = [];
    for (let minute = 1; minute <= RATE.minutes; minute += 1) {
      const outcome = await sendForOneMinute(requests, environment.signal);
      minutes.push({ ...outcome, residentMb: await memoryOf(server.pid, 'VmRSS') });
      report(`soak: minute ${minute} of ${RATE.minutes}`);
    }
    return { rate: RATE, atStart, minutes, peakMb: await memoryOf(server.pid, 'VmHWM') };
  } finally {
    agent.destroy();
    await server.stop();
  }
}

async function sendForOneMinute(
  requests: readonly TimedGet[],
  signal: AbortSignal,
): Promise<Pick<SoakMinute, 'requests' | 'failed' | 'p50' | 'p99'>> {
  const began = performance.now();
  const sent: Promise<number | undefined>[] = [];
  const count = 60 * RATE.perSecond;
  while (sent.length < count) {
    const due = began + (sent.length * 1_000) / RATE.perSecond;
    await sleep(Math.max(0, due - performance.now()), undefined, { signal });
    const request = requests[sent.length % requests.length];
    if (request === undefined) throw new RangeError('There are no requests to send');
    sent.push(sinceDue(request, due));
  }
  const latencies = (await Promise.all(sent)).filter((ms) => ms !== undefined);
  const failed = count - latencies.length;
  if (latencies.length === 0) throw new Error('No request of a minute succeeded');
  return { requests: count, failed, p50: percentileOf(latencies, 50), p99: percentileOf(latencies, 99) };
}

async function sinceDue(request: TimedGet, due: number): Promise<number | undefined> {
  try {
    await timeGet(request);
    return performance.now() - due;
  } catch {
    return undefined;
  }
}
