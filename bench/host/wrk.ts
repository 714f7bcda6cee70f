import { writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import { findProgram } from '../../rehearsal/process/find-program.ts';
import { cpuOfEndedChildren } from './processes.ts';

/** A request that takes longer is an error. */
const TIMEOUT_SECONDS = 10;

/** What wrk measured, and its own processor time. */
export type WrkReport = {
  readonly requests: number;
  readonly seconds: number;
  /**
   * Latencies in ms; null without responses. wrk corrects for coordinated omission.
   * https://github.com/wg/wrk/blob/master/src/wrk.c
   */
  readonly p50: number | null;
  readonly p99: number | null;
  readonly p999: number | null;
  /** Refused or cut connections, and timeouts. */
  readonly errors: number;
  /** Responses with a status of 400 or above. */
  readonly refused: number;
  /** Of one processor, 0 to 1: at 1 the generator is the bottleneck. */
  readonly generatorShare: number;
};

/** One request as it is sent. */
export type RawRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** @throws with the command that installs it */
function findWrk(): string {
  const found = findProgram('wrk');
  if (found === undefined) throw new Error('wrk, the load generator, is not installed: apt-get install wrk');
  return found;
}

/** @throws with the command that installs it */
export async function versionOfWrk(): Promise<string> {
  // With -v it prints its version and its usage, and exits with 1.
  const { stdout } = await execa(findWrk(), ['-v'], { reject: false });
  return /^wrk (?:debian\/)?(\S+)/.exec(stdout)?.[1] ?? 'unknown';
}

/** A script that makes wrk send these requests in turn and report in JSON. */
export function renderScript(requests: readonly RawRequest[]): string {
  return `local requests = {
${requests.map((request) => `  ${luaString(serialize(request))},`).join('\n')}
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
export function parseReport(output: string): Omit<WrkReport, 'generatorShare'> {
  const line = /^\{"requests":.*\}$/m.exec(output)?.[0];
  if (line === undefined) throw new Error(`wrk printed no report:\n${output}`);
  const { microseconds, p50, p99, p999, ...counts } = JSON.parse(line) as PrintedReport;
  const latency = (inMicroseconds: number): number | null => (counts.requests === 0 ? null : inMicroseconds / 1e3);
  return { ...counts, seconds: microseconds / 1e6, p50: latency(p50), p99: latency(p99), p999: latency(p999) };
}

/** What the script prints. */
type PrintedReport = Record<'requests' | 'microseconds' | 'p50' | 'p99' | 'p999' | 'errors' | 'refused', number>;

export type WrkOptions = {
  readonly port: number;
  /** The file with the script. */
  readonly script: string;
  readonly connections: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
};

/** Loads a server on this machine from one thread; each connection always has one pending request. */
export async function load({ port, script, connections, seconds, signal }: WrkOptions): Promise<WrkReport> {
  const before = await cpuOfEndedChildren();
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, `--timeout=${TIMEOUT_SECONDS}s`, `--script=${script}`];
  const { stdout } = await execa(findWrk(), [...options, `http://127.0.0.1:${port}`], { cancelSignal: signal });
  const report = parseReport(stdout);
  return { ...report, generatorShare: ((await cpuOfEndedChildren()) - before) / 1e6 / report.seconds };
}

export async function writeScript(path: string, requests: readonly RawRequest[]): Promise<string> {
  await writeFile(path, renderScript(requests), { mode: 0o600 });
  return path;
}

function serialize({ method, path, headers, body = '' }: RawRequest): string {
  const length = body === '' ? {} : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) };
  const lines = Object.entries({ Host: '127.0.0.1', ...headers, ...length }).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, '', body].join('\r\n');
}

/** For ASCII, JSON's escapes are Lua's too. */
function luaString(text: string): string {
  return JSON.stringify(text);
}
