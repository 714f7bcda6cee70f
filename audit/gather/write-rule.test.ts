import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readContract } from '../contract/contract.ts';
import { MARKER } from '../model/marker.ts';
import { createWriteRule, type PlannedRequest, type WriteRule } from './write-rule.ts';

const contract = readContract('contract/openapi.json');
const LIST = contract.resource.create.path;
const OWN = `${LIST}/7`;
const marked = JSON.stringify({ title: `${MARKER}0123456789abcdef` });

function open(): { rule: WriteRule; journal: string[] } {
  const journal: string[] = [];
  const rule = createWriteRule(contract, [OWN], {
    beforeCreation: () => journal.push('before'),
    created: ({ name }, id, actor) => journal.push(`${name} ${id} of ${actor}`),
  });
  return { rule, journal };
}

const request = (method: string, path: string, more: Partial<PlannedRequest> = {}): PlannedRequest => ({ method, path, ...more });

describe('the rule on writes', () => {
  const allowed: Readonly<Record<string, PlannedRequest>> = {
    'a read of anything': request('GET', '/users/me'),
    'a preflight of anything': request('OPTIONS', '/users/me', { headers: [['Access-Control-Request-Method', 'DELETE']] }),
    'a method that is safe by its specification': request('PROPFIND', '/health'),
    'a creation with the mark': request('POST', LIST, { body: marked }),
    'a creation in upper case with a query': request('POST', `${LIST.toUpperCase()}/?x=1`, { body: marked }),
    'a creation with an invalid body': request('POST', LIST, { body: '{"' }),
    'a creation without a body': request('POST', LIST),
    'a write to an object of this run': request('DELETE', OWN),
    'an undocumented method on an object of this run': request('PATCH', OWN, { body: '{}' }),
    'an operation below an object of this run': request('PATCH', `${OWN}/complete`),
    'a method override that is the documented creation': request('POST', LIST, { body: `{"_method":"POST","title":"${MARKER}"}` }),
    'a method override on an object of this run': request('GET', OWN, { headers: [['X-HTTP-Method-Override', 'DELETE']] }),
    'a path that a double slash makes unreadable, read': request('GET', '//[/x'),
  };
  for (const [name, planned] of Object.entries(allowed)) test(`allows ${name}`, () => assert.equal(open().rule.objectionTo(planned), undefined));

  const forbidden: Readonly<Record<string, PlannedRequest>> = {
    'a write to the account': request('DELETE', '/users/me'),
    'a write to a singleton': request('PUT', '/profile', { body: marked }),
    'a write to the whole collection': request('DELETE', LIST),
    'an undocumented method on the collection': request('PATCH', LIST, { body: marked }),
    'a POST that is not a creation in a collection': request('POST', '/logout'),
    'a POST to an open route': request('POST', '/health'),
    'a write to an id that this run did not create': request('DELETE', `${LIST}/8`),
    'a write to an id that begins like one of this run': request('DELETE', `${OWN}1`),
    'a write to an object of another collection with the same id': request('DELETE', '/api/v1/tags/7'),
    'a path that leaves its object': request('DELETE', `${OWN}/../8`),
    'a path that leaves its object, encoded': request('DELETE', `${OWN}/%2e%2e/8`),
    'a method override in a header': request('POST', LIST, { body: marked, headers: [['x-http-method-override', 'DELETE']] }),
    'a method override in another header': request('GET', '/users/me', { headers: [['X-HTTP-Method', 'DELETE']] }),
    'a method override in the query': request('GET', '/users/me?_method=delete'),
    'a method override in a form': request('POST', LIST, { body: 'title=x&_method=DELETE' }),
    'a method override in JSON': request('POST', LIST, { body: JSON.stringify({ title: MARKER, _method: 'PUT' }) }),
    'a path override': request('DELETE', OWN, { headers: [['X-Original-URL', '/users/me']] }),
    'a valid creation without the mark': request('POST', LIST, { body: JSON.stringify({ title: 'milk' }) }),
  };
  for (const [name, planned] of Object.entries(forbidden)) {
    test(`forbids ${name}, with and without credentials`, () => {
      const { rule, journal } = open();
      assert.throws(() => rule.admit(planned), /The audit does not send this request: /);
      assert.deepEqual(journal, []);
    });
  }

  test('journals a creation before it is sent, and its object afterwards', () => {
    const { rule, journal } = open();
    const creation = request('POST', LIST, { body: marked });
    rule.admit(creation);
    assert.deepEqual(journal, ['before']);
    rule.record(creation, 'tenant A', { status: 201, body: '{"id":8}' });
    assert.deepEqual(journal, ['before', 'tasks 8 of tenant A']);
    assert.equal(rule.objectionTo(request('DELETE', `${LIST}/8`)), undefined);
  });

  test('treats nothing else as an object of this run', () => {
    const { rule } = open();
    rule.record(request('POST', LIST, { body: marked }), 'tenant A', { status: 422, body: '{"id":8}' });
    rule.record(request('POST', LIST, { body: marked }), 'tenant A', undefined);
    rule.record(request('GET', `${LIST}?search=x`), 'tenant A', { status: 200, body: '{"id":8}' });
    rule.record(request('PUT', OWN, { body: marked }), 'tenant A', { status: 200, body: '{"id":8}' });
    assert.match(rule.objectionTo(request('DELETE', `${LIST}/8`)) ?? '', /neither a documented creation nor aimed at an object of this run/);
  });

  test('allows writes to an adopted leftover of an earlier run', () => {
    const { rule } = open();
    rule.adopt(contract.resource, '9');
    assert.equal(rule.objectionTo(request('DELETE', `${LIST}/9`)), undefined);
  });
});
