import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Answer, Exchange } from '../load/timed-request.ts';
import { findUntruths } from './health-accuracy.ts';
import { at, cuts, outage, strain, unwritable } from './test/sample-observations.ts';
import type { Timeline } from '../trial/timeline.ts';

const isTrue = (check: Answer, timeline: Timeline, requests: readonly Exchange[] = []): boolean =>
  findUntruths([check], timeline, requests).length === 0;

describe('health during an outage', () => {
  test('must be 200 before it and 2 s after it', () => {
    for (const second of [1, 9, 22.3, 30])
      assert.deepEqual([isTrue(at(second, 200), outage), isTrue(at(second, 503), outage)], [true, false], `${second} s`);
  });

  test('must be 503 for whoever began and ended to ask within it, half a second of grace aside', () => {
    for (const second of [10.6, 15, 19.8])
      assert.deepEqual([isTrue(at(second, 200), outage), isTrue(at(second, 503), outage)], [false, true], `${second} s`);
  });

  test('may be either where the database went or came meanwhile, or has just come', () => {
    for (const check of [9.85, 10.2, 19.95, 21, 22.1])
      for (const status of [200, 503]) assert.ok(isTrue(at(check, status), outage), `${status} at ${check} s`);
    const long = { ended: 20_500 };
    for (const status of [200, 503]) assert.ok(isTrue(at(15, status, long), outage), `${status} of one that outlasted it`);
  });

  test('must be answered, in time, with 200 or 503, and the body must agree', () => {
    for (const outcome of ['cut', 'hung', 500, 404] as const) assert.ok(!isTrue(at(15, outcome), outage), `${outcome}`);
    assert.ok(isTrue(at(11, 503, { ended: 17_900 }), outage));
    assert.ok(!isTrue(at(11, 503, { ended: 18_100 }), outage));
    assert.ok(!isTrue(at(15, 503, { body: { status: 'ok', database: 'connected' } }), outage));
    assert.ok(!isTrue(at(1, 200, { body: { status: 'ok', database: 'disconnected' } }), outage));
    assert.ok(!isTrue(at(1, 200, { body: undefined }), outage));
  });
});

describe('health while the database is slow or occupied', () => {
  test('may be 503 in the company of a request that failed or waited long, and of no other', () => {
    const company = (request: Exchange): boolean => isTrue(at(15, 503), strain, [request]);
    assert.ok(isTrue(at(15, 200), strain));
    assert.ok(!isTrue(at(15, 503), strain));
    assert.ok(company(at(15, 503)));
    assert.ok(company(at(14, 503)));
    assert.ok(!company(at(13.8, 503)));
    assert.ok(company(at(16, 503)));
    assert.ok(!company(at(16.2, 503)));
    assert.ok(company(at(10, 200, { ended: 15_000 })));
    assert.ok(!company(at(11, 200, { ended: 15_000 })));
    assert.ok(!company(at(15, 404)));
  });

  test('must be 200 before and 2 s after, whatever fails', () => {
    for (const second of [9, 22.1]) assert.ok(!isTrue(at(second, 503), strain, [at(second, 503)]), `${second} s`);
  });
});

test('health must be 503, and connected, while the database takes no writes', () => {
  const connected = { body: { status: 'unhealthy', database: 'connected' } };
  for (const second of [10.6, 15, 19.8]) {
    assert.ok(isTrue(at(second, 503, connected), unwritable), `${second} s`);
    assert.ok(!isTrue(at(second, 200), unwritable), `${second} s`);
    assert.ok(!isTrue(at(second, 503), unwritable), `disconnected at ${second} s`);
  }
  for (const second of [9.85, 10.2, 19.95, 21, 22.1])
    assert.ok(isTrue(at(second, 200), unwritable) && isTrue(at(second, 503, connected), unwritable), `${second} s`);
  for (const second of [9, 22.3]) assert.ok(isTrue(at(second, 200), unwritable) && !isTrue(at(second, 503, connected), unwritable), `${second} s`);
});

test('health must be 200 where connections are cut and the database is there, whatever fails', () => {
  for (const second of [9, 10.02, 10.5, 11.1, 14]) {
    assert.ok(isTrue(at(second, 200), cuts));
    assert.ok(!isTrue(at(second, 503), cuts, [at(second, 503)]), `${second} s`);
  }
});

test('each untruth says when and what', () => {
  assert.deepEqual(findUntruths([at(15, 200), at(1, 200), at(5, 503)], outage, []), [
    'health asked at +5.1 s: 200, and nobody could reach the database',
    'health asked at -4.9 s: 503 before anything had happened',
  ]);
});
