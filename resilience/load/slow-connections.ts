import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';

const TASKS = '/api/v1/tasks';
const DRIP_EVERY_MS = 1_000;
/** The service checks every 2 s; the rest is for a busy machine. */
const SLACK_MS = 8_000;
const RESPONSE_DEADLINE_MS = 5_000;
const OPENED_AT_ONCE = 250;
/** Left for everything else that this process opens. */
const SPARE_FILES = 1_000;

/** One kind of client that occupies the service. */
type SlowClientKind = {
  readonly what: string;
  readonly count: number;
  /** Sent immediately. */
  readonly start: string;
  /** Sent each second. */
  readonly drip?: string;
  /** Reads nothing until it is judged. */
  readonly isDeaf?: boolean;
  /** How the service must end the connection. Undefined where it must leave it open. */
  readonly expectedEnd?: ExpectedEnd;
};

type ExpectedEnd = {
  readonly response: RegExp;
  readonly afterMs: number;
};

export type SlowClient = {
  readonly kind: SlowClientKind;
  readonly socket: Socket;
  readonly opened: number;
  /** The beginning of the response. */
  received: string;
  closed: number | undefined;
};

const request = (line: string, ...headers: string[]): string => [line, 'Host: api.test', ...headers, '', ''].join('\r\n');

const LIVENESS = request('GET /livez HTTP/1.1');

/** The connections that must stay open are last: they idle as long as the others, and must stay below the service's 65 s. */
function listKinds(token: string): readonly SlowClientKind[] {
  const authorization = `Authorization: Bearer ${token}`;
  const body = ['Content-Type: application/json', 'Content-Length: 10000'];
  return [
    { what: 'deaf clients', count: 20, start: request(`GET ${TASKS}?per_page=100 HTTP/1.1`, authorization).repeat(100), isDeaf: true },
    { what: 'slow bodies', count: 500, start: request(`POST ${TASKS} HTTP/1.1`, authorization, ...body), drip: ' ', expectedEnd: with408(20_000) },
    { what: 'slow headers', count: 500, start: 'GET / HTTP/1.1\r\nX: ', drip: 'x', expectedEnd: with408(10_000) },
    { what: 'silent connections', count: 5_000, start: '', expectedEnd: { response: /^$/, afterMs: 10_000 } },
    { what: 'connections idle after a request', count: 5_000, start: LIVENESS },
  ];
}

function with408(afterMs: number): ExpectedEnd {
  return { response: /^HTTP\/1\.1 408 /, afterMs };
}

/** Opens all of them, or as many as this process may have open. */
export async function openSlowClients(port: number, token: string): Promise<{ readonly all: readonly SlowClient[]; close(): void }> {
  const kinds = listKinds(token);
  const share = Math.min(1, (fileLimit() - SPARE_FILES) / kinds.reduce((sum, { count }) => sum + count, 0));
  const all: SlowClient[] = [];
  const dripping = setInterval(() => {
    for (const { kind, socket } of all) if (kind.drip !== undefined && socket.writable) socket.write(kind.drip);
  }, DRIP_EVERY_MS);
  const close = (): void => {
    clearInterval(dripping);
    for (const { socket } of all) socket.destroy();
  };
  const planned = kinds.flatMap((kind) => Array.from({ length: Math.floor(kind.count * share) }, () => kind));
  try {
    await pMap(planned, async (kind) => all.push(await open(kind, port)), { concurrency: OPENED_AT_ONCE });
  } catch (error) {
    close();
    throw error;
  }
  return { all, close };
}

async function open(kind: SlowClientKind, port: number): Promise<SlowClient> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  const client: SlowClient = { kind, socket, opened: performance.now(), received: '', closed: undefined };
  socket.on('close', () => (client.closed = performance.now()));
  socket.on('data', (chunk) => (client.received = (client.received + String(chunk)).slice(0, 40)));
  if (kind.isDeaf === true) socket.pause();
  socket.write(kind.start);
  return client;
}

/** One sentence for each kind of connection that the service did not end as expected. */
export function judgeClosed(clients: readonly SlowClient[]): string[] {
  return judgeEach(clients, ({ kind: { expectedEnd }, received, opened, closed }) => {
    if (expectedEnd === undefined) return true;
    const tookMs = (closed ?? Number.POSITIVE_INFINITY) - opened;
    return expectedEnd.response.test(received) && tookMs >= expectedEnd.afterMs - 500 && tookMs <= expectedEnd.afterMs + SLACK_MS;
  });
}

/** Sends another request on each connection that must be open; one sentence for each kind without a response. */
export async function judgeOpen(clients: readonly SlowClient[]): Promise<string[]> {
  const open = clients.filter(({ kind }) => kind.expectedEnd === undefined && kind.isDeaf !== true);
  for (const client of open) {
    client.received = '';
    client.socket.write(LIVENESS);
  }
  await sleep(RESPONSE_DEADLINE_MS);
  return judgeEach(open, ({ received, closed }) => closed === undefined && received.startsWith('HTTP/1.1 200 '));
}

function judgeEach(clients: readonly SlowClient[], isRight: (client: SlowClient) => boolean): string[] {
  const byKind = Map.groupBy(clients, ({ kind }) => kind.what);
  return [...byKind].flatMap(([what, all]) => {
    const wrong = all.filter((client) => !isRight(client));
    if (wrong.length === 0) return [];
    const responses = [...new Set(wrong.map(({ received }) => received.split('\r\n')[0]))].map((line) => line || 'nothing');
    const open = wrong.filter(({ closed }) => closed === undefined).length;
    return [`${wrong.length} of ${all.length} ${what} were handled wrongly: ${open} are still open, and received ${responses.join(', ')}`];
  });
}

function fileLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits: { open_files: { soft: number | 'unlimited' } } };
  const { soft } = userLimits.open_files;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : soft;
}
