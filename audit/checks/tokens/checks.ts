import { type Check, check } from '../check.ts';
import { cellsOfFamilies, TOKEN_FAMILIES } from './families.ts';
import { identityEvidence } from './gather-identity.ts';
import { CLAIM_CLASSES } from './identity-claims.ts';
import { judgeIdentity } from './judge-identity.ts';
import { operationsEvidence, tokensEvidence } from './gather.ts';
import { judgeAttacks, judgeClaims, judgeExpired, judgeOperations, judgeOversized } from './judge.ts';

/** The API rejected each request, but not as it should. */
export const lesserOfRejections = {
  'token-breaks-api': { severity: 'medium', failed: 'A bad token causes a server error' },
  'slow-rejection': { severity: 'medium', failed: 'The rejection of a bad token is slow' },
  'rejections-differ': { severity: 'low', failed: 'A rejection reveals why a token is rejected' },
  'challenge-missing': { severity: 'low', failed: 'A 401 lacks WWW-Authenticate: Bearer' },
  'rejection-unclear': { severity: 'medium', failed: 'A response to a request without a valid token does not show whether the token was rejected' },
  'rejected-without-401': { severity: 'low', failed: 'A request without a valid token is rejected with another status than 401' },
  'not-a-problem': { severity: 'low', failed: 'A rejection is not a problem document' },
} as const;

const common = {
  area: 'tokens',
  adr: '0011',
  requirements: ['ASVS'],
  measure: 'Bearer tokens: one key, one algorithm, an expiry',
  needs: 'access',
  evidence: { tokens: tokensEvidence },
  lesser: lesserOfRejections,
} as const;
const byVerification = { ...common, file: 'service/auth/verify-token.ts' } as const;

export const tokensProof =
  "Every attempt gets 401 as problem+json with WWW-Authenticate: Bearer, without the owner's text. A 403 is a rejection too. A 403, and a challenge that is missing without a token too, are findings of token-missing only. Its content is that of a request without a token or that of most bad tokens. A response that takes a second more than a read of the owner, and three times the median, is slow; the slowest five are repeated, and none is slow again. The owner can read the object before and after.";

const WITH_THE_KEY =
  "Only a token with a valid signature shows that its claims are checked. Without AUDIT_JWT_SECRET the check is not run. Where an issuer's public keys verify tokens, it signs with AUDIT_ISSUER_KEY and is not applicable without it, unless the API also accepts shared secrets.";
const ofClaims = { ...byVerification, severity: 'high', clock: true, proof: WITH_THE_KEY } as const;

export const tokens = {
  'token-missing': check({
    ...common,
    severity: 'critical',
    file: 'service/middleware/caller.ts',
    title: 'A request without a token, or with one outside the Authorization header, gets 401',
    failed: 'A request without a proper bearer token is not rejected correctly',
    why: 'Tokens in URLs leak, and browsers send cookies with every request.',
    fix: 'Read the token from a single Authorization: Bearer header only.',
    sends:
      'No Authorization header, an empty one, Bearer without a token, Basic, two headers, a token without a scheme, another scheme. To up to three read operations the valid token in the query, in cookies and in other headers, in one request.',
    general: 'Read one Authorization header with the scheme Bearer, and nothing else.',
    sources: ['rfc6750', 'asvs-14.2.1', 'api2-2023'],
    judge: ({ tokens }) => judgeAttacks(tokens, 'missing'),
  }),
  'token-malformed': check({
    ...byVerification,
    severity: 'high',
    title: 'A malformed token is rejected',
    failed: 'A malformed token is not rejected correctly',
    why: 'A lenient parser accepts a token that was never signed.',
    fix: 'Accept exactly three base64url segments.',
    sends:
      'Garbage; two and four segments; the valid token with quotes, braces or white space; a payload that is not JSON and, where the key is known, a signed one that is null.',
    general: 'Accept three segments only, and never repair what a client sends.',
    sources: ['rfc7515-compact', 'rfc7515-verify', 'api2-2023'],
    judge: ({ tokens }) => judgeAttacks(tokens, 'malformed'),
  }),
  'token-wrong-key': check({
    ...byVerification,
    severity: 'critical',
    requirements: ['US1.3', 'ASVS'],
    title: 'A token signed with a guessed or empty key is rejected',
    failed: 'A token signed with a guessable key is not rejected correctly',
    why: 'Anyone who knows the key can act as any user.',
    fix: 'Set a random JWT_SECRET of 32 bytes or more, and verify signatures.',
    sends:
      "Tokens signed with an empty key, with keys from tutorials, tests and templates, and with the app's own name. Where an issuer's keys verify tokens, one of the known keys.",
    general: 'Generate random keys of 256 bits or more, one for each environment, and let the service reject a placeholder at start.',
    sources: ['rfc8725-entropy', 'rfc7518-hmac', 'asvs-9.1.1'],
    judge: ({ tokens }) => judgeAttacks(tokens, 'wrong-key'),
  }),
  'token-algorithm': check({
    ...byVerification,
    severity: 'critical',
    title: 'A token with alg none, another algorithm, an embedded key or a manipulated kid is rejected',
    failed: 'A token whose header selects its verification is not rejected correctly',
    why: 'RFC 8725 section 3.1: the verifier must determine the algorithm.',
    fix: "Pass a fixed list of one algorithm to the verifier, and ignore the header's jwk, jku, x5u and kid.",
    sends:
      "alg none in two spellings, without the last dot, and with a valid signature; RS256, ES256 and EdDSA with the attacker's own key, the public key in the header; a jwk, jku, x5u or x5c in the header; a kid that names an empty file or a well-known setting, with SQL, or an object. Where an issuer's keys verify tokens, token-key-in-header sends the public keys in headers.",
    general: 'Fix one algorithm and one key in the verifier, and ignore what the header states about keys.',
    sources: ['rfc8725-algorithm', 'asvs-9.1.2', 'asvs-9.1.3'],
    judge: ({ tokens }) => judgeAttacks(tokens, 'algorithm'),
  }),
  'token-tampered': check({
    ...byVerification,
    severity: 'critical',
    title: 'A token with a changed payload or signature is rejected',
    failed: 'A changed token is not rejected correctly',
    why: 'Any user could act as any other.',
    fix: 'Verify the signature instead of decoding the token.',
    sends:
      'The valid token with another user and the old signature, without its signature, with a truncated one, with its last bit flipped, and with the signature of another token.',
    general: "Verify before decoding, with the library's verify function.",
    sources: ['rfc7515-verify', 'asvs-9.1.1'],
    judge: ({ tokens }) => judgeAttacks(tokens, 'tampered'),
  }),
  'token-expired': check({
    ...ofClaims,
    title: 'An expired token is rejected',
    failed: 'An expired token is not rejected correctly',
    why: 'A leaked token would work without a time limit.',
    fix: 'Do not disable the check of exp.',
    sends:
      'Tokens with a valid signature that expired five minutes ago and in 1970, and AUDIT_EXPIRED_TOKEN where it was given. A token that is accepted, expires during the audit, and is sent once more. Where BETTER_AUTH_SECRET is given, also an expired token and one without exp signed with it.',
    proof: `A token that was accepted before its expiry gets the same response after it as another token with that expiry. ${WITH_THE_KEY} With AUDIT_EXPIRED_TOKEN it applies without the key.`,
    general: 'Check exp with a tolerance of seconds at most, for every accepted key.',
    sources: ['rfc7519-exp', 'asvs-9.2.1'],
    evidence: { tokens: tokensEvidence, operations: operationsEvidence },
    judge: ({ tokens, operations }, context) => judgeExpired(tokens, operations, context),
  }),
  'token-without-exp': check({
    ...ofClaims,
    title: 'A token that never expires is rejected',
    failed: 'A token without exp is not rejected correctly',
    why: 'Libraries accept a missing exp. Such a token can only be revoked by changing the key.',
    fix: 'Require exp after verification.',
    sends: 'Tokens with a valid signature and no exp, exp null, and an exp too large for a number.',
    general: 'Require the claims that you rely on: a library checks exp only where it is present.',
    sources: ['rfc7519-exp', 'asvs-9.2.1'],
    judge: ({ tokens }, context) => judgeClaims(tokens, ['without-exp'], context),
  }),
  'token-claims': check({
    ...ofClaims,
    title: 'A token with a valid signature and unusable claims is rejected',
    failed: 'A token with unusable claims is not rejected correctly',
    why: 'A missing or structured sub leads to a query for no owner, or for all of them.',
    fix: 'Check the types of exp, nbf and sub, reject crit, and allow one algorithm.',
    sends:
      'Tokens with a valid signature and an exp that is a string, an nbf in the future, a sub that is missing, empty or not a string, an unknown crit, another type, and other algorithms or spellings of the algorithm.',
    general: 'Parse the claims with a schema after verification, reject crit, and accept one spelling of one algorithm.',
    sources: ['rfc7519-claims', 'rfc7515-crit', 'rfc8725-claims', 'asvs-9.2.2'],
    judge: ({ tokens }, context) => judgeClaims(tokens, ['claims', 'not-yet-valid'], context),
  }),
  'token-oversized': check({
    ...common,
    severity: 'medium',
    lesser: {},
    title: 'Large and expensive tokens are rejected quickly, and the API continues to respond',
    failed: 'A large or expensive token is not rejected correctly',
    why: 'A caller who can make a verifier work without a valid token can stop the service.',
    fix: 'Limit the size of headers, and let the verifier check the algorithm first.',
    sends:
      'Tokens of 8, 16 and 32 KiB, a token of 2 KiB with an invalid last character, and an encrypted token whose header requests two thousand million iterations of key derivation.',
    proof:
      'Not only 401 but also 400, 403, 413, 414 and 431 are allowed, with any body that does not contain the text of the owner. A token without any response, while the owner gets one, is a failure.',
    general: 'Limit the size of headers, use patterns without backtracking, and check the algorithm before anything is decrypted or derived.',
    sources: ['api4-2023', 'rfc8725-algorithm'],
    judge: ({ tokens }) => judgeOversized(tokens),
  }),
  'token-every-operation': check({
    ...common,
    severity: 'critical',
    file: 'service/app.ts',
    title: 'Every protected operation of the contract rejects requests without a token and with a bad one, and changes nothing',
    failed: 'An operation does not reject a request without a valid token correctly',
    lesser: {
      ...lesserOfRejections,
      'claims-accepted': { severity: 'high', failed: 'An operation accepts a token of its key whose claims it must reject' },
    },
    why: 'One route without authentication is enough for an attacker.',
    fix: 'Require the caller once, for the whole prefix, instead of for each route.',
    sends:
      'Every protected operation of the contract that reads, creates or concerns an object of this run, without a token, without one but with claims to be the owner, and with bad tokens of each family. Reads with other spellings of path and method without a token: HEAD, slashes, an encoded dot, a path parameter, upper case, a method override, a rewritten URL.',
    proof:
      'Each operation returns 401 or 403, with any content and duration. Other spellings return 400, 401, 403, 404 or 405, or redirect to a path of the API, as routers do that add or remove a slash; for a rewritten URL it is enough that the response does not contain the object. The objects do not change. Writes to anything that this run did not create are not executed, and the summary names them.',
    general: 'Protect a whole prefix by default and open what is public, instead of protecting each route.',
    sources: ['api5-2023', 'asvs-8.2.1', 'rfc9110-401'],
    evidence: { tokens: tokensEvidence, operations: operationsEvidence },
    classes: TOKEN_FAMILIES,
    cells: ({ tokens, operations }, { contract }) =>
      cellsOfFamilies({
        contract,
        withoutToken: [contract.resource.read, ...operations.operations.map(({ operation }) => operation)].map(({ id }) => id),
        attempts: tokens.attacks,
        hasKey: tokens.signedWith.length > 0,
      }),
    judge: ({ tokens, operations }) => judgeOperations(operations, tokens),
  }),
  'identity-claims': check({
    ...common,
    severity: 'critical',
    adr: '0004',
    requirements: ['US2.3', 'ASVS'],
    measure: "The owner's id in every query",
    file: 'service/middleware/caller.ts',
    lesser: {},
    title: 'The verified token alone decides who the caller is, whatever else a request states',
    failed: 'A caller can act as another user by stating its id',
    why: 'Headers, cookies, parameters and properties come from the caller. A service that believes them lets every caller act as any user.',
    fix: 'Take the owner of every query from the verified sub, and read no user id from anywhere else.',
    sends:
      'Every operation of every collection, with the valid token of one tenant and the id of another one: in headers that proxies and gateways set, in unverified tokens of gateways, in the query, in cookies, in the body, and in other claims of the token. The same with local addresses and with headers for internal callers and roles.',
    proof:
      'Any status is allowed. No response contains a text of the other tenant. No read contains the id of that tenant, if it has 12 characters or more, unless the query or the same read without a claim has it. That tenant finds its object unchanged, and its list contains nothing that the caller sent. Where an object is shown without a claim too, the check is inconclusive.',
    general: 'Let the gateway or the framework remove identity headers of callers, and derive the user from the verified token only.',
    sources: ['api1-2023', 'cwe-290', 'cwe-565', 'asvs-8.2.2'],
    classes: CLAIM_CLASSES,
    evidence: { identity: identityEvidence },
    cells: ({ identity }) => identity.flatMap(({ cells }) => cells),
    judge: ({ identity }) => judgeIdentity(identity),
  }),
} satisfies Record<string, Check>;
