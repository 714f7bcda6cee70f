import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { commonKeys } from './common-keys.ts';
import { guessKey } from './guess-key.ts';

function tokenOf(key: string | Buffer, alg = 'HS256'): string {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode({ alg, typ: 'JWT' })}.${encode({ sub: 'ada' })}`;
  return `${signed}.${createHmac(`sha${alg.slice(2)}`, key)
    .update(signed)
    .digest('base64url')}`;
}

describe('guesses of a key', () => {
  const common: Readonly<Record<string, string | Buffer>> = {
    'a common word': 'Secret',
    'an example or an empty setting': 'keyboard cat',
    'a common word in base64': Buffer.from('changeme').toString('base64'),
    'a common word, decoded from base64': Buffer.from('supersecret', 'base64'),
    'a repetition': 'secretsecretsecretsecretsecretse',
    'common words': ['your', 'super', 'jwt', 'secret', 'key', 'change', 'in', 'production'].join('-'),
  };
  for (const [kind, key] of Object.entries(common))
    test(`find ${kind}, and report its length and not the key`, async () => {
      assert.deepEqual(await guessKey(tokenOf(key)), { algorithm: 'HS256', found: { kind, bytes: Buffer.byteLength(key) } });
    });

  test('find keys in other spellings, and with HS384 and HS512', async () => {
    for (const key of [
      'MyAppSecret',
      'myJwtSecret',
      'MY_SUPER_SECRET',
      'this_is_my_secret_key_123',
      'thisisasecret',
      'my secret key',
      '0'.repeat(32),
    ])
      for (const algorithm of ['HS384', 'HS512']) assert.ok('found' in ((await guessKey(tokenOf(key, algorithm))) ?? {}), `${key}, ${algorithm}`);
  });

  test('do not find a random key, and let other work continue meanwhile', async () => {
    let turns = 0;
    const turn = setInterval(() => (turns += 1), 1);
    const guesses = await guessKey(tokenOf(randomBytes(32)));
    clearInterval(turn);
    assert.ok(guesses !== undefined && 'tried' in guesses && guesses.tried >= 50_000, JSON.stringify(guesses));
    assert.ok(turns >= 10, `${turns} turns`);
  });

  test('are not made for tokens without a shared secret', async () => {
    const [header = ''] = tokenOf('secret', 'HS256').split('.');
    for (const token of ['opaque', '', tokenOf('secret').replace(header, Buffer.from('{"alg":"ES256"}').toString('base64url'))])
      assert.equal(await guessKey(token), undefined, token);
  });

  test('are about 100,000, of which few repeat', () => {
    const keys = [...commonKeys()].map(({ key }) => (typeof key === 'string' ? key : key.toString('latin1')));
    assert.ok(keys.length < 120_000, `${keys.length} keys`);
    assert.ok(new Set(keys).size > 0.85 * keys.length, `${new Set(keys).size} of ${keys.length} are different`);
  });
});
