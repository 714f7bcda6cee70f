import type { CryptoKey, JWK } from 'jose';
import { z } from 'zod';
import type { Logger } from '../log.ts';
import { fetchText } from './fetch-text.ts';

const LIMITS = { timeoutMs: 3_000, maxBytes: 65_536 };
/** Issuers publish a new key before they sign with it, and withdraw an old one when its last token has expired. */
const MAX_AGE_MS = 600_000;
/** A set that was not used for so long may have a withdrawn key, so the token waits for the new one. */
const WAIT_AGE_MS = 1_200_000;
/** Anyone can send tokens with unknown key ids. */
const UNKNOWN_KEY_COOLDOWN_MS = 30_000;
const NO_KEY_SET_COOLDOWN_MS = 1_000;
/** NIST SP 800-131A: shorter RSA keys are disallowed. */
const MIN_RSA_BITS = 2_048;

/** The algorithms of tokens, by the type of the key that verifies them. `oct` keys are secrets, which no public set has. */
const ALGORITHMS = { OKP: 'EdDSA', EC: 'ES256', RSA: 'RS256' } as const;
export type IssuerAlgorithm = (typeof ALGORITHMS)[keyof typeof ALGORITHMS];
export const issuerAlgorithms: readonly IssuerAlgorithm[] = Object.values(ALGORITHMS);
type IssuerKey = { kid: string | undefined; alg: IssuerAlgorithm; key: CryptoKey };

/** The issuer's public keys, fetched when they are needed. The last good set is kept when fetching fails. */
export type KeySet = {
  /** Fetches the keys before the first token arrives. Never rejects. */
  load(): Promise<void>;
  /**
   * The keys that may verify a token with this header. Fetches the set again where none fits.
   * @throws {KeySetUnavailableError} where the set was never fetched successfully
   */
  keysFor(alg: IssuerAlgorithm, kid: string | undefined): Promise<readonly CryptoKey[]>;
};

/** No key set was fetched yet, so no token of the issuer can be verified or rejected. */
export class KeySetUnavailableError extends Error {}

export function isIssuerAlgorithm(alg: unknown): alg is IssuerAlgorithm {
  return issuerAlgorithms.some((each) => each === alg);
}

export function createKeySet(url: string, log: Logger): KeySet {
  let keys: readonly IssuerKey[] | undefined;
  let fetchedAt = 0;
  let attemptedAt = -Infinity;
  let attempt: Promise<void> | undefined;

  async function fetchKeys(): Promise<void> {
    try {
      keys = await readKeys(await fetchText(url, LIMITS));
      fetchedAt = Date.now();
      log.info({ keys: keys.map(({ kid, alg }) => ({ kid, alg })) }, "the issuer's keys were fetched");
    } catch (error) {
      log.warn({ err: error, kept: keys?.length ?? 0 }, "the issuer's keys could not be fetched");
    }
  }

  /** One request at a time, and none within the cooldown after the last one began. */
  function refresh(cooldownMs: number): Promise<void> {
    if (attempt === undefined && Date.now() - attemptedAt >= cooldownMs) {
      attemptedAt = Date.now();
      attempt = fetchKeys().finally(() => (attempt = undefined));
    }
    return attempt ?? Promise.resolve();
  }

  return {
    load: () => refresh(0),
    async keysFor(alg, kid) {
      const fitting = (): readonly CryptoKey[] =>
        (keys ?? []).filter((each) => each.alg === alg && (kid === undefined || each.kid === kid)).map(({ key }) => key);
      if (keys === undefined) await refresh(NO_KEY_SET_COOLDOWN_MS);
      else if (Date.now() - fetchedAt > WAIT_AGE_MS) await refresh(UNKNOWN_KEY_COOLDOWN_MS);
      else if (Date.now() - fetchedAt > MAX_AGE_MS) void refresh(UNKNOWN_KEY_COOLDOWN_MS);
      if (keys === undefined) throw new KeySetUnavailableError("The issuer's keys were never fetched.");
      const known = fitting();
      if (known.length > 0) return known;
      await refresh(UNKNOWN_KEY_COOLDOWN_MS);
      return fitting();
    },
  };
}

const jwkSet = z.object({ keys: z.array(z.record(z.unknown())) });

/** @throws where the text is not a JWK set, or has no key that this service can use */
async function readKeys(text: string): Promise<IssuerKey[]> {
  const parsed = jwkSet.safeParse(parse(text));
  if (!parsed.success) throw new Error('the response is not a JWK set (RFC 7517)');
  const imported = await Promise.all(parsed.data.keys.map(importKey));
  const keys = imported.filter((key) => key !== undefined);
  if (keys.length === 0) throw new Error('the JWK set has no EdDSA, ES256 or RS256 key');
  return keys;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @returns undefined for a key that is private, symmetric, weak, of another algorithm or not for signatures */
async function importKey(jwk: Record<string, unknown>): Promise<IssuerKey | undefined> {
  const { kid, kty, crv, use, key_ops: operations } = jwk;
  const alg = Object.hasOwn(ALGORITHMS, String(kty)) ? ALGORITHMS[kty as keyof typeof ALGORITHMS] : undefined;
  const isCurve = kty === 'RSA' || crv === (kty === 'EC' ? 'P-256' : 'Ed25519');
  const isAlgorithm = jwk['alg'] === undefined || jwk['alg'] === alg || (alg === 'EdDSA' && jwk['alg'] === 'Ed25519');
  const isForSignatures =
    (use === undefined || use === 'sig') && (operations === undefined || (operations as unknown[]).includes?.('verify') === true);
  if (alg === undefined || !isCurve || !isAlgorithm || !isForSignatures || 'd' in jwk) return undefined;
  const { importJWK } = await import('jose');
  try {
    const key = await importJWK(jwk as JWK, alg);
    if (key instanceof Uint8Array) return undefined;
    const bits = 'modulusLength' in key.algorithm ? Number(key.algorithm.modulusLength) : undefined;
    return bits !== undefined && bits < MIN_RSA_BITS ? undefined : { kid: typeof kid === 'string' ? kid : undefined, alg, key };
  } catch {
    return undefined;
  }
}
