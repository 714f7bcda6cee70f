import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { claimsOf, headerOf } from '../model/token.ts';
import type { PrivateKey } from '../settings/tenants.ts';
import { type Claims, encodeToken, signToken } from './sign-token.ts';

/** Signs tokens like the valid ones of the target. */
export type Signer = {
  /** The header of a valid token. */
  header: Claims;
  /** The claims of valid tokens that do not depend on the user, such as `iss` and `aud`. */
  common: Claims;
  /** The claims of every valid token of a user but `sub`: the common ones, and the user's own where the user's token was given. */
  claimsOf(userId: string | undefined): Claims;
  /** Adds the claims of the user in `sub`, of which `undefined` removes one. A text is signed unchanged. */
  sign(claims: Claims | string, header?: Claims): string;
};

/** Claims that differ between two tokens of one user. */
const OF_ONE_TOKEN = ['sub', 'exp', 'iat', 'nbf', 'jti'];
/** The clock of the target may be behind. */
const ISSUED_SECONDS_AGO = 10;

/**
 * Signs with a shared secret.
 * @param tokens of several users, as of `createIssuerSigner`; without them HS256 and no common claims
 */
export function createSecretSigner(secret: string, tokens: readonly string[] = []): Signer {
  return createSigner(tokens, { alg: 'HS256', typ: 'JWT' }, (payload, header, alg) => signToken(payload, secret, header, `sha${alg.slice(2)}`));
}

/**
 * Signs with the private key of an issuer.
 * @param tokens of several users; claims that are equal in all are common
 */
export function createIssuerSigner(jwk: PrivateKey, tokens: readonly string[]): Signer {
  const key = createPrivateKey({ key: jwk, format: 'jwk' });
  return createSigner(tokens, {}, (payload, header, alg) => signWithKey(payload, key, alg, header));
}

/** @param signAs receives the algorithm of valid tokens, because the header may state another one */
function createSigner(tokens: readonly string[], defaultHeader: Claims, signAs: (payload: string, header: Claims, alg: string) => string): Signer {
  const [claims = {}, ...others] = tokens.map((token) => claimsOf(token));
  const common = Object.fromEntries(
    Object.entries(claims).filter(([name, value]) => !OF_ONE_TOKEN.includes(name) && others.every((other) => isDeepStrictEqual(value, other[name]))),
  );
  const header = tokens[0] === undefined ? defaultHeader : headerOf(tokens[0]);
  const alg = String(header['alg']);
  const issuedAt = Math.floor(Date.now() / 1_000) - ISSUED_SECONDS_AGO;
  const claimsOfUser = (userId: unknown): Claims => {
    const own = tokens.map((token) => claimsOf(token)).find(({ sub }) => sub === userId) ?? common;
    return Object.fromEntries(Object.entries(own).filter(([name]) => !OF_ONE_TOKEN.includes(name)));
  };
  const issued = Object.fromEntries(['iat', 'nbf'].filter((claim) => claim in claims).map((claim) => [claim, issuedAt]));
  const signed = new Map<string, string>();
  return {
    header,
    common,
    claimsOf: claimsOfUser,
    sign(given, changed = header) {
      const payload = typeof given === 'string' ? given : JSON.stringify({ ...claimsOfUser(given['sub']), ...issued, ...given });
      // The same token for the same claims: signatures of ES256 are random.
      const text = `${JSON.stringify(changed)}.${payload}`;
      const token = signed.get(text) ?? signAs(payload, changed, alg);
      signed.set(text, token);
      return token;
    },
  };
}

/** A compact JWS signed with a private key, whatever its header states. */
export function signWithKey(claims: Claims | string, key: KeyObject, alg: string, header: Claims): string {
  return encodeToken(claims, header, (input) => sign(alg === 'EdDSA' ? undefined : 'sha256', input, { key, dsaEncoding: 'ieee-p1363' }));
}
