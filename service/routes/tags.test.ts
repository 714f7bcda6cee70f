import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Tag, tag as tagSchema, type TagPage, tagPage, tagSuggestions } from '../tags/schema.ts';
import { task as taskSchema, type Task, taskPage } from '../tasks/schema.ts';
import { type RunningApp, startApp } from '../test/app.ts';
import { createTestDatabase, type TestDatabase } from '../test/databases.ts';
import { comparable, type HttpResponse, problemOf, send } from '../test/requests.ts';
import { newUser } from '../test/tokens.ts';

const TAGS = '/api/v1/tags';
const TASKS = '/api/v1/tasks';

let app: RunningApp;
let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
  app = await startApp({ databaseUrl: database.url });
});
after(() => app.close());

async function createTag(token: string, name: string): Promise<Tag> {
  const response = await send(app.url, 'POST', TAGS, { token, json: { name } });
  assert.equal(response.status, 201, response.text);
  return tagSchema.parse(response.body);
}

async function listTags(token: string, query = ''): Promise<TagPage> {
  const response = await send(app.url, 'GET', `${TAGS}${query}`, { token });
  assert.equal(response.status, 200, response.text);
  return tagPage.parse(response.body);
}

async function suggested(token: string, query: string): Promise<string[]> {
  const response = await send(app.url, 'GET', `${TAGS}/autocomplete${query}`, { token });
  assert.equal(response.status, 200, response.text);
  return tagSuggestions.parse(response.body).tags.map(({ name }) => name);
}

async function createTask(token: string, json: Record<string, unknown>): Promise<Task> {
  const response = await send(app.url, 'POST', TASKS, { token, json });
  assert.equal(response.status, 201, response.text);
  return taskSchema.parse(response.body);
}

async function change(token: string, id: number, json: Record<string, unknown>): Promise<Task> {
  const response = await send(app.url, 'PUT', `${TASKS}/${id}`, { token, json });
  assert.equal(response.status, 200, response.text);
  return taskSchema.parse(response.body);
}

async function readTask(token: string, id: number): Promise<Task> {
  return taskSchema.parse((await send(app.url, 'GET', `${TASKS}/${id}`, { token })).body);
}

async function titlesBy(token: string, query: string): Promise<string[]> {
  const response = await send(app.url, 'GET', `${TASKS}?sort_by=title&sort_order=asc&${query}`, { token });
  assert.equal(response.status, 200, response.text);
  return taskPage.parse(response.body).tasks.map(({ title }) => title);
}

function assertProblem(response: HttpResponse, status: number, code: string, ...errors: string[]): void {
  const problem = problemOf(response);
  assert.deepEqual({ status: problem.status, code: problem.code, errors: problem.errors }, { status, code, errors });
}

describe('creating a tag', () => {
  test('returns it and its location', async () => {
    const { id: user_id, token } = newUser();
    const response = await send(app.url, 'POST', TAGS, { token, json: { name: 'errands' } });
    const tag = tagSchema.parse(response.body);
    assert.deepEqual([response.status, response.headers['location'], tag.user_id, tag.name], [201, `${TAGS}/${tag.id}`, user_id, 'errands']);
    assert.deepEqual((await send(app.url, 'GET', `${TAGS}/${tag.id}`, { token })).body, tag);
  });

  test('normalizes the name: trimmed, lower case, composed', async () => {
    const { token } = newUser();
    assert.equal((await createTag(token, '  Cafe\u0301 \n')).name, 'caf\u00e9');
  });

  test('rejects a name that the caller has, in any spelling', async () => {
    const { token } = newUser();
    await createTag(token, 'caf\u00e9');
    for (const name of ['caf\u00e9', 'CAF\u00c9', ' cafe\u0301 '])
      assertProblem(await send(app.url, 'POST', TAGS, { token, json: { name } }), 409, 'conflict');
    assert.equal((await listTags(token)).total, 1);
  });

  test('allows another user the same name', async () => {
    const [ada, bob] = [newUser(), newUser()];
    const [hers, his] = [await createTag(ada.token, 'home'), await createTag(bob.token, 'home')];
    assert.notEqual(hers.id, his.id);
  });

  test('succeeds for one of twenty concurrent requests with the same name', async () => {
    const { token } = newUser();
    const responses = await Promise.all(Array.from({ length: 20 }, () => send(app.url, 'POST', TAGS, { token, json: { name: 'race' } })));
    const statuses = responses.map(({ status }) => status);
    assert.deepEqual([statuses.filter((status) => status === 201).length, statuses.filter((status) => status === 409).length], [1, 19]);
  });

  test('is limited to one name per user by the database too', async () => {
    const { id, token } = newUser();
    await createTag(token, 'once');
    await assert.rejects(database.query('insert into tags (user_id, name) values ($1, $2)', [id, 'once']), { code: '23505' });
  });

  test('accepts names of 1 to 50 characters', async () => {
    const { token } = newUser();
    for (const name of ['x', 'y'.repeat(50), '\u{1f600}'.repeat(50), ` ${'z'.repeat(50)} `]) await createTag(token, name);
    for (const name of ['', '   ', 'y'.repeat(51), 'a\0b', '\ud800', 1, null])
      assert.equal((await send(app.url, 'POST', TAGS, { token, json: { name } })).status, 422, JSON.stringify(name));
    assertProblem(await send(app.url, 'POST', TAGS, { token, json: { name: 'ok', color: 'red' } }), 422, 'invalid', 'body /color');
  });
});

describe("a user's tags", () => {
  test('are listed in dictionary order, page by page', async () => {
    const { token } = newUser();
    for (const name of ['zoo', 'äpfel', 'apple', 'banana']) await createTag(token, name);
    const names = async (query: string): Promise<string[]> => (await listTags(token, query)).tags.map(({ name }) => name);
    assert.deepEqual(await names(''), ['äpfel', 'apple', 'banana', 'zoo']);
    assert.deepEqual(await names('?per_page=3&page=2'), ['zoo']);
    const { total, page, per_page } = await listTags(token, '?per_page=1&page=9');
    assert.deepEqual([total, page, per_page], [4, 9, 1]);
  });

  test('are suggested by prefix, in any case and literally', async () => {
    const { token } = newUser();
    for (const name of ['work', 'workout', 'homework', '50%', '50 first', 'a_b', 'axb', 'back\\slash']) await createTag(token, name);
    assert.deepEqual(await suggested(token, '?q=Work'), ['work', 'workout']);
    assert.deepEqual(await suggested(token, '?q=work&limit=1'), ['work']);
    assert.deepEqual(await suggested(token, '?q=50%25'), ['50%']);
    assert.deepEqual(await suggested(token, '?q=a_'), ['a_b']);
    assert.deepEqual(await suggested(token, '?q=back%5C'), ['back\\slash']);
    assert.deepEqual(await suggested(token, '?q=nothing'), []);
    assert.equal((await suggested(token, '')).length, 8);
    for (const query of ['?limit=0', '?limit=51', '?limit=x', `?q=${'x'.repeat(51)}`, '?q=a&q=b', '?q=%00'])
      assert.equal((await send(app.url, 'GET', `${TAGS}/autocomplete${query}`, { token })).status, 422, query);
  });

  test('are invisible to other users', async () => {
    const [ada, bob] = [newUser(), newUser()];
    const tag = await createTag(ada.token, 'secret plan');
    await createTag(bob.token, 'other');
    assert.deepEqual(
      (await listTags(bob.token)).tags.map(({ name }) => name),
      ['other'],
    );
    assert.deepEqual(await suggested(bob.token, '?q=secret'), []);
    for (const method of ['GET', 'DELETE']) {
      const response = await send(app.url, method, `${TAGS}/${tag.id}`, { token: bob.token });
      const unknown = await send(app.url, method, `${TAGS}/2147483647`, { token: bob.token });
      assert.equal(response.status, 404);
      assert.deepEqual(comparable(response), comparable(unknown));
    }
    assert.deepEqual((await listTags(ada.token)).tags, [tag]);
  });

  test('are deleted once', async () => {
    const { token } = newUser();
    const { id } = await createTag(token, 'short-lived');
    const statuses = [];
    for (const method of ['DELETE', 'DELETE', 'GET']) statuses.push((await send(app.url, method, `${TAGS}/${id}`, { token })).status);
    assert.deepEqual(statuses, [204, 404, 404]);
  });
});

describe("a task's tags", () => {
  test('are set with it, in dictionary order and without duplicates', async () => {
    const { token } = newUser();
    const [b, a] = [await createTag(token, 'b'), await createTag(token, 'a')];
    const task = await createTask(token, { title: 'x', tag_ids: [b.id, a.id, b.id] });
    assert.deepEqual(task.tags, [a, b]);
    assert.deepEqual(await readTask(token, task.id), task);
  });

  test('are replaced by a change that contains tag_ids, and unchanged by one that does not', async () => {
    const { token } = newUser();
    const [a, b, c] = [await createTag(token, 'a'), await createTag(token, 'b'), await createTag(token, 'c')];
    const task = await createTask(token, { title: 'x', tag_ids: [a.id, b.id] });
    assert.deepEqual((await change(token, task.id, { title: 'y' })).tags, [a, b]);
    const changed = await change(token, task.id, { tag_ids: [c.id, b.id] });
    assert.deepEqual([changed.title, changed.tags], ['y', [b, c]]);
    assert.notEqual(changed.updated_at, task.updated_at);
    assert.deepEqual((await readTask(token, task.id)).tags, [b, c]);
    assert.deepEqual((await send(app.url, 'PATCH', `${TASKS}/${task.id}/complete`, { token })).status, 200);
    assert.deepEqual((await readTask(token, task.id)).tags, [b, c]);
    assert.deepEqual((await change(token, task.id, { tag_ids: [] })).tags, []);
  });

  test('are those of one of two concurrent changes, not a mixture', async () => {
    const { token } = newUser();
    const tags = await Promise.all(['a', 'b', 'c', 'd'].map((name) => createTag(token, name)));
    const ids = tags.map(({ id }) => id);
    for (let round = 0; round < 10; round += 1) {
      const task = await createTask(token, { title: 'x', tag_ids: [] });
      await Promise.all([ids.slice(0, 2), ids.slice(2)].map((tag_ids) => change(token, task.id, { tag_ids })));
      const names = (await readTask(token, task.id)).tags.map(({ name }) => name).join('');
      assert.ok(['ab', 'cd'].includes(names), names);
    }
  });

  test("cannot be another user's, nor unknown", async () => {
    const [ada, bob] = [newUser(), newUser()];
    const [hers, his] = [await createTag(ada.token, 'hers'), await createTag(bob.token, 'his')];
    const task = await createTask(bob.token, { title: 'x', tag_ids: [his.id] });
    for (const id of [hers.id, 2_147_483_647]) {
      assertProblem(
        await send(app.url, 'POST', TASKS, { token: bob.token, json: { title: 'y', tag_ids: [his.id, id] } }),
        422,
        'invalid',
        'body /tag_ids/1',
      );
      assertProblem(
        await send(app.url, 'PUT', `${TASKS}/${task.id}`, { token: bob.token, json: { title: 'z', tag_ids: [id] } }),
        422,
        'invalid',
        'body /tag_ids/0',
      );
    }
    assert.deepEqual(await titlesBy(bob.token, ''), ['x'], 'a rejected request changes nothing');
    await assert.rejects(
      database.query('insert into task_tags (user_id, task_id, tag_id) values ($1, $2, $3)', [bob.id, task.id, hers.id]),
      { code: '23503' },
      'the database rejects it too',
    );
  });

  test('are removed with the tag, while the tag stays when the task is deleted', async () => {
    const { token } = newUser();
    const [a, b] = [await createTag(token, 'a'), await createTag(token, 'b')];
    const task = await createTask(token, { title: 'x', tag_ids: [a.id, b.id] });
    await send(app.url, 'DELETE', `${TAGS}/${a.id}`, { token });
    assert.deepEqual((await readTask(token, task.id)).tags, [b]);
    await send(app.url, 'DELETE', `${TASKS}/${task.id}`, { token });
    assert.deepEqual((await listTags(token)).tags, [b]);
  });

  test('find tasks with any of the given tags, and only the caller\u2019s', async () => {
    const [ada, bob] = [newUser(), newUser()];
    const { token } = ada;
    const [a, b, c] = [await createTag(token, 'a'), await createTag(token, 'b'), await createTag(token, 'c')];
    await createTask(token, { title: '1', tag_ids: [a.id] });
    await createTask(token, { title: '2', tag_ids: [a.id, b.id], priority: 'high' });
    await createTask(token, { title: '3', tag_ids: [c.id] });
    await createTask(token, { title: '4' });
    assert.deepEqual(await titlesBy(token, `tag_ids=${a.id}`), ['1', '2']);
    assert.deepEqual(await titlesBy(token, `tag_ids=${b.id},${c.id}`), ['2', '3']);
    assert.deepEqual(await titlesBy(token, `tag_id=${c.id}`), ['3']);
    assert.deepEqual(await titlesBy(token, `tag_id=${c.id}&tag_ids=${b.id}`), ['2', '3']);
    assert.deepEqual(await titlesBy(token, `tag_ids=${a.id}&priority=high&search=2`), ['2']);
    assert.deepEqual(await titlesBy(bob.token, `tag_ids=${a.id},${b.id},${c.id}`), []);
    for (const query of ['tag_ids=', 'tag_ids=x', 'tag_ids=1,,2', 'tag_ids=0', 'tag_id=1,2', 'tag_ids=1&tag_ids=2', `tag_ids=${'1,'.repeat(50)}1`])
      assert.equal((await send(app.url, 'GET', `${TASKS}?${query}`, { token })).status, 422, query);
  });

  test('must be at most 50 ids', async () => {
    const { token } = newUser();
    for (const tag_ids of ['1', [0], [1.5], ['1'], [null], [2_147_483_648], Array.from({ length: 51 }, (_, index) => index + 1)])
      assert.equal((await send(app.url, 'POST', TASKS, { token, json: { title: 'x', tag_ids } })).status, 422, JSON.stringify(tag_ids));
  });
});
