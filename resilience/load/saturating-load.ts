import { randomBytes, randomUUID } from 'node:crypto';
import { Agent } from 'node:https';
import pWaitFor from 'p-wait-for';
import { signToken } from '../../rehearsal/process/credentials.ts';
import { idOf, sendTimed, type TimedRequest, type TimedResponse, withoutBody } from './timed-request.ts';
import type { WriteLog } from './write-log.ts';

const TASKS = '/api/v1/tasks';
export const CONNECTIONS = 100;
export const REQUESTS = 20_000;

export type SaturatingLoad = {
  readonly users: readonly string[];
  readonly requests: readonly TimedRequest[];
  readonly writeLog: WriteLog;
  /** Resolves when this many requests have ended. */
  reached(count: number, signal: AbortSignal): Promise<void>;
  abandon(): Promise<void>;
};

/** Each connection sends its next request as soon as the last has ended: one in ten creates a task. */
export function startSaturatingLoad(port: number, ca: Buffer, jwtSecret: string): SaturatingLoad {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS, ca });
  const users = Array.from({ length: CONNECTIONS }, () => randomBytes(16).toString('hex'));
  const requests: TimedRequest[] = [];
  const writeLog: WriteLog = { creations: [], descriptions: new Map() };
  let sent = 0;

  async function sendNext(userId: string, token: string): Promise<TimedResponse> {
    if (sent % 10 !== 0) return sendTimed({ port, agent, method: 'GET', path: `${TASKS}?per_page=5`, template: TASKS, token });
    const title = `task ${randomUUID()}`;
    const creation = { userId, title, key: undefined, ids: new Set<number>() };
    writeLog.creations.push(creation);
    const response = await sendTimed({ port, agent, method: 'POST', path: TASKS, token, json: { title } });
    const id = idOf(response);
    if (id !== undefined) creation.ids.add(id);
    return response;
  }
  async function runUser(userId: string): Promise<void> {
    const token = signToken(userId, jwtSecret, '1h');
    while (sent < REQUESTS) {
      sent += 1;
      requests.push(withoutBody(await sendNext(userId, token)));
    }
  }
  const running = Promise.all(users.map(runUser));

  return {
    users,
    requests,
    writeLog,
    reached: (count, signal) => pWaitFor(() => requests.length >= count, { signal }),
    abandon: async () => {
      sent = REQUESTS;
      agent.destroy();
      await running;
    },
  };
}
