import { shown } from './measures/figures.ts';
import type { LoadFigures, Measurement, Outcome } from './measures/load.ts';
import type { AllMeasured, Figures } from './measures/stored-figures.ts';
import { service } from './peers/peers.ts';
import { medianOf } from './measures/statistics.ts';
import type { RouteName } from './host/benchmark-routes.ts';

/** One bound that the project sets itself. */
export type Bound = {
  readonly figure: string;
  readonly bound: string;
  /** As it is shown; undefined where it could not be measured. */
  readonly measured: string | undefined;
  /** The same figure of the plain floor, which protects nothing; undefined where it has none. */
  readonly floor: string | undefined;
  readonly reached: boolean | undefined;
};

/** Database queries a second that a thousand callers of /health may cause, those among them that check its answers. */
const HANDFUL = 10;

type Limit = {
  readonly figure: string;
  /** The figure has to be at least, or at most, this. */
  readonly least?: number;
  readonly most?: number;
  readonly unit: string;
};

/** A figure that only the service has. */
type OfService<Part> = Limit & {
  of(part: Part): number | undefined;
};

/** A figure that every server has. */
type Rule<Part> = Limit & {
  /** Undefined where the server, or what it is compared with, was not measured. */
  of(part: Part, server: string): number | undefined;
};

type Figure = (round: Measurement) => number | null;

const cpu: Figure = ({ cpuMicroseconds }) => cpuMicroseconds;
const rate: Figure = ({ requests, seconds }) => requests / seconds;
const p99: Figure = (round) => round.p99;

const LOAD: readonly Rule<LoadFigures>[] = [
  { figure: 'server CPU per list request, 100 connections, over Fastify', most: 0.7, unit: '×', of: over('fastify', cpu) },
  { figure: 'server CPU per list request, 100 connections, over the plain floor', most: 1.3, unit: '×', of: over('floor', cpu) },
  { figure: 'requests per second, list, 100 connections, over Fastify', least: 1.3, unit: '×', of: over('fastify', rate) },
  { figure: 'requests per second, list, 100 connections, over FastAPI', least: 5, unit: '×', of: over('fastapi', rate) },
  { figure: 'p99, list, 100 connections, over Fastify', most: 1, unit: '×', of: over('fastify', p99) },
  {
    figure: 'database queries a second, health, 1,000 connections',
    most: HANDFUL,
    unit: '',
    of: (load, server) => outcomeOf(load, 'health', 1_000, server)?.queriesPerSecond ?? undefined,
  },
  { figure: 'p99 of health, 1,000 connections, above that of one', most: 50, unit: ' ms', of: healthOverIdle },
  { figure: 'peak memory, list, 100 connections', most: 120, unit: ' MB', of: (load, server) => outcomeOf(load, 'list', 100, server)?.peakMb },
];

const GROWTH: readonly OfService<Figures['growth']>[] = [
  { figure: 'list latency, 1,000,000 tasks over 1,000', most: 1.2, unit: '×', of: ({ inAll }) => growthRatio(inAll) },
  { figure: "first page of one user's 100,000 tasks over that of 10", most: 2, unit: '×', of: ({ ofOneUser }) => growthRatio(ofOneUser) },
];

const COLD: readonly Rule<Figures['cold']>[] = [
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

const AUDIT: readonly OfService<Figures['audit']>[] = [
  { figure: 'audit, whole catalogue, local', most: 10, unit: ' s', of: auditSeconds(0) },
  { figure: 'audit, whole catalogue, 100 ms round trip', most: 25, unit: ' s', of: auditSeconds(100) },
  { figure: 'audit, whole catalogue, 200 ms round trip', most: 45, unit: ' s', of: auditSeconds(200) },
];

/** Every bound with what was measured: ratios within one run, of medians. */
export function judgeBounds({ load, growth, cold, audit }: Partial<AllMeasured>): Bound[] {
  return [
    ...LOAD.map((rule) => judgeBeside(rule, load?.figures)),
    ...GROWTH.map((rule) => judge(rule, growth && rule.of(growth.figures))),
    ...COLD.map((rule) => judgeBeside(rule, cold?.figures)),
    ...AUDIT.map((rule) => judge(rule, audit && rule.of(audit.figures))),
  ];
}

function judgeBeside<Part>(rule: Rule<Part>, part: Part | undefined): Bound {
  const [own, floor] = [service.name, 'floor'].map((server) => (part === undefined ? undefined : rule.of(part, server)));
  return judge(rule, own, floor);
}

function judge({ figure, least = -Infinity, most = Infinity, unit }: Limit, value: number | undefined, floor?: number): Bound {
  const bound = most === Infinity ? `at least ${shown(least)}${unit}` : `at most ${shown(most)}${unit}`;
  const withUnit = (known: number | undefined): string | undefined => (known === undefined ? undefined : `${shown(known)}${unit}`);
  const reached = value === undefined ? undefined : value >= least && value <= most;
  return { figure, bound, measured: withUnit(value), floor: withUnit(floor), reached };
}

/** A server's figure over a peer's, for lists over 100 connections. */
function over(peer: string, figure: Figure): Rule<LoadFigures>['of'] {
  return (load, server) => {
    const [one, other] = [server, peer].map((name) => medianFigure(outcomeOf(load, 'list', 100, name), figure));
    return one === undefined || other === undefined ? undefined : one / other;
  };
}

function healthOverIdle(load: LoadFigures, server: string): number | undefined {
  const [busy, idle] = [1_000, 1].map((connections) => medianFigure(outcomeOf(load, 'health', connections, server), p99));
  return busy === undefined || idle === undefined ? undefined : busy - idle;
}

function outcomeOf({ scenarios }: LoadFigures, route: RouteName, connections: number, peer: string): Outcome | undefined {
  return scenarios.find((scenario) => scenario.route === route && scenario.connections === connections)?.outcomes.find((each) => each.peer === peer);
}

function medianFigure(outcome: Outcome | undefined, figure: Figure): number | undefined {
  const values = (outcome?.rounds ?? []).map(figure).filter((value) => value !== null);
  return values.length === 0 ? undefined : medianOf(values);
}

/** Of the largest to the smallest. */
function growthRatio(sizes: Figures['growth']['inAll']): number | undefined {
  const [first, last] = [sizes[0], sizes.at(-1)];
  return first && last && medianOf(last.list) / medianOf(first.list);
}

function auditSeconds(roundTripMs: number): (audit: Figures['audit']) => number | undefined {
  return ({ runs }) => {
    const durations = runs.filter((each) => each.roundTripMs === roundTripMs).map(({ duration_ms }) => duration_ms / 1_000);
    return durations.length === 0 ? undefined : medianOf(durations);
  };
}
