import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { findProgram } from '../../rehearsal/process/find-program.ts';
import { cpuOfEndedChildren } from './processes.ts';

const run = promisify(execFile);

/** An answer that takes longer is an error. */
const TIMEOUT_SECONDS = 10;

/** What wrk measured, and what it took itself. */
export type Report = {
  readonly requests: number;
  readonly seconds: number;
  /**
   * Latencies in ms; null where nothing was answered. wrk adds what a client that waits does not see (coordinated omission).
   * https://github.com/wg/wrk/blob/master/src/wrk.c
   */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  /** Connections refused or cut, and answers that did not come in time. */
  readonly errors: number;
  /** Answers of 400 and above. */
  readonly refused: number;
  /** Of one processor, 0 to 1: at 1 the generator is the bottleneck. */
  readonly generatorShare: number;
};

/** One request as it goes over the wire. */
export type RawRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** @throws saying what to install */
export function findWrk(): string {
  const found = findProgram('wrk');
  if (found === undefined) throw new Error('wrk, which makes the load, is not installed: apt-get install wrk');
  return found;
}

/** @throws saying what to install */
export async function versionOfWrk(): Promise<string> {
  // With -v it prints its version and how it is used, and ends with 1.
  const { stdout } = await run(findWrk(), ['-v']).catch((error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }));
  return /^wrk (?:debian\/)?(\S+)/.exec(stdout)?.[1] ?? 'unknown';
}

/** A script with which wrk sends these requests in turn, and reports in JSON. */
export function renderScript(requests: readonly RawRequest[]): string {
  return `local requests = {
${requests.map((request) => `  ${luaString(onTheWire(request))},`).join('\n')}
}
local turn = 0
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"p999":%d,"errors":%d,"refused":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency:percentile(99.9),
    errors.connect + errors.read + errors.write + errors.timeout, errors.status))
end
`;
}

/** @throws when wrk printed no report */
export function parseReport(output: string): Omit<Report, 'generatorShare'> {
  const line = /^\{"requests":.*\}$/m.exec(output)?.[0];
  if (line === undefined) throw new Error(`wrk reported nothing:\n${output}`);
  const { microseconds, p50, p99, p999, ...counts } = JSON.parse(line) as Printed;
  const latency = (inMicroseconds: number): number | null => (counts.requests === 0 ? null : inMicroseconds / 1e3);
  return { ...counts, seconds: microseconds / 1e6, p50: latency(p50), p99: latency(p99), p999: latency(p999) };
}

/** What the script prints. */
type Printed = Record<'requests' | 'microseconds' | 'p50' | 'p99' | 'p999' | 'errors' | 'refused', number>;

/** Loads a server of this machine from one thread over so many connections, each of which always has one request under way. */
export async function load(
  wrk: string,
  { port, script, connections, seconds, signal }: { port: number; script: string; connections: number; seconds: number; signal: AbortSignal },
): Promise<Report> {
  const before = await cpuOfEndedChildren();
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, `--timeout=${TIMEOUT_SECONDS}s`, `--script=${script}`];
  const { stdout } = await run(wrk, [...options, `http://127.0.0.1:${port}`], { signal });
  const report = parseReport(stdout);
  return { ...report, generatorShare: ((await cpuOfEndedChildren()) - before) / 1e6 / report.seconds };
}

export async function writeScript(path: string, requests: readonly RawRequest[]): Promise<string> {
  await writeFile(path, renderScript(requests), { mode: 0o600 });
  return path;
}

function onTheWire({ method, path, headers, body = '' }: RawRequest): string {
  const length = body === '' ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ Host: '127.0.0.1', ...headers, ...length }).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, '', body].join('\r\n');
}

/** Of ASCII alone, for which JSON's escapes are Lua's too. */
function luaString(text: string): string {
  return JSON.stringify(text);
}
