import { Agent } from 'node:http';
import type { ServiceProcess } from '../../rehearsal/process/service-process.ts';
import type { BenchEnvironment } from '../host/bench-environment.ts';
import { report } from '../host/bench-progress.ts';
import { service } from '../host/peers.ts';
import { FREQUENT_WORD, type Population, RARE_WORD, STANDARD, userId } from '../host/population.ts';
import { timeGet } from '../host/timed-get.ts';
import { medianOf } from './statistics.ts';

/** The number of sequential requests. */
export type Patience = {
  readonly rounds: number;
  /** Of each kind, in each round. */
  readonly requests: number;
};

const PATIENCE: Patience = { rounds: 9, requests: 30 };

const WARM_UP_REQUESTS = 200;

const LIST = '/api/v1/tasks?page=1&per_page=20';
/** The list, and searches in it. */
export const GROWTH_ROUTES = ['list', 'rare', 'frequent', 'short'] as const;
export type GrowthRoute = (typeof GROWTH_ROUTES)[number];

const PATHS: Readonly<Record<GrowthRoute, string>> = {
  list: LIST,
  rare: `${LIST}&search=${RARE_WORD}`,
  frequent: `${LIST}&search=${FREQUENT_WORD}`,
  short: `${LIST}&search=${FREQUENT_WORD.slice(0, 2)}`,
};

export type Growth = {
  /** All tasks, or those of the one user. */
  readonly tasks: number;
  /** Latencies in ms: the median of each round. */
  readonly times: Readonly<Record<GrowthRoute, readonly number[]>>;
};

export type GrowthFigures = {
  readonly patience: Patience;
  /** A user with 20 tasks in databases of increasing size. */
  readonly inAll: readonly Growth[];
  /** Users with increasing numbers of tasks, in one database. */
  readonly ofOneUser: readonly Growth[];
};

/** A user of a running service. */
type GrowthSubject = {
  readonly tasks: number;
  readonly port: number;
  readonly token: string;
  readonly times: Readonly<Record<GrowthRoute, number[]>>;
};

/** Sends requests over one connection for each size in turn, so that other activity of the machine affects all sizes. */
export async function measureGrowth(environment: BenchEnvironment): Promise<GrowthFigures> {
  const { tasksEach } = STANDARD;
  const inAll: readonly Population[] = [1_000, 100_000, 1_000_000].map((tasks) => ({ ...STANDARD, users: tasks / tasksEach }));
  const ofOneUser: readonly Population[] = [10, 1_000, 100_000].map((tasks) => ({ kind: `user of ${tasks}`, users: 1, tasksEach: tasks }));
  const servers: ServiceProcess[] = [];

  async function serve(database: string): Promise<number> {
    const server = await environment.start(service, database);
    servers.push(server);
    return server.port;
  }

  function subjectOf(population: Population, tasks: number, port: number): GrowthSubject {
    return { tasks, port, token: environment.token(userId(population, 0)), times: { list: [], rare: [], frequent: [], short: [] } };
  }

  try {
    const sizes: GrowthSubject[] = [];
    for (const population of inAll) {
      const tasks = population.users * population.tasksEach;
      const database = await environment.filled(tasks === STANDARD.users * tasksEach ? 'standard' : `of_${tasks}`, [population]);
      sizes.push(subjectOf(population, tasks, await serve(database)));
    }
    const port = await serve(await environment.filled('of_users', ofOneUser));
    const users = ofOneUser.map((population) => subjectOf(population, population.tasksEach, port));
    report('growth: sending requests');
    await measureInTurn([...sizes, ...users], environment.signal);
    return { patience: PATIENCE, inAll: sizes.map(toGrowth), ofOneUser: users.map(toGrowth) };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function measureInTurn(subjects: readonly GrowthSubject[], signal: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const each of subjects) await timesOf(each, PATHS.list, WARM_UP_REQUESTS, agent);
  for (let round = 1; round <= PATIENCE.rounds; round += 1) {
    for (const route of GROWTH_ROUTES) {
      for (const each of subjects) {
        signal.throwIfAborted();
        each.times[route].push(medianOf(await timesOf(each, PATHS[route], PATIENCE.requests, agent)));
      }
    }
  }
  agent.destroy();
}

/** Latencies in ms of sequential requests on one connection. */
async function timesOf({ port, token }: GrowthSubject, path: string, count: number, agent: Agent): Promise<number[]> {
  const times: number[] = [];
  for (let request = 1; request <= count; request += 1) times.push(await timeGet({ port, path, token, agent }));
  return times;
}

function toGrowth({ tasks, times }: GrowthSubject): Growth {
  return { tasks, times };
}
