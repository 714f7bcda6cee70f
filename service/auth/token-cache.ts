import { hash } from 'node:crypto';
import type { Caller, VerifiedToken, VerifyToken } from './caller.ts';

/** Configuration and clock changes take effect within this time. */
const MAX_AGE_MS = 60_000;
const MAX_TOKENS = 10_000;

/**
 * Caches verified tokens by their digest until they expire: every request of a page carries the same one. Rejected tokens are not cached.
 * When the cache is full, the oldest entry is evicted.
 */
export function cacheTokens(verify: (token: string) => VerifiedToken | undefined | Promise<VerifiedToken | undefined>): VerifyToken {
  const cache = new Map<string, VerifiedToken>();

  function store(digest: string, verified: VerifiedToken | undefined): Caller | undefined {
    if (verified === undefined) return undefined;
    if (cache.size >= MAX_TOKENS) cache.delete(cache.keys().next().value ?? '');
    cache.set(digest, { caller: verified.caller, expiresAt: Math.min(verified.expiresAt, Date.now() + MAX_AGE_MS) });
    return verified.caller;
  }

  return (token) => {
    const digest = hash('sha256', token, 'base64');
    const cached = cache.get(digest);
    if (cached !== undefined && Date.now() < cached.expiresAt) return cached.caller;
    cache.delete(digest);
    const verified = verify(token);
    return verified instanceof Promise ? verified.then((result) => store(digest, result)) : store(digest, verified);
  };
}
