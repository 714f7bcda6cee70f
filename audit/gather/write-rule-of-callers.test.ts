import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContract } from '../contract/contract.ts';
import { MARKER } from '../model/marker.ts';
import { createWriteRule } from './write-rule.ts';

const contract = readContract('audit/contract/testdata/fastapi.json');

test('the rule on writes knows the objects of a run in the paths of every user, and no other ones', () => {
  const journal: string[] = [];
  const rule = createWriteRule(contract, [], { beforeCreation: () => {}, created: ({ name }, id) => journal.push(`${name} ${id}`) });
  const creation = { method: 'POST', path: '/api/user-a/tasks', body: JSON.stringify({ title: MARKER }) };
  assert.equal(rule.objectionTo(creation), undefined);
  rule.record(creation, 'tenant A', { status: 201, body: '{"id":7}' });
  assert.deepEqual(journal, ['tasks 7']);
  for (const path of ['/api/user-a/tasks/7', '/api/user-b/tasks/7']) assert.equal(rule.objectionTo({ method: 'DELETE', path }), undefined, path);
  for (const path of ['/api/user-a/tasks/8', '/api/user-a/tasks', '/api/user-a/notes/7', '/api/user-a/x/tasks/7'])
    assert.notEqual(rule.objectionTo({ method: 'DELETE', path }), undefined, path);
});
