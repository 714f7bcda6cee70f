import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { withDeclared } from '../../model/verdict.ts';
import { expectVerdict } from '../../test/exchanges.ts';
import { judgeConformance } from './judge-conformance.ts';

const OPERATIONS = [
  { id: 'readTask', success: 200, statuses: [200, 404] },
  { id: 'deleteTask', success: 204, statuses: [204] },
];
const MATCHING = { id: '1', operation: 'readTask', status: 200 };

describe('judgeConformance', () => {
  test('passes when all responses match and each operation with a response body succeeded', () => {
    const verdict = judgeConformance({ compared: [MATCHING, { id: '2', operation: 'readTask', status: 404 }], forbidden: [] }, OPERATIONS);
    expectVerdict(verdict, 'pass');
    assert.deepEqual(
      verdict.observations.flatMap(({ evidence }) => evidence),
      ['1', '2'],
    );
  });

  test('fails when a response differs', () => {
    const compared = [MATCHING, { id: '2', operation: 'readTask', status: 200, problem: 'the body must NOT have additional properties (password)' }];
    expectVerdict(judgeConformance({ compared, forbidden: [] }, OPERATIONS), 'fail', 'not-as-documented');
  });

  test('takes undocumented fields of health for a deviation from closed-health', () => {
    const problem = 'the body must NOT have additional properties (version)';
    const verdict = judgeConformance(
      { compared: [MATCHING, { id: '2', operation: 'health', status: 200, problem, isOpenHealth: true }], forbidden: [] },
      OPERATIONS,
    );
    assert.deepEqual([verdict.outcome, withDeclared(new Set(), verdict).outcome], ['fail', 'pass']);
  });

  test('is inconclusive when an operation never succeeded', () => {
    expectVerdict(judgeConformance({ compared: [{ ...MATCHING, status: 404 }], forbidden: [] }, OPERATIONS), 'inconclusive', 'not-observed');
  });

  test('names a read that is forbidden to the test users, which no audit with them can observe', () => {
    const forbidden = [{ id: '2', operation: 'readTask' }];
    const { outcome, summary } = judgeConformance({ compared: [MATCHING], forbidden }, OPERATIONS);
    assert.equal(outcome, 'pass');
    assert.match(summary, / Forbidden to the test users \(403\): readTask\.$/);
  });

  test('is inconclusive when nothing was compared', () => {
    expectVerdict(judgeConformance({ compared: [], forbidden: [] }, OPERATIONS), 'inconclusive');
    expectVerdict(judgeConformance({ compared: [], forbidden: [] }, []), 'inconclusive', 'nothing-tried');
  });

  test('does not expect a success of an operation that cannot succeed, and names it', () => {
    const left = { id: 'login', success: 200, statuses: [200] };
    const verdict = judgeConformance({ compared: [MATCHING], forbidden: [] }, [...OPERATIONS, left], [left]);
    assert.equal(verdict.outcome, 'pass');
    assert.match(verdict.summary, / Never successful in an audit: login\.$/);
  });
});
