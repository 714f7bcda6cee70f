import type { HttpResponse } from './exchange.ts';

/** `RateLimit: "100-in-1min"; r=42; t=17` (draft-ietf-httpapi-ratelimit-headers-08): requests, and seconds until the window ends. */
export type RateLimit = { remaining: number; reset: number };

/** With `RateLimit-Policy: "100-in-1min"; q=100; w=60`: requests per window, and its length in seconds. */
export type RateLimitWithPolicy = RateLimit & { quota: number; window: number };

/** Undefined where the response has no RateLimit header. */
export function rateLimitOf(response: HttpResponse | undefined): RateLimit | undefined {
  const header = response?.headers['ratelimit']?.join(', ');
  const [remaining, reset] = [parameter(header, 'r'), parameter(header, 't')];
  return remaining === undefined || reset === undefined ? undefined : { remaining, reset };
}

/** The parameters of the policy, as far as the response states them. */
export function rateLimitPolicyOf(response: HttpResponse | undefined): { quota: number | undefined; window: number | undefined } {
  const header = response?.headers['ratelimit-policy']?.join(', ');
  return { quota: parameter(header, 'q'), window: parameter(header, 'w') };
}

/** Undefined where the response lacks one of the two headers. */
export function rateLimitWithPolicyOf(response: HttpResponse | undefined): RateLimitWithPolicy | undefined {
  const [limit, { quota, window }] = [rateLimitOf(response), rateLimitPolicyOf(response)];
  return limit === undefined || quota === undefined || window === undefined ? undefined : { ...limit, quota, window };
}

function parameter(header: string | undefined, key: string): number | undefined {
  const found = new RegExp(`;\\s*${key}=(\\d+)`).exec(header ?? '')?.[1];
  return found === undefined ? undefined : Number(found);
}
