import { request, type Agent, type IncomingHttpHeaders } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { text } from 'node:stream/consumers';

/** A client's patience, far beyond every deadline of the service: whoever meets it has found a request that hangs. */
const PATIENCE_MS = 30_000;

/** Times are of `performance.now()` in this process. */
export type Exchange = {
  /** The method and the kind of path, for messages. */
  readonly what: string;
  readonly began: number;
  readonly ended: number;
  /** A status when the whole answer came; `cut` when the connection failed before, `hung` when nothing came in 30 s. */
  readonly outcome: number | 'cut' | 'hung';
  readonly retryAfter: string | undefined;
};

export type Answer = Exchange & {
  /** The parsed JSON; undefined when there was none. */
  readonly body: unknown;
};

export type Sending = {
  readonly port: number;
  /** One of node:https speaks TLS. */
  readonly agent: Agent;
  readonly method: string;
  readonly path: string;
  /** Instead of the path, where it has an id in it. */
  readonly kind?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
};

/** Sends one request, once, and tells what came of it. Never throws. */
export async function exchange({ port, agent, method, path, kind = path, token, headers = {}, json }: Sending): Promise<Answer> {
  const content = json === undefined ? undefined : JSON.stringify(json);
  const began = performance.now();
  const end = (outcome: Exchange['outcome'], received: IncomingHttpHeaders = {}, body?: unknown): Answer => ({
    what: `${method} ${kind}`,
    began,
    ended: performance.now(),
    outcome,
    retryAfter: received['retry-after'],
    body,
  });
  return new Promise((resolve) => {
    const sent = request({
      protocol: agent instanceof TlsAgent ? 'https:' : 'http:',
      host: '127.0.0.1',
      port,
      agent,
      method,
      path,
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(content !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) }),
        ...headers,
      },
    });
    const patience = setTimeout(() => {
      resolve(end('hung'));
      sent.destroy();
    }, PATIENCE_MS);
    const finish = (answer: Answer): void => {
      clearTimeout(patience);
      resolve(answer);
    };
    sent.on('error', () => finish(end('cut')));
    sent.on('response', (response) => {
      text(response).then(
        (body) => finish(end(response.statusCode ?? 0, response.headers, parseJson(body))),
        () => finish(end('cut')),
      );
    });
    sent.end(content);
  });
}

export function isSuccess({ outcome }: Exchange): boolean {
  return typeof outcome === 'number' && outcome >= 200 && outcome < 300;
}

/** The one way in which the service may fail a request: it says so, and when to come back. */
export function isShed({ outcome, retryAfter }: Exchange): boolean {
  return outcome === 503 && /^[1-9]\d*$/.test(retryAfter ?? '');
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
