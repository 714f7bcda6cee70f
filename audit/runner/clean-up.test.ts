import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createNotesApi } from '../../proving/third-party/notes-api.ts';
import { startThirdPartyDeployment } from '../../proving/third-party/deployment.ts';
import { untilEnded } from './audit-process.ts';
import { INTERRUPTED } from '../run/exit-code.ts';
import { signToken } from '../../rehearsal/process/credentials.ts';
import { auditDeployment, onlyInProve, startAuditOf } from '../test/environment.ts';

type Deployment = Awaited<ReturnType<typeof startThirdPartyDeployment>>;

async function open(context: TestContext): Promise<Deployment> {
  const deployment = await startThirdPartyDeployment(createNotesApi, { requestsPerMinute: 400 });
  context.after(() => deployment.stop());
  return deployment;
}

function assertAllRemoved({ count, directory }: Deployment, output: string): void {
  const { created, stored } = count();
  assert.ok(created > 0, `nothing was created, so nothing could be left\n${output}`);
  const journal = path.join(directory, 'journal');
  assert.deepEqual([stored, existsSync(journal) ? readdirSync(journal) : []], [0, []], output);
}

/** The audit may create more before it is stopped. */
async function untilCreated(deployment: Deployment, count: number): Promise<void> {
  while (deployment.count().created < count) await sleep(5);
}

/** The worker processes of the audit: its children. */
function workersOf(pid: number): number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .flatMap((line) => {
      const [, child, parent, args = ''] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
      return Number(parent) === pid && args.includes('workerProcessEntry') ? [Number(child)] : [];
    });
}

describe('what an audit created is gone afterwards, without a journal,', { concurrency: 1 }, () => {
  test('when one check was selected', onlyInProve, async (context) => {
    const deployment = await open(context);
    const { output, run } = await auditDeployment(context, deployment, {}, ['--grep', 'isolation-by-id$']);
    assert.equal(run.checks.find(({ id }) => id === 'isolation-by-id')?.outcome, 'pass', output);
    assert.match(output, /^Removed \d+ objects that this run had created\.$/m);
    assertAllRemoved(deployment, output);
  });

  test('when it was given two tokens', onlyInProve, async (context) => {
    const deployment = await open(context);
    const { AUDIT_JWT_SECRET: key = '' } = deployment.auditEnvironment;
    const tokens = { AUDIT_JWT_SECRET: '', AUDIT_TOKEN_A: signToken('ada', key, '5m'), AUDIT_TOKEN_B: signToken('bob', key, '5m') };
    const { output } = await auditDeployment(context, deployment, tokens, ['--grep', 'isolation-by-id$']);
    assertAllRemoved(deployment, output);
  });

  for (const [created, options] of [
    [1, onlyInProve],
    [10, {}],
  ] as const) {
    test(`when it is interrupted while object ${created} is there`, options, async (context) => {
      const deployment = await open(context);
      const child = startAuditOf(context, deployment, {}, ['--grep', 'isolation-by-id$']);
      const ended = untilEnded(child);
      await untilCreated(deployment, created);
      child.kill('SIGINT');
      const { code, output } = await ended;
      assert.equal(code, INTERRUPTED, output);
      assertAllRemoved(deployment, output);
    });
  }

  test('when it is interrupted while the database is stopped, which it starts again', async (context) => {
    const deployment = await open(context);
    const commands: string[] = [];
    const control = http.createServer(({ url = '' }, response) => (commands.push(url), response.end()));
    await new Promise<void>((resolve) => void control.listen(0, '127.0.0.1', resolve));
    context.after(() => control.close());
    const settings = { AUDIT_OUTAGE_CONTROL: `http://127.0.0.1:${(control.address() as AddressInfo).port}` };
    const child = startAuditOf(context, deployment, settings, ['--grep', 'health-truth$']);
    const ended = untilEnded(child);
    while (commands.length === 0 && child.exitCode === null) await sleep(5);
    child.kill('SIGINT');
    const { code, output } = await ended;
    assert.equal(code, INTERRUPTED, output);
    assert.deepEqual(commands.slice(0, 2), ['/stop', '/start'], output);
    assertAllRemoved(deployment, output);
  });

  test('when its worker process is killed', async (context) => {
    const deployment = await open(context);
    const child = startAuditOf(context, deployment, {}, ['--grep', 'isolation-by-id$']);
    const ended = untilEnded(child);
    await untilCreated(deployment, 3);
    for (const worker of workersOf(child.pid ?? 0)) process.kill(worker, 'SIGKILL');
    const { output } = await ended;
    assert.match(output, /isolation-by-id\n {4}inconclusive: /, output);
    assertAllRemoved(deployment, output);
  });
});
