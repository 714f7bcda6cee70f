import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { demandNotes, endLine, liveRelease, took } from './sentences.ts';
import { frozenRun } from '../test/frozen-run.ts';

const calm = { ...frozenRun(), requirements: [] };

describe('the last line on a terminal', () => {
  test('has the verdict, the counts, the requests and where the report is', () => {
    assert.equal(
      endLine(calm, 1, 'AUDIT_REPORT.md', []),
      'FAILED (exit code 1): 12 pass, 1 fail, 1 inconclusive, 1 not applicable, 1 not run of 16 checks; 506 requests in 12.3 s; see AUDIT_REPORT.md',
    );
    assert.match(endLine({ ...calm, requests: 1 }, 1, 'AUDIT_REPORT.md', ['run.json']), /; 1 request in 12\.3 s; not written: run\.json$/);
  });

  test('names the demands that are not proven or not met', () => {
    assert.match(
      endLine(frozenRun(), 1, 'AUDIT_REPORT.md', []),
      /in 12\.3 s; PLAN-100 not proven: see the requirements; SC-004 not met in this run: 72\.1 s, of which rate limit 2\.0 s, first history scan 1\.7 s; see AUDIT_REPORT\.md$/,
    );
  });
});

describe('the live release', () => {
  const run = { live_commit: 'fedcba9876543210fedcba9876543210fedcba98', commit: 'fedcba987654', own_contract: true };

  test('is named', () => {
    assert.equal(liveRelease(run), 'Live commit: `fedcba9876543210fedcba9876543210fedcba98`.');
  });

  test('is compared with the checkout, but not for the contract of another API', () => {
    const other = { ...run, commit: '0123456789ab' };
    assert.match(liveRelease(other), /^Live commit: `fedcba9876543210fedcba9876543210fedcba98`\. The checkout is at `0123456789ab`: /);
    assert.equal(liveRelease({ ...other, own_contract: false }), liveRelease(run));
    assert.equal(liveRelease({ ...other, commit: null }), liveRelease(run));
  });

  test('is unknown where health reports none', () => {
    assert.equal(liveRelease({ ...run, live_commit: null }), 'Live commit: unknown.');
  });
});

test('the time of a run names what it waited for', () => {
  const run = { duration_ms: 95_000, waited_ms: 0, deployment_wait_ms: 0, budget_seconds: 60 };
  assert.equal(took(run), '95.0 s of 60 s allowed');
  assert.equal(
    took({ ...run, waited_ms: 2_000, deployment_wait_ms: 41_000 }),
    '95.0 s of 60 s allowed, 41.0 s of it waiting for the deployment, 2.0 s of it waiting for the limiter',
  );
});

test('a run whose demands are all shown has no note', () => {
  const requirements = frozenRun().requirements.filter(({ outcome }) => !['not met', 'not proven'].includes(outcome));
  assert.deepEqual(demandNotes({ requirements }), []);
});
