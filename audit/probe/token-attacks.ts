import { generateKeyPairSync, sign as signAsymmetric } from 'node:crypto';
import { type Operation, pathOfItem } from '../contract.ts';
import type { Exchange } from '../exchange.ts';
import type { Kit } from './kit.ts';
import { bodyOf, type Canary } from './tenants.ts';
import { signToken, unsignedToken, withClaims, withTurnedBit } from './tokens.ts';

/** One way of being nobody: how the credential is sent, beside a request for an object that exists. */
type Attack = { name: string; headers?: readonly (readonly [string, string])[]; query?: string };

export type AttackClass = 'missing' | 'malformed' | 'wrong-key' | 'algorithm' | 'tampered' | 'expired' | 'without-exp' | 'claims';

export type TokenEvidence = {
  victim: Canary;
  /** The owner reads before and after: the object is there all the time. */
  before: Exchange;
  after: Exchange;
  /** The owner reads with a token under BETTER_AUTH_SECRET, where the audit was given it. */
  secondKey?: Exchange;
  /** What nobody at all is answered: every other refusal must look the same. */
  control: Exchange;
  attacks: readonly { kind: AttackClass; name: string; exchange: Exchange }[];
  /** Classes that need the target's key, which the audit was not given. */
  withoutKey: readonly AttackClass[];
};

export async function probeTokens(kit: Kit): Promise<TokenEvidence> {
  const victim = await kit.objects.create('tenant A', 'object that bad tokens ask for');
  const path = pathOfItem(kit.contract.resource.read, victim.id);
  const before = await kit.objects.read('tenant A', victim.id, 'owner reads before the attacks');
  const control = await kit.wire.send({ actor: 'anonymous', purpose: 'no credentials', path });
  const token = kit.credentials.tokenOf('tenant A') ?? '';
  const other = kit.credentials.tokenOf('tenant B') ?? '';
  const { sign } = kit.credentials;
  const userId = kit.credentials.subjectOf('tenant A');
  const signed = sign === undefined || userId === undefined ? {} : attacksUnderRightKey(sign, userId);
  const secondSecret = kit.target.secrets['BETTER_AUTH_SECRET'];
  const second =
    secondSecret === undefined || userId === undefined
      ? undefined
      : {
          valid: signToken({ sub: userId, exp: soon() }, secondSecret),
          attacks: [
            bearer('expired, under the second key', signToken({ sub: userId, exp: soon() - 1_200 }, secondSecret)),
            bearer('no exp, under the second key', signToken({ sub: userId }, secondSecret)),
          ],
        };
  const secondKey =
    second && (await kit.wire.send({ actor: 'tenant A', token: second.valid, purpose: 'owner reads with a token under the second key', path }));
  const wanted: Partial<Record<AttackClass, readonly Attack[]>> = { ...attacksWithoutKey(token, other), ...signed };
  if (wanted.expired && second) wanted.expired = [...wanted.expired, ...second.attacks];
  const attacks = await Promise.all(
    Object.entries(wanted).flatMap(([kind, list]) =>
      list.map(async ({ name, headers, query }) => ({
        kind: kind as AttackClass,
        name,
        exchange: await kit.wire.send({ actor: 'anonymous', purpose: name, path: `${path}${query ?? ''}`, ...(headers && { headers }) }),
      })),
    ),
  );
  const after = await kit.objects.read('tenant A', victim.id, 'owner reads after the attacks');
  const withoutKey: AttackClass[] = sign === undefined ? ['expired', 'without-exp', 'claims'] : [];
  return { victim, before, after, ...(secondKey && { secondKey }), control, attacks, withoutKey };
}

function bearer(name: string, token: string): Attack {
  return { name, headers: [['Authorization', `Bearer ${token}`]] };
}

function attacksWithoutKey(token: string, other: string): Partial<Record<AttackClass, readonly Attack[]>> {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims = { sub: 'audit-nobody', exp: soon() };
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;
  const rsInput = `${encode({ alg: 'RS256', typ: 'JWT' })}.${payload}`;
  return {
    missing: [
      { name: 'empty Authorization', headers: [['Authorization', '']] },
      bearer('Bearer alone', ''),
      bearer('Bearer null', 'null'),
      { name: 'Basic with the token', headers: [['Authorization', `Basic ${Buffer.from(`user:${token}`).toString('base64')}`]] },
      {
        name: 'two Authorization headers',
        headers: [
          ['Authorization', 'Bearer broken'],
          ['Authorization', `Bearer ${token}`],
        ],
      },
      { name: 'the token without a scheme', headers: [['Authorization', token]] },
      { name: 'the token under another scheme', headers: [['Authorization', `Token ${token}`]] },
      { name: 'token in the query', query: `?access_token=${token}&token=${token}&jwt=${token}&auth=${token}` },
      {
        name: 'token in a cookie',
        headers: [['Cookie', `token=${token}; access_token=${token}; jwt=${token}; session=${token}; better-auth.session_token=${token}`]],
      },
      { name: 'token in X-Access-Token', headers: [['X-Access-Token', token]] },
      { name: 'X-User-ID', headers: [['X-User-ID', String(claimsOf(payload)['sub'])]] },
    ],
    malformed: [
      bearer('garbage', 'garbage'),
      bearer('two segments', `${header}.${payload}`),
      bearer('four segments', `${token}.${signature}`),
      bearer('five segments', `${token}.${signature}.${signature}`),
      bearer('padding', `${token}=`),
      bearer('quotes', `"${token}"`),
      bearer('a suffix backdoor', `${token}.bypass-signature`),
    ],
    'wrong-key': ['', 'secret', 'changeme', 'development-secret-do-not-use-in-production', 'tasks-api'].map((key) =>
      bearer(key === '' ? 'signed with an empty key' : `signed with the word ${key}`, signToken({ ...claimsOf(payload), exp: soon() }, key)),
    ),
    algorithm: [
      ...['none', 'None', 'NONE'].map((alg) => bearer(`alg ${alg}`, unsignedToken({ ...claimsOf(payload), exp: soon() }, alg, true))),
      bearer('alg none without the last dot', unsignedToken({ ...claimsOf(payload), exp: soon() }, 'none', false)),
      bearer('alg none over a real signature', `${encode({ alg: 'none', typ: 'JWT' })}.${payload}.${signature}`),
      bearer('RS256 under a key of the attacker', `${rsInput}.${signAsymmetric('sha256', Buffer.from(rsInput), rsa).toString('base64url')}`),
      bearer(
        'embedded jwk',
        signToken(claims, 'attacker-key-attacker-key-attacker-key', {
          alg: 'HS256',
          typ: 'JWT',
          jwk: { kty: 'oct', k: Buffer.from('attacker-key-attacker-key-attacker-key').toString('base64url') },
        }),
      ),
      bearer(
        'jku and x5u of the attacker',
        `${encode({ alg: 'HS256', typ: 'JWT', jku: 'https://evil.example/jwks.json', x5u: 'https://evil.example/key.pem' })}.${payload}.${signature}`,
      ),
      bearer('kid with a path', signToken(claims, '', { alg: 'HS256', typ: 'JWT', kid: '../../../../dev/null' })),
    ],
    tampered: [
      bearer(
        'another user under the old signature',
        withClaims(token, (old) => ({ ...old, sub: 'audit-nobody' })),
      ),
      bearer(
        'a later exp under the old signature',
        withClaims(token, (old) => ({ ...old, exp: soon() + 86_400 })),
      ),
      bearer('signature removed', `${header}.${payload}.`),
      bearer('signature cut', token.slice(0, -4)),
      bearer('one bit of the signature turned', withTurnedBit(token)),
      bearer("another token's signature", `${header}.${payload}.${other.split('.')[2] ?? ''}`),
    ],
  };
}

/** These carry the right signature, so they show that the claims themselves are checked. */
function attacksUnderRightKey(sign: NonNullable<Kit['credentials']['sign']>, userId: string): Partial<Record<AttackClass, readonly Attack[]>> {
  const now = Math.floor(Date.now() / 1_000);
  const valid = { sub: userId, exp: soon() };
  return {
    expired: [
      bearer('expired an hour ago', sign({ sub: userId, exp: now - 3_600 })),
      bearer('expired five minutes ago', sign({ sub: userId, exp: now - 300 })),
    ],
    'without-exp': [bearer('no exp', sign({ sub: userId })), bearer('exp null', sign({ sub: userId, exp: null }))],
    claims: [
      bearer('exp as text', sign({ sub: userId, exp: String(soon()) })),
      bearer('exp negative', sign({ sub: userId, exp: -1 })),
      bearer('nbf in the future', sign({ ...valid, nbf: now + 3_600 })),
      bearer('sub missing', sign({ exp: soon() })),
      bearer('sub empty', sign({ ...valid, sub: '' })),
      bearer('sub a number', sign({ ...valid, sub: 1 })),
      bearer('sub an array', sign({ ...valid, sub: [userId] })),
      bearer('sub an object', sign({ ...valid, sub: { id: userId } })),
      bearer('an unknown crit', sign(valid, { alg: 'HS256', typ: 'JWT', crit: ['audit'], audit: true })),
      bearer('HS384 under the right key', sign(valid, { alg: 'HS384', typ: 'JWT' }, 'sha384')),
      bearer('HS512 under the right key', sign(valid, { alg: 'HS512', typ: 'JWT' }, 'sha512')),
    ],
  };
}

export type CoverageEvidence = {
  operations: readonly { operation: Operation; without: Exchange; invalid: Exchange }[];
  /** Other ways to say the same path or method, without a token. */
  tricks: readonly Exchange[];
  victim: Canary;
  after: Exchange;
};

/** Every protected operation of the contract, with no token and with a broken one, on an object that exists. */
export async function probeOperations(kit: Kit): Promise<CoverageEvidence> {
  const victim = await kit.objects.create('tenant A', 'object that nobody may touch');
  const broken = [['Authorization', `Bearer ${withTurnedBit(kit.credentials.tokenOf('tenant A') ?? '')}`]] as const;
  const operations = await Promise.all(
    kit.contract.operations
      .filter((operation) => operation.protected)
      .map(async (operation) => {
        const request = {
          actor: 'anonymous' as const,
          method: operation.method,
          path: pathOfItem(operation, victim.id),
          ...bodyOf(operation, kit.contract.resource),
        };
        const [without, invalid] = await Promise.all([
          kit.wire.send({ ...request, purpose: 'no token' }),
          kit.wire.send({ ...request, purpose: 'a broken token', headers: broken }),
        ]);
        return { operation, without, invalid };
      }),
  );
  const item = pathOfItem(kit.contract.resource.read, victim.id);
  const trick = (purpose: string, path: string, method = 'GET', headers: readonly (readonly [string, string])[] = []): Promise<Exchange> =>
    kit.wire.send({ actor: 'anonymous', purpose, method, path, headers });
  const tricks = await Promise.all([
    trick('HEAD', item, 'HEAD'),
    trick('trailing slash', `${item}/`),
    trick('double slash', `/${item}`),
    trick('upper case', item.toUpperCase()),
    trick('encoded dot', `${item}/%2e`),
    trick('path parameter', `${item};x`),
    trick('method override', item, 'POST', [['X-HTTP-Method-Override', 'GET']]),
    trick('rewritten URL', '/livez', 'GET', [
      ['X-Original-URL', item],
      ['X-Rewrite-URL', item],
    ]),
  ]);
  return { operations, tricks, victim, after: await kit.objects.read('tenant A', victim.id, 'owner reads after anonymous operations') };
}

function claimsOf(payload: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function soon(): number {
  return Math.floor(Date.now() / 1_000) + 600;
}
