import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ORIGIN, type RunningApp, startApp } from '../test/app.ts';
import { createTestDatabase, type TestDatabase } from '../test/databases.ts';
import { type HttpResponse, problemOf, send } from '../test/requests.ts';
import { newUser } from '../test/tokens.ts';

const TASKS = '/api/v1/tasks';
const SECOND_ORIGIN = 'https://second.test:8443';

let app: RunningApp;
let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
  // An unexpected fault, which causes a 500.
  await database.query("alter table tasks add constraint seeded check (title <> 'seeded fault')");
  app = await startApp({ databaseUrl: database.url, corsOrigins: [ORIGIN, SECOND_ORIGIN] });
});
after(() => app.close());

const corsHeaders = ({ headers }: HttpResponse): string[] => Object.keys(headers).filter((name) => name.startsWith('access-control-'));

function assertVaries(response: HttpResponse): void {
  const names = (response.headers['vary'] ?? '').split(',').map((name) => name.trim());
  assert.ok(names.includes('Origin'), `${response.status} has Vary: ${response.headers['vary']}`);
}

const UNLISTED: Record<string, string | string[]> = {
  'another site': 'https://evil.test',
  'opaque, as of a sandboxed frame': 'null',
  'the allowed one over http': ORIGIN.replace('https', 'http'),
  'the allowed one with a port': `${ORIGIN}:8443`,
  'the allowed one with its default port': `${ORIGIN}:443`,
  'the allowed one without its port': 'https://second.test',
  'the allowed one with a trailing slash': `${ORIGIN}/`,
  'the allowed one with a trailing dot': `${ORIGIN}.`,
  'the allowed one in upper case': ORIGIN.toUpperCase(),
  'a subdomain of the allowed one': ORIGIN.replace('//', '//sub.'),
  'a name that ends in the allowed one': ORIGIN.replace('//', '//evil-'),
  'a name that begins with the allowed one': `${ORIGIN}.evil.test`,
  'a name as a pattern would match it': ORIGIN.replace('.', 'x'),
  'two origins in one header': `${ORIGIN}, https://evil.test`,
  'two headers, the allowed one first': [ORIGIN, 'https://evil.test'],
  'two headers, the allowed one last': ['https://evil.test', ORIGIN],
  'the allowed one twice': [ORIGIN, ORIGIN],
  'a wildcard': '*',
  empty: '',
};

describe('a page of an allowed origin', () => {
  for (const origin of [ORIGIN, SECOND_ORIGIN]) {
    test(`may read responses and the exposed headers: ${origin}`, async () => {
      const response = await send(app.url, 'GET', TASKS, { token: newUser().token, headers: { origin } });
      assert.equal(response.status, 200);
      assert.equal(response.headers['access-control-allow-origin'], origin);
      assert.equal(response.headers['access-control-allow-credentials'], undefined);
      const exposed = response.headers['access-control-expose-headers']?.split(',').toSorted();
      assert.deepEqual(exposed, ['Location', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id']);
      assertVaries(response);
    });

    test(`learns what it may send: ${origin}`, async () => {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const headers = { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization,content-type' };
        const response = await send(app.url, 'OPTIONS', `${TASKS}/1`, { headers });
        assert.deepEqual([response.status, response.text, response.headers['access-control-allow-origin']], [204, '', origin]);
        assert.ok(response.headers['access-control-allow-methods']?.split(',').includes(method));
        assert.deepEqual(response.headers['access-control-allow-headers']?.split(','), ['Authorization', 'Content-Type', 'Idempotency-Key']);
        assert.equal(response.headers['access-control-max-age'], '600');
        assert.equal(response.headers['access-control-allow-credentials'], undefined);
        assertVaries(response);
      }
    });
  }
});

describe('a page of an unlisted origin', () => {
  for (const [what, origin] of Object.entries(UNLISTED)) {
    test(`is rejected in its actual request and its preflight: ${what}`, async () => {
      const preflight = { 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'authorization' };
      for (const response of [
        await send(app.url, 'GET', TASKS, { token: newUser().token, headers: { origin } }),
        await send(app.url, 'OPTIONS', TASKS, { headers: { origin, ...preflight } }),
      ]) {
        assert.equal(response.status, 403);
        assert.equal(problemOf(response).code, 'origin_not_allowed');
        assert.deepEqual(corsHeaders(response), []);
        assertVaries(response);
      }
    });
  }

  test('changes nothing, because it is rejected before any handler', async () => {
    const { token } = newUser();
    const created = await send(app.url, 'POST', TASKS, { token, json: { title: 'mine' }, headers: { origin: ORIGIN } });
    assert.equal(created.status, 201);
    const path = created.headers['location'] ?? '';
    const headers = { origin: 'https://evil.test' };
    for (const [method, target, json] of [
      ['POST', TASKS, { title: 'x' }],
      ['PUT', path, { title: 'x' }],
      ['PATCH', `${path}/complete`],
      ['DELETE', path],
    ] as const) {
      assert.equal((await send(app.url, method, target, { token, headers, ...(json && { json }) })).status, 403, method);
    }
    const { body } = await send(app.url, 'GET', TASKS, { token });
    assert.deepEqual(body, { tasks: [created.body], total: 1, page: 1, per_page: 20 });
  });

  test('is rejected before its token, body, path and method are checked', async () => {
    const headers = { origin: 'https://evil.test' };
    for (const response of [
      await send(app.url, 'GET', TASKS, { token: 'bad', headers }),
      await send(app.url, 'POST', TASKS, { body: 'x'.repeat(20_000), headers }),
      await send(app.url, 'GET', '/unknown', { headers }),
      await send(app.url, 'PROPFIND', '/health', { headers }),
      await send(app.url, 'GET', '/health', { headers }),
      await send(app.url, 'GET', '/openapi.json', { headers }),
    ]) {
      assert.equal(response.status, 403);
    }
  });
});

describe('a caller that is not a page', () => {
  test('sends no Origin and is served', async () => {
    const response = await send(app.url, 'GET', TASKS, { token: newUser().token });
    assert.deepEqual([response.status, response.headers['access-control-allow-origin']], [200, undefined]);
    assertVaries(response);
  });
});

// Concurrent: an unreachable database is reported after retries.
describe('every response', { concurrency: true }, () => {
  const origin = { origin: ORIGIN };
  const requests: Record<number, (headers: Record<string, string>) => Promise<HttpResponse>> = {
    200: (headers) => send(app.url, 'GET', '/health', { headers }),
    201: (headers) => send(app.url, 'POST', TASKS, { token: newUser().token, json: { title: 'x' }, headers }),
    400: (headers) =>
      send(app.url, 'POST', TASKS, { token: newUser().token, body: '{', headers: { ...headers, 'content-type': 'application/json' } }),
    401: (headers) => send(app.url, 'GET', TASKS, { headers }),
    404: (headers) => send(app.url, 'GET', '/unknown', { headers }),
    405: (headers) => send(app.url, 'DELETE', TASKS, { token: newUser().token, headers }),
    413: (headers) => send(app.url, 'POST', TASKS, { token: newUser().token, json: 'x'.repeat(20_000), headers }),
    415: (headers) => send(app.url, 'POST', TASKS, { token: newUser().token, body: 'x', headers }),
    422: (headers) => send(app.url, 'POST', TASKS, { token: newUser().token, json: {}, headers }),
    500: (headers) => send(app.url, 'POST', TASKS, { token: newUser().token, json: { title: 'seeded fault' }, headers }),
  };
  for (const [status, request] of Object.entries(requests)) {
    test(`of status ${status} can be read by the allowed page and varies by origin`, async () => {
      const response = await request(origin);
      assert.equal(response.status, Number(status), response.text);
      assert.equal(response.headers['access-control-allow-origin'], ORIGIN);
      assertVaries(response);
      const withoutOrigin = await request({});
      assert.deepEqual([withoutOrigin.status, withoutOrigin.headers['access-control-allow-origin']], [Number(status), undefined]);
      assertVaries(withoutOrigin);
    });
  }

  test('of status 429 can be read by the allowed page and varies by origin', async (context) => {
    const limited = await startApp({ databaseUrl: database.url, rateLimitPerMinute: 1 }, context);
    await send(limited.url, 'GET', TASKS);
    const response = await send(limited.url, 'GET', TASKS, { headers: origin });
    assert.deepEqual([response.status, response.headers['access-control-allow-origin']], [429, ORIGIN]);
    assertVaries(response);
  });

  test('of status 503 can be read by the allowed page and varies by origin', async (context) => {
    const cut = await startApp({ databaseUrl: 'postgresql://127.0.0.1:1/none' }, context);
    for (const path of [TASKS, '/health']) {
      const response = await send(cut.url, 'GET', path, { token: newUser().token, headers: origin });
      assert.deepEqual([response.status, response.headers['access-control-allow-origin']], [503, ORIGIN]);
      assertVaries(response);
    }
  });
});

describe('a preflight', () => {
  const headers = { origin: ORIGIN, 'access-control-request-method': 'GET' };

  test('allows the additional request headers that are configured, and reveals them only to allowed origins', async (context) => {
    const traced = await startApp({ databaseUrl: database.url, corsRequestHeaders: ['sentry-trace', 'baggage'] }, context);
    const requested = { ...headers, 'access-control-request-headers': 'authorization,baggage,sentry-trace,traceparent' };
    const { status, headers: received } = await send(traced.url, 'OPTIONS', TASKS, { headers: requested });
    const allowed = ['Authorization', 'Content-Type', 'Idempotency-Key', 'sentry-trace', 'baggage'];
    assert.deepEqual([status, received['access-control-allow-headers']?.split(',')], [204, allowed], 'unlisted names are not echoed');
    const rejected = await send(traced.url, 'OPTIONS', TASKS, { headers: { ...requested, origin: 'https://evil.test' } });
    assert.deepEqual([rejected.status, corsHeaders(rejected)], [403, []]);
    const request = { token: newUser().token, headers: { origin: ORIGIN, baggage: 'a=1', 'sentry-trace': '0-0-1' } };
    assert.equal((await send(traced.url, 'GET', TASKS, request)).status, 200);
  });

  test('is exempt from the limiter and from authentication', async (context) => {
    const limited = await startApp({ databaseUrl: database.url, rateLimitPerMinute: 1 }, context);
    for (const token of ['bad', 'bad', 'bad']) {
      const response = await send(limited.url, 'OPTIONS', TASKS, { token, headers });
      assert.deepEqual([response.status, response.headers['ratelimit']], [204, undefined]);
    }
    assert.equal((await send(limited.url, 'GET', TASKS)).status, 401, 'the request of the minute is not used up');
    assert.equal((await send(limited.url, 'GET', TASKS)).status, 429);
    assert.equal((await send(limited.url, 'OPTIONS', TASKS, { headers })).status, 204);
  });
});
