import { markdownTable } from 'markdown-table';
import { format } from './figures.ts';

/** The output of `node --cpu-prof`, as far as it is read here. https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export type CpuProfile = {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** The active node at each sample. */
  readonly samples: readonly number[];
  /** Microseconds since the previous sample. */
  readonly timeDeltas: readonly number[];
};

type CallFrame = {
  readonly functionName: string;
  readonly url: string;
  /** Counted from 0. */
  readonly lineNumber: number;
};

/** The package of each line of a bundle: esbuild writes the name of each file above its code. */
export function ownersOfLines(bundle: string): string[] {
  let owner = 'the bundle itself';
  return bundle.split('\n').map((line) => {
    const [, path] = /^\s*\/\/ ([\w@./-]+\.\w+)$/.exec(line) ?? [];
    if (path !== undefined) owner = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'own code';
    return owner;
  });
}

/**
 * Shares, 0 to 1, of the time in which the process was not idle, by package, for Node's own modules, and for native code by V8's
 * name, such as `(garbage collector)` or `writev`.
 */
export function sharesOf({ nodes, samples, timeDeltas }: CpuProfile, owners: readonly string[]): Map<string, number> {
  const owner = new Map(nodes.map(({ id, callFrame }) => [id, ownerOf(callFrame, owners)]));
  const times = new Map<string, number>();
  let busy = 0;
  samples.forEach((sample, index) => {
    const name = owner.get(sample) ?? '(unknown)';
    const time = timeDeltas[index] ?? 0;
    if (name === '(idle)') return;
    times.set(name, (times.get(name) ?? 0) + time);
    busy += time;
  });
  return new Map([...times].map(([name, time]) => [name, time / busy]));
}

function ownerOf({ functionName, url, lineNumber }: CallFrame, owners: readonly string[]): string {
  if (url.startsWith('node:')) return 'node';
  if (url === '') return functionName === '' ? '(native)' : functionName;
  return owners[lineNumber] ?? url;
}

/** One build. */
export type Profiled = {
  readonly name: string;
  /** Processor time of a request or of a start, including the cost of profiling. */
  readonly cpuMicroseconds: number;
  readonly shares: ReadonlyMap<string, number>;
};

/** Of several profiles of one build. */
export function meanOf(name: string, profiled: readonly Omit<Profiled, 'name'>[]): Profiled {
  const total = profiled.reduce((sum, { cpuMicroseconds }) => sum + cpuMicroseconds, 0);
  const shares = new Map<string, number>();
  for (const { cpuMicroseconds, shares: ofOne } of profiled)
    for (const [owner, share] of ofOne) shares.set(owner, (shares.get(owner) ?? 0) + (share * cpuMicroseconds) / total);
  return { name, cpuMicroseconds: total / profiled.length, shares };
}

/** Microseconds by package. Packages below `least` in every build share one line. */
export function renderProfile(profiled: readonly Profiled[], of: 'request' | 'start', least: number): string {
  const microseconds = (name: string): number[] => profiled.map(({ cpuMicroseconds, shares }) => cpuMicroseconds * (shares.get(name) ?? 0));
  const all = [...new Set(profiled.flatMap(({ shares }) => [...shares.keys()]))].map((name) => ({ name, times: microseconds(name) }));
  const [large, small] = [all.filter(({ times }) => Math.max(...times) >= least), all.filter(({ times }) => Math.max(...times) < least)];
  const rest = profiled.map((_, index) => small.reduce((sum, { times }) => sum + (times[index] ?? 0), 0));
  const rows = [
    ...large.toSorted((a, b) => (b.times[0] ?? 0) - (a.times[0] ?? 0)),
    { name: `${small.length} more, each less than ${format(least)}`, times: rest },
    { name: 'total', times: profiled.map(({ cpuMicroseconds }) => cpuMicroseconds) },
  ].map(({ name, times }) => [name, ...times.map(format)]);
  return markdownTable([[`µs of processor time per ${of}`, ...profiled.map(({ name }) => name)], ...rows], {
    align: ['l', ...profiled.map(() => 'r')],
  });
}
