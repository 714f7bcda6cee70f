import assert from 'node:assert/strict';
import { beforeEach, describe, mock, test } from 'node:test';
import { cacheTokens } from './token-cache.ts';
import type { VerifiedToken, VerifyToken } from './caller.ts';

const NOW = 1_800_000_000_000;

let verified: string[];
let verifyToken: VerifyToken;

beforeEach((context) => {
  mock.timers.enable({ apis: ['Date'], now: NOW });
  if ('after' in context) context.after(() => mock.timers.reset());
  verified = [];
});

/** Each token is its own user id, and is invalid if it starts with `bad`. */
function cachingVerifier(lifetimeMs: number): VerifyToken {
  return cacheTokens((token): VerifiedToken | undefined => {
    verified.push(token);
    return token.startsWith('bad') ? undefined : { caller: { userId: token }, expiresAt: NOW + lifetimeMs };
  });
}

describe('a verified token', () => {
  test('is cached for a minute', () => {
    verifyToken = cachingVerifier(3_600_000);
    for (const ms of [0, 30_000, 29_999]) {
      mock.timers.tick(ms);
      assert.deepEqual(verifyToken('ada'), { userId: 'ada' });
    }
    assert.deepEqual(verified, ['ada']);
    mock.timers.tick(1);
    assert.deepEqual(verifyToken('ada'), { userId: 'ada' });
    assert.deepEqual(verified, ['ada', 'ada']);
  });

  test('is not accepted after it expires', () => {
    verifyToken = cachingVerifier(10_000);
    void verifyToken('ada');
    mock.timers.tick(9_999);
    void verifyToken('ada');
    assert.deepEqual(verified, ['ada']);
    mock.timers.tick(1);
    void verifyToken('ada');
    assert.deepEqual(verified, ['ada', 'ada']);
  });

  test('does not affect other tokens', () => {
    verifyToken = cachingVerifier(60_000);
    assert.deepEqual(verifyToken('ada'), { userId: 'ada' });
    for (const other of ['adb', 'Ada', 'ada ', 'ada.', '']) assert.deepEqual(verifyToken(other), { userId: other });
    assert.equal(verified.length, 6);
  });
});

describe('a rejected token', () => {
  test('is verified each time, and takes no space in the cache', () => {
    verifyToken = cachingVerifier(60_000);
    void verifyToken('ada');
    for (let count = 0; count < 20_000; count += 1) assert.equal(verifyToken(`bad ${count % 2}`), undefined);
    assert.equal(verified.length, 20_001);
    void verifyToken('ada');
    assert.equal(verified.length, 20_001);
  });
});

test('ten thousand tokens are cached, and then the oldest is evicted', () => {
  verifyToken = cachingVerifier(60_000);
  for (let count = 0; count <= 10_000; count += 1) void verifyToken(`user ${count}`);
  void verifyToken('user 1');
  assert.equal(verified.length, 10_001);
  void verifyToken('user 0');
  assert.equal(verified.length, 10_002);
});

test('the result of an asynchronous verification is cached, and then returned without a promise', async () => {
  let verifications = 0;
  const verify = cacheTokens(async (token): Promise<VerifiedToken | undefined> => {
    verifications += 1;
    return token === 'ada' ? { caller: { userId: token }, expiresAt: NOW + 60_000 } : undefined;
  });
  assert.deepEqual(await verify('ada'), { userId: 'ada' });
  assert.deepEqual(verify('ada'), { userId: 'ada' });
  assert.equal(verifications, 1);
  for (const time of [2, 3]) {
    assert.equal(await verify('eve'), undefined);
    assert.equal(verifications, time);
  }
});
