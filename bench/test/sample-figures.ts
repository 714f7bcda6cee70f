import type { Circumstances } from '../host/machine.ts';
import type { Measurement } from '../host/measured-load.ts';
import type { GrowthFigures } from '../measures/growth.ts';
import type { LoadFigures, ServerFigures } from '../measures/load.ts';

const CIRCUMSTANCES: Circumstances = {
  date: '2026-03-01T10:20:30.000Z',
  commit: '0123456789ab',
  machine: '2 × Processor, 8 GiB of memory, System (1.0, x64)',
  loadBefore: 0.25,
  versions: { node: '26.10.0', postgresql: '18.4' },
};

export function measured<PartFigures>(figures: PartFigures): { circumstances: Circumstances; leftOut: string[]; figures: PartFigures } {
  return { circumstances: CIRCUMSTANCES, leftOut: [], figures };
}

type ServerRounds = {
  /** In rounds of one second. */
  readonly requests?: readonly number[];
  /** Microseconds per request. */
  readonly cpu?: readonly number[];
};

/** PartFigures of one scenario: lists over 100 connections. */
export function load(servers: Readonly<Record<string, ServerRounds>>): LoadFigures {
  const names = Object.keys(servers);
  const outcomes = Object.entries(servers).map(([name, rounds]) => outcomeOf(name, rounds));
  return {
    pace: { rounds: 3, seconds: 1, firstWarmUpSeconds: 5, warmUpSeconds: 1 },
    peers: names.map((name) => ({ name, title: `components of ${name}` })),
    generator: { rounds: [{ ...round(20_000, 40), generatorShare: 0.4 }], peakMb: 100 },
    scenarios: [{ route: 'list', connections: 100, outcomes }],
  };
}

function outcomeOf(peer: string, { requests = [1_000], cpu = [100] }: ServerRounds): ServerFigures {
  const count = Math.max(requests.length, cpu.length);
  const rounds = Array.from({ length: count }, (_, index) => round(requests[index] ?? requests[0] ?? 0, cpu[index] ?? cpu[0] ?? 0));
  return { peer, rounds, peakMb: 100, queriesPerSecond: null };
}

function round(requests: number, cpuMicroseconds: number): Measurement {
  return { requests, seconds: 1, p50: 1, p99: 2, p999: 3, errors: 0, refused: 1, generatorShare: 0.1, cpuMicroseconds, databaseCpuMicroseconds: 300 };
}

export function growth(inAll: readonly number[], ofOneUser: readonly number[]): GrowthFigures {
  const sizes = (latencies: readonly number[]) =>
    latencies.map((ms, index) => ({ tasks: 1_000 * 10 ** index, times: { list: [ms], rare: [ms * 2], frequent: [ms * 3], short: [ms * 4] } }));
  return { patience: { rounds: 1, requests: 30 }, inAll: sizes(inAll), ofOneUser: sizes(ofOneUser) };
}
