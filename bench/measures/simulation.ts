import TinyQueue from 'tinyqueue';
import { percentileOf } from './statistics.ts';

/** What one kind of request costs, in seconds of processor time, and its share of all requests. */
export type Cost = { readonly share: number; readonly service: number; readonly database: number };

export type System = {
  readonly costs: readonly Cost[];
  readonly replicas: number;
  /** Connections to the database of each replica. */
  readonly connections: number;
  /** Of the database; less than 1 is one that is as much slower. */
  readonly processors: number;
  /** Seconds of the network between service and database for each request. */
  readonly roundTrip: number;
};

/** So many requests per second, whether or not earlier ones have ended; or so many clients, each of which waits for its response. */
export type Arrivals = { readonly perSecond: number } | { readonly clients: number };

export type Simulated = {
  /** Responses per second. */
  readonly rate: number;
  /** Seconds from the request to its response. */
  readonly p50: number;
  readonly p99: number;
  /** Seconds of waiting for a connection to the database. */
  readonly p99OfConnection: number;
  /** From 0 to 1. */
  readonly busyReplicas: number;
  readonly busyDatabase: number;
};

/** The first requests, which meet an empty system, do not count. */
const WARM_UP = 0.1;

/**
 * Simulates requests through replicas with one processor each, their pools of connections, and the processors of the database. All queues are
 * first in, first out; a request uses half of its processor time before its query and half after it. Times are exponentially distributed
 * around their means, and each request meets a random replica.
 * @param requests how many to simulate
 * @param random from 0 to 1
 */
export function simulate(system: System, arrivals: Arrivals, requests: number, random: () => number = Math.random): Simulated {
  const { costs, connections, processors, roundTrip } = system;
  const events = new TinyQueue<{ at: number; run: () => void }>([], (a, b) => a.at - b.at);
  const replicas = Array.from({ length: system.replicas }, () => ({ processor: createQueue(1), pool: createQueue(connections) }));
  const database = createQueue(Math.max(1, Math.floor(processors)));
  const slowness = Math.max(1, Math.floor(processors)) / processors;
  const [latencies, waits]: [number[], number[]] = [[], []];
  let [now, started, busyReplicas, busyDatabase] = [0, 0, 0, 0];

  const exponential = (mean: number): number => -Math.log(1 - random()) * mean;
  const after = (seconds: number, resume: () => void): void => events.push({ at: now + seconds, run: resume });

  /** Waits for a server of the queue, and uses it. */
  function* use({ take, release }: Queue, seconds: number): Generator<Step> {
    yield take;
    yield (resume) => after(seconds, resume);
    release();
  }

  function* respond(isCounted: boolean): Generator<Step> {
    const [at, cost, replica] = [now, pick(costs, random()), replicas[Math.floor(random() * replicas.length)]];
    if (replica === undefined) throw new RangeError('A system needs a replica');
    const [first, query, second] = [exponential(cost.service / 2), exponential(cost.database * slowness), exponential(cost.service / 2)];
    busyReplicas += first + second;
    busyDatabase += query;
    yield* use(replica.processor, first);
    const waitsSince = now;
    yield replica.pool.take;
    if (isCounted) waits.push(now - waitsSince);
    yield* use(database, query);
    yield (resume) => after(roundTrip, resume);
    replica.pool.release();
    yield* use(replica.processor, second);
    if (isCounted) latencies.push(now - at);
    if ('clients' in arrivals) arrive();
  }

  function arrive(): void {
    started += 1;
    if (started > requests) return;
    if ('perSecond' in arrivals) after(exponential(1 / arrivals.perSecond), arrive);
    run(respond(started > WARM_UP * requests));
  }

  for (let client = 0; client < ('clients' in arrivals ? arrivals.clients : 1); client += 1) arrive();
  for (let event = events.pop(); event !== undefined; event = events.pop()) {
    now = event.at;
    event.run();
  }
  return {
    rate: requests / now,
    p50: percentileOf(latencies, 50),
    p99: percentileOf(latencies, 99),
    p99OfConnection: percentileOf(waits, 99),
    busyReplicas: busyReplicas / (now * replicas.length),
    busyDatabase: busyDatabase / (now * database.servers),
  };
}

/** Calls back when the simulated process may continue. */
type Step = (resume: () => void) => void;

function run(process: Generator<Step>): void {
  const { value, done } = process.next();
  if (done !== true) value(() => run(process));
}

type Queue = {
  readonly servers: number;
  /** Resumes as soon as a server is free, in the order of the calls. */
  readonly take: Step;
  readonly release: () => void;
};

function createQueue(servers: number): Queue {
  const waiting: (() => void)[] = [];
  let [free, next] = [servers, 0];
  return {
    servers,
    take(resume) {
      if (free === 0) return void waiting.push(resume);
      free -= 1;
      resume();
    },
    release() {
      const resume = waiting[next];
      if (resume === undefined) return void (free += 1);
      next += 1;
      resume();
    },
  };
}

function pick(costs: readonly Cost[], random: number): Cost {
  let rest = random * costs.reduce((sum, { share }) => sum + share, 0);
  for (const cost of costs) {
    rest -= cost.share;
    if (rest < 0) return cost;
  }
  throw new RangeError('A system needs costs');
}
