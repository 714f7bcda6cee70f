import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { lackOfPgBouncer, type PgBouncer, startPgBouncer } from '../../rehearsal/stand-ins/postgres/pgbouncer.ts';
import { type Postgres, startPostgres } from '../../rehearsal/stand-ins/postgres/postgres.ts';
import { queryOnce } from '../../rehearsal/stand-ins/postgres/query.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../rehearsal/process/temporary-directory.ts';
import { eventually } from '../test/eventually.ts';
import { type ServiceProcess, startService } from '../test/processes.ts';
import { type HttpResponse, problemOf, send } from '../test/requests.ts';
import { newUser } from '../test/tokens.ts';
import { migrate } from './migrate.ts';

const TASKS = '/api/v1/tasks';
/** The longest time until a caller gets a 503: the deadline of 12 s, and a busy machine. */
const PATIENCE_MS = 15_000;

describe('behind a transaction pooler, when', { skip: lackOfPgBouncer() }, () => {
  let place: TemporaryDirectory;
  let postgres: Postgres;
  let pooler: PgBouncer;
  let service: ServiceProcess;
  let url: string;
  before(async () => {
    place = await createTemporaryDirectory();
    postgres = await startPostgres({ directory: path.join(place.directory, 'postgres'), watchdog: place.watchdog });
    await postgres.createDatabase('tasks');
    await migrate(postgres.url('tasks'));
    // By default it waits 15 s before it connects to a failed server again, which only makes the tests longer.
    const settings = { server_login_retry: '2' };
    pooler = await startPgBouncer({
      directory: path.join(place.directory, 'pgbouncer'),
      watchdog: place.watchdog,
      target: postgres.url('tasks'),
      settings,
    });
    const started = await startService({ DATABASE_URL: pooler.url(), DATABASE_POOL_MAX: '4' });
    service = started;
    ({ url } = started);
  });
  after(async () => {
    service.child.kill('SIGKILL');
    await pooler.close();
    await postgres.close();
    await place.remove();
  });
  beforeEach(async () => {
    await postgres.start();
    await pooler.start();
    await eventually('the service is healthy', async () => (await send(url, 'GET', '/health')).status === 200);
  });

  async function assertUnavailable(request: Promise<HttpResponse>): Promise<void> {
    const began = performance.now();
    const response = await request;
    const took = performance.now() - began;
    assert.deepEqual([response.status, problemOf(response).code], [503, 'unavailable']);
    assert.match(response.headers['retry-after'] ?? '', /^[1-9]\d*$/);
    assert.doesNotMatch(response.text, /pgbouncer|login|crashed|terminat/i);
    assert.ok(took < PATIENCE_MS, `response after ${took} ms`);
  }

  async function assertUnavailableAll(token: string): Promise<void> {
    await Promise.all([
      assertUnavailable(send(url, 'GET', TASKS, { token })),
      assertUnavailable(send(url, 'POST', TASKS, { token, json: { title: 'lost' } })),
      assertUnavailable(send(url, 'POST', TASKS, { token, json: { title: 'lost' }, headers: { 'Idempotency-Key': 'any' } })),
    ]);
    const health = await send(url, 'GET', '/health');
    assert.equal(health.status, 503);
    assert.partialDeepStrictEqual(health.body, { status: 'unhealthy', database: 'disconnected' });
    assert.equal((await send(url, 'GET', '/livez')).status, 200);
    assert.equal(service.child.exitCode, null);
  }

  async function assertWorks(token: string): Promise<void> {
    await eventually('the service is healthy', async () => (await send(url, 'GET', '/health')).status === 200);
    const created = await send(url, 'POST', TASKS, { token, json: { title: 'after' } });
    assert.equal(created.status, 201);
    assert.deepEqual((await send(url, 'GET', TASKS, { token })).body, { tasks: [created.body], total: 1, page: 1, per_page: 20 });
  }

  test('the pooler ends, callers get a 503 in time, and requests work again when it is back', async () => {
    const { token } = newUser();
    await Promise.all(Array.from({ length: 4 }, () => send(url, 'GET', TASKS, { token })));
    await pooler.kill();
    await assertUnavailableAll(token);
    await pooler.start();
    await assertWorks(token);
  });

  test('the database becomes unavailable, callers get a 503 in time, and requests work again when it is back', async () => {
    const { token } = newUser();
    await Promise.all(Array.from({ length: 4 }, () => send(url, 'GET', TASKS, { token })));
    await postgres.stop();
    await assertUnavailableAll(token);
    await postgres.start();
    await assertWorks(token);
  });

  test('a new pooler has never reached the database, callers get a 503 in time', async () => {
    const { token } = newUser();
    await postgres.stop();
    await pooler.kill();
    await pooler.start();
    await assertUnavailableAll(token);
    await postgres.start();
    await assertWorks(token);
  });

  test('its connection breaks during a query, a read is retried and a write is not', async () => {
    const { token } = newUser();
    const direct = postgres.url('tasks');
    const holder = queryOnce(direct, 'begin; lock table tasks in access exclusive mode; select pg_sleep(1)');
    await eventually(
      'the table is held',
      async () =>
        (await queryOnce(direct, "select 1 from pg_locks where mode = 'AccessExclusiveLock' and relation = 'tasks'::regclass and granted")).length >
        0,
    );
    const reading = send(url, 'GET', TASKS, { token });
    const writing = send(url, 'POST', TASKS, { token, json: { title: 'perhaps' } });
    const waiting = "from pg_stat_activity where application_name = 'tasks-api' and wait_event_type = 'Lock'";
    await eventually('both wait', async () => (await queryOnce(direct, `select 1 ${waiting}`)).length >= 2);
    await queryOnce(direct, `select pg_terminate_backend(pid) ${waiting}`);
    await assertUnavailable(writing);
    assert.equal((await reading).status, 200);
    await holder;
    assert.deepEqual((await send(url, 'GET', TASKS, { token })).body, { tasks: [], total: 0, page: 1, per_page: 20 });
  });
});
