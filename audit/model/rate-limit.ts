import { type List, parseDictionary, parseList } from 'structured-headers';
import type { HttpResponse } from './exchange.ts';

/** What a response states about the bucket of its request. */
export type RateLimit = {
  format: 'draft 8' | 'draft 7' | 'draft 6' | 'X-RateLimit';
  remaining: number;
  /** Seconds until the window ends. Laravel states it only with a 429. */
  reset?: number;
  /** Requests per window, and its length in seconds. */
  quota?: number;
  window?: number;
};

type Headers = HttpResponse['headers'];
/** `name` in draft 8 only. */
type QuotaPolicy = { name?: string; quota?: number; window?: number };

/** Longer than any window: a larger number is a time, and not a number of seconds to wait. */
const YEAR_SECONDS = 31_536_000;

/**
 * The limit in the newest format that the response has: `RateLimit` of draft-ietf-httpapi-ratelimit-headers-08 or -07, the separate fields
 * of -06, or `X-RateLimit-*`. Of several limits it is the one with the fewest remaining requests. Undefined where nothing states the
 * remaining requests.
 */
export function rateLimitOf(response: HttpResponse | undefined): RateLimit | undefined {
  if (response === undefined) return undefined;
  const { headers } = response;
  return (
    limitOfDraft8(headers) ??
    limitOfDraft7(headers) ??
    limitOfFields(headers, 'ratelimit', 'draft 6') ??
    limitOfFields(headers, 'x-ratelimit', 'X-RateLimit') ??
    limitOfFields(headers, 'x-rate-limit', 'X-RateLimit')
  );
}

/** Whether the response has `RateLimit` and `RateLimit-Policy` as draft 8 defines them, with every number. */
export function isDraft8(limit: RateLimit | undefined): boolean {
  return limit?.format === 'draft 8' && [limit.reset, limit.quota, limit.window].every((number) => number !== undefined);
}

/** Whether another window began between two responses. Without a reset, that more requests remain shows it. */
export function isInLaterWindow(later: RateLimit, earlier: RateLimit): boolean {
  return later.reset === undefined || earlier.reset === undefined ? later.remaining > earlier.remaining : later.reset > earlier.reset;
}

/** The seconds that a 429 or 503 states (RFC 9110 section 10.2.3), of a date those since the response's own `Date`. */
export function retryAfterOf({ headers }: HttpResponse): number | undefined {
  return secondsUntil(valueOf(headers, 'retry-after'), headers);
}

/** `RateLimit: "minute";r=42;t=17` */
function limitOfDraft8(headers: Headers): RateLimit | undefined {
  const policies = policiesOf(headers);
  const [tightest] = listOf(headers, 'ratelimit')
    .flatMap(([value, parameters]) => {
      const [remaining, reset] = [numberOf(parameters.get('r')), numberOf(parameters.get('t'))];
      return remaining === undefined ? [] : [{ name: String(value), remaining, ...(reset !== undefined && { reset }) }];
    })
    .toSorted((a, b) => a.remaining - b.remaining);
  if (tightest === undefined) return undefined;
  const { name, ...limit } = tightest;
  const { quota, window } = policies.find((policy) => policy.name === name) ?? {};
  return { format: 'draft 8', ...limit, ...(quota !== undefined && { quota }), ...(window !== undefined && { window }) };
}

/** `RateLimit: limit=100, remaining=42, reset=17` */
function limitOfDraft7(headers: Headers): RateLimit | undefined {
  const fields = parsed(() => parseDictionary(valueOf(headers, 'ratelimit') ?? ''));
  const [quota, remaining, reset] = ['limit', 'remaining', 'reset'].map((name) => numberOf(fields?.get(name)?.[0]));
  return remaining === undefined ? undefined : withWindow({ format: 'draft 7', remaining }, quota, reset, policiesOf(headers));
}

/** `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`. Envoy adds the window to the limit: `100, 100;w=60`. */
function limitOfFields(headers: Headers, prefix: string, format: RateLimit['format']): RateLimit | undefined {
  const remaining = decimal(valueOf(headers, `${prefix}-remaining`));
  if (remaining === undefined) return undefined;
  const limits = listOf(headers, `${prefix}-limit`);
  const quota = numberOf(limits[0]?.[0]);
  return withWindow({ format, remaining }, quota, secondsUntil(valueOf(headers, `${prefix}-reset`), headers), [
    ...quotaPolicies(limits),
    ...policiesOf(headers),
  ]);
}

function withWindow(
  limit: Pick<RateLimit, 'format' | 'remaining'>,
  quota: number | undefined,
  reset: number | undefined,
  policies: readonly QuotaPolicy[],
): RateLimit {
  const { window } = policies.find((policy) => policy.quota === quota && policy.window !== undefined) ?? {};
  return { ...limit, ...(reset !== undefined && { reset }), ...(quota !== undefined && { quota }), ...(window !== undefined && { window }) };
}

function policiesOf(headers: Headers): QuotaPolicy[] {
  return quotaPolicies(listOf(headers, 'ratelimit-policy'));
}

/** `"minute";q=100;w=60`, and before draft 8 `100;w=60`. */
function quotaPolicies(list: List): QuotaPolicy[] {
  return list.map(([value, parameters]) => {
    const [quota, window] = [numberOf(parameters.get('q')) ?? numberOf(value), numberOf(parameters.get('w'))];
    return { name: String(value), ...(quota !== undefined && { quota }), ...(window !== undefined && { window }) };
  });
}

/**
 * Seconds until a time that is stated as a number of seconds, in Unix time or as a date. Unix time is in seconds (GitHub, slowapi,
 * express-rate-limit) or milliseconds (the examples of Upstash).
 */
function secondsUntil(value: string | undefined, headers: Headers): number | undefined {
  const number = decimal(value);
  if (number !== undefined && number < YEAR_SECONDS) return number;
  const now = Date.parse(valueOf(headers, 'date') ?? '') / 1_000;
  const times = number === undefined ? [dateOf(value) / 1_000] : [number, number / 1_000];
  const time = times.find((each) => Math.abs(each - now) < YEAR_SECONDS);
  return time === undefined ? undefined : Math.max(0, Math.ceil(time - now));
}

/** An HTTP-date; the obsolete format of asctime has no zone and means UTC (RFC 9110 section 5.6.7). */
function dateOf(value = ''): number {
  return Date.parse(/\d{4}$/.test(value.trim()) ? `${value} GMT` : value);
}

function valueOf(headers: Headers, name: string): string | undefined {
  return headers[name]?.join(', ');
}

function listOf(headers: Headers, name: string): List {
  return parsed(() => parseList(valueOf(headers, name) ?? '')) ?? [];
}

/** Undefined for what is not a structured field. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function decimal(value: string | undefined): number | undefined {
  return value !== undefined && /^\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}
