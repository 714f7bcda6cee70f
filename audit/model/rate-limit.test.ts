import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { response } from '../test/exchanges.ts';
import { isDraft8, isInLaterWindow, type RateLimit, rateLimitOf, retryAfterOf } from './rate-limit.ts';

type Headers = Readonly<Record<string, string | undefined>>;

const DATE = 'Fri, 20 Nov 2026 08:00:00 GMT';
const UNIX_SECONDS = 1_795_161_600;
const limitOf = (headers: Headers): RateLimit | undefined => rateLimitOf(response({ headers }));
const X = { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '42' };

describe('a rate limit is read', () => {
  const formats: Readonly<Record<string, readonly [Headers, RateLimit]>> = {
    'of draft 8': [
      { ratelimit: '"100-in-1min"; r=42; t=17', 'ratelimit-policy': '"100-in-1min"; q=100; w=60; pk=:NjA=:' },
      { format: 'draft 8', remaining: 42, reset: 17, quota: 100, window: 60 },
    ],
    'of draft 8 without a policy': [{ ratelimit: '"x";r=0;t=0' }, { format: 'draft 8', remaining: 0, reset: 0 }],
    'of draft 8 without a reset': [{ ratelimit: '"x"; r=42' }, { format: 'draft 8', remaining: 42 }],
    'of draft 8 with several limits, the tightest': [
      { ratelimit: '"day";r=900;t=7000, "second";r=3;t=1', 'ratelimit-policy': '"second";q=5;w=1, "day";q=1000;w=86400' },
      { format: 'draft 8', remaining: 3, reset: 1, quota: 5, window: 1 },
    ],
    'of draft 7, as express-rate-limit sends it': [
      { ratelimit: 'limit=100, remaining=50, reset=30', 'ratelimit-policy': '100;w=60' },
      { format: 'draft 7', remaining: 50, reset: 30, quota: 100, window: 60 },
    ],
    'of draft 6, as express-rate-limit sends it': [
      { 'ratelimit-limit': '100', 'ratelimit-remaining': '50', 'ratelimit-reset': '30', 'ratelimit-policy': '9;w=1, 100;w=60' },
      { format: 'draft 6', remaining: 50, reset: 30, quota: 100, window: 60 },
    ],
    'with a reset in seconds, as @fastify/rate-limit and NestJS send it': [
      { ...X, 'x-ratelimit-reset': '17' },
      { format: 'X-RateLimit', remaining: 42, reset: 17, quota: 60 },
    ],
    'with a reset in Unix time, as GitHub sends it': [
      { ...X, date: DATE, 'x-ratelimit-reset': String(UNIX_SECONDS + 17) },
      { format: 'X-RateLimit', remaining: 42, reset: 17, quota: 60 },
    ],
    'with a reset in fractional Unix time': [
      { ...X, date: DATE, 'x-ratelimit-reset': String(UNIX_SECONDS + 16.25) },
      { format: 'X-RateLimit', remaining: 42, reset: 17, quota: 60 },
    ],
    'with a reset in milliseconds of Unix time': [
      { ...X, date: DATE, 'x-ratelimit-reset': String((UNIX_SECONDS + 17) * 1_000) },
      { format: 'X-RateLimit', remaining: 42, reset: 17, quota: 60 },
    ],
    'with a reset that has passed': [
      { ...X, date: DATE, 'x-ratelimit-reset': String(UNIX_SECONDS - 1) },
      { format: 'X-RateLimit', remaining: 42, reset: 0, quota: 60 },
    ],
    'with a reset as a date': [
      { ...X, date: DATE, 'x-ratelimit-reset': 'Fri Nov 20 2026 08:00:17 GMT+0000 (Coordinated Universal Time)' },
      { format: 'X-RateLimit', remaining: 42, reset: 17, quota: 60 },
    ],
    'without a reset, as Laravel sends it': [X, { format: 'X-RateLimit', remaining: 42, quota: 60 }],
    'with the window in the limit, as Envoy sends it': [
      { 'x-ratelimit-limit': '60, 60;w=60', 'x-ratelimit-remaining': '42', 'x-ratelimit-reset': '17' },
      { format: 'X-RateLimit', remaining: 42, reset: 17, quota: 60, window: 60 },
    ],
    'with a hyphen in Rate-Limit': [
      { 'x-rate-limit-limit': '15', 'x-rate-limit-remaining': '14', 'x-rate-limit-reset': '900' },
      { format: 'X-RateLimit', remaining: 14, reset: 900, quota: 15 },
    ],
    'in the newest of several formats': [
      { ...X, ratelimit: '"x";r=7;t=9', 'ratelimit-policy': '"x";q=8;w=10' },
      { format: 'draft 8', remaining: 7, reset: 9, quota: 8, window: 10 },
    ],
  };
  for (const [name, [headers, expected]] of Object.entries(formats)) test(name, () => assert.deepEqual(limitOf(headers), expected));

  test('without a reset, where the response does not state the time to compare it with', () => {
    assert.deepEqual(limitOf({ ...X, 'x-ratelimit-reset': String(UNIX_SECONDS + 17) }), { format: 'X-RateLimit', remaining: 42, quota: 60 });
    assert.deepEqual(limitOf({ ...X, date: DATE, 'x-ratelimit-reset': '-1' }), { format: 'X-RateLimit', remaining: 42, quota: 60 });
    assert.deepEqual(limitOf({ ...X, date: DATE, 'x-ratelimit-reset': String(UNIX_SECONDS * 2) }), {
      format: 'X-RateLimit',
      remaining: 42,
      quota: 60,
    });
  });
});

test('no rate limit is read where nothing states the remaining requests', () => {
  for (const ratelimit of [undefined, '', '42', '"x"; t=17', 'limit=100, reset=17', '"x; r=42'])
    assert.equal(limitOf({ ratelimit }), undefined, `${ratelimit}`);
  for (const remaining of ['', 'many', '-1']) assert.equal(limitOf({ 'x-ratelimit-remaining': remaining }), undefined, remaining);
  assert.equal(limitOf({ 'x-ratelimit-limit': '60', 'retry-after': '17' }), undefined);
  assert.equal(rateLimitOf(undefined), undefined);
});

test('only draft 8 with every number is the standard format', () => {
  const all: RateLimit = { format: 'draft 8', remaining: 42, reset: 17, quota: 100, window: 60 };
  const { window: _, ...withoutWindow } = all;
  assert.deepEqual([all, withoutWindow, { ...all, format: 'draft 7' } as const, undefined].map(isDraft8), [true, false, false, false]);
});

test('a later reset, or more remaining requests without one, show another window', () => {
  const at = (remaining: number, reset?: number): RateLimit => ({ format: 'X-RateLimit', remaining, ...(reset !== undefined && { reset }) });
  assert.deepEqual(
    [isInLaterWindow(at(9, 60), at(3, 1)), isInLaterWindow(at(9, 17), at(3, 17)), isInLaterWindow(at(2, 16), at(3, 17))],
    [true, false, false],
  );
  assert.deepEqual([isInLaterWindow(at(9), at(3)), isInLaterWindow(at(9), at(3, 17)), isInLaterWindow(at(3), at(3))], [true, true, false]);
});

test('Retry-After is read in seconds and as a date', () => {
  const seconds = (headers: Headers): number | undefined => retryAfterOf(response({ status: 429, headers }));
  assert.deepEqual([seconds({ 'retry-after': '17' }), seconds({ 'retry-after': '0' })], [17, 0]);
  assert.equal(seconds({ date: DATE, 'retry-after': 'Fri, 20 Nov 2026 08:00:17 GMT' }), 17);
  assert.equal(seconds({ date: DATE, 'retry-after': 'Fri, 20 Nov 2026 07:59:00 GMT' }), 0);
  for (const value of [undefined, '', 'soon', '-1', 'Fri, 20 Nov 2026 08:00:17 GMT'])
    assert.equal(seconds({ 'retry-after': value }), undefined, `${value}`);
});
