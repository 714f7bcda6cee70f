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
  // A fault that no schema foresees, for an answer of 500.
  await database.query("alter table tasks add constraint planted check (title <> 'planted fault')");
  app = await startApp({ databaseUrl: database.url, corsOrigins: [ORIGIN, SECOND_ORIGIN] });
});
after(() => app.close());

const corsHeaders = ({ headers }: HttpResponse): string[] => Object.keys(headers).filter((name) => name.startsWith('access-control-'));

function assertVaries(answer: HttpResponse): void {
  const names = (answer.headers['vary'] ?? '').split(',').map((name) => name.trim());
  assert.ok(names.includes('Origin'), `${answer.status} has Vary: ${answer.headers['vary']}`);
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
    test(`may read answers and the exposed headers: ${origin}`, async () => {
      const answer = await send(app.url, 'GET', TASKS, { token: newUser().token, headers: { origin } });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['access-control-allow-origin'], origin);
      assert.equal(answer.headers['access-control-allow-credentials'], undefined);
      const exposed = answer.headers['access-control-expose-headers']?.split(',').toSorted();
      assert.deepEqual(exposed, ['Location', 'RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id']);
      assertVaries(answer);
    });

    test(`is told what it may send: ${origin}`, async () => {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        const headers = { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization,content-type' };
        const answer = await send(app.url, 'OPTIONS', `${TASKS}/1`, { headers });
        assert.deepEqual([answer.status, answer.text, answer.headers['access-control-allow-origin']], [204, '', origin]);
        assert.ok(answer.headers['access-control-allow-methods']?.split(',').includes(method));
        assert.deepEqual(answer.headers['access-control-allow-headers']?.split(','), ['Authorization', 'Content-Type', 'Idempotency-Key']);
        assert.equal(answer.headers['access-control-max-age'], '600');
        assert.equal(answer.headers['access-control-allow-credentials'], undefined);
        assertVaries(answer);
      }
    });
  }
});

describe('a page of an unlisted origin', () => {
  for (const [what, origin] of Object.entries(UNLISTED)) {
    test(`is refused by actual request and by preflight: ${what}`, async () => {
      const preflight = { 'access-control-request-method': 'DELETE', 'access-control-request-headers': 'authorization' };
      for (const answer of [
        await send(app.url, 'GET', TASKS, { token: newUser().token, headers: { origin } }),
        await send(app.url, 'OPTIONS', TASKS, { headers: { origin, ...preflight } }),
      ]) {
        assert.equal(answer.status, 403);
        assert.equal(problemOf(answer).code, 'origin_not_allowed');
        assert.deepEqual(corsHeaders(answer), []);
        assertVaries(answer);
      }
    });
  }

  test('changes nothing, for the refusal comes before any handler', async () => {
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

  test('is refused before its token, its body, its path and its method are looked at', async () => {
    const headers = { origin: 'https://evil.test' };
    for (const answer of [
      await send(app.url, 'GET', TASKS, { token: 'bad', headers }),
      await send(app.url, 'POST', TASKS, { body: 'x'.repeat(20_000), headers }),
      await send(app.url, 'GET', '/unknown', { headers }),
      await send(app.url, 'PROPFIND', '/health', { headers }),
      await send(app.url, 'GET', '/health', { headers }),
      await send(app.url, 'GET', '/openapi.json', { headers }),
    ]) {
      assert.equal(answer.status, 403);
    }
  });
});

describe('a caller that is no page', () => {
  test('sends no Origin and is served', async () => {
    const answer = await send(app.url, 'GET', TASKS, { token: newUser().token });
    assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [200, undefined]);
    assertVaries(answer);
  });
});

// At once: a database out of reach is told after retries.
describe('every answer', { concurrency: true }, () => {
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
    500: (headers) => send(app.url, 'POST', TASKS, { token: newUser().token, json: { title: 'planted fault' }, headers }),
  };
  for (const [status, request] of Object.entries(requests)) {
    test(`of status ${status} can be read by the allowed page and varies by origin`, async () => {
      const answer = await request(origin);
      assert.equal(answer.status, Number(status), answer.text);
      assert.equal(answer.headers['access-control-allow-origin'], ORIGIN);
      assertVaries(answer);
      const toNoPage = await request({});
      assert.deepEqual([toNoPage.status, toNoPage.headers['access-control-allow-origin']], [Number(status), undefined]);
      assertVaries(toNoPage);
    });
  }

  test('of status 429 can be read by the allowed page and varies by origin', async (context) => {
    const limited = await startApp({ databaseUrl: database.url, rateLimitPerMinute: 1 }, context);
    await send(limited.url, 'GET', TASKS);
    const answer = await send(limited.url, 'GET', TASKS, { headers: origin });
    assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [429, ORIGIN]);
    assertVaries(answer);
  });

  test('of status 503 can be read by the allowed page and varies by origin', async (context) => {
    const cut = await startApp({ databaseUrl: 'postgresql://127.0.0.1:1/none' }, context);
    for (const path of [TASKS, '/health']) {
      const answer = await send(cut.url, 'GET', path, { token: newUser().token, headers: origin });
      assert.deepEqual([answer.status, answer.headers['access-control-allow-origin']], [503, ORIGIN]);
      assertVaries(answer);
    }
  });
});

describe('a preflight', () => {
  const headers = { origin: ORIGIN, 'access-control-request-method': 'GET' };

  test('allows the further request headers that are configured, and only allowed origins learn of them', async (context) => {
    const traced = await startApp({ databaseUrl: database.url, corsRequestHeaders: ['sentry-trace', 'baggage'] }, context);
    const asked = { ...headers, 'access-control-request-headers': 'authorization,baggage,sentry-trace,traceparent' };
    const { status, headers: answered } = await send(traced.url, 'OPTIONS', TASKS, { headers: asked });
    const allowed = ['Authorization', 'Content-Type', 'Idempotency-Key', 'sentry-trace', 'baggage'];
    assert.deepEqual([status, answered['access-control-allow-headers']?.split(',')], [204, allowed], 'what is asked for is not repeated');
    const refused = await send(traced.url, 'OPTIONS', TASKS, { headers: { ...asked, origin: 'https://evil.test' } });
    assert.deepEqual([refused.status, corsHeaders(refused)], [403, []]);
    const request = { token: newUser().token, headers: { origin: ORIGIN, baggage: 'a=1', 'sentry-trace': '0-0-1' } };
    assert.equal((await send(traced.url, 'GET', TASKS, request)).status, 200);
  });

  test('is free of the limiter and of authentication', async (context) => {
    const limited = await startApp({ databaseUrl: database.url, rateLimitPerMinute: 1 }, context);
    for (const token of ['bad', 'bad', 'bad']) {
      const answer = await send(limited.url, 'OPTIONS', TASKS, { token, headers });
      assert.deepEqual([answer.status, answer.headers['ratelimit']], [204, undefined]);
    }
    assert.equal((await send(limited.url, 'GET', TASKS)).status, 401, 'the one request of the minute is still there');
    assert.equal((await send(limited.url, 'GET', TASKS)).status, 429);
    assert.equal((await send(limited.url, 'OPTIONS', TASKS, { headers })).status, 204);
  });
});
