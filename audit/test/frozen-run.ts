import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CheckId, checkIds } from '../checks/catalog.ts';
import { ownReferences } from '../run/references.ts';
import { type CheckResult, resultsOf, type Run, verdictOf } from '../run/run.ts';

const UPDATE = 'UPDATE_GOLDEN';

/** Compares with the file under testdata/, or, where the environment variable is set, writes it. */
export function assertGolden(name: string, text: string): void {
  const file = path.join(import.meta.dirname, '..', 'report', 'testdata', name);
  if (process.env[UPDATE] !== undefined) writeFileSync(file, text);
  assert.ok(existsSync(file), `${file} does not exist. Run this test once with ${UPDATE}=1.`);
  assert.equal(
    text,
    readFileSync(file, 'utf8'),
    `${name} has changed. If this is intended, run this test with ${UPDATE}=1 and review the difference.`,
  );
}

/** Text with which an API could format a report. */
export const NASTY =
  'a | b\nc\r\n| d |`code`\t<script>alert(1)</script></details><img src=x onerror=1> [link](javascript:1) **bold** _under_ \\ & &lt; ~~~ ``` \u0000\u001b[31m\u202e ]]> %0A::error::';

export const SHOWN = {
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

/** A selection, so that a new check changes no golden file. */
const FROZEN: readonly CheckId[] = [
  'target-identity',
  'procfile-entry',
  'plain-http',
  'hsts',
  'health-shape',
  'health-truth',
  'browser-allowed-origin',
  'browser-foreign-origin',
  'wire-refused-writes',
  'token-wrong-key',
  'isolation-by-id',
  'isolation-in-lists',
  'server-banner',
  'limit-exhaustion',
  'secrets-by-value',
  'time-budget',
];

/** One of each outcome. */
const FROZEN_REQUIREMENTS: Run['requirements'] = [
  { id: 'FR-002', demand: 'A `Procfile` at the root', outcome: 'pass', proof: [{ says: 'Passed:', checks: ['procfile-entry'], tests: [] }] },
  {
    id: 'US2.1',
    demand: '`/health` returns 200 only with the database',
    outcome: 'pass in part',
    proof: [
      { says: 'Passed:', checks: ['health-shape'], tests: [] },
      {
        says: "That it returns 503 without the database is not observable from outside: shown by the rehearsal's check",
        checks: ['health-truth'],
        tests: [],
      },
    ],
  },
  {
    id: 'EC-3',
    demand: 'Unexpected port assignment, signals',
    outcome: 'not observable',
    proof: [{ says: 'Not observable from outside: tested by', checks: [], tests: ['service/server.test.ts'] }],
  },
  {
    id: 'SC-001',
    demand: 'Healthy within 5 minutes',
    outcome: 'not measured',
    proof: [{ says: 'Not measured in this run.', checks: [], tests: [] }],
  },
  {
    id: 'SC-004',
    demand: 'Under 60 seconds',
    outcome: 'not met',
    proof: [
      { says: 'not met in this run: 72.1 s, of which rate limit 2.0 s, first history scan 1.7 s.', checks: [], tests: [] },
      { says: 'Passed:', checks: ['time-budget'], tests: [] },
    ],
  },
  { id: 'SC-003', demand: 'Rejected at a rate of 100 %', outcome: 'fail', proof: [{ says: 'Failed:', checks: ['wire-refused-writes'], tests: [] }] },
  { id: 'PLAN-health', demand: 'Health contract', outcome: 'inconclusive', proof: [{ says: 'Inconclusive:', checks: ['health-shape'], tests: [] }] },
  { id: 'SC-002', demand: 'Secrets are absent', outcome: 'not run', proof: [{ says: 'Not run:', checks: ['secrets-by-value'], tests: [] }] },
  { id: 'PLAN-100', demand: 'Up to 100 connections', outcome: 'not proven', proof: [{ says: 'Nothing proves it.', checks: [], tests: [] }] },
];

/** A frozen run with one of each outcome, and with text with which an API could format the report. */
export function frozenRun(): Run {
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
      summary: 'GET /health (health): the API returned 503',
      evidence: [{ outcome: 'inconclusive', code: 'server-error', says: 'the API returned 503', exchanges: [] }],
    },
    'secrets-by-value': { outcome: 'not run', code: 'setting-missing', summary: 'No secret of the environment was given to look for.', evidence: [] },
    'health-truth': { outcome: 'not applicable', code: 'not-applicable', summary: 'AUDIT_OUTAGE_CONTROL is not set.', evidence: [] },
  };
  const checks = allResults(FROZEN).map((result): CheckResult => ({
    ...result,
    outcome: 'pass',
    code: 'proven',
    summary: `It held (${result.id}).`,
    duration_ms: 120,
    accepted: null,
    observations: 1,
    ...different[result.id],
  }));
  return {
    version: 1,
    verdict: verdictOf(checks),
    target: { api_url: 'https://api.example.com', app_origin: 'https://tasks-app.vercel.app', loopback: false, private_ca: true },
    commit: '0123456789ab',
    live_commit: 'fedcba9876543210fedcba9876543210fedcba98',
    selected: 9,
    own_contract: true,
    browser: 'Chromium 150.0',
    started_at: '2026-11-20T08:00:00.000Z',
    duration_ms: 12_345,
    waited_ms: 2_000,
    command_ms: 72_100,
    deployment_wait_ms: 0,
    history_scan_ms: 1_700,
    proving: { summary: 'Caught 3 of 3 faults, noticed 2 of 2 broken audits and deployments, left 1 of 1 sound look-alikes green.', stale: true },
    warm_up_ms: 850,
    budget_seconds: 60,
    requests: 506,
    anonymous_requests: 81,
    browser_requests: 101,
    areas: [
      { area: 'tokens', requests: 67, ms: 237 },
      { area: 'headers', requests: 14, ms: 28 },
    ],
    checks,
    requirements: FROZEN_REQUIREMENTS,
    changes: {
      since: '2026-11-19T08:00:00.000Z',
      elsewhere: null,
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
    isolation: [
      {
        collection: 'tasks',
        operation: 'readTask',
        method: 'GET',
        path: '/api/v1/tasks/{id}',
        foreign: '404',
        unknown: '404',
        ownerAfter: '200, unchanged',
      },
      {
        collection: 'tasks',
        operation: 'listTasks',
        method: 'GET',
        path: '/api/v1/tasks',
        foreign: '200, not shown',
        unknown: '',
        ownerAfter: '200, shown',
      },
      {
        collection: 'tags',
        operation: 'readTag',
        method: 'GET',
        path: '/api/v1/tags/{id}',
        foreign: '404',
        unknown: '404',
        ownerAfter: '200, unchanged',
      },
    ],
    operations: [
      { id: 'a|b', method: 'GET', path: '/a|b`c`/{id}', protected: true },
      { id: 'getHealth', method: 'GET', path: '/health', protected: false },
    ],
    variables: [
      { name: 'PORT', required_in: ['production'], secret: false, description: NASTY, default: {} },
      { name: 'LOG_LEVEL', required_in: [], secret: false, description: 'How much is logged.', default: { production: 'info' } },
    ],
    decisions: [
      {
        id: '0003',
        file: 'adr/0003-refuse-unlisted-origins-with-403-before-any-handler.md',
        title: NASTY,
        status: 'accepted',
        checks: ['wire-refused-writes'],
        saysWhyNot: false,
      },
      { id: '0008', file: 'adr/0008-set-time-limits-on-the-database-role.md', title: 'Set limits', status: 'accepted', checks: [], saysWhyNot: true },
    ],
  };
}

/** The run of an audit that could not begin: one result for each check of the catalog, none of which ran. */
export function unstartedRun(): Run {
  const checks = allResults(checkIds);
  return { ...frozenRun(), verdict: verdictOf(checks), checks, cors: [], isolation: [], browser: null, areas: [] };
}

function allResults(ids: readonly CheckId[]): CheckResult[] {
  const wanted = new Set<string>(ids);
  return resultsOf(new Map(), [], (id) => ownReferences(id, [])).filter(({ id }) => wanted.has(id));
}
