import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ORIGIN, type RunningApp, startApp } from './test/app.ts';
import { createTestDatabase, type TestDatabase } from './test/databases.ts';
import { comparable, type HttpResponse, problemOf, send } from './test/requests.ts';
import { newUser } from './test/tokens.ts';

const TASKS = '/api/v1/tasks';

let app: RunningApp;
let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
  await database.query("alter table tasks add constraint seeded check (title <> 'seeded fault')");
  app = await startApp({ databaseUrl: database.url });
});
after(() => app.close());

describe('the order of checks on a request', () => {
  const evil = { origin: 'https://evil.test' };

  test('is origin, limit, body, caller, route', async (context) => {
    const limited = await startApp({ databaseUrl: database.url, rateLimitPerMinute: 3 }, context);
    const wrongInEveryWay = { body: 'x'.repeat(20_000), headers: { 'content-type': 'text/plain' } };
    const statusOf = async (headers: Record<string, string> = {}): Promise<number> =>
      (await send(limited.url, 'POST', `${TASKS}/unknown/path`, { ...wrongInEveryWay, headers: { ...wrongInEveryWay.headers, ...headers } })).status;
    assert.equal(await statusOf(evil), 403);
    assert.equal(await statusOf(), 415);
    assert.equal(await statusOf({ 'content-type': 'application/json' }), 413);
    assert.equal((await send(limited.url, 'POST', `${TASKS}/unknown/path`)).status, 401);
    assert.equal(await statusOf(), 429);
    assert.equal(await statusOf(evil), 403, 'a rejected origin still gets 403');
  });

  test("lets a page of an allowed origin read a 401, which has the limiter's, CORS and security headers", async () => {
    const { status, headers } = await send(app.url, 'GET', TASKS, { headers: { origin: ORIGIN } });
    assert.equal(status, 401);
    for (const name of [
      'ratelimit',
      'ratelimit-policy',
      'access-control-allow-origin',
      'access-control-expose-headers',
      'vary',
      'x-request-id',
      'strict-transport-security',
    ]) {
      assert.ok(headers[name] !== undefined, `no ${name}`);
    }
  });

  test('does not count requests from rejected origins against the limit', async (context) => {
    const limited = await startApp({ databaseUrl: database.url, rateLimitPerMinute: 1 }, context);
    for (let time = 0; time < 3; time += 1) {
      const { status, headers } = await send(limited.url, 'GET', TASKS, { headers: evil });
      assert.deepEqual([status, headers['ratelimit']], [403, undefined]);
    }
    assert.equal((await send(limited.url, 'GET', TASKS)).status, 401);
  });
});

describe('every response', () => {
  const requests: Record<string, () => Promise<HttpResponse>> = {
    '200': () => send(app.url, 'GET', TASKS, { token: newUser().token }),
    '201': () => send(app.url, 'POST', TASKS, { token: newUser().token, json: { title: 'x' } }),
    '204 of a preflight': () => send(app.url, 'OPTIONS', TASKS, { headers: { origin: ORIGIN, 'access-control-request-method': 'GET' } }),
    '401': () => send(app.url, 'GET', TASKS),
    '403': () => send(app.url, 'GET', TASKS, { headers: { origin: 'https://evil.test' } }),
    '404': () => send(app.url, 'GET', '/unknown'),
    '413': () => send(app.url, 'POST', TASKS, { json: 'x'.repeat(20_000) }),
    '500': () => send(app.url, 'POST', TASKS, { token: newUser().token, json: { title: 'seeded fault' } }),
    '200 of health': () => send(app.url, 'GET', '/health'),
  };
  for (const [which, request] of Object.entries(requests)) {
    test(`has the security headers, is not cached and does not describe the server: ${which}`, async () => {
      const { status, headers } = await request();
      assert.equal(status, Number.parseInt(which, 10));
      const expected = {
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=63072000; includeSubDomains',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
      };
      assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, headers[name]])), expected);
      for (const name of ['x-powered-by', 'server', 'etag', 'set-cookie']) assert.equal(headers[name], undefined, name);
    });
  }

  test('has its own request id, even if the client sends one', async () => {
    const ids = new Set<unknown>();
    for (let time = 0; time < 5; time += 1)
      ids.add((await send(app.url, 'GET', '/livez', { headers: { 'x-request-id': 'mine' } })).headers['x-request-id']);
    assert.equal(ids.size, 5);
    assert.ok(!ids.has('mine'));
  });
});

describe('an unexpected error', () => {
  test('gets a fixed text without its cause', async () => {
    const response = await send(app.url, 'POST', TASKS, { token: newUser().token, json: { title: 'seeded fault' } });
    assert.deepEqual(problemOf(response), {
      status: 500,
      code: 'internal',
      title: 'Internal Server Error',
      detail: 'Something went wrong on our side. Quote the request id when you report it.',
      errors: [],
    });
    assert.doesNotMatch(response.text, /seeded|constraint|tasks|insert|sql|\.ts|node_modules|\bat /i);
  });
});

describe('the API document', () => {
  test('is served if docs are on', async () => {
    const { status, body } = await send(app.url, 'GET', '/openapi.json');
    assert.equal(status, 200);
    assert.partialDeepStrictEqual(body, { openapi: '3.1.1' });
  });

  test('is the same 404 as any unknown path if docs are off, for every caller', async (context) => {
    const closed = await startApp({ databaseUrl: database.url, apiDocs: false }, context);
    for (const token of ['bad', newUser().token]) {
      for (const method of ['GET', 'HEAD', 'POST']) {
        const [document, unknown] = [
          await send(closed.url, method, '/openapi.json', { token }),
          await send(closed.url, method, '/unknown.json', { token }),
        ];
        assert.equal(document.status, 404);
        assert.deepEqual(comparable(document), comparable(unknown));
      }
    }
    for (const path of ['/docs', '/docs/', '/swagger', '/redoc']) assert.equal((await send(closed.url, 'GET', path)).status, 404);
  });
});
