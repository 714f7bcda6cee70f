import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { expectVerdict } from '../../test/exchanges.ts';
import { judgeConformance } from './judge-conformance.ts';

const OPERATIONS = [
  { id: 'readTask', success: 200 },
  { id: 'deleteTask', success: 204 },
];
const SEEN = { id: '1', operation: 'readTask', status: 200 };

describe('judgeConformance', () => {
  test('passes on answers as documented, one success of each operation that has a body among them', () => {
    const verdict = judgeConformance({ compared: [SEEN, { id: '2', operation: 'readTask', status: 404 }] }, OPERATIONS);
    expectVerdict(verdict, 'pass');
    assert.deepEqual(
      verdict.observations.flatMap(({ evidence }) => evidence),
      ['1', '2'],
    );
  });

  test('fails on one that differs', () => {
    const compared = [SEEN, { id: '2', operation: 'readTask', status: 200, problem: 'the answer must NOT have additional properties (password)' }];
    expectVerdict(judgeConformance({ compared }, OPERATIONS), 'fail', 'not-as-documented');
  });

  test('cannot tell when an operation never answered with success', () => {
    expectVerdict(judgeConformance({ compared: [{ ...SEEN, status: 404 }] }, OPERATIONS), 'inconclusive', 'not-seen');
  });

  test('cannot tell when nothing was compared', () => {
    expectVerdict(judgeConformance({ compared: [] }, OPERATIONS), 'inconclusive');
    expectVerdict(judgeConformance({ compared: [] }, []), 'inconclusive', 'nothing-tried');
  });
});
