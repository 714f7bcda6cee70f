import { type Check, check, type JudgeContext } from '../check.ts';
import { keySetEvidence } from './gather-key-set.ts';
import { lesserOfRejections } from './checks.ts';
import { judgeAttacks, judgeKeysInHeaders, ONLY_THE_ISSUER_SIGNS } from './judge.ts';

const common = {
  area: 'tokens',
  adr: '0036',
  requirements: ['ASVS'],
  measure: 'Bearer tokens: one key, one algorithm, an expiry',
  severity: 'critical',
  needs: 'access',
  file: 'service/auth/issuer-token.ts',
  evidence: { keySet: keySetEvidence },
  lesser: lesserOfRejections,
  notApplicable: withoutIssuer,
} as const;

function withoutIssuer({ target }: JudgeContext): string | undefined {
  return target.issuer === undefined
    ? 'AUDIT_JWKS_URL is not set. These attacks need the public keys of an issuer whose tokens the API accepts.'
    : undefined;
}

function withoutIssuersKey(context: JudgeContext): string | undefined {
  const reason = withoutIssuer(context);
  if (reason !== undefined || context.target.issuer?.privateKeys.length !== 0) return reason;
  return ONLY_THE_ISSUER_SIGNS;
}

/** Attacks on an API that verifies tokens with the public keys of an issuer. */
export const keySetTokens = {
  'token-public-key-as-secret': check({
    ...common,
    title: "A token signed with the issuer's public key as a shared secret is rejected",
    failed: "A token signed with the issuer's public key as a shared secret is not rejected correctly",
    why: 'The public key is published. A verifier that lets the token choose HS256 uses it as a secret, and anyone can act as any user.',
    fix: 'Verify issuer tokens with EdDSA, ES256 and RS256 only, and shared secrets in a separate verification.',
    sends: 'Valid claims signed with HS256, the secret being the public key as PEM, as DER or as a JWK, or the key set as it is served.',
    general: 'Never accept symmetric and asymmetric algorithms in one verification.',
    sources: ['rfc8725-algorithm', 'asvs-9.1.2'],
    judge: ({ keySet }) => judgeAttacks(keySet, 'public-key-as-secret'),
  }),
  'token-unpublished-key': check({
    ...common,
    title: 'A token signed with a key that the issuer does not publish is rejected',
    failed: 'A token signed with a key that the issuer does not publish is not rejected correctly',
    why: 'Anyone can create a key pair, and many issuers share one service.',
    fix: 'Let kid select among the published keys of the configured issuer, and verify with the algorithm of the selected key.',
    sends:
      "Valid claims signed with the attacker's own keys: under the published kid, an unknown kid, no kid, another algorithm, and the kid of a key of another type; and the valid token of another issuer.",
    general: 'Accept the keys of one configured issuer only, whatever a token states about its key.',
    sources: ['rfc7515-verify', 'rfc8725-claims', 'asvs-9.1.1'],
    judge: ({ keySet }) => judgeAttacks(keySet, 'unpublished-key'),
  }),
  'token-key-in-header': check({
    ...common,
    title: 'A token that brings its own key, or the URL of one, is rejected, and the URL is not requested',
    failed: 'A token that brings its own key, or the URL of one, is not rejected correctly',
    why: "The attacker's key verifies the attacker's token. A URL that a token chooses also makes the API request internal hosts.",
    fix: 'Ignore jwk, jku, x5u and x5c, and fetch keys from the configured URL only.',
    sends:
      "Valid claims signed with the attacker's own key, which is in the header (jwk, x5c) or at a URL that the token states (jku, x5u, iss). To a target on this machine the URLs are those of a server of the audit.",
    proof: 'The server of the audit, which publishes the key at every path, receives no request.',
    general: 'Take keys and URLs of keys from configuration, never from a token.',
    sources: ['rfc8725-claims', 'asvs-9.1.3', 'api7-2023'],
    judge: ({ keySet }) => judgeKeysInHeaders(keySet),
  }),
  'token-signature-form': check({
    ...common,
    title: 'A genuine token with another form of its signature is rejected',
    failed: 'A genuine token with another form of its signature is not rejected correctly',
    why: 'Broken verifiers have accepted signatures of zeros (CVE-2022-21449) and bytes after the signature.',
    fix: "Use the verification of a maintained library, such as jose's jwtVerify.",
    sends:
      'A genuine token whose signature is replaced by zeros, has one more byte before or after it, or is doubled; for EdDSA one with a scalar above the group order, and for ES256 one in DER.',
    general: 'Verify with a maintained library that checks the exact length and range of signatures.',
    sources: ['rfc7515-verify', 'rfc8032-verify'],
    judge: ({ keySet }) => judgeAttacks(keySet, 'signature-form'),
  }),
  'token-issuer': check({
    ...common,
    severity: 'high',
    notApplicable: withoutIssuersKey,
    title: "A token of the issuer's key with another issuer, audience, type or a withdrawn key is rejected",
    failed: "A token of the issuer's key that is not meant for this API is not rejected correctly",
    why: 'An issuer signs tokens for several APIs and purposes with one key. Without these checks a token for one of them works for all.',
    fix: 'Set AUTH_ISSUER and AUTH_AUDIENCE to the exact values, and reject other types than JWT and at+jwt.',
    sends:
      'Tokens signed with AUDIT_ISSUER_KEY whose iss is missing, of another issuer, or different by a slash; whose aud (azp where tokens have no aud) is missing or of another API; whose typ is secevent+jwt or dpop+jwt; and one under each key of the file that the issuer no longer publishes.',
    general: 'Check iss and aud exactly, and typ, after the signature.',
    sources: ['rfc7519-claims', 'rfc8725-claims', 'asvs-9.2.3'],
    judge: ({ keySet }) => judgeAttacks(keySet, 'issuer'),
  }),
} satisfies Record<string, Check>;
