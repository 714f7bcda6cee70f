import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { demandNotes, endLine } from './sentences.ts';
import { frozenRun } from './testing.ts';

const calm = { ...frozenRun(), requirements: [] };

describe('the last line on a terminal', () => {
  test('has the verdict, the counts, the requests and where the report is', () => {
    assert.equal(
      endLine(calm, 1, 'AUDIT_REPORT.md'),
      'FAILED (exit code 1): 12 pass, 1 fail, 1 inconclusive, 1 not applicable, 1 not run of 16 checks; 506 requests in 12.3 s; see AUDIT_REPORT.md',
    );
    assert.match(endLine({ ...calm, requests: 1 }, 1, undefined), /; 1 request in 12\.3 s$/);
  });

  test('names the demands that are not proven or not met', () => {
    assert.match(
      endLine(frozenRun(), 1, 'AUDIT_REPORT.md'),
      /in 12\.3 s; PLAN-100 not proven: see the requirements; SC-004 not met in this run: 72\.1 s, of which rate limit 2\.0 s, first history scan 1\.7 s; see AUDIT_REPORT\.md$/,
    );
  });
});

test('a run whose demands are all shown has no note', () => {
  const requirements = frozenRun().requirements.filter(({ outcome }) => !['not met', 'not proven'].includes(outcome));
  assert.deepEqual(demandNotes({ requirements }), []);
});
