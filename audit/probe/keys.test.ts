import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { unguessed } from './keys.ts';

describe('unguessed', () => {
  test('leaves nothing of known words, however they are joined and spelled, and little of rows and repetitions', () => {
    for (const key of [
      'secret',
      'SuperSecret-jwt_KEY',
      'my.secret:key my-token',
      `change_me-${'0'.repeat(30)}`,
      `jwt-secret-${'1234567890'.repeat(3)}`,
    ])
      assert.ok(unguessed(key) < 10, `${key}: ${unguessed(key)}`);
    assert.equal(unguessed('tasks-app-secret', ['tasks', 'app']), 0);
    assert.equal(unguessed('abcdefghij'), 2);
  });

  test('leaves nearly all of a random key', () => {
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      for (let round = 0; round < 100; round += 1) {
        const key = randomBytes(24).toString(encoding);
        assert.ok(unguessed(key, ['tasks', 'app']) >= 22, key);
      }
    assert.equal(unguessed('kJ7Qw2Zp'), 8);
  });
});
