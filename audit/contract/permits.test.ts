import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createPermits } from './permits.ts';

const TEXT = { type: 'string', maxLength: 5, pattern: '^[^\\u0000]*$' };
const DOCUMENT = {
  paths: {
    '/notes': {
      get: {
        parameters: [
          { name: 'q', in: 'query', schema: TEXT },
          { name: 'page', in: 'query', schema: { $ref: '#/components/schemas/Page' } },
          { name: 'tag', in: 'query', schema: { type: 'array', maxItems: 2, items: { type: 'integer' } } },
          { name: 'x-key', in: 'header', schema: { type: 'integer' } },
        ],
      },
      post: { requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Note' } } } } },
      patch: { requestBody: { content: { 'application/json': { schema: { type: 'object', properties: { text: { type: 'string' } } } } } } },
    },
  },
  components: {
    schemas: {
      Page: { type: 'integer', minimum: 1, maximum: 9 },
      Note: { type: 'object', required: ['text'], properties: { text: { $ref: '#/components/schemas/Text' } }, additionalProperties: false },
      Text: TEXT,
    },
  },
};

describe('what a contract permits', () => {
  const permits = createPermits(DOCUMENT);
  const [list, create, change] = ['get', 'post', 'patch'].map((method) => ({ path: '/notes', method }));
  assert.ok(list && create && change);

  test('in a body: what its schema allows, with references resolved', () => {
    assert.ok(permits.body(create, { text: 'short' }));
    for (const body of [null, [], 1, {}, { text: 1 }, { text: 'longer' }, { text: 'a\u0000' }, { text: 'a', more: true }])
      assert.ok(!permits.body(create, body), JSON.stringify(body));
  });

  test('in a body with an open schema: unknown fields and any text', () => {
    for (const body of [{ more: true }, { text: 'a\u0000' }, { text: 'x'.repeat(10_000) }, {}]) assert.ok(permits.body(change, body));
    assert.ok(!permits.body(change, { text: 1 }));
  });

  test('in a query: text for the type of the parameter, once', () => {
    for (const value of ['1', '9']) assert.ok(permits.query(list, 'page', value), value);
    for (const value of ['0', '-1', '10', '1.5', 'one', '1000000000']) assert.ok(!permits.query(list, 'page', value), value);
    assert.ok(permits.query(list, 'q', '12'));
    assert.ok(!permits.query(list, 'q', 'a\u0000'));
    assert.ok(!permits.query(list, 'page', '1', '2'));
  });

  test('in a query: several values of an array', () => {
    assert.ok(permits.query(list, 'tag', '1', '2'));
    for (const values of [
      ['1', 'two'],
      ['1', '2', '3'],
    ])
      assert.ok(!permits.query(list, 'tag', ...values));
  });

  test('in a query: undocumented names, also where a header has that name', () => {
    for (const name of ['unknown', 'x-key']) assert.ok(permits.query(list, name, 'x'));
  });
});
