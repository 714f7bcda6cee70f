import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { ThirdPartyApi, ThirdPartySettings } from '../../proving/third-party/third-party-api.ts';
import { createNotesApi } from '../../proving/third-party/notes-api.ts';
import { createTodosApi, type TodosFault } from '../../proving/third-party/todos-api.ts';
import { ADMISSIONS, createSnippetsApi, FAULTS } from '../../proving/third-party/snippets-api.ts';
import { TRAITS } from '../../proving/third-party/snippets-contract.ts';
import { startThirdPartyDeployment } from '../../proving/third-party/deployment.ts';
import { OTHER_COLLECTIONS } from '../model/selection.ts';
import { policyIds } from '../model/policy.ts';
import { type CheckId, checkIds, checkOf } from '../checks/catalog.ts';
import { findOtherBrowser } from '../gather/browser/find-browser.ts';
import type { CheckResult } from '../run/run.ts';
import { withoutTime } from '../../proving/judgment/without-time.ts';
import { type AuditedDeployment, auditDeployment, onlyInProve, startAuditScript } from '../test/environment.ts';

/** Checks of this repository or a stage, and of features that these APIs do not have. */
const NOT_APPLICABLE: Readonly<Partial<Record<CheckId, RegExp>>> = {
  'procfile-entry': /^AUDIT_CONTRACT names another contract than this repository's/,
  'port-binding': /has no environment\.json/,
  'settings-without-fallback': /has no environment\.json/,
  'pool-settings': /^AUDIT_CONTRACT names another contract than this repository's/,
  dependencies: /^AUDIT_CONTRACT names another contract than this repository's/,
  'decision-links': /^The config file names no folder of decision records/,
  'release-live': /^The contract's health has no commit/,
  'health-truth': /AUDIT_OUTAGE_CONTROL is not set/,
  'app-page': /AUDIT_APP_PAGE is not live/,
  'app-scripts': /AUDIT_APP_PAGE is not live/,
  ...Object.fromEntries(
    ['public-key-as-secret', 'unpublished-key', 'key-in-header', 'signature-form', 'issuer'].map((id) => [
      `token-${id}`,
      /AUDIT_JWKS_URL is not set/,
    ]),
  ),
  ...(findOtherBrowser('firefox', process.env['AUDIT_FIREFOX']) === undefined && { 'browser-firefox': /Firefox is not installed/ }),
  ...(findOtherBrowser('webkit', undefined) === undefined && { 'browser-webkit': /WebKit is not installed/ }),
  'concurrent-reads': /^Neither the contract .* states how many requests at once/,
  'isolation-of-references': /No collection of the contract refers to another/,
};

/** The same, for an API that declares no policy. */
const NOT_APPLICABLE_WITHOUT_POLICIES: typeof NOT_APPLICABLE = {
  ...NOT_APPLICABLE,
  'wire-refused-writes': /declares the policy other-origins-rejected: /,
};

/** The same, for an API whose responses do not state its limits. */
const NOT_APPLICABLE_WITHOUT_STATED_LIMITS: typeof NOT_APPLICABLE = {
  ...NOT_APPLICABLE_WITHOUT_POLICIES,
  'limit-headers': /declares the policy rate-limit-headers: /,
  'limit-every-operation': /^No response states a limit/,
  'limit-exemptions': /^No response states a limit/,
};

/** The same, for an API without health as well. */
const NOT_APPLICABLE_WITHOUT_HEALTH: typeof NOT_APPLICABLE = {
  ...NOT_APPLICABLE_WITHOUT_POLICIES,
  ...Object.fromEntries(
    ['release-live', 'health-shape', 'health-agrees', 'health-open', 'health-truth'].map((id) => [id, /documents no health path/]),
  ),
};

const NOTES_CONTRACT = path.join(import.meta.dirname, '..', '..', 'proving', 'third-party', 'notes.openapi.json');

const BY_ANOTHER_ENGINE =
  /^The object was changed|^The list contains an object with the text of a rejected write$| from (https:\/\/foreign-site\.example|null) \(status \d+\)$/;

/** The checks that each fault must fail, and the only reasons they may state. */
const FAILS: Readonly<Record<(typeof FAULTS)[number], Readonly<Partial<Record<CheckId, RegExp>>>>> = {
  'owner-forgotten-in-list': {
    'isolation-in-lists':
      /returned an object of the other tenant$|^The lists of the two tenants have objects in common|that the tenant does not own$|that name another owner$|^A concurrent creation of tenant [AB] is missing in its list, or is in the list of the other tenant$/,
    'isolation-contradictions': /that the tenant does not own$|returned an object of the other tenant$|contains an object of B$/,
    'isolation-of-queries': /that the tenant does not own$|returned an object of the other tenant$/,
    'isolation-of-similar-users': /returned an object of another user$/,
    'isolation-of-totals': /changed each time another tenant created objects, and not otherwise$/,
    'path-spellings': /in another spelling\) returned 200 with another tenant's object$/,
  },
  'origin-reflected': {
    'browser-foreign-origin': /from https:\/\/foreign-site\.example \(status \d+\)$/,
    'browser-null-origin': /from null \(status \d+\)$/,
    'browser-look-alikes': /from https:\/\/\S*pages\S* \(status \d+\)$/,
    ...(findOtherBrowser('firefox', process.env['AUDIT_FIREFOX']) !== undefined && { 'browser-firefox': BY_ANOTHER_ENGINE }),
    ...(findOtherBrowser('webkit', undefined) !== undefined && { 'browser-webkit': BY_ANOTHER_ENGINE }),
    'browser-refused-writes': /^The object was changed|^The list contains an object with the text of a rejected write$/,
    'origins-everywhere':
      / with Origin: .* (got Access-Control-Allow-Origin: |returned \d+)|^The object was changed|with the text of a rejected write$/,
    'wire-refused-origins': /got Access-Control-Allow-Origin: |\((GET from|GET with two) .* returned \d+ instead of 403/,
    'wire-refused-writes':
      /^The object was changed|^The list contains an object with the text of a rejected write$|\(.* from a disallowed origin\) returned \d+/,
    'cors-on-every-status': /with Access-Control-Allow-Origin (?!https:\/\/pages\.example\.net$)/,
  },
  'expired-token-accepted': {
    'token-expired': /^expired five minutes ago .* returned 20\d( with the owner's data)?$/,
    'token-every-operation': /^expired five minutes ago: .* returned 20\d( with the owner's data)?$/,
  },
  'version-in-health': {
    'health-shape': /^Health returned exactly service, store, and version\. /,
    'answers-as-documented': /^The 200 response of get \/status differs .*additional properties \(version\)\.$/,
  },
  'errors-without-nosniff': {
    'security-headers': /returned 4\d\d with no nosniff/,
    'limit-exhaustion': /^The 429 lacks X-Content-Type-Options: nosniff or Strict-Transport-Security$/,
  },
  'numbers-coerced-to-text': {
    'odd-input': /\(.*\) returned 200, not a client error\.$/,
    'errors-without-internals': /\(a number for text\) returned 200, not a client error\.$/,
  },
  'forwarded-address-trusted': { 'limit-forged-address': /did not count in (the caller's bucket|it)$/ },
};

/** Inconclusive where lists return everything and no origin is rejected. */
const INCONCLUSIVE: Readonly<Partial<Record<CheckId, RegExp>>> = {
  hsts: /a foreign origin\) returned 200 instead of 403, so no response with that status was checked$/,
  'private-answers': /a foreign origin\) returned 200 instead of 403, so no response with that status was checked$/,
  'isolation-of-ownership': /^A's list contains B's own object/,
  'identity-claims':
    /\(no claim\) shows the object of the other tenant, so a claim proves nothing$|shows an object that another tenant created for itself$/,
};

type AuditOptions = {
  settings?: Readonly<Record<string, string>>;
  config?: object;
  start?: typeof startAuditScript;
  checks?: readonly CheckId[];
  requestsPerMinute?: number;
};
/** A late audit exits as failed. */
type Audited = AuditedDeployment & { isLate: boolean; count: ReturnType<ThirdPartyApi['count']> };

async function audit(
  context: TestContext,
  create: (settings: ThirdPartySettings) => ThirdPartyApi | Promise<ThirdPartyApi>,
  { settings = {}, config, start, checks = [], ...options }: AuditOptions = {},
): Promise<Audited> {
  const deployment = await startThirdPartyDeployment(create, options);
  context.after(() => deployment.stop());
  const configFile = path.join(deployment.directory, 'audit.config.json');
  if (config !== undefined) await writeFile(configFile, JSON.stringify(config));
  const all = { ...settings, ...(config !== undefined && { AUDIT_CONFIG: configFile }) };
  const { run, ...ended } = await auditDeployment(context, deployment, all, checks, start);
  return { ...ended, run: withoutTime(run), isLate: withoutTime(run) !== run, count: deployment.count() };
}

function withOutcome({ run }: Audited, outcome: CheckResult['outcome']): CheckResult[] {
  return run.checks.filter((check) => check.outcome === outcome);
}

function assertSummaries(audited: Audited, outcome: CheckResult['outcome'], expected: Readonly<Partial<Record<CheckId, RegExp>>>): void {
  const found = withOutcome(audited, outcome);
  const summaries = found.map(({ id, summary }) => `${id}: ${summary}`).join('\n');
  assert.deepEqual(found.map(({ id }) => id).toSorted(), Object.keys(expected).toSorted(), `${outcome}:\n${summaries}\n${audited.output}`);
  for (const { id, summary } of found) assert.match(summary.replace(/ \(and \d+ more\)$/, ''), expected[id as CheckId] ?? /^$/, id);
}

function assertProven(audited: Audited, exitCode = 0, notApplicable = NOT_APPLICABLE): void {
  const { code, output, run, isLate } = audited;
  assert.deepEqual([code, run.verdict], [isLate ? 1 : exitCode, 'proven'], output);
  assertSummaries(audited, 'not applicable', notApplicable);
  assert.equal(withOutcome(audited, 'pass').length, checkIds.length - Number(isLate) - Object.keys(notApplicable).length, output);
}

/** Only an audit that created objects shows that it deletes them. */
function assertNothingLeft({ count: { created, stored }, output }: Audited): void {
  assert.ok(created >= 20, `${created} objects were created\n${output}`);
  assert.equal(stored, 0, output);
}

// One waits where another computes.
describe('the audit, with the contract of another API', { concurrency: 2 }, () => {
  test(
    'proves one in Fastify that is sound: UUIDs, wrapped lists, offsets, PUT of the whole, 400 for what is invalid',
    onlyInProve,
    async (context) => {
      const requirements = { 'SEC-7': { text: 'Only the app can call the API', checks: ['wire-refused-origins'] } };
      const audited = await audit(context, createNotesApi, { config: { requirements, decisions: 'decisions' } });
      const { 'decision-links': _, ...notApplicable } = NOT_APPLICABLE;
      assertProven(audited, 0, notApplicable);
      assertNothingLeft(audited);
      const { checks, own_contract, requirements: rows } = audited.run;
      const linked = checks.filter(({ adr, requirement }) => adr !== null || requirement.length > 0);
      assert.deepEqual(
        linked.map(({ id, adr, requirement, file }) => [id, adr, requirement, file]),
        [['wire-refused-origins', '0007', ['SEC-7'], 'decisions/0007-list-the-origins.md']],
      );
      assert.deepEqual([own_contract, rows.map(({ id, outcome }) => `${id}: ${outcome}`)], [false, ['SEC-7: pass']]);
      // Of the repository in which the audit runs, and not of its own.
      assert.match(checks.find(({ id }) => id === 'secrets-in-tree')?.summary ?? '', /^The scan of 2 files /);
      assert.ok(audited.run.operations.some(({ id, path: at }) => id === 'notes.archive' && at === '/v2/notes/{note_id}/archive'));
      assert.ok(!audited.run.operations.some(({ path: at }) => at.startsWith('/api/v1/')));
    },
  );

  test(
    'proves one with many collections, of which it tries matrices on some, and states how many cells that left out',
    onlyInProve,
    async (context) => {
      const names = Array.from({ length: 6 }, (_, index) => `notes${index}`);
      const audited = await audit(context, (settings) => createNotesApi(settings, names), { requestsPerMinute: 400, start: startAuditScript });
      assertProven(audited, 0);
      assertNothingLeft(audited);
      const { coverage } = audited.run.checks.find(({ id }) => id === 'origins-everywhere') ?? {};
      assert.deepEqual(
        coverage?.left.map(({ reason }) => reason),
        [OTHER_COLLECTIONS],
      );
      // Its columns are no operations of a collection.
      assert.deepEqual(audited.run.checks.find(({ id }) => id === 'files-absent')?.coverage?.left, []);
      // Isolation by id is tried on all of them.
      for (const name of names)
        assert.ok(
          audited.run.isolation.some(({ collection }) => collection === name),
          name,
        );
    },
  );

  test(
    'proves one that follows none of the policies of this project and states limits as GitHub does, and lists both as advice',
    onlyInProve,
    async (context) => {
      const audited = await audit(context, (settings) => createSnippetsApi(settings, { isPlain: true, limitHeaders: 'X-RateLimit' }));
      assertProven(audited, 0, NOT_APPLICABLE_WITHOUT_POLICIES);
      assertNothingLeft(audited);
      const advised = audited.run.checks.flatMap(({ id, evidence }) =>
        evidence.flatMap(({ policy = [] }) => [policy].flat().map((each) => [each, id] as const)),
      );
      assert.deepEqual([...new Set(advised.map(([policy]) => policy))].toSorted(), policyIds.toSorted());
      const ofLimits = new Set(advised.flatMap(([policy, id]) => (policy === 'rate-limit-headers' ? [id] : [])));
      assert.deepEqual([...ofLimits].toSorted(), ['browser-readable-errors', 'limit-headers']);
    },
  );

  test('does not advise the format of limits to an API that has it', onlyInProve, async (context) => {
    const checks = ['limit-headers', 'browser-readable-errors'] as const;
    const audited = await audit(context, (settings) => createSnippetsApi(settings, { isPlain: true }), { start: startAuditScript, checks });
    const found = audited.run.checks.filter(({ id }) => checks.some((each) => each === id));
    assert.deepEqual(
      found.map(({ outcome, evidence }) => [outcome, evidence.flatMap(({ policy }) => policy ?? []).includes('rate-limit-headers')]),
      checks.map(() => ['pass', false]),
      audited.output,
    );
  });

  test('acts as no user where there are none, and runs the checks that need no user', onlyInProve, async (context) => {
    const audited = await audit(context, createNotesApi, {
      settings: { AUDIT_USERS: 'none', AUDIT_JWT_SECRET: '' },
      requestsPerMinute: 1_000,
    });
    const { code, output, run, count } = audited;
    assert.deepEqual([code, run.verdict, count.created], [2, 'not proven', 0], output);
    assert.deepEqual(withOutcome(audited, 'fail'), [], output);
    assert.deepEqual(withOutcome(audited, 'inconclusive'), [], output);
    const passed = withOutcome(audited, 'pass').map(({ id }) => id);
    for (const id of [
      'target-identity',
      'certificate',
      'plain-http',
      'health-shape',
      'health-open',
      'docs-absent',
      'files-absent',
      'secrets-in-history',
    ])
      assert.ok(passed.includes(id), `${id}\n${output}`);
    const notRun = withOutcome(audited, 'not run').map(({ id }) => id);
    for (const id of ['isolation-by-id', 'tenant-access', 'nothing-left-behind'] as const) assert.ok(notRun.includes(id), id);
    assert.deepEqual([run.selected, run.browser], [checkIds.filter((id) => !checkOf(id).needsUsers).length, null]);
  });

  test('needs no collection where there are no users', async (context) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'contract-'));
    context.after(() => rm(folder, { recursive: true }));
    const file = path.join(folder, 'openapi.json');
    const document = JSON.parse(await readFile(NOTES_CONTRACT, 'utf8')) as { paths: Record<string, Record<string, unknown>> };
    for (const operations of Object.values(document.paths)) delete operations['post'];
    await writeFile(file, JSON.stringify(document));
    const settings = { AUDIT_CONTRACT: file, AUDIT_USERS: 'none', AUDIT_JWT_SECRET: '' };
    const audited = await audit(context, createNotesApi, { settings, start: startAuditScript, requestsPerMinute: 1_000 });
    assert.match(audited.output, /^Collection: none, so the checks run that need none$/m);
    assert.deepEqual([audited.run.verdict, audited.count.created], ['not proven', 0], audited.output);
    for (const outcome of ['fail', 'inconclusive'] as const) assert.deepEqual(withOutcome(audited, outcome), [], audited.output);
    assert.ok(withOutcome(audited, 'pass').some(({ id }) => id === 'plain-http'));
  });

  test('has one finding, of low severity, for one that is sound and unusual, and returns 403 without a token', onlyInProve, async (context) => {
    const audited = await audit(context, (settings) => createSnippetsApi(settings, { traits: TRAITS }), { start: startAuditScript });
    assertSummaries(audited, 'fail', {
      'token-missing': /^\d+ requests without a valid token, such as GET .* \(no credentials\), returned 403 instead of 401$/,
    });
    assert.deepEqual(
      withOutcome(audited, 'fail').map(({ severity }) => severity),
      ['low'],
    );
    assertSummaries(audited, 'inconclusive', {});
    assertSummaries(audited, 'not applicable', NOT_APPLICABLE);
    assertNothingLeft(audited);
  });

  test('proves one that states its limit in the 429 alone', onlyInProve, async (context) => {
    const audited = await audit(context, (settings) => createSnippetsApi(settings, { isPlain: true, limitHeaders: 'none' }), {
      start: startAuditScript,
    });
    assertProven(audited, 0, NOT_APPLICABLE_WITHOUT_STATED_LIMITS);
    const summaryOf = (id: CheckId): string => audited.run.checks.find((check) => check.id === id)?.summary ?? '';
    assert.match(summaryOf('limit-exhaustion'), /^The limit was exhausted, although no response stated it: 429 with Retry-After/);
    assert.match(
      summaryOf('limit-forged-address'),
      /^No response of a tenant states a limit\. While the caller was limited, \d+ requests with other addresses, headers and tokens got 429\. No response without a token states a limit\./,
    );
    assertNothingLeft(audited);
  });

  test(
    'proves one whose paths name their user, with a YAML contract of version 3.0, envelopes, cursors and no health',
    onlyInProve,
    async (context) => {
      const audited = await audit(context, (settings) => createTodosApi(settings));
      assertProven(audited, 0, NOT_APPLICABLE_WITHOUT_HEALTH);
      assertNothingLeft(audited);
      assert.match(audited.output, /^Collection: \/api\/\{user_id\}\/todos$/m);
    },
  );

  const faultsOfPaths: Readonly<Record<TodosFault, RegExp>> = {
    'user-of-path-trusted': /^(get|patch|delete) \/api\/\{user_id\}\/todos\/\{id\}: .* at the path of its owner\) returned 20[04]/,
    'object-of-any-user': /^get \/api\/\{user_id\}\/todos\/\{id\}: .* returned the text of an object of another tenant/,
  };
  for (const [fault, finding] of Object.entries(faultsOfPaths)) {
    test(`fails one whose paths name their user, with the fault ${fault}`, async (context) => {
      const audited = await audit(context, (settings) => createTodosApi(settings, fault as TodosFault), {
        start: startAuditScript,
        checks: ['isolation-by-id'],
      });
      const isolation = audited.run.checks.find(({ id }) => id === 'isolation-by-id');
      assert.equal(isolation?.outcome, 'fail', audited.output);
      assert.ok(
        isolation.evidence.some(({ outcome, says }) => outcome === 'fail' && finding.test(says)),
        JSON.stringify(isolation, undefined, 1),
      );
      assert.equal(audited.count.stored, 0, audited.output);
    });
  }

  test('fails one with a fault of each area, by the checks of these faults and for no other reason', onlyInProve, async (context) => {
    const audited = await audit(context, (settings) => createSnippetsApi(settings, { faults: FAULTS }), { start: startAuditScript });
    const { code, output, run } = audited;
    assert.deepEqual([code === 0, run.verdict], [false, 'failed'], output);
    const expected: Readonly<Partial<Record<CheckId, RegExp>>> = Object.assign({}, ...Object.values(FAILS));
    assertSummaries(audited, 'fail', expected);
    for (const { id, evidence } of withOutcome(audited, 'fail')) {
      const failures = evidence.filter(({ outcome }) => outcome === 'fail');
      assert.ok(failures.length > 0, id);
      for (const { says } of failures) assert.match(says, expected[id as CheckId] ?? /^$/, id);
    }
    assertSummaries(audited, 'inconclusive', INCONCLUSIVE);
    assertSummaries(audited, 'not applicable', NOT_APPLICABLE);
    assert.deepEqual(withOutcome(audited, 'not run'), []);
    assertNothingLeft(audited);
  });

  test('proves one in Hono with accounts, passwords, payments and e-mails: names what it did not execute; exits 2 without its report', async (context) => {
    const effects: string[] = [];
    const audited = await audit(context, (settings) => createSnippetsApi(settings, { onEffect: (effect) => effects.push(effect) }), {
      settings: { AUDIT_REPORT: '/dev/full' },
    });
    assert.deepEqual(effects, []);
    assertProven(audited, 2);
    assert.match(audited.output, /^AUDIT_REPORT: cannot write \/dev\/full \(no space left on device\)/m);
    assert.match(audited.output, /\nPROVEN \(exit code 2\): .*; not written: \/dev\/full\n$/);
    assertNothingLeft(audited);
    const summaryOf = (id: CheckId): string => audited.run.checks.find((check) => check.id === id)?.summary ?? '';
    assert.match(summaryOf('wire-refused-writes'), / Tried by preflight only, because the audit does not execute them: DELETE \/me, PUT \/profile, /);
    assert.match(
      summaryOf('token-every-operation'),
      / Not executed: DELETE \/me, PUT \/profile, DELETE \/things, .*DELETE \/payments\/\{id\}.* \(writes to something that the audit did not create\); POST \/logout, GET \/sign-out \(signs users in, up or out\); GET \/rebuild\/reset \(changes something, although it is a read\); PUT \/me\/password, POST \/users \(acts on accounts\); POST \/snippets\/\{slug\}\/email, POST \/emails \(sends messages to people or to other systems\); POST \/payments \(moves money\); POST \/records \(creates objects that cannot be deleted\)\.$/,
    );
  });

  for (const admission of ADMISSIONS) {
    test(
      `executes no account operation of an API that accepts callers it must reject: ${admission}`,
      admission === 'authentication-missing' ? {} : onlyInProve,
      async (context) => {
        const effects: string[] = [];
        const audited = await audit(context, (settings) => createSnippetsApi(settings, { admission, onEffect: (effect) => effects.push(effect) }), {
          start: startAuditScript,
        });
        assert.deepEqual(effects, [], audited.output);
        assert.ok(audited.count.created > 0, audited.output);
        assert.equal(audited.count.stored, 0, audited.output);
        if (admission !== 'account-unprotected') assert.equal(audited.run.verdict, 'failed', audited.output);
      },
    );
  }
});
