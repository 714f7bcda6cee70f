import type { ClientRequest, IncomingMessage } from 'node:http';
import https from 'node:https';
import { isIP, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Actor, HttpResponse, Exchange, Scope, Step } from '../model/exchange.ts';
import { subjectOf } from '../model/token.ts';
import type { Controls } from './controls.ts';
import type { Ledger } from './ledger.ts';
import type { Load } from './load.ts';
import { pathOfCaller } from '../contract/caller-path.ts';
import type { Burst } from './burst.ts';
import { decodeBody } from './decode-body.ts';
import { callerOf, createRequestBudget, NO_MORE_WAITS, type RequestBudget } from './request-budget.ts';
import type { PlannedRequest, WriteRule } from './write-rule.ts';

/** How a connection leaves this machine, which determines the client address that the target sees. */
export type Route = { family: 4 | 6; localAddress?: string };

export type HttpRequest = {
  actor: Actor;
  purpose: string;
  step?: Step;
  retryOf?: string;
  controlOf?: readonly string[];
  /** While the audit has stopped the database of a stage: that the target does not respond then shows nothing about the request. */
  duringOutage?: boolean;
  method?: string;
  /** Path and query, sent unchanged: not normalized, not encoded. */
  path: string;
  /** In order; a name may occur twice. */
  headers?: readonly (readonly [string, string])[];
  /** Anything but text is sent as JSON. */
  body?: unknown;
  /** Sent in place of the body, which must be the text that these bytes stand for: the rule on writes and the ledger use that. */
  bytes?: Uint8Array;
  /** Send the body in chunks, without its length. */
  chunked?: boolean;
  /** Send the body without Content-Type. */
  untyped?: boolean;
  /** Replaces the token of the actor, which is otherwise sent unless there is an Authorization header. */
  token?: string;
  /** Send although the limit is exhausted: for the check that exhausts it. */
  unpaced?: boolean;
  /** Do not send again after a rejection with Retry-After: for checks that judge it. */
  once?: boolean;
  /** Send with the others of the burst, although many requests are in flight: for a check whose load the contract or the config declares. */
  burst?: Burst;
  /** For another client address, where this machine has several. */
  route?: Route;
  /** Send the body in two parts: while a server waits for the second, it serves other requests. */
  splitBody?: boolean;
};

export type HttpClient = {
  /**
   * Does not throw for errors of the network or the target: the exchange contains them. A request that a limiter rejected, without having
   * stated its limit before, is sent again after the time in Retry-After; the exchange is the last one then.
   * @throws {Error} for a write that the rule on writes forbids; nothing is sent then
   */
  send(request: HttpRequest): Promise<Exchange>;
  /** Ends requests in flight; later ones are not sent. */
  close(): void;
};

export type HttpClientOptions = {
  /** Origin of the target. */
  apiUrl: string;
  ca: string | undefined;
  /** Aborted when the run ends: nothing more is sent then, by any client. */
  ending: AbortSignal;
  scope: () => Scope;
  tokenOf: (actor: Actor) => string | undefined;
  writes: WriteRule;
  load: Load;
  /** Shared with other clients and browsers of the run; undefined for a client that is alone. */
  budget?: RequestBudget;
  /** Undefined where nothing is concluded from missing responses. */
  controls?: Controls;
};

/** Long enough for a suspended database to start (Neon: rarely more than a few seconds). */
const TIMEOUT_MS = 15_000;
/** Of a connection between two requests. Servers close idle ones, after 5 s by Node's default, and a request that is on its way then is lost. */
const IDLE_MS = 4_000;
/** Of the read that shows whether the target still responds. */
const CONTROL_TIMEOUT_MS = 5_000;
const LARGEST_BODY_BYTES = 1_000_000;
const SPLIT_BODY_PAUSE_MS = 100;
/** After this many consecutive requests without a response nothing more is sent: the target is down, and each would wait for the timeout. */
const MOST_WITHOUT_RESPONSE = 3;
/** Of one request that was rejected with Retry-After. */
const MOST_ATTEMPTS = 4;

/** HTTPS requests to the target, paced by its rate limiter, each written to the ledger. */
export function createHttpClient(options: HttpClientOptions, ledger: Ledger): HttpClient {
  const { apiUrl, ca, ending, scope, tokenOf, writes, load, controls } = options;
  const base = new URL(apiUrl);
  const newAgent = (): https.Agent => new https.Agent({ keepAlive: true, timeout: IDLE_MS, ...(ca !== undefined && { ca }) });
  // A burst uses no connection of other requests, which the server may close while the others are being opened.
  const [usual, ofBursts] = [newAgent(), newAgent()];
  const closing = new AbortController();
  const ended = AbortSignal.any([closing.signal, ending]);
  const budget = options.budget ?? createRequestBudget(ledger, ended);
  let withoutResponse = 0;

  function reasonNotToSend(planned: Planned, { isControl, isGranted }: { isControl: boolean; isGranted: boolean }): string | undefined {
    if (ended.aborted) return 'the audit is ending';
    if (isControl) return undefined;
    if (!isGranted) return NO_MORE_WAITS;
    const objection = controls?.objectionTo(planned);
    if (objection !== undefined) return objection;
    return withoutResponse >= MOST_WITHOUT_RESPONSE ? `${MOST_WITHOUT_RESPONSE} consecutive requests got no response` : undefined;
  }

  /** The path of the caller. A request without a token names tenant A, whose objects it tries to reach. */
  function pathFor(token: string | undefined, path: string): string {
    return pathOfCaller(path, () => subjectOf(token) ?? subjectOf(tokenOf('tenant A')));
  }

  async function send(request: HttpRequest): Promise<Exchange> {
    let attempt = await sendOnce(request);
    for (let count = 1; attempt.isPostponed && count < MOST_ATTEMPTS && isRepeatable(request, attempt.exchange); count += 1)
      attempt = await sendOnce({ ...request, retryOf: request.retryOf ?? attempt.exchange.id });
    return attempt.exchange;
  }

  async function sendOnce(request: HttpRequest): Promise<{ exchange: Exchange; isPostponed: boolean }> {
    const { actor, purpose, step, retryOf, controlOf, route, splitBody = false, bytes, chunked = false, burst } = request;
    const token = request.token ?? tokenOf(actor);
    const planned = plan({ ...request, path: pathFor(token, request.path) }, token);
    const { method, path, headers, body } = planned;
    writes.admit(planned);
    // Preflights are not limited, and hundreds may wait for their turn.
    const caller = method === 'OPTIONS' ? 'preflights' : callerOf(actor, token, route);
    const isGranted = await budget.take(caller, request.unpaced !== true && method !== 'OPTIONS');

    let at = Date.now();
    const sendNow = async (): Promise<Result> => {
      at = Date.now();
      const isControl = controlOf !== undefined;
      const reason = reasonNotToSend(planned, { isControl, isGranted });
      if (reason !== undefined) return { error: `not sent: ${reason}` };
      const agent = burst === undefined ? usual : ofBursts;
      const timeoutMs = isControl ? CONTROL_TIMEOUT_MS : TIMEOUT_MS;
      return exchangeOver(agent, base, planned, { splitBody, bytes, chunked, route, burst, timeoutMs });
    };
    // Opening a connection to a distant target takes several times as long as a response.
    const { response, error } = await load.run(sendNow, (sent) => ({ status: sent.response?.status, ms: Date.now() - (sent.sentAt ?? at) }), {
      burst: burst !== undefined,
    });
    withoutResponse = response !== undefined ? 0 : error === noResponseWithin(TIMEOUT_MS) ? withoutResponse + 1 : withoutResponse;
    const isPostponed = budget.release(caller, response);
    writes.record(planned, actor, response);
    const exchange = ledger.http({
      ...scope(),
      actor,
      purpose,
      ...(step && { step }),
      ...(retryOf && { retryOf }),
      ...(controlOf && { controlOf }),
      request: { method, url: `${base.origin}${path}`, headers, ...(body !== undefined && { body }) },
      ...(response && { response }),
      ...(error !== undefined && { error }),
      at,
      ms: Date.now() - at,
    });
    if (controlOf === undefined && request.duringOutage !== true) await controls?.after(exchange, planned);
    return { exchange, isPostponed };
  }

  return {
    send,
    close() {
      closing.abort();
      usual.destroy();
      ofBursts.destroy();
    },
  };
}

/** `sentAt`: when the request was sent on an open connection. */
type Result = { response?: HttpResponse; error?: string; sentAt?: number };

/**
 * A 429 means that the request was not executed. A 503 may follow its execution, so only a read is repeated, and only that of a tenant: the
 * status of health is what its checks judge.
 */
function isRepeatable({ actor, method = 'GET', unpaced, once, controlOf, duringOutage }: HttpRequest, { response }: Exchange): boolean {
  if (unpaced === true || once === true || duringOutage === true || controlOf !== undefined || method === 'OPTIONS') return false;
  return response?.status === 429 || (actor !== 'anonymous' && ['GET', 'HEAD'].includes(method));
}

type Planned = PlannedRequest & { headers: readonly (readonly [string, string])[] };

type Sending = {
  splitBody: boolean;
  bytes: Uint8Array | undefined;
  chunked: boolean;
  route: Route | undefined;
  burst: Burst | undefined;
  timeoutMs: number;
};

/** The request with its token and, where it has a body, its content type. */
function plan({ actor, method = 'GET', path, headers: given = [], body: content, untyped = false }: HttpRequest, token: string | undefined): Planned {
  const headers = [...given];
  const hasOwnToken = actor !== 'anonymous' && headers.some(([name]) => name === 'Authorization');
  if (token !== undefined && !hasOwnToken) headers.push(['Authorization', `Bearer ${token}`]);
  if (content === undefined) return { method, path, headers };
  if (!untyped && !headers.some(([name]) => name.toLowerCase() === 'content-type')) headers.push(['Content-Type', 'application/json']);
  return { method, path, headers, body: typeof content === 'string' ? content : JSON.stringify(content) };
}

/** Sends one request; never rejects. */
function exchangeOver(
  agent: https.Agent,
  base: URL,
  { method, path, headers, body }: Planned,
  { splitBody, bytes, chunked, route, burst, timeoutMs }: Sending,
): Promise<Result> {
  const content = bytes ?? body;
  // Sent also without a body, as browsers do: Node would otherwise announce a chunked one.
  const hasLength = content !== undefined || !['GET', 'HEAD', 'OPTIONS'].includes(method);
  const length = hasLength ? [['Content-Length', String(Buffer.byteLength(content ?? ''))]] : [];
  const framing = chunked ? [['Transfer-Encoding', 'chunked']] : length;
  const options = {
    ...tlsAddressOf(base.origin, undefined),
    ...route,
    method,
    path,
    agent,
    headers: [['Host', base.host], ...headers, ...framing].flat(),
    timeout: timeoutMs,
  };
  return new Promise((resolve) => {
    let sentAt: number | undefined;
    const end = (result: Result): void => resolve({ ...result, ...(sentAt !== undefined && { sentAt }) });
    const request = https.request(options, (response) => {
      readResponse(response).then(
        (read) => end({ response: read }),
        (error: Error) => end({ error: reasonOf(error) }),
      );
    });
    request.on('timeout', () => request.destroy(new Error(noResponseWithin(timeoutMs))));
    request.on('error', (error) => end({ error: reasonOf(error) }));
    request.once('socket', (socket) => whenConnected(request, socket, () => (sentAt = Date.now())));
    if (splitBody && body !== undefined) request.write(body.slice(0, 1), () => setTimeout(() => request.end(body.slice(1)), SPLIT_BODY_PAUSE_MS));
    else if (burst === undefined) request.end(content);
    else request.once('socket', (socket) => whenConnected(request, socket, () => void burst.join().then(() => request.end(content))));
  });
}

function whenConnected({ reusedSocket }: ClientRequest, socket: Socket, proceed: () => void): void {
  if (reusedSocket) proceed();
  else socket.once('secureConnect', proceed);
}

async function readResponse(response: IncomingMessage): Promise<HttpResponse> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= LARGEST_BODY_BYTES) chunks.push(chunk);
  }
  const headers = Object.fromEntries(Object.entries(response.headersDistinct).map(([name, values]) => [name, values ?? []] as const));
  const body = decodeBody(Buffer.concat(chunks), response.headers['content-encoding'] ?? '', LARGEST_BODY_BYTES);
  return { status: response.statusCode ?? 0, headers, body: body.toString() };
}

/**
 * Where and how to open a TLS connection to an origin. Server name indication takes names only, not addresses (RFC 6066 section 3).
 * @param ca PEM of a private authority
 */
export function tlsAddressOf(origin: string, ca: string | undefined): ConnectionOptions {
  const { hostname, port } = new URL(origin);
  const host = bare(hostname);
  return { host, port: Number(port || 443), ...(isIP(host) === 0 && { servername: hostname }), ...(ca !== undefined && { ca }) };
}

/** An IPv6 address without the brackets that it has in a URL. */
export function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function noResponseWithin(ms: number): string {
  return `no response within ${ms / 1_000} s`;
}

function reasonOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join('; ');
  return error.message;
}
