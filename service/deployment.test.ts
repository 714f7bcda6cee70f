import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { test } from 'node:test';
import * as z from 'zod/v4';

/** Stands in for Railway's package, which is not installed: each function answers what it was given. */
const RAILWAY = `
  export const defineRailway = (program) => program();
  export const preserve = () => null;
  export const service = (name, settings) => settings;
  export const project = (name, { resources }) => resources;`;

const services = z.array(
  z.strictObject({
    build: z.string(),
    preDeploy: z.string(),
    start: z.string(),
    healthcheck: z.string(),
    healthcheckTimeout: z.number(),
    replicas: z.number(),
    env: z.record(z.string(), z.string().nullable()),
  }),
);

async function readRailway(): Promise<z.infer<typeof services>[number]> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'railway/iac' ? { url: `data:text/javascript,${encodeURIComponent(RAILWAY)}`, shortCircuit: true } : next(specifier, context),
  });
  const { default: defined } = await import(new URL('../.railway/railway.ts', import.meta.url).href);
  hooks.deregister();
  const [api, ...others] = services.parse(defined);
  assert.ok(api !== undefined && others.length === 0);
  return api;
}

test('.railway/railway.ts says what Procfile, package.json and contract say, and holds no secret', async () => {
  const { build, preDeploy, start, healthcheck, replicas, env } = await readRailway();
  assert.equal(`web: ${start}\n`, readFileSync('Procfile', 'utf8'));
  const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(readFileSync('package.json', 'utf8')));
  for (const command of [build, preDeploy]) assert.ok((/^npm run (\S+)$/.exec(command)?.[1] ?? '') in scripts, command);
  const { paths } = z.object({ paths: z.record(z.string(), z.unknown()) }).parse(JSON.parse(readFileSync('contract/openapi.json', 'utf8')));
  assert.ok(healthcheck in paths);
  assert.equal(replicas, 1, 'more replicas need REDIS_URL');

  const variable = z.object({ name: z.string(), required_in: z.array(z.string()), secret: z.boolean(), default: z.record(z.string(), z.unknown()) });
  const { variables } = z.object({ variables: z.array(variable) }).parse(JSON.parse(readFileSync('contract/environment.json', 'utf8')));
  const required = variables.filter(({ name, required_in }) => required_in.includes('production') && name !== 'PORT').map(({ name }) => name);
  const { RAILWAY_DEPLOYMENT_DRAINING_SECONDS: draining, ...rest } = env;
  assert.deepEqual(Object.keys(rest).toSorted(), [...required, 'TRUST_PROXY'].toSorted());
  for (const { name, secret } of variables) if (secret && name in rest) assert.equal(rest[name], null, `${name} is kept, not written`);
  const grace = variables.find(({ name }) => name === 'SHUTDOWN_GRACE_SECONDS')?.default['production'];
  assert.ok(Number(draining) > Number(grace), `${draining} s of draining, ${String(grace)} s of grace`);
});
