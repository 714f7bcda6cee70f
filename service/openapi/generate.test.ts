import assert from 'node:assert/strict';
import { METHODS } from 'node:http';
import { after, before, describe, test } from 'node:test';
import * as z from 'zod/v4';
import { createApp } from '../app.ts';
import { assertDocumented, type Operation, operations, resolve } from '../test/conformance/documented.ts';
import { environmentDocument } from './generate.ts';
import { type RunningApp, startApp } from '../test/app.ts';
import { createTestDatabase, type TestDatabase } from '../test/databases.ts';
import { comparable, type HttpResponse, problemOf, send } from '../test/requests.ts';
import { newUser } from '../test/tokens.ts';

let app: RunningApp;
let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
  app = await startApp({ databaseUrl: database.url });
});
after(() => app.close());

describe('the committed contract', () => {
  test('contains no secret and no default for one', () => {
    const variable = z.object({ name: z.string(), secret: z.boolean(), default: z.record(z.string(), z.unknown()) });
    const { variables } = z.object({ variables: z.array(variable) }).parse(environmentDocument());
    const secrets = variables.filter(({ secret }) => secret);
    assert.deepEqual(secrets.map(({ name }) => name).toSorted(), [
      'BETTER_AUTH_SECRET',
      'DATABASE_URL',
      'DATABASE_URL_UNPOOLED',
      'JWT_SECRET',
      'REDIS_URL',
    ]);
    for (const secret of secrets) assert.deepEqual(secret.default, {}, secret.name);
  });
});

type Routes = { listRoutes(): { path: string; methods?: string[]; router?: Routes }[] };

/** Each method and path that has a handler in the app, in the contract's notation. */
function operationsOf(routes: Routes, prefix = ''): string[] {
  return routes.listRoutes().flatMap(({ path, methods, router }) => {
    const here = `${prefix}${path}`.replace(/(?<=.)\/$/, '').replaceAll(/:(\w+)/g, '{$1}');
    if (router !== undefined) return operationsOf(router, here === '/' ? '' : here);
    // GET includes HEAD, and '*' rejects all other methods.
    return (methods ?? []).filter((method) => method !== 'HEAD' && method !== '*').map((method) => `${method} ${here}`);
  });
}

describe('the contract and the app', () => {
  test('know the same operations, except for the document itself and its page', () => {
    // The types of express lack listRoutes (router 2.3).
    const served = operationsOf(createApp(app.context).router as unknown as Routes);
    const documented = operations.map(({ path, method }) => `${method} ${path}`);
    assert.deepEqual(served.toSorted(), [...documented, 'GET /openapi.json', 'GET /docs', 'GET /docs/{release}/{file}'].toSorted());
  });

  test('agree on which operations need a token', async () => {
    for (const { path, method, isPrivate } of operations) {
      const { status } = await send(app.url, method, path.replace('{id}', '1'));
      assert.equal(status === 401, isPrivate, `${method} ${path}`);
    }
  });

  test('give each operation a unique name', () => {
    assert.equal(new Set(operations.map(({ name }) => name)).size, operations.length);
  });

  test('agree on the defaults', async () => {
    const { token } = newUser();
    for (const { path, name, parameters } of operations.filter(({ method, path }) => method === 'GET' && !path.includes('{id}'))) {
      const { body } = await send(app.url, 'GET', path, { token });
      const fields = z.looseObject({}).parse(body);
      for (const parameter of parameters.filter((parameter) => parameter.name in fields))
        assert.equal(fields[parameter.name], parameter.schema['default'], `${name} ${parameter.name}`);
      const defaults = parameters.filter(({ schema }) => 'default' in schema);
      const spelt = new URLSearchParams(defaults.map((parameter) => [parameter.name, String(parameter.schema['default'])]));
      if (spelt.size > 0) assert.deepEqual((await send(app.url, 'GET', `${path}?${spelt.toString()}`, { token })).body, body, name);
    }
  });
});

const call = (target: RunningApp, { method }: Operation, path: string, sending?: Parameters<typeof send>[3]): Promise<HttpResponse> =>
  send(target.url, method, path, sending);

/** The path of an operation, for a task or tag of the caller. */
async function pathOf({ path }: Operation, token: string): Promise<string> {
  const tag = await send(app.url, 'POST', '/api/v1/tags', { token, json: { name: 'fixture' } });
  const { id } = z.looseObject({ id: z.int() }).parse(tag.body);
  const task = await send(app.url, 'POST', '/api/v1/tasks', { token, json: { title: 'fixture', tag_ids: [id] } });
  const owned = path.startsWith('/api/v1/tags/') ? tag : task;
  return path.replace(/^.*\{id\}/, owned.headers['location'] ?? '');
}

/** The contract's example of the operation's body. */
function exampleOf({ body }: Operation): { json?: unknown } {
  if (body === undefined) return {};
  return { json: z.object({ examples: z.tuple([z.unknown()], z.unknown()) }).parse(resolve(body)).examples[0] };
}

/** A request for the operation with one value that its schema forbids. */
function invalidRequest({ path, body, parameters }: Operation): [path: string, sending: { json?: unknown }] {
  if (path.includes('{id}')) return [path.replace('{id}', '0'), body ? { json: {} } : {}];
  if (body !== undefined) return [path, { json: { unknown: 1 } }];
  const least = parameters.find(({ schema }) => typeof schema['minimum'] === 'number');
  return [`${path}?${least?.name}=${Number(least?.schema['minimum']) - 1}`, {}];
}

// Concurrent: an unreachable database is reported after retries.
describe('an operation returns all of its documented responses, and no others', { concurrency: true }, () => {
  let cut: RunningApp;
  let limited: RunningApp;
  let broken: RunningApp;
  before(async () => {
    cut = await startApp({ databaseUrl: 'postgresql://127.0.0.1:1/none' });
    limited = await startApp({ databaseUrl: database.url, rateLimitPerMinute: 1 });
    const damaged = await createTestDatabase();
    // Every operation queries the owner's rows.
    for (const table of ['tasks', 'tags']) await damaged.query(`alter table ${table} drop column user_id cascade`);
    broken = await startApp({ databaseUrl: damaged.url });
  });
  after(() => Promise.all([cut.close(), limited.close(), broken.close()]));

  for (const operation of operations) {
    test(`${operation.method} ${operation.path}`, async () => {
      const { token } = newUser();
      const here = await pathOf(operation, token);
      const good = { token, ...exampleOf(operation) };
      const [elsewhere, invalid] = invalidRequest(operation);
      const requests: (() => Promise<HttpResponse>)[] = [
        () => call(app, operation, here, { ...exampleOf(operation) }),
        () => call(app, operation, here, { ...good, headers: { origin: 'https://evil.test' } }),
        () => call(app, operation, here, { token, body: '{', headers: { 'content-type': 'application/json' } }),
        () => call(app, operation, here, { token, json: 'x'.repeat(20_000) }),
        () => call(app, operation, here, { token, body: 'x' }),
        () => call(app, operation, operation.path.replace('{id}', '2147483647'), good),
        () => call(app, operation, operation.path.replace('{id}', '%'), good),
        () => call(app, operation, elsewhere, { token, ...invalid }),
        () => call(broken, operation, here, good),
        () => call(cut, operation, here, good),
        () => call(limited, operation, here, good),
        () => call(limited, operation, here, good),
        () => call(app, operation, here, { ...good, headers: { 'if-none-match': '*' } }),
        () => call(app, operation, here, good),
        // Again: the object may be deleted now, or may already exist.
        () => call(app, operation, here, good),
      ];
      const seen = new Set<string>();
      for (const request of requests) {
        const response = await request();
        assertDocumented(operation, response);
        seen.add(String(response.status));
      }
      const unseen = Object.keys(operation.responses).filter((status) => !seen.has(status));
      assert.deepEqual(unseen, [], 'documented but never seen');
    });
  }

  for (const operation of operations.filter(({ method }) => method === 'GET')) {
    test(`HEAD ${operation.path}: like GET, without a body`, async () => {
      const { token } = newUser();
      const here = await pathOf(operation, token);
      for (const sending of [{ token }, {}, { token, headers: { origin: 'https://evil.test' } }, { token, body: 'x' }]) {
        const [head, get] = [await send(app.url, 'HEAD', here, sending), await send(app.url, 'GET', here, sending)];
        assertDocumented(operation, head, 'HEAD');
        assert.deepEqual(comparable({ ...head, body: null }), comparable({ ...get, body: null }));
      }
    });
  }
});

describe('a path rejects every method that is not documented for it', { concurrency: true }, () => {
  for (const [path, documented] of Map.groupBy(operations, ({ path }) => path)) {
    test(path, async () => {
      const { token } = newUser();
      const methods = documented.map(({ method }) => method);
      const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
      // OPTIONS is the preflight of any path, and CONNECT has none.
      const rejected = METHODS.filter((method) => !['OPTIONS', 'CONNECT', ...allowed].includes(method));
      assert.ok(rejected.length > 20);
      for (const method of rejected) {
        const response = await send(app.url, method, path.replace('{id}', '1'), { token });
        assert.equal(response.status, 405, method);
        assert.deepEqual(response.headers['allow']?.split(', ').toSorted(), allowed.toSorted());
        if (method === 'HEAD') assert.equal(response.text, '');
        else assert.equal(problemOf(response).code, 'method_not_allowed');
      }
    });
  }
});
