import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test, type TestContext } from 'node:test';
import { chromium } from '@playwright/test';
import { createNotesApi } from '../../proving/third-party/notes-api.ts';
import { startThirdPartyDeployment } from '../../proving/third-party/deployment.ts';
import { findBrowser } from '../gather/browser/find-browser.ts';
import { EXIT_CODE } from '../run/exit-code.ts';
import { parseRun } from '../run/run-file.ts';
import type { Run } from '../run/run.ts';
import { auditDeployment, onlyInProve, startAuditOf } from '../test/environment.ts';
import { startScript } from './audit-process.ts';

const CLI = path.join(import.meta.dirname, '..', '..', 'node_modules', '@playwright', 'test', 'cli.js');
const REPORTER = path.join(import.meta.dirname, 'reporter.ts');
const CONFIG = path.join(import.meta.dirname, '..', '..', 'playwright.config.ts');
/** One check that passes, one that does not apply, and one that is disabled and so is not run. */
const SELECTED = '(target-identity|app-page|hsts)$';

type Deployment = Awaited<ReturnType<typeof startThirdPartyDeployment>>;

async function deploy(context: TestContext): Promise<{ deployment: Deployment; settings: Record<string, string>; run: () => Run }> {
  const deployment = await startThirdPartyDeployment(createNotesApi, { requestsPerMinute: 400 });
  context.after(() => deployment.stop());
  const config = path.join(deployment.directory, 'audit.config.json');
  writeFileSync(config, JSON.stringify({ checks: { hsts: 'off' } }));
  const runFile = path.join(deployment.directory, 'run.json');
  return { deployment, settings: { AUDIT_CONFIG: config }, run: () => parseRun(readFileSync(runFile, 'utf8')) };
}

function outcomesOf(run: Run): Record<string, string> {
  return Object.fromEntries(run.checks.filter(({ code }) => code !== 'not-run').map(({ id, outcome }) => [id, outcome]));
}

const OUTCOMES = { 'target-identity': 'pass', 'app-page': 'not applicable', hsts: 'not run' };

describe("Playwright's own reporters", { concurrency: 1 }, () => {
  test('several at once show a check that did not run as failed and one that does not apply as skipped, and the report is written', async (context) => {
    const { deployment, settings, run } = await deploy(context);
    const at = (name: string): string => path.join(deployment.directory, name);
    const { code, output } = await auditDeployment(
      context,
      deployment,
      {
        ...settings,
        PLAYWRIGHT_JUNIT_OUTPUT_FILE: at('native.xml'),
        PLAYWRIGHT_BLOB_OUTPUT_FILE: at('native.zip'),
        PLAYWRIGHT_HTML_OUTPUT_DIR: at('native-html'),
        PLAYWRIGHT_HTML_OPEN: 'never',
      },
      ['--reporter=list,junit,blob,html,github', '--grep', SELECTED],
    );
    assert.equal(code, EXIT_CODE['not proven'], output);
    assert.deepEqual(outcomesOf(run()), OUTCOMES);
    assert.equal(run().selected, 3);
    assert.match(output, /NOT PROVEN \(exit code 2\)/);
    const junit = readFileSync(at('native.xml'), 'utf8');
    assert.match(junit, /tests="3" failures="0" skipped="1" errors="1"/);
    assert.match(junit, /hsts[\s\S]*<error message="not run: /);
    assert.match(output, /::error .*hsts/);
    for (const file of ['native.zip', 'native-html/index.html', 'report.md']) assert.ok(existsSync(at(file)), file);
  });

  test('of the checks that one reason keeps from beginning, the first fails and the others are skipped', async (context) => {
    const { deployment, run } = await deploy(context);
    const file = path.join(deployment.directory, 'native.xml');
    const settings = { AUDIT_JWT_SECRET: randomBytes(48).toString('base64url'), PLAYWRIGHT_JUNIT_OUTPUT_FILE: file };
    const selected = '(tenant-access|docs-absent|contract-absent|files-absent)$';
    const { code, output } = await auditDeployment(context, deployment, settings, [`--reporter=junit,${REPORTER}`, '--grep', selected]);
    assert.equal(code, EXIT_CODE['not proven'], output);
    assert.deepEqual(
      Object.values(outcomesOf(run())),
      Array.from({ length: 4 }, () => 'inconclusive'),
    );
    assert.match(readFileSync(file, 'utf8'), /tests="4" failures="0" skipped="2" errors="2"/);
    assert.doesNotMatch(output, /the test ended as/);
  });

  test('a list of the checks runs none of them and succeeds', async (context) => {
    const { deployment } = await deploy(context);
    for (const args of [['--list'], ['--list', '--reporter=list']]) {
      const child = startAuditOf(context, deployment, {}, args);
      child.stdout.resume();
      const [code] = (await once(child, 'close')) as [number | null];
      assert.equal(code, 0);
    }
    assert.ok(!existsSync(path.join(deployment.directory, 'run.json')));
  });
});

/** Starts a mode of Playwright that serves, and resolves with the address that it prints. */
async function serve(
  context: TestContext,
  { directory, auditEnvironment }: Deployment,
  settings: Record<string, string>,
  args: readonly string[],
): Promise<string> {
  const own = { AUDIT_RUN: path.join(directory, 'run.json'), AUDIT_REPORT: path.join(directory, 'report.md') };
  const child = startScript(CLI, args, { cwd: directory, settings: { ...auditEnvironment, ...own, ...settings } });
  context.after(() => child.kill('SIGINT'));
  child.stderr.resume();
  for await (const line of createInterface(child.stdout)) {
    const address = /Listening on (\S+)/.exec(line)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error('Playwright printed no address.');
}

/** Of the test server: a response to a call, or an event. */
type Message = {
  id?: number;
  result?: unknown;
  params?: { method?: string; params?: { result?: { id: string; status: string } } };
};

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600 && !holds(); tries += 1) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(holds());
}

describe('modes of Playwright that stay open', { concurrency: 1, ...onlyInProve }, () => {
  test('the test server, as editors use it, runs twice and writes a report each time', async (context) => {
    const { deployment, settings, run } = await deploy(context);
    const address = await serve(context, deployment, settings, ['test-server', '--host', '127.0.0.1', '--port', '0', '-c', CONFIG]);
    const socket = new WebSocket(address);
    context.after(() => socket.close());
    await once(socket, 'open');
    let id = 0;
    const pending = new Map<number, (result: unknown) => void>();
    const statuses = new Map<string, string>();
    socket.addEventListener('message', ({ data }) => {
      const message = JSON.parse(String(data)) as Message;
      const ended = message.params?.method === 'onTestEnd' ? message.params.params?.result : undefined;
      if (ended !== undefined) statuses.set(ended.id, ended.status);
      if (message.id !== undefined) pending.get(message.id)?.(message.result);
    });
    const call = (method: string, params: object = {}): Promise<unknown> =>
      new Promise((resolve) => {
        pending.set((id += 1), resolve);
        socket.send(JSON.stringify({ id, method, params }));
      });
    await call('initialize', { closeOnDisconnect: true });
    assert.equal(((await call('runGlobalSetup')) as { status: string }).status, 'passed');
    const started: string[] = [];
    for (const _ of [1, 2]) {
      statuses.clear();
      await call('runTests', { grep: SELECTED, projects: ['prod'] });
      assert.deepEqual([...statuses.values()].toSorted(), ['failed', 'passed', 'skipped']);
      assert.deepEqual(outcomesOf(run()), OUTCOMES);
      started.push(run().started_at);
    }
    assert.notEqual(started[0], started[1]);
  });

  test('UI mode runs what is selected, and writes the report', async (context) => {
    const { deployment, settings, run } = await deploy(context);
    const address = await serve(context, deployment, settings, ['test', '--ui-host=127.0.0.1', '--ui-port=0', '--config', CONFIG, '--project=prod']);
    const browser = await chromium.launch({
      executablePath: findBrowser(undefined, () => {}),
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
    });
    context.after(() => browser.close());
    const page = await browser.newPage();
    await page.goto(address);
    await page.getByRole('searchbox', { name: /Filter \(e\.g\./ }).fill('hsts');
    await page.getByTestId('test-tree').getByText('hsts').waitFor();
    await page.getByTitle('Run all').click();
    await until(() => existsSync(path.join(deployment.directory, 'run.json')));
    assert.deepEqual(outcomesOf(run()), { hsts: 'not run' });
    await page.getByTestId('test-tree').locator('.codicon-error').first().waitFor();
  });
});
