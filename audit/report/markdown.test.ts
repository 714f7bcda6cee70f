import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { checkOf } from '../checks/catalog.ts';
import type { Outcome } from '../model/verdict.ts';
import { renderReport } from './markdown.ts';
import type { CheckResult, Run } from '../run/run.ts';
import { assertGolden, frozenRun, SHOWN } from '../test/frozen-run.ts';

/** Number of cells as GitHub counts them: a bar ends one unless a backslash precedes it. */
function cellsOf(row: string): number {
  return row.replaceAll(/\\[\\|]/g, '').split('|').length;
}

/** The report without its fenced blocks and code spans, in which markup has no effect. */
function prose(report: string): string {
  return report.replaceAll(/^ *```sh\n[\s\S]*?\n *```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

const report = renderReport(frozenRun());

describe('the report', () => {
  test('of a frozen run is the golden one', () => assertGolden('report.md', report));

  test('is the same, byte for byte, when rendered again or from the saved run', () => {
    assert.equal(renderReport(frozenRun()), report);
    assert.equal(renderReport(JSON.parse(JSON.stringify(frozenRun())) as Run), report);
  });

  test('states the verdict and the counts first', () => {
    const words: Readonly<Record<Run['verdict'], RegExp>> = {
      proven: /^# Audit report\n\n\*\*PROVEN\*\*: /,
      failed: /^# Audit report\n\n\*\*FAILED\*\*: /,
      'not proven': /^# Audit report\n\n\*\*NOT PROVEN\*\*: /,
    };
    for (const [verdict, pattern] of Object.entries(words))
      assert.match(renderReport({ ...frozenRun(), verdict: verdict as Run['verdict'] }), pattern);
    assert.match(report, /: 12 pass, 1 fail, 1 inconclusive, 1 not applicable, 1 not run of 16 checks\. /);
  });

  test('has tables whose rows have as many cells as their headers', () => {
    const tables = report.split('\n\n').filter((block) => block.startsWith('|'));
    assert.ok(tables.length >= 9, `only ${tables.length} tables`);
    for (const table of tables) {
      const rows = table.trimEnd().split('\n');
      assert.match(rows[1] ?? '', /^[|\- ]+$/);
      for (const row of rows) assert.equal(cellsOf(row), cellsOf(rows[0] ?? ''), row);
    }
  });

  test('contains no markup from a response', () => {
    const text = prose(report);
    for (const markup of [/<[a-z/!]/i, /(?<!\\)\]\(javascript/, /(?<!\\)\*\*bold/, /(?<!\\)_under/, /^(~~~|#|>) /m])
      assert.doesNotMatch(text.replaceAll(/^#{1,3} .*$/gm, ''), markup);
  });

  test('closes every fence on a separate line', () => {
    const fences = report.split('\n').filter((line) => /^ *```/.test(line));
    assert.equal(fences.length % 2, 0);
    fences.forEach((line, index) => assert.match(line, index % 2 === 0 ? /^ {4}```sh$/ : /^ {4}```$/));
  });

  test('has curl lines that a shell parses as intended, with variables instead of tokens', () => {
    const lines = report.split('\n').filter((line) => line.trim().startsWith('curl'));
    assert.equal(lines.length, 6, 'two for the first observation, one for each later one: no request is repeated');
    const [line = ''] = lines;
    assert.ok(!report.includes('<token of'));
    // A function in place of curl prints its arguments.
    const script = `curl() { printf '%s\\0' "$@"; }; AUDIT_API_URL=https://api.example TOKEN_A=token-a\n${line}`;
    const args = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
    const { path: requested } = SHOWN;
    assert.deepEqual(args.slice(0, -2), [
      '-i',
      '-X',
      'POST',
      '-H',
      "Origin: https://evil'.example",
      '-H',
      'Authorization: Bearer token-a',
      '-H',
      "X-Text: it's $(id)",
      '--data',
    ]);
    assert.equal(args.at(-1), `https://api.example${requested}`);
  });

  test('has a variable instead of a token in a body', () => {
    const line = report.split('\n').find((each) => each.trim().startsWith('curl')) ?? '';
    const script = `curl() { printf '%s\\0' "$@"; }; TOKEN_B=token-b\n${line}`;
    assert.match(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }), /"token":"token-b"/);
  });

  test('has a finding for each open check, failures first, with its remediation', () => {
    const [, findings = ''] = /## Findings\n([\s\S]*?)\n## /.exec(report) ?? [];
    const headings = findings.split('\n').filter((line) => line.startsWith('### '));
    assert.deepEqual(
      [...findings.matchAll(/^\[`([a-z-]+)`\]\(docs\/checks\/\1\.md\), (fail|inconclusive|not run) /gm)].map(
        ([, id, outcome]) => `${id}: ${outcome}`,
      ),
      ['wire-refused-writes: fail', 'secrets-by-value: not run', 'health-shape: inconclusive'],
    );
    assert.equal(headings.length, 3);
    assert.match(headings[0] ?? '', new RegExp(checkOf('wire-refused-writes').failed));
    for (const heading of headings.slice(1)) assert.match(heading, /Not proven: /, 'an open check must not read as if it had failed or passed');
    assert.match(findings, /and 2 more in the run file/);
    assert.equal(findings.match(/\*\*Remediation\.\*\*/g)?.length, 3);
  });

  test('reports no measure as passed while one of its checks is open', () => {
    const outcomeOf = (outcome: Outcome): string | undefined => {
      const checks = frozenRun().checks.map((check): CheckResult => ({ ...check, outcome: check.id === 'plain-http' ? outcome : 'pass' }));
      const rows = renderReport({ ...frozenRun(), checks })
        .split('\n')
        .map((line) => line.replaceAll('*', '').split(' | '));
      return rows.find(([first]) => first === '| TLS only')?.[1];
    };
    for (const outcome of ['pass', 'fail', 'inconclusive', 'not run'] as const) assert.equal(outcomeOf(outcome), outcome);
  });

  test('does not report recovery from a lost database as passed if the check was not applicable', () => {
    const checks = frozenRun().checks.map((check): CheckResult => ({ ...check, outcome: check.id === 'health-truth' ? 'not applicable' : 'pass' }));
    const rows = renderReport({ ...frozenRun(), checks })
      .split('\n')
      .map((line) => line.split(' | '));
    assert.notEqual(rows.find(([first]) => first?.includes('recovery from a lost database'))?.[1], 'pass');
  });

  test('states each requirement with its outcome and proof', () => {
    const [, requirements = ''] = /## Requirements\n([\s\S]*?)\n## /.exec(report) ?? [];
    const rows = requirements.split('\n').filter((line) => /^\| (FR|SC|US|EC|PLAN)/.test(line));
    assert.deepEqual(
      rows.map((row) => row.split(' | ').toSpliced(1, 1).join(' | ')),
      [
        '| FR-002 | pass | Passed: `procfile-entry`. |',
        "| US2.1 | pass in part | Passed: `health-shape`. That it returns 503 without the database is not observable from outside: shown by the rehearsal's check `health-truth`. |",
        '| EC-3 | not observable | Not observable from outside: tested by `service/server.test.ts`. |',
        '| SC-001 | not measured | Not measured in this run. |',
        '| SC-004 | **not met** | not met in this run: 72.1 s, of which rate limit 2.0 s, first history scan 1.7 s. Passed: `time-budget`. |',
        '| SC-003 | **fail** | Failed: `wire-refused-writes`. |',
        '| PLAN-health | **inconclusive** | Inconclusive: `health-shape`. |',
        '| SC-002 | **not run** | Not run: `secrets-by-value`. |',
        '| PLAN-100 | **not proven** | Nothing proves it. |',
      ],
    );
  });

  test('states the live commit in its heading', () => {
    assert.match(
      report.slice(0, report.indexOf('\n## ')),
      /\nLive commit: `fedcba9876543210fedcba9876543210fedcba98`\. The checkout is at `0123456789ab`: /,
    );
  });

  test('states in its heading how many checks were selected, and which requirements are not proven or not met', () => {
    const heading = report.slice(0, report.indexOf('\n## '));
    assert.match(heading, /\*\*9 of 16 checks selected\.\*\*/);
    assert.match(heading, /\*\*PLAN-100 not proven: see the requirements\.\*\*/);
    assert.match(heading, /\*\*SC-004 not met in this run: 72\.1 s, of which rate limit 2\.0 s, first history scan 1\.7 s\.\*\*/);
  });

  test('of a run that was saved before reports stated the requirements reports this', () => {
    const text = renderReport({ ...frozenRun(), requirements: [] });
    assert.match(text, /## Requirements\n\nThis run was saved before reports stated the requirements\. Run the audit again\.\n/);
    assert.doesNotMatch(text.slice(0, text.indexOf('\n## ')), /SC-004|PLAN-100/);
  });

  test('has a sentence instead of every empty list', () => {
    const run = frozenRun();
    const empty = renderReport({
      ...run,
      cors: [],
      isolation: [],
      variables: [],
      changes: { since: null, elsewhere: null, worse: [], better: [], other: [] },
      checks: run.checks.map((check) => ({ ...check, outcome: 'pass' })),
    });
    for (const sentence of [
      'No browser request was made.',
      'Isolation was not checked.',
      'The contract has no inventory of settings.',
      'There is no earlier run to compare with.',
      '## Findings\n\nNone.',
    ])
      assert.ok(empty.includes(sentence), sentence);
  });

  test('changes in one section only when a run of the same target is repeated', () => {
    const without = (text: string): string =>
      text.replace(/## This run\n[\s\S]*?\n## /, '## ').replaceAll(/https:\/\/(localhost:40001|api\.example\.com)/g, '<target>');
    const run = frozenRun();
    const later = renderReport({
      ...run,
      started_at: '2026-11-21T09:09:09.000Z',
      duration_ms: 54_321,
      waited_ms: 0,
      // The number of polls during an outage varies.
      requests: 510,
      anonymous_requests: 85,
      target: { ...run.target, api_url: 'https://localhost:40001' },
      areas: run.areas.map((area) => ({ ...area, requests: area.requests + 1, ms: area.ms * 2 })),
      checks: run.checks.map((check) => ({ ...check, duration_ms: check.duration_ms + 7 })),
      changes: { ...run.changes, since: '2026-11-20T08:00:00.000Z' },
    });
    assert.notEqual(later, report);
    assert.equal(without(later), without(report));
  });

  test('never presents a rehearsal as a deployment', () => {
    const rehearsed = renderReport({
      ...frozenRun(),
      target: { api_url: 'https://localhost:8443', app_origin: 'https://tasks-app.vercel.app', loopback: true, private_ca: true },
    });
    assert.match(rehearsed, /Target: \*\*rehearsal\*\* .*not a public deployment/);
    assert.doesNotMatch(report, /rehearsal\*\*/);
  });
});
