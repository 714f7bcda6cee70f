import { randomBytes } from 'node:crypto';
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { generate } from 'selfsigned';
import { startAudit, untilEnded } from './audit-process.ts';
import { checkIds } from '../checks/catalog.ts';
import { EXIT_CODE, INTERRUPTED } from '../run/exit-code.ts';
import { renderAll } from '../report/outputs.ts';
import type { Run } from '../run/run.ts';
import { parseRun } from '../run/run-file.ts';
import { startAuditScript } from '../test/environment.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const KEY = randomBytes(48).toString('base64url');
const SETTINGS = ['AUDIT_API_URL', 'AUDIT_APP_ORIGIN', 'AUDIT_JWT_SECRET'] as const;
/** Checks of the repository and of the audit itself, which do not need a target that responds. */
const NOT_OF_THE_TARGET = [
  'procfile-entry',
  'settings-without-fallback',
  'decision-links',
  'key-strength',
  'artifacts-without-secrets',
  'time-budget',
];

let folder: string;
let authority: { file: string; key: string; cert: string };

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'audit-'));
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  authority = { file: path.join(folder, 'authority.pem'), key, cert };
  writeFileSync(authority.file, cert);
});
after(() => rmSync(folder, { recursive: true }));

type Ended = {
  code: number | null;
  output: string;
  run: Run | undefined;
  report: string;
  files: Readonly<Record<string, string>>;
  written: string[];
};

async function audit(settings: Readonly<Record<string, string>>): Promise<Ended> {
  return start(settings, startAuditScript).ended;
}

async function auditWithPlaywright(settings: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> {
  return start(settings, (options) => startAudit({ ...options, args })).ended;
}

type Options = Pick<Parameters<typeof startAudit>[0], 'cwd' | 'settings'>;

/** Runs in a folder without .env.audit, and with nothing of the caller's environment. */
function start(
  settings: Readonly<Record<string, string>>,
  run: (options: Options) => ReturnType<typeof startAudit>,
): { child: ChildProcess; ended: Promise<Ended> } {
  const cwd = mkdtempSync(path.join(folder, 'cwd-'));
  for (const name of ['contract', 'adr', 'Procfile']) symlinkSync(path.join(ROOT, name), path.join(cwd, name));
  const [runFile, reportFile] = [path.join(cwd, 'out', 'run.json'), path.join(cwd, 'out', 'report.md')];
  // No check starts the browser, so any existing file will do.
  const own = { HOME: cwd, AUDIT_BROWSER: process.execPath, AUDIT_RUN: runFile, AUDIT_REPORT: reportFile };
  const child = run({ cwd, settings: { ...own, ...settings } });
  return { child, ended: untilEnded(child).then(({ code, output }) => collect(code, output, cwd)) };
}

/** The files of a process that has ended. */
function collect(code: number | null, output: string, cwd: string): Ended {
  const out = path.join(cwd, 'out');
  const [runFile, reportFile] = [path.join(out, 'run.json'), path.join(out, 'report.md')];
  const names = existsSync(out) ? readdirSync(out, { withFileTypes: true }).filter((entry) => entry.isFile()) : [];
  const files = Object.fromEntries(names.map(({ name }) => [path.join(out, name), readFileSync(path.join(out, name), 'utf8')]));
  const saved = files[runFile];
  const run = saved === undefined ? undefined : parseRun(saved);
  // A run is saved with everything that is rendered from it, and can be rendered again byte for byte.
  const rendered = run === undefined ? {} : { [runFile]: saved, ...renderAll(run, { runFile, reportFile }, cwd) };
  assert.deepEqual(files, Object.fromEntries(Object.entries(rendered).filter(([file]) => file !== reportFile || reportFile in files)));
  return { code, output, run, report: files[reportFile] ?? '', files, written: readdirSync(cwd) };
}

async function listen(context: TestContext, server: net.Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  context.after(() => server.close());
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

function serve(context: TestContext, handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  return listen(context, https.createServer({ key: authority.key, cert: authority.cert }, handler));
}

function complete(url: string): Readonly<Record<string, string>> {
  return { AUDIT_API_URL: url, AUDIT_APP_ORIGIN: 'https://tasks-app.vercel.app', AUDIT_JWT_SECRET: KEY, AUDIT_CA_FILE: authority.file };
}

/** Checks of the target that passed. */
function passed({ run }: Ended): string[] {
  return run?.checks.filter(({ id, outcome }) => outcome === 'pass' && !NOT_OF_THE_TARGET.includes(id)).map(({ id }) => id) ?? [];
}

function assertNotProven(ended: Ended, verdict: Run['verdict'] = 'not proven'): void {
  assert.equal(ended.run?.verdict, verdict, ended.output);
  assert.equal(ended.code, EXIT_CODE[verdict], ended.output);
  assert.doesNotMatch(ended.output, /Failed worker/, 'the message of a check is printed once');
  const last = ended.output.trimEnd().split('\n').at(-1) ?? '';
  assert.match(
    last,
    new RegExp(
      `^${verdict.toUpperCase()} \\(exit code ${ended.code}\\): \\d+ pass, .* of ${checkIds.length} checks; \\d+ requests? in [\\d.]+ s; see .*report\\.md$`,
    ),
  );
  assert.match(ended.report, new RegExp(`^# Audit report\\n\\n\\*\\*${verdict.toUpperCase()}\\*\\*: `));
  assert.doesNotMatch(ended.report.split('\n').slice(0, 5).join('\n'), /\bPROVEN\*\*: \d+ pass of/);
  for (const text of [ended.output, ...Object.values(ended.files)]) assert.ok(!text.includes(KEY), 'the key was written');
  assert.deepEqual(
    ended.run?.checks.map(({ id }) => id),
    checkIds,
  );
}

// Most of each test is waiting for a target that does not respond.
describe('the audit', { concurrency: 8 }, () => {
  test('with a contract that cannot be used prints every problem of it, and sends nothing', async (context) => {
    let requests = 0;
    const url = await serve(context, (_, response) => {
      requests += 1;
      response.end('{}');
    });
    const contract = path.join(mkdtempSync(path.join(folder, 'contract-')), 'openapi.yaml');
    writeFileSync(
      contract,
      'openapi: 3.0.3\nsecurity: [{ bearer: [] }]\npaths:\n  /a: { post: { responses: {} } }\n  /a/{id}: { get: { responses: {} } }\n',
    );
    const { code, output, run } = await audit({ ...complete(url), AUDIT_CONTRACT: contract });
    assert.deepEqual([code, requests, run], [EXIT_CODE['cannot start'], 0, undefined], output);
    for (const problem of ['documents no JSON body', 'creates objects, but there is no GET /a to list them'])
      assert.ok(output.includes(`  - AUDIT_CONTRACT: ${contract}: POST /a: ${problem}.`), output);
  });

  test('without settings prints one message that names all of them', async () => {
    const { code, output, run, written } = await auditWithPlaywright({});
    assert.equal(code, EXIT_CODE['cannot start']);
    assert.match(output, /\nNothing was audited \(exit code 3\)\.\n$/);
    for (const name of SETTINGS) assert.equal(output.split(`${name} is missing`).length, 2, output);
    assert.equal(output.match(/The audit cannot run and has sent nothing/g)?.length, 1);
    assert.doesNotMatch(output, /^\s+at /m, 'a missing setting needs no stack');
    assert.equal(run, undefined);
    assert.ok(!written.includes('out') && !written.includes('.audit'), 'nothing was audited, so nothing may be stored');
  });

  test('runs a check once, however often Playwright repeats its test', async () => {
    const { run, output } = await auditWithPlaywright(complete('https://localhost:9'), '--retries=1', '--repeat-each=2', '--grep=target-identity$');
    assert.equal(run?.requests, 0, output);
    assert.equal(output.match(/target-identity$/gm)?.length, 4, output);
    assert.equal(run.selected, 1);
  });

  test('sends nothing when some settings are missing', async (context) => {
    let connections = 0;
    const url = await listen(
      context,
      net.createServer((socket) => ((connections += 1), socket.destroy())),
    );
    const { AUDIT_APP_ORIGIN: _, ...rest } = complete(url);
    const { code, output, run } = await auditWithPlaywright({ ...rest, AUDIT_JWT_SECRET: ' ', AUDIT_TOKEN_A: 'one-token-without-the-other' });
    assert.equal(code, EXIT_CODE['cannot start']);
    for (const name of ['AUDIT_APP_ORIGIN', 'AUDIT_JWT_SECRET']) assert.match(output, new RegExp(`${name} is missing`));
    assert.doesNotMatch(output, /one-token/);
    assert.deepEqual([connections, run], [0, undefined]);
  });

  test('sends nothing when the report cannot be written, and names every such path with the other problems', async (context) => {
    let connections = 0;
    const url = await listen(
      context,
      net.createServer((socket) => ((connections += 1), socket.destroy())),
    );
    const file = path.join(folder, 'a-file');
    writeFileSync(file, '');
    const { AUDIT_APP_ORIGIN: _, ...rest } = complete(url);
    const { code, output } = await auditWithPlaywright({
      ...rest,
      AUDIT_REPORT: `${folder}/`,
      AUDIT_RUN: path.join(file, 'run.json'),
      GITHUB_STEP_SUMMARY: folder,
    });
    assert.equal(code, EXIT_CODE['cannot start'], output);
    assert.match(output, /AUDIT_APP_ORIGIN is missing/);
    for (const [setting, at] of Object.entries({ AUDIT_REPORT: `${folder}/`, GITHUB_STEP_SUMMARY: folder }))
      assert.ok(output.includes(`  - ${setting}: cannot write ${at} (is a directory). Give a file path.\n`), output);
    assert.match(output, /AUDIT_RUN: cannot write .*run\.json \(.*a-file is not a directory\)/);
    assert.equal(connections, 0);
  });

  test('keeps the verdict of a target that fails when the report cannot be written at the end', async (context) => {
    const { AUDIT_CA_FILE: _, ...settings } = complete(
      await serve(context, (_request, response) => response.setHeader('Content-Type', 'application/json').end('{}')),
    );
    const { code, output, run } = await audit({ ...settings, AUDIT_REPORT: '/dev/full' });
    assert.deepEqual([code, run?.verdict], [EXIT_CODE.failed, 'failed'], output);
    assert.match(output, /^AUDIT_REPORT: cannot write \/dev\/full \(no space left on device\)\. /m);
    assert.match(output, /\nFAILED \(exit code 1\): .*; not written: \/dev\/full\n$/);
  });

  for (const [args, why] of [
    [['--project=none'], 'the project does not exist'],
    [['--grep', 'no-such-check'], 'no check has that name'],
  ] as const) {
    test(`cannot start when ${why}`, async () => {
      const { code, output, run } = await auditWithPlaywright(complete('https://localhost:9'), ...args);
      assert.equal(code, EXIT_CODE['cannot start'], output);
      assert.equal(run, undefined);
    });
  }

  test('does not prove a closed port, of which no check passes', async (context) => {
    const server = net.createServer();
    const url = await listen(context, server);
    await new Promise((resolve) => server.close(resolve));
    const [ended, again] = await Promise.all([audit(complete(url)), audit(complete(url))]);
    assertNotProven(ended);
    assert.deepEqual(passed(ended), []);
    // Two runs differ in one section, and in the seconds of SC-004.
    const lines = ({ report }: Ended): string[] =>
      report
        .replace(/## This run\n[\s\S]*?\n## /, '## ')
        .split('\n')
        .filter((line) => !line.startsWith('| SC-004 '));
    assert.deepEqual(lines(again), lines(ended));
    assert.notEqual(again.report, ended.report);
  });

  test('does not prove a target that never responds when it is interrupted meanwhile', async (context) => {
    const server = net.createServer();
    const url = await listen(context, server);
    const { child, ended } = start(complete(url), (options) => startAudit(options));
    server.once('connection', () => child.kill('SIGINT'));
    const { code, output, run, report } = await ended;
    assert.equal(code, INTERRUPTED, output);
    assert.match(output, /\nNOT PROVEN \(exit code 130\): .*\n$/);
    assert.equal(run?.verdict, 'not proven');
    assert.match(report, /^# Audit report\n\n\*\*NOT PROVEN\*\*: /);
  });

  test('does not prove a site that redirects: it states the location and sends nothing there', async (context) => {
    let connections = 0;
    const elsewhere = await listen(
      context,
      net.createServer((socket) => ((connections += 1), socket.destroy())),
    );
    const url = await serve(context, ({ url: path }, response) =>
      response.writeHead(308, { location: `${elsewhere}${path}?session=1`, 'content-type': 'text/html' }).end('<html>'),
    );
    const ended = await audit(complete(url));
    assertNotProven(ended);
    assert.equal(
      ended.run?.checks.find(({ id }) => id === 'target-identity')?.summary,
      `GET /health returned 308 and redirects to ${elsewhere}/health. If that is the API, set AUDIT_API_URL to ${elsewhere}.`,
    );
    assert.equal(connections, 0);
  });

  test('does not prove a site that returns HTML: only its certificate passes', async (context) => {
    const ended = await audit(
      complete(
        await serve(context, (_, response) =>
          response.setHeader('Content-Type', 'text/html; charset=utf-8').end('<!doctype html><title>Welcome</title>'),
        ),
      ),
    );
    assertNotProven(ended);
    assert.deepEqual(passed(ended), ['certificate']);
  });

  test('does not prove another service that returns JSON: only its certificate passes', async (context) => {
    const ended = await audit(
      complete(
        await serve(context, (_, response) => response.setHeader('Content-Type', 'application/json').end('{"service":"other","status":"ok"}')),
      ),
    );
    assertNotProven(ended);
    assert.deepEqual(passed(ended), ['certificate']);
  });

  test('fails a service with an untrusted certificate, of which no check passes', async (context) => {
    const { AUDIT_CA_FILE: _, ...settings } = complete(
      await serve(context, (_request, response) => response.setHeader('Content-Type', 'application/json').end('{}')),
    );
    const ended = await audit({ ...settings, GITHUB_STEP_SUMMARY: '/dev/full' });
    assertNotProven(ended, 'failed');
    assert.match(ended.output, /^GITHUB_STEP_SUMMARY: cannot write \/dev\/full \(no space left on device\)/m);
    assert.doesNotMatch(ended.output, /^::/m, 'annotations are for GitHub Actions only');
    assert.deepEqual(passed(ended), []);
    assert.equal(ended.run?.checks.find(({ id }) => id === 'certificate')?.code, 'not-trusted');
  });

  test('fails a service that returns ok and connected to every request, because it accepts every caller', async (context) => {
    const url = await serve(context, (request, response) => {
      const status = request.method === 'POST' ? 201 : 200;
      response.writeHead(status, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          id: 1,
          tasks: [],
          total: 0,
          status: 'ok',
          database: 'connected',
          environment: 'production',
          timestamp: new Date().toISOString(),
        }),
      );
    });
    const summary = path.join(folder, 'summary.md');
    const ended = await audit({ ...complete(url), GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary });
    assertNotProven(ended, 'failed');
    const commands = ended.output.split('\n').filter((line) => line.startsWith('::'));
    assert.match(commands[0] ?? '', /^::error file=[\w./-]+,line=1,title=[\w-]+%3A fail::/);
    assert.equal(commands.filter((line) => /^::warning title=\d+ checks could not begin::The credentials do not work: /.test(line)).length, 1);
    assert.match(readFileSync(summary, 'utf8'), /^## Audit: FAILED\n/);
    // These need no accepted credential: the connection, the shape of health, and that it responds to everything.
    assert.deepEqual(passed(ended), [
      'target-identity',
      'port-binding',
      'certificate',
      'tls-versions',
      'tls-ciphers',
      'plain-http',
      'clock-agrees',
      'survives-requests',
    ]);
    assert.equal(ended.run?.checks.find(({ id }) => id === 'tenant-access')?.outcome, 'fail');
  });
});
