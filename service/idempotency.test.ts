import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RunningApp, startApp } from './test/app.ts';
import { createTestDatabase, type TestDatabase } from './test/databases.ts';
import { comparable, type HttpResponse, problemOf, send } from './test/requests.ts';
import { newUser } from './test/tokens.ts';

const TASKS = '/api/v1/tasks';
const TAGS = '/api/v1/tags';

let app: RunningApp;
let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
  app = await startApp({ databaseUrl: database.url });
});
after(() => app.close());

const create = (token: string, key: string | string[], json: unknown = { title: 'once' }, path = TASKS): Promise<HttpResponse> =>
  send(app.url, 'POST', path, { token, json, headers: { 'idempotency-key': key } });

async function countOf(userId: string): Promise<number> {
  const [row] = await database.query<{ count: number }>('select count(*)::int as count from tasks where user_id = $1', [userId]);
  return row?.count ?? 0;
}

describe('a creation with an Idempotency-Key', () => {
  test('happens once, and retries get the same response', async () => {
    const { id, token } = newUser();
    const key = randomUUID();
    const first = await create(token, key);
    assert.equal(first.status, 201, first.text);
    const second = await create(token, key);
    assert.deepEqual(comparable(second), comparable(first));
    assert.equal(await countOf(id), 1);
  });

  test('gets the same response after the object was changed and deleted', async () => {
    const { token } = newUser();
    const key = randomUUID();
    const first = await create(token, key);
    const path = String(first.headers['location']);
    assert.equal((await send(app.url, 'PUT', path, { token, json: { title: 'changed' } })).status, 200);
    assert.equal((await send(app.url, 'DELETE', path, { token })).status, 204);
    assert.deepEqual((await create(token, key)).body, first.body);
    assert.equal((await send(app.url, 'GET', path, { token })).status, 404);
  });

  test('happens once for twenty concurrent requests', async () => {
    const { id, token } = newUser();
    const key = randomUUID();
    const responses = await Promise.all(Array.from({ length: 20 }, () => create(token, key)));
    assert.equal(new Set(responses.map(({ status, text }) => `${status} ${text}`)).size, 1, responses.map(({ text }) => text).join('\n'));
    assert.equal(responses[0]?.status, 201);
    assert.equal(await countOf(id), 1);
  });

  test('treats equal values in another spelling as the same request', async () => {
    const { id, token } = newUser();
    const key = randomUUID();
    const first = await create(token, key, { title: ' once ', priority: 'medium' });
    assert.deepEqual((await create(token, `"${key}"`, { priority: 'medium', title: 'once' })).body, first.body);
    assert.equal(await countOf(id), 1);
  });

  test('rejects the key with other values, or for another kind of object', async () => {
    const { id, token } = newUser();
    const key = randomUUID();
    await create(token, key);
    for (const response of [await create(token, key, { title: 'twice' }), await create(token, key, { name: 'once' }, TAGS)]) {
      const problem = problemOf(response);
      assert.deepEqual([problem.status, problem.code], [422, 'idempotency_key_reused']);
    }
    assert.equal(await countOf(id), 1);
    assert.deepEqual((await send(app.url, 'GET', TAGS, { token })).body, { tags: [], total: 0, page: 1, per_page: 20 });
  });

  test("is independent of another user's key", async () => {
    const [ada, bob] = [newUser(), newUser()];
    const key = randomUUID();
    const [hers, his] = [await create(ada.token, key, { title: 'hers' }), await create(bob.token, key, { title: 'his' })];
    assert.deepEqual([hers.status, his.status], [201, 201]);
    assert.deepEqual([await countOf(ada.id), await countOf(bob.id)], [1, 1]);
  });

  test('stores no failure: the key stays unused until an object was created', async () => {
    const { id, token } = newUser();
    const key = randomUUID();
    assert.equal((await create(token, key, { title: '' })).status, 422);
    assert.equal((await create(token, key, { title: 'x', tag_ids: [1] })).status, 422);
    assert.equal((await create(token, key)).status, 201);
    assert.equal(await countOf(id), 1);
  });

  test('works for tags, where a duplicate is rejected without the key and repeated with it', async () => {
    const { token } = newUser();
    const key = randomUUID();
    const first = await create(token, key, { name: 'home' }, TAGS);
    assert.deepEqual((await create(token, key, { name: 'Home' }, TAGS)).body, first.body);
    assert.equal((await create(token, randomUUID(), { name: 'home' }, TAGS)).status, 409);
  });

  test('must have a key of visible characters', async () => {
    const { id, token } = newUser();
    for (const key of ['', ' ', '""', 'a b', '"a"b', 'x'.repeat(256), ['a', 'b'], '"', 'caf\u00e9']) {
      const { status, errors } = problemOf(await create(token, key));
      assert.deepEqual([status, errors], [422, ['header /Idempotency-Key']], JSON.stringify(key));
    }
    assert.equal(await countOf(id), 0);
    for (const key of ['x', 'x'.repeat(255), '"a b"', 'a,b']) assert.equal((await create(token, key)).status, 201, key);
  });
});

describe('a stored result', () => {
  const age = (userId: string, hours: number): Promise<unknown> =>
    database.query("update idempotency_keys set created_at = now() - $2 * interval '1 hour' where user_id = $1", [userId, hours]);

  test('is stored for 24 hours', async () => {
    const { id, token } = newUser();
    const key = randomUUID();
    const first = await create(token, key);
    await age(id, 23.9);
    assert.deepEqual((await create(token, key)).body, first.body);
    await age(id, 24.1);
    const later = await create(token, key, { title: 'another' });
    assert.equal(later.status, 201, later.text);
    assert.equal(await countOf(id), 2);
    assert.deepEqual((await create(token, key, { title: 'another' })).body, later.body);
  });

  test('is deleted after its time by the next insertion of any user', async () => {
    const [ada, bob] = [newUser(), newUser()];
    for (let index = 0; index < 3; index += 1) await create(ada.token, randomUUID());
    await age(ada.id, 25);
    await create(bob.token, randomUUID());
    assert.deepEqual(await database.query('select key from idempotency_keys where user_id = $1', [ada.id]), []);
  });

  test('is committed together with the object', async () => {
    const { id, token } = newUser();
    const key = randomUUID();
    // Blocks the insertion of a row, so that it can be interrupted in the middle.
    const held = database.query('begin; lock table tasks in share mode; select pg_sleep(1); commit');
    await sleep(300);
    const cut = create(token, key);
    await sleep(200);
    await database.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'tasks-api'",
    );
    await held;
    const response = await cut;
    // With a key the service itself retries.
    assert.equal(response.status, 201, response.text);
    assert.deepEqual((await create(token, key)).body, response.body);
    assert.equal(await countOf(id), 1);
  });
});
