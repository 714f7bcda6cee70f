import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type * as z from 'zod/v4';
import { validator } from './test/conformance/documented.ts';
import { newTag, tagPrefix } from './tags/schema.ts';
import { newTask, taskFilter, taskPath } from './tasks/schema.ts';
import { type RunningApp, startApp } from './test/app.ts';
import { send } from './test/requests.ts';
import { newUser } from './test/tokens.ts';

const MILK = '\u{1f95b}';

const takes = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;
const title = (text: string): { title: string } => ({ title: text });

describe('text', () => {
  const lengths: [length: number, character: string][] = [
    [200, 'x'],
    [200, MILK],
    [200, '\u00e9'],
    // Two code points that are displayed as one.
    [100, 'e\u0301'],
  ];
  for (const [most, character] of lengths) {
    test(`is counted in code points, as in the contract: ${most} of ${JSON.stringify(character)}`, () => {
      const promised = validator({ $ref: '#/components/schemas/NewTask' });
      for (const [length, isTaken] of [
        [most, true],
        [most + 1, false],
      ] as const) {
        const body = title(character.repeat(length));
        assert.deepEqual([takes(newTask, body), promised(body)], [isTaken, isTaken], String(length));
      }
    });
  }

  test('contains neither NUL nor half of a surrogate pair', () => {
    for (const text of ['a\0b', '\ud83e', '\udd5b', `${MILK.at(1)}${MILK.at(0)}`]) {
      assert.ok(!takes(newTask, title(text)), JSON.stringify(text));
      assert.ok(!takes(newTask, { title: 'x', description: text }), JSON.stringify(text));
      assert.ok(!takes(newTag, { name: text }), JSON.stringify(text));
      assert.ok(!takes(taskFilter, { search: text }), JSON.stringify(text));
      assert.ok(!takes(tagPrefix, { q: text }), JSON.stringify(text));
    }
  });
});

describe('a name', () => {
  test('is trimmed before its length is checked', () => {
    for (const blank of [' ', '\t', '\n', '\r\n', '\u00a0', '\u2003', '\u2028', '\ufeff']) {
      assert.equal(newTask.parse(title(`${blank}a${blank}b${blank}`)).title, `a${blank}b`, JSON.stringify(blank));
      assert.ok(takes(newTask, title(blank + 'x'.repeat(200) + blank)));
      assert.ok(!takes(newTask, title(blank)));
      assert.ok(!validator({ $ref: '#/components/schemas/NewTask' })(title(blank)));
    }
  });

  test('of a tag is normalized before its length is checked', () => {
    const parsed = (name: string): string => newTag.parse({ name }).name;
    assert.equal(parsed(' ERRANDS\n'), 'errands');
    assert.equal(parsed('E\u0301te\u0301'), '\u00e9t\u00e9');
    assert.equal(parsed('\u00c9T\u00c9'), parsed('e\u0301te\u0301'));
    assert.equal(parsed(MILK.repeat(50)), MILK.repeat(50));
    // Fewer code points when composed, and more in lower case.
    assert.equal(parsed('E\u0301'.repeat(50)), '\u00e9'.repeat(50));
    assert.equal(parsed('\u0130'.repeat(25)), 'i\u0307'.repeat(25));
    for (const name of ['x'.repeat(51), MILK.repeat(51), 'E\u0301'.repeat(51), '\u0130'.repeat(26), ' ']) assert.ok(!takes(newTag, { name }), name);
  });
});

describe('a parameter in a path or query', () => {
  test('is an integer in decimal digits', () => {
    for (const id of ['1', '2147483647', '007']) assert.equal(taskPath.parse({ id }).id, Number(id));
    for (const id of ['0', '-1', '2147483648', '1.0', '1e3', '0x1', '+1', ' 1', '1 ', '', '\u0661', 'NaN', 'Infinity', '1'.repeat(16), ['1']])
      assert.ok(!takes(taskPath, { id }), String(id));
  });

  test('is the word true or false', () => {
    assert.deepEqual([taskFilter.parse({ completed: 'true' }).completed, taskFilter.parse({ completed: 'false' }).completed], [true, false]);
    for (const completed of ['', 'True', '1', '0', 'yes', 'on', ['true']]) assert.ok(!takes(taskFilter, { completed }), String(completed));
  });

  test('is a comma-separated list with at most as many items as in the contract', () => {
    assert.deepEqual(taskFilter.parse({ priority: 'low,high' }).priority, ['low', 'high']);
    assert.deepEqual(taskFilter.parse({ tag_ids: '3,1,3' }).tag_ids, [3, 1, 3]);
    const ids = (count: number): string => Array.from({ length: count }, (_, index) => index + 1).join(',');
    assert.equal(taskFilter.parse({ tag_ids: ids(50) }).tag_ids?.length, 50);
    assert.ok(!takes(taskFilter, { tag_ids: ids(51) }));
    for (const tag_ids of ['', ',', '1,', ',1', '1,,2', '1;2', '1, 2', '0', '1,x', ['1', '2']])
      assert.ok(!takes(taskFilter, { tag_ids }), JSON.stringify(tag_ids));
    for (const priority of ['', 'low,', 'LOW', 'low high', 'low,low,low,low', ['low', 'high']])
      assert.ok(!takes(taskFilter, { priority }), JSON.stringify(priority));
  });
});

describe('the database has the same limits', () => {
  let app: RunningApp;
  before(async () => {
    app = await startApp();
  });
  after(() => app.close());

  test('and stores the longest permitted text', async () => {
    const { token } = newUser();
    const task = { title: MILK.repeat(200), description: MILK.repeat(1_000) };
    const created = await send(app.url, 'POST', '/api/v1/tasks', { token, json: { ...task, title: ` ${task.title} ` } });
    assert.equal(created.status, 201, created.text);
    assert.partialDeepStrictEqual(created.body, task);
    const tag = await send(app.url, 'POST', '/api/v1/tags', { token, json: { name: '\u0130'.repeat(25) } });
    assert.equal(tag.status, 201, tag.text);
    assert.partialDeepStrictEqual(tag.body, { name: 'i\u0307'.repeat(25) });
    const again = await send(app.url, 'POST', '/api/v1/tags', { token, json: { name: ` ${'i\u0307'.repeat(25)} ` } });
    assert.equal(again.status, 409);
    const search = new URLSearchParams({ search: MILK.repeat(200) }).toString();
    assert.partialDeepStrictEqual((await send(app.url, 'GET', `/api/v1/tasks?${search}`, { token })).body, { total: 1 });
  });
});
