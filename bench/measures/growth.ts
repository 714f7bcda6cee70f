import { Agent } from 'node:http';
import type { ServiceProcess } from '../../rehearsal/process/service-process.ts';
import type { BenchEnvironment } from '../host/bench-environment.ts';
import { report } from '../host/bench-progress.ts';
import { service } from '../host/peers.ts';
import { type Population, SEARCHED, STANDARD, userId } from '../host/population.ts';
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

const ROUTES = {
  list: '/api/v1/tasks?page=1&per_page=20',
  search: `/api/v1/tasks?page=1&per_page=20&search=${SEARCHED}`,
} as const;

/** Latencies in ms: the median of each round. */
export type Growth = {
  /** All tasks, or those of the one user. */
  readonly tasks: number;
  readonly list: readonly number[];
  readonly search: readonly number[];
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
  readonly list: number[];
  readonly search: number[];
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
    return { tasks, port, token: environment.token(userId(population, 0)), list: [], search: [] };
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
  for (const each of subjects) await timesOf(each, ROUTES.list, WARM_UP_REQUESTS, agent);
  for (let round = 1; round <= PATIENCE.rounds; round += 1) {
    for (const route of ['list', 'search'] as const) {
      for (const each of subjects) {
        signal.throwIfAborted();
        each[route].push(medianOf(await timesOf(each, ROUTES[route], PATIENCE.requests, agent)));
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

function toGrowth({ tasks, list, search }: GrowthSubject): Growth {
  return { tasks, list, search };
}
