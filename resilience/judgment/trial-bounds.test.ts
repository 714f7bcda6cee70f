import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TimedRequest } from '../load/timed-request.ts';
import { at, cuts, outage, unwritable } from './test/sample-observations.ts';
import { judgeTrial, type TrialObservations } from './trial-bounds.ts';

/** A request every quarter of a second from 1 s to 30 s, which fails while the database is unreachable. */
const steady = (what: string, outcome: number): TimedRequest[] =>
  Array.from({ length: 116 }, (_, index) => 1 + index / 4).map((second) =>
    at(second, second > 9.8 && second < 20.2 ? 503 : outcome, { what, ...(outcome === 201 && { body: undefined }) }),
  );

const sound: TrialObservations = {
  timeline: outage,
  load: [...steady('POST /api/v1/tasks', 201), ...steady('PUT /api/v1/tasks/{id}', 200)],
  probes: steady('GET /api/v1/tasks', 200),
  health: Array.from({ length: 116 }, (_, index) => 1 + index / 4).map((second) => at(second, second > 9.8 && second < 20.2 ? 503 : 200)),
  liveness: Array.from({ length: 116 }, (_, index) => at(1 + index / 4, 200, { what: 'GET /livez' })),
  writeLog: {
    creations: [
      { userId: 'ada', title: 'one', key: undefined, ids: new Set([1]) },
      { userId: 'ada', title: 'two', key: 'k', ids: new Set([2]) },
    ],
    descriptions: new Map(),
  },
  rows: [
    { id: 1, user_id: 'ada', title: 'one', description: null },
    { id: 2, user_id: 'ada', title: 'two', description: null },
  ],
  exitedUnexpectedly: false,
  exit: { code: 0, signal: null },
  log: '{"level":"info","msg":"listening"}\n{"level":"warn","msg":"database unavailable"}\n',
};

const breachesOf = (changes: Partial<TrialObservations>): readonly string[] => judgeTrial({ ...sound, ...changes }).breaches;
const extra = (request: TimedRequest): readonly string[] => breachesOf({ load: [...sound.load, request] });

test('a sound run has figures and no breaches', () => {
  assert.deepEqual(judgeTrial(sound), {
    requests: 348,
    succeeded: 225,
    unavailable: 123,
    other: 0,
    slowestMs: 100,
    acknowledged: 150,
    lost: 0,
    doubled: 0,
    recoveryMs: 150,
    healthWrong: 0,
    breaches: [],
  });
});

describe('a breach is', () => {
  test('a request that fails without 503 and Retry-After, even while the database is unreachable', () => {
    for (const outcome of [500, 404, 429, 'cut', 'hung'] as const)
      assert.match(extra(at(15, outcome)).join(), /^1 requests failed without 503 and Retry-After .*at \+5\.1 s: /, `${outcome}`);
    assert.match(extra(at(15, 503, { retryAfter: undefined })).join(), /^1 requests failed without 503 and Retry-After /);
    assert.match(extra(at(15, 503, { retryAfter: '0' })).join(), /^1 requests failed without 503 and Retry-After /);
    assert.deepEqual(extra(at(15, 503)), []);
  });

  test('a request that takes longer than 14 s, whatever its status', () => {
    for (const outcome of [200, 503]) {
      assert.match(extra(at(10, outcome, { ended: 24_100 })).join(), /^1 requests took longer than 14 s .*after 14\.1 s\)$/);
      assert.deepEqual(extra(at(10, outcome, { ended: 23_900 })), []);
    }
  });

  test('a failure before the fault, or of a request that began more than 2 s after the return', () => {
    for (const second of [5, 22.3])
      assert.match(extra(at(second, 503)).join(), /^1 requests failed although the database was available /, `${second} s`);
    for (const second of [9.85, 22.1]) assert.deepEqual(extra(at(second, 503)), [], `${second} s`);
  });

  test('a first success later than 2 s after the return, or none; the slowest of several returns counts', () => {
    const without = (from: number, to: number): TimedRequest[] => sound.probes.filter(({ began }) => began < from || began > to);
    assert.match(breachesOf({ probes: without(20_200, 22_200) }).join(), /^the first success came 2150 ms after the return/);
    assert.match(breachesOf({ probes: without(20_200, 99_000) }).join(), /no request to a database route succeeded after the return/);
    const fine = {
      ...sound,
      timeline: cuts,
      load: steady('POST', 201).filter(({ outcome }) => outcome === 201),
      health: sound.liveness.map((one) => at(one.began / 1_000, 200)),
    };
    const probes = [9, 10.1, 10.5, 12, 14, 15].map((second) => at(second, 200));
    assert.equal(judgeTrial({ ...fine, probes }).recoveryMs, 1_050);
  });

  test('a wrong result of health, or liveness other than 200', () => {
    assert.match(breachesOf({ health: [...sound.health, at(15, 200)] }).join(), /^1 health checks returned a wrong result /);
    for (const outcome of [503, 'hung'] as const)
      assert.match(breachesOf({ liveness: [...sound.liveness, at(15, outcome)] }).join(), /^1 liveness checks did not return 200 /);
  });

  test('a lost write, a duplicate row, an unexpected row and a keyed creation without acknowledgment', () => {
    assert.match(breachesOf({ rows: sound.rows.slice(1) }).join(), /^1 acknowledged writes are lost \(task 1, /);
    assert.match(breachesOf({ rows: [...sound.rows, { id: 3, user_id: 'ada', title: 'one', description: null }] }).join(), /^1 rows are duplicates /);
    assert.match(breachesOf({ rows: [...sound.rows, { id: 3, user_id: 'ada', title: 'x', description: null }] }).join(), /^1 rows match no request /);
    const unacknowledged = { userId: 'ada', title: 'three', key: 'l', ids: new Set<number>() };
    const writeLog = { ...sound.writeLog, creations: [...sound.writeLog.creations, unacknowledged] };
    assert.match(breachesOf({ writeLog }).join(), /^1 creations with a key were never acknowledged \(three\)$/);
  });

  test('a process that exits unexpectedly, does not exit with 0, or prints anything but log entries', () => {
    assert.deepEqual(breachesOf({ exitedUnexpectedly: true, exit: { code: 1, signal: null } }), ['the process exited unexpectedly: exit code 1']);
    assert.deepEqual(breachesOf({ exit: { code: null, signal: 'SIGKILL' } }), ['the process did not stop cleanly: SIGKILL']);
    assert.match(breachesOf({ log: `${sound.log}Error: Connection terminated\n    at x\n` }).join(), /^2 lines of output are not log entries/);
    assert.match(breachesOf({ log: `${sound.log}{"level":"fatal","msg":"crashed"}\n` }).join(), /^1 log entries are fatal/);
  });

  test('missing evidence', () => {
    const missing = (changes: Partial<TrialObservations>): string => breachesOf(changes).join();
    const around = sound.health.filter(({ began }) => began < 9_900 || began > 20_200);
    assert.match(missing({ health: around }), /^not observed, so nothing is proven: health was checked before, during and after/);
    assert.match(missing({ load: sound.load.filter(({ began }) => began < 22_000) }), /^not observed, .*: users sent requests/);
    assert.match(missing({ liveness: [] }), /^not observed, .*: liveness/);
    const allGood = { load: sound.load.map((one) => ({ ...one, outcome: 200 })), probes: sound.probes.map((one) => ({ ...one, outcome: 200 })) };
    assert.match(missing(allGood), /^not observed, .*: a request failed while the database was unreachable$/);
    for (const index of [0, 1]) {
      const creations = sound.writeLog.creations.toSpliced(index, 1);
      assert.match(
        missing({ writeLog: { ...sound.writeLog, creations }, rows: sound.rows.toSpliced(index, 1) }),
        /^not observed, .*: a creation with(out)? a key/,
      );
    }
  });
});

describe('while the database rejects writes', () => {
  const unhealthy = { status: 'unhealthy', database: 'connected' };
  const fine: TrialObservations = {
    ...sound,
    timeline: unwritable,
    probes: sound.probes.map((one) => ({ ...one, outcome: 200 })),
    health: sound.health.map((one) => (one.outcome === 503 ? { ...one, body: unhealthy } : one)),
  };
  const found = (changes: Partial<TrialObservations>): string => judgeTrial({ ...fine, ...changes }).breaches.join();

  test('writes may fail and reads may not', () => {
    assert.deepEqual(judgeTrial(fine).breaches, []);
    assert.match(found({ probes: [...fine.probes, at(15, 503)] }), /^1 requests failed although the database was available /);
  });

  test('no write may succeed, some must be attempted and fail, and reads must be observed', () => {
    const load = fine.load.filter(({ outcome }) => outcome !== 503);
    assert.match(found({ load: [...fine.load, at(15, 201, { what: 'POST /api/v1/tasks' })] }), /^not observed, .*: no write succeeded/);
    assert.match(found({ load: [...load, at(15, 200)] }), /^not observed, .*: a write failed while the database rejected writes$/);
    const probes = fine.probes.filter(({ began }) => began < 10_000 || began > 19_900);
    assert.match(
      found({ probes: [...probes, at(15, 200, { ended: 20_300 })] }),
      /^not observed, .*: a read succeeded while the database rejected writes$/,
    );
  });

  test('the recovery ends with the first write that succeeds', () => {
    const load = fine.load.filter(({ began }) => began < 20_200 || began > 21_000);
    assert.equal(judgeTrial({ ...fine, load }).recoveryMs, 1_150);
  });

  test('a repeated creation, which writes nothing, may succeed or fail, and ends no recovery', () => {
    const repeated = { what: 'POST /api/v1/tasks', repeats: true };
    for (const outcome of [201, 503]) assert.equal(found({ load: [...fine.load, at(15, outcome, repeated)] }), '');
    const load = fine.load.filter(({ began }) => began < 20_200 || began > 21_000);
    assert.equal(judgeTrial({ ...fine, load: [...load, at(20.5, 201, repeated)] }).recoveryMs, 1_150);
  });
});

test('many breaches of one kind are summarized by the first three, truncated', () => {
  const [summary] = breachesOf({ log: `${'x'.repeat(1_000)}\n`.repeat(5) });
  assert.match(summary ?? '', /^5 lines of output are not log entries \((x{200}…; ){3}…\)$/);
});
