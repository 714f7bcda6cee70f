import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startThirdPartyDeployment } from '../../proving/third-party/deployment.ts';
import { createTodosApi } from '../../proving/third-party/todos-api.ts';
import { auditDeployment, startAuditScript } from '../test/environment.ts';

// Apart from the other audits of third-party APIs, because user B is limited for a minute before its objects are deleted.
test('an API whose users must exist is proven with its key and two of them', async (context) => {
  const deployment = await startThirdPartyDeployment(createTodosApi, { users: ['ada', 'bob'], requestsPerMinute: 400 });
  context.after(() => deployment.stop());
  const settings = { AUDIT_USER_A: 'ada', AUDIT_USER_B: 'bob' };
  const { output, run } = await auditDeployment(context, deployment, settings, [], startAuditScript);
  assert.equal(run.verdict, 'proven', output);
  const { created, stored } = deployment.count();
  assert.deepEqual([created > 20, stored], [true, 0], output);
  // The key signs attacks for the users.
  assert.equal(run.checks.find(({ id }) => id === 'token-claims')?.outcome, 'pass', output);
});
