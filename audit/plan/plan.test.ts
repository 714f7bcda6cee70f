import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { snippetsContract } from '../../proving/third-party/snippets-contract.ts';
import { createSecret } from '../../rehearsal/process/credentials.ts';
import { startScript, untilEnded } from '../runner/audit-process.ts';

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'plan-'));
  writeFileSync(path.join(folder, 'openapi.json'), JSON.stringify(snippetsContract(true)));
});
after(() => rmSync(folder, { recursive: true }));

/** No name below .invalid resolves: a request would be an error in the output. */
function planOf(config: object, settings: Readonly<Record<string, string>> = {}): ReturnType<typeof untilEnded> {
  writeFileSync(path.join(folder, 'audit.config.json'), JSON.stringify(config));
  const target = { AUDIT_API_URL: 'https://api.invalid', AUDIT_APP_ORIGIN: 'https://app.invalid', AUDIT_CONTRACT: 'openapi.json' };
  return untilEnded(
    startScript(path.join(import.meta.dirname, 'plan.ts'), [], {
      cwd: folder,
      settings: { ...target, AUDIT_JWT_SECRET: createSecret(), ...settings },
    }),
  );
}

describe('the plan', () => {
  test('names what is executed, created and left out, and the load', async () => {
    const { code, output } = await planOf({ budget: { requests: 900 }, checks: { dependencies: 'off' } });
    assert.equal(code, 0, output);
    for (const line of [
      'Plan of an audit of https://api.invalid, as called from https://app.invalid. Nothing was sent.',
      '  GET /snippets/{slug}',
      '  POST /snippets, then DELETE /snippets/{slug}',
      '  DELETE /me: writes to something that the audit did not create',
      '  POST /login: signs users in, up or out',
      '  GET /rebuild/reset: changes something, although it is a read',
      '  POST /payments: moves money',
      '  POST /records: creates objects that cannot be deleted',
      '  at most 900 requests (budget.requests in the config file), and those that delete objects',
      '  at most 8 requests in flight; 16 and then 32 while the API stays as fast as it was and returns no 5xx',
      '  no burst, because neither the contract (x-concurrent-requests) nor the config file (concurrentRequests) states a load',
    ])
      assert.ok(output.split('\n').includes(line), `${line}\n\n${output}`);
    assert.match(output, /; off in the config file: dependencies$/m);
  });

  test('includes what the config permits', async () => {
    const { output } = await planOf({ safeOperations: ['GET /rebuild/reset'], leftovers: true, concurrentRequests: 80 });
    assert.match(output, /^ {2}GET \/rebuild\/reset$/m);
    assert.match(output, /^ {2}POST \/records, which nothing deletes: they stay$/m);
    assert.match(output, /^ {2}at most 8 requests in flight; 16, 32 and then 64 while the API /m);
    assert.match(output, /^ {2}once 80 small reads at the same time, as declared$/m);
  });

  test('states how given users share their limits, and how long it may wait for them', async () => {
    const users = { AUDIT_JWT_SECRET: '', AUDIT_TOKEN_COMMAND: 'print-token', AUDIT_TOKEN_USERS: '24' };
    const { output } = await planOf({ budget: { waitSeconds: 0 } }, users);
    assert.match(output, /^ {2}24 users share their limits with every check: /m);
    assert.match(output, /^ {2}waits 0 s for rate limits at most, and longer only to delete objects; checks that need more are inconclusive$/m);
  });

  test('needs the same settings as the audit, and an operation in the config must exist', async () => {
    const missing = await planOf({}, { AUDIT_APP_ORIGIN: '' });
    assert.deepEqual([missing.code, /AUDIT_APP_ORIGIN is missing/.test(missing.output)], [3, true], missing.output);
    const unknown = await planOf({ safeOperations: ['GET /nothing'] });
    assert.deepEqual([unknown.code, /names GET \/nothing, which the contract does not have/.test(unknown.output)], [3, true], unknown.output);
  });
});
