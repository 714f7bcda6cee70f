import type { VerifiedToken } from './caller.ts';

/**
 * How far `nbf` may be ahead of this clock. NTP clocks differ by less than a second, and issuers round up to a whole one. `exp` has no
 * leeway: it limits how long a stolen token works.
 */
export const NOT_BEFORE_LEEWAY_SECONDS = 5;

/** Other types, such as logout tokens, are signed with the same keys but do not authenticate a caller (RFC 8725 section 3.11). */
export function isTypeJwt(typ: unknown): boolean {
  return typ === undefined || (typeof typ === 'string' && /^(at\+)?jwt$/i.test(typ));
}

/**
 * `exp` in seconds since 1970.
 * @returns undefined where it is not finite (JSON can contain 1e999), or the id is not 1 to 255 printable ASCII characters without spaces
 */
export function verified({ exp }: { exp: number }, userId: unknown): VerifiedToken | undefined {
  if (!Number.isFinite(exp)) return undefined;
  if (typeof userId !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(userId)) return undefined;
  return { caller: { userId }, expiresAt: exp * 1_000 };
}
