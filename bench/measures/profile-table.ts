import { markdownTable } from 'markdown-table';
import { shown } from './figures.ts';

/** What `node --cpu-prof` writes, as far as it is read here. https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export type CpuProfile = {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** The node at work at each sample. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
};

type CallFrame = {
  readonly functionName: string;
  readonly url: string;
  /** Counted from 0. */
  readonly lineNumber: number;
};

/** Whose each line of a bundle is: esbuild names every file above what it took from it. */
export function ownersOfLines(bundle: string): string[] {
  let owner = 'the bundle itself';
  return bundle.split('\n').map((line) => {
    const [, path] = /^\s*\/\/ ([\w@./-]+\.\w+)$/.exec(line) ?? [];
    if (path !== undefined) owner = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? 'the service';
    return owner;
  });
}

/**
 * Shares, 0 to 1, of the time in which the process was not idle: of each package, of Node's own modules, and of native code by
 * the name V8 gives it, such as `(garbage collector)` or `writev`.
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

/** One build under load. */
export type Profiled = {
  readonly name: string;
  /** Processor time for one request, what profiling costs included. */
  readonly cpuMicroseconds: number;
  readonly shares: ReadonlyMap<string, number>;
};

/** Microseconds of each request, by whose code spent them; what took less than `least` everywhere is one line. */
export function renderProfile(profiled: readonly Profiled[], least: number): string {
  const microseconds = (name: string): number[] => profiled.map(({ cpuMicroseconds, shares }) => cpuMicroseconds * (shares.get(name) ?? 0));
  const all = [...new Set(profiled.flatMap(({ shares }) => [...shares.keys()]))].map((name) => ({ name, times: microseconds(name) }));
  const [large, small] = [all.filter(({ times }) => Math.max(...times) >= least), all.filter(({ times }) => Math.max(...times) < least)];
  const rest = profiled.map((_, index) => small.reduce((sum, { times }) => sum + (times[index] ?? 0), 0));
  const rows = [
    ...large.toSorted((a, b) => (b.times[0] ?? 0) - (a.times[0] ?? 0)),
    { name: `${small.length} more, each less than ${shown(least)}`, times: rest },
    { name: 'in all', times: profiled.map(({ cpuMicroseconds }) => cpuMicroseconds) },
  ].map(({ name, times }) => [name, ...times.map(shown)]);
  return markdownTable([['µs of processor time a request', ...profiled.map(({ name }) => name)], ...rows], {
    align: ['l', ...profiled.map(() => 'r')],
  });
}
