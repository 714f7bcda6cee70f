import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { lackOfPgBouncer, type PgBouncer, startPgBouncer } from '../../rehearsal/stand-ins/postgres/pgbouncer.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../rehearsal/process/temporary-directory.ts';
import { DatabaseUnavailableError } from './failures.ts';
import { tag as tagSchema, tagPage, tagSuggestions } from '../tags/schema.ts';
import { task as taskSchema, taskPage } from '../tasks/schema.ts';
import { type RunningApp, startApp } from '../test/app.ts';
import { queryOnce } from '../../rehearsal/stand-ins/postgres/query.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../test/databases.ts';
import { startProcess } from '../test/processes.ts';
import { type HttpResponse, send } from '../test/requests.ts';
import { newUser } from '../test/tokens.ts';

const TASKS = '/api/v1/tasks';
const TAGS = '/api/v1/tags';

describe('through a transaction pooler', { skip: lackOfPgBouncer() }, () => {
  let place: TemporaryDirectory;
  let database: TestDatabase;
  let pooler: PgBouncer;
  let app: RunningApp;
  before(async () => {
    place = await createTemporaryDirectory();
    database = await createTestDatabase();
    // Fewer connections than the app has clients, so that they are shared constantly.
    const settings = { default_pool_size: '5' };
    pooler = await startPgBouncer({ directory: path.join(place.directory, 'pgbouncer'), watchdog: place.watchdog, target: database.url, settings });
    app = await startApp({ databaseUrl: pooler.url(), databasePoolMax: 20 });
  });
  after(async () => {
    await app.close();
    await pooler.close();
    await place.remove();
  });

  describe('a hundred users at once', () => {
    const called = new Set<string>();

    /** Every operation of the API, whose results must contain only this user's objects. */
    async function live(index: number): Promise<void> {
      const { id: me, token } = newUser();
      async function call(
        operation: string,
        expected: number,
        { id, query = '', ...sending }: { id?: number; query?: string; json?: unknown; headers?: Record<string, string> } = {},
      ): Promise<HttpResponse> {
        called.add(operation);
        const [method = '', template = ''] = operation.split(' ');
        const response = await send(app.url, method, `${template.replace('{id}', String(id))}${query}`, { token, ...sending });
        assert.equal(response.status, expected, `${operation}: ${response.text}`);
        return response;
      }

      const tag = tagSchema.parse((await call(`POST ${TAGS}`, 201, { json: { name: `tag of ${me}` } })).body);
      const keyed = { json: { title: `keyed ${me}`, tag_ids: [tag.id] }, headers: { 'Idempotency-Key': 'the-same-for-all' } };
      const [once, again] = await Promise.all([call(`POST ${TASKS}`, 201, keyed), call(`POST ${TASKS}`, 201, keyed)]);
      assert.deepEqual(again.body, once.body);
      const task = taskSchema.parse(once.body);
      const other = taskSchema.parse((await call(`POST ${TASKS}`, 201, { json: { title: `other ${me}`, priority: 'high' } })).body);
      await call(`PUT ${TASKS}/{id}`, 200, { id: task.id, json: { description: me, tag_ids: [tag.id] } });
      await call(`PATCH ${TASKS}/{id}/complete`, 200, { id: task.id });

      const read = taskSchema.parse((await call(`GET ${TASKS}/{id}`, 200, { id: task.id })).body);
      assert.deepEqual([read.user_id, read.title, read.description, read.completed, read.tags], [me, `keyed ${me}`, me, true, [tag]]);
      const page = taskPage.parse((await call(`GET ${TASKS}`, 200, { query: '?sort_by=title&sort_order=asc' })).body);
      assert.deepEqual([page.total, page.tasks.map(({ id }) => id)], [2, [task.id, other.id]]);
      assert.deepEqual(taskPage.parse((await call(`GET ${TASKS}`, 200, { query: `?tag_ids=${tag.id}` })).body).tasks, [read]);
      assert.deepEqual(tagPage.parse((await call(`GET ${TAGS}`, 200)).body).tags, [tag]);
      assert.deepEqual(tagSuggestions.parse((await call(`GET ${TAGS}/autocomplete`, 200, { query: '?q=tag' })).body).tags, [tag]);
      assert.deepEqual((await call(`GET ${TAGS}/{id}`, 200, { id: tag.id })).body, tag);
      if (index % 10 === 0) await call('GET /health', 200);

      // Half of them delete nothing, so that other users' objects exist.
      if (index % 2 === 0) return;
      await call(`DELETE ${TAGS}/{id}`, 204, { id: tag.id });
      await call(`DELETE ${TASKS}/{id}`, 204, { id: task.id });
      await call(`GET ${TASKS}/{id}`, 404, { id: task.id });
      assert.equal(taskPage.parse((await call(`GET ${TASKS}`, 200)).body).total, 1);
    }

    test('each see their own, and everything works', async () => {
      await Promise.all(Array.from({ length: 100 }, (_, index) => live(index)));
      assert.deepEqual(await database.query('select count(*)::int as tasks, count(distinct user_id)::int as users from tasks'), [
        { tasks: 150, users: 100 },
      ]);
      const shared = await database.query<{ count: number }>(
        "select count(*)::int from pg_stat_activity where datname = current_database() and application_name = 'tasks-api'",
      );
      assert.ok((shared[0]?.count ?? 0) <= 5, 'they shared five connections');
    });

    test('have used every operation of the contract', () => {
      const { paths }: { paths: Record<string, Record<string, unknown>> } = JSON.parse(
        readFileSync(new URL('../../contract/openapi.json', import.meta.url), 'utf8'),
      );
      const operations = Object.entries(paths).flatMap(([path, item]) =>
        ['get', 'post', 'put', 'patch', 'delete'].filter((method) => method in item).map((method) => `${method.toUpperCase()} ${path}`),
      );
      assert.deepEqual(
        operations.filter((operation) => !called.has(operation)),
        ['GET /livez'],
      );
    });
  });

  test('the time limits of the role are effective', async () => {
    const limits = { statement_timeout: '8s', lock_timeout: '4s', idle_in_transaction_session_timeout: '10s' };
    for (const [name, value] of Object.entries(limits)) assert.deepEqual(await queryOnce(pooler.url(), `show ${name}`), [{ [name]: value }]);
  });

  test("a statement that takes too long is ended by the database before the service's timeout", async () => {
    const began = performance.now();
    const error = await app.context.database.read((db) => sql`select pg_sleep(30)`.execute(db)).catch((problem: unknown) => problem);
    const took = performance.now() - began;
    assert.ok(error instanceof DatabaseUnavailableError);
    assert.equal(error.failure, 'overloaded');
    assert.ok(error.cause instanceof Error);
    assert.deepEqual(['code' in error.cause && error.cause.code, error.cause.message], ['57014', 'canceling statement due to statement timeout']);
    assert.ok(took > 7_500 && took < 12_000, `${took} ms`);
  });

  test('migrations are rejected, although its host name does not contain -pooler', async () => {
    const { query, url } = await createEmptyDatabase();
    const { code, output } = await startProcess('service/db/migrate.ts', { DATABASE_URL_UNPOOLED: pooler.url(new URL(url).pathname.slice(1)) }).ended;
    assert.equal(code, 1);
    assert.match(output, /leads to a transaction pooler.*Set DATABASE_URL_UNPOOLED to the direct URL/);
    assert.deepEqual(await query("select count(*)::int from pg_class where relname = 'kysely_migration'"), [{ count: 0 }]);
  });
});
