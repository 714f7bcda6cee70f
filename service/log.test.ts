import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { findFreePort } from '../rehearsal/free-port.ts';
import {
  type Answer,
  betterAuthSecret,
  createTestDatabase,
  eventually,
  jwtSecret,
  mintToken,
  newUser,
  ORIGIN,
  send,
  startProcess,
} from './testing.ts';

const TASKS = '/api/v1/tasks';

type Line = Record<string, unknown>;

describe('the log of the process', { concurrency: true }, () => {
  test('has one JSON line a request, and neither credentials nor what users wrote', async (context) => {
    const database = await createTestDatabase();
    await database.query("alter table tasks add constraint planted check (title not like 'planted fault%')");
    const canary = `canary${randomBytes(8).toString('hex')}`;
    const port = await findFreePort();
    const service = startProcess('service/server.ts', {
      NODE_ENV: 'test',
      PORT: String(port),
      DATABASE_URL: database.url,
      JWT_SECRET: jwtSecret,
      BETTER_AUTH_SECRET: betterAuthSecret,
      CORS_ORIGINS: ORIGIN,
      LOG_LEVEL: 'trace',
    });
    context.after(() => void service.child.kill('SIGKILL'));
    await eventually('the process listens', () => service.output().includes('"listening"'));

    const url = `http://127.0.0.1:${port}`;
    const { id, token } = newUser();
    const expired = mintToken({ sub: canary, exp: 1 });
    const headers = { cookie: `session=${canary}`, 'x-api-key': canary, 'user-agent': canary, referer: `https://${canary}.test/` };
    const answers: [Answer, string | null][] = [
      [await send(url, 'POST', TASKS, { token, json: { title: canary, description: canary }, headers }), TASKS],
      [await send(url, 'GET', `${TASKS}?search=${canary}&token=${canary}`, { token, headers }), TASKS],
      [await send(url, 'GET', `${TASKS}/2147483647`, { token, headers }), `${TASKS}/:id`],
      [await send(url, 'PATCH', `${TASKS}/2147483647/complete`, { token }), `${TASKS}/:id/complete`],
      [await send(url, 'GET', `${TASKS}/${canary}`, { token, headers }), `${TASKS}/:id`],
      [await send(url, 'POST', TASKS, { token, body: `{"title":"${canary}`, headers: { ...headers, 'content-type': 'application/json' } }), null],
      [await send(url, 'POST', TASKS, { token, json: { title: `planted fault ${canary}` }, headers }), TASKS],
      [await send(url, 'GET', TASKS, { token: expired, headers }), null],
      [await send(url, 'GET', `/${canary}?${canary}=${canary}`, { headers }), null],
      [await send(url, 'GET', '/health', { headers: { ...headers, origin: `https://${canary}.test` } }), null],
      [await send(url, 'GET', '/health', { headers }), '/health'],
    ];
    assert.deepEqual(
      answers.map(([{ status }]) => status),
      [201, 200, 404, 404, 422, 400, 500, 401, 404, 403, 200],
    );
    service.child.kill('SIGTERM');
    const { code, output } = await service.ended;
    assert.equal(code, 0);

    const lines = output
      .trimEnd()
      .split('\n')
      .map((line): Line => JSON.parse(line));
    const requests = lines.filter(({ msg }) => msg === 'request');
    assert.deepEqual(
      requests.map(({ request_id, status }) => [request_id, status]),
      answers.map(([answer]) => [answer.headers['x-request-id'], answer.status]),
    );
    assert.deepEqual(
      requests.map(({ route }) => route),
      answers.map(([, route]) => route),
    );
    assert.deepEqual(
      requests.map(({ method }) => method),
      ['POST', 'GET', 'GET', 'PATCH', 'GET', 'POST', 'POST', 'GET', 'GET', 'GET', 'GET'],
    );
    assert.deepEqual([...new Set(requests.slice(0, 7).map(({ user_id }) => user_id))], [id]);
    for (const line of requests) assert.ok(typeof line['ms'] === 'number' && typeof line['time'] === 'string' && line['level'] === 'info');
    const fault = lines.find(({ msg }) => msg === 'unexpected error');
    assert.equal(fault?.['request_id'], answers[6]?.[0].headers['x-request-id'], 'a 500 can be found by its request id');

    const password = decodeURIComponent(new URL(database.url).password);
    const secrets = {
      canary,
      token,
      signature: token.split('.')[2] ?? '',
      expired,
      jwtSecret,
      betterAuthSecret,
      password,
      databaseUrl: database.url,
    };
    for (const [what, secret] of Object.entries(secrets)) {
      assert.ok(secret.length > 10);
      const line = output.split('\n').find((text) => text.includes(secret));
      assert.equal(line, undefined, `the log has ${what}`);
    }
  });

  test('tells of a database out of reach without its URL', async (context) => {
    const password = randomBytes(12).toString('hex');
    const port = await findFreePort();
    const service = startProcess('service/server.ts', {
      NODE_ENV: 'test',
      PORT: String(port),
      DATABASE_URL: `postgresql://user${password}:${password}@127.0.0.1:1/db${password}`,
      JWT_SECRET: jwtSecret,
      BETTER_AUTH_SECRET: betterAuthSecret,
      LOG_LEVEL: 'trace',
    });
    context.after(() => void service.child.kill('SIGKILL'));
    await eventually('the process listens', () => service.output().includes('"listening"'));
    const url = `http://127.0.0.1:${port}`;
    assert.equal((await send(url, 'GET', '/health')).status, 503);
    assert.equal((await send(url, 'GET', TASKS, { token: newUser().token })).status, 503);
    service.child.kill('SIGTERM');
    const { output } = await service.ended;
    assert.match(output, /"msg":"database probe failed"/);
    assert.match(output, /"msg":"database unavailable"/);
    assert.ok(!output.includes(password), output);
  });
});
