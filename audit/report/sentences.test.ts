import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { durationOf, endLine, harmOf, liveRelease, notesOf, targetOf } from './sentences.ts';
import { renderReport } from './markdown.ts';
import { frozenRun } from '../test/frozen-run.ts';

const frozen = frozenRun();
/** Without anything that its last line must mention. */
const calm = { ...frozen, selected: frozen.checks.length, requirements: [] };

describe('the last line on a terminal', () => {
  test('has the verdict, the counts, the requests and where the report is', () => {
    assert.equal(
      endLine(calm, 1, 'AUDIT_REPORT.md', []),
      'FAILED (exit code 1): 12 pass, 1 fail, 1 inconclusive, 1 not applicable, 1 not run of 16 checks; 506 requests in 12.3 s; see AUDIT_REPORT.md',
    );
    assert.match(endLine({ ...calm, requests: 1 }, 1, 'AUDIT_REPORT.md', ['run.json']), /; 1 request in 12\.3 s; not written: run\.json$/);
  });

  test('names the requirements that are not proven or not met', () => {
    assert.match(
      endLine({ ...calm, requirements: frozen.requirements }, 1, 'AUDIT_REPORT.md', []),
      /in 12\.3 s; PLAN-100 not proven: see the requirements; SC-004 not met in this run: 72\.1 s, of which rate limit 2\.0 s, first history scan 1\.7 s; see AUDIT_REPORT\.md$/,
    );
  });
});

test('states how many checks were selected in a partial run', () => {
  assert.deepEqual(notesOf({ ...calm, selected: 3 }), ['3 of 16 checks selected.']);
  assert.deepEqual(notesOf(calm), []);
  assert.match(endLine({ ...calm, selected: 1 }, 2, 'AUDIT_REPORT.md', []), /in 12\.3 s; 1 of 16 checks selected; see AUDIT_REPORT\.md$/);
});

test('what the audit stopped or left at the target comes first', () => {
  assert.deepEqual(harmOf(frozen), []);
  const [first] = frozen.checks;
  assert.ok(first);
  const stopped = {
    ...first,
    evidence: [{ outcome: 'fail' as const, code: 'api-stopped', says: 'It stopped\nresponding after PUT /x', exchanges: [] }],
  };
  const left = { ...first, id: 'nothing-left-behind', outcome: 'fail' as const, summary: 'Tenant A still has 2 objects.' };
  assert.deepEqual(harmOf({ checks: [stopped, left] }), [
    'This audit may have stopped the API. It stopped responding after PUT /x.',
    'This audit left objects at the target. Tenant A still has 2 objects.',
  ]);
  const run = { ...frozen, checks: [stopped, ...frozen.checks.slice(1)] };
  assert.match(renderReport(run), /^# Audit report\n\n\*\*This audit may have stopped the API\. .*\*\*\n\n\*\*FAILED\*\*/);
});

test('the target is a URL, or a rehearsal that no reader takes for a deployment', () => {
  const { target } = frozen;
  assert.equal(targetOf({ target }), 'Target: `https://api.example.com`. Its certificate is trusted through `AUDIT_CA_FILE`.');
  assert.equal(
    targetOf({ target: { ...target, loopback: true, private_ca: false } }),
    'Target: **rehearsal** (the service on this machine, not a public deployment).',
  );
});

describe('the live release', () => {
  const run = { live_commit: 'fedcba9876543210fedcba9876543210fedcba98', commit: 'fedcba987654', own_contract: true };

  test('is stated', () => {
    assert.equal(liveRelease(run), 'Live commit: `fedcba9876543210fedcba9876543210fedcba98`.');
  });

  test('is compared with the checkout, except with the contract of another API', () => {
    const other = { ...run, commit: '0123456789ab' };
    assert.match(liveRelease(other), /^Live commit: `fedcba9876543210fedcba9876543210fedcba98`\. The checkout is at `0123456789ab`: /);
    assert.equal(liveRelease({ ...other, own_contract: false }), liveRelease(run));
    assert.equal(liveRelease({ ...other, commit: null }), liveRelease(run));
  });

  test('is unknown if health reports none', () => {
    assert.equal(liveRelease({ ...run, live_commit: null }), 'Live commit: unknown.');
  });
});

test('the duration of a run includes its waits', () => {
  const run = { duration_ms: 95_000, waited_ms: 0, deployment_wait_ms: 0, budget_seconds: 60 };
  assert.equal(durationOf(run), '95.0 s; budget 60 s without waits');
  assert.equal(
    durationOf({ ...run, waited_ms: 2_000, deployment_wait_ms: 41_000 }),
    '95.0 s, including 41.0 s waiting for the deployment and 2.0 s waiting for the rate limit; budget 60 s without waits',
  );
});
