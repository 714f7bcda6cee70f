import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { callerIn, pathOfCaller, withCallerOf } from './caller-path.ts';
import { pathOfItem } from './operations.ts';

const COLLECTIONS = new Set(['/users', '/api/{user_id}/tasks']);

describe('a path that names the caller', () => {
  test('has a parameter for a user that is not the id of an object', () => {
    const found = ['/api/{user_id}/tasks', '/{userId}/tasks/{id}', '/users/{id}/tasks', '/profiles/{owner}', '/users/{id}/'].map((path) =>
      callerIn(path, COLLECTIONS),
    );
    assert.deepEqual(found, ['{user_id}', '{userId}', '{id}', '{owner}', undefined]);
    assert.deepEqual(
      ['/users/{user_id}', '/tasks/{id}', '/tasks/{task_id}/users', '/tasks/{user_story_id}'].map((path) => callerIn(path, COLLECTIONS)),
      [undefined, undefined, undefined, undefined],
    );
  });

  test('is completed with the id of an object and the subject of the caller', () => {
    const operation = { id: '', method: 'GET', path: '/api/{user_id}/tasks/{id}', protected: true, sample: undefined, success: 200, statuses: [] };
    const template = pathOfItem({ ...operation, caller: '{user_id}' }, '7');
    assert.equal(template, '/api/{user_id}/tasks/7');
    assert.equal(
      pathOfCaller(template, () => 'a/b'),
      '/api/a%2Fb/tasks/7',
    );
    assert.equal(
      pathOfCaller(template.toUpperCase(), () => 'a'),
      '/API/a/TASKS/7',
    );
    assert.throws(() => pathOfCaller(template, () => undefined), /has \{user_id\}, but the token has no subject/);
    assert.equal(
      pathOfCaller('/tasks/7', () => undefined),
      '/tasks/7',
    );
  });

  test('is recognized whichever caller it names', () => {
    assert.equal(withCallerOf('/api/someone/tasks/7', '/api/{user_id}/tasks'), '/api/{user_id}/tasks/7');
    assert.equal(withCallerOf('/users/3/tasks', '/users/{id}/tasks'), '/users/{id}/tasks');
    assert.equal(withCallerOf('/api', '/api/{user_id}/tasks'), '/api');
    assert.equal(withCallerOf('/api/tasks/7', '/api/tasks/{id}'), '/api/tasks/7');
  });
});
