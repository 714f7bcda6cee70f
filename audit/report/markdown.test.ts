import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { checkIds, checkOf } from '../catalog.ts';
import type { Outcome } from '../judge/verdict.ts';
import { renderReport } from './markdown.ts';
import { type CheckResult, resultsOf, type Run, verdictOf } from './run.ts';

const GOLDEN = path.join(import.meta.dirname, 'testdata', 'report.md');
const UPDATE = 'UPDATE_GOLDEN';
const NASTY =
  'a | b\nc\r\n| d |`code`\t<script>alert(1)</script></details><img src=x onerror=1> [link](javascript:1) **bold** _under_ \\ & &lt; ~~~ ```';

const SHOWN = {
  method: 'POST',
  path: '/api/v1/tasks?q="$HOME`id`\\',
  from: "https://evil'.example",
  headers: [
    ['Authorization', 'Bearer <token of tenant A>'],
    ['X-Text', "it's $(id)"],
  ] as const,
  body: `{"title":"${NASTY}","token":"<token of tenant B>"}`,
  answer: `200: ${NASTY}`,
};

/** A frozen run with one of each outcome, and with text an API might answer to format the report. */
function frozenRun(): Run {
  const different: Readonly<Record<string, Pick<CheckResult, 'outcome' | 'code' | 'summary' | 'evidence'>>> = {
    'wire-refused-writes': {
      outcome: 'fail',
      code: 'object-appeared',
      summary: NASTY,
      evidence: Array.from({ length: 7 }, (_, index) => ({
        outcome: 'fail' as const,
        code: 'object-appeared',
        says: `${index}: ${NASTY}`,
        exchanges: [SHOWN, { ...SHOWN, path: `/${index}${SHOWN.path}` }, SHOWN],
      })),
    },
    'health-shape': {
      outcome: 'inconclusive',
      code: 'server-error',
      summary: 'GET /health (health): the API answered 503',
      evidence: [{ outcome: 'inconclusive', code: 'server-error', says: 'the API answered 503', exchanges: [] }],
    },
    'secrets-by-value': { outcome: 'not run', code: 'setting-missing', summary: 'No secret of the environment was given to look for.', evidence: [] },
    'health-truth': { outcome: 'not applicable', code: 'not-applicable', summary: 'AUDIT_OUTAGE_CONTROL is not set.', evidence: [] },
  };
  const checks = resultsOf(new Map(), []).map((result): CheckResult => ({
    ...result,
    outcome: 'pass',
    code: 'proven',
    summary: `It held (${result.id}).`,
    observations: 1,
    ...different[result.id],
  }));
  return {
    verdict: verdictOf(checks),
    target: { api_url: 'https://api.example.com', app_origin: 'https://tasks-app.vercel.app', loopback: false, private_ca: true },
    commit: '0123456789ab',
    browser: 'Chromium 150.0',
    started_at: '2026-11-20T08:00:00.000Z',
    duration_ms: 12_345,
    waited_ms: 2_000,
    requests: 506,
    anonymous_requests: 81,
    browser_requests: 101,
    areas: [
      { area: 'tokens', requests: 67, ms: 237 },
      { area: 'headers', requests: 14, ms: 28 },
    ],
    checks,
    changes: {
      since: '2026-11-19T08:00:00.000Z',
      worse: ['wire-refused-writes: pass -> fail'],
      better: [NASTY],
      other: ['health-truth: new -> not applicable'],
    },
    cors: [
      { kind: 'the app', origin: 'https://tasks-app.vercel.app', method: 'GET', purpose: 'simple GET', ruling: 'readable, 200' },
      { kind: 'the app', origin: 'https://tasks-app.vercel.app', method: 'DELETE', purpose: 'preflighted DELETE', ruling: 'readable, 204' },
      { kind: 'foreign', origin: 'https://foreign-site.example', method: 'GET', purpose: 'simple GET', ruling: 'MissingAllowOriginHeader' },
      {
        kind: 'foreign',
        origin: 'https://foreign-site.example',
        method: 'DELETE',
        purpose: 'preflighted DELETE',
        ruling: 'PreflightMissingAllowOriginHeader',
      },
    ],
    isolation: [{ operation: 'readTask', method: 'GET', path: '/api/v1/tasks/{id}', foreign: '404', unknown: '404', ownerAfter: '200, unchanged' }],
    operations: [
      { id: 'a|b', method: 'GET', path: '/a|b`c`/{id}', protected: true },
      { id: 'getHealth', method: 'GET', path: '/health', protected: false },
    ],
    variables: [
      { name: 'PORT', required_in: ['production'], secret: false, description: NASTY, default: {} },
      { name: 'LOG_LEVEL', required_in: [], secret: false, description: 'How much is logged.', default: { production: 'info' } },
    ],
    decisions: [
      { id: '0003', file: 'adr/0003-refuse.md', title: NASTY, status: 'accepted', checks: ['wire-refused-writes'], saysWhyNot: false },
      { id: '0008', file: 'adr/0008-limits.md', title: 'Set limits', status: 'accepted', checks: [], saysWhyNot: true },
    ],
  };
}

/** Number of cells as GitHub counts them: a bar ends one unless a backslash stands before it. */
function cellsOf(row: string): number {
  return row.replaceAll(/\\[\\|]/g, '').split('|').length;
}

/** The report without its fenced blocks and code spans, where nothing is acted upon. */
function prose(report: string): string {
  return report.replaceAll(/^ *```sh\n[\s\S]*?\n *```$/gm, '').replaceAll(/`[^`\n]*`/g, '');
}

const report = renderReport(frozenRun());

describe('the report', () => {
  test('of a frozen run is the golden one', () => {
    if (process.env[UPDATE] !== undefined) writeFileSync(GOLDEN, report);
    assert.ok(existsSync(GOLDEN), `There is no ${GOLDEN}: run this test once with ${UPDATE}=1.`);
    assert.equal(
      report,
      readFileSync(GOLDEN, 'utf8'),
      `The report has changed. Should it: run this test with ${UPDATE}=1, and look at the difference.`,
    );
  });

  test('is rendered twice byte for byte, also from the saved run', () => {
    assert.equal(renderReport(frozenRun()), report);
    assert.equal(renderReport(JSON.parse(JSON.stringify(frozenRun())) as Run), report);
  });

  test('says the verdict and the counts first', () => {
    const words: Readonly<Record<Run['verdict'], RegExp>> = {
      proven: /^# Audit report\n\n\*\*PROVEN\*\*: /,
      failed: /^# Audit report\n\n\*\*FAILED\*\*: /,
      'not proven': /^# Audit report\n\n\*\*NOT PROVEN\*\*: /,
    };
    for (const [verdict, pattern] of Object.entries(words))
      assert.match(renderReport({ ...frozenRun(), verdict: verdict as Run['verdict'] }), pattern);
    assert.match(report, new RegExp(`${checkIds.length - 4} pass, 1 fail, 1 inconclusive, 1 not applicable, 1 not run of ${checkIds.length} checks`));
  });

  test('has tables whose rows have as many cells as their heads', () => {
    const tables = report.split('\n\n').filter((block) => block.startsWith('|'));
    assert.ok(tables.length >= 9, `only ${tables.length} tables`);
    for (const table of tables) {
      const rows = table.trimEnd().split('\n');
      assert.match(rows[1] ?? '', /^[|\- ]+$/);
      for (const row of rows) assert.equal(cellsOf(row), cellsOf(rows[0] ?? ''), row);
    }
  });

  test('holds no markup of what an API answered', () => {
    const text = prose(report);
    for (const markup of [/<[a-z/!]/i, /(?<!\\)\]\(javascript/, /(?<!\\)\*\*bold/, /(?<!\\)_under/, /^(~~~|#|>) /m])
      assert.doesNotMatch(text.replaceAll(/^#{1,3} .*$/gm, ''), markup);
  });

  test('closes every fence it opens, on lines of their own', () => {
    const fences = report.split('\n').filter((line) => /^ *```/.test(line));
    assert.equal(fences.length % 2, 0);
    fences.forEach((line, index) => assert.match(line, index % 2 === 0 ? /^ {4}```sh$/ : /^ {4}```$/));
  });

  test('has command lines a shell takes as they are meant, with variables in place of tokens', () => {
    const lines = report.split('\n').filter((line) => line.trim().startsWith('curl'));
    assert.equal(lines.length, 6, 'two for the first observation, and each later one once: what was shown is not shown again');
    const [line = ''] = lines;
    assert.ok(!report.includes('<token of'));
    // A shell that has no curl, but shows what it would have been given.
    const script = `curl() { printf '%s\\0' "$@"; }; AUDIT_API_URL=https://api.example TOKEN_A=token-a\n${line}`;
    const args = execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1);
    const { path: asked } = SHOWN;
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
    assert.equal(args.at(-1), `https://api.example${asked}`);
  });

  test('has a variable for a token in a body too', () => {
    const line = report.split('\n').find((each) => each.trim().startsWith('curl')) ?? '';
    const script = `curl() { printf '%s\\0' "$@"; }; TOKEN_B=token-b\n${line}`;
    assert.match(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }), /"token":"token-b"/);
  });

  test('shows a finding of each kind that is open, the failed first, with why and how', () => {
    const [, findings = ''] = /## Findings\n([\s\S]*?)\n## /.exec(report) ?? [];
    const heads = findings.split('\n').filter((line) => line.startsWith('### '));
    assert.deepEqual(
      [...findings.matchAll(/^`([a-z-]+)`, (fail|inconclusive|not run) /gm)].map(([, id, outcome]) => `${id}: ${outcome}`),
      ['wire-refused-writes: fail', 'secrets-by-value: not run', 'health-shape: inconclusive'],
    );
    assert.equal(heads.length, 3);
    assert.match(heads[0] ?? '', new RegExp(checkOf('wire-refused-writes').failed));
    for (const head of heads.slice(1)) assert.match(head, /not shown: /, 'what was not seen must not read as if it had failed or held');
    assert.match(findings, /and 2 more in the run file/);
    assert.equal(findings.match(/\*\*How to fix\.\*\*/g)?.length, 3);
  });

  test('calls no requirement or measure held while one of its checks is open', () => {
    const wordsOf = (outcome: Outcome): (string | undefined)[] => {
      const checks = frozenRun().checks.map((check): CheckResult => ({ ...check, outcome: check.id === 'plain-http' ? outcome : 'pass' }));
      const rows = renderReport({ ...frozenRun(), checks })
        .split('\n')
        .map((line) => line.replaceAll('*', '').split(' | '));
      return [rows.find(([first]) => first === '| ASVS')?.[2], rows.find(([first]) => first === '| TLS only')?.[1]];
    };
    for (const outcome of ['pass', 'fail', 'inconclusive', 'not run'] as const) assert.deepEqual(wordsOf(outcome), [outcome, outcome]);
  });

  test('does not say that recovery from a lost database was shown where it was not applicable', () => {
    const checks = frozenRun().checks.map((check): CheckResult => ({ ...check, outcome: check.id === 'health-truth' ? 'not applicable' : 'pass' }));
    const rows = renderReport({ ...frozenRun(), checks })
      .split('\n')
      .map((line) => line.split(' | '));
    assert.notEqual(rows.find(([first]) => first === '| SC-001')?.[2], 'pass');
    assert.notEqual(rows.find(([first]) => first?.includes('recovery from a lost database'))?.[1], 'pass');
  });

  test('says what there is not instead of leaving a gap', () => {
    const run = frozenRun();
    const empty = renderReport({
      ...run,
      cors: [],
      isolation: [],
      variables: [],
      changes: { since: null, worse: [], better: [], other: [] },
      checks: run.checks.map((check) => ({ ...check, outcome: 'pass' })),
    });
    for (const sentence of [
      'The browser was not asked.',
      'It could not be examined.',
      'There is no inventory of settings.',
      'This is the first run that was kept.',
      '## Findings\n\nNone.',
    ])
      assert.ok(empty.includes(sentence), sentence);
  });

  test('changes with the time of the run in one section alone', () => {
    const without = (text: string): string => text.replace(/## This run\n[\s\S]*?\n## /, '## ');
    const later = renderReport({ ...frozenRun(), started_at: '2026-11-21T09:09:09.000Z', duration_ms: 54_321, waited_ms: 0 });
    assert.notEqual(later, report);
    assert.equal(without(later), without(report));
  });

  test('never takes a rehearsal for a deployment', () => {
    const rehearsed = renderReport({
      ...frozenRun(),
      target: { api_url: 'https://localhost:8443', app_origin: 'https://tasks-app.vercel.app', loopback: true, private_ca: true },
    });
    assert.match(rehearsed, /\*\*a rehearsal\*\*.*not a deployment on the internet/);
    assert.doesNotMatch(report, /rehearsal\*\*/);
  });
});
