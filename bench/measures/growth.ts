import { Agent } from 'node:http';
import type { ServiceProcess } from '../../rehearsal/process/service-process.ts';
import { ask } from '../host/timed-get.ts';
import { type Population, SEARCHED, STANDARD, userId } from '../host/population.ts';
import type { Ground } from '../host/bench-environment.ts';
import { service } from '../peers/peers.ts';
import { say } from '../host/bench-progress.ts';
import { medianOf } from './statistics.ts';

/** How many requests are made, one after the other. */
export type Patience = {
  readonly rounds: number;
  /** Of each kind, in each round. */
  readonly requests: number;
};

export const PATIENCE: Patience = { rounds: 9, requests: 30 };

const WARM_UP_REQUESTS = 200;

const ROUTES = {
  list: '/api/v1/tasks?page=1&per_page=20',
  search: `/api/v1/tasks?page=1&per_page=20&search=${SEARCHED}`,
} as const;

/** Latencies in ms: the median of each round. */
export type Growth = {
  /** Tasks in all, or of the one user. */
  readonly tasks: number;
  readonly list: readonly number[];
  readonly search: readonly number[];
};

export type GrowthFigures = {
  readonly patience: Patience;
  /** A user with 20 tasks among more and more others. */
  readonly inAll: readonly Growth[];
  /** Users with more and more tasks, in one database. */
  readonly ofOneUser: readonly Growth[];
};

/** A user of a service that has been started. */
type Case = {
  readonly tasks: number;
  readonly port: number;
  readonly token: string;
  readonly list: number[];
  readonly search: number[];
};

/** Asks over one connection, size by size in turn, so that what else the machine does meets all sizes. */
export async function measureGrowth(ground: Ground, patience: Patience = PATIENCE): Promise<GrowthFigures> {
  const { tasksEach } = STANDARD;
  const inAll: readonly Population[] = [1_000, 100_000, 1_000_000].map((tasks) => ({ ...STANDARD, users: tasks / tasksEach }));
  const ofOneUser: readonly Population[] = [10, 1_000, 100_000].map((tasks) => ({ kind: `user of ${tasks}`, users: 1, tasksEach: tasks }));
  const servers: ServiceProcess[] = [];

  async function serve(database: string): Promise<number> {
    const server = await ground.start(service, database);
    servers.push(server);
    return server.port;
  }

  function caseOf(population: Population, tasks: number, port: number): Case {
    return { tasks, port, token: ground.token(userId(population, 0)), list: [], search: [] };
  }

  try {
    const sizes: Case[] = [];
    for (const population of inAll) {
      const tasks = population.users * population.tasksEach;
      const database = await ground.filled(tasks === STANDARD.users * tasksEach ? 'standard' : `of_${tasks}`, [population]);
      sizes.push(caseOf(population, tasks, await serve(database)));
    }
    const port = await serve(await ground.filled('of_users', ofOneUser));
    const users = ofOneUser.map((population) => caseOf(population, population.tasksEach, port));
    say('growth: asking');
    await askInTurn([...sizes, ...users], patience, ground.signal);
    return { patience, inAll: sizes.map(toGrowth), ofOneUser: users.map(toGrowth) };
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

async function askInTurn(cases: readonly Case[], patience: Patience, signal: AbortSignal): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const each of cases) await timesOf(each, ROUTES.list, WARM_UP_REQUESTS, agent);
  for (let round = 1; round <= patience.rounds; round += 1) {
    for (const route of ['list', 'search'] as const) {
      for (const each of cases) {
        signal.throwIfAborted();
        each[route].push(medianOf(await timesOf(each, ROUTES[route], patience.requests, agent)));
      }
    }
  }
  agent.destroy();
}

/** Latencies in ms of requests that follow each other on one connection. */
async function timesOf({ port, token }: Case, path: string, count: number, agent: Agent): Promise<number[]> {
  const times: number[] = [];
  for (let request = 1; request <= count; request += 1) times.push(await ask({ port, path, token, agent }));
  return times;
}

function toGrowth({ tasks, list, search }: Case): Growth {
  return { tasks, list, search };
}
