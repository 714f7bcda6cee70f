import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { before, describe, test, type TestContext } from 'node:test';
import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import { parseYaml } from '@redocly/openapi-core';
import { findFreePort } from './process/free-port.ts';
import { listenOnFreePort } from './process/listen-on-free-port.ts';
import { repository } from './process/repository-root.ts';

type Step = {
  name?: string;
  if?: string;
  run?: string;
  shell?: string;
  uses?: string;
  env?: Record<string, unknown>;
  with?: Record<string, unknown>;
  'timeout-minutes'?: number;
  'working-directory'?: string;
};
type Job = { if?: string; steps: Step[]; 'timeout-minutes': number };
type Workflow = { on: Record<string, unknown>; jobs: Record<string, Job> };

const WORKFLOWS = path.join(repository, '.github', 'workflows');
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const OTHER = 'fedcba9876543210fedcba9876543210fedcba98';

const readWorkflow = async (name: string): Promise<Workflow> => parseYaml(await readFile(path.join(WORKFLOWS, name), 'utf8')) as Workflow;

let audit: Job;
before(async () => {
  const { jobs } = await readWorkflow('audit.yml');
  assert.deepEqual(Object.keys(jobs), ['audit']);
  assert.ok(jobs['audit'] !== undefined);
  audit = jobs['audit'];
});

describe('each workflow', async () => {
  for (const name of await readdir(WORKFLOWS)) {
    test(`${name} puts no expression into a script, where an event's values would run as code`, async () => {
      const { jobs } = await readWorkflow(name);
      const scripts = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
      assert.ok(scripts.length > 0);
      for (const script of scripts) assert.doesNotMatch(script, /\$\{\{/);
    });
  }
});

/** Evaluates an expression with GitHub's own parser and evaluator. */
function evaluate(expression: string | undefined, contexts: Record<string, unknown>): boolean {
  assert.ok(expression !== undefined);
  const { tokens } = new Lexer(expression.replace(/^\$\{\{|\}\}$/g, '')).lex();
  const dictionary = toData(contexts);
  assert.ok(dictionary instanceof data.Dictionary);
  const result = new Evaluator(new Parser(tokens, Object.keys(contexts), []).parse(), dictionary).evaluate();
  assert.ok(result instanceof data.BooleanData, expression);
  return result.value;
}

function toData(value: unknown): data.ExpressionData {
  if (typeof value === 'string') return new data.StringData(value);
  if (typeof value !== 'object' || value === null) return new data.Null();
  return new data.Dictionary(...Object.entries(value).map(([key, each]) => ({ key, value: toData(each) })));
}

describe('an audit of production', () => {
  const deploymentStatus = (login: string, environment: string, state = 'success'): object => ({
    event_name: 'deployment_status',
    event: { deployment_status: { state }, deployment: { environment, sha: COMMIT, creator: { login } } },
  });
  for (const [what, github, expected] of [
    ["Railway's deployment to production", deploymentStatus('railway-app[bot]', 'production'), true],
    ["Railway's deployment to production of a project", deploymentStatus('railway-app[bot]', 'tasks / production'), true],
    ['a schedule', { event_name: 'schedule', event: { schedule: '17 4 * * *' } }, true],
    ['a manual run', { event_name: 'workflow_dispatch', event: {} }, true],
    ["Vercel's deployment to Production", deploymentStatus('vercel[bot]', 'Production'), false],
    ["Vercel's deployment to production of a project", deploymentStatus('vercel[bot]', 'tasks / Production'), false],
    ["a user's deployment to production", deploymentStatus('railway-app', 'production'), false],
    ["Railway's deployment to a preview", deploymentStatus('railway-app[bot]', 'tasks / pr-17'), false],
    ['a deployment that Railway has started', deploymentStatus('railway-app[bot]', 'production', 'in_progress'), false],
    ['a deployment of Railway that failed', deploymentStatus('railway-app[bot]', 'production', 'failure'), false],
  ] as const) {
    test(`${expected ? 'is started' : 'is not started'} by ${what}`, () => assert.equal(evaluate(audit.if, { github }), expected));
  }

  test('waits for a commit only after a deployment, and only if AUDIT_API_URL is set', () => {
    const [wait] = audit.steps;
    const deployed = deploymentStatus('railway-app[bot]', 'production');
    assert.equal(evaluate(wait?.if, { github: deployed, vars: { AUDIT_API_URL: 'https://api.test' } }), true);
    assert.equal(evaluate(wait?.if, { github: deployed, vars: {} }), false);
    assert.equal(evaluate(wait?.if, { github: { event_name: 'schedule', event: {} }, vars: { AUDIT_API_URL: 'https://api.test' } }), false);
  });

  test('waits before anything is checked out or installed, with enough time for that wait and for the audit', () => {
    const [wait, ...later] = audit.steps;
    assert.match(wait?.run ?? '', /AUDIT_FIRST_HEALTHY/);
    assert.ok(later.some(({ uses }) => uses?.startsWith('actions/checkout@')) && later.some(({ run }) => run?.startsWith('npm ci ')));
    const own = later.find(({ name }) => name === 'Audit');
    const [waits, audits, all] = [wait?.['timeout-minutes'], own?.['timeout-minutes'], audit['timeout-minutes']].map(Number);
    assert.ok(waits !== undefined && audits !== undefined && all !== undefined);
    assert.ok(waits > 5 && audits >= 10 && all >= waits + audits + 5, `${waits}, ${audits} and ${all} minutes`);
  });
});

describe('an audit of another API', () => {
  test('runs the audit in the calling repository, and names the settings that it lacks', async (context) => {
    const { jobs } = await readWorkflow('audit-api.yml');
    const { steps = [] } = jobs['audit'] ?? {};
    const own = steps.find(({ name }) => name === 'Audit');
    assert.deepEqual(
      steps.flatMap(({ uses, with: options }) => (uses?.startsWith('actions/checkout@') === true ? [[options?.['path'], options?.['ref']]] : [])),
      [
        ['repository', undefined],
        ['audit', '${{ job.workflow_sha }}'],
      ],
    );
    const workspace = await mkdtemp(path.join(tmpdir(), 'workspace-'));
    context.after(() => rm(workspace, { recursive: true }));
    await symlink(repository, path.join(workspace, 'audit'));
    await mkdir(path.join(workspace, 'repository'));
    // An input that the caller does not give is an empty text.
    const settings = Object.fromEntries(Object.keys(own?.env ?? {}).map((name) => [name, '']));
    const { PATH = '', HOME } = process.env;
    // With the Node of the machine, whatever its version, as in a repository that has nothing to do with this one.
    const ofMachine = PATH.split(':').filter((folder) => !folder.includes('node_modules'));
    const child = spawn('bash', ['-c', own?.run ?? ''], {
      cwd: path.join(workspace, own?.['working-directory'] ?? ''),
      env: { PATH: ofMachine.join(':'), HOME, ...settings, AUDIT_CONTRACT: 'openapi.json' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [[code], output, errors] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
    assert.equal(code, 3, output + errors);
    for (const name of ['AUDIT_API_URL', 'AUDIT_APP_ORIGIN', 'AUDIT_JWT_SECRET', 'AUDIT_CONTRACT'])
      assert.match(output + errors, new RegExp(`  - ${name}`));
  });
});

type HealthResponse = { status: number; body?: string; headers?: Record<string, string> } | 'none';

const healthy = (commit: unknown): HealthResponse => ({ status: 200, body: JSON.stringify({ status: 'ok', commit }) });
const secondsAgo = (seconds: number): string => new Date(Date.now() - seconds * 1_000).toISOString().replace(/\.\d+Z$/, 'Z');

/** An API whose /health sends these responses in order and then repeats the last one. */
async function startApi(context: TestContext, ...responses: HealthResponse[]): Promise<{ url: string; polls: () => number }> {
  let polls = 0;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    if (request.url !== '/health') return void response.writeHead(404).end();
    const planned = responses[Math.min(polls, responses.length - 1)];
    polls += 1;
    if (planned === undefined || planned === 'none') return;
    response.writeHead(planned.status, { 'content-type': 'application/json', ...planned.headers }).end(planned.body);
  });
  const port = await listenOnFreePort(server);
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${port}`, polls: () => polls };
}

/** Runs the first step of the audit as a runner does, and returns the environment it sets for later steps, line by line. */
async function waitForCommit(context: TestContext, url: string, { commit = COMMIT, deployedAt = secondsAgo(10) } = {}): Promise<string[]> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tasks-api-'));
  context.after(() => rm(directory, { recursive: true }));
  const [script, environment] = [path.join(directory, 'step'), path.join(directory, 'environment')];
  await writeFile(script, audit.steps[0]?.run ?? '');
  await writeFile(environment, '');
  assert.equal(audit.steps[0]?.shell, 'node {0}');
  const literals = Object.entries(audit.steps[0]?.env ?? {}).map(([name, value]) => [name, String(value)] as const);
  const child = spawn(process.execPath, [script], {
    cwd: directory,
    env: {
      ...Object.fromEntries(literals.filter(([, value]) => !value.includes('${{'))),
      GITHUB_ENV: environment,
      API_URL: url,
      COMMIT: commit,
      DEPLOYED_AT: deployedAt,
      POLL_SECONDS: '0.1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [[code], output, errors] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  assert.equal(code, 0, `the step never fails the job:\n${output}${errors}`);
  assert.deepEqual((await readdir(directory)).toSorted(), ['environment', 'step'], 'the step creates no file');
  return (await readFile(environment, 'utf8')).split('\n').slice(0, -1);
}

type FirstHealthy = { commit: string | null; at: string | null; polls: number; last_status: number | null };

/** The observation in AUDIT_FIRST_HEALTHY. The step must pass commit and time of creation on unchanged. */
async function observe(context: TestContext, url: string, deployedAt = secondsAgo(10)): Promise<FirstHealthy> {
  const [at, commit, observed, ...rest] = await waitForCommit(context, url, { deployedAt });
  assert.deepEqual([at, commit, rest], [`AUDIT_DEPLOYED_AT=${deployedAt}`, `AUDIT_COMMIT=${COMMIT}`, []]);
  assert.match(observed ?? '', /^AUDIT_FIRST_HEALTHY=\{/);
  return JSON.parse((observed ?? '').slice('AUDIT_FIRST_HEALTHY='.length));
}

describe('the wait for the deployed commit', { concurrency: 4 }, () => {
  test('reports a commit that is healthy immediately, with the time of its first response', async (context) => {
    const { url } = await startApi(context, healthy(COMMIT));
    const began = Date.now();
    const { at, ...rest } = await observe(context, url);
    assert.deepEqual(rest, { commit: COMMIT, polls: 1, last_status: 200 });
    assert.match(at ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Date.parse(at ?? '') >= began - 1 && Date.parse(at ?? '') <= Date.now());
  });

  test('polls through an outage and the previous release', async (context) => {
    const { url, polls } = await startApi(context, { status: 503, body: '{}' }, healthy(OTHER), healthy(COMMIT));
    const { at, ...rest } = await observe(context, `${url}/`);
    assert.deepEqual(rest, { commit: COMMIT, polls: 3, last_status: 200 });
    assert.ok(at !== null);
    assert.equal(polls(), 3);
  });

  test('gives up 300 s after the deployment was created, and reports the commit that is live instead', async (context) => {
    const { url, polls } = await startApi(context, healthy(OTHER));
    // On a loaded machine the step takes seconds to start.
    const { polls: counted, ...rest } = await observe(context, url, secondsAgo(292));
    assert.deepEqual(rest, { commit: OTHER, at: null, last_status: 200 });
    assert.ok(counted > 1 && counted === polls(), `${counted} polls`);
  });

  test('polls once when the 300 s have passed', async (context) => {
    for (const [response, commit, status] of [
      [healthy(OTHER), OTHER, 200],
      [{ status: 503, body: JSON.stringify({ commit: COMMIT }) }, null, 503],
    ] as const) {
      const { url } = await startApi(context, response);
      assert.deepEqual(await observe(context, url, secondsAgo(4_000)), { commit, at: null, polls: 1, last_status: status });
    }
    const { url } = await startApi(context, healthy(COMMIT));
    const { at, ...rest } = await observe(context, url, secondsAgo(4_000));
    assert.deepEqual([rest, at === null], [{ commit: COMMIT, polls: 1, last_status: 200 }, false]);
  });

  test('reports that nothing listens', async (context) => {
    const url = `http://127.0.0.1:${await findFreePort()}`;
    assert.deepEqual(await observe(context, url, secondsAgo(4_000)), { commit: null, at: null, polls: 1, last_status: null });
  });

  test('does not wait for a response for more than 10 s', async (context) => {
    const { url } = await startApi(context, 'none');
    const began = performance.now();
    assert.deepEqual(await observe(context, url, secondsAgo(4_000)), { commit: null, at: null, polls: 1, last_status: null });
    assert.ok(performance.now() - began < 20_000);
  });

  for (const [what, response] of Object.entries({
    'is a page': { status: 200, body: '<html>' },
    'is empty': { status: 200, body: '' },
    'is a list': { status: 200, body: `[{"commit":"${COMMIT}"}]` },
    'is a text': { status: 200, body: `"${COMMIT}"` },
    'is two documents': { status: 200, body: `{"commit":"${COMMIT}"}\n{"commit":"${COMMIT}"}` },
    'is cut off': { status: 200, body: `{"commit":"${COMMIT}"` },
    'has no commit': { status: 200, body: '{"status":"ok"}' },
    'has a commit of null': healthy(null),
    'has a commit that is a number': healthy(17),
    'has a commit in upper case': healthy(COMMIT.toUpperCase()),
    'has a short commit': healthy(COMMIT.slice(1)),
    'has a commit with a line break': healthy(`${COMMIT}\nAUDIT_API_URL=https://evil.test`),
    'has a commit with a command': healthy('$(touch injected)'),
    'has a commit with a quote': healthy(`${COMMIT}","polls":0,"x":"`),
  } satisfies Record<string, HealthResponse>)) {
    test(`accepts no commit from a body that ${what}`, async (context) => {
      const { url } = await startApi(context, response);
      const { last_status: status, ...rest } = await observe(context, url, secondsAgo(4_000));
      assert.deepEqual([rest, status], [{ commit: null, at: null, polls: 1 }, 200]);
    });
  }

  test('does not follow a redirect', async (context) => {
    const target = await startApi(context, healthy(COMMIT));
    const { url } = await startApi(context, { status: 301, headers: { location: `${target.url}/health` } });
    assert.deepEqual(await observe(context, url, secondsAgo(4_000)), { commit: null, at: null, polls: 1, last_status: 301 });
  });

  for (const commit of [
    '',
    'main',
    COMMIT.toUpperCase(),
    `${COMMIT}0`,
    `${COMMIT}\nAUDIT_API_URL=https://evil.test`,
    '$(touch injected)',
    '`touch injected`',
    '"; touch injected; "',
  ]) {
    test(`passes on no commit of ${JSON.stringify(commit)}, and does not poll for it`, async (context) => {
      const { url, polls } = await startApi(context, healthy(commit));
      const deployedAt = secondsAgo(10);
      assert.deepEqual(await waitForCommit(context, url, { commit, deployedAt }), [`AUDIT_DEPLOYED_AT=${deployedAt}`]);
      assert.equal(polls(), 0);
    });
  }

  for (const deployedAt of [
    '',
    'yesterday',
    '2026-13-45T99:99:99Z',
    '2026-11-28T10:00:00Z\nAUDIT_API_URL=https://evil.test',
    '$(touch injected)',
    '2026-11-28T10:00:00Z; touch injected',
  ]) {
    test(`passes on no time of ${JSON.stringify(deployedAt)}, and counts from its own start`, async (context) => {
      const { url } = await startApi(context, { status: 503 }, healthy(COMMIT));
      const [commit, observed, ...rest] = await waitForCommit(context, url, { deployedAt });
      assert.deepEqual([commit, rest], [`AUDIT_COMMIT=${COMMIT}`, []]);
      assert.match(observed ?? '', /^AUDIT_FIRST_HEALTHY=\{"commit":"[\da-f]{40}","at":"[^"]+","polls":2,"last_status":200\}$/);
    });
  }

  test('also accepts a time of creation that is ahead of the clock', async (context) => {
    const { url } = await startApi(context, { status: 503 }, healthy(COMMIT));
    const deployedAt = secondsAgo(-3_600);
    const { commit, polls } = await observe(context, url, deployedAt);
    assert.deepEqual([commit, polls], [COMMIT, 2]);
  });
});
