import assert from 'node:assert/strict';
import { test } from 'node:test';
import { basePathOf } from './gather.ts';

test('the base path precedes the collection and its user', () => {
  const paths = ['/api/v1/tasks', '/v2/notes', '/api/{user_id}/todos', '/users/{user_id}/notes', '/{user_id}/todos', '/snippets', '/api/tasks/'];
  assert.deepEqual(paths.map(basePathOf), ['/api/v1', '/v2', '/api', '/users', '', '', '/api']);
});
