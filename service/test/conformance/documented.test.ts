import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as z from 'zod/v4';
import { type RunningApp, startApp } from '../app.ts';
import { type HttpResponse, send } from '../requests.ts';
import { newUser } from '../tokens.ts';
import { assertDocumented, assertProblem, operations, schemas, validator } from './documented.ts';

let app: RunningApp;
before(async () => {
  app = await startApp();
});
after(() => app.close());

describe('the schemas of the contract', () => {
  test('are JSON Schema 2020-12, without unknown keywords and formats', () => {
    for (const schema of schemas) validator(schema);
    assert.throws(() => validator({ type: 'object', requierd: ['id'] }), /unknown keyword: "requierd"/);
    assert.throws(() => validator({ type: 'string', format: 'datetime' }), /unknown format "datetime"/);
  });
});

describe('a response is checked against the contract', () => {
  const listTasks = operations.find(({ name }) => name === 'listTasks');
  const tamperings: Record<string, [(response: HttpResponse) => Partial<HttpResponse>, RegExp]> = {
    'an undocumented field': [({ body }) => ({ body: { ...z.looseObject({}).parse(body), extra: 1 } }), /unevaluated|additional/],
    'a missing field': [() => ({ body: { tasks: [], total: 0, page: 1 } }), /required property 'per_page'/],
    'a value of another type': [() => ({ body: { tasks: [], total: '0', page: 1, per_page: 20 } }), /\/total must be integer/],
    'an undocumented field in a list': [() => ({ body: { tasks: [{ owner: 1 }], total: 0, page: 1, per_page: 20 } }), /\/tasks\/0 must/],
    'an undocumented status': [() => ({ status: 206 }), /responds with 206/],
    'a missing header': [({ headers: { ratelimit: _left, ...headers } }) => ({ headers }), /lacks the header RateLimit/],
    'a header in another format': [({ headers }) => ({ headers: { ...headers, 'x-request-id': '1' } }), /must match format "uuid"/],
    'an undocumented header': [({ headers }) => ({ headers: { ...headers, location: '/' } }), /Location undocumented/],
    'another media type': [({ headers }) => ({ headers: { ...headers, 'content-type': 'text/html' } }), /media type/],
  };
  for (const [what, [tamper, message]] of Object.entries(tamperings)) {
    test(`and rejected for ${what}`, async () => {
      const response = await send(app.url, 'GET', '/api/v1/tasks', { token: newUser().token });
      assert.ok(listTasks !== undefined);
      assertDocumented(listTasks, response);
      assert.throws(() => assertDocumented(listTasks, { ...response, ...tamper(response) }), message);
    });
  }
});

test('the schema of a problem permits more members (RFC 9457 section 3.2), but the service sends none', async () => {
  const response = await send(app.url, 'GET', '/api/v1/tasks');
  const problem = { ...z.looseObject({}).parse(response.body), instance: '/1' };
  assert.ok(validator({ $ref: '#/components/schemas/Problem' })(problem));
  assertProblem(response);
  assert.throws(() => assertProblem({ ...response, body: problem }), /unevaluated properties/);
});
