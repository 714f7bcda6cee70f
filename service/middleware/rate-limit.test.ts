import assert from 'node:assert/strict';
import { Agent, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createApp } from '../app.ts';
import { listenOnAll } from '../http/listen.ts';
import { ORIGIN, type RunningApp, startApp } from '../test/app.ts';
import { createTestDatabase } from '../test/databases.ts';
import { type HttpResponse, problemOf, send } from '../test/requests.ts';
import { mintToken, newUser } from '../test/tokens.ts';

const TASKS = '/api/v1/tasks';

let databaseUrl: string;
let unlimited: RunningApp;
before(async () => {
  databaseUrl = (await createTestDatabase()).url;
  unlimited = await startApp({ databaseUrl });
});
after(() => unlimited.close());

/** The statuses of sequential requests. */
async function statuses(times: number, request: (time: number) => Promise<HttpResponse>): Promise<number[]> {
  const found: number[] = [];
  for (let time = 0; time < times; time += 1) found.push((await request(time)).status);
  return found;
}

const from = (address: string, token?: string): { token?: string; headers: Record<string, string> } => ({
  ...(token !== undefined && { token }),
  headers: { 'x-forwarded-for': address },
});

describe('a bucket', () => {
  test('belongs to a user, for all of their tokens', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 3 }, context);
    const [ada, bob] = [newUser(), newUser()];
    const tokens = [ada.token, mintToken({ sub: ada.id, exp: Math.floor(Date.now() / 1_000) + 999 })];
    assert.deepEqual(await statuses(5, (time) => send(app.url, 'GET', TASKS, { token: tokens[time % 2] ?? '' })), [200, 200, 200, 429, 429]);
    assert.equal((await send(app.url, 'GET', TASKS, { token: bob.token })).status, 200);
    assert.equal((await send(app.url, 'GET', TASKS)).status, 401);
  });

  test('is the same for a user at every address', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 3, trustProxy: 2 }, context);
    const { token } = newUser();
    assert.deepEqual(await statuses(4, (time) => send(app.url, 'GET', TASKS, from(`203.0.113.${time}, 100.64.0.1`, token))), [200, 200, 200, 429]);
  });

  test('belongs to an address if there is no valid token, so that guessing tokens is limited', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 3 }, context);
    const tokens = ['bad', mintToken({ sub: 'ada' }, 'x'.repeat(32)), mintToken({ sub: 'ada', exp: 1 }), 'worse'];
    assert.deepEqual(await statuses(4, (time) => send(app.url, 'GET', TASKS, { token: tokens[time] ?? '' })), [401, 401, 401, 429]);
    assert.equal((await send(app.url, 'GET', TASKS, { token: newUser().token })).status, 200);
  });

  test('counts every path and method, including unknown ones and rejected bodies', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 4 }, context);
    const { token } = newUser();
    assert.equal((await send(app.url, 'GET', '/unknown', { token })).status, 404);
    assert.equal((await send(app.url, 'POST', TASKS, { token, body: 'x' })).status, 415);
    assert.equal((await send(app.url, 'POST', TASKS, { token, json: 'x'.repeat(20_000) })).status, 413);
    assert.equal((await send(app.url, 'GET', '/openapi.json', { token })).status, 200);
    for (const [method, path] of [
      ['GET', TASKS],
      ['GET', '/unknown'],
      ['DELETE', `${TASKS}/1`],
      ['GET', '/openapi.json'],
    ] as const) {
      assert.equal((await send(app.url, method, path, { token })).status, 429, path);
    }
  });

  test('rejects before the body is parsed', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 1 }, context);
    const { token } = newUser();
    await send(app.url, 'GET', TASKS, { token });
    assert.equal((await send(app.url, 'POST', TASKS, { token, json: 'x'.repeat(20_000) })).status, 429);
  });

  test('does not limit health and liveness when it is exhausted', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 1 }, context);
    assert.deepEqual(await statuses(2, () => send(app.url, 'GET', TASKS)), [401, 429]);
    for (const path of ['/health', '/livez']) assert.deepEqual(await statuses(3, () => send(app.url, 'GET', path)), [200, 200, 200]);
  });
});

describe('the client address', () => {
  test('is that of the connection if no proxy is trusted: X-Forwarded-For cannot evade the limit', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 3, trustProxy: 0 }, context);
    assert.deepEqual(await statuses(4, (time) => send(app.url, 'GET', TASKS, from(`203.0.113.${time}`))), [401, 401, 401, 429]);
  });

  test('is the last but one of X-Forwarded-For behind two proxies: entries that the client wrote cannot evade the limit', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 3, trustProxy: 2 }, context);
    const forged = (time: number, client: string): Promise<HttpResponse> =>
      send(app.url, 'GET', TASKS, from(`198.51.100.${time}, 192.0.2.${time}, ${client}, 100.64.0.${time}`));
    assert.deepEqual(await statuses(4, (time) => forged(time, '203.0.113.7')), [401, 401, 401, 429]);
    assert.equal((await forged(9, '203.0.113.8')).status, 401, 'another client has its own bucket');
  });

  test('is not the rotating address of the edge', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 3, trustProxy: 2 }, context);
    assert.deepEqual(await statuses(4, (time) => send(app.url, 'GET', TASKS, from(`203.0.113.7, 100.64.0.${time}`))), [401, 401, 401, 429]);
    assert.equal((await send(app.url, 'GET', TASKS, from('203.0.113.8, 100.64.0.1'))).status, 401);
  });

  test('is not taken from another header', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 3, trustProxy: 2 }, context);
    const forgedHeaders = ['x-real-ip', 'forwarded', 'x-client-ip', 'true-client-ip'];
    const request = (time: number): Promise<HttpResponse> =>
      send(app.url, 'GET', TASKS, {
        headers: { 'x-forwarded-for': '203.0.113.7, 100.64.0.1', [forgedHeaders[time] ?? '']: `for=198.51.100.${time}` },
      });
    assert.deepEqual(await statuses(4, request), [401, 401, 401, 429]);
  });

  test('of IPv6 counts by its /56, which belongs to one client', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 3, trustProxy: 2 }, context);
    const inOneNetwork = ['2001:db8:0:aa01::1', '2001:db8:0:aaff::2', '2001:db8:0:aa80:ffff::3', '2001:db8:0:aa00::4'];
    assert.deepEqual(await statuses(4, (time) => send(app.url, 'GET', TASKS, from(`${inOneNetwork[time]}, 100.64.0.1`))), [401, 401, 401, 429]);
    assert.equal((await send(app.url, 'GET', TASKS, from('2001:db8:0:ab01::1, 100.64.0.1'))).status, 401);
  });

  test('of IPv4 is the same in either notation, from a proxy or a dual-stack socket', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 3, trustProxy: 2 }, context);
    const spellings = ['203.0.113.9', '::ffff:203.0.113.9', '::FFFF:203.0.113.9', '::ffff:cb00:7109'];
    assert.deepEqual(await statuses(4, (time) => send(app.url, 'GET', TASKS, from(`${spellings[time]}, 100.64.0.1`))), [401, 401, 401, 429]);
  });

  test('has no port: a client cannot get a bucket for each connection', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 3, trustProxy: 2 }, context);
    const spellings = ['203.0.113.9:1111', '203.0.113.9', '[::ffff:203.0.113.9]:443', '203.0.113.9:65535'];
    assert.deepEqual(await statuses(4, (time) => send(app.url, 'GET', TASKS, from(`${spellings[time]}, 100.64.0.1`))), [401, 401, 401, 429]);
    assert.equal((await send(app.url, 'GET', TASKS, from('203.0.113.10:1111, 100.64.0.1'))).status, 401);
    const ofIpv6 = ['[2001:db8::1]:443', '2001:db8::1', '[2001:db8::1]', '[2001:db8::2]:80'];
    assert.deepEqual(await statuses(4, (time) => send(app.url, 'GET', TASKS, from(`${ofIpv6[time]}, 100.64.0.1`))), [401, 401, 401, 429]);
  });

  test('that is invalid is the same for all clients', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 3, trustProxy: 2 }, context);
    const texts = ['unknown', '_hidden', '203.0.113.9.1', '999.1.1.1:80'];
    assert.deepEqual(await statuses(4, (time) => send(app.url, 'GET', TASKS, from(`${texts[time]}, 100.64.0.1`))), [401, 401, 401, 429]);
  });

  test('of a connection to a dual-stack socket has its own bucket', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 3 }, context);
    const server = createServer(createApp(app.context));
    const { servers } = await listenOnAll(server, 0);
    context.after(() => servers.forEach((each) => each.close()));
    const { port } = server.address() as AddressInfo;
    const at = (host: string, localAddress: string): Promise<HttpResponse> =>
      send(`http://${host}:${port}`, 'GET', TASKS, { agent: new Agent({ localAddress }) });
    assert.deepEqual(await statuses(4, () => at('127.0.0.1', '127.0.0.1')), [401, 401, 401, 429]);
    if (process.platform === 'linux') assert.equal((await at('127.0.0.1', '127.0.0.2')).status, 401, 'another address of the loopback network');
  });

  test('of IPv4 written as IPv6 has its own bucket', async (context) => {
    const app = await startApp({ databaseUrl, trustProxy: 2, rateLimitPerMinute: 1 }, context);
    assert.deepEqual(await statuses(3, (time) => send(app.url, 'GET', TASKS, from(`::ffff:203.0.113.${time}, 100.64.0.1`))), [401, 401, 401]);
  });
});

describe('the headers of the limiter', () => {
  test('state the policy and the remaining requests, on successes and rejections', async (context) => {
    const app = await startApp({ databaseUrl, rateLimitPerMinute: 3 }, context);
    const { token } = newUser();
    for (const left of [2, 1, 0]) {
      const { headers } = await send(app.url, left === 1 ? 'DELETE' : 'GET', TASKS, { token });
      assert.match(String(headers['ratelimit-policy']), /^"3-in-1min"; q=3; w=60(;|$)/);
      assert.match(String(headers['ratelimit']), new RegExp(`^"3-in-1min"; r=${left}; t=([1-9]|[1-5]\\d|60)$`));
    }
    const { headers } = await send(app.url, 'GET', TASKS);
    assert.match(String(headers['ratelimit']), /^"3-in-1min"; r=2; /);
  });

  test('are only those of draft 8', async () => {
    const { headers } = await send(unlimited.url, 'GET', TASKS);
    assert.deepEqual(
      Object.keys(headers)
        .filter((name) => /ratelimit/.test(name))
        .toSorted(),
      ['ratelimit', 'ratelimit-policy'],
    );
  });

  test('contain no user and no address', async () => {
    const { id, token } = newUser();
    const { headers } = await send(unlimited.url, 'GET', TASKS, { token });
    assert.ok(!JSON.stringify(headers).includes(id));
  });
});

test('a request over the limit gets 429 with Retry-After, and pages can read it', async (context) => {
  const app = await startApp({ databaseUrl, rateLimitPerMinute: 1 }, context);
  const { token } = newUser();
  await send(app.url, 'POST', TASKS, { token, json: { title: 'first' } });
  const response = await send(app.url, 'POST', TASKS, { token, json: { title: 'second' }, headers: { origin: ORIGIN } });
  assert.deepEqual(problemOf(response), {
    status: 429,
    code: 'too_many_requests',
    title: 'Too Many Requests',
    detail: 'Too many requests: wait for the number of seconds in Retry-After.',
    errors: [],
  });
  const wait = Number(response.headers['retry-after']);
  assert.ok(Number.isInteger(wait) && wait >= 1 && wait <= 60, `Retry-After: ${response.headers['retry-after']}`);
  assert.match(String(response.headers['ratelimit']), /; r=0; /);
  assert.equal(response.headers['access-control-allow-origin'], ORIGIN);
  const exposed = response.headers['access-control-expose-headers']?.split(',') ?? [];
  for (const name of ['RateLimit', 'RateLimit-Policy', 'Retry-After']) assert.ok(exposed.includes(name), `${name} is not exposed`);
  assert.equal((await send(unlimited.url, 'GET', TASKS, { token })).headers['retry-after'], undefined);
  const { body } = await send(unlimited.url, 'GET', TASKS, { token });
  assert.partialDeepStrictEqual(body, { total: 1 }, 'the rejected request wrote nothing');
});
