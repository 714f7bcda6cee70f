import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test } from 'node:test';
import pWaitFor from 'p-wait-for';
import { cloneRepository } from '../../proving/deployment/changed-copy.ts';
import { endProcess } from '../process/end-process.ts';
import { findFreePort, isPortFree } from '../process/free-port.ts';
import { createTemporaryDirectory } from '../process/temporary-directory.ts';
import { createScript } from '../stand-ins/app/test/script.ts';

const START_MS = 60_000;
const STOP_MS = 30_000;

test('prints the URL of the app first, accepts its users and the printed token, logs lines for people, and ends everything', async () => {
  await using scope = new AsyncDisposableStack();
  const temporary = await createTemporaryDirectory();
  scope.defer(() => temporary.remove());
  const clone = path.join(temporary.directory, 'clone');
  await cloneRepository(clone, []);
  const [port, appPort] = [await findFreePort(), await findFreePort()];
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: String(port), APP_PORT: String(appPort) };
  const dev = spawn(process.execPath, ['rehearsal/dev/dev.ts'], { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = once(dev, 'close');
  scope.defer(async () => void (await endProcess(dev, 'SIGINT', STOP_MS)));
  if (dev.pid !== undefined) temporary.watchdog.watch(dev.pid, 'INT');
  let output = '';
  for (const stream of [dev.stdout, dev.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  await pWaitFor(() => output.includes('Ctrl-C') || dev.exitCode !== null, { timeout: START_MS });
  assert.equal(dev.exitCode, null, output);

  const printed = [...output.matchAll(/^(App|API|Docs|Contract|Token) +(\S+)$/gm)].map(([, name = '', value = '']) => [name, value]);
  const app = `http://localhost:${appPort}`;
  assert.deepEqual(printed[0], ['App', app]);
  assert.match(await (await fetch(app)).text(), /<title>Tasks<\/title>/);
  const tasks = `http://localhost:${port}/api/v1/tasks`;
  const user = await createScript(app, app).signUp('ada@example.com');
  for (const token of [user.token, Object.fromEntries(printed)['Token']]) {
    const headers = { authorization: `Bearer ${token}`, origin: app, 'content-type': 'application/json' };
    const created = await fetch(tasks, { method: 'POST', headers, body: JSON.stringify({ title: 'Buy milk' }) });
    assert.equal(created.status, 201, await created.text());
    assert.equal(created.headers.get('access-control-allow-origin'), app);
  }
  await pWaitFor(() => /INFO: request POST \/api\/v1\/tasks 201 in \d+ ms/.test(output), { timeout: START_MS });

  dev.kill('SIGINT');
  assert.deepEqual(await ended, [0, null], output);
  assert.deepEqual(await Promise.all([port, appPort].map((each) => isPortFree(each))), [true, true]);
});
