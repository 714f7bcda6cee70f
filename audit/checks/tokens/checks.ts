import type { Check } from '../catalog.ts';

export const tokens = {
  'token-missing': {
    area: 'tokens',
    severity: 'critical',
    adr: '0011',
    requirements: ['ASVS'],
    title: 'No token, or one anywhere but in the Authorization header, gets 401',
    failed: 'A request without a proper bearer token is not refused as it must be',
    why: 'Tokens in URLs and cookies leak, and are sent by browsers unasked.',
    fix: 'Read the token from one Authorization: Bearer header alone.',
    sends:
      'No Authorization, an empty one, Bearer alone, Basic, several at once, a bare token, another scheme; and, to up to three operations that read, the valid token in the query, in cookies and in other headers at once.',
    proof:
      "Every attempt gets a 401 like a request without a token or like every other bad one, as problem+json with WWW-Authenticate: Bearer, without the owner's text and within a second of an ordinary read, at least when asked again. The owner reads the object before and after: a dead API refuses everybody.",
    general: 'Read one Authorization header with the scheme Bearer, and nothing else.',
    sources: ['rfc6750', 'asvs-14.2.1', 'api2-2023'],
  },
  'token-malformed': {
    area: 'tokens',
    severity: 'high',
    adr: '0011',
    requirements: ['ASVS'],
    title: 'A malformed token gets 401',
    failed: 'A malformed token is not refused as it must be',
    why: 'Lenient parsing accepts what was never signed.',
    fix: 'Accept exactly three base64url segments.',
    sends:
      'Garbage; two and four segments; the valid token with padding, quotes, braces, white space or a suffix; a payload that is no JSON, and with the key known one that is null.',
    proof:
      "Every attempt gets a 401 like a request without a token or like every other bad one, as problem+json with WWW-Authenticate: Bearer, without the owner's text and within a second of an ordinary read, at least when asked again. The owner reads the object before and after: a dead API refuses everybody.",
    general: 'Accept the compact serialization as the standard writes it, and never repair what a client sends.',
    sources: ['rfc7515-compact', 'rfc7515-verify', 'api2-2023'],
  },
  'token-wrong-key': {
    area: 'tokens',
    severity: 'critical',
    adr: '0011',
    requirements: ['US1.3', 'ASVS'],
    title: 'A token under a guessed or empty key gets 401',
    failed: 'A token signed with a guessable key is not refused as it must be',
    why: 'Whoever knows the key is any user.',
    fix: 'Set a random JWT_SECRET of 32 bytes or more, and verify signatures.',
    sends: "Tokens signed with an empty key, with words of tutorials, tests and templates, and with the app's own name.",
    proof:
      "Every attempt gets a 401 like a request without a token or like every other bad one, as problem+json with WWW-Authenticate: Bearer, without the owner's text and within a second of an ordinary read, at least when asked again. The owner reads the object before and after: a dead API refuses everybody.",
    general: 'Generate keys at random, 256 bits or more, one for each environment, and let the service refuse to start with a placeholder.',
    sources: ['rfc8725-entropy', 'rfc7518-hmac', 'asvs-9.1.1'],
  },
  'token-algorithm': {
    area: 'tokens',
    severity: 'critical',
    adr: '0011',
    requirements: ['ASVS'],
    title: 'alg none, a foreign algorithm, an embedded key or a strange kid gets 401',
    failed: 'A token that says how to verify it is not refused as it must be',
    why: 'RFC 8725 section 3.1: the verifier must decide which algorithm is used.',
    fix: "Pass a fixed list of one algorithm to the verifier, and ignore the header's jwk, jku, x5u and kid.",
    sends:
      "alg none in several spellings; RS256, ES256 and EdDSA under the attacker's own keys, the public one sent along; a jwk, jku, x5u or x5c in the header; a kid that names an empty file or a well-known setting, with SQL, or an object.",
    proof:
      "Every attempt gets a 401 like a request without a token or like every other bad one, as problem+json with WWW-Authenticate: Bearer, without the owner's text and within a second of an ordinary read, at least when asked again. The owner reads the object before and after: a dead API refuses everybody.",
    general: 'Fix one algorithm and one key in the verifier, and ignore whatever the header says of keys.',
    sources: ['rfc8725-algorithm', 'asvs-9.1.2', 'asvs-9.1.3'],
  },
  'token-tampered': {
    area: 'tokens',
    severity: 'critical',
    adr: '0011',
    requirements: ['ASVS'],
    title: 'A changed payload or signature gets 401',
    failed: 'A changed token is not refused as it must be',
    why: 'Anybody could become anybody.',
    fix: 'Verify the signature instead of decoding the token.',
    sends:
      'The valid token with another user under the old signature, without its signature, with it cut short, with its last bit turned, and with that of another token.',
    proof:
      "Every attempt gets a 401 like a request without a token or like every other bad one, as problem+json with WWW-Authenticate: Bearer, without the owner's text and within a second of an ordinary read, at least when asked again. The owner reads the object before and after: a dead API refuses everybody.",
    general: 'Verify before decoding, with the function of the library that verifies.',
    sources: ['rfc7515-verify', 'asvs-9.1.1'],
  },
  'token-expired': {
    area: 'tokens',
    clock: true,
    severity: 'high',
    adr: '0011',
    requirements: ['ASVS'],
    title: 'An expired token gets 401',
    failed: 'An expired token is not refused as it must be',
    why: 'A token that leaked would work for ever.',
    fix: 'Do not switch off the check of exp.',
    sends:
      'Tokens under the right key that expired five minutes ago and in 1970; one that is accepted, and ends within the audit, once more after its end; with BETTER_AUTH_SECRET known, an expired one under that key too.',
    proof:
      "Every attempt gets a 401 like a request without a token or like every other bad one, as problem+json with WWW-Authenticate: Bearer, without the owner's text and within a second of an ordinary read, at least when asked again. The owner reads the object before and after: a dead API refuses everybody. What was accepted once is treated no better after its end than another token of that end. Without AUDIT_JWT_SECRET the check is not run: such a token proves something only under the right key.",
    general: 'Check exp with a tolerance of seconds at most, for every key that is accepted.',
    sources: ['rfc7519-exp', 'asvs-9.2.1'],
  },
  'token-without-exp': {
    area: 'tokens',
    clock: true,
    severity: 'high',
    adr: '0011',
    requirements: ['ASVS'],
    title: 'A token that never expires gets 401',
    failed: 'A token without exp is not refused as it must be',
    why: 'Libraries accept a missing exp; such a token can only be revoked by changing the key.',
    fix: 'Require exp after verification.',
    sends: 'Tokens under the right key with no exp, with null, and with a number too large to be a time.',
    proof:
      "Every attempt gets a 401 like a request without a token or like every other bad one, as problem+json with WWW-Authenticate: Bearer, without the owner's text and within a second of an ordinary read, at least when asked again. The owner reads the object before and after: a dead API refuses everybody. Without AUDIT_JWT_SECRET the check is not run: such a token proves something only under the right key.",
    general: 'Demand the claims you rely on: a library checks exp only where there is one.',
    sources: ['rfc7519-exp', 'asvs-9.2.1'],
  },
  'token-claims': {
    area: 'tokens',
    clock: true,
    severity: 'high',
    adr: '0011',
    requirements: ['ASVS'],
    title: 'A validly signed token with unusable claims gets 401',
    failed: 'A token with unusable claims is not refused as it must be',
    why: 'A missing or structured sub ends in a query that belongs to nobody, or to everybody.',
    fix: 'Check the types of exp, nbf and sub, refuse crit, and allow one algorithm.',
    sends:
      'Tokens under the right key with an exp or nbf that cannot be, a sub that is missing, empty or no text, an unknown crit, another type, and other spellings of the algorithm.',
    proof:
      "Every attempt gets a 401 like a request without a token or like every other bad one, as problem+json with WWW-Authenticate: Bearer, without the owner's text and within a second of an ordinary read, at least when asked again. The owner reads the object before and after: a dead API refuses everybody. Without AUDIT_JWT_SECRET the check is not run: such a token proves something only under the right key.",
    general: 'Parse the claims with a schema after verification, refuse crit, and accept one spelling of one algorithm.',
    sources: ['rfc7519-claims', 'rfc7515-crit', 'rfc8725-claims', 'asvs-9.2.2'],
  },
  'token-oversized': {
    area: 'tokens',
    severity: 'medium',
    adr: '0011',
    requirements: ['ASVS'],
    title: 'Large and costly tokens are refused at once, and the API lives',
    failed: 'A large or costly token is not refused as it must be',
    why: 'Whoever can make a verifier work for nothing can stop the service.',
    fix: 'Limit the size of headers, and let the verifier accept one algorithm before it does anything else.',
    sends:
      'Tokens of 8, 16 and 32 KiB, 2 KiB of a token with a wrong last character, and an encrypted one whose header asks for two thousand million rounds of hashing.',
    proof:
      'Each is refused with a client error within a second of an ordinary read, at least when asked again, and the owner reads its object before and after. Where one has no answer at all and the owner has, it has held the API up.',
    general:
      'Bound the size of headers, use patterns that cannot be cut up in many ways, and look at the algorithm before anything is decrypted or derived.',
    sources: ['api4-2023', 'rfc8725-algorithm'],
  },
  'token-every-operation': {
    area: 'tokens',
    severity: 'critical',
    adr: '0011',
    requirements: ['ASVS'],
    title: 'Every protected operation of the contract refuses no token and a broken one, and nothing happens',
    failed: 'An operation does not refuse whoever has no valid token as it must',
    why: 'One forgotten route is enough.',
    fix: 'Require the caller once, for the whole prefix, instead of route by route.',
    sends:
      'Every protected operation of the contract that reads, creates or concerns an object of this run, without a token and with some of the bad ones, and other spellings of path and method: HEAD, slashes, upper case, an override of the method, a rewritten URL.',
    proof:
      'Each operation returns 401, no other spelling is accepted, and the objects do not change. Writes to anything that this run did not create are not executed; the summary names them.',
    general: 'Protect a whole prefix by default and open what is public, instead of protecting route by route.',
    sources: ['api5-2023', 'asvs-8.2.1', 'rfc9110-401'],
  },
} as const satisfies Record<string, Check>;
