import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Operation } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import { withDeclared } from '../../model/verdict.ts';
import type { AttackClass } from './bad-credentials.ts';
import type { AccessEvidence, CoverageEvidence, TokenEvidence } from './gather.ts';
import {
  setResponse,
  attacked,
  canary,
  exchange,
  examine,
  found,
  inspection,
  LIST,
  nth,
  problem,
  reading,
  setBody,
  setHeader,
  removeResponse,
  task,
} from '../../test/exchanges.ts';
import {
  judgeAccess,
  judgeAttacks,
  judgeClaims,
  judgeCredentials,
  judgeExpired,
  judgeKeysInHeaders,
  judgeOperations,
  judgeOversized,
} from './judge.ts';
import type { KeySetEvidence } from './gather-key-set.ts';

const KINDS: readonly AttackClass[] = ['missing', 'malformed', 'wrong-key', 'algorithm', 'tampered', 'public-key-as-secret', 'unpublished-key'];
const WITHOUT_ISSUER = { target: { issuer: undefined }, config: {}, contract: { acceptsSharedSecret: true } };
const WITH_ISSUER = { ...WITHOUT_ISSUER, target: { issuer: { jwksUrl: 'https://issuer.example/jwks', privateKeys: [], expiredToken: undefined } } };
const WITH_ISSUER_ALONE = { ...WITH_ISSUER, contract: { acceptsSharedSecret: false } };
const VICTIM = 'audit-canary-aaaaaaaaaaaaaaaa';
const PAGE = { 'content-type': 'text/html; charset=utf-8' };

function rejected(purpose: string): Exchange {
  return exchange({ path: `${LIST}/1`, actor: 'anonymous', purpose }, problem(401));
}

function hangs(changed: Exchange): void {
  removeResponse(changed);
  changed.ms = 15_000;
}

/** A rejection that took 2 s, and its repetition. */
function slowThen(
  change: (repeated: Exchange) => void = () => {},
  choose = (evidence: TokenEvidence): Exchange => nth(evidence.attacks).exchange,
): (evidence: TokenEvidence) => void {
  return (evidence) => {
    const slow = choose(evidence);
    slow.ms = 2_000;
    const repeated = rejected('once more');
    change(repeated);
    evidence.repeated = { ...evidence.repeated, [slow.id]: repeated };
  };
}

function tokenEvidence(kind: AttackClass = 'malformed'): TokenEvidence {
  const victim = canary(1, VICTIM);
  const attacks = [kind === 'malformed' ? 'garbage' : 'one way', 'another way'].map((name) => ({
    kind,
    name,
    operation: 'readTask',
    exchange: rejected(name),
  }));
  const other = {
    kind: kind === 'tampered' ? ('missing' as const) : ('tampered' as const),
    name: 'of another kind',
    operation: 'deleteTask',
    exchange: rejected('of another kind'),
  };
  return {
    victim,
    before: reading(victim),
    after: reading(victim),
    control: rejected('no credentials'),
    attacks: [...attacks, other],
    oversized: [rejected('8 KiB of token'), exchange({ path: `${LIST}/1`, actor: 'anonymous', purpose: '32 KiB of token' }, problem(431))],
    repeated: {},
    signedWith: ['shared secret'],
  };
}

function accessEvidence(): AccessEvidence {
  const victim = canary(1, VICTIM);
  const decoys = [{ collection: 'tasks', decoy: canary(2, 'audit-canary-bbbbbbbbbbbbbbbb') }];
  return { victim, decoys, before: reading(victim), control: rejected('no credentials'), malformed: rejected('garbage'), accepted: {} };
}

examine(
  'judgeAccess',
  judgeAccess,
  accessEvidence,
  [
    ['the owner is rejected', ({ before }) => setResponse(before, problem(401)), 'fail'],
    ['the owner finds nothing', ({ before }) => setResponse(before, problem(404)), 'fail'],
    ['a request without a token reads it', ({ control }) => setResponse(control, { body: task(1, VICTIM) }), 'fail'],
    ['a request without a token gets 403', ({ control }) => setResponse(control, problem(403)), 'pass'],
    ['a malformed token gets 403', ({ malformed }) => setResponse(malformed, problem(403)), 'pass'],
    ['a request without a token gets 404, as for a wrong path', ({ control }) => setResponse(control, problem(404)), 'fail'],
    ['a malformed token reads it', ({ malformed }) => setResponse(malformed, { body: task(1, VICTIM) }), 'fail'],
    ['all requests failed', ({ before, control, malformed }) => [before, control, malformed].forEach(removeResponse), 'inconclusive', 'no-answer'],
    ['the owner reads something else', ({ before }) => setResponse(before, { body: { hello: 'world' } }), 'not pass'],
  ],
  {
    ignores: {
      'victim.created': "the owner's read shows that the object exists",
      'decoys[*].decoy.created': 'for writes of later attacks',
    },
  },
);

for (const kind of KINDS) {
  examine(
    `judgeAttacks, ${kind}`,
    (evidence: TokenEvidence) => judgeAttacks(evidence, kind),
    () => {
      const evidence = tokenEvidence(kind);
      // The other classes have their own tests.
      return { ...evidence, attacks: evidence.attacks.slice(0, 2) };
    },
    [
      ['accepted with data', ({ attacks }) => setResponse(nth(attacks).exchange, { body: task(1, VICTIM) }), 'fail', 'accepted'],
      ['a 401 that shows the data', ({ attacks }) => setBody(nth(attacks).exchange, { detail: VICTIM }), 'fail', 'accepted'],
      ['accepted without data', ({ attacks }) => setResponse(nth(attacks, 1).exchange, { body: {} }), 'fail', 'accepted'],
      [
        '403 instead of 401',
        ({ attacks }) => setResponse(nth(attacks).exchange, problem(403)),
        ...(kind === 'missing' ? (['fail', 'rejected-without-401'] as const) : (['pass'] as const)),
      ],
      [
        '403 without a token, 401 with a bad one',
        ({ control }) => setResponse(control, { status: 403, body: { detail: 'Not authenticated' } }),
        ...(kind === 'missing' ? (['fail', 'rejected-without-401'] as const) : (['pass'] as const)),
      ],
      ['400 instead of 401', ({ attacks }) => setResponse(nth(attacks).exchange, problem(400)), 'fail', 'rejected-without-401'],
      ['403 with the data', ({ attacks }) => setResponse(nth(attacks).exchange, { status: 403, body: task(1, VICTIM) }), 'fail', 'accepted'],
      ['422: the body was validated', ({ attacks }) => setResponse(nth(attacks).exchange, problem(422)), 'fail', 'accepted'],
      [
        '404, as for a wrong path',
        ({ attacks }) => attacks.forEach((attack) => setResponse(attack.exchange, problem(404))),
        'fail',
        'rejection-unclear',
      ],
      ['no challenge', ({ attacks }) => setHeader(nth(attacks).exchange, 'www-authenticate'), 'fail', 'challenge-missing'],
      [
        'no challenge in any response',
        ({ attacks, control }) => [...attacks.map(({ exchange }) => exchange), control].forEach((each) => setHeader(each, 'www-authenticate')),
        ...(kind === 'missing' ? (['fail', 'challenge-missing'] as const) : (['pass'] as const)),
      ],
      [
        'no challenge with a bad token, and 403 without a token',
        ({ attacks, control }) => {
          setHeader(nth(attacks).exchange, 'www-authenticate');
          setResponse(control, { status: 403, body: { detail: 'Not authenticated' } });
        },
        'fail',
        ...(kind === 'missing' ? (['rejected-without-401'] as const) : (['challenge-missing'] as const)),
      ],
      ['another challenge', ({ attacks }) => setHeader(nth(attacks).exchange, 'www-authenticate', 'Basic realm="api"'), 'fail', 'challenge-missing'],
      ['the 401 reveals the reason', ({ attacks }) => setBody(nth(attacks).exchange, { detail: 'jwt expired' }), 'fail', 'rejections-differ'],
      [
        'the 401 is not problem+json',
        ({ attacks, control }) => [nth(attacks).exchange, control].forEach((each) => setHeader(each, 'content-type', 'application/json')),
        'fail',
        'not-a-problem',
      ],
      [
        'the 401 is an HTML page',
        ({ attacks, control }) =>
          [...attacks.map(({ exchange: each }) => each), control].forEach((each) =>
            setResponse(each, { status: 401, body: '<h1>Sign in</h1>', headers: { ...PAGE, 'www-authenticate': 'Bearer' } }),
          ),
        'not pass',
      ],
      ['rejected after 2 s, and not repeated', ({ attacks }) => (nth(attacks).exchange.ms = 2_000), 'pass'],
      ['rejected after 2 s without a token', ({ control }) => (control.ms = 2_000), 'pass'],
      ['rejected after 2 s, also when repeated', slowThen((repeated) => (repeated.ms = 1_900)), 'fail', 'slow-rejection'],
      [
        'rejected after 2 s, without a response when repeated',
        slowThen((repeated) => (removeResponse(repeated), (repeated.ms = 20))),
        'fail',
        'slow-rejection',
      ],
      ['rejected after 2 s, and fast when repeated', slowThen(), 'pass'],
      [
        'rejected after 2 s, and accepted when repeated',
        slowThen((repeated) => setResponse(repeated, { body: task(1, VICTIM) })),
        'fail',
        'accepted',
      ],
      [
        'rejected after 2 s, and rate limited when repeated',
        slowThen((repeated) => setResponse(repeated, problem(429))),
        'inconclusive',
        'rate-limited',
      ],
      [
        'rejected after 2 s, and a server error when repeated',
        slowThen((repeated) => setResponse(repeated, problem(500))),
        'fail',
        'token-breaks-api',
      ],
      ['all rejected after 2 s: the network is slow', ({ attacks }) => attacks.forEach((attack) => (attack.exchange.ms = 2_000)), 'pass'],
      ["rejected exactly a second slower than the owner's read", ({ attacks, before }) => (nth(attacks).exchange.ms = 1_000 + before.ms), 'pass'],
      [
        "rejected more than a second slower than the owner's read, twice",
        (evidence) => slowThen((repeated) => (repeated.ms = 1_001 + evidence.before.ms))(evidence),
        'fail',
        'slow-rejection',
      ],
      [
        'rejected after 2 s, twice, and a request without a token after 1.5 s',
        (evidence) => (slowThen((repeated) => (repeated.ms = 2_000))(evidence), (evidence.control.ms = 1_500)),
        'fail',
        'slow-rejection',
      ],
      [
        'one challenge differs from the one without a token',
        ({ attacks }) => setHeader(nth(attacks).exchange, 'www-authenticate', 'Bearer error="invalid_token"'),
        'fail',
        'rejections-differ',
      ],
      [
        'all bad tokens get the same invalid_token challenge (RFC 6750)',
        ({ attacks }) =>
          attacks.forEach((attack) =>
            setResponse(attack.exchange, problem(401, { 'www-authenticate': 'Bearer error="invalid_token"' }, 'The token is not valid')),
          ),
        'pass',
      ],
      [
        'each bad token gets another reason',
        ({ attacks }) => attacks.forEach((attack, index) => setBody(attack.exchange, { detail: `reason ${index}` })),
        'fail',
        'rejections-differ',
      ],
      [
        "rejected after 2 s, and the owner's read is as slow",
        ({ attacks, before }) => ((nth(attacks).exchange.ms = 2_000), (before.ms = 1_500)),
        'pass',
      ],
      ['it causes a server error', ({ attacks }) => setResponse(nth(attacks).exchange, problem(500)), 'fail', 'token-breaks-api'],
      [
        'it causes a server error, as does a request without a token',
        ({ attacks, control }) => [nth(attacks).exchange, control].forEach((each) => setResponse(each, problem(500))),
        'not pass',
      ],
      ['all rate limited', ({ attacks }) => attacks.forEach((attack) => setResponse(attack.exchange, problem(429))), 'inconclusive', 'rate-limited'],
      [
        'all HTML pages',
        ({ attacks }) => attacks.forEach((attack) => setResponse(attack.exchange, { body: '<h1>Hello</h1>', headers: PAGE })),
        'inconclusive',
        'html-answer',
      ],
      ['no response within 15 s, while the owner gets one', ({ attacks }) => hangs(nth(attacks).exchange), 'fail', 'token-hangs-api'],
      [
        'no response within 15 s, nor for the owner',
        ({ attacks, after }) => (hangs(nth(attacks).exchange), removeResponse(after)),
        'inconclusive',
        'no-answer',
      ],
      ['no response to any', ({ attacks }) => attacks.forEach((attack) => removeResponse(attack.exchange)), 'inconclusive', 'no-answer'],
      ['the owner could not read before', ({ before }) => setResponse(before, problem(401)), 'inconclusive', 'control-failed'],
      ['the owner could not read afterwards', ({ after }) => setResponse(after, problem(429)), 'inconclusive', 'control-failed'],
      ['the owner read another object', ({ after }) => setBody(after, { title: 'other' }), 'inconclusive', 'control-failed'],
      ...(kind === 'missing'
        ? [
            [
              'a request without a token gets no challenge',
              ({ control }: { control: Exchange }) => setHeader(control, 'www-authenticate'),
              'fail',
              'challenge-missing',
            ] as const,
          ]
        : []),
      kind === 'missing'
        ? ['nothing was tried', (evidence) => (evidence.attacks = []), 'not pass']
        : ['nothing was tried', (evidence) => (evidence.attacks = []), 'inconclusive', 'nothing-observed'],
      [
        "the edge's own page of 502",
        ({ attacks }) => setResponse(nth(attacks).exchange, { status: 502, headers: { 'x-railway-fallback': 'true' } }),
        'inconclusive',
        'edge-fallback',
      ],
    ],
    { ignores: { 'victim.created': "the owner's read shows that the object exists", 'oversized[*]': 'of judgeOversized' } },
  );
}

examine(
  'judgeClaims',
  (evidence: TokenEvidence) => judgeClaims(evidence, ['claims'], WITHOUT_ISSUER),
  () => {
    const evidence = tokenEvidence('claims');
    return { ...evidence, attacks: evidence.attacks.slice(0, 2) };
  },
  [
    ['accepted with data', ({ attacks }) => setResponse(nth(attacks).exchange, { body: task(1, VICTIM) }), 'fail', 'accepted'],
    ['the key was not given', (evidence) => ((evidence.signedWith = []), (evidence.attacks = [])), 'not run', 'setting-missing'],
  ],
  { ignores: { 'victim.created': "the owner's read shows that the object exists", 'oversized[*]': 'of judgeOversized' } },
);

describe('claims of tokens that an issuer signs', () => {
  const judged = (change: (evidence: TokenEvidence) => void, context: Parameters<typeof judgeClaims>[2]): string => {
    const evidence = tokenEvidence('claims');
    evidence.attacks = evidence.attacks.slice(0, 2);
    change(evidence);
    const { outcome, code } = judgeClaims(evidence, ['claims'], context);
    return `${outcome}: ${code}`;
  };
  const without = (evidence: TokenEvidence): void => void ((evidence.signedWith = []), (evidence.attacks = []));
  const withIssuersKey = (evidence: TokenEvidence): void => void (evidence.signedWith = ['issuer']);

  test('do not apply where only the issuer can sign', () => {
    assert.equal(judged(without, WITH_ISSUER_ALONE), 'not applicable: not-applicable');
    assert.equal(judged(without, { ...WITH_ISSUER, config: { sharedSecretTokens: false } }), 'not applicable: not-applicable');
  });

  test('are examined with the key of the issuer', () => {
    assert.equal(judged(withIssuersKey, WITH_ISSUER_ALONE), 'pass: proven');
  });

  test('are not examined while the API also accepts a shared secret that was not given', () => {
    assert.equal(judged(without, WITH_ISSUER), 'not run: setting-missing');
    assert.equal(judged(withIssuersKey, WITH_ISSUER), 'not run: setting-missing');
    assert.equal(judged(without, { ...WITH_ISSUER_ALONE, config: { sharedSecretTokens: true } }), 'not run: setting-missing');
  });

  test('fail under the key of the issuer, also where the shared secret was not given', () => {
    const accept = (evidence: TokenEvidence): void => {
      withIssuersKey(evidence);
      setResponse(nth(evidence.attacks).exchange, { body: task(1, VICTIM) });
    };
    assert.equal(judged(accept, WITH_ISSUER), 'fail: accepted');
  });

  test('of an expired token are examined with one that the issuer signed', () => {
    const { tokens, coverage } = { tokens: tokenEvidence('expired'), coverage: coverageEvidence().coverage };
    tokens.signedWith = [];
    assert.equal(judgeExpired(tokens, coverage, WITH_ISSUER_ALONE).outcome, 'pass');
    assert.equal(judgeExpired(tokens, coverage, WITH_ISSUER).code, 'setting-missing');
    setResponse(nth(tokens.attacks).exchange, { body: task(1, VICTIM) });
    assert.equal(judgeExpired(tokens, coverage, WITH_ISSUER_ALONE).code, 'accepted');
    tokens.attacks = [];
    assert.equal(judgeExpired(tokens, coverage, WITH_ISSUER_ALONE).outcome, 'not applicable');
  });

  test('need a shared secret that the API accepts', () => {
    const rejectedSecret = (evidence: TokenEvidence): void => void (evidence.sharedSecret = rejected('under the shared secret'));
    assert.equal(judged(rejectedSecret, WITH_ISSUER), 'inconclusive: control-failed');
    assert.equal(
      judged((evidence) => (evidence.sharedSecret = reading(evidence.victim)), WITH_ISSUER),
      'pass: proven',
    );
  });
});

function keySetEvidence(): KeySetEvidence {
  const { victim, before, after, control, attacks, repeated } = tokenEvidence('key-in-header');
  const attackersServer = { inspection: inspection("an attacker's server"), requests: 0 };
  return { victim, before, after, control, attacks: attacks.slice(0, 2), repeated, attackersServer };
}

examine(
  'judgeKeysInHeaders',
  judgeKeysInHeaders,
  keySetEvidence,
  [
    ['accepted with data', ({ attacks }) => setResponse(nth(attacks).exchange, { body: task(1, VICTIM) }), 'fail', 'accepted'],
    ['the URL was requested', (evidence) => (found(evidence.attackersServer).requests = 1), 'fail', 'key-fetched'],
    ['the target cannot reach the server of the audit', (evidence) => delete evidence.attackersServer, 'pass'],
    ['nothing was tried', (evidence) => (evidence.attacks = []), 'not pass'],
  ],
  { ignores: { 'victim.created': "the owner's read shows that the object exists" } },
);

examine(
  'judgeExpired',
  ({ coverage, tokens }: Coverage) => judgeExpired(tokens, coverage, WITHOUT_ISSUER),
  (): Coverage => {
    const tokens = tokenEvidence('expired');
    const ending = { claims: { sub: 'ada', exp: 1 }, accepted: reading(tokens.victim) };
    return {
      coverage: {
        ...coverageEvidence().coverage,
        ended: { repeated: rejected('a token that was accepted, after its expiry'), fresh: rejected('another token after the same expiry') },
      },
      tokens: { ...tokens, attacks: tokens.attacks.slice(0, 2), secondKey: reading(tokens.victim), ending },
    };
  },
  [
    ['an expired one is accepted', ({ tokens }) => setResponse(nth(tokens.attacks).exchange, { body: task(1, VICTIM) }), 'fail', 'accepted'],
    [
      'a valid token under the second key is rejected',
      ({ tokens }) => setResponse(found(tokens.secondKey), problem(401)),
      'inconclusive',
      'control-failed',
    ],
    [
      'a valid token under the second key reads something else',
      ({ tokens }) => setBody(found(tokens.secondKey), { title: 'other' }),
      'inconclusive',
      'control-failed',
    ],
    ['there is no second key', ({ tokens }) => delete tokens.secondKey, 'pass'],
    [
      'the one that expires soon was never accepted',
      ({ tokens }) => setResponse(found(tokens.ending).accepted, problem(401)),
      'inconclusive',
      'control-failed',
    ],
    [
      'an accepted token is cached beyond its expiry',
      ({ coverage }) => setResponse(found(coverage.ended).repeated, { body: task(1, VICTIM) }),
      'fail',
      'accepted',
    ],
    [
      'all with that expiry are accepted: a clock tolerance',
      ({ coverage: { ended } }) => [found(ended).repeated, found(found(ended).fresh)].forEach((each) => setResponse(each, { body: task(1, VICTIM) })),
      'pass',
    ],
    [
      'no response to another token with that expiry',
      ({ coverage: { ended } }) => (setResponse(found(ended).repeated, { body: task(1, VICTIM) }), removeResponse(found(found(ended).fresh))),
      'inconclusive',
      'no-answer',
    ],
    ['it was not sent after its expiry', ({ coverage }) => delete coverage.ended, 'inconclusive', 'nothing-tried'],
    ['the key was not given', ({ tokens }) => ((tokens.signedWith = []), delete tokens.ending), 'not run', 'setting-missing'],
    ['nothing was tried', ({ tokens }) => (tokens.attacks = []), 'inconclusive', 'nothing-observed'],
  ],
  {
    ignores: {
      'coverage.operations[*].without': 'of judgeOperations',
      'coverage.spellings[*]': 'of judgeOperations',
      'coverage.victims[*].': 'of judgeOperations',
      'tokens.victim.created': "the owner's read shows that the object exists",
      'tokens.oversized[*]': 'of judgeOversized',
    },
  },
);

examine(
  'judgeAttacks judges its own class only',
  (evidence: TokenEvidence) => judgeAttacks(evidence, 'claims'),
  () => tokenEvidence('claims'),
  [['another class was accepted', ({ attacks }) => setResponse(nth(attacks, 2).exchange, { body: task(1, VICTIM) }), 'pass']],
  {
    ignores: {
      'victim.created': "the owner's read shows that the object exists",
      'attacks[*].exchange': 'the third is of another class',
      'oversized[*]': 'of judgeOversized',
    },
  },
);

type Coverage = { coverage: CoverageEvidence; tokens: TokenEvidence };

function coverageEvidence(): Coverage {
  const victim = attacked(1, VICTIM);
  const operation = (id: string, method: string): Operation => ({
    id,
    method,
    path: `${LIST}/{id}`,
    protected: true,
    sample: undefined,
    success: 200,
    statuses: [],
  });
  const coverage = {
    operations: [operation('readTask', 'GET'), operation('deleteTask', 'DELETE')].map((each) => ({ operation: each, without: rejected('no token') })),
    spellings: [
      exchange({ method: 'HEAD', path: `${LIST}/1`, actor: 'anonymous', purpose: 'HEAD' }, problem(401)),
      exchange({ path: `${LIST}/1/`, actor: 'anonymous', purpose: 'trailing slash' }, problem(404)),
      exchange({ path: '/livez', actor: 'anonymous', purpose: 'rewritten URL', step: 'path-override' }, { body: { status: 'ok' } }),
    ],
    victims: [{ victim, after: reading(victim) }],
    notExecuted: [],
  };
  return { coverage, tokens: tokenEvidence() };
}

examine(
  'judgeOperations',
  ({ coverage, tokens }: Coverage) => judgeOperations(coverage, tokens),
  coverageEvidence,
  [
    [
      'one operation requires no token',
      ({ coverage }) => setResponse(nth(coverage.operations, 1).without, { status: 204, body: '' }),
      'fail',
      'accepted',
    ],
    ['one operation accepts a bad token', ({ tokens }) => setResponse(nth(tokens.attacks, 2).exchange, { body: {} }), 'fail', 'accepted'],
    [
      'one operation accepts a token without an expiry',
      ({ tokens }) => {
        const attack = nth(tokens.attacks, 2);
        attack.kind = 'without-exp';
        setResponse(attack.exchange, { body: {} });
      },
      'fail',
      'claims-accepted',
    ],
    ['no operation got a bad token', ({ tokens }) => void tokens.attacks.splice(0), 'not pass'],
    [
      'one operation does not exist: 404',
      ({ coverage }) => setResponse(nth(coverage.operations, 1).without, problem(404)),
      'fail',
      'rejection-unclear',
    ],
    ['one operation returns 403', ({ coverage }) => setResponse(nth(coverage.operations, 1).without, problem(403)), 'pass'],
    ['one operation returns 400', ({ coverage }) => setResponse(nth(coverage.operations, 1).without, problem(400)), 'fail', 'rejected-without-401'],
    ['401, and the object is gone', ({ coverage: { victims } }) => setResponse(nth(victims).after, problem(404)), 'fail', 'object-changed'],
    [
      'another spelling returns the object without a token',
      ({ coverage: { spellings } }) => setResponse(nth(spellings, 1), { body: task(1, VICTIM) }),
      'fail',
      'accepted',
    ],
    ['another spelling returns 200 without data', ({ coverage: { spellings } }) => setResponse(nth(spellings), {}), 'fail', 'accepted'],
    [
      'another spelling redirects to the path without a slash',
      ({ coverage: { spellings } }) =>
        setResponse(nth(spellings, 1), { status: 307, body: '', headers: { location: `${LIST}/1`, 'content-type': undefined } }),
      'pass',
    ],
    [
      'another spelling redirects to another origin',
      ({ coverage: { spellings } }) => setResponse(nth(spellings, 1), { status: 307, body: '', headers: { location: '//evil.example/1' } }),
      'fail',
      'accepted',
    ],
    [
      'a redirect contains the object',
      ({ coverage: { spellings } }) => setResponse(nth(spellings, 1), { status: 302, body: task(1, VICTIM), headers: { location: '/login' } }),
      'fail',
      'accepted',
    ],
    ['another spelling returns 403', ({ coverage: { spellings } }) => setResponse(nth(spellings), problem(403)), 'pass'],
    ...[400, 401, 404, 405].map(
      (status) =>
        [
          `another spelling returns ${status}`,
          ({ coverage: { spellings } }: { coverage: { spellings: Exchange[] } }) => setResponse(nth(spellings), problem(status)),
          'pass',
        ] as const,
    ),
    [
      'a rewritten URL returns the object',
      ({ coverage: { spellings } }) => setResponse(nth(spellings, 2), { body: task(1, VICTIM) }),
      'fail',
      'accepted',
    ],
    ['another spelling was rate limited', ({ coverage: { spellings } }) => setResponse(nth(spellings), problem(429)), 'inconclusive', 'rate-limited'],
    ['no response to a rewritten URL', ({ coverage: { spellings } }) => removeResponse(nth(spellings, 2)), 'inconclusive', 'no-answer'],
    ['no other spelling was tried', ({ coverage }) => (coverage.spellings = []), 'not pass'],
    ['401, and the object is changed', ({ coverage: { victims } }) => setBody(nth(victims).after, { completed: true }), 'fail', 'object-changed'],
    ['there was no object', (evidence) => (evidence.coverage.victims = []), 'inconclusive', 'nothing-tried'],
    [
      'every request failed',
      ({ coverage, tokens }) =>
        [...coverage.operations.map(({ without }) => without), ...tokens.attacks.map(({ exchange: each }) => each)].forEach(removeResponse),
      'inconclusive',
      'no-answer',
    ],
    [
      'every request was rate limited',
      ({ coverage }) => coverage.operations.forEach(({ without }) => setResponse(without, problem(429))),
      'inconclusive',
      'rate-limited',
    ],
    ['the contract protects nothing', ({ coverage }) => (coverage.operations = []), 'inconclusive', 'nothing-observed'],
    [
      'the owner could not read the object before',
      ({ coverage: { victims } }) => (setResponse(nth(victims).victim.before, problem(503)), setResponse(nth(victims).after, problem(404))),
      'inconclusive',
    ],
    [
      'an HTML page of 401 everywhere',
      ({ coverage }) => coverage.operations.forEach(({ without }) => setResponse(without, { status: 401, body: '<h1>Sign in</h1>', headers: PAGE })),
      'inconclusive',
      'html-answer',
    ],
  ],
  {
    ignores: {
      'tokens.victim.created': 'of judgeAttacks',
      'coverage.victims[*].victim.created': "the owner's first read shows that the object exists",
      'tokens.before': 'of judgeAttacks',
      'tokens.after': 'of judgeAttacks',
      'tokens.oversized[*]': 'of judgeOversized',
    },
  },
);

examine(
  'judgeOversized',
  judgeOversized,
  tokenEvidence,
  [
    ['it causes a server error', ({ oversized }) => setResponse(nth(oversized), problem(500)), 'fail', 'token-breaks-api'],
    ['accepted', ({ oversized }) => setResponse(nth(oversized), { body: task(1, VICTIM) }), 'fail', 'accepted'],
    ["a rejection with the owner's data", ({ oversized }) => setBody(nth(oversized), { detail: VICTIM }), 'fail', 'accepted'],
    [
      'rejected after 2 s, twice',
      slowThen(
        (repeated) => (repeated.ms = 2_000),
        ({ oversized }) => nth(oversized, 1),
      ),
      'fail',
      'slow-rejection',
    ],
    ['rejected after 2 s, and fast when repeated', slowThen(undefined, ({ oversized }) => nth(oversized, 1)), 'pass'],
    ['no response within 15 s, while the owner gets one', ({ oversized }) => hangs(nth(oversized)), 'fail', 'token-hangs-api'],
    ['no response to it, nor to the owner', ({ oversized, after }) => (removeResponse(nth(oversized)), removeResponse(after)), 'not pass'],
    ['the owner cannot read afterwards', ({ after }) => setResponse(after, problem(503)), 'inconclusive', 'control-failed'],
    ['no large token was sent', (evidence) => (evidence.oversized = []), 'not pass'],
  ],
  {
    ignores: {
      'victim.created': "the owner's read shows that the object exists",
      control: 'of judgeAttacks',
      'attacks[*].exchange': 'of judgeAttacks',
    },
  },
);

describe('judgeCredentials', () => {
  const given = (status: number) =>
    judgeCredentials([
      { setting: 'AUDIT_JWT_SECRET', exchange: exchange({ path: LIST }, status === 200 ? { body: { tasks: [] } } : problem(status)) },
    ]);

  test('names the setting whose tokens are rejected, and what to give', () => {
    for (const status of [401, 403]) {
      const verdict = given(status);
      assert.deepEqual([verdict?.outcome, verdict?.code], ['inconclusive', 'credentials-rejected']);
      assert.match(verdict?.summary ?? '', new RegExp(`rejects tokens signed with AUDIT_JWT_SECRET \\(${status}\\): give`));
    }
  });

  test('has no verdict on other statuses, which other checks judge', () => {
    for (const status of [200, 404, 429, 500, 503]) assert.equal(given(status), undefined, String(status));
  });
});

test('a uniform 401 in plain JSON is a deviation from a policy only', () => {
  for (const kind of KINDS) {
    const evidence = structuredClone(tokenEvidence(kind));
    for (const each of [evidence.control, ...evidence.attacks.map((attack) => attack.exchange)])
      setResponse(each, { status: 401, body: { error: 'Unauthorized' }, headers: { 'www-authenticate': 'Bearer' } });
    const verdict = judgeAttacks(evidence, kind);
    assert.deepEqual([verdict.code, withDeclared(new Set(), verdict).outcome], ['not-a-problem', 'pass'], kind);
  }
});
