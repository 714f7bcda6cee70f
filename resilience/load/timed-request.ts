import { request, type Agent, type IncomingHttpHeaders } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { text } from 'node:stream/consumers';

/** Far beyond every deadline of the service: a request that takes this long hangs. */
const TIMEOUT_MS = 30_000;

/** Times are `performance.now()` of this process. */
export type TimedRequest = {
  /** The method and the path template, for messages. */
  readonly what: string;
  readonly began: number;
  readonly ended: number;
  /** The status of a complete response; `cut` when the connection failed before, `hung` when there was no response in 30 s. */
  readonly outcome: number | 'cut' | 'hung';
  readonly retryAfter: string | undefined;
  /** Whether it repeats an acknowledged creation with its key, which writes nothing. */
  readonly repeats: boolean;
};

export type TimedResponse = TimedRequest & {
  /** The parsed JSON; undefined when there was none. */
  readonly body: unknown;
};

export type TimedRequestOptions = {
  readonly port: number;
  /** With an agent of node:https the request uses TLS. */
  readonly agent: Agent;
  readonly method: string;
  readonly path: string;
  /** By default the path. */
  readonly template?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  /** By default false. */
  readonly repeats?: boolean;
};

/** Sends one request, without retries. Never throws. */
export async function sendTimed({
  port,
  agent,
  method,
  path,
  template = path,
  token,
  headers = {},
  json,
  repeats = false,
}: TimedRequestOptions): Promise<TimedResponse> {
  const content = json === undefined ? undefined : JSON.stringify(json);
  const began = performance.now();
  const end = (outcome: TimedRequest['outcome'], received: IncomingHttpHeaders = {}, body?: unknown): TimedResponse => ({
    what: `${method} ${template}`,
    began,
    ended: performance.now(),
    outcome,
    retryAfter: received['retry-after'],
    repeats,
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
    const timeout = setTimeout(() => {
      resolve(end('hung'));
      sent.destroy();
    }, TIMEOUT_MS);
    const finish = (response: TimedResponse): void => {
      clearTimeout(timeout);
      resolve(response);
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

export function durationOf({ began, ended }: TimedRequest): number {
  return ended - began;
}

export function isSuccess({ outcome }: TimedRequest): boolean {
  return typeof outcome === 'number' && outcome >= 200 && outcome < 300;
}

/** The only acceptable failure: 503 with Retry-After. */
export function isShed({ outcome, retryAfter }: TimedRequest): boolean {
  return outcome === 503 && /^[1-9]\d*$/.test(retryAfter ?? '');
}

/** The id of a created task; undefined in any other body. */
export function idOf({ body }: TimedResponse): number | undefined {
  const id = typeof body === 'object' && body !== null && 'id' in body ? body.id : undefined;
  return typeof id === 'number' ? id : undefined;
}

export function withoutBody(response: TimedResponse): TimedRequest {
  const { body: _, ...timed } = response;
  return timed;
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
