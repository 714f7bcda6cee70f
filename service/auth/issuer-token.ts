import type { JWTPayload } from 'jose';
import type { Logger } from '../log.ts';
import type { VerifiedToken } from './caller.ts';
import { isTypeJwt, NOT_BEFORE_LEEWAY_SECONDS, verified } from './claims.ts';
import { isIssuerAlgorithm, type KeySet } from './key-set.ts';

export type Issuer = {
  /** Must equal `iss`. */
  issuer: string;
  /** Must be in `aud`. Without it `azp` must be one of the origins whose pages may call the API. */
  audience: string | undefined;
  origins: readonly string[];
};

/** A misconfigured issuer rejects every token: one line a minute shows both values. */
const MISMATCH_LOG_INTERVAL_MS = 60_000;
const LOGGED_LENGTH = 200;

/**
 * Verifies EdDSA, ES256 and RS256 with the issuer's keys. `kid` only selects among them, and `jku`, `jwk`, `x5u` and `x5c` are ignored.
 * The verifier rejects with KeySetUnavailableError where no key set was fetched yet.
 */
export function createIssuerVerifier(
  { issuer, audience, origins }: Issuer,
  keySet: KeySet,
  log: Logger,
): (token: string) => Promise<VerifiedToken | undefined> {
  let loggedAt = -Infinity;

  function isExpected({ iss, aud, azp }: JWTPayload): boolean {
    const isForThisApi =
      audience === undefined ? typeof azp === 'string' && origins.includes(azp) : aud === audience || (Array.isArray(aud) && aud.includes(audience));
    if (iss === issuer && isForThisApi) return true;
    if (Date.now() - loggedAt >= MISMATCH_LOG_INTERVAL_MS) {
      loggedAt = Date.now();
      const expected = { iss: issuer, ...(audience === undefined ? { azp: origins } : { aud: audience }) };
      const received = audience === undefined ? { iss, azp } : { iss, aud };
      log.warn({ expected, received: shorten(received) }, 'a token has a valid signature of the issuer, but not the configured issuer or audience');
    }
    return false;
  }

  return async (token) => {
    const { decodeProtectedHeader, errors, jwtVerify } = await import('jose');
    const header = attempt(() => decodeProtectedHeader(token));
    if (header === undefined) return undefined;
    try {
      const { alg, kid, typ, crit } = header;
      if (!isIssuerAlgorithm(alg) || (kid !== undefined && typeof kid !== 'string') || crit !== undefined || !isTypeJwt(typ)) return undefined;
      for (const key of await keySet.keysFor(alg, kid)) {
        try {
          const { payload } = await jwtVerify(token, key, { algorithms: [alg], clockTolerance: NOT_BEFORE_LEEWAY_SECONDS });
          const { exp, sub } = payload;
          // The tolerance is for nbf alone.
          if (exp === undefined || exp * 1_000 <= Date.now() || !isExpected(payload) || payload['sts'] === 'pending') return undefined;
          return verified({ exp }, sub);
        } catch (error) {
          if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
        }
      }
      return undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };
}

function attempt<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch {
    return undefined;
  }
}

function shorten(claims: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, (JSON.stringify(value) ?? 'absent').slice(0, LOGGED_LENGTH)]));
}
