import { createPublicKey } from 'node:crypto';
import https from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { compactVerify, importJWK, type JWK } from 'jose';
import * as z from 'zod/v4';
import { parseJson } from '../model/json.ts';
import { claimsOf, headerOf } from '../model/token.ts';
import type { IssuerSettings, PrivateKey } from '../settings/tenants.ts';
import { createIssuerSigner, type Signer } from './signer.ts';

/** The issuer whose keys verify the tenants' tokens. */
export type Issuer = {
  /** The JWK set as the issuer serves it. */
  keySet: string;
  keys: readonly JWK[];
  /** The key that verifies the tenants' tokens. */
  key: JWK;
  /** Signs with the issuer's own key; undefined where only the issuer can sign. */
  signer: Signer | undefined;
  /** Keys of the issuer that it no longer publishes. */
  withdrawn: readonly PrivateKey[];
  /** A token that the issuer signed for user A and that has expired. */
  expiredToken: string | undefined;
};

const publicKey = z.looseObject({ kty: z.string(), kid: z.string().optional(), alg: z.string().optional() }).transform((key) => key as JWK);
const keySet = z.looseObject({ keys: z.array(publicKey) });

/** A verifier may reject a token for each of these. */
const SAME_CLAIMS = ['iss', 'aud', 'azp', 'sub'];
const TIMEOUT_MS = 10_000;
const LARGEST_BYTES = 65_536;

/**
 * Fetches the published keys and verifies the tokens of all users with them.
 * @param tokens each with the name of its setting
 * @throws {Error} where the keys cannot be fetched, a token does not verify, no private key belongs to the key of the tokens, or the expired
 *   token could be rejected for another reason than its expiry
 */
export async function findIssuer(
  { jwksUrl, privateKeys, expiredToken }: IssuerSettings,
  tokens: readonly { setting: string; token: string }[],
  ca: string | undefined,
): Promise<Issuer> {
  const text = await fetchKeySet(jwksUrl, ca).catch((error: unknown) => {
    throw new Error(`AUDIT_JWKS_URL: the JWK set cannot be fetched (${error instanceof Error ? error.message : 'unknown reason'})`);
  });
  const { data } = keySet.safeParse(parseJson(text));
  if (data === undefined) throw new Error('AUDIT_JWKS_URL: the response is not a JWK set (RFC 7517). Give the URL that returns {"keys": [...]}');
  const { keys } = data;
  const verified = await Promise.all(tokens.map(({ token }) => keyOf(token, keys)));
  const [key] = verified;
  const unverified = tokens.filter((_, index) => verified[index] === undefined).map(({ setting }) => setting);
  if (key === undefined || unverified.length > 0)
    throw new Error(
      `${new Intl.ListFormat('en').format(unverified)}: no key of AUDIT_JWKS_URL verifies the token. Give the issuer's own URL, and tokens that it signed for this API (Auth0 signs them only where the audience is requested)`,
    );
  if (expiredToken !== undefined && (hasOtherClaims(expiredToken, tokens[0]?.token ?? '') || (await keyOf(expiredToken, keys)) === undefined))
    throw new Error(
      `AUDIT_EXPIRED_TOKEN: a published key must verify it, and its ${SAME_CLAIMS.join(', ')} must be those of the token of user A. Give an earlier token of that user`,
    );
  const signingKey = privateKeys.find((each) => isPublished(each, [key]));
  if (privateKeys.length > 0 && signingKey === undefined)
    throw new Error(
      "AUDIT_ISSUER_KEY: no key in the file belongs to the key that verifies the tenants' tokens. Give the issuer's present signing key",
    );
  return {
    keySet: text,
    keys,
    key,
    signer:
      signingKey &&
      createIssuerSigner(
        signingKey,
        tokens.map(({ token }) => token),
      ),
    withdrawn: privateKeys.filter((each) => !isPublished(each, keys)),
    expiredToken,
  };
}

function hasOtherClaims(token: string, other: string): boolean {
  const [claims, others] = [claimsOf(token), claimsOf(other)];
  return SAME_CLAIMS.some((name) => !isDeepStrictEqual(claims[name], others[name]));
}

/** The published key that verifies the token. */
async function keyOf(token: string, keys: readonly JWK[]): Promise<JWK | undefined> {
  const { alg, kid } = headerOf(token);
  for (const key of keys) {
    if (kid !== undefined && key.kid !== undefined && key.kid !== kid) continue;
    try {
      await compactVerify(token, await importJWK(key, String(alg)));
      return key;
    } catch {
      // Of another type, or another key.
    }
  }
  return undefined;
}

function isPublished(jwk: PrivateKey, keys: readonly JWK[]): boolean {
  const own = spkiOf(jwk);
  return own !== undefined && keys.some((key) => spkiOf(key) === own);
}

/** The public key in its one standard form; undefined for a type that Node does not support. */
function spkiOf(jwk: JWK): string | undefined {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'der', type: 'spki' }).toString('base64');
  } catch {
    return undefined;
  }
}

/** Follows no redirect. */
function fetchKeySet(url: string, ca: string | undefined): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const request = https.get(url, { ...(ca !== undefined && { ca }), signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
    if (response.statusCode !== 200) {
      request.destroy(new Error(`status ${response.statusCode}`));
      return;
    }
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > LARGEST_BYTES) request.destroy(new Error(`more than ${LARGEST_BYTES} bytes`));
    });
    response.on('end', () => resolve(text));
    response.on('error', reject);
  });
  request.on('error', reject);
  return promise;
}
