import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor, Answer, Exchange } from '../exchange.ts';
import type { Ledger } from './ledger.ts';

export type WireRequest = {
  actor: Actor;
  purpose: string;
  method?: string;
  /** Path and query, sent as they stand: nothing is normalised or encoded. */
  path: string;
  /** In order; a name may stand twice. */
  headers?: readonly (readonly [string, string])[];
  /** Anything but text is sent as JSON. */
  body?: unknown;
  /** Send although the bucket is empty: for the check that empties it. */
  unpaced?: boolean;
};

export type Wire = {
  /** Never throws for what the network or the target do: that is part of the exchange. */
  send(request: WireRequest): Promise<Exchange>;
  close(): void;
};

type Bucket = { remaining: number; resetsAt: number };
type Options = { apiUrl: string; ca: string | undefined; area: () => string; tokenOf: (actor: Actor) => string | undefined };

// Long enough for a database that wakes (Neon: rarely more than a few seconds).
const TIMEOUT_MS = 15_000;
const LARGEST_BODY_BYTES = 1_000_000;

/** Plain HTTPS requests to the target, paced by what its limiter says is left, each written to the ledger. */
export function createWire({ apiUrl, ca, area, tokenOf }: Options, ledger: Ledger): Wire {
  const base = new URL(apiUrl);
  const agent = new https.Agent({ keepAlive: true, maxSockets: 110, ...(ca !== undefined && { ca }) });
  const buckets = new Map<Actor, Bucket>();

  async function send(wanted: WireRequest): Promise<Exchange> {
    const { actor, purpose, method = 'GET' } = wanted;
    const headers = [...(wanted.headers ?? [])];
    const token = tokenOf(actor);
    if (token !== undefined) headers.push(['Authorization', `Bearer ${token}`]);
    const body = wanted.body === undefined ? undefined : typeof wanted.body === 'string' ? wanted.body : JSON.stringify(wanted.body);
    if (body !== undefined && !headers.some(([name]) => name.toLowerCase() === 'content-type')) headers.push(['Content-Type', 'application/json']);
    if (wanted.unpaced !== true && method !== 'OPTIONS') await waitForBucket(actor);

    const at = Date.now();
    const result = await exchange(method, wanted.path, headers, body);
    noteBucket(actor, result.answer);
    return ledger.wire({
      area: area(),
      actor,
      purpose,
      request: { method, url: `${base.origin}${wanted.path}`, headers, ...(body !== undefined && { body }) },
      ...result,
      at,
      ms: Date.now() - at,
    });
  }

  function exchange(
    method: string,
    path: string,
    headers: readonly (readonly [string, string])[],
    body: string | undefined,
  ): Promise<{ answer?: Answer; error?: string }> {
    return new Promise((resolve) => {
      // Said also where there is no body, as browsers do: Node would otherwise announce a chunked one.
      const length =
        body === undefined && ['GET', 'HEAD', 'OPTIONS'].includes(method) ? [] : [['Content-Length', String(Buffer.byteLength(body ?? ''))]];
      const flat = [['Host', base.host], ...headers, ...length].flat();
      const request = https.request(
        { host: base.hostname, port: base.port || 443, servername: base.hostname, method, path, agent, headers: flat, timeout: TIMEOUT_MS },
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
            resolve({ answer: { status: response.statusCode ?? 0, headers: Object.fromEntries(names), body: Buffer.concat(chunks).toString() } });
          });
        },
      );
      request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS / 1_000} s`)));
      request.on('error', (error) => resolve({ error: reasonOf(error) }));
      request.end(body);
    });
  }

  async function waitForBucket(actor: Actor): Promise<void> {
    const bucket = buckets.get(actor);
    if (bucket === undefined) return;
    const wait = bucket.resetsAt - Date.now();
    if (bucket.remaining <= 0 && wait > 0) {
      ledger.waited(wait);
      await sleep(wait);
      buckets.delete(actor);
    } else bucket.remaining -= 1;
  }

  function noteBucket(actor: Actor, answer: Answer | undefined): void {
    const left = parseRateLimit(answer?.headers['ratelimit']?.[0]);
    if (left === undefined) {
      // What carries no limit is not counted: health, preflights, refusals.
      const bucket = buckets.get(actor);
      if (bucket) bucket.remaining += 1;
      return;
    }
    buckets.set(actor, { remaining: left.remaining, resetsAt: Date.now() + left.resetSeconds * 1_000 });
  }

  return { send, close: () => agent.destroy() };
}

/** `RateLimit: "100-in-1min"; r=42; t=17` (draft-ietf-httpapi-ratelimit-headers-08). */
export function parseRateLimit(value: string | undefined): { remaining: number; resetSeconds: number } | undefined {
  const remaining = /;\s*r=(\d+)/.exec(value ?? '')?.[1];
  const reset = /;\s*t=(\d+)/.exec(value ?? '')?.[1];
  return remaining === undefined || reset === undefined ? undefined : { remaining: Number(remaining), resetSeconds: Number(reset) };
}

function reasonOf(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((each: Error) => each.message).join('; ');
  return error.message;
}
