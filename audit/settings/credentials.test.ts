import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNotesApi } from '../../proving/third-party/notes-api.ts';
import { startThirdPartyDeployment } from '../../proving/third-party/deployment.ts';
import { auditDeployment, startAuditOf } from '../test/environment.ts';

describe('credentials that the target rejects', { concurrency: 1 }, () => {
  test('are reported after one request, even if an earlier run left more objects than the rate limit allows requests', async (context) => {
    const deployment = await startThirdPartyDeployment(createNotesApi, { requestsPerMinute: 40 });
    context.after(() => deployment.stop());
    const child = startAuditOf(context, deployment, {}, ['--grep', '(target-identity|tenant-access)$']);
    const ended = once(child, 'close');
    while (deployment.count().stored === 0 && child.exitCode === null) await sleep(20);
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await ended;
    assert.ok(deployment.count().stored > 0);

    const secret = { AUDIT_JWT_SECRET: randomBytes(48).toString('base64url') };
    const { run, output } = await auditDeployment(context, deployment, secret, ['--grep', '(target-identity|tenant-access|nothing-left-behind)$']);
    const summaryOf = (id: string): string | undefined => run.checks.find((check) => check.id === id)?.summary;
    assert.equal(summaryOf('tenant-access'), "The target rejects tokens signed with AUDIT_JWT_SECRET (401): give this deployment's own JWT_SECRET");
    assert.equal(summaryOf('nothing-left-behind'), 'The objects of 1 earlier run on this target could not be removed with these credentials.');
    // One to the health endpoint and one to a list.
    assert.equal(run.requests, 2, output);
  });

  test('are reported separately for two tokens', async (context) => {
    const deployment = await startThirdPartyDeployment(createNotesApi);
    context.after(() => deployment.stop());
    const settings = { AUDIT_JWT_SECRET: '', AUDIT_TOKEN_A: 'one.two.three', AUDIT_TOKEN_B: 'four.five.six' };
    const { run } = await auditDeployment(context, deployment, settings, ['--grep', '(target-identity|tenant-access)$']);
    const access = run.checks.find(({ id }) => id === 'tenant-access');
    assert.equal(access?.outcome, 'inconclusive');
    assert.deepEqual(
      access?.evidence.map(({ says }) => says),
      ['AUDIT_TOKEN_A', 'AUDIT_TOKEN_B'].map((name) => `The target rejects ${name} (401): give a token of a test user that this deployment accepts`),
    );
  });
});
