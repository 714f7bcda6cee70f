import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CheckId, checkIds } from '../../audit/checks/catalog.ts';
import type { Outcome } from '../../audit/model/verdict.ts';
import type { CheckResult, Run } from '../../audit/run/run.ts';
import { frozenRun } from '../../audit/test/frozen-run.ts';
import { type Assessed, assess as assessEnded, type Expectation } from './assess.ts';

/** With the exit code that matches the verdict. */
function assess(expected: Expectation, run: Pick<Run, 'verdict' | 'checks' | 'requirements'> | undefined): Assessed {
  return assessEnded(expected, run, run?.verdict === 'proven' ? 0 : 1);
}

const FAIL: Expectation = { must: 'fail', of: ['hsts', 'certificate'] };

/** A run in which all other checks passed. */
function runWith(
  outcomes: Readonly<Partial<Record<CheckId, Outcome>>>,
  verdict: Run['verdict'] = 'failed',
): Pick<Run, 'verdict' | 'checks' | 'requirements'> {
  const [like] = frozenRun().checks;
  assert.ok(like);
  const checks = checkIds.map((id): CheckResult => {
    const outcome = outcomes[id] ?? 'pass';
    return { ...like, id, outcome, evidence: outcome === 'fail' ? like.evidence.map((each) => ({ ...each, outcome: 'fail' as const })) : [] };
  });
  return { verdict, checks, requirements: [] };
}

describe('a fault', () => {
  test('is caught when every check that must fail has failed', () => {
    assert.equal(assess(FAIL, runWith({ hsts: 'fail', certificate: 'fail' })).ruling, 'caught');
  });

  test('has survived when one of them has not, whatever else fails', () => {
    for (const outcome of ['pass', 'inconclusive', 'not run', 'not applicable'] as const) {
      const { ruling, why } = assess(FAIL, runWith({ hsts: 'fail', certificate: outcome, 'tls-versions': 'fail' }));
      assert.deepEqual([ruling, why], ['survived', `certificate: ${outcome}`]);
    }
  });

  test('that is intermittent is caught by one of them', () => {
    const rare: Expectation = { ...FAIL, oneIsEnough: true };
    assert.equal(assess(rare, runWith({ hsts: 'fail' })).ruling, 'caught');
    assert.equal(assess(rare, runWith({ 'tls-versions': 'fail' })).ruling, 'survived');
  });

  test('has survived when the verdict is proven', () => {
    assert.equal(assess(FAIL, runWith({ hsts: 'fail', certificate: 'fail' }, 'proven')).ruling, 'survived');
  });

  test('is invalid when the audit could not begin or saved no run', () => {
    for (const id of ['target-identity', 'tenant-access'] as const) assert.equal(assess(FAIL, runWith({ [id]: 'inconclusive' })).ruling, 'invalid');
    assert.equal(assess(FAIL, undefined).ruling, 'invalid');
  });

  test('is caught when it is the reason why the audit could not begin', () => {
    assert.equal(assess(FAIL, runWith({ 'target-identity': 'inconclusive', hsts: 'fail', certificate: 'fail' })).ruling, 'caught');
  });

  test('counts the exchanges that show it', () => {
    const { shownBy } = assess(FAIL, runWith({ hsts: 'fail', certificate: 'fail' }));
    assert.deepEqual(Object.keys(shownBy).toSorted(), ['certificate', 'hsts']);
  });
});

describe('a fault of the audit itself', () => {
  const expected: Expectation = { must: 'not pass', of: ['hsts'] };

  test('is noticed by any outcome but pass', () => {
    for (const outcome of ['fail', 'inconclusive', 'not run'] as const)
      assert.equal(assess(expected, runWith({ hsts: outcome }, 'not proven')).ruling, 'noticed', outcome);
    assert.equal(assess(expected, runWith({}, 'not proven')).ruling, 'survived');
  });

  test('is noticed when the audit fails before it saves a run, but not when it hangs', () => {
    assert.deepEqual(
      [assessEnded(expected, undefined, 2).ruling, assessEnded(expected, undefined, 0).ruling, assessEnded(expected, undefined, null).ruling],
      ['noticed', 'invalid', 'invalid'],
    );
  });

  test('has survived when the process exits with 0', () => {
    assert.equal(assessEnded(expected, runWith({ hsts: 'not run' }, 'not proven'), 0).ruling, 'survived');
  });

  test('has survived when the verdict is proven', () => {
    assert.equal(assess(expected, runWith({ hsts: 'not run' }, 'proven')).ruling, 'survived');
  });
});

describe('a sound deployment', () => {
  const expected: Expectation = { must: 'prove' };

  test('is sound when it is proven', () => {
    assert.equal(assess(expected, runWith({ 'app-page': 'not applicable' }, 'proven')).ruling, 'sound');
  });

  test('is sound when only the audit took too long, but not when it sent too many requests', () => {
    const over = (code: string, outcomes: Parameters<typeof runWith>[0] = {}): ReturnType<typeof runWith> => {
      const run = runWith({ 'time-budget': 'fail', ...outcomes });
      const evidence = [{ outcome: 'fail' as const, code, says: 'The budget was exceeded.', exchanges: [] }];
      return { ...run, checks: run.checks.map((each) => (each.id === 'time-budget' ? { ...each, evidence } : each)) };
    };
    assert.equal(assess(expected, over('too-slow')).ruling, 'sound');
    assert.equal(assess(expected, over('too-slow', { hsts: 'fail' })).ruling, 'false alarm');
    assert.equal(assess(expected, over('too-many-requests')).ruling, 'false alarm');
  });

  test('has a false alarm for any outcome but pass', () => {
    for (const outcome of ['fail', 'inconclusive', 'not run'] as const) {
      const { ruling, why } = assess(expected, runWith({ hsts: outcome }, 'not proven'));
      assert.deepEqual([ruling, why], ['false alarm', `hsts ${outcome}`]);
    }
    assert.equal(assess(expected, runWith({}, 'not proven')).ruling, 'false alarm');
  });
});
