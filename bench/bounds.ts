import { shown } from './figures.ts';
import type { LoadFigures, Measurement, Outcome } from './load.ts';
import type { AllMeasured, Figures } from './measured.ts';
import { medianOf } from './statistics.ts';
import type { RouteName } from './routes.ts';

/** One bound that the project sets itself. */
export interface Bound {
  readonly figure: string;
  readonly bound: string;
  /** As it is shown; undefined where it could not be measured. */
  readonly measured: string | undefined;
  readonly reached: boolean | undefined;
}

/** Database queries a second that a thousand callers of /health may cause, those among them that check its answers. */
const HANDFUL = 10;

interface Rule<Part> {
  readonly figure: string;
  /** The figure has to be at least, or at most, this. */
  readonly least?: number;
  readonly most?: number;
  readonly unit: string;
  /** Undefined where what it is compared with was left out. */
  of(part: Part): number | undefined;
}

const LOAD: readonly Rule<LoadFigures>[] = [
  { figure: 'server CPU per list request, 100 connections, over Fastify', most: 0.7, unit: '×', of: (load) => ratio(load, cpu, 'fastify') },
  { figure: 'server CPU per list request, 100 connections, over the plain floor', most: 1.3, unit: '×', of: (load) => ratio(load, cpu, 'floor') },
  { figure: 'requests per second, list, 100 connections, over Fastify', least: 1.3, unit: '×', of: (load) => ratio(load, rate, 'fastify') },
  { figure: 'requests per second, list, 100 connections, over FastAPI', least: 5, unit: '×', of: (load) => ratio(load, rate, 'fastapi') },
  { figure: 'p99, list, 100 connections, over Fastify', most: 1, unit: '×', of: (load) => ratio(load, ({ p99 }) => p99, 'fastify') },
  {
    figure: 'database queries a second, health, 1,000 connections',
    most: HANDFUL,
    unit: '',
    of: (load) => outcomeOf(load, 'health', 1_000, 'service')?.queriesPerSecond ?? undefined,
  },
  { figure: 'p99 of health, 1,000 connections, above that of one', most: 50, unit: ' ms', of: healthOverIdle },
  { figure: 'peak memory, list, 100 connections', most: 120, unit: ' MB', of: (load) => outcomeOf(load, 'list', 100, 'service')?.peakMb },
];

const GROWTH: readonly Rule<Figures['growth']>[] = [
  { figure: 'list latency, 1,000,000 tasks over 1,000', most: 1.2, unit: '×', of: ({ inAll }) => growthRatio(inAll) },
  { figure: "first page of one user's 100,000 tasks over that of 10", most: 2, unit: '×', of: ({ ofOneUser }) => growthRatio(ofOneUser) },
];

const COLD: readonly Rule<Figures['cold']>[] = [
  {
    figure: 'cold start to listening, over `node -e 0`',
    most: 2.5,
    unit: '×',
    of: ({ node, peers }) => {
      const own = peers.find(({ name }) => name === 'service');
      return own && medianOf(own.starts.map(({ listening }) => listening)) / medianOf(node);
    },
  },
];

const AUDIT: readonly Rule<Figures['audit']>[] = [
  { figure: 'audit, whole catalogue, local', most: 10, unit: ' s', of: auditSeconds(0) },
  { figure: 'audit, whole catalogue, 100 ms round trip', most: 25, unit: ' s', of: auditSeconds(100) },
  { figure: 'audit, whole catalogue, 200 ms round trip', most: 45, unit: ' s', of: auditSeconds(200) },
];

/** Every bound with what was measured: ratios within one run, of medians. */
export function judgeBounds({ load, growth, cold, audit }: Partial<AllMeasured>): Bound[] {
  return [
    ...LOAD.map((rule) => judge(rule, load?.figures)),
    ...GROWTH.map((rule) => judge(rule, growth?.figures)),
    ...COLD.map((rule) => judge(rule, cold?.figures)),
    ...AUDIT.map((rule) => judge(rule, audit?.figures)),
  ];
}

function judge<Part>({ figure, least = -Infinity, most = Infinity, unit, of }: Rule<Part>, part: Part | undefined): Bound {
  const value = part === undefined ? undefined : of(part);
  const bound = most === Infinity ? `at least ${shown(least)}${unit}` : `at most ${shown(most)}${unit}`;
  if (value === undefined) return { figure, bound, measured: undefined, reached: undefined };
  return { figure, bound, measured: `${shown(value)}${unit}`, reached: value >= least && value <= most };
}

type Figure = (round: Measurement) => number | null;

const cpu: Figure = ({ cpuMicroseconds }) => cpuMicroseconds;
const rate: Figure = ({ requests, seconds }) => requests / seconds;

/** The service's figure over a peer's, for lists over 100 connections. */
function ratio(load: LoadFigures, figure: Figure, peer: string): number | undefined {
  const own = medianFigure(outcomeOf(load, 'list', 100, 'service'), figure);
  const others = medianFigure(outcomeOf(load, 'list', 100, peer), figure);
  return own === undefined || others === undefined ? undefined : own / others;
}

function healthOverIdle(load: LoadFigures): number | undefined {
  const [busy, idle] = [1_000, 1].map((connections) => medianFigure(outcomeOf(load, 'health', connections, 'service'), ({ p99 }) => p99));
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
    const run = runs.find((each) => each.roundTripMs === roundTripMs);
    return run && run.duration_ms / 1_000;
  };
}
