import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { signToken } from '../../rehearsal/process/credentials.ts';
import { type Credentials, createCredentials, distributeOverPairs } from './credentials.ts';
import { createSecretSigner } from './signer.ts';

const SECRET = 's'.repeat(40);
const EVIDENCE: { name: string; requests?: [number, number] }[] = [
  { name: 'lists', requests: [51, 79] },
  { name: 'exhaustion', requests: [8, Infinity] },
  { name: 'exposed-paths', requests: [45, 46] },
  { name: 'method-override', requests: [42, 0] },
  { name: 'paths', requests: [0, 50] },
  { name: 'health' },
];
const LETTERS = ['A', 'B', 'C', 'D', 'E', 'F'];

function credentialsWith(options: Partial<Parameters<typeof createCredentials>[0]>): { credentials: Credentials; seen: string[] } {
  const seen: string[] = [];
  const credentials = createCredentials({
    runId: 'run',
    scope: () => ({ evidence: 'lists' }),
    signer: undefined,
    mints: options.signer !== undefined,
    users: undefined,
    pairOf: () => 0,
    genuineIn: new Set(),
    onToken: (actor) => void seen.push(actor),
    ...options,
  });
  return { credentials, seen };
}

const tokens = new Map(LETTERS.map((user) => [user, signToken(`user-${user}`, SECRET, '5m')]));
const users = { users: LETTERS, of: (user: string): string => tokens.get(user) ?? '' };

describe('pairs of users', () => {
  test('share the evidence by the number of its requests', () => {
    const pairs = distributeOverPairs(EVIDENCE, 3);
    assert.deepEqual(
      EVIDENCE.map(({ name }) => pairs.get(name)),
      [1, 0, 2, 1, 2, 2],
    );
    assert.deepEqual([...new Set(distributeOverPairs(EVIDENCE, 1).values())], [0]);
  });

  test('act in their own evidence, and no other pair does', () => {
    const pairs = distributeOverPairs(EVIDENCE, 3);
    const { credentials, seen } = credentialsWith({ users, pairOf: (name) => pairs.get(name) ?? 0 });
    assert.deepEqual(
      [credentials.subjectOf('tenant A'), credentials.subjectOf('tenant B'), credentials.subjectOf('limited tenant')],
      ['user-C', 'user-D', 'user-D'],
    );
    assert.equal(credentials.tokenIn({ evidence: 'exhaustion' }, 'tenant A'), tokens.get('A'));
    assert.equal(credentials.tokenFor('user-F'), tokens.get('F'));
    assert.equal(credentials.tokenFor('user-G'), undefined);
    assert.equal(credentials.tokenOf('anonymous'), undefined);
    assert.deepEqual(seen, ['tenant A', 'tenant B', 'tenant A'], 'each token is reported once, before it is used');
  });
});

describe('minted tenants', () => {
  test('differ for each piece of evidence, and A and B only in case', () => {
    const { credentials } = credentialsWith({ signer: createSecretSigner(SECRET) });
    const [a = '', b = ''] = (['tenant A', 'tenant B'] as const).map((actor) => credentials.subjectOf(actor));
    assert.notEqual(a, b);
    assert.equal(a.toLowerCase(), b.toLowerCase());
    assert.notEqual(credentials.tokenIn({ evidence: 'paths' }, 'tenant A'), credentials.tokenOf('tenant A'));
    assert.notEqual(credentials.tokenIn({ evidence: 'lists', part: 'tags' }, 'tenant A'), credentials.tokenOf('tenant A'));
    assert.equal(credentials.tokenOf('tenant A'), credentials.tokenOf('tenant A'));
  });

  test('are the given users where evidence needs tokens of the issuer', () => {
    const { credentials } = credentialsWith({ signer: createSecretSigner(SECRET), users, genuineIn: new Set(['lists']) });
    assert.deepEqual([credentials.subjectOf('tenant A'), credentials.subjectOf('tenant B')], ['user-A', 'user-B']);
    assert.match(credentials.tokenIn({ evidence: 'paths' }, 'tenant A'), /^eyJ/);
    assert.notEqual(credentials.tokenIn({ evidence: 'paths' }, 'tenant A'), tokens.get('A'));
  });
});
