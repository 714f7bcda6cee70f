import jwt from 'jsonwebtoken';

/** Who is calling: the user's id, as text. */
export type Caller = { userId: string };

/** Answers the caller a compact JWS stands for, or undefined when it stands for nobody. Never throws. */
export type VerifyToken = (token: string) => Caller | undefined;

/**
 * HS256 only. Each key is tried alone, so a token is always verified with one key and one algorithm (RFC 8725 section 3.1).
 * `exp` is required and finite, `crit` is refused because no extension is understood (RFC 7515 section 4.1.11).
 */
export function createVerifyToken(keys: { jwtSecret: string; betterAuthSecret: string }): VerifyToken {
  return (token) => {
    const fromApp = verify(token, keys.jwtSecret);
    if (fromApp) return caller(fromApp['sub']);
    const fromBetterAuth = verify(token, keys.betterAuthSecret);
    return fromBetterAuth && caller(fromBetterAuth['sub'] ?? userIdClaim(fromBetterAuth['user']));
  };
}

function verify(token: string, key: string): Record<string, unknown> | undefined {
  try {
    const { header, payload } = jwt.verify(token, key, { algorithms: ['HS256'], complete: true });
    if ('crit' in header || !isTypeJwt(header.typ)) return undefined;
    if (typeof payload === 'string' || !Number.isFinite(payload.exp)) return undefined;
    return payload;
  } catch (error) {
    // A header or payload that is not JSON ends in a SyntaxError, a payload of null in a TypeError.
    if (error instanceof jwt.JsonWebTokenError || error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function isTypeJwt(typ: unknown): boolean {
  return typ === undefined || (typeof typ === 'string' && /^(at\+)?jwt$/i.test(typ));
}

function userIdClaim(user: unknown): unknown {
  return typeof user === 'object' && user !== null && 'id' in user ? user.id : undefined;
}

function caller(userId: unknown): Caller | undefined {
  return typeof userId === 'string' && /^[\x21-\x7e]{1,255}$/.test(userId) ? { userId } : undefined;
}
