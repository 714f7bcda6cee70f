import { createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { rememberTokens } from './token-cache.ts';

/** Who is calling: the user's id, as text. */
export type Caller = { userId: string };

/** `expiresAt` in milliseconds since 1970. */
export type VerifiedToken = { caller: Caller; expiresAt: number };

/** Answers the caller a compact JWS stands for, or undefined when it stands for nobody. Never throws. */
export type VerifyToken = (token: string) => Caller | undefined;

/**
 * How far ahead of this clock the start of a token may lie. Clocks kept by NTP differ by less than a second, and issuers round up to a
 * whole one; 5 s is several times that, and too short to matter to an issuer. `exp` has none: it limits how long a stolen token works.
 */
const NOT_BEFORE_LEEWAY_SECONDS = 5;

/**
 * HS256 only. Each key is tried alone, so a token is always verified with one key and one algorithm (RFC 8725 section 3.1).
 * `exp` is required and finite, `crit` is refused because no extension is understood (RFC 7515 section 4.1.11).
 */
export function createVerifyToken(secrets: { jwtSecret: string; betterAuthSecret: string }): VerifyToken {
  // A text jsonwebtoken would each time try to read as a public key first.
  const keys = { jwtSecret: createSecretKey(secrets.jwtSecret, 'utf8'), betterAuthSecret: createSecretKey(secrets.betterAuthSecret, 'utf8') };
  return rememberTokens((token) => {
    const fromApp = verify(token, keys.jwtSecret);
    if (fromApp) return verified(fromApp, fromApp['sub']);
    const fromBetterAuth = verify(token, keys.betterAuthSecret);
    return fromBetterAuth && verified(fromBetterAuth, fromBetterAuth['sub'] ?? userIdClaim(fromBetterAuth['user']));
  });
}

type Claims = Record<string, unknown> & { exp: number };

function verify(token: string, key: KeyObject): Claims | undefined {
  try {
    // The library takes one tolerance for nbf and exp alike, and by itself rounds the time down to a whole second.
    const clockTimestamp = Date.now() / 1_000;
    const { header, payload } = jwt.verify(token, key, { algorithms: ['HS256'], clockTimestamp, ignoreNotBefore: true, complete: true });
    if ('crit' in header || !isTypeJwt(header.typ)) return undefined;
    if (typeof payload === 'string' || payload.exp === undefined || !Number.isFinite(payload.exp)) return undefined;
    if ('nbf' in payload && !isReached(payload.nbf, clockTimestamp)) return undefined;
    return { ...payload, exp: payload.exp };
  } catch (error) {
    // A header or payload that is not JSON ends in a SyntaxError, a payload of null in a TypeError.
    if (error instanceof jwt.JsonWebTokenError || error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function isReached(nbf: unknown, clockTimestamp: number): boolean {
  return typeof nbf === 'number' && Number.isFinite(nbf) && nbf <= clockTimestamp + NOT_BEFORE_LEEWAY_SECONDS;
}

function isTypeJwt(typ: unknown): boolean {
  return typ === undefined || (typeof typ === 'string' && /^(at\+)?jwt$/i.test(typ));
}

function userIdClaim(user: unknown): unknown {
  return typeof user === 'object' && user !== null && 'id' in user ? user.id : undefined;
}

function verified({ exp }: Claims, userId: unknown): VerifiedToken | undefined {
  if (typeof userId !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(userId)) return undefined;
  return { caller: { userId }, expiresAt: exp * 1_000 };
}
