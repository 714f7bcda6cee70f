import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TimedResponse, TimedRequest } from '../load/timed-request.ts';
import type { Timeline } from '../trial/timeline.ts';
import { findFalseHealthReports } from './health-accuracy.ts';
import { at, cuts, outage, strain, unwritable } from './test/sample-observations.ts';

const isTrue = (check: TimedResponse, timeline: Timeline, requests: readonly TimedRequest[] = []): boolean =>
  findFalseHealthReports([check], timeline, requests).length === 0;

describe('health during an outage', () => {
  test('must be 200 before it and 2 s after it', () => {
    for (const second of [1, 9, 22.3, 30])
      assert.deepEqual([isTrue(at(second, 200), outage), isTrue(at(second, 503), outage)], [true, false], `${second} s`);
  });

  test('must be 503 for checks that began and ended during it, with half a second of grace', () => {
    for (const second of [10.6, 15, 19.8])
      assert.deepEqual([isTrue(at(second, 200), outage), isTrue(at(second, 503), outage)], [false, true], `${second} s`);
  });

  test('may be either when the database went away or returned during the check, or has just returned', () => {
    for (const check of [9.85, 10.2, 19.95, 21, 22.1])
      for (const status of [200, 503]) assert.ok(isTrue(at(check, status), outage), `${status} at ${check} s`);
    const long = { ended: 20_500 };
    for (const status of [200, 503]) assert.ok(isTrue(at(15, status, long), outage), `${status} of a check that outlasted it`);
  });

  test('must return 200 or 503 in time, with a body that agrees', () => {
    for (const outcome of ['cut', 'hung', 500, 404] as const) assert.ok(!isTrue(at(15, outcome), outage), `${outcome}`);
    assert.ok(isTrue(at(11, 503, { ended: 17_900 }), outage));
    assert.ok(!isTrue(at(11, 503, { ended: 18_100 }), outage));
    assert.ok(!isTrue(at(15, 503, { body: { status: 'ok', database: 'connected' } }), outage));
    assert.ok(!isTrue(at(1, 200, { body: { status: 'ok', database: 'disconnected' } }), outage));
    assert.ok(!isTrue(at(1, 200, { body: undefined }), outage));
  });
});

describe('health while the database is slow or busy', () => {
  test('may be 503 near a request that failed or took long, and only then', () => {
    const isTrueNear = (request: TimedRequest): boolean => isTrue(at(15, 503), strain, [request]);
    assert.ok(isTrue(at(15, 200), strain));
    assert.ok(!isTrue(at(15, 503), strain));
    assert.ok(isTrueNear(at(15, 503)));
    assert.ok(isTrueNear(at(14, 503)));
    assert.ok(!isTrueNear(at(13.8, 503)));
    assert.ok(isTrueNear(at(16, 503)));
    assert.ok(!isTrueNear(at(16.2, 503)));
    assert.ok(isTrueNear(at(10, 200, { ended: 15_000 })));
    assert.ok(!isTrueNear(at(11, 200, { ended: 15_000 })));
    assert.ok(!isTrueNear(at(15, 404)));
  });

  test('must be 200 before and 2 s after, whatever fails', () => {
    for (const second of [9, 22.1]) assert.ok(!isTrue(at(second, 503), strain, [at(second, 503)]), `${second} s`);
  });
});

test('health must be 503, and connected, while the database rejects writes', () => {
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

test('health must be 200 when connections are cut and the database is available, whatever fails', () => {
  for (const second of [9, 10.02, 10.5, 11.1, 14]) {
    assert.ok(isTrue(at(second, 200), cuts));
    assert.ok(!isTrue(at(second, 503), cuts, [at(second, 503)]), `${second} s`);
  }
});

test('each false report states its time and status', () => {
  assert.deepEqual(findFalseHealthReports([at(15, 200), at(1, 200), at(5, 503)], outage, []), [
    'health checked at +5.1 s: 200 while the database was unreachable',
    'health checked at -4.9 s: 503 before the fault',
  ]);
});
