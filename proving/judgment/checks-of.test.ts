import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CheckId, checkIds } from '../../audit/checks/catalog.ts';
import type { Fault } from '../cases/case.ts';
import { withChecks } from './checks-of.ts';

const fault = (...caughtBy: [CheckId, ...CheckId[]]): Fault => ({ id: caughtBy.join('-'), what: 'a fault', caughtBy });
const checksOf = (...faults: Fault[]): (readonly CheckId[] | undefined)[] => withChecks(faults).map(({ checks }) => checks);

describe('the checks that run for a fault', () => {
  test('are all for the first fault of each area, and later those that share evidence and the preconditions', () => {
    const [first, second = [], third] = checksOf(fault('token-expired'), fault('token-missing'), fault('hsts'));
    assert.deepEqual([first, third], [undefined, undefined]);
    assert.ok(second.includes('tenant-access') && second.includes('token-expired'));
    for (const id of ['hsts', 'identity-claims', 'isolation-by-id'] as const) assert.ok(!second.includes(id), id);
    assert.ok(second.length < checkIds.length);
  });

  test('are those of all where checks of several must catch it', () => {
    const [, , both] = checksOf(fault('token-expired'), fault('isolation-by-id'), fault('token-expired', 'isolation-by-id'));
    assert.ok(both?.includes('token-missing') && both.includes('isolation-by-id') && !both.includes('hsts'));
  });

  test('are all where the responses to all checks are judged, and for another API', () => {
    const [, judged] = checksOf(fault('errors-without-internals'), fault('answers-as-documented'));
    assert.equal(judged, undefined);
    const ofAnotherApi = { ...fault('token-missing'), api: () => assert.fail('not started') };
    assert.deepEqual(checksOf(fault('token-expired'), ofAnotherApi), [undefined, undefined]);
  });
});
