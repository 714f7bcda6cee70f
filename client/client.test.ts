import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import { cacheToken, createTasksClient, retryAfterMs } from './client.ts';

type Received = { method: string; url: string; authorization: string | undefined; body: string };

/** An API on a free port that records what it receives. */
async function startApi(
  context: TestContext,
  respond: (request: Received, response: ServerResponse) => void,
): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = incoming;
    const request = { method, url, authorization: headers.authorization, body: await text(incoming) };
    received.push(request);
    respond(request, response);
  };
  const server = createServer((incoming, response) => void handle(incoming, response)).listen(0, '127.0.0.1');
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Accepts one token. */
const accepting =
  (token: string) =>
  ({ authorization }: Received, response: ServerResponse): void =>
    authorization === `Bearer ${token}` ? json(response, 201, { id: 1 }) : json(response, 401, { code: 'unauthenticated' });

describe('createTasksClient', () => {
  test('sends the token and writes lists as the contract does', async (context) => {
    const { url, received } = await startApi(context, (_, response) => json(response, 200, { tasks: [], total: 0, page: 1, per_page: 20 }));
    const client = createTasksClient({ baseUrl: url, getToken: () => Promise.resolve('first') });
    const { data } = await client.GET('/api/v1/tasks', { params: { query: { priority: ['high', 'low'], search: 'a&b' } } });
    assert.equal(data?.total, 0);
    assert.deepEqual(received, [{ method: 'GET', url: '/api/v1/tasks?priority=high,low&search=a%26b', authorization: 'Bearer first', body: '' }]);
  });

  test('gets a new token after a 401 and repeats the request with its body', async (context) => {
    const { url, received } = await startApi(context, accepting('second'));
    const rejectedTokens: (string | undefined)[] = [];
    const client = createTasksClient({
      baseUrl: url,
      getToken: (rejected) => {
        rejectedTokens.push(rejected);
        return Promise.resolve(rejected === undefined ? 'first' : 'second');
      },
    });
    const { data, response } = await client.POST('/api/v1/tasks', { body: { title: 'Buy milk' } });
    assert.equal(response.status, 201);
    assert.equal(data?.id, 1);
    assert.deepEqual(rejectedTokens, [undefined, 'first']);
    assert.deepEqual(
      received.map(({ authorization, body }) => [authorization, body]),
      [
        ['Bearer first', '{"title":"Buy milk"}'],
        ['Bearer second', '{"title":"Buy milk"}'],
      ],
    );
  });

  test('repeats a request once at most, and not without a new token', async (context) => {
    for (const [next, requests] of [
      ['second', 2],
      ['first', 1],
      [null, 1],
    ] as const) {
      const { url, received } = await startApi(context, accepting('third'));
      const client = createTasksClient({ baseUrl: url, getToken: (rejected) => Promise.resolve(rejected === undefined ? 'first' : next) });
      const { error, response } = await client.GET('/api/v1/tasks');
      assert.equal(response.status, 401);
      assert.equal(error?.code, 'unauthenticated');
      assert.equal(received.length, requests, String(next));
    }
  });

  test('sends no Authorization header when no user is signed in', async (context) => {
    const { url, received } = await startApi(context, accepting('first'));
    const client = createTasksClient({ baseUrl: url, getToken: () => Promise.resolve(null) });
    assert.equal((await client.GET('/api/v1/tasks')).response.status, 401);
    assert.deepEqual(
      received.map(({ authorization }) => authorization),
      [undefined],
    );
  });

  test('rejects when the API cannot be reached', async () => {
    const client = createTasksClient({ baseUrl: 'http://127.0.0.1:1', getToken: () => Promise.resolve('first') });
    await assert.rejects(client.GET('/api/v1/tasks'), TypeError);
  });
});

describe('cacheToken', () => {
  test('fetches one token for parallel requests, and one more when it is rejected', async () => {
    let fetched = 0;
    const getToken = cacheToken(() => Promise.resolve(`token ${(fetched += 1)}`));
    assert.deepEqual(await Promise.all([getToken(), getToken()]), ['token 1', 'token 1']);
    assert.deepEqual(await Promise.all([getToken('token 1'), getToken('token 1')]), ['token 2', 'token 2']);
    assert.equal(await getToken('token 1'), 'token 2', 'a late rejection of the old token');
    assert.equal(fetched, 2);
  });

  test('tries again after a failure and after a missing session', async () => {
    const results = [() => Promise.reject(new Error('offline')), () => Promise.resolve(null), () => Promise.resolve('token')];
    const getToken = cacheToken(() => results.shift()?.() ?? Promise.reject(new Error('called too often')));
    await assert.rejects(getToken(), /offline/);
    assert.equal(await getToken(), null);
    assert.equal(await getToken(), 'token');
    assert.equal(await getToken(), 'token');
  });
});

test('retryAfterMs reads seconds and dates', () => {
  const now = Date.parse('2026-11-28T10:00:00Z');
  const cases: [string | undefined, number | undefined][] = [
    ['30', 30_000],
    ['Sat, 28 Nov 2026 10:00:05 GMT', 5_000],
    ['Sat, 28 Nov 2026 09:00:00 GMT', 0],
    ['soon', undefined],
    [undefined, undefined],
  ];
  for (const [value, expected] of cases) {
    const response = new Response(null, value === undefined ? {} : { headers: { 'Retry-After': value } });
    assert.equal(retryAfterMs(response, now), expected, String(value));
  }
});
