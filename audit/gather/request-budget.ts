import { setTimeout as sleep } from 'node:timers/promises';
import type { HttpResponse } from '../model/exchange.ts';
import { rateLimitOf, rateLimitPolicyOf } from '../model/rate-limit.ts';
import type { Ledger } from './ledger.ts';

/** What one caller may still send in its window, as far as responses have stated it. */
type Bucket = { remaining: number; inFlight: number; resetsAt: number; quota: number; windowMs: number };

/** Longer than the window of a common rate limit; the audit does not wait for more. */
const LONGEST_WAIT_MS = 65_000;
const SAME_WINDOW_MS = 2_000;

/** Paces the requests of each caller by what the rate limiter of the target reports as remaining. */
export type RequestBudget = {
  /** Takes one request from the bucket of the caller. A paced request waits until one is left that is not in flight. */
  take(caller: string, paced: boolean): Promise<void>;
  /** Must be called once for each request taken, with its response. */
  release(caller: string, response: HttpResponse | undefined): void;
};

/** @param ending ends every wait */
export function createRequestBudget(ledger: Pick<Ledger, 'waited'>, ending: AbortSignal): RequestBudget {
  const buckets = new Map<string, Bucket>();

  function bucketOf(caller: string): Bucket {
    const bucket = buckets.get(caller) ?? { remaining: Infinity, inFlight: 0, resetsAt: 0, quota: Infinity, windowMs: 0 };
    buckets.set(caller, bucket);
    return bucket;
  }

  return {
    async take(caller, paced) {
      const bucket = bucketOf(caller);
      while (paced && bucket.remaining - bucket.inFlight <= 0 && !ending.aborted) {
        const wait = bucket.resetsAt - Date.now();
        if (wait > LONGEST_WAIT_MS) break;
        if (wait > 0) {
          const from = Date.now();
          await sleep(wait, undefined, { signal: ending }).catch(() => {});
          ledger.waited(from, Date.now() - from);
        }
        if (Date.now() >= bucket.resetsAt) {
          bucket.remaining = bucket.quota;
          bucket.resetsAt = Date.now() + bucket.windowMs;
        }
      }
      // Nothing is awaited since the check, so two callers cannot take the same request.
      bucket.inFlight += 1;
    },
    release(caller, response) {
      const bucket = bucketOf(caller);
      bucket.inFlight -= 1;
      update(bucket, response);
    },
  };
}

/** Responses without RateLimit headers do not count: health, preflights, rejections. */
function update(bucket: Bucket, response: HttpResponse | undefined): void {
  const limit = rateLimitOf(response);
  if (limit === undefined) return;
  const { quota = limit.remaining + 1, window = limit.reset } = rateLimitPolicyOf(response);
  const resetsAt = Date.now() + limit.reset * 1_000;
  // Responses overtake each other: within a window the lowest number is the newest.
  const isSameWindow = Math.abs(resetsAt - bucket.resetsAt) < SAME_WINDOW_MS;
  bucket.remaining = isSameWindow ? Math.min(bucket.remaining, limit.remaining) : limit.remaining;
  bucket.resetsAt = resetsAt;
  bucket.quota = quota;
  bucket.windowMs = window * 1_000;
}
