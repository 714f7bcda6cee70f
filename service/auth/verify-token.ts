import type { Logger } from '../log.ts';
import type { VerifyToken } from './caller.ts';
import { createIssuerVerifier, type Issuer } from './issuer-token.ts';
import type { KeySet } from './key-set.ts';
import { createSharedSecretVerifier, type SharedSecrets } from './shared-secret.ts';
import { cacheTokens } from './token-cache.ts';

export type TokenIssuer = { issuer: Issuer; keySet: KeySet; log: Logger };

/**
 * Verifies a token with the issuer's keys where they are configured, and separately as HS256 where a secret is: each verifier accepts
 * only its own algorithms, so a public key is never used as a secret.
 */
export function createVerifyToken(secrets: SharedSecrets, tokenIssuer?: TokenIssuer): VerifyToken {
  const withSecret = createSharedSecretVerifier(secrets);
  if (tokenIssuer === undefined) return cacheTokens(withSecret);
  const withIssuerKeys = createIssuerVerifier(tokenIssuer.issuer, tokenIssuer.keySet, tokenIssuer.log);
  return cacheTokens(async (token) => (await withIssuerKeys(token)) ?? withSecret(token));
}
