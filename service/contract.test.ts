import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import * as z from 'zod/v4';
import { createApp } from './app.ts';
import { contractFiles, environmentDocument } from './contract.ts';
import { openApiDocument } from './openapi.ts';
import { type Answer, createTestDatabase, newUser, ORIGIN, type RunningApp, send, startApp, type TestDatabase } from './testing.ts';

const response = z.object({
  description: z.string().min(1),
  headers: z.record(z.string(), z.unknown()).optional(),
  content: z.record(z.string(), z.object({ schema: z.object({ $ref: z.string() }) })).optional(),
});
const operation = z.object({
  operationId: z.string(),
  security: z.array(z.unknown()).optional(),
  requestBody: z.unknown(),
  responses: z.record(z.string(), response),
});
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const pathItem = z.object(Object.fromEntries(METHODS.map((method) => [method, operation.optional()])));
const objectSchema = z.object({ properties: z.record(z.string(), z.unknown()), required: z.array(z.string()).optional() });
const contract = z.object({ paths: z.record(z.string(), pathItem), components: z.object({ schemas: z.record(z.string(), objectSchema) }) });
const { paths, components } = contract.parse(openApiDocument());

type Operation = z.infer<typeof operation>;
const operations = Object.entries(paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => (item[method] ? [{ path, method, documented: item[method] }] : [])),
);

let app: RunningApp;
let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
  app = await startApp(database.url);
});
after(() => app.close());

describe('the committed contract', () => {
  for (const [name, generated] of Object.entries(contractFiles())) {
    test(`is what the code says: contract/${name}`, async () => {
      const committed = await readFile(new URL(`../contract/${name}`, import.meta.url), 'utf8');
      assert.ok(committed === generated, `contract/${name} is out of date. Run: npm run contract`);
    });
  }

  test('holds no secret and no default for one', () => {
    const variable = z.object({ name: z.string(), secret: z.boolean(), default: z.record(z.string(), z.unknown()) });
    const { variables } = z.object({ variables: z.array(variable) }).parse(environmentDocument());
    const secrets = variables.filter(({ secret }) => secret);
    assert.deepEqual(secrets.map(({ name }) => name).toSorted(), ['BETTER_AUTH_SECRET', 'DATABASE_URL', 'DATABASE_URL_UNPOOLED', 'JWT_SECRET']);
    for (const secret of secrets) assert.deepEqual(secret.default, {}, secret.name);
  });
});

type Routes = { listRoutes(): { path: string; methods?: string[]; router?: Routes }[] };

/** Each method and path the app has a handler of its own for, as the contract writes them. */
function operationsOf(routes: Routes, prefix = ''): string[] {
  return routes.listRoutes().flatMap(({ path, methods, router }) => {
    const here = `${prefix}${path}`.replace(/(?<=.)\/$/, '').replaceAll(/:(\w+)/g, '{$1}');
    if (router !== undefined) return operationsOf(router, here === '/' ? '' : here);
    // A GET answers HEAD by itself, and '*' is the refusal of all other methods.
    return (methods ?? []).filter((method) => method !== 'HEAD' && method !== '*').map((method) => `${method} ${here}`);
  });
}

describe('the contract and the app', () => {
  test('know the same operations, but for the document itself', () => {
    // The types of express do not know listRoutes yet (router 2.3).
    const served = operationsOf(createApp(app.context).router as unknown as Routes);
    const documented = operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    assert.deepEqual(served.toSorted(), [...documented, 'GET /openapi.json'].toSorted());
  });

  test('agree on who needs a token', async () => {
    for (const { path, method, documented } of operations) {
      const { status } = await send(app.url, method.toUpperCase(), path.replace('{id}', '1'));
      assert.equal(status === 401, documented.security === undefined, `${method} ${path}`);
    }
  });

  test('give each operation a name of its own', () => {
    assert.equal(new Set(operations.map(({ documented }) => documented.operationId)).size, operations.length);
  });
});

// At once: a database out of reach is told after retries.
describe('every answer is one of those documented for its operation', { concurrency: true }, () => {
  const ask = (target: RunningApp, method: string, path: string, sending?: Parameters<typeof send>[3]): Promise<Answer> =>
    send(target.url, method.toUpperCase(), path, sending);
  const newPath = async (path: string, token: string): Promise<string> => {
    const created = await send(app.url, 'POST', '/api/v1/tasks', { token, json: { title: 'x' } });
    return path.replace('{id}', created.headers['location']?.split('/').at(-1) ?? '');
  };
  let cut: RunningApp;
  let limited: RunningApp;
  before(async () => {
    cut = await startApp('postgresql://127.0.0.1:1/none');
    limited = await startApp(database.url, { rateLimitPerMinute: 1, trustProxy: 1 });
  });
  after(() => Promise.all([cut.close(), limited.close()]));

  for (const [index, { path, method, documented }] of operations.entries()) {
    const isProtected = documented.security === undefined;
    const success = Object.keys(documented.responses).find((status) => status.startsWith('2')) ?? '';

    test(`${method} ${path}`, async () => {
      const { token } = newUser();
      const json = documented.requestBody ? { json: { title: 'x' } } : {};
      const here = await newPath(path, token);
      const fromOneAddress = { ...json, headers: { 'x-forwarded-for': `203.0.113.${index}` } };
      const answers: [string, Answer][] = [
        ['403', await ask(app, method, here, { token, ...json, headers: { origin: 'https://evil.test' } })],
        ...(path.includes('{id}') && isProtected
          ? ([
              ['404', await ask(app, method, path.replace('{id}', '2147483647'), { token, ...json })],
              ['422', await ask(app, method, path.replace('{id}', 'x'), { token, ...json })],
              ['400', await ask(app, method, path.replace('{id}', '%'), { token, ...json })],
            ] satisfies [string, Answer][])
          : []),
        ...(documented.requestBody
          ? ([
              ['400', await ask(app, method, here, { token, body: '{', headers: { 'content-type': 'application/json' } })],
              ['413', await ask(app, method, here, { token, json: 'x'.repeat(20_000) })],
              ['415', await ask(app, method, here, { token, body: 'x' })],
              ['422', await ask(app, method, here, { token, json: { unknown: 1 } })],
            ] satisfies [string, Answer][])
          : []),
        ...(isProtected
          ? ([
              ['401', await ask(limited, method, here, fromOneAddress)],
              ['429', await ask(limited, method, here, fromOneAddress)],
              ['503', await ask(cut, method, here, { token, ...json })],
            ] satisfies [string, Answer][])
          : []),
        [success, await ask(app, method, here, { token, ...json, headers: { origin: ORIGIN } })],
      ];
      for (const [expected, answer] of answers) {
        assert.equal(String(answer.status), expected, answer.text);
        assertDocumented(documented, answer);
      }
    });
  }
});

/** Asserts that status, media type, headers and fields are those the contract names. */
function assertDocumented(documented: Operation, { status, headers, body }: Answer): void {
  const entry = documented.responses[status];
  assert.ok(entry !== undefined, `${documented.operationId} answers ${status}, which the contract does not name`);
  for (const name of Object.keys(entry.headers ?? {}))
    assert.ok(headers[name.toLowerCase()] !== undefined, `${documented.operationId} ${status} lacks the header ${name}`);
  const [type] = headers['content-type']?.split(';') ?? [];
  const content = Object.entries(entry.content ?? {});
  assert.deepEqual(
    type === undefined ? [] : [type],
    content.map(([name]) => name),
  );
  for (const [, { schema }] of content) {
    const { properties, required = [] } = components.schemas[schema.$ref.replace('#/components/schemas/', '')] ?? { properties: {} };
    const fields = Object.keys(z.looseObject({}).parse(body));
    assert.deepEqual(
      fields.filter((name) => !(name in properties)),
      [],
      'fields the contract does not name',
    );
    assert.deepEqual(
      required.filter((name) => !fields.includes(name)),
      [],
      'fields the contract requires',
    );
  }
}
