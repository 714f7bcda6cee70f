import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { readContract } from '../contract/contract.ts';
import { POLICIES, type Policy, policyIds } from './policy.ts';
import { conclude, expect, observePass, underPolicy, type Verdict, withDeclared } from './verdict.ts';

const ENTRY = { id: '0-1' };
const all = new Set<Policy>(policyIds);
const without = (policy: Policy): ReadonlySet<Policy> => new Set(policyIds.filter((id) => id !== policy));
/** A check with two observations: something that any API must do passes, and the policy is not followed. */
const deviating = (policy: Policy): Verdict =>
  conclude([observePass('must', ENTRY), underPolicy(policy, expect(false, 'deviates', 'It deviates', ENTRY))], 'It passed.');

describe('a policy', () => {
  test('is declared by the contract of this API, every one of them', () => {
    assert.deepEqual(readContract('contract/openapi.json').policies.toSorted(), policyIds.toSorted());
  });

  test('is described in the guide for other APIs', () => {
    const guide = readFileSync(path.join(import.meta.dirname, '..', '..', 'docs', 'audit-your-api.md'), 'utf8').replaceAll('`', '');
    for (const policy of policyIds) assert.ok(guide.includes(`| ${policy} | ${POLICIES[policy]} |`), policy);
  });

  for (const policy of policyIds) {
    test(`fails a check where it is declared, and is advice elsewhere: ${policy}`, () => {
      assert.equal(withDeclared(all, deviating(policy)).outcome, 'fail');
      const { outcome, summary, observations } = withDeclared(without(policy), deviating(policy));
      assert.deepEqual([outcome, summary], ['pass', 'It passed.']);
      assert.deepEqual(
        observations.map((each) => [each.outcome, each.policy]),
        [
          ['pass', undefined],
          ['advice', policy],
        ],
      );
    });

    test(`removes a check that is about nothing else from what is proven: ${policy}`, () => {
      const alone = conclude([underPolicy(policy, expect(false, 'deviates', 'It deviates', ENTRY))], 'It passed.');
      assert.equal(withDeclared(without(policy), alone).outcome, 'not applicable');
      const passed = conclude([observePass('follows', ENTRY)], 'It passed.');
      assert.equal(withDeclared(all, passed, policy).outcome, 'pass');
      assert.match(withDeclared(without(policy), passed, policy).summary, new RegExp(`declares the policy ${policy}: `));
    });
  }

  test('hides neither another failure nor a doubt', () => {
    const { observations } = deviating('problem-details');
    const failed = conclude([...observations, expect(false, 'wrong', 'It is wrong', ENTRY)], '');
    assert.deepEqual([withDeclared(new Set(), failed).outcome, withDeclared(new Set(), failed).code], ['fail', 'wrong']);
    const inconclusive = conclude([...observations, { outcome: 'inconclusive', code: 'unknown', says: '', evidence: [ENTRY.id] }], '');
    assert.equal(withDeclared(new Set(), inconclusive).outcome, 'inconclusive');
  });
});
