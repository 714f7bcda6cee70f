import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { task as taskSchema, type Task, type TaskPage, taskPage } from '../tasks/schema.ts';
import { type RunningApp, startApp } from '../test/app.ts';
import { createTestDatabase, type TestDatabase } from '../test/databases.ts';
import { comparable, type HttpResponse, problemOf, send } from '../test/requests.ts';
import { newUser } from '../test/tokens.ts';

const TASKS = '/api/v1/tasks';
const LARGEST_ID = 2_147_483_647;

let app: RunningApp;
let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
  app = await startApp({ databaseUrl: database.url });
});
after(() => app.close());

async function create(token: string, json: Record<string, unknown> = { title: 'Buy milk' }): Promise<Task> {
  const response = await send(app.url, 'POST', TASKS, { token, json });
  assert.equal(response.status, 201, response.text);
  return taskSchema.parse(response.body);
}

async function list(token: string, query = ''): Promise<TaskPage> {
  const response = await send(app.url, 'GET', `${TASKS}${query}`, { token });
  assert.equal(response.status, 200, response.text);
  return taskPage.parse(response.body);
}

const titles = async (token: string, query: string): Promise<string[]> => (await list(token, query)).tasks.map(({ title }) => title);

async function read(token: string, id: number): Promise<Task> {
  const response = await send(app.url, 'GET', `${TASKS}/${id}`, { token });
  assert.equal(response.status, 200, response.text);
  return taskSchema.parse(response.body);
}

/** Asserts a 422 that points at exactly these values. */
function assertInvalid(response: HttpResponse, ...pointers: string[]): void {
  assert.equal(response.status, 422, response.text);
  const { code, errors } = problemOf(response);
  assert.equal(code, 'invalid');
  // One value may have two problems.
  assert.deepEqual([...new Set(errors)].toSorted(), pointers.toSorted());
}

describe('POST /api/v1/tasks', () => {
  test('creates a task and returns its location', async () => {
    const { id: user_id, token } = newUser();
    const response = await send(app.url, 'POST', TASKS, { token, json: { title: 'Buy milk', description: 'Two litres', priority: 'high' } });
    assert.equal(response.status, 201);
    const task = taskSchema.parse(response.body);
    const { id, created_at, updated_at, ...rest } = task;
    assert.deepEqual(rest, { user_id, title: 'Buy milk', description: 'Two litres', completed: false, priority: 'high', tags: [] });
    assert.ok(Number.isInteger(id));
    assert.equal(updated_at, created_at);
    assert.ok(Math.abs(Date.parse(created_at) - Date.now()) < 5_000);
    assert.match(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    assert.equal(response.headers['location'], `${TASKS}/${id}`);
    assert.deepEqual((await send(app.url, 'GET', `${TASKS}/${id}`, { token })).body, task);
  });

  test('has times in UTC, in any time zone of the database', async (context) => {
    const elsewhere = await createTestDatabase();
    await elsewhere.query("do $$ begin execute format('alter database %I set timezone to %L', current_database(), 'Asia/Kathmandu'); end $$");
    const other = await startApp({ databaseUrl: elsewhere.url }, context);
    const { token } = newUser();
    const { body } = await send(other.url, 'POST', TASKS, { token, json: { title: 'x' } });
    const [row] = await elsewhere.query<{ zone: string; at: string }>(
      "select current_setting('timezone') as zone, extract(epoch from created_at)::text as at from tasks",
    );
    assert.equal(row?.zone, 'Asia/Kathmandu');
    const { created_at } = taskSchema.parse(body);
    assert.equal(Math.floor(Date.parse(created_at)), Math.floor(Number(row?.at) * 1_000));
    assert.partialDeepStrictEqual((await send(other.url, 'GET', TASKS, { token })).body, { tasks: [{ created_at }] });
  });

  test('needs only a title', async () => {
    const { description, priority, completed } = await create(newUser().token);
    assert.deepEqual({ description, priority, completed }, { description: null, priority: 'medium', completed: false });
  });

  test('stores text unchanged, except that the title is trimmed', async () => {
    const awkward = `'; drop table tasks; -- "\\ \u{1f95b} <b>&amp;</b> é $1 %s \u200f`;
    const { token } = newUser();
    const task = await create(token, { title: `  ${awkward}x\n`, description: `  ${awkward}\n` });
    assert.deepEqual([task.title, task.description], [`${awkward}x`, `  ${awkward}\n`]);
    assert.deepEqual(await read(token, task.id), task);
  });

  test('accepts titles of 1 to 200 and descriptions of up to 1000 characters', async () => {
    const { token } = newUser();
    for (const json of [
      { title: 'x' },
      { title: `  ${'x'.repeat(200)}  ` },
      { title: 'x', description: 'y'.repeat(1_000) },
      { title: 'x', description: '' },
      { title: 'x', description: null },
    ]) {
      await create(token, json);
    }
    for (const title of ['', '   ', '\n\t', 'x'.repeat(201)])
      assertInvalid(await send(app.url, 'POST', TASKS, { token, json: { title } }), 'body /title');
    assertInvalid(await send(app.url, 'POST', TASKS, { token, json: { title: 'x', description: 'y'.repeat(1_001) } }), 'body /description');
  });

  test('points at each wrong value of the body', async () => {
    const { token } = newUser();
    assertInvalid(await send(app.url, 'POST', TASKS, { token, json: {} }), 'body /title');
    assertInvalid(
      await send(app.url, 'POST', TASKS, { token, json: { title: 1, description: [], priority: 'urgent' } }),
      'body /title',
      'body /description',
      'body /priority',
    );
    assertInvalid(await send(app.url, 'POST', TASKS, { token, json: { title: null, priority: null } }), 'body /title', 'body /priority');
    assertInvalid(await send(app.url, 'POST', TASKS, { token, json: ['title'] }), 'body ');
    assertInvalid(await send(app.url, 'POST', TASKS, { token }), 'body ');
    assert.equal((await list(token)).total, 0);
  });

  test('rejects unknown fields, including those that the service sets', async () => {
    const victim = newUser();
    const { token } = newUser();
    const json = { title: 'x', user_id: victim.id, id: 1, created_at: '2020-01-01T00:00:00Z', updated_at: null, completed: true, 'a/b~c': 1 };
    const response = await send(app.url, 'POST', TASKS, { token, json });
    assertInvalid(response, 'body /user_id', 'body /id', 'body /created_at', 'body /updated_at', 'body /completed', 'body /a~1b~0c');
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const body = `{"title":"x","${name}":{"isAdmin":true}}`;
      assertInvalid(await send(app.url, 'POST', TASKS, { token, body, headers: { 'content-type': 'application/json' } }), `body /${name}`);
    }
    assert.equal((await list(token)).total, 0);
    assert.equal((await list(victim.token)).total, 0);
  });

  test('rejects NUL, which PostgreSQL cannot store', async () => {
    const { token } = newUser();
    assertInvalid(await send(app.url, 'POST', TASKS, { token, json: { title: 'a\0b', description: '\0' } }), 'body /title', 'body /description');
  });

  test('quotes no wrong value in its response', async () => {
    const { text } = await send(app.url, 'POST', TASKS, {
      token: newUser().token,
      json: { title: ['canary'], description: { canary: 1 }, priority: 'canary' },
    });
    assert.ok(!text.includes('canary'), text);
  });
});

describe('a body', () => {
  const post = (body: string | Buffer, headers: Record<string, string>): Promise<HttpResponse> =>
    send(app.url, 'POST', TASKS, { token: newUser().token, body, headers });
  const JSON_TYPE = { 'content-type': 'application/json' };
  const BODY = '{"title":"x"}';

  test('is JSON, with any parameters', async () => {
    for (const type of ['application/json', 'application/json; charset=utf-8', 'Application/JSON'])
      assert.equal((await post(BODY, { 'content-type': type })).status, 201, type);
  });

  test('of any other type is rejected, so that no form of another site can write', async () => {
    const types = [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/json',
      'application/xml',
      'application/jsonp',
      'application/problem+json',
    ];
    for (const type of types) assert.equal(problemOf(await post(BODY, { 'content-type': type })).code, 'unsupported_media_type', type);
    assert.equal((await post(BODY, {})).status, 415);
    assert.equal((await post(BODY, { 'content-type': 'application/json; charset=latin1' })).status, 415);
    for (const [charset, encoding] of Object.entries({ 'utf-16': 'utf16le', 'UTF-16LE': 'utf16le', 'utf-7': 'utf8', 'utf-32': 'utf8' } as const)) {
      const response = await post(Buffer.from(BODY, encoding), { 'content-type': `application/json; charset=${charset}` });
      assert.equal(problemOf(response).code, 'unsupported_media_type', charset);
    }
    assert.equal((await post(BODY, { ...JSON_TYPE, 'content-encoding': 'compress' })).status, 415);
  });

  test('that is not UTF-8 is rejected, also compressed, and stored without replacement characters', async () => {
    const { token } = newUser();
    const bytes = {
      'a byte that UTF-8 does not have': [0xff],
      'Latin-1': [0x6d, 0xfc, 0x6c, 0x6c],
      'a sequence cut short': [0xe2, 0x82],
      'an overlong form': [0xc0, 0xaf],
      'a surrogate': [0xed, 0xa0, 0x80],
      'beyond Unicode': [0xf4, 0x90, 0x80, 0x80],
    };
    for (const [what, wrong] of Object.entries(bytes)) {
      const body = Buffer.concat([Buffer.from('{"title":"canary'), Buffer.from(wrong), Buffer.from('"}')]);
      for (const [packed, headers] of [
        [body, JSON_TYPE],
        [gzipSync(body), { ...JSON_TYPE, 'content-encoding': 'gzip' }],
      ] as const) {
        const response = await send(app.url, 'POST', TASKS, { token, body: packed, headers });
        assert.deepEqual([problemOf(response).status, problemOf(response).code], [400, 'malformed'], what);
        assert.match(problemOf(response).detail, /not valid UTF-8/);
        assert.ok(!response.text.includes('canary'));
      }
    }
    assert.partialDeepStrictEqual((await send(app.url, 'GET', TASKS, { token })).body, { total: 0 });
    // U+FFFD itself is a valid character.
    const { status, body } = await send(app.url, 'POST', TASKS, { token, json: { title: 'müll \ufffd 😀' } });
    assert.equal(status, 201);
    assert.partialDeepStrictEqual(body, { title: 'müll \ufffd 😀' });
  });

  test('that is malformed is rejected without its text', async () => {
    for (const body of ['{"title":"canary', '{title:"canary"}', '"canary"', '42', 'null', '{"title":"canary"}}', '\u00a0{}', '{"title":NaN}']) {
      const response = await post(body, JSON_TYPE);
      assert.equal(response.status, 400, body);
      assert.equal(problemOf(response).code, 'malformed');
      assert.ok(!response.text.includes('canary'));
    }
  });

  test('has at most 16 KiB, also decompressed', async () => {
    const padded = (size: number): string => BODY.padEnd(size);
    assert.equal((await post(padded(16_384), JSON_TYPE)).status, 201);
    assert.equal(problemOf(await post(padded(16_385), JSON_TYPE)).code, 'content_too_large');
    assert.equal((await post(gzipSync(padded(16_384)), { ...JSON_TYPE, 'content-encoding': 'gzip' })).status, 201);
    assert.equal((await post(gzipSync(padded(10_000_000)), { ...JSON_TYPE, 'content-encoding': 'gzip' })).status, 413);
  });

  test('may be nested as deep as its size permits', async () => {
    const depth = 8_000;
    assertInvalid(await post(`{"title":${'['.repeat(depth)}${']'.repeat(depth)}}`, JSON_TYPE), 'body /title');
  });

  test('may be absent although a type is given, if none is needed', async () => {
    const { token } = newUser();
    const { id } = await create(token);
    const sending = { token, headers: { ...JSON_TYPE, 'content-length': '0' } };
    const chunked = { token, headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' } };
    for (const how of [{ token, headers: JSON_TYPE }, sending, chunked]) {
      assert.equal((await send(app.url, 'GET', TASKS, how)).status, 200);
      assert.equal((await send(app.url, 'GET', `${TASKS}/${id}`, how)).status, 200);
      assert.equal((await send(app.url, 'PATCH', `${TASKS}/${id}/complete`, how)).status, 200);
    }
    assert.equal((await send(app.url, 'DELETE', `${TASKS}/${id}`, sending)).status, 204);
  });
});

describe('GET /api/v1/tasks', () => {
  test("lists only the caller's tasks, newest first", async () => {
    const [ada, bob] = [newUser(), newUser()];
    assert.deepEqual(await list(ada.token), { tasks: [], total: 0, page: 1, per_page: 20 });
    const first = await create(ada.token, { title: 'first' });
    await create(bob.token, { title: 'of bob' });
    const second = await create(ada.token, { title: 'second' });
    assert.deepEqual(await list(ada.token), { tasks: [second, first], total: 2, page: 1, per_page: 20 });
  });

  test('returns one page and the total of all pages', async () => {
    const { id, token } = newUser();
    await database.query("insert into tasks (user_id, title) select $1, 'task ' || lpad(n::text, 3, '0') from generate_series(1, 105) n", [id]);
    const firstPage = await list(token, '?sort_by=title&sort_order=asc');
    assert.deepEqual([firstPage.tasks.length, firstPage.total, firstPage.page, firstPage.per_page], [20, 105, 1, 20]);
    assert.equal(firstPage.tasks[0]?.title, 'task 001');
    assert.deepEqual(await titles(token, '?sort_by=title&sort_order=asc&page=3&per_page=2'), ['task 005', 'task 006']);
    assert.deepEqual(await titles(token, '?sort_by=title&sort_order=asc&page=2&per_page=100'), [
      'task 101',
      'task 102',
      'task 103',
      'task 104',
      'task 105',
    ]);
    assert.deepEqual(await list(token, '?page=1000000&per_page=100'), { tasks: [], total: 105, page: 1_000_000, per_page: 100 });
  });

  test('puts each task on one page, even if all sort keys are equal', async () => {
    const { id, token } = newUser();
    await database.query("insert into tasks (user_id, title) select $1, 'same' from generate_series(1, 30)", [id]);
    for (const order of ['asc', 'desc']) {
      for (const key of ['created_at', 'updated_at', 'title', 'priority']) {
        const pages = await Promise.all([1, 2, 3].map((page) => list(token, `?sort_by=${key}&sort_order=${order}&per_page=10&page=${page}`)));
        const ids = pages.flatMap(({ tasks }) => tasks.map((task) => task.id));
        const ascending = ids.toSorted((a, b) => a - b);
        assert.equal(new Set(ids).size, 30);
        assert.deepEqual(ids, order === 'asc' ? ascending : ascending.toReversed(), `ids are the tiebreaker: ${key} ${order}`);
      }
    }
  });

  test('sorts by each key both ways', async () => {
    const { token } = newUser();
    const b = await create(token, { title: 'b', priority: 'low' });
    await create(token, { title: 'c', priority: 'high' });
    await create(token, { title: 'a', priority: 'medium' });
    await send(app.url, 'PUT', `${TASKS}/${b.id}`, { token, json: {} });
    const sorted: Record<string, string> = { created_at: 'bca', updated_at: 'cab', title: 'abc', priority: 'bac' };
    for (const [key, expected] of Object.entries(sorted)) {
      assert.equal((await titles(token, `?sort_by=${key}&sort_order=asc`)).join(''), expected, key);
      assert.equal((await titles(token, `?sort_by=${key}&sort_order=desc`)).join(''), expected.split('').toReversed().join(''), key);
      assert.equal((await titles(token, `?sort_by=${key}`)).join(''), expected.split('').toReversed().join(''), `${key} by default`);
    }
  });

  test('filters by completion and by priorities, together', async () => {
    const { token } = newUser();
    const ids = new Map<string, number>();
    for (const priority of ['high', 'medium', 'low']) {
      for (const state of ['open', 'done']) {
        const { id } = await create(token, { title: `${priority} ${state}`, priority });
        ids.set(`${priority} ${state}`, id);
        if (state === 'done') await send(app.url, 'PATCH', `${TASKS}/${id}/complete`, { token });
      }
    }
    const found = async (query: string): Promise<string[]> => titles(token, `?sort_by=created_at&sort_order=asc&${query}`);
    assert.deepEqual(await found('completed=true'), ['high done', 'medium done', 'low done']);
    assert.deepEqual(await found('completed=false'), ['high open', 'medium open', 'low open']);
    assert.deepEqual(await found('priority=high'), ['high open', 'high done']);
    assert.deepEqual(await found('priority=low,high'), ['high open', 'high done', 'low open', 'low done']);
    assert.deepEqual(await found('priority=medium&completed=true'), ['medium done']);
    assert.equal((await list(token, '?priority=medium&completed=true')).total, 1);
  });

  test('searches title and description for literal text in any case', async () => {
    const { token } = newUser();
    for (const title of ['100% sure', '1000 sure', 'snake_case', 'snakeXcase', 'back\\slash', "it's", 'MILK', 'Ünlü']) await create(token, { title });
    await create(token, { title: 'described', description: 'with Milk' });
    const expected: Record<string, string[]> = {
      '100%': ['100% sure'],
      '%': ['100% sure'],
      _: ['snake_case'],
      snake_case: ['snake_case'],
      '\\': ['back\\slash'],
      "'": ["it's"],
      milk: ['MILK', 'described'],
      ünlü: ['Ünlü'],
      'no such': [],
      '.*': [],
    };
    for (const [text, found] of Object.entries(expected)) {
      assert.deepEqual(await titles(token, `?sort_order=asc&search=${encodeURIComponent(text)}`), found, text);
      assert.equal((await list(token, `?search=${encodeURIComponent(text)}`)).total, found.length);
    }
    assert.equal((await list(token, '?search=')).total, 9);
  });

  test('finds no task of others, for any search', async () => {
    const [ada, eve] = [newUser(), newUser()];
    await create(ada.token, { title: 'secret plan' });
    for (const query of [
      '?search=secret',
      '?search=%25',
      `?search=${encodeURIComponent("' or 1=1 --")}`,
      `?user_id=${ada.id}`,
      '?completed=false',
      '?priority=high,medium,low',
    ]) {
      assert.equal((await list(eve.token, query)).total, 0, query);
    }
  });

  test('points at each wrong value of the query', async () => {
    const { token } = newUser();
    const wrong: Record<string, string> = {
      'page=0': '/page',
      'page=-1': '/page',
      'page=1.5': '/page',
      'page=1e3': '/page',
      'page=0x10': '/page',
      'page=': '/page',
      'page=1000001': '/page',
      'page=99999999999999999999': '/page',
      'page=1&page=2': '/page',
      'per_page=0': '/per_page',
      'per_page=101': '/per_page',
      'per_page=all': '/per_page',
      'completed=yes': '/completed',
      'completed=': '/completed',
      'completed=1': '/completed',
      'priority=urgent': '/priority/0',
      'priority=high,urgent': '/priority/1',
      'priority=': '/priority/0',
      'sort_by=user_id': '/sort_by',
      'sort_by=id;drop': '/sort_by',
      'sort_order=up': '/sort_order',
      'search=a%00b': '/search',
      [`search=${'x'.repeat(201)}`]: '/search',
      'search=a&search=b': '/search',
    };
    for (const [query, pointer] of Object.entries(wrong))
      assertInvalid(await send(app.url, 'GET', `${TASKS}?${query}`, { token }), `query ${pointer}`);
    assertInvalid(await send(app.url, 'GET', `${TASKS}?page=0&per_page=0&sort_by=x`, { token }), 'query /page', 'query /per_page', 'query /sort_by');
  });

  test('treats a % that begins no escape in a query as text', async () => {
    const { token } = newUser();
    await create(token, { title: 'a %zz b' });
    assert.equal((await list(token, '?search=%zz')).total, 1);
    assert.equal((await list(token, '?search=%')).total, 1);
  });
});

describe('PUT /api/v1/tasks/{id}', () => {
  test('changes the fields it is given and leaves the others', async () => {
    const { token } = newUser();
    const { updated_at, ...task } = await create(token, { title: 'Buy milk', description: 'Two litres', priority: 'high' });
    let expected: Record<string, unknown> = task;
    let before = updated_at;
    for (const changes of [
      { title: 'Buy oat milk' },
      { completed: true },
      { priority: 'low' },
      { description: null },
      { description: 'One', completed: false },
      {},
    ]) {
      const response = await send(app.url, 'PUT', `${TASKS}/${task.id}`, { token, json: changes });
      assert.equal(response.status, 200, response.text);
      const { updated_at: now, ...rest } = taskSchema.parse(response.body);
      expected = { ...expected, ...changes };
      assert.deepEqual(rest, expected);
      assert.ok(now > before, `updated_at went from ${before} to ${now}`);
      assert.deepEqual(await read(token, task.id), response.body);
      before = now;
    }
  });

  test('points at each wrong value and then changes nothing', async () => {
    const { token } = newUser();
    const task = await create(token);
    const wrong: [unknown, ...string[]][] = [
      [{ title: ' ' }, 'body /title'],
      [{ title: null }, 'body /title'],
      [{ completed: 'true' }, 'body /completed'],
      [{ completed: null, priority: 'none' }, 'body /completed', 'body /priority'],
      [{ title: 'changed', user_id: newUser().id }, 'body /user_id'],
      [{ title: 'changed', id: 1 }, 'body /id'],
      [{ description: 'a\0' }, 'body /description'],
      [[], 'body '],
    ];
    for (const [json, ...pointers] of wrong) assertInvalid(await send(app.url, 'PUT', `${TASKS}/${task.id}`, { token, json }), ...pointers);
    assertInvalid(await send(app.url, 'PUT', `${TASKS}/${task.id}`, { token }), 'body ');
    assert.deepEqual(await read(token, task.id), task);
  });
});

describe('PATCH /api/v1/tasks/{id}/complete', () => {
  test('completes a task and opens it again', async () => {
    const { token } = newUser();
    let task = await create(token);
    for (const completed of [true, false, true]) {
      const response = await send(app.url, 'PATCH', `${TASKS}/${task.id}/complete`, { token });
      assert.equal(response.status, 200);
      const toggled = taskSchema.parse(response.body);
      assert.deepEqual({ ...toggled, updated_at: '' }, { ...task, completed, updated_at: '' });
      assert.ok(toggled.updated_at > task.updated_at);
      task = toggled;
    }
  });

  test('loses none of many concurrent toggles', async () => {
    const { token } = newUser();
    const { id } = await create(token);
    const responses = await Promise.all(Array.from({ length: 21 }, () => send(app.url, 'PATCH', `${TASKS}/${id}/complete`, { token })));
    assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([200]));
    assert.equal((await read(token, id)).completed, true);
  });
});

describe('DELETE /api/v1/tasks/{id}', () => {
  test('deletes a task, once', async () => {
    const { token } = newUser();
    const [task, other] = [await create(token), await create(token)];
    const response = await send(app.url, 'DELETE', `${TASKS}/${task.id}`, { token });
    assert.deepEqual([response.status, response.text], [204, '']);
    assert.equal((await send(app.url, 'DELETE', `${TASKS}/${task.id}`, { token })).status, 404);
    assert.equal((await send(app.url, 'GET', `${TASKS}/${task.id}`, { token })).status, 404);
    assert.deepEqual((await list(token)).tasks, [other]);
  });
});

describe("another user's task", () => {
  const requests: [string, string, Record<string, unknown>?][] = [
    ['GET', ''],
    ['HEAD', ''],
    ['PUT', '', { title: 'stolen' }],
    ['PUT', '', {}],
    ['DELETE', ''],
    ['PATCH', '/complete'],
  ];
  for (const [method, suffix, json] of requests) {
    test(`is to ${method} {id}${suffix} ${json ? JSON.stringify(json) : ''} the same as one that never existed, and stays unchanged`, async () => {
      const [ada, eve] = [newUser(), newUser()];
      const task = await create(ada.token, { title: 'private canary' });
      const sending = { token: eve.token, ...(json && { json }) };
      const response = await send(app.url, method, `${TASKS}/${task.id}${suffix}`, sending);
      const missing = await send(app.url, method, `${TASKS}/${LARGEST_ID}${suffix}`, sending);
      assert.equal(missing.status, 404);
      if (method !== 'HEAD') assert.equal(problemOf(missing).code, 'not_found');
      assert.deepEqual(comparable(response), comparable(missing));
      assert.ok(!response.text.includes('canary'));
      assert.deepEqual(await read(ada.token, task.id), task);
    });
  }
});

describe('a path', () => {
  test('with an id that is not a positive 32-bit integer is invalid', async () => {
    const { token } = newUser();
    for (const id of [
      '0',
      '-1',
      '2147483648',
      '99999999999999999999',
      '1.5',
      '1e3',
      '0x1',
      'abc',
      'NaN',
      'null',
      '%00',
      '1%00',
      '%20',
      '1%20',
      "1'",
      '1;2',
    ]) {
      for (const [method, suffix] of [
        ['GET', ''],
        ['PUT', ''],
        ['DELETE', ''],
        ['PATCH', '/complete'],
      ] as const) {
        const sending = method === 'PUT' ? { token, json: {} } : { token };
        assertInvalid(await send(app.url, method, `${TASKS}/${id}${suffix}`, sending), 'path /id');
      }
    }
  });

  test('with bad percent-encoding is malformed', async () => {
    const { token } = newUser();
    for (const id of ['%', '%zz', '%E0%A4%A', '%ff']) {
      for (const method of ['GET', 'PUT', 'DELETE'])
        assert.equal(problemOf(await send(app.url, method, `${TASKS}/${id}`, { token })).code, 'malformed', `${method} ${id}`);
      assert.equal((await send(app.url, 'PATCH', `${TASKS}/${id}/complete`, { token })).status, 400);
    }
  });

  test('rejects a wrong method with 405 and Allow', async () => {
    const { token } = newUser();
    const { id } = await create(token);
    const allowed: Record<string, string[]> = {
      [TASKS]: ['GET', 'POST', 'HEAD'],
      [`${TASKS}/${id}`]: ['GET', 'PUT', 'DELETE', 'HEAD'],
      [`${TASKS}/${id}/complete`]: ['PATCH'],
    };
    for (const [path, methods] of Object.entries(allowed)) {
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND']) {
        if (methods.includes(method)) continue;
        const response = await send(app.url, method, path, { token });
        assert.equal(response.status, 405, `${method} ${path}`);
        assert.deepEqual(response.headers['allow']?.split(', ').toSorted(), methods.toSorted());
        if (method !== 'HEAD') assert.equal(problemOf(response).code, 'method_not_allowed');
      }
    }
    assert.equal((await list(token)).total, 1);
  });

  test('that is unknown is not found', async () => {
    const { token } = newUser();
    for (const path of [
      '/',
      '/api',
      '/api/v1',
      '/api/v2/tasks',
      '/api/v1/task',
      `${TASKS}/1/2`,
      `${TASKS}/1/complete/2`,
      '/api/v1/tasks/../../../etc/passwd',
      '//api/v1/tasks',
      '/favicon.ico',
    ]) {
      for (const method of ['GET', 'POST', 'DELETE'])
        assert.equal(problemOf(await send(app.url, method, path, { token })).code, 'not_found', `${method} ${path}`);
    }
  });

  test('supports HEAD like GET, without a body', async () => {
    const { token } = newUser();
    const { id } = await create(token);
    for (const path of [TASKS, `${TASKS}/${id}`]) {
      const [head, get] = [await send(app.url, 'HEAD', path, { token }), await send(app.url, 'GET', path, { token })];
      assert.deepEqual([head.status, head.text, head.headers['content-length']], [200, '', get.headers['content-length']]);
    }
  });
});
