import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { checkOf } from '../checks/catalog.ts';
import { BLOCKED } from '../model/verdict.ts';
import type { CheckResult } from '../run/run.ts';
import { frozenRun, SHOWN } from '../test/frozen-run.ts';
import { changesOf, findingOf, findingsForPeople, findingsOf } from './findings.ts';

const [result] = frozenRun().checks;
assert.ok(result !== undefined);
const failed: CheckResult = { ...result, id: 'hsts', outcome: 'fail', summary: 'HSTS is missing' };
const observation = (says: string): CheckResult['evidence'][number] => ({ outcome: 'fail', code: 'missing', says, exchanges: [SHOWN] });

describe('the findings', () => {
  test('are the open checks, failures first and the most severe first', () => {
    assert.deepEqual(
      findingsOf(frozenRun()).map(({ result: { id, outcome } }) => `${id}: ${outcome}`),
      ['wire-refused-writes: fail', 'secrets-by-value: not run', 'health-shape: inconclusive'],
    );
  });

  test('state once for people why checks could not begin', () => {
    const blocked = ['hsts', 'docs-absent', 'plain-http'].map((id) => ({
      ...result,
      id,
      outcome: 'inconclusive' as const,
      code: BLOCKED,
      summary: id === 'plain-http' ? 'Another reason.' : 'The credentials do not work.',
    }));
    const { findings, blocked: reasons } = findingsForPeople({ checks: [failed, ...blocked], own_contract: true });
    assert.deepEqual(
      findings.map((finding) => finding.result),
      [failed],
    );
    assert.deepEqual(reasons, [
      { reason: 'The credentials do not work.', ids: ['hsts', 'docs-absent'] },
      { reason: 'Another reason.', ids: ['plain-http'] },
    ]);
  });

  test('have a title that states the outcome', () => {
    assert.equal(findingOf(failed, true).title, checkOf('hsts').failed);
    assert.equal(
      findingOf({ ...failed, id: 'isolation-by-id', code: 'existence-shown' }, true).title,
      'A tenant can find out which ids belong to objects of other tenants',
    );
    assert.equal(findingOf({ ...failed, outcome: 'inconclusive' }, true).title, `Not proven: ${checkOf('hsts').title}`);
  });

  test('show the first observations, and each request once', () => {
    const { observations, further } = findingOf({ ...failed, evidence: Array.from({ length: 6 }, (_, index) => observation(String(index))) }, true);
    assert.deepEqual(
      observations.map(({ text, requests }) => [text, requests.length]),
      [
        ['0', 1],
        ['1', 0],
        ['2', 0],
        ['3', 0],
        ['4', 0],
      ],
    );
    assert.equal(further, 'and 1 more in the run file');
    assert.equal(findingOf({ ...failed, evidence: [observation('one')] }, true).further, undefined);
  });

  test('show what decides before what is in doubt', () => {
    const doubt: CheckResult['evidence'][number] = { ...observation('in doubt'), outcome: 'inconclusive' };
    const texts = findingOf({ ...failed, evidence: [doubt, observation('failed')] }, true).observations.map(({ text }) => text);
    assert.deepEqual(texts, ['failed', 'in doubt']);
  });

  test('do not repeat a summary that is the only observation', () => {
    assert.equal(findingOf({ ...failed, evidence: [observation(failed.summary)] }, true).summary, undefined);
    assert.equal(findingOf({ ...failed, evidence: [observation('another text')] }, true).summary, failed.summary);
  });

  test('state by whom and until when a failure is accepted', () => {
    const accepted = { reason: 'the edge decides.', owner: 'ops', expires: '2026-12-31' };
    assert.equal(
      findingOf({ ...failed, accepted }, true).acceptance,
      'Accepted until 2026-12-31 by ops: the edge decides. An accepted failure counts as not proven.',
    );
    assert.equal(
      findingOf({ ...failed, accepted: { ...accepted, owner: null, expires: null } }, true).acceptance,
      'Accepted: the edge decides. An accepted failure counts as not proven.',
    );
  });

  test('include a check of an earlier version, without advice', () => {
    const { title, advice } = findingOf({ ...failed, id: 'removed-check' }, true);
    assert.deepEqual([title, advice], ['removed-check', []]);
  });
});

test('changes are a sentence and the lists that are not empty', () => {
  const none = { since: '2026-11-20T08:00:00Z', elsewhere: null, worse: [], better: [], other: [] };
  assert.deepEqual(changesOf({ changes: { ...none, since: null } }), { sentence: 'There is no earlier run to compare with.', lists: [] });
  assert.deepEqual(changesOf({ changes: none }), { sentence: 'No changes since the previous run.', lists: [] });
  assert.deepEqual(changesOf({ changes: { ...none, elsewhere: 'https://api.example', better: ['hsts: fail -> pass'] } }), {
    sentence: 'Since the previous run, which had another target:',
    lists: [{ name: 'Better', lines: ['hsts: fail -> pass'] }],
  });
});
