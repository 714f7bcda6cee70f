import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { startThirdPartyDeployment } from '../../proving/third-party/deployment.ts';
import { createSnippetsApi, type SnippetsFault, type SnippetsOptions } from '../../proving/third-party/snippets-api.ts';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { withoutTime } from '../../proving/judgment/without-time.ts';
import { createTodosApi } from '../../proving/third-party/todos-api.ts';
import type { CheckId } from '../checks/catalog.ts';
import type { Run } from '../run/run.ts';
import { startScript, untilEnded } from './audit-process.ts';
import { auditDeployment, onlyInProve, startAuditScript } from '../test/environment.ts';

// Most of their time they wait until a limited user may send requests again.
describe('audits whose users are limited at the end', { concurrency: 4 }, () => {
  test('prove an API whose users must exist, with its key and two of them', onlyInProve, async (context) => {
    const deployment = await startThirdPartyDeployment(createTodosApi, { users: ['ada', 'bob'], requestsPerMinute: 1_000 });
    context.after(() => deployment.stop());
    const settings = { AUDIT_USER_A: 'ada', AUDIT_USER_B: 'bob' };
    const { output, run } = await auditDeployment(context, deployment, settings, [], startAuditScript);
    assert.equal(withoutTime(run).verdict, 'proven', output);
    const { created, stored } = deployment.count();
    assert.deepEqual([created > 20, stored], [true, 0], output);
    // The key signs attacks for the users.
    assert.equal(run.checks.find(({ id }) => id === 'token-claims')?.outcome, 'pass', output);
  });

  test('prove an API of an issuer without its private key, and wait for no limit, with users that signed up', onlyInProve, async (context) => {
    const directory = mkdtempSync(path.join(tmpdir(), 'rehearsal-'));
    context.after(() => rmSync(directory, { recursive: true, force: true }));
    const settings = { REHEARSAL_USERS: '24', AUDIT_RUN: path.join(directory, 'run.json'), AUDIT_REPORT: path.join(directory, 'report.md') };
    const { code, output } = await untilEnded(startScript(path.join(repository, 'rehearsal/rehearse.ts'), [], { cwd: repository, settings }));
    assert.equal(code, 0, output);
    const run = JSON.parse(readFileSync(settings.AUDIT_RUN, 'utf8')) as Run;
    assert.deepEqual([withoutTime(run).verdict, run.waited_ms], ['proven', 0], output);
    const summaries = run.checks.filter(({ outcome }) => outcome === 'not applicable').map(({ summary }) => summary);
    assert.ok(
      summaries.some((summary) => summary.startsWith('Only the issuer can sign tokens')),
      output,
    );
  });

  test('wait for a limit only as long as they may, apart from deletions', onlyInProve, async (context) => {
    const deployment = await startThirdPartyDeployment(createTodosApi, { users: ['ada', 'bob'], requestsPerMinute: 60 });
    context.after(() => deployment.stop());
    const config = path.join(deployment.directory, 'audit.config.json');
    writeFileSync(config, JSON.stringify({ budget: { waitSeconds: 0 } }));
    const settings = { AUDIT_USER_A: 'ada', AUDIT_USER_B: 'bob', AUDIT_CONFIG: config };
    const { output, run } = await auditDeployment(
      context,
      deployment,
      settings,
      ['isolation-by-id', 'isolation-in-lists', 'odd-input'],
      startAuditScript,
    );
    const inconclusive = run.checks.filter(({ outcome }) => outcome === 'inconclusive');
    assert.ok(inconclusive.length > 0, output);
    for (const { summary } of inconclusive) assert.match(summary, /budget\.waitSeconds in the config file allows no longer wait/);
    assert.ok(run.waited_ms < 61_000, 'one wait before the deletions');
    assert.equal(deployment.count().stored, 0, output);
  });

  const ofCaller = /did not count in the caller's bucket$/;
  type Faults = Readonly<Partial<Record<SnippetsFault, readonly [CheckId, RegExp]>>>;
  const faultsOfLimiter: readonly (readonly [NonNullable<SnippetsOptions['limitHeaders']>, Faults])[] = [
    [
      'X-RateLimit',
      {
        'forwarded-address-trusted': ['limit-forged-address', ofCaller],
        'users-share-a-limit': ['limit-exhaustion', /^Another tenant is limited too$/],
        'preflights-limited': ['limit-exhaustion', /^Preflights are limited too$/],
      },
    ],
    ['X-RateLimit', { 'error-instead-of-429': ['limit-exhaustion', /Those beyond the limit got 500 instead of 429$/] }],
    ['none', { 'forwarded-address-trusted': ['limit-forged-address', ofCaller] }],
  ];
  for (const [limitHeaders, expected] of faultsOfLimiter) {
    const faults = Object.keys(expected) as SnippetsFault[];
    test(
      `fail an API with headers of limits: ${limitHeaders}, and with ${faults.join(', ')}`,
      faults.length === 1 ? onlyInProve : {},
      async (context) => {
        const options = { isPlain: true, limitHeaders, faults };
        // One that no response states must be reached.
        const requestsPerMinute = limitHeaders === 'none' ? 200 : 1_000;
        const deployment = await startThirdPartyDeployment((settings) => createSnippetsApi(settings, options), { requestsPerMinute });
        context.after(() => deployment.stop());
        const checks = Object.values(expected).map(([check]) => check);
        const { output, run } = await auditDeployment(context, deployment, {}, checks, startAuditScript);
        for (const [check, finding] of Object.values(expected)) {
          const failures = run.checks.find(({ id }) => id === check)?.evidence.filter(({ outcome }) => outcome === 'fail') ?? [];
          assert.ok(
            failures.some(({ says }) => finding.test(says)),
            `${String(finding)}: ${JSON.stringify(failures, undefined, 1)}\n${output}`,
          );
        }
      },
    );
  }
});
