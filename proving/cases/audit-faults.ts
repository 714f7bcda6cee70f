import { createLoginPage } from '../third-party/login-page.ts';
import { type AuditFault, mutate } from './case.ts';

const BROWSER = 'audit/gather/browser/chromium.ts';

/** Faults of the audit itself, against a sound deployment: the verdict must not be proven. */
export const auditFaults: readonly AuditFault[] = [
  {
    id: 'audit-redaction-off',
    what: 'the redactor removes nothing',
    noticedBy: ['artifacts-without-secrets'],
    repository: {
      mutations: [
        mutate(
          'audit/gather/redactor.ts',
          "withoutValues(text).replaceAll(JWT, '<token>').replaceAll(TRAILING_SEGMENTS, '$1').replaceAll(BASIC, 'Basic <credentials>')",
          'text',
        ),
      ],
    },
  },
  {
    id: 'audit-scan-stops-early',
    what: 'the secret scanner takes every text for one without secrets',
    noticedBy: ['secrets-in-tree', 'secrets-in-history', 'secrets-by-value'],
    repository: {
      mutations: [
        mutate('audit/checks/secrets/scanner.ts', 'return version === TRIGGERS_FOR && !isTriggered(text) && !hasNoPattern(file);', 'return true;'),
      ],
    },
  },
  {
    id: 'audit-cleanup-off',
    what: 'objects are found but not deleted',
    noticedBy: ['nothing-left-behind'],
    repository: {
      mutations: [mutate('audit/gather/tenants.ts', "purpose: 'clean up', method: 'DELETE'", "purpose: 'clean up', method: 'GET'")],
    },
  },
  {
    id: 'audit-judge-always-passes',
    what: 'a judge returns pass without evaluating evidence',
    noticedBy: ['token-expired', 'token-claims'],
    repository: {
      mutations: [
        mutate(
          'audit/checks/tokens/judge.ts',
          'export function judgeAttacks(evidence: AttackEvidence, ...kinds: readonly AttackClass[]): Verdict {\n',
          "export function judgeAttacks(evidence: AttackEvidence, ...kinds: readonly AttackClass[]): Verdict {\n  if (!kinds.includes('missing')) return { outcome: 'pass', code: 'proven', summary: 'All rejected.', observations: [] };\n",
        ),
      ],
    },
  },
  {
    id: 'audit-probe-returns-nothing',
    what: 'a gatherer returns no attacks',
    noticedBy: ['wire-refused-origins'],
    repository: {
      mutations: [
        mutate(
          'audit/checks/cors-http/judge.ts',
          'export function judgeUnlistedOrigins({',
          'export function judgeUnlistedOrigins(given: HttpCorsEvidence): Verdict {\n  return judgeUnlisted({ ...given, unlisted: [] });\n}\n\nfunction judgeUnlisted({',
        ),
      ],
    },
  },
  {
    id: 'audit-check-removed',
    what: 'a check was removed from the run',
    noticedBy: ['token-without-exp'],
    repository: {
      mutations: [
        mutate(
          'audit/runner/tests-to-run.ts',
          "('none' in tenants && checkOf(id).needsUsers)",
          "(id === 'token-without-exp' || ('none' in tenants && checkOf(id).needsUsers))",
        ),
      ],
    },
  },
  {
    id: 'audit-check-skipped',
    what: 'a check is skipped, which Playwright does not count as a failure',
    noticedBy: ['isolation-by-id'],
    repository: {
      mutations: [
        mutate(
          'audit/runner/audit.spec.ts',
          '      test.setTimeout(timeoutMs);\n',
          "      test.skip(id === 'isolation-by-id', 'flaky');\n      test.setTimeout(timeoutMs);\n",
        ),
      ],
    },
  },
  {
    id: 'audit-interception',
    what: 'a route stays active, so Playwright responds to every preflight itself',
    noticedBy: ['browser-control'],
    repository: {
      mutations: [
        mutate(
          BROWSER,
          '    const page = await context.newPage();\n    await page.goto(address);\n',
          "    const page = await context.newPage();\n    await page.route('**/analytics', (route) => route.abort());\n    await page.goto(address);\n",
        ),
      ],
    },
    seenIn: 'https://github.com/microsoft/playwright/issues/3331',
  },
  {
    id: 'audit-pages-at-home',
    what: "pages for disallowed origins are served from the app's origin",
    noticedBy: ['browser-foreign-origin', 'browser-look-alikes', 'browser-control'],
    repository: {
      mutations: [
        mutate(
          'audit/gather/browser/page.ts',
          '{ address: `${origin}/`, expectedOrigin: origin }',
          "{ address: 'https://tasks-app.vercel.app/', expectedOrigin: origin }",
        ),
      ],
    },
  },
  {
    id: 'audit-one-tenant',
    what: 'both tenants are the same user',
    noticedBy: ['isolation-by-id', 'isolation-in-lists'],
    deployment: { settings: { RATE_LIMIT_PER_MINUTE: '1000' } },
    repository: {
      mutations: [
        mutate(
          'audit/gather/credentials.ts',
          'export function tenantId(',
          "export function tenantId(runId: string, scope: Scope): string {\n  return tenantIdOf(runId, scope, 'tenant A');\n}\n\nfunction tenantIdOf(",
        ),
      ],
    },
  },
  {
    id: 'audit-ledger-lost',
    what: 'requests are not recorded in the ledger',
    noticedBy: ['health-shape', 'token-missing', 'secrets-in-answers'],
    repository: {
      mutations: [mutate('audit/gather/ledger.ts', 'runRecord.appendLedger(mapStrings(entry, (text) => text.slice(0, LONGEST_TEXT)));', '')],
    },
  },
  {
    id: 'audit-of-a-login-page',
    what: 'the target returns an HTML page, as in front of a protected deployment',
    noticedBy: ['target-identity', 'tenant-access'],
    api: createLoginPage,
  },
  {
    id: 'audit-reporter-ends-early',
    what: 'the reporter fails when it reports the verdict',
    noticedBy: ['target-identity'],
    repository: {
      mutations: [
        mutate('audit/runner/run-lifecycle.ts', 'const run = await collectRun(', "throw new Error('no disk');\n    const run = await collectRun("),
      ],
    },
  },
];
