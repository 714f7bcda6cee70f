import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge, type Observations } from './trial-bounds.ts';
import type { Exchange } from '../load/timed-request.ts';
import { at, cuts, outage, unwritable } from './test/sample-observations.ts';

/** One request a quarter of a second from 1 s to 30 s, failing while the database is away. */
const steady = (what: string, outcome: number): Exchange[] =>
  Array.from({ length: 116 }, (_, index) => 1 + index / 4).map((second) =>
    at(second, second > 9.8 && second < 20.2 ? 503 : outcome, { what, ...(outcome === 201 && { body: undefined }) }),
  );

const sound: Observations = {
  timeline: outage,
  load: [...steady('POST /api/v1/tasks', 201), ...steady('PUT /api/v1/tasks/{id}', 200)],
  probes: steady('GET /api/v1/tasks', 200),
  health: Array.from({ length: 116 }, (_, index) => 1 + index / 4).map((second) => at(second, second > 9.8 && second < 20.2 ? 503 : 200)),
  liveness: Array.from({ length: 116 }, (_, index) => at(1 + index / 4, 200, { what: 'GET /livez' })),
  ledger: {
    creations: [
      { userId: 'ada', title: 'one', key: undefined, ids: new Set([1]) },
      { userId: 'ada', title: 'two', key: 'k', ids: new Set([2]) },
    ],
    contents: new Map(),
  },
  rows: [
    { id: 1, user_id: 'ada', title: 'one', description: null },
    { id: 2, user_id: 'ada', title: 'two', description: null },
  ],
  endedByItself: false,
  ending: { code: 0, signal: null },
  log: '{"level":"info","msg":"listening"}\n{"level":"warn","msg":"database unavailable"}\n',
};

const breachesOf = (changes: Partial<Observations>): readonly string[] => judge({ ...sound, ...changes }).breaches;
const extra = (request: Exchange): readonly string[] => breachesOf({ load: [...sound.load, request] });

test('a sound run has figures and no breach', () => {
  assert.deepEqual(judge(sound), {
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
  test('a request that fails in another way than with 503 and Retry-After, also while the database is away', () => {
    for (const outcome of [500, 404, 429, 'cut', 'hung'] as const)
      assert.match(extra(at(15, outcome)).join(), /^1 requests failed otherwise .*at \+5\.1 s: /, `${outcome}`);
    assert.match(extra(at(15, 503, { retryAfter: undefined })).join(), /^1 requests failed otherwise /);
    assert.match(extra(at(15, 503, { retryAfter: '0' })).join(), /^1 requests failed otherwise /);
    assert.deepEqual(extra(at(15, 503)), []);
  });

  test('a request that takes longer than 14 s, whatever its answer', () => {
    for (const outcome of [200, 503]) {
      assert.match(extra(at(10, outcome, { ended: 24_100 })).join(), /^1 requests took longer than 14 s .*after 14\.1 s\)$/);
      assert.deepEqual(extra(at(10, outcome, { ended: 23_900 })), []);
    }
  });

  test('a failure before the fault, or of what began more than 2 s after the return', () => {
    for (const second of [5, 22.3]) assert.match(extra(at(second, 503)).join(), /^1 requests failed although the database was there /, `${second} s`);
    for (const second of [9.85, 22.1]) assert.deepEqual(extra(at(second, 503)), [], `${second} s`);
  });

  test('a first success later than 2 s after the return, or none; of several returns the slowest counts', () => {
    const without = (from: number, to: number): Exchange[] => sound.probes.filter(({ began }) => began < from || began > to);
    assert.match(breachesOf({ probes: without(20_200, 22_200) }).join(), /^the first success came 2150 ms after the return/);
    assert.match(breachesOf({ probes: without(20_200, 99_000) }).join(), /no database route answered after the return/);
    const fine = {
      ...sound,
      timeline: cuts,
      load: steady('POST', 201).filter(({ outcome }) => outcome === 201),
      health: sound.liveness.map((one) => at(one.began / 1_000, 200)),
    };
    const probes = [9, 10.1, 10.5, 12, 14, 15].map((second) => at(second, 200));
    assert.equal(judge({ ...fine, probes }).recoveryMs, 1_050);
  });

  test('an untruth of health, or liveness that is anything but 200', () => {
    assert.match(breachesOf({ health: [...sound.health, at(15, 200)] }).join(), /^1 health checks were not answered with the truth /);
    for (const outcome of [503, 'hung'] as const)
      assert.match(breachesOf({ liveness: [...sound.liveness, at(15, outcome)] }).join(), /^1 liveness checks were not answered 200 /);
  });

  test('a lost write, a row too many, a stray row and a key that never came to an end', () => {
    assert.match(breachesOf({ rows: sound.rows.slice(1) }).join(), /^1 acknowledged writes are lost \(task 1, /);
    assert.match(breachesOf({ rows: [...sound.rows, { id: 3, user_id: 'ada', title: 'one', description: null }] }).join(), /^1 rows are too many /);
    assert.match(
      breachesOf({ rows: [...sound.rows, { id: 3, user_id: 'ada', title: 'x', description: null }] }).join(),
      /^1 rows are not what somebody /,
    );
    const unsettled = { userId: 'ada', title: 'three', key: 'l', ids: new Set<number>() };
    const ledger = { ...sound.ledger, creations: [...sound.ledger.creations, unsettled] };
    assert.match(breachesOf({ ledger }).join(), /^1 creations with a key were never acknowledged \(three\)$/);
  });

  test('a process that ends by itself, does not end with 0, or prints anything but log entries', () => {
    assert.deepEqual(breachesOf({ endedByItself: true, ending: { code: 1, signal: null } }), ['the process ended by itself: exit code 1']);
    assert.deepEqual(breachesOf({ ending: { code: null, signal: 'SIGKILL' } }), ['the process did not stop in order: SIGKILL']);
    assert.match(breachesOf({ log: `${sound.log}Error: Connection terminated\n    at x\n` }).join(), /^2 lines it printed are no log entries/);
    assert.match(breachesOf({ log: `${sound.log}{"level":"fatal","msg":"crashed"}\n` }).join(), /^1 log entries are fatal/);
  });

  test('the want of evidence', () => {
    const missing = (changes: Partial<Observations>): string => breachesOf(changes).join();
    const around = sound.health.filter(({ began }) => began < 9_900 || began > 20_200);
    assert.match(missing({ health: around }), /^not seen, so nothing is proven: health was asked before, during and after/);
    assert.match(missing({ load: sound.load.filter(({ began }) => began < 22_000) }), /^not seen, .*: users sent requests/);
    assert.match(missing({ liveness: [] }), /^not seen, .*: liveness/);
    const allGood = { load: sound.load.map((one) => ({ ...one, outcome: 200 })), probes: sound.probes.map((one) => ({ ...one, outcome: 200 })) };
    assert.match(missing(allGood), /^not seen, .*: a request failed while nobody could reach the database$/);
    for (const index of [0, 1]) {
      const creations = sound.ledger.creations.toSpliced(index, 1);
      assert.match(
        missing({ ledger: { ...sound.ledger, creations }, rows: sound.rows.toSpliced(index, 1) }),
        /^not seen, .*: a creation with(out)? a key/,
      );
    }
  });
});

describe('while the database takes no writes', () => {
  const unhealthy = { status: 'unhealthy', database: 'connected' };
  const fine: Observations = {
    ...sound,
    timeline: unwritable,
    probes: sound.probes.map((one) => ({ ...one, outcome: 200 })),
    health: sound.health.map((one) => (one.outcome === 503 ? { ...one, body: unhealthy } : one)),
  };
  const found = (changes: Partial<Observations>): string => judge({ ...fine, ...changes }).breaches.join();

  test('writes may fail and reads may not', () => {
    assert.deepEqual(judge(fine).breaches, []);
    assert.match(found({ probes: [...fine.probes, at(15, 503)] }), /^1 requests failed although the database was there /);
  });

  test('no write may succeed, some must be tried and fail, and reads must be seen', () => {
    const load = fine.load.filter(({ outcome }) => outcome !== 503);
    assert.match(found({ load: [...fine.load, at(15, 201, { what: 'POST /api/v1/tasks' })] }), /^not seen, .*: no write succeeded/);
    assert.match(found({ load: [...load, at(15, 200)] }), /^not seen, .*: a write failed while the database took none$/);
    const probes = fine.probes.filter(({ began }) => began < 10_000 || began > 19_900);
    assert.match(
      found({ probes: [...probes, at(15, 200, { ended: 20_300 })] }),
      /^not seen, .*: a read succeeded while the database took no writes$/,
    );
  });

  test('the recovery ends with the first write that succeeds', () => {
    const load = fine.load.filter(({ began }) => began < 20_200 || began > 21_000);
    assert.equal(judge({ ...fine, load }).recoveryMs, 1_150);
  });
});

test('of many breaches of one kind the first three are told, each cut short', () => {
  const [told] = breachesOf({ log: `${'x'.repeat(1_000)}\n`.repeat(5) });
  assert.match(told ?? '', /^5 lines it printed are no log entries \((x{200}…; ){3}…\)$/);
});
