import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { before, describe, test } from 'node:test';
import * as z from 'zod/v4';

/** Replaces Railway's package, which is not installed. Its functions return the parts of a definition that the tests read. */
const RAILWAY = `
  export const defineRailway = (program) => program;
  export const github = (repo) => ({ type: 'github', repo });
  export const preserve = () => ({ type: 'preserve' });
  export const service = (name, settings) => settings;
  export const project = (name, { resources }) => resources;`;

const apiService = z.strictObject({
  source: z.strictObject({ type: z.literal('github'), repo: z.string() }),
  build: z.string(),
  preDeploy: z.string(),
  start: z.string(),
  healthcheck: z.string(),
  healthcheckTimeout: z.number(),
  replicas: z.number(),
  deploy: z.strictObject({ restartPolicyType: z.string(), restartPolicyMaxRetries: z.number() }),
  env: z.record(z.string(), z.union([z.string(), z.strictObject({ type: z.literal('preserve') })])),
});

const variable = z.object({ name: z.string(), required_in: z.array(z.string()), secret: z.boolean(), default: z.record(z.string(), z.unknown()) });

function readJson<T extends z.ZodType>(path: string, schema: T): z.infer<T> {
  return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

describe('.railway/railway.ts', () => {
  let program: (context: object) => unknown;
  let partial: unknown;
  before(async () => {
    const hooks = registerHooks({
      resolve: (specifier, context, next) =>
        specifier === 'railway/iac' ? { url: `data:text/javascript,${encodeURIComponent(RAILWAY)}`, shortCircuit: true } : next(specifier, context),
    });
    ({ default: program, partial } = await import(new URL('../../.railway/railway.ts', import.meta.url).href));
    hooks.deregister();
  });

  /** Evaluates the file as Railway's CLI does. */
  function evaluate(source: string | undefined): z.infer<typeof apiService> {
    if (source === undefined) delete process.env['RAILWAY_SOURCE'];
    else process.env['RAILWAY_SOURCE'] = source;
    try {
      return z.tuple([apiService]).parse(program({}))[0];
    } finally {
      delete process.env['RAILWAY_SOURCE'];
    }
  }

  test('has the commands of Procfile and package.json and the health path of the contract', () => {
    const { build, preDeploy, start, healthcheck, replicas } = evaluate('acme/tasks');
    assert.equal(`web: ${start}\n`, readFileSync('Procfile', 'utf8'));
    const { scripts } = readJson('package.json', z.object({ scripts: z.record(z.string(), z.string()) }));
    for (const command of [build, preDeploy]) assert.ok((/^npm run (\S+)$/.exec(command)?.[1] ?? '') in scripts, command);
    const { paths } = readJson('contract/openapi.json', z.object({ paths: z.record(z.string(), z.unknown()) }));
    assert.ok(healthcheck in paths);
    assert.equal(replicas, 1, 'several replicas need REDIS_URL');
  });

  for (const source of ['acme/tasks', 'a/b', 'Acme-Inc_corp/tasks.api-v2', `${'a'.repeat(39)}/${'b'.repeat(100)}`]) {
    test(`connects the repository in RAILWAY_SOURCE: ${source.slice(0, 40)}`, () => {
      assert.deepEqual(evaluate(source).source, { type: 'github', repo: source });
    });
  }

  test('throws with instructions when RAILWAY_SOURCE is missing', () => {
    for (const source of [undefined, ''])
      assert.throws(() => evaluate(source), {
        message: /^RAILWAY_SOURCE is missing\. Set it to .+: RAILWAY_SOURCE=acme\/tasks railway config plan$/,
      });
  });

  for (const source of [
    'tasks',
    'acme/',
    '/tasks',
    'acme/tasks/api',
    'https://github.com/acme/tasks',
    'git@github.com:acme/tasks',
    ' acme/tasks',
    'acme/tasks\n',
    'acme/..',
    'acme/.',
    `${'a'.repeat(40)}/tasks`,
    `acme/${'b'.repeat(101)}`,
    'acme/ta sks',
    '${{ owner }}/tasks',
  ]) {
    test(`throws when RAILWAY_SOURCE is ${JSON.stringify(source).slice(0, 40)}`, () => {
      assert.throws(() => evaluate(source), { message: /^RAILWAY_SOURCE is not a GitHub repository \(owner\/name\)\. Set it to / });
    });
  }

  test('has a name, so that an apply deletes no service that the file does not declare', () => {
    // The pattern of Railway's CLI, which treats a file without a name as the whole project.
    assert.match(z.string().parse(partial), /^[\w.-]{1,64}$/);
  });

  test('names every variable that the service reads, except PORT, so that an apply removes none', () => {
    const { variables } = readJson('contract/environment.json', z.object({ variables: z.array(variable) }));
    const { env } = evaluate('acme/tasks');
    const unnamed = variables.map(({ name }) => name).filter((name) => !(name in env));
    assert.deepEqual(unnamed, ['PORT']);
  });

  test('sets NODE_ENV, TRUST_PROXY and what the platform reads, and preserves every other variable', () => {
    const { env } = evaluate('acme/tasks');
    const written = Object.entries(env).filter(([, value]) => typeof value === 'string');
    assert.deepEqual(Object.fromEntries(written), {
      NODE_ENV: 'production',
      TRUST_PROXY: '2',
      RAILWAY_DEPLOYMENT_DRAINING_SECONDS: '30',
      RAILPACK_NODE_NPM_INSTALL: 'npm ci',
      RAILPACK_PRUNE_DEPS: '1',
    });
  });

  test('gives the process more time between SIGTERM and SIGKILL than the grace period', () => {
    const { variables } = readJson('contract/environment.json', z.object({ variables: z.array(variable) }));
    const grace = variables.find(({ name }) => name === 'SHUTDOWN_GRACE_SECONDS')?.default['production'];
    const draining = z.string().parse(evaluate('acme/tasks').env['RAILWAY_DEPLOYMENT_DRAINING_SECONDS']);
    assert.ok(Number(draining) > Number(grace), `${draining} s of draining, ${String(grace)} s of grace`);
  });
});
