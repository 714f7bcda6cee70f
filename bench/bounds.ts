import type { RouteName } from './host/benchmark-routes.ts';
import type { Measurement } from './host/measured-load.ts';
import { service } from './host/peers.ts';
import { format } from './measures/figures.ts';
import type { LoadFigures, ServerFigures } from './measures/load.ts';
import type { GrowthRoute } from './measures/growth.ts';
import { medianOf } from './measures/statistics.ts';
import type { AllMeasured, PartFigures } from './measures/stored-figures.ts';

/** A performance bound of this project. */
export type Bound = {
  readonly figure: string;
  readonly bound: string;
  /** Formatted; undefined where it was not measured. */
  readonly measured: string | undefined;
  /** The same against the baseline that validates as the frameworks do, where it is against the baseline. */
  readonly againstChecked: string | undefined;
  /** The same figure of the baseline, which has no protections; undefined where it has none. */
  readonly baseline: string | undefined;
  /** The same figure of the peer with the service's packages and nothing else. */
  readonly minimum: string | undefined;
  readonly reached: boolean | undefined;
};

/** Database queries per second that a thousand callers of /health may cause, including those that check the responses. */
const MOST_HEALTH_QUERIES = 10;

type BoundLimit = {
  readonly figure: string;
  /** The figure must be at least, or at most, this. */
  readonly least?: number;
  readonly most?: number;
  readonly unit: string;
};

/** For a figure that only the service has. */
type ServiceBound<Part> = BoundLimit & {
  of(part: Part): number | undefined;
};

/** For a figure that every server has. */
type ServerBound<Part> = BoundLimit & {
  /**
   * Undefined where the server, or its peer, was not measured.
   * @param against replaces the peer of the bound
   */
  of(part: Part, server: string, against?: string): number | undefined;
};

type Figure = (round: Measurement) => number | null;

const cpu: Figure = ({ cpuMicroseconds }) => cpuMicroseconds;
const rate: Figure = ({ requests, seconds }) => requests / seconds;
const p99: Figure = (round) => round.p99;

const LOAD: readonly ServerBound<LoadFigures>[] = [
  { figure: 'CPU per list request, over Fastify', most: 0.7, unit: '×', of: over('fastify', cpu, 'list') },
  { figure: 'CPU per list request, over the baseline', most: 1.3, unit: '×', of: over('baseline', cpu, 'list') },
  ...ofOneTask('CPU per request', 'over Fastify', { most: 0.75, of: (route) => over('fastify', cpu, route) }),
  ...ofOneTask('CPU per request', 'over the baseline', { most: 1.6, of: (route) => over('baseline', cpu, route) }),
  { figure: 'requests per second, list, over Fastify', least: 1.3, unit: '×', of: over('fastify', rate, 'list') },
  { figure: 'requests per second, list, over FastAPI', least: 5, unit: '×', of: over('fastapi', rate, 'list') },
  ...ofOneTask('requests per second', 'over Hono', { least: 1.3, of: (route) => over('hono', rate, route) }),
  { figure: 'p99, list, over Fastify', most: 1, unit: '×', of: over('fastify', p99, 'list') },
  { figure: 'p99, list, over the baseline', most: 1.5, unit: '×', of: over('baseline', p99, 'list') },
  { figure: 'p99, update, over the baseline', most: 1.5, unit: '×', of: over('baseline', p99, 'update') },
  { figure: 'p99, health, 1,000 connections, over the baseline', most: 0.8, unit: '×', of: over('baseline', p99, 'health', 1_000) },
  { figure: 'p99, health, 1,000 connections, above that of one', most: 50, unit: ' ms', of: healthOverIdle },
  {
    figure: 'database queries per second, health, 1,000 connections',
    most: MOST_HEALTH_QUERIES,
    unit: '',
    of: (load, server) => outcomeOf(load, 'health', 1_000, server)?.queriesPerSecond ?? undefined,
  },
  { figure: 'peak memory, list', most: 120, unit: ' MB', of: (load, server) => outcomeOf(load, 'list', 100, server)?.peakMb },
  { figure: 'peak memory, list, over the baseline', most: 1.15, unit: '×', of: memoryOver('baseline', 100) },
  { figure: 'peak memory, list, 500 connections, over Fastify', most: 1, unit: '×', of: memoryOver('fastify', 500) },
];

const GROWTH: readonly ServiceBound<PartFigures['growth']>[] = [
  { figure: 'list, 1,000,000 tasks of all over 1,000', most: 1.2, unit: '×', of: ({ inAll }) => growthRatio(inAll, 'list') },
  { figure: "list, a user's 100,000 tasks over 10", most: 2, unit: '×', of: ({ ofOneUser }) => growthRatio(ofOneUser, 'list') },
  { figure: "search for a rare word, a user's 100,000 tasks over 10", most: 5, unit: '×', of: ({ ofOneUser }) => growthRatio(ofOneUser, 'rare') },
];

const COLD: readonly ServerBound<PartFigures['cold']>[] = [
  {
    figure: 'cold start to listening, over `node -e 0`',
    most: 2.5,
    unit: '×',
    of: ({ node, ...cold }, server) => ratio(startOf(cold, server), medianOf(node)),
  },
  {
    figure: 'cold start to listening, over the baseline',
    most: 2,
    unit: '×',
    of: (cold, server, against = 'baseline') => ratio(startOf(cold, server), startOf(cold, against)),
  },
  { figure: 'cold start to listening, over Hono', most: 0.8, unit: '×', of: (cold, server) => ratio(startOf(cold, server), startOf(cold, 'hono')) },
];

const AUDIT: readonly ServiceBound<PartFigures['audit']>[] = [
  { figure: 'audit, all checks, local', most: 8, unit: ' s', of: auditSeconds(0) },
  { figure: 'audit, all checks, 100 ms round trip', most: 18, unit: ' s', of: auditSeconds(100) },
  { figure: 'audit, all checks, 200 ms round trip', most: 30, unit: ' s', of: auditSeconds(200) },
];

/** Every bound with its figure. Ratios are between medians of one run. */
export function judgeBounds({ load, growth, cold, audit }: Partial<AllMeasured>): Bound[] {
  return [
    ...LOAD.map((rule) => judgeServers(rule, load?.figures)),
    ...GROWTH.map((rule) => judgeBound(rule, growth && rule.of(growth.figures))),
    ...COLD.map((rule) => judgeServers(rule, cold?.figures)),
    ...AUDIT.map((rule) => judgeBound(rule, audit && rule.of(audit.figures))),
  ];
}

function judgeServers<Part>(rule: ServerBound<Part>, part: Part | undefined): Bound {
  const [own, baseline, minimum] = [service.name, 'baseline', 'express-minimum'].map((server) =>
    part === undefined ? undefined : rule.of(part, server),
  );
  const againstChecked =
    part === undefined || !rule.figure.endsWith('over the baseline') ? undefined : rule.of(part, service.name, 'baseline-checked');
  return judgeBound(rule, own, { againstChecked, baseline, minimum });
}

type Others = { againstChecked?: number | undefined; baseline?: number | undefined; minimum?: number | undefined };

function judgeBound({ figure, least = -Infinity, most = Infinity, unit }: BoundLimit, value: number | undefined, others: Others = {}): Bound {
  const bound = most === Infinity ? `at least ${format(least)}${unit}` : `at most ${format(most)}${unit}`;
  const withUnit = (known: number | undefined): string | undefined => (known === undefined ? undefined : `${format(known)}${unit}`);
  const reached = value === undefined ? undefined : value >= least && value <= most;
  return {
    figure,
    bound,
    measured: withUnit(value),
    againstChecked: withUnit(others.againstChecked),
    baseline: withUnit(others.baseline),
    minimum: withUnit(others.minimum),
    reached,
  };
}

/** Bounds of a figure of reading, creating and updating one task. */
function ofOneTask(
  what: string,
  compared: string,
  { of, ...limit }: { least: number; of: Ratio } | { most: number; of: Ratio },
): ServerBound<LoadFigures>[] {
  return (['read', 'create', 'update'] as const).map((route) => ({ figure: `${what}, ${route}, ${compared}`, unit: '×', ...limit, of: of(route) }));
}

type Ratio = (route: RouteName) => ServerBound<LoadFigures>['of'];

/** A server's figure over a peer's. */
function over(peer: string, figure: Figure, route: RouteName, connections = 100): ServerBound<LoadFigures>['of'] {
  return (load, server, against = peer) => ratio(...[server, against].map((name) => medianFigure(outcomeOf(load, route, connections, name), figure)));
}

function memoryOver(peer: string, connections: number): ServerBound<LoadFigures>['of'] {
  return (load, server, against = peer) => ratio(...[server, against].map((name) => outcomeOf(load, 'list', connections, name)?.peakMb));
}

function ratio(...[one, other]: readonly (number | undefined)[]): number | undefined {
  return one === undefined || other === undefined ? undefined : one / other;
}

/** Milliseconds. */
function startOf({ peers }: Pick<PartFigures['cold'], 'peers'>, server: string): number | undefined {
  const found = peers.find(({ name }) => name === server);
  return found && medianOf(found.starts.map(({ listening }) => listening));
}

function healthOverIdle(load: LoadFigures, server: string): number | undefined {
  const [busy, idle] = [1_000, 1].map((connections) => medianFigure(outcomeOf(load, 'health', connections, server), p99));
  return busy === undefined || idle === undefined ? undefined : busy - idle;
}

function outcomeOf({ scenarios }: LoadFigures, route: RouteName, connections: number, peer: string): ServerFigures | undefined {
  return scenarios.find((scenario) => scenario.route === route && scenario.connections === connections)?.outcomes.find((each) => each.peer === peer);
}

function medianFigure(outcome: ServerFigures | undefined, figure: Figure): number | undefined {
  const values = (outcome?.rounds ?? []).map(figure).filter((value) => value !== null);
  return values.length === 0 ? undefined : medianOf(values);
}

/** The ratio of the largest to the smallest. */
function growthRatio(sizes: PartFigures['growth']['inAll'], route: GrowthRoute): number | undefined {
  const [first, last] = [sizes[0], sizes.at(-1)];
  return first && last && medianOf(last.times[route]) / medianOf(first.times[route]);
}

function auditSeconds(roundTripMs: number): (audit: PartFigures['audit']) => number | undefined {
  return ({ runs }) => {
    const durations = runs.filter((each) => each.roundTripMs === roundTripMs).map(({ duration_ms }) => duration_ms / 1_000);
    return durations.length === 0 ? undefined : medianOf(durations);
  };
}
