import { createSecretKey, type KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { VerifiedToken } from './caller.ts';
import { isTypeJwt, NOT_BEFORE_LEEWAY_SECONDS, verified } from './claims.ts';

export type SharedSecrets = { jwtSecret?: string | undefined; betterAuthSecret?: string | undefined };

/**
 * Verifies HS256 only. Each verification uses one key and one algorithm (RFC 8725 section 3.1). `exp` is required and must be finite.
 * `crit` is rejected because no extension is supported (RFC 7515 section 4.1.11).
 */
export function createSharedSecretVerifier(secrets: SharedSecrets): (token: string) => VerifiedToken | undefined {
  const keys = { jwtSecret: keyOf(secrets.jwtSecret), betterAuthSecret: keyOf(secrets.betterAuthSecret) };
  return (token) => {
    const fromApp = verify(token, keys.jwtSecret);
    if (fromApp) return verified(fromApp, fromApp['sub']);
    const fromBetterAuth = verify(token, keys.betterAuthSecret);
    return fromBetterAuth && verified(fromBetterAuth, fromBetterAuth['sub'] ?? userIdClaim(fromBetterAuth['user']));
  };
}

/** jsonwebtoken would first try to parse a text as a public key, for every token. */
function keyOf(secret: string | undefined): KeyObject | undefined {
  return secret === undefined ? undefined : createSecretKey(secret, 'utf8');
}

type Claims = Record<string, unknown> & { exp: number };

function verify(token: string, key: KeyObject | undefined): Claims | undefined {
  if (key === undefined) return undefined;
  try {
    // jsonwebtoken has one tolerance for both nbf and exp, and rounds its own time down to a whole second.
    const clockTimestamp = Date.now() / 1_000;
    const { header, payload } = jwt.verify(token, key, { algorithms: ['HS256'], clockTimestamp, ignoreNotBefore: true, complete: true });
    if ('crit' in header || !isTypeJwt(header.typ)) return undefined;
    if (typeof payload === 'string' || payload.exp === undefined) return undefined;
    if ('nbf' in payload && !isReached(payload.nbf, clockTimestamp)) return undefined;
    return { ...payload, exp: payload.exp };
  } catch (error) {
    // A header or payload that is not JSON causes a SyntaxError, a payload of null a TypeError.
    if (error instanceof jwt.JsonWebTokenError || error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function isReached(nbf: unknown, clockTimestamp: number): boolean {
  return typeof nbf === 'number' && Number.isFinite(nbf) && nbf <= clockTimestamp + NOT_BEFORE_LEEWAY_SECONDS;
}

function userIdClaim(user: unknown): unknown {
  return typeof user === 'object' && user !== null && 'id' in user ? user.id : undefined;
}
