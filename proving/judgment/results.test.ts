import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type CheckId, checkIds } from '../../audit/checks/catalog.ts';
import type { Outcome } from '../../audit/model/verdict.ts';
import type { Expectation } from './assess.ts';
import type { CaseResult } from './prove-case.ts';
import { chanceOfMissing, isExpected, renderResults, summaryOf, textMatrix, triesOfAll, triesOfEach, unseen } from './results.ts';

function result(
  id: string,
  expected: Expectation,
  outcomes: Readonly<Partial<Record<CheckId, Outcome>>>,
  more: Partial<CaseResult> = {},
): CaseResult {
  const all = Object.fromEntries(checkIds.map((check) => [check, outcomes[check] ?? 'pass']));
  const ruling = { prove: 'sound', fail: 'caught', 'not pass': 'noticed' } as const;
  return {
    id,
    what: `what is ${id}`,
    expected,
    ruling: ruling[expected.must],
    outcomes: all,
    shownBy: {},
    seconds: 8.5,
    requests: 700,
    report: '',
    ...more,
  };
}

const REFERENCE = result('reference-before', { must: 'prove' }, { 'browser-webkit': 'not applicable' });
const FAULT = result(
  'no-hsts',
  { must: 'fail', of: ['hsts'] },
  { hsts: 'fail', certificate: 'fail', 'tls-versions': 'inconclusive' },
  { shownBy: { hsts: 12 } },
);
const SURVIVED = result('no-nosniff', { must: 'fail', of: ['security-headers'] }, {}, { ruling: 'survived', why: 'security-headers: pass' });
const OF_THE_AUDIT = result('audit-blind', { must: 'not pass', of: ['tenant-access'] }, { 'tenant-access': 'inconclusive' });
const SOUND = result('sound-order', { must: 'prove' }, {});
const CASE = { id: 'no-hsts', what: 'what is no-hsts', caughtBy: ['hsts'] } as const;
const ALL = [REFERENCE, FAULT, SURVIVED, OF_THE_AUDIT, SOUND];

describe('the results of the mutation tests', () => {
  test('count the expected rulings, without the reference', () => {
    assert.equal(summaryOf(ALL), 'Caught 1 of 2 faults, noticed 1 of 1 broken audits and deployments, and proved 1 of 1 sound variants.');
    assert.deepEqual(ALL.map(isExpected), [true, true, false, true, true]);
  });

  test('name every applicable check that never failed', () => {
    const missing = unseen(ALL);
    assert.deepEqual(
      (['hsts', 'certificate', 'tls-versions', 'tenant-access', 'browser-webkit', 'security-headers'] as const).map((id) => missing.includes(id)),
      [false, false, true, false, false, true],
    );
  });

  test('show each case as a line and each check as a column', () => {
    const lines = textMatrix(ALL).split('\n');
    assert.equal(lines.length, 2 + ALL.length);
    const row = lines.find((line) => line.startsWith('no-hsts')) ?? '';
    const signs = row.slice(-checkIds.length);
    assert.deepEqual(
      (['hsts', 'certificate', 'tls-versions', 'tls-ciphers'] as const).map((id) => signs[checkIds.indexOf(id)]),
      ['#', '+', '?', '·'],
    );
  });

  test('state the survival probability of an intermittent fault', () => {
    assert.equal(triesOfEach(['hsts'], FAULT), 12);
    assert.equal(triesOfEach(['hsts', 'certificate'], FAULT), 0, 'the other check has no tries');
    assert.equal(triesOfAll(['hsts', 'certificate'], FAULT), 12);
    assert.equal(chanceOfMissing(0.5, 12), 0.5 ** 12);
    const page = renderResults(
      ALL,
      [
        { ...CASE, deployment: {} },
        { ...CASE, id: 'no-nosniff', sometimes: { share: 0.5, of: 'no-hsts' } },
      ],
      true,
      new Date(0),
    );
    assert.match(page, /1 of 1 deployed\s+faults have 12 tries or more/);
    assert.match(page, /\| `no-nosniff` +\| 50 in 100 responses +\| 12 +\| 0\.02 % +\|/);
  });

  test('list every case with its ruling and reason', () => {
    const page = renderResults(ALL, [{ ...CASE, seenIn: 'https://example.com/hsts' }], false, new Date(0));
    for (const { id } of ALL) assert.ok(page.includes(`\`${id}\``), id);
    assert.match(page, /^\*\*Caught 1 of 2 faults, .*\*\*$/m);
    assert.match(page, /survived: security-headers: pass/);
    assert.match(page, /\(\[seen\]\(https:\/\/example\.com\/hsts\)\)/);
    assert.match(page, /, 1970-01-01, written by/);
    assert.match(page, /^The tests of audits of other APIs, .* \*\*failed\*\*\.$/m);
  });
});
