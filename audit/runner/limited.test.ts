import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { startThirdPartyDeployment } from '../../proving/third-party/deployment.ts';
import { createSnippetsApi, type SnippetsFault, type SnippetsOptions } from '../../proving/third-party/snippets-api.ts';
import { withoutTime } from '../../proving/judgment/without-time.ts';
import { createTodosApi } from '../../proving/third-party/todos-api.ts';
import type { CheckId } from '../checks/catalog.ts';
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
