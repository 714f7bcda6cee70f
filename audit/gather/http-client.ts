import https from 'node:https';
import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor, HttpResponse, Exchange, Step } from '../model/exchange.ts';
import type { Ledger } from './ledger.ts';
import type { WriteRule } from './write-rule.ts';

/** How a connection leaves this machine, and so the address by which the target knows the client. */
export type Route = { family: 4 | 6; localAddress?: string };

export type HttpRequest = {
  actor: Actor;
  purpose: string;
  step?: Step;
  retryOf?: string;
  method?: string;
  /** Path and query, sent as they stand: nothing is normalised or encoded. */
  path: string;
  /** In order; a name may stand twice. */
  headers?: readonly (readonly [string, string])[];
  /** Anything but text is sent as JSON. */
  body?: unknown;
  /** Another token than the actor's own; undefined sends the actor's, unless an Authorization header is given. */
  token?: string;
  /** Send although the bucket is empty: for the check that empties it. */
  unpaced?: boolean;
  /** Where this machine has several: the target sees another client address. */
  route?: Route;
  /** The body comes in two pieces: whoever waits for the second one serves others meanwhile. */
  halting?: boolean;
};

export type HttpClient = {
  /**
   * Never throws for what the network or the target do: that is part of the exchange.
   * @throws {Error} for a write that the rule on writes forbids; nothing is sent then
   */
  send(request: HttpRequest): Promise<Exchange>;
  /** Ends requests in flight; later ones are not sent. */
  close(): void;
};

type Bucket = { remaining: number; inFlight: number; resetsAt: number; quota: number; windowMs: number };
type Options = {
  apiUrl: string;
  ca: string | undefined;
  evidenceName: () => string;
  tokenOf: (actor: Actor) => string | undefined;
  writes: WriteRule;
};

// Long enough for a database that wakes (Neon: rarely more than a few seconds).
const TIMEOUT_MS = 15_000;
const NO_ANSWER = `no answer within ${TIMEOUT_MS / 1_000} s`;
const LARGEST_BODY_BYTES = 1_000_000;
const HALT_MS = 100;
/** A limiter that asks for more patience than this is not waited for. */
const LONGEST_WAIT_MS = 65_000;
/** After so many requests in a row without an answer nothing more is sent: the target is gone, and each would take its time. */
const SILENT_REQUESTS = 3;

/** Plain HTTPS requests to the target, paced by what its limiter says is left, each written to the ledger. */
export function createHttpClient({ apiUrl, ca, evidenceName, tokenOf, writes }: Options, ledger: Ledger): HttpClient {
  const base = new URL(apiUrl);
  const agent = new https.Agent({ keepAlive: true, maxSockets: 110, ...(ca !== undefined && { ca }) });
  const buckets = new Map<string, Bucket>();
  let silent = 0;
  const ending = new AbortController();

  async function send(wanted: HttpRequest): Promise<Exchange> {
    const { actor, purpose, method = 'GET' } = wanted;
    const headers = [...(wanted.headers ?? [])];
    const token = wanted.token ?? tokenOf(actor);
    const hasOwn = actor !== 'anonymous' && headers.some(([name]) => name === 'Authorization');
    if (token !== undefined && !hasOwn) headers.push(['Authorization', `Bearer ${token}`]);
    const body = wanted.body === undefined ? undefined : typeof wanted.body === 'string' ? wanted.body : JSON.stringify(wanted.body);
    if (body !== undefined && !headers.some(([name]) => name.toLowerCase() === 'content-type')) headers.push(['Content-Type', 'application/json']);
    const planned = { method, path: wanted.path, headers, ...(body !== undefined && { body }) };
    writes.admit(planned);
    // The limiter counts by user, and anonymous requests by address: two tenants are two buckets, and so are two addresses.
    const bucket = bucketOf(token ?? [actor, ...Object.values(wanted.route ?? {})].join(' '));
    await take(bucket, wanted.unpaced !== true && method !== 'OPTIONS');

    const at = Date.now();
    const whyNot = reasonNotToSend();
    const result = whyNot !== undefined ? { error: `not sent: ${whyNot}` } : await exchange(method, wanted.path, headers, body, wanted);
    bucket.inFlight -= 1;
    silent = 'response' in result ? 0 : result.error === NO_ANSWER ? silent + 1 : silent;
    note(bucket, result.response);
    writes.record(planned, actor, result.response);
    return ledger.http({
      evidence: evidenceName(),
      actor,
      purpose,
      ...(wanted.step && { step: wanted.step }),
      ...(wanted.retryOf && { retryOf: wanted.retryOf }),
      request: { method, url: `${base.origin}${wanted.path}`, headers, ...(body !== undefined && { body }) },
      ...result,
      at,
      ms: Date.now() - at,
    });
  }

  function reasonNotToSend(): string | undefined {
    if (ending.signal.aborted) return 'the audit is ending';
    return silent >= SILENT_REQUESTS ? `${SILENT_REQUESTS} requests in a row were not answered` : undefined;
  }

  function exchange(
    method: string,
    path: string,
    headers: readonly (readonly [string, string])[],
    body: string | undefined,
    { halting = false, route }: Pick<HttpRequest, 'halting' | 'route'>,
  ): Promise<{ response?: HttpResponse; error?: string }> {
    return new Promise((resolve) => {
      // Said also where there is no body, as browsers do: Node would otherwise announce a chunked one.
      const length =
        body === undefined && ['GET', 'HEAD', 'OPTIONS'].includes(method) ? [] : [['Content-Length', String(Buffer.byteLength(body ?? ''))]];
      const flat = [['Host', base.host], ...headers, ...length].flat();
      const request = https.request(
        {
          host: bare(base.hostname),
          port: base.port || 443,
          ...nameFor(base.hostname),
          ...route,
          method,
          path,
          agent,
          headers: flat,
          timeout: TIMEOUT_MS,
        },
        (response) => {
          const chunks: Buffer[] = [];
          let size = 0;
          response.on('data', (chunk: Buffer) => {
            size += chunk.length;
            if (size <= LARGEST_BODY_BYTES) chunks.push(chunk);
          });
          response.on('error', (error) => resolve({ error: reasonOf(error) }));
          response.on('end', () => {
            const names = Object.entries(response.headersDistinct).map(([name, values]) => [name, values ?? []] as const);
            resolve({ response: { status: response.statusCode ?? 0, headers: Object.fromEntries(names), body: Buffer.concat(chunks).toString() } });
          });
        },
      );
      request.on('timeout', () => request.destroy(new Error(NO_ANSWER)));
      request.on('error', (error) => resolve({ error: reasonOf(error) }));
      if (!halting || body === undefined) request.end(body);
      else request.write(body.slice(0, 1), () => setTimeout(() => request.end(body.slice(1)), HALT_MS));
    });
  }

  function bucketOf(key: string): Bucket {
    const bucket = buckets.get(key) ?? {
      remaining: Number.POSITIVE_INFINITY,
      inFlight: 0,
      resetsAt: 0,
      quota: Number.POSITIVE_INFINITY,
      windowMs: 0,
    };
    buckets.set(key, bucket);
    return bucket;
  }

  /** Takes one request from the bucket; a paced one waits while all that is left is in flight already. Look and take are one step. */
  async function take(bucket: Bucket, paced: boolean): Promise<void> {
    while (paced && bucket.remaining - bucket.inFlight <= 0 && !ending.signal.aborted) {
      const wait = bucket.resetsAt - Date.now();
      if (wait > LONGEST_WAIT_MS) break;
      if (wait > 0) {
        const from = Date.now();
        await sleep(wait, undefined, { signal: ending.signal }).catch(() => {});
        ledger.waited(from, Date.now() - from);
      }
      if (Date.now() >= bucket.resetsAt) {
        bucket.remaining = bucket.quota;
        bucket.resetsAt = Date.now() + bucket.windowMs;
      }
    }
    bucket.inFlight += 1;
  }

  function note(bucket: Bucket, response: HttpResponse | undefined): void {
    const left = parseRateLimit(response?.headers['ratelimit']?.[0]);
    const policy = response?.headers['ratelimit-policy']?.[0];
    // What carries no limit is not counted: health, preflights, refusals.
    if (left === undefined) return;
    const resetsAt = Date.now() + left.resetSeconds * 1_000;
    // Answers overtake each other: within a window the least that was said is the newest.
    const sameWindow = Math.abs(resetsAt - bucket.resetsAt) < 2_000;
    bucket.remaining = sameWindow ? Math.min(bucket.remaining, left.remaining) : left.remaining;
    bucket.resetsAt = resetsAt;
    bucket.quota = numberIn(policy, 'q') ?? left.remaining + 1;
    bucket.windowMs = (numberIn(policy, 'w') ?? left.resetSeconds) * 1_000;
  }

  return {
    send,
    close() {
      ending.abort();
      agent.destroy();
    },
  };
}

/** `RateLimit: "100-in-1min"; r=42; t=17` (draft-ietf-httpapi-ratelimit-headers-08). */
export function parseRateLimit(value: string | undefined): { remaining: number; resetSeconds: number } | undefined {
  const [remaining, resetSeconds] = [numberIn(value, 'r'), numberIn(value, 't')];
  return remaining === undefined || resetSeconds === undefined ? undefined : { remaining, resetSeconds };
}

function numberIn(value: string | undefined, key: string): number | undefined {
  const found = new RegExp(`;\\s*${key}=(\\d+)`).exec(value ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Server name indication is for names (RFC 6066 section 3): an address is not sent. */
export function nameFor(hostname: string): { servername?: string } {
  return isIP(bare(hostname)) === 0 ? { servername: hostname } : {};
}

/** An IPv6 address without the brackets a URL puts around it. */
export function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function reasonOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join('; ');
  return error.message;
}
