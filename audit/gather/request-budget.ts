import { setTimeout as sleep } from 'node:timers/promises';
import type { Actor, HttpResponse } from '../model/exchange.ts';
import { rateLimitOf, retryAfterOf } from '../model/rate-limit.ts';
import { subjectOf } from '../model/token.ts';
import type { Ledger } from './ledger.ts';

/** What one caller may still send in its window, as far as responses have stated it. */
type Bucket = { remaining: number; inFlight: number; resetsAt: number; quota: number; windowMs: number };

/** Longer than the window of a common rate limit; the audit does not wait for more. */
export const LONGEST_WAIT_SECONDS = 65;
/** An API that is unavailable gets this many pauses; after them its 503 is the result. */
const MOST_PAUSES_OF_503 = 3;
/** Why a request is not sent. */
export const NO_MORE_WAITS = 'the rate limit is exhausted, and budget.waitSeconds in the config file allows no longer wait';
const SAME_WINDOW_MS = 2_000;
const FOR_RESPONSES_MS = 25;

/** Paces the requests of each caller by what the rate limiter of the target reports as remaining. */
export type RequestBudget = {
  /**
   * Takes one request from the bucket of the caller. A paced request waits until one is left that is not in flight. Returns whether it may be
   * sent: it may not where the audit may not wait so long. Every request taken must be released.
   */
  take(caller: string, paced: boolean): Promise<boolean>;
  /**
   * Must be called once for each request taken, with its response, if it was sent. Returns whether the target rejected it for a time that
   * nothing had stated before: the next paced request waits for that time.
   */
  release(caller: string, response: HttpResponse | undefined): boolean;
};

/** The limiter counts by user, and anonymous requests by address: two tenants are two callers, and so are two addresses. */
export function callerOf(actor: Actor, token: string | undefined, route: object = {}): string {
  return subjectOf(token) ?? token ?? [actor, ...Object.values(route)].join(' ');
}

/** Whether the audit may wait for so many milliseconds now. */
export type MayWait = (ms: number) => boolean;

/** Allows waits of so many milliseconds in total; concurrent ones count once. */
export function limitWaits(mostMs: number): MayWait {
  let [total, until] = [0, 0];
  return (ms) => {
    const now = Date.now();
    const more = Math.max(0, now + ms - Math.max(now, until));
    if (total + more > mostMs) return false;
    total += more;
    until = Math.max(until, now + ms);
    return true;
  };
}

/** @param ending ends every wait */
export function createRequestBudget(ledger: Pick<Ledger, 'waited'>, ending: AbortSignal, mayWait: MayWait = () => true): RequestBudget {
  const buckets = new Map<string, Bucket>();
  let pausesOf503 = 0;

  function bucketOf(caller: string): Bucket {
    const bucket = buckets.get(caller) ?? { remaining: Infinity, inFlight: 0, resetsAt: 0, quota: Infinity, windowMs: 0 };
    buckets.set(caller, bucket);
    return bucket;
  }

  return {
    async take(caller, paced) {
      const bucket = bucketOf(caller);
      let isGranted = true;
      while (paced && bucket.remaining - bucket.inFlight <= 0 && !ending.aborted) {
        const wait = bucket.resetsAt - Date.now();
        if (wait > 0 && bucket.remaining > 0) {
          // The responses to those in flight state how many are left.
          await sleep(Math.min(wait, FOR_RESPONSES_MS), undefined, { signal: ending }).catch(() => {});
          continue;
        }
        if (wait > LONGEST_WAIT_SECONDS * 1_000) break;
        if (wait > 0 && !mayWait(wait)) {
          isGranted = false;
          break;
        }
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
      return isGranted;
    },
    release(caller, response) {
      const bucket = bucketOf(caller);
      bucket.inFlight -= 1;
      if (response === undefined) return false;
      const seconds = unforeseenWait(bucket, response);
      if (seconds === undefined) {
        update(bucket, response);
        return false;
      }
      if (response.status === 503 && (pausesOf503 += 1) > MOST_PAUSES_OF_503) return false;
      Object.assign(bucket, { remaining: 0, resetsAt: Date.now() + seconds * 1_000 });
      return true;
    },
  };
}

/** The Retry-After of a rejection, where no earlier response stated the limit. */
function unforeseenWait({ quota }: Bucket, response: HttpResponse): number | undefined {
  if (quota !== Infinity || ![429, 503].includes(response.status)) return undefined;
  const seconds = retryAfterOf(response);
  return seconds !== undefined && seconds > 0 && seconds <= LONGEST_WAIT_SECONDS ? seconds : undefined;
}

/** Responses that state no limit do not count: health, preflights, rejections. Without a reset the time to wait is unknown. */
function update(bucket: Bucket, response: HttpResponse): void {
  const limit = rateLimitOf(response);
  if (limit?.reset === undefined) return;
  const { remaining, reset, quota = remaining + 1, window = reset } = limit;
  const resetsAt = Date.now() + reset * 1_000;
  // Responses overtake each other: within a window the lowest number is the newest.
  const isSameWindow = Math.abs(resetsAt - bucket.resetsAt) < SAME_WINDOW_MS;
  bucket.remaining = isSameWindow ? Math.min(bucket.remaining, remaining) : remaining;
  bucket.resetsAt = resetsAt;
  bucket.quota = quota;
  bucket.windowMs = window * 1_000;
}
