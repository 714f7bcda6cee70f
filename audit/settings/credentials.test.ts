import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNotesApi } from '../../proving/third-party/notes-api.ts';
import { startThirdPartyDeployment } from '../../proving/third-party/deployment.ts';
import { createCertificates } from '../../rehearsal/stand-ins/edge/certificates.ts';
import { newIssuerKey, signToken, startIssuer } from '../../rehearsal/stand-ins/issuer.ts';
import { EXIT_CODE } from '../run/exit-code.ts';
import { untilEnded } from '../runner/audit-process.ts';
import { auditDeployment, startAuditOf, startAuditScript } from '../test/environment.ts';

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
    const { run, output } = await auditDeployment(
      context,
      deployment,
      secret,
      ['target-identity', 'tenant-access', 'nothing-left-behind'],
      startAuditScript,
    );
    const summaryOf = (id: string): string | undefined => run.checks.find((check) => check.id === id)?.summary;
    assert.equal(
      summaryOf('tenant-access'),
      "The target rejects tokens signed with AUDIT_JWT_SECRET (401): give this deployment's own JWT_SECRET, and AUDIT_TOKEN_A and AUDIT_TOKEN_B where its tokens have more claims than sub and exp",
    );
    assert.equal(summaryOf('nothing-left-behind'), 'The objects of 1 earlier run on this target could not be removed with these credentials.');
    // One to the health endpoint and one to a list.
    assert.equal(run.requests, 2, output);
  });

  test('are reported separately for two tokens', async (context) => {
    const deployment = await startThirdPartyDeployment(createNotesApi);
    context.after(() => deployment.stop());
    const settings = { AUDIT_JWT_SECRET: '', AUDIT_TOKEN_A: 'one.two.three', AUDIT_TOKEN_B: 'four.five.six' };
    const { run } = await auditDeployment(context, deployment, settings, ['target-identity', 'tenant-access'], startAuditScript);
    const access = run.checks.find(({ id }) => id === 'tenant-access');
    assert.equal(access?.outcome, 'inconclusive');
    assert.deepEqual(
      access?.evidence.map(({ says }) => says),
      ['AUDIT_TOKEN_A', 'AUDIT_TOKEN_B'].map((name) => `The target rejects ${name} (401): give a token of a test user that this deployment accepts`),
    );
  });

  test('stop the audit before it sends anything where the keys of the issuer do not verify them', async (context) => {
    const deployment = await startThirdPartyDeployment(createNotesApi);
    context.after(() => deployment.stop());
    const [published, other] = await Promise.all([newIssuerKey('EdDSA'), newIssuerKey('EdDSA')]);
    const directory = path.join(deployment.directory, 'issuer');
    mkdirSync(directory);
    const certificates = await createCertificates(directory);
    const issuer = await startIssuer([published.jwk], certificates);
    context.after(() => issuer.close());
    const [ada = '', bob = ''] = await Promise.all(['ada', 'bob'].map((sub) => signToken(other, { sub })));
    const settings = { AUDIT_CA_FILE: certificates.authorityFile, AUDIT_JWKS_URL: issuer.jwksUrl, AUDIT_TOKEN_A: ada, AUDIT_TOKEN_B: bob };
    const child = startAuditOf(context, deployment, settings);
    const { code, output } = await untilEnded(child);
    assert.equal(code, EXIT_CODE['cannot start'], output);
    assert.match(output, /AUDIT_TOKEN_A and AUDIT_TOKEN_B: no key of AUDIT_JWKS_URL verifies the token/);
    assert.ok(!existsSync(path.join(deployment.directory, 'run.json')));
    assert.ok(!output.includes(ada));
  });
});
