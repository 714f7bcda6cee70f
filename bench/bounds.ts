import type { RouteName } from './host/benchmark-routes.ts';
import type { Measurement } from './host/measured-load.ts';
import { service } from './host/peers.ts';
import { format } from './measures/figures.ts';
import type { LoadFigures, ServerFigures } from './measures/load.ts';
import { medianOf } from './measures/statistics.ts';
import type { AllMeasured, PartFigures } from './measures/stored-figures.ts';

/** A performance bound of this project. */
export type Bound = {
  readonly figure: string;
  readonly bound: string;
  /** Formatted; undefined where it was not measured. */
  readonly measured: string | undefined;
  /** The same figure of the baseline, which has no protections; undefined where it has none. */
  readonly baseline: string | undefined;
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
  /** Undefined where the server, or its peer, was not measured. */
  of(part: Part, server: string): number | undefined;
};

type Figure = (round: Measurement) => number | null;

const cpu: Figure = ({ cpuMicroseconds }) => cpuMicroseconds;
const rate: Figure = ({ requests, seconds }) => requests / seconds;
const p99: Figure = (round) => round.p99;

const LOAD: readonly ServerBound<LoadFigures>[] = [
  { figure: 'server CPU per list request, 100 connections, over Fastify', most: 0.7, unit: '×', of: over('fastify', cpu) },
  { figure: 'server CPU per list request, 100 connections, over the baseline', most: 1.3, unit: '×', of: over('baseline', cpu) },
  { figure: 'requests per second, list, 100 connections, over Fastify', least: 1.3, unit: '×', of: over('fastify', rate) },
  { figure: 'requests per second, list, 100 connections, over FastAPI', least: 5, unit: '×', of: over('fastapi', rate) },
  { figure: 'p99, list, 100 connections, over Fastify', most: 1, unit: '×', of: over('fastify', p99) },
  {
    figure: 'database queries per second, health, 1,000 connections',
    most: MOST_HEALTH_QUERIES,
    unit: '',
    of: (load, server) => outcomeOf(load, 'health', 1_000, server)?.queriesPerSecond ?? undefined,
  },
  { figure: 'p99 of health, 1,000 connections, above that of one', most: 50, unit: ' ms', of: healthOverIdle },
  { figure: 'peak memory, list, 100 connections', most: 120, unit: ' MB', of: (load, server) => outcomeOf(load, 'list', 100, server)?.peakMb },
];

const GROWTH: readonly ServiceBound<PartFigures['growth']>[] = [
  { figure: 'list latency, 1,000,000 tasks over 1,000', most: 1.2, unit: '×', of: ({ inAll }) => growthRatio(inAll) },
  { figure: "first page of one user's 100,000 tasks over that of 10", most: 2, unit: '×', of: ({ ofOneUser }) => growthRatio(ofOneUser) },
];

const COLD: readonly ServerBound<PartFigures['cold']>[] = [
  {
    figure: 'cold start to listening, over `node -e 0`',
    most: 2.5,
    unit: '×',
    of: ({ node, peers }, server) => {
      const found = peers.find(({ name }) => name === server);
      return found && medianOf(found.starts.map(({ listening }) => listening)) / medianOf(node);
    },
  },
];

const AUDIT: readonly ServiceBound<PartFigures['audit']>[] = [
  { figure: 'audit, all checks, local', most: 10, unit: ' s', of: auditSeconds(0) },
  { figure: 'audit, all checks, 100 ms round trip', most: 25, unit: ' s', of: auditSeconds(100) },
  { figure: 'audit, all checks, 200 ms round trip', most: 45, unit: ' s', of: auditSeconds(200) },
];

/** Every bound with its figure. Ratios are between medians of one run. */
export function judgeBounds({ load, growth, cold, audit }: Partial<AllMeasured>): Bound[] {
  return [
    ...LOAD.map((rule) => judgeWithBaseline(rule, load?.figures)),
    ...GROWTH.map((rule) => judgeBound(rule, growth && rule.of(growth.figures))),
    ...COLD.map((rule) => judgeWithBaseline(rule, cold?.figures)),
    ...AUDIT.map((rule) => judgeBound(rule, audit && rule.of(audit.figures))),
  ];
}

function judgeWithBaseline<Part>(rule: ServerBound<Part>, part: Part | undefined): Bound {
  const [own, baseline] = [service.name, 'baseline'].map((server) => (part === undefined ? undefined : rule.of(part, server)));
  return judgeBound(rule, own, baseline);
}

function judgeBound({ figure, least = -Infinity, most = Infinity, unit }: BoundLimit, value: number | undefined, baseline?: number): Bound {
  const bound = most === Infinity ? `at least ${format(least)}${unit}` : `at most ${format(most)}${unit}`;
  const withUnit = (known: number | undefined): string | undefined => (known === undefined ? undefined : `${format(known)}${unit}`);
  const reached = value === undefined ? undefined : value >= least && value <= most;
  return { figure, bound, measured: withUnit(value), baseline: withUnit(baseline), reached };
}

/** A server's figure over a peer's, for lists over 100 connections. */
function over(peer: string, figure: Figure): ServerBound<LoadFigures>['of'] {
  return (load, server) => {
    const [one, other] = [server, peer].map((name) => medianFigure(outcomeOf(load, 'list', 100, name), figure));
    return one === undefined || other === undefined ? undefined : one / other;
  };
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
function growthRatio(sizes: PartFigures['growth']['inAll']): number | undefined {
  const [first, last] = [sizes[0], sizes.at(-1)];
  return first && last && medianOf(last.list) / medianOf(first.list);
}

function auditSeconds(roundTripMs: number): (audit: PartFigures['audit']) => number | undefined {
  return ({ runs }) => {
    const durations = runs.filter((each) => each.roundTripMs === roundTripMs).map(({ duration_ms }) => duration_ms / 1_000);
    return durations.length === 0 ? undefined : medianOf(durations);
  };
}
