import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type QueryResultRow } from 'pg';
import { type Proxy, startProxy } from '../../rehearsal/stand-ins/tcp-proxy.ts';
import { type Postgres, startPostgres } from '../../rehearsal/stand-ins/postgres/postgres.ts';
import { queryOnce } from '../../rehearsal/stand-ins/postgres/query.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../rehearsal/process/temporary-directory.ts';
import { eventually } from '../test/eventually.ts';
import { type ServiceProcess, startService } from '../test/processes.ts';
import { type HttpResponse, problemOf, send } from '../test/requests.ts';
import { newUser } from '../test/tokens.ts';
import { migrate } from './migrate.ts';

const TASKS = '/api/v1/tasks';
/** The longest time until a caller learns that the database is unreachable, including retries. */
const PATIENCE_MS = 5_000;
/** The same with a silent network: the deadline of 12 s, and a busy machine. */
const LONG_PATIENCE_MS = 15_000;

let place: TemporaryDirectory;
let postgres: Postgres;
let databaseUrl: string;
let service: ServiceProcess;
let url: string;

before(async () => {
  place = await createTemporaryDirectory();
  postgres = await startPostgres({ directory: path.join(place.directory, 'postgres'), watchdog: place.watchdog });
  await postgres.createDatabase('tasks');
  databaseUrl = postgres.url('tasks');
  await migrate(databaseUrl);
  ({ service, url } = await startOver(databaseUrl));
});
after(async () => {
  service.child.kill('SIGKILL');
  await postgres.close();
  await place.remove();
});
beforeEach(async () => {
  await postgres.start();
  await eventually('the service is healthy', async () => (await send(url, 'GET', '/health')).status === 200);
});

async function startOver(database: string): Promise<{ service: ServiceProcess; url: string }> {
  const service = await startService({ DATABASE_URL: database, DATABASE_POOL_MAX: '4', RATE_LIMIT_PER_MINUTE: '100000' });
  return { service, url: service.url };
}

/** Exempt from the limit of idle sessions that a test sets, which this process may need to send the statement after connecting. */
const query = <Row extends QueryResultRow>(sql: string): Promise<Row[]> =>
  queryOnce<Row>(`${databaseUrl}?options=-c%20idle_session_timeout%3D0`, sql);
const cutAll = (): Promise<unknown> => query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tasks-api'");

/** Opens all four connections of the pool, so that none is fresh. */
async function warmUp(token: string, base = url): Promise<void> {
  await Promise.all(Array.from({ length: 4 }, () => send(base, 'GET', TASKS, { token })));
}

/** Blocks every statement on tasks until it is released. */
async function holdTable(): Promise<{ waiting: () => Promise<boolean>; release: () => Promise<void> }> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query('begin; set local transaction_timeout = 0; lock table tasks in access exclusive mode');
  return {
    waiting: async () => (await query("select 1 from pg_stat_activity where application_name = 'tasks-api' and wait_event_type = 'Lock'")).length > 0,
    release: () => client.end(),
  };
}

async function timed(request: Promise<HttpResponse>, patienceMs = PATIENCE_MS): Promise<HttpResponse> {
  const started = performance.now();
  const response = await request;
  assert.ok(performance.now() - started < patienceMs, `response after ${performance.now() - started} ms`);
  return response;
}

describe('when the database becomes unavailable', () => {
  test('requests and health report it in time, the process lives on, and works again when the database is back', async () => {
    const { token } = newUser();
    const created = await send(url, 'POST', TASKS, { token, json: { title: 'before the outage' } });
    const path = created.headers['location'] ?? '';
    await warmUp(token);
    await postgres.stop();

    const responses = await Promise.all([
      timed(send(url, 'GET', TASKS, { token })),
      timed(send(url, 'GET', path, { token })),
      timed(send(url, 'POST', TASKS, { token, json: { title: 'lost' } })),
      timed(send(url, 'PUT', path, { token, json: { title: 'lost' } })),
      timed(send(url, 'PATCH', `${path}/complete`, { token })),
      timed(send(url, 'DELETE', path, { token })),
    ]);
    for (const response of responses) {
      assert.deepEqual([response.status, problemOf(response).code], [503, 'unavailable']);
      assert.match(response.headers['retry-after'] ?? '', /^[1-9]\d*$/);
      assert.doesNotMatch(response.text, /ECONN|127\.0|terminat|postgres/i);
    }
    const health = await timed(send(url, 'GET', '/health'));
    assert.equal(health.status, 503);
    assert.partialDeepStrictEqual(health.body, { status: 'unhealthy', database: 'disconnected' });
    assert.equal((await send(url, 'GET', '/livez')).status, 200);
    assert.equal((await send(url, 'GET', TASKS)).status, 401, 'requests without the database still work');
    assert.equal(service.child.exitCode, null);

    await postgres.start();
    assert.equal((await timed(send(url, 'GET', '/health'))).status, 200);
    const { body } = await send(url, 'GET', TASKS, { token });
    assert.deepEqual(body, { tasks: [created.body], total: 1, page: 1, per_page: 20 });
    assert.equal((await send(url, 'POST', TASKS, { token, json: { title: 'after the outage' } })).status, 201);
    assert.equal(service.child.exitCode, null);
  });

  test('for a moment only, a request succeeds after a retry', async () => {
    const { token } = newUser();
    await warmUp(token);
    await postgres.stop();
    await eventually('health reports it', async () => (await send(url, 'GET', '/health')).status === 503);
    const [reading, writing] = [send(url, 'GET', TASKS, { token }), send(url, 'POST', TASKS, { token, json: { title: 'patient' } })];
    await postgres.start();
    const statuses = [(await reading).status, (await writing).status];
    assert.deepEqual(statuses, [200, 201]);
    assert.deepEqual(await query("select count(*)::int as times from tasks where title = 'patient'"), [{ times: 1 }]);
  });
});

describe('when every connection is closed, as Neon does when it suspends', () => {
  test('while they are idle, the next requests succeed at once', async () => {
    const { token } = newUser();
    for (let time = 0; time < 3; time += 1) {
      await warmUp(token);
      await cutAll();
      const responses = await Promise.all([
        timed(send(url, 'GET', TASKS, { token })),
        timed(send(url, 'GET', TASKS, { token })),
        timed(send(url, 'GET', '/health')),
      ]);
      assert.deepEqual(
        responses.map(({ status }) => status),
        [200, 200, 200],
      );
    }
    assert.equal(service.child.exitCode, null);
  });

  test('in the middle of a read, the read is retried', async () => {
    const { token } = newUser();
    await warmUp(token);
    const table = await holdTable();
    const reading = send(url, 'GET', TASKS, { token });
    await eventually('the read waits', table.waiting);
    await cutAll();
    await table.release();
    assert.equal((await reading).status, 200);
  });

  test('in the middle of a write, the write is not retried', async () => {
    const { token } = newUser();
    await warmUp(token);
    const table = await holdTable();
    const writing = send(url, 'POST', TASKS, { token, json: { title: 'perhaps' } });
    await eventually('the write waits', table.waiting);
    await cutAll();
    const response = await timed(writing);
    await table.release();
    assert.deepEqual([response.status, problemOf(response).code], [503, 'unavailable']);
    assert.deepEqual((await send(url, 'GET', TASKS, { token })).body, { tasks: [], total: 0, page: 1, per_page: 20 });
  });
});

/** Sets an option for every session opened from now on, until the test ends. */
async function setForSessions(context: TestContext, setting: string, value: string, afterwards = 'default'): Promise<void> {
  const set = async (to: string): Promise<void> => {
    await query(`alter role tasks_owner in database tasks set ${setting} to ${to}`);
    await cutAll();
  };
  context.after(() => set(afterwards));
  await set(`'${value}'`);
}

describe('when the database ends sessions by its own time limits', () => {
  test('for idle sessions, every read succeeds, even one whose session ends at that moment', async (context) => {
    const { token } = newUser();
    await setForSessions(context, 'idle_session_timeout', '50ms');
    const ends = Date.now() + 4_000;
    for (let count = 0; Date.now() < ends; count += 1) {
      const statuses = (await Promise.all([0, 1, 2].map(() => send(url, 'GET', TASKS, { token })))).map(({ status }) => status);
      assert.deepEqual(statuses, [200, 200, 200]);
      assert.equal((await send(url, 'GET', '/health')).status, 200);
      // About as long as the limit, so that some requests are sent at that moment.
      await sleep(44 + (count % 12));
    }
    assert.match(service.output(), /terminating connection due to idle-session timeout/);
    assert.equal(service.child.exitCode, null);
  });

  test('for long transactions, a read is retried and a write is not', async (context) => {
    const { token } = newUser();
    await setForSessions(context, 'transaction_timeout', '300ms');
    await warmUp(token);
    const table = await holdTable();
    const reading = send(url, 'GET', TASKS, { token });
    const writing = send(url, 'POST', TASKS, { token, json: { title: 'too long' } });
    await sleep(500);
    await table.release();
    assert.equal((await reading).status, 200);
    assert.deepEqual([(await writing).status, problemOf(await writing).code], [503, 'unavailable']);
    assert.match(service.output(), /terminating connection due to transaction timeout/);
  });
});

test('when a column changes its type, reads and writes continue to work over open connections', async (context) => {
  const { token } = newUser();
  const created = await send(url, 'POST', '/api/v1/tags', { token, json: { name: 'home' } });
  const path = created.headers['location'] ?? '';
  const readAll = async (): Promise<number[]> => {
    const requests = Array.from({ length: 8 }, (_, index) => send(url, 'GET', index % 2 === 0 ? path : '/api/v1/tags/autocomplete?q=ho', { token }));
    return (await Promise.all(requests)).map(({ status }) => status);
  };
  const change = (type: string): Promise<unknown> => query(`alter table tags alter column name type ${type} collate "C"`);
  context.after(() => change('text'));
  const all200 = Array.from({ length: 8 }, () => 200);
  const pids = (): Promise<unknown[]> => query("select pid from pg_stat_activity where application_name = 'tasks-api' order by pid");

  for (const type of ['varchar(50)', 'text', 'varchar(60)']) {
    assert.deepEqual([await readAll(), await readAll()], [all200, all200]);
    const before = await pids();
    await change(type);
    assert.deepEqual([await readAll(), await readAll()], [all200, all200], `after the change to ${type}`);
    assert.equal((await send(url, 'POST', '/api/v1/tags', { token, json: { name: `as ${type}` } })).status, 201);
    assert.deepEqual(await pids(), before, 'no connection was replaced');
  }
  assert.deepEqual((await send(url, 'GET', path, { token })).body, created.body);
});

describe('when the network becomes silent', () => {
  let proxy: Proxy;
  let far: ServiceProcess;
  let farUrl: string;
  before(async () => {
    const target = new URL(databaseUrl);
    proxy = await startProxy(Number(target.port));
    target.port = String(proxy.port);
    ({ service: far, url: farUrl } = await startOver(target.href));
  });
  after(async () => {
    far.child.kill('SIGKILL');
    await proxy.close();
  });

  test('every request gets a response at its deadline, and the first ones after the outage succeed', async () => {
    const { token } = newUser();
    await warmUp(token, farUrl);
    proxy.pause();
    // More than clients, so that some wait on a dead connection, some on a new one, and some in the queue.
    const requests = Array.from({ length: 4 }, (_, index) => [
      timed(send(farUrl, 'GET', TASKS, { token }), LONG_PATIENCE_MS),
      timed(send(farUrl, 'POST', TASKS, { token, json: { title: 'x', tag_ids: [1] } }), LONG_PATIENCE_MS),
      timed(send(farUrl, 'POST', TASKS, { token, json: { title: 'x' }, headers: { 'Idempotency-Key': `key-${index}` } }), LONG_PATIENCE_MS),
    ]).flat();
    // The state of the moment before.
    await sleep(250);
    const health = await timed(send(farUrl, 'GET', '/health'), 8_000);
    assert.deepEqual([health.status, (await send(farUrl, 'GET', '/livez')).status], [503, 200]);
    for (const response of await Promise.all(requests)) {
      assert.deepEqual([response.status, problemOf(response).code], [503, 'unavailable']);
      assert.match(response.headers['retry-after'] ?? '', /^[1-9]\d*$/);
    }

    proxy.reset();
    const responses = await Promise.all([send(farUrl, 'GET', '/health'), send(farUrl, 'GET', TASKS, { token })]);
    assert.deepEqual(
      responses.map(({ status }) => status),
      [200, 200],
    );
    assert.equal(far.child.exitCode, null);
  });
});

describe('when the database is too slow', () => {
  test('its own time limits end the statement, and the caller gets a 503 with Retry-After', async (context) => {
    await setForSessions(context, 'lock_timeout', '200ms', "'4s'");
    const { token } = newUser();
    const table = await holdTable();
    const responses = await Promise.all([
      timed(send(url, 'GET', TASKS, { token })),
      timed(send(url, 'POST', TASKS, { token, json: { title: 'x' } })),
    ]);
    await table.release();
    for (const response of responses) {
      assert.equal(problemOf(response).status, 503);
      assert.match(response.headers['retry-after'] ?? '', /^[1-9]\d*$/);
    }
    assert.equal((await send(url, 'GET', TASKS, { token })).status, 200);
  });
});
