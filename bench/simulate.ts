import path from 'node:path';
import { markdownTable } from 'markdown-table';
import { repository } from '../rehearsal/process/repository-root.ts';
import { runMain } from '../rehearsal/process/run-main.ts';
import { report } from './host/bench-progress.ts';
import { format } from './measures/figures.ts';
import type { LoadFigures } from './measures/load.ts';
import { type Cost, simulate, type Simulated, type System } from './measures/simulation.ts';
import { medianOf } from './measures/statistics.ts';
import { readStoredFigures } from './measures/stored-figures.ts';

/** Of the load whose processor times are used. */
const CONNECTIONS = 100;
/** Of all requests; an assumption. */
const SHARES = { list: 0.7, read: 0.1, create: 0.1, update: 0.1 } as const;
type Route = keyof typeof SHARES;
const ROUTES = Object.keys(SHARES) as Route[];
/** Of each replica, as DATABASE_POOL_MAX. */
const POOL = 10;
/** Service and database in one region. */
const ROUND_TRIP_SECONDS = 0.002;
const REQUESTS = 200_000;
/** Of a processor; up to this share its queue stays short. */
const UTILIZATION = 0.6;
const SYSTEMS = [
  { perSecond: 100, replicas: 1, processors: 0.25 },
  { perSecond: 500, replicas: 1, processors: 1 },
  { perSecond: 1_000, replicas: 1, processors: 2 },
  { perSecond: 1_000, replicas: 2, processors: 2 },
  { perSecond: 10_000, replicas: 10, processors: 11 },
  { perSecond: 10_000, replicas: 20, processors: 11 },
  { perSecond: 100_000, replicas: 95, processors: 56 },
] as const;

/** Prints what more replicas and a larger database carry, from the processor times that `npm run bench -- load` stored. */
async function main(): Promise<number> {
  const { load } = await readStoredFigures(path.join(repository, '.bench'));
  if (load === undefined) throw new Error('This clone has no measured processor times. Run npm run bench -- load first.');
  const measured = new Map(ROUTES.map((route) => [route, measuredOf(load.figures, route)]));
  process.stdout.write(`${measuredTable(measured)}\n\n${capacityOf(measured)}\n\n${systemsTable(measured)}\n`);
  return 0;
}

type Measured = { readonly perSecond: number; readonly service: number; readonly database: number };

function measuredOf({ scenarios }: LoadFigures, route: Route): Measured {
  const scenario = scenarios.find((each) => each.route === route && each.connections === CONNECTIONS);
  const { rounds = [] } = scenario?.outcomes.find(({ peer }) => peer === 'service') ?? {};
  return {
    perSecond: medianOf(rounds.map(({ requests, seconds }) => requests / seconds)),
    service: medianOf(rounds.map(({ cpuMicroseconds }) => cpuMicroseconds ?? Number.NaN)) / 1e6,
    database: medianOf(rounds.map(({ databaseCpuMicroseconds }) => databaseCpuMicroseconds ?? Number.NaN)) / 1e6,
  };
}

/** What was measured, and the same simulated: one processor for the service, one for the database. */
function measuredTable(measured: ReadonlyMap<Route, Measured>): string {
  const rows = [...measured].map(([route, { perSecond, service, database }]) => {
    const system: System = { costs: [{ share: 1, service, database }], replicas: 1, connections: POOL, processors: 1, roundTrip: 0 };
    const { rate } = simulate(system, { clients: CONNECTIONS }, REQUESTS);
    return [route, format(service * 1e6), format(database * 1e6), format(perSecond), format(rate)];
  });
  const header = ['request', 'service (µs)', 'PostgreSQL (µs)', 'requests/s, measured', 'simulated'];
  return markdownTable([header, ...rows], { align: ['l', 'r', 'r', 'r', 'r'] });
}

/** How many requests of the mix one processor serves. */
function capacityOf(measured: ReadonlyMap<Route, Measured>): string {
  const mean = (of: 'service' | 'database'): number => [...measured].reduce((sum, [route, costs]) => sum + SHARES[route] * costs[of], 0);
  return (['service', 'database'] as const)
    .map((of) => `${of}: ${format(mean(of) * 1e6)} µs for the mean request, ${format(UTILIZATION / mean(of))} requests/s for each processor`)
    .join('\n');
}

function systemsTable(measured: ReadonlyMap<Route, Measured>): string {
  const costs = [...measured].map(([route, { service, database }]): Cost => ({ share: SHARES[route], service, database }));
  const rows = SYSTEMS.map(({ perSecond, replicas, processors }) => {
    const result = simulate({ costs, replicas, connections: POOL, processors, roundTrip: ROUND_TRIP_SECONDS }, { perSecond }, REQUESTS);
    return [format(perSecond), String(replicas), format(processors), ...cellsOf(result, perSecond)];
  });
  const header = [
    'requests/s',
    'replicas',
    'processors of PostgreSQL',
    'replicas busy',
    'PostgreSQL busy',
    'p50 (ms)',
    'p99 (ms)',
    'p99 of the wait for a connection (ms)',
  ];
  return markdownTable([header, ...rows], { align: header.map(() => 'r') });
}

/** Latencies of a system that cannot keep up only show how long it was simulated. */
function cellsOf({ rate, p50, p99, p99OfConnection, busyReplicas, busyDatabase }: Simulated, perSecond: number): string[] {
  const busy = [busyReplicas, busyDatabase].map((share) => `${format(share * 100)} %`);
  if (rate < 0.95 * perSecond) return [...busy, `${format(rate)}/s at most`, '', ''];
  return [...busy, ...[p50, p99, p99OfConnection].map((seconds) => format(seconds * 1e3))];
}

await runMain(main, report);
