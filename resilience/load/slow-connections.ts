import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const TASKS = '/api/v1/tasks';
const DRIP_EVERY_MS = 1_000;
/** The service looks every 2 s; the rest is for a busy machine. */
const SLACK_MS = 8_000;
const ANSWERED_WITHIN_MS = 5_000;
const BATCH = 250;
/** Left for everything else that this process has open. */
const SPARE_FILES = 1_000;

/** One way of keeping the service waiting. */
type Kind = {
  readonly what: string;
  readonly count: number;
  /** Sent at once. */
  readonly start: string;
  /** Sent each second. */
  readonly drip?: string;
  /** Reads nothing until it is judged. */
  readonly isDeaf?: boolean;
  /** How the service ends it: with what answer, and how long after it began. Undefined where it keeps the connection. */
  readonly cut?: Cut;
};

type Cut = {
  readonly answer: RegExp;
  readonly afterMs: number;
};

export type SlowClient = {
  readonly kind: Kind;
  readonly socket: Socket;
  readonly opened: number;
  /** The beginning of what came. */
  received: string;
  closed: number | undefined;
};

const request = (line: string, ...headers: string[]): string => [line, 'Host: api.test', ...headers, '', ''].join('\r\n');

const LIVENESS = request('GET /livez HTTP/1.1');

/** Those that are kept come last: their idle time is that of the others, and must stay below the service's 65 s. */
function listKinds(token: string): readonly Kind[] {
  const authorization = `Authorization: Bearer ${token}`;
  const body = ['Content-Type: application/json', 'Content-Length: 10000'];
  return [
    { what: 'deaf clients', count: 20, start: request(`GET ${TASKS}?per_page=100 HTTP/1.1`, authorization).repeat(100), isDeaf: true },
    { what: 'slow bodies', count: 500, start: request(`POST ${TASKS} HTTP/1.1`, authorization, ...body), drip: ' ', cut: cutWith408(20_000) },
    { what: 'slow headers', count: 500, start: 'GET / HTTP/1.1\r\nX: ', drip: 'x', cut: cutWith408(10_000) },
    { what: 'silent connections', count: 5_000, start: '', cut: { answer: /^$/, afterMs: 10_000 } },
    { what: 'connections idle after a request', count: 5_000, start: LIVENESS },
  ];
}

function cutWith408(afterMs: number): Cut {
  return { answer: /^HTTP\/1\.1 408 /, afterMs };
}

/** Opens them all, or as many as this process may have open. */
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
  try {
    for (const kind of kinds) {
      for (let left = Math.floor(kind.count * share); left > 0; left -= BATCH) {
        all.push(...(await Promise.all(Array.from({ length: Math.min(BATCH, left) }, () => open(kind, port)))));
      }
    }
  } catch (error) {
    close();
    throw error;
  }
  return { all, close };
}

async function open(kind: Kind, port: number): Promise<SlowClient> {
  const socket = connect(port, '127.0.0.1');
  const { promise: connected, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve).on('error', reject);
  await connected;
  const client: SlowClient = { kind, socket, opened: performance.now(), received: '', closed: undefined };
  socket.on('close', () => (client.closed = performance.now()));
  socket.on('data', (chunk) => (client.received = (client.received + String(chunk)).slice(0, 40)));
  if (kind.isDeaf === true) socket.pause();
  socket.write(kind.start);
  return client;
}

/** What is wrong with how the service ended those it should end: one sentence for each kind. */
export function judgeCut(clients: readonly SlowClient[]): string[] {
  return judgeEach(clients, ({ kind: { cut }, received, opened, closed }) => {
    if (cut === undefined) return true;
    const tookMs = (closed ?? Number.POSITIVE_INFINITY) - opened;
    return cut.answer.test(received) && tookMs >= cut.afterMs - 500 && tookMs <= cut.afterMs + SLACK_MS;
  });
}

/** The same of those it should keep, which send another request now. */
export async function judgeKept(clients: readonly SlowClient[]): Promise<string[]> {
  const kept = clients.filter(({ kind }) => kind.cut === undefined && kind.isDeaf !== true);
  for (const client of kept) {
    client.received = '';
    client.socket.write(LIVENESS);
  }
  await sleep(ANSWERED_WITHIN_MS);
  return judgeEach(kept, ({ received, closed }) => closed === undefined && received.startsWith('HTTP/1.1 200 '));
}

function judgeEach(clients: readonly SlowClient[], isRight: (client: SlowClient) => boolean): string[] {
  const opened = Map.groupBy(clients, ({ kind }) => kind.what);
  const wrong = Map.groupBy(
    clients.filter((client) => !isRight(client)),
    ({ kind }) => kind.what,
  );
  return [...wrong].map(([what, those]) => {
    const answers = [...new Set(those.map(({ received }) => received.split('\r\n')[0]))].map((line) => line || 'nothing');
    const open = those.filter(({ closed }) => closed === undefined).length;
    return `${those.length} of ${opened.get(what)?.length} ${what} were not treated right: ${open} are still open, and received ${answers.join(', ')}`;
  });
}

function fileLimit(): number {
  const { userLimits } = process.report.getReport() as { userLimits: { open_files: { soft: number | 'unlimited' } } };
  const { soft } = userLimits.open_files;
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : soft;
}
