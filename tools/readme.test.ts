import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';

/** As committed: an audit on this machine writes its own report. */
const read = (file: string): string => execFileSync('git', ['show', `HEAD:${file}`], { cwd: import.meta.dirname, encoding: 'utf8' });
const [readme, report] = [read('README.md'), read('AUDIT_REPORT.md')];
const OUTCOME = /^\| ([A-Z]{2}-\d{3}) \| (.*) \| (.*) \| (.*) \|$/gm;

describe('the README', () => {
  test('has the requirements of the committed report, each with the beginning of its proof', () => {
    const reported = new Map([...report.matchAll(OUTCOME)].map(([, id, ...row]) => [id, row]));
    const shown = [...readme.matchAll(OUTCOME)];
    assert.ok(shown.length > 0, 'no requirement is shown');
    for (const [, id = '', demand, outcome, proof = ''] of shown) {
      const [reportedDemand, reportedOutcome, reportedProof = ''] = reported.get(id) ?? [];
      assert.deepEqual([demand, outcome], [reportedDemand, reportedOutcome], id);
      assert.ok(reportedProof.startsWith(proof), `${id}: ${proof}`);
    }
  });

  test('has the last line of the run of the committed report', () => {
    const [, verdict, counts] = /^\*\*(PROVEN)\*\*: (.*?)\. /m.exec(report) ?? [];
    const [, duration] = /^\| Duration \| ([\d.]+ s)/m.exec(report) ?? [];
    const [, requests] = /^\| Requests \| (\d+) /m.exec(report) ?? [];
    const line = `${verdict} (exit code 0): ${counts}; ${requests} requests in ${duration}; see AUDIT_REPORT.md`;
    assert.ok(readme.includes(`\n${line}\n`), line);
  });
});
