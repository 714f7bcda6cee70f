import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { migrate } from '../db/migrate.ts';
import { type RunningApp, startApp } from '../test/app.ts';
import { createEmptyDatabase, createTestDatabase } from '../test/databases.ts';
import { problemOf, send } from '../test/requests.ts';
import { mintToken } from '../test/tokens.ts';
import { healthReport } from './health.ts';

let app: RunningApp;
let databaseUrl: string;
before(async () => {
  databaseUrl = (await createTestDatabase()).url;
  app = await startApp({ databaseUrl });
});
after(() => app.close());

// Concurrent: one of them waits for a deadline.
describe('GET /health', { concurrency: true }, () => {
  test('reports a reachable database, the environment and the time', async () => {
    const { status, headers, body } = await send(app.url, 'GET', '/health');
    const { timestamp, ...report } = healthReport.parse(body);
    assert.deepEqual([status, report], [200, { status: 'ok', database: 'connected', environment: 'test', commit: null }]);
    assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 5_000);
    assert.match(headers['content-type'] ?? '', /^application\/json/);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['retry-after'], undefined);
  });

  test('reports the configured environment', async (context) => {
    const other = await startApp({ databaseUrl, environment: 'production' }, context);
    assert.equal(healthReport.parse((await send(other.url, 'GET', '/health')).body).environment, 'production');
  });

  test('reports the deployed commit, healthy or not', async (context) => {
    const commit = '0123456789abcdef0123456789abcdef01234567';
    for (const [url, status] of [
      [databaseUrl, 200],
      ['postgresql://127.0.0.1:1/none', 503],
    ] as const) {
      const other = await startApp({ databaseUrl: url, commit }, context);
      const response = await send(other.url, 'GET', '/health');
      assert.deepEqual([response.status, healthReport.parse(response.body).commit], [status, commit]);
    }
  });

  test('needs no authentication, and does not count requests', async (context) => {
    const limited = await startApp({ databaseUrl, rateLimitPerMinute: 1 }, context);
    for (const path of ['/health', '/livez']) {
      for (const token of ['bad', mintToken({ sub: 'ada' }), mintToken({ sub: 'ada' })]) {
        const { status, headers } = await send(limited.url, 'GET', path, { token });
        assert.deepEqual([status, headers['ratelimit'], headers['ratelimit-policy']], [200, undefined, undefined]);
      }
    }
    assert.equal((await send(limited.url, 'GET', '/api/v1/tasks', { token: mintToken({ sub: 'ada' }) })).status, 200);
  });

  test("is unhealthy, without the reason, while nothing listens at the database's address", async (context) => {
    const other = await startApp({ databaseUrl: 'postgresql://canary:canary@127.0.0.1:1/canary' }, context);
    const { status, headers, body, text } = await send(other.url, 'GET', '/health');
    const { timestamp: _, ...report } = healthReport.parse(body);
    assert.deepEqual([status, report], [503, { status: 'unhealthy', database: 'disconnected', environment: 'test', commit: null }]);
    assert.match(headers['retry-after'] ?? '', /^\d+$/);
    assert.equal(headers['cache-control'], 'no-store');
    assert.doesNotMatch(text, /canary|ECONN|127\.0/);
    assert.equal((await send(other.url, 'GET', '/livez')).status, 200);
  });

  test('is unhealthy, though connected, until every migration of this release is applied; unknown ones do not matter', async (context) => {
    const database = await createEmptyDatabase();
    const other = await startApp({ databaseUrl: database.url }, context);
    const reported = async (): Promise<unknown[]> => {
      const { status, body } = await send(other.url, 'GET', '/health');
      const report = healthReport.parse(body);
      return [status, report.status, report.database];
    };
    assert.deepEqual(await reported(), [503, 'unhealthy', 'connected']);
    await migrate(database.url);
    assert.deepEqual(await reported(), [200, 'ok', 'connected']);
    await database.query("insert into kysely_migration (name, timestamp) values ('9999_of_a_later_release', 'now')");
    assert.deepEqual(await reported(), [200, 'ok', 'connected']);
    await database.query("delete from kysely_migration where name = '0002_time_limits'");
    await sleep(250);
    assert.deepEqual(await reported(), [503, 'unhealthy', 'connected']);
  });

  test('gives up on a database that accepts connections and sends nothing after about 5 s, while livez responds', async (context) => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket.on('error', () => {}))).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    assert.ok(address !== null && typeof address === 'object');
    const other = await startApp({ databaseUrl: `postgresql://127.0.0.1:${address.port}/tasks` });
    context.after(async () => {
      silent.close();
      for (const socket of sockets) socket.destroy();
      await other.close();
    });
    const started = performance.now();
    const responses = Promise.all([1, 2, 3].map(() => send(other.url, 'GET', '/health')));
    const first = await Promise.race([responses.then(() => 'health'), send(other.url, 'GET', '/livez')]);
    assert.ok(typeof first === 'object' && first.status === 200, 'livez does not wait for the database');
    for (const { status, body } of await responses) assert.deepEqual([status, healthReport.parse(body).database], [503, 'disconnected']);
    const took = performance.now() - started;
    assert.ok(took > 4_000 && took < 9_000, `took ${took} ms`);
    assert.equal(sockets.size, 1, 'concurrent requests share one probe');
  });

  test('is 503, and closes its connection, while the process stops, though the database is reachable', async (context) => {
    const stopping = await startApp({ databaseUrl }, context);
    stopping.context.lifecycle.draining = true;
    const { status, headers, body } = await send(stopping.url, 'GET', '/health');
    const { timestamp: _, ...report } = healthReport.parse(body);
    assert.deepEqual([status, report], [503, { status: 'unhealthy', database: 'connected', environment: 'test', commit: null }]);
    assert.deepEqual([headers['connection'], headers['retry-after']], ['close', '2']);
    assert.equal((await send(stopping.url, 'GET', '/livez')).status, 200);
  });
});

describe('GET /livez', () => {
  test('reports that the process is running, without a query', async (context) => {
    const database = await createTestDatabase();
    const other = await startApp({ databaseUrl: database.url }, context);
    const connections = (): Promise<unknown[]> =>
      database.query("select 1 from pg_stat_activity where datname = current_database() and application_name = 'tasks-api'");
    const { status, headers, body } = await send(other.url, 'GET', '/livez');
    assert.deepEqual([status, body, headers['cache-control']], [200, { status: 'ok' }, 'no-store']);
    assert.equal((await connections()).length, 0);
    assert.equal((await send(other.url, 'GET', '/health')).status, 200);
    assert.equal((await connections()).length, 1, 'the same query finds the connection that /health opens');
  });
});

describe('health and liveness', () => {
  test('support only GET and HEAD', async () => {
    for (const path of ['/health', '/livez']) {
      assert.equal((await send(app.url, 'HEAD', path)).status, 200);
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
        const response = await send(app.url, method, path, { json: {} });
        assert.deepEqual([problemOf(response).code, response.headers['allow']], ['method_not_allowed', 'GET, HEAD']);
      }
    }
  });
});
