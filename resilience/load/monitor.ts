import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { exchange, type Answer, type Sending } from './timed-request.ts';
import { mintToken } from './user-load.ts';

const HEALTH_EVERY_MS = 225;
const LIVENESS_EVERY_MS = 225;
const PROBE_EVERY_MS = 100;

/** Asks steadily, whether or not the last answer has come: what hangs must not hide what happens meanwhile. */
export type Watch = {
  readonly health: readonly Answer[];
  readonly liveness: readonly Answer[];
  /** Reads of a database route. */
  readonly probes: readonly Answer[];
  /** Asks no more and resolves when all is answered. */
  stop(): Promise<void>;
  /** Drops what is not answered. */
  abandon(): Promise<void>;
};

/** @param port of the service on 127.0.0.1 */
export function startWatch(port: number, jwtSecret: string): Watch {
  const agent = new Agent({ keepAlive: true });
  const token = mintToken(randomBytes(16).toString('hex'), jwtSecret);
  const ask = (path: string, more: Partial<Sending> = {}) => exchange({ port, agent, method: 'GET', path, ...more });
  const health = repeat(HEALTH_EVERY_MS, () => ask('/health'));
  const liveness = repeat(LIVENESS_EVERY_MS, () => ask('/livez'));
  const probes = repeat(PROBE_EVERY_MS, () => ask('/api/v1/tasks', { token }));
  const all = [health, liveness, probes];

  async function stop(): Promise<void> {
    for (const one of all) one.cease();
    await Promise.all(all.map((one) => one.settled()));
    agent.destroy();
  }
  return {
    health: health.answers,
    liveness: liveness.answers,
    probes: probes.answers,
    stop,
    abandon: async () => {
      agent.destroy();
      await stop();
    },
  };
}

type Repetition = {
  readonly answers: readonly Answer[];
  cease(): void;
  settled(): Promise<void>;
};

function repeat(everyMs: number, ask: () => Promise<Answer>): Repetition {
  const answers: Answer[] = [];
  const open = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const asking = ask().then((answer) => {
      answers.push(answer);
      open.delete(asking);
    });
    open.add(asking);
  }, everyMs);
  return { answers, cease: () => clearInterval(timer), settled: async () => void (await Promise.all(open)) };
}
