import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { signToken } from '../../rehearsal/process/credentials.ts';
import { sendTimed, type TimedResponse } from './timed-request.ts';

const HEALTH_EVERY_MS = 225;
const LIVENESS_EVERY_MS = 225;
const PROBE_EVERY_MS = 100;

/** Sends requests at fixed intervals without waiting for responses, so that a hanging request does not hide what happens meanwhile. */
export type Monitor = {
  readonly health: readonly TimedResponse[];
  readonly liveness: readonly TimedResponse[];
  /** Reads of a database route. */
  readonly probes: readonly TimedResponse[];
  /** Sends no more requests and resolves when all have ended. */
  stop(): Promise<void>;
  /** Cuts the pending requests. */
  abandon(): Promise<void>;
};

/** @param port of the service on 127.0.0.1 */
export function startMonitor(port: number, jwtSecret: string): Monitor {
  const agent = new Agent({ keepAlive: true });
  const token = signToken(randomBytes(16).toString('hex'), jwtSecret, '1h');
  const get = (path: string, options: { token?: string } = {}) => sendTimed({ port, agent, method: 'GET', path, ...options });
  const health = sendPeriodically(HEALTH_EVERY_MS, () => get('/health'));
  const liveness = sendPeriodically(LIVENESS_EVERY_MS, () => get('/livez'));
  const probes = sendPeriodically(PROBE_EVERY_MS, () => get('/api/v1/tasks', { token }));

  async function stop(): Promise<void> {
    await Promise.all([health, liveness, probes].map((requests) => requests.stop()));
    agent.destroy();
  }
  return {
    health: health.responses,
    liveness: liveness.responses,
    probes: probes.responses,
    stop,
    abandon: async () => {
      agent.destroy();
      await stop();
    },
  };
}

type PeriodicRequests = {
  readonly responses: readonly TimedResponse[];
  stop(): Promise<void>;
};

function sendPeriodically(everyMs: number, send: () => Promise<TimedResponse>): PeriodicRequests {
  const responses: TimedResponse[] = [];
  const pending = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const sent = send().then((response) => {
      responses.push(response);
      pending.delete(sent);
    });
    pending.add(sent);
  }, everyMs);
  return {
    responses,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(pending);
    },
  };
}
