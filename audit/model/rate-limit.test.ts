import assert from 'node:assert/strict';
import { test } from 'node:test';
import { response } from '../test/exchanges.ts';
import { rateLimitOf, rateLimitWithPolicyOf } from './rate-limit.ts';

test('reads the headers of draft 8', () => {
  assert.deepEqual(rateLimitOf(response({ headers: { ratelimit: '"x";r=0;t=0' } })), { remaining: 0, reset: 0 });
  const both = response({ headers: { ratelimit: '"100-in-1min"; r=42; t=17', 'ratelimit-policy': '"100-in-1min"; q=100; w=60' } });
  assert.deepEqual(rateLimitWithPolicyOf(both), { remaining: 42, reset: 17, quota: 100, window: 60 });
});

test('reads no other header', () => {
  for (const ratelimit of [undefined, '', '42', 'limit=100, remaining=42, reset=17', '"x"; r=42'])
    assert.equal(rateLimitOf(response({ headers: { ratelimit } })), undefined, String(ratelimit));
  assert.equal(rateLimitWithPolicyOf(response({ headers: { ratelimit: '"x"; r=42; t=17' } })), undefined);
  assert.equal(rateLimitOf(undefined), undefined);
});
