import assert from 'node:assert/strict';
import { beforeEach, describe, mock, test } from 'node:test';
import { cacheTokens } from './token-cache.ts';
import type { VerifiedToken, VerifyToken } from './verify-token.ts';

const NOW = 1_800_000_000_000;

let verified: string[];
let verifyToken: VerifyToken;

beforeEach((context) => {
  mock.timers.enable({ apis: ['Date'], now: NOW });
  if ('after' in context) context.after(() => mock.timers.reset());
  verified = [];
});

/** What is sent is its own user, unless it is bad. */
function remembering(lifetimeMs: number): VerifyToken {
  return cacheTokens((token): VerifiedToken | undefined => {
    verified.push(token);
    return token.startsWith('bad') ? undefined : { caller: { userId: token }, expiresAt: NOW + lifetimeMs };
  });
}

describe('a token that has verified', () => {
  test('is believed for a minute without being verified again', () => {
    verifyToken = remembering(3_600_000);
    for (const ms of [0, 30_000, 29_999]) {
      mock.timers.tick(ms);
      assert.deepEqual(verifyToken('ada'), { userId: 'ada' });
    }
    assert.deepEqual(verified, ['ada']);
    mock.timers.tick(1);
    assert.deepEqual(verifyToken('ada'), { userId: 'ada' });
    assert.deepEqual(verified, ['ada', 'ada']);
  });

  test('is never believed beyond its end', () => {
    verifyToken = remembering(10_000);
    verifyToken('ada');
    mock.timers.tick(9_999);
    verifyToken('ada');
    assert.deepEqual(verified, ['ada']);
    mock.timers.tick(1);
    verifyToken('ada');
    assert.deepEqual(verified, ['ada', 'ada']);
  });

  test('says nothing of any other', () => {
    verifyToken = remembering(60_000);
    assert.deepEqual(verifyToken('ada'), { userId: 'ada' });
    for (const other of ['adb', 'Ada', 'ada ', 'ada.', '']) assert.deepEqual(verifyToken(other), { userId: other });
    assert.equal(verified.length, 6);
  });
});

describe('a token that has not verified', () => {
  test('is verified each time, and takes nobody’s room', () => {
    verifyToken = remembering(60_000);
    verifyToken('ada');
    for (let count = 0; count < 20_000; count += 1) assert.equal(verifyToken(`bad ${count % 2}`), undefined);
    assert.equal(verified.length, 20_001);
    verifyToken('ada');
    assert.equal(verified.length, 20_001);
  });
});

test('ten thousand are remembered, and the oldest makes room', () => {
  verifyToken = remembering(60_000);
  for (let count = 0; count <= 10_000; count += 1) verifyToken(`user ${count}`);
  verifyToken('user 1');
  assert.equal(verified.length, 10_001);
  verifyToken('user 0');
  assert.equal(verified.length, 10_002);
});
