import { generateKeyPairSync, type KeyObject, sign as signAsymmetric } from 'node:crypto';
import { encode, signToken, unsignedToken, withClaims, withTurnedBit } from './tokens.ts';

export type AttackClass = 'missing' | 'malformed' | 'wrong-key' | 'algorithm' | 'tampered' | 'expired' | 'without-exp' | 'claims';

/** One way of being nobody: how the credential is sent. */
export type Attack = { kind: AttackClass; name: string; headers?: readonly (readonly [string, string])[]; query?: string };

type Sign = (claims: Readonly<Record<string, unknown>> | string, header?: Readonly<Record<string, unknown>>, hash?: string) => string;

/** What the attacks are made from: a valid token of the victim's owner, another tenant's, and names a lazy key could be. */
export type Material = { token: string; other: string; publicNames: readonly string[] };

/** Under which valid signature claims are judged. */
export type RightKey = { sign: Sign; userId: string };

/** How long a valid token of the attacks would live. */
const LIFETIME_SECONDS = 600;
const ATTACKERS_KEY = 'attacker-key-attacker-key-attacker-key';
/** Keys that stand in tutorials, templates and word lists. */
const COMMON_KEYS = ['secret', 'changeme', 'your-256-bit-secret', 'development-secret-do-not-use-in-production'];

/** No credentials, credentials in the wrong place, and what is no token at all. */
export function misplacedAndMalformed({ token }: Material): Attack[] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [
    bearer('malformed', 'garbage', 'garbage'),
    { kind: 'missing', name: 'empty Authorization', headers: [['Authorization', '']] },
    bearer('missing', 'Bearer alone', ''),
    bearer('missing', 'Bearer null', 'null'),
    { kind: 'missing', name: 'Basic with the token', headers: [['Authorization', `Basic ${Buffer.from(`user:${token}`).toString('base64')}`]] },
    {
      kind: 'missing',
      name: 'two Authorization headers',
      headers: [
        ['Authorization', 'Bearer broken'],
        ['Authorization', `Bearer ${token}`],
      ],
    },
    { kind: 'missing', name: 'the token without a scheme', headers: [['Authorization', token]] },
    { kind: 'missing', name: 'the token under another scheme', headers: [['Authorization', `Token ${token}`]] },
    { kind: 'missing', name: 'token in the query', query: `?access_token=${token}&token=${token}&jwt=${token}&auth=${token}` },
    {
      kind: 'missing',
      name: 'token in a cookie',
      headers: [['Cookie', `token=${token}; access_token=${token}; jwt=${token}; session=${token}; better-auth.session_token=${token}`]],
    },
    {
      kind: 'missing',
      name: 'token and user in other headers',
      headers: [
        ...['X-Access-Token', 'X-Auth-Token', 'X-Authorization', 'Proxy-Authorization'].map((name) => [name, `Bearer ${token}`] as const),
        ...['X-User-ID', 'X-User', 'X-Forwarded-User', 'X-Authenticated-User'].map((name) => [name, String(claimsOf(payload)['sub'])] as const),
      ],
    },
    bearer('malformed', 'one segment', payload),
    bearer('malformed', 'two segments', `${header}.${payload}`),
    bearer('malformed', 'four segments', `${token}.${signature}`),
    bearer('malformed', 'padding', `${token}=`),
    bearer('malformed', 'quotes', `"${token}"`),
    bearer('malformed', 'braces', `{${token}}`),
    bearer('malformed', 'white space within', `${header}. ${payload}.${signature}`),
    bearer('malformed', 'a suffix backdoor', `${token}.bypass-signature`),
  ];
}

/** Tokens that cost their reader more than the sender: large ones, and one that asks for two thousand million rounds of a hash. */
export function oversized({ token }: Material): Omit<Attack, 'kind'>[] {
  const header = { alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', zip: 'DEF', p2s: encode('salt'), p2c: 2_147_483_647 };
  const encrypted = [encode(JSON.stringify(header)), 'AAAA', 'AAAA', 'AAAA', 'AAAA'].join('.');
  return [
    ...[8, 16, 32].map((kibibytes) => bearer('malformed', `${kibibytes} KiB of token`, token.padEnd(kibibytes * 1_024, 'A'))),
    bearer('malformed', 'an encrypted token with a costly header', encrypted),
  ];
}

/** Tokens that somebody without the key can make. */
export function forged({ token, other, publicNames }: Material): Attack[] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = { ...claimsOf(payload), exp: soon() };
  const withHeader = (name: string, more: Readonly<Record<string, unknown>>, key = ATTACKERS_KEY): Attack =>
    bearer('algorithm', name, signToken(claims, key, { alg: 'HS256', typ: 'JWT', ...more }));
  return [
    bearer(
      'tampered',
      'another user under the old signature',
      withClaims(token, (old) => ({ ...old, sub: 'audit-nobody' })),
    ),
    bearer('tampered', 'signature removed', `${header}.${payload}.`),
    bearer('tampered', 'signature cut', token.slice(0, -4)),
    bearer('tampered', 'one bit of the signature turned', withTurnedBit(token)),
    bearer('tampered', "another token's signature", `${header}.${payload}.${other.split('.')[2] ?? ''}`),
    ...['none', 'None', 'NONE'].map((alg) => bearer('algorithm', `alg ${alg}`, unsignedToken(claims, alg, true))),
    bearer('algorithm', 'alg none without the last dot', unsignedToken(claims, 'none', false)),
    bearer('algorithm', 'alg none over a real signature', `${encode(JSON.stringify({ alg: 'none', typ: 'JWT' }))}.${payload}.${signature}`),
    ...asymmetric(claims),
    withHeader('embedded jwk', { jwk: { kty: 'oct', k: encode(ATTACKERS_KEY) } }),
    withHeader('jku, x5u and x5c of the attacker', {
      jku: 'https://evil.example/jwks.json',
      x5u: 'https://evil.example/key.pem',
      x5c: [Buffer.from(ATTACKERS_KEY).toString('base64')],
    }),
    withHeader('kid with a path', { kid: '../../../../dev/null' }, ''),
    withHeader('kid with SQL', { kid: `' union select '${ATTACKERS_KEY}' -- ` }),
    withHeader('kid blank', { kid: '' }, ''),
    withHeader('kid an object', { kid: { $ne: null } }),
    ...['', ...COMMON_KEYS, ...publicNames].map((key) =>
      bearer('wrong-key', key === '' ? 'signed with an empty key' : `signed with the word ${key}`, signToken(claims, key)),
    ),
  ];
}

/** These carry the right signature, so they show that claims and header themselves are checked. */
export function rightlySigned({ sign, userId }: RightKey): Attack[] {
  const now = Math.floor(Date.now() / 1_000);
  const valid = { sub: userId, exp: soon() };
  const claims = (name: string, changed: Readonly<Record<string, unknown>>): Attack => bearer('claims', name, sign({ ...valid, ...changed }));
  const header = (name: string, changed: Readonly<Record<string, unknown>>, hash?: string): Attack =>
    bearer('claims', name, sign(valid, { alg: 'HS256', typ: 'JWT', ...changed }, hash));
  return [
    bearer('expired', 'expired five minutes ago', sign({ sub: userId, exp: now - 300 })),
    bearer('without-exp', 'no exp', sign({ sub: userId })),
    bearer('without-exp', 'exp null', sign({ sub: userId, exp: null })),
    bearer('without-exp', 'exp without end', sign(`{"sub":${JSON.stringify(userId)},"exp":1e999}`)),
    claims('exp as text', { exp: String(soon()) }),
    claims('exp negative', { exp: -1 }),
    claims('nbf in the future', { nbf: now + 3_600 }),
    bearer('claims', 'sub missing', sign({ exp: soon() })),
    claims('sub empty', { sub: '' }),
    claims('sub a number', { sub: 1 }),
    claims('sub an array', { sub: [userId] }),
    claims('sub an object', { sub: { id: userId } }),
    header('an unknown crit', { crit: ['audit'], audit: true }),
    header('a token of another type', { typ: 'logout+jwt' }),
    header('HS384 under the right key', { alg: 'HS384' }, 'sha384'),
    header('HS512 under the right key', { alg: 'HS512' }, 'sha512'),
    header('alg in lower case', { alg: 'hs256' }),
    header('alg an array', { alg: ['HS256'] }),
    header('alg missing', { alg: undefined }),
    header('alg with a trailing blank', { alg: 'HS256 ' }),
  ];
}

/** The other key of the service must be as strict. */
export function underSecondKey(sign: Sign, userId: string): Attack[] {
  return [
    bearer('expired', 'expired, under the second key', sign({ sub: userId, exp: soon() - 1_200 })),
    bearer('expired', 'no exp, under the second key', sign({ sub: userId })),
  ];
}

/** A verifier that believes the header would take the attacker's public key, or the shared secret, for the other kind. */
function asymmetric(claims: Readonly<Record<string, unknown>>): Attack[] {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const ed = generateKeyPairSync('ed25519').privateKey;
  const keys: [string, string | undefined, KeyObject][] = [
    ['RS256', 'sha256', rsa],
    ['PS256', 'sha256', rsa],
    ['ES256', 'sha256', ec],
    ['EdDSA', undefined, ed],
  ];
  return keys.map(([alg, hash, key]) => {
    const input = `${encode(JSON.stringify({ alg, typ: 'JWT' }))}.${encode(JSON.stringify(claims))}`;
    const signature = signAsymmetric(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    return bearer('algorithm', `${alg} under a key of the attacker`, `${input}.${signature}`);
  });
}

function bearer(kind: AttackClass, name: string, token: string): Attack {
  return { kind, name, headers: [['Authorization', `Bearer ${token}`]] };
}

function claimsOf(payload: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}

export function soon(): number {
  return Math.floor(Date.now() / 1_000) + LIFETIME_SECONDS;
}
