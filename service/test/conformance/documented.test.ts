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
  test('are of JSON Schema 2020-12, none with a keyword or format unknown to it', () => {
    for (const schema of schemas) validator(schema);
    assert.throws(() => validator({ type: 'object', requierd: ['id'] }), /unknown keyword: "requierd"/);
    assert.throws(() => validator({ type: 'string', format: 'datetime' }), /unknown format "datetime"/);
  });
});

describe('an answer is held to the contract', () => {
  const listTasks = operations.find(({ name }) => name === 'listTasks');
  const tamperings: Record<string, [(answer: HttpResponse) => Partial<HttpResponse>, RegExp]> = {
    'a field the contract does not name': [({ body }) => ({ body: { ...z.looseObject({}).parse(body), extra: 1 } }), /unevaluated|additional/],
    'a missing field': [() => ({ body: { tasks: [], total: 0, page: 1 } }), /required property 'per_page'/],
    'a value of another type': [() => ({ body: { tasks: [], total: '0', page: 1, per_page: 20 } }), /\/total must be integer/],
    'a field too many in a list': [() => ({ body: { tasks: [{ owner: 1 }], total: 0, page: 1, per_page: 20 } }), /\/tasks\/0 must/],
    'a status the contract does not name': [() => ({ status: 206 }), /answers 206/],
    'a missing header': [({ headers: { ratelimit: _left, ...headers } }) => ({ headers }), /lacks the header RateLimit/],
    'a header of another form': [({ headers }) => ({ headers: { ...headers, 'x-request-id': '1' } }), /must match format "uuid"/],
    'a header that is not announced': [({ headers }) => ({ headers: { ...headers, location: '/' } }), /Location unannounced/],
    'another media type': [({ headers }) => ({ headers: { ...headers, 'content-type': 'text/html' } }), /media type/],
  };
  for (const [what, [tamper, message]] of Object.entries(tamperings)) {
    test(`and refused for ${what}`, async () => {
      const answer = await send(app.url, 'GET', '/api/v1/tasks', { token: newUser().token });
      assert.ok(listTasks !== undefined);
      assertDocumented(listTasks, answer);
      assert.throws(() => assertDocumented(listTasks, { ...answer, ...tamper(answer) }), message);
    });
  }
});

test('a problem may have more members in the eyes of its readers (RFC 9457 section 3.2), and has none here', async () => {
  const answer = await send(app.url, 'GET', '/api/v1/tasks');
  const problem = { ...z.looseObject({}).parse(answer.body), instance: '/1' };
  assert.ok(validator({ $ref: '#/components/schemas/Problem' })(problem));
  assertProblem(answer);
  assert.throws(() => assertProblem({ ...answer, body: problem }), /unevaluated properties/);
});
