import { hash } from 'node:crypto';
import type { VerifiedToken, VerifyToken } from './verify-token.ts';

/** What is remembered is believed at most that long, so that a changed rule or clock takes hold within a minute. */
const LONGEST_MS = 60_000;
const MOST_TOKENS = 10_000;

/**
 * Remembers by their digest which tokens have verified, until they expire: the same one comes with each request of a page.
 * What did not verify is never remembered. The oldest make room for new ones.
 */
export function rememberTokens(verify: (token: string) => VerifiedToken | undefined): VerifyToken {
  const remembered = new Map<string, { caller: VerifiedToken['caller']; until: number }>();
  return (token) => {
    const digest = hash('sha256', token, 'base64');
    const now = Date.now();
    const known = remembered.get(digest);
    if (known !== undefined && now < known.until) return known.caller;
    remembered.delete(digest);
    const verified = verify(token);
    if (verified === undefined) return undefined;
    if (remembered.size >= MOST_TOKENS) remembered.delete(remembered.keys().next().value ?? '');
    remembered.set(digest, { caller: verified.caller, until: Math.min(verified.expiresAt, now + LONGEST_MS) });
    return verified.caller;
  };
}
