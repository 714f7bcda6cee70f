import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { effectOf, usable } from './left-out.ts';
import type { Operation, Resource } from './operations.ts';

const operation = (name: string, id = name): Operation => {
  const [method = '', path = ''] = name.split(' ');
  return { id, method, path, protected: true, sample: {}, success: 200, statuses: [200] };
};

const resource = (at: string, ...more: readonly string[]): Resource =>
  ({
    name: at.slice(1),
    list: operation(`GET ${at}`),
    create: operation(`POST ${at}`),
    read: operation(`GET ${at}/{id}`),
    onItem: [`GET ${at}/{id}`, ...more].map((name) => operation(name)),
    lookups: [],
    references: [],
  }) as unknown as Resource;

const usableOf = (resources: readonly Resource[], others: readonly string[], permissions: Partial<Parameters<typeof usable>[2]> = {}) => {
  const operations = [...resources.flatMap(({ list, create, onItem }) => [list, create, ...onItem]), ...others.map((name) => operation(name))];
  const { resources: kept, leftOut } = usable(operations, resources, { safeOperations: [], leftovers: false, ...permissions });
  return {
    names: kept.map(({ name }) => name),
    onItem: kept.flatMap(({ onItem }) => onItem.map(({ id }) => id)),
    leftOut: Object.fromEntries(leftOut.map(({ operation: { id }, reason }) => [id, reason])),
  };
};

describe('an operation with effects beyond its object', () => {
  const left: Readonly<Record<string, readonly string[]>> = {
    'signs users in, up or out': [
      'GET /logout',
      'POST /auth/sign-in',
      'POST /signup',
      'GET /auth/log_out',
      'POST /users/login',
      'POST /v1/login/access-token',
    ],
    'changes something, although it is a read': [
      'GET /createdb',
      'GET /admin/reset',
      'GET /cache/flush',
      'GET /newsletter/{id}/unsubscribe',
      'GET /orders/{id}/cancel',
    ],
    'acts on accounts': ['POST /users', 'PUT /users/{id}/password', 'POST /sessions', 'POST /password', 'POST /api-keys'],
    'moves money': ['POST /payments', 'POST /orders', 'POST /carts/{id}/checkout', 'POST /invoices/{id}/refund'],
    'sends messages to people or to other systems': [
      'POST /emails',
      'POST /notes/{id}/share',
      'POST /documents/{id}/send',
      'POST /webhooks',
      'POST /teams/{id}/invite',
    ],
  };
  for (const [reason, names] of Object.entries(left))
    for (const name of names) test(`${name} ${reason}`, () => assert.equal(effectOf(operation(name)), reason));

  test('is recognized by its operationId as well', () => {
    assert.equal(effectOf(operation('GET /v1/x', 'AuthController_logout')), 'signs users in, up or out');
    assert.equal(effectOf(operation('GET /v1/x', 'deleteAll')), 'changes something, although it is a read');
    assert.equal(effectOf(operation('PUT /v1/items/{id}', 'sendItem')), 'sends messages to people or to other systems');
  });

  const executed = [
    'GET /tasks',
    'POST /tasks',
    'PATCH /tasks/{id}/complete',
    'GET /users/me',
    'GET /orders',
    'GET /messages/{id}',
    'GET /notifications',
    'GET /runs',
    'GET /cancellations',
    'POST /users/{user_id}/tasks',
    'DELETE /messages/{id}',
    'PUT /notes/{id}',
    'GET /tags/autocomplete',
    'GET /logs',
    'GET /initiatives',
  ];
  for (const name of executed) test(`is not ${name}`, () => assert.equal(effectOf(operation(name)), undefined));
});

describe('the operations that the audit may execute', () => {
  const notes = resource('/notes', 'DELETE /notes/{id}', 'POST /notes/{id}/share', 'POST /notes/{id}/archive');
  const logs = resource('/logs');
  const payments = resource('/payments', 'DELETE /payments/{id}');

  test('are those of collections whose objects can be deleted and have no other effect', () => {
    const { names, onItem, leftOut } = usableOf([notes, logs, payments], ['DELETE /me', 'GET /logout', 'GET /me', 'POST /search']);
    assert.deepEqual(names, ['notes']);
    assert.deepEqual(onItem, ['GET /notes/{id}', 'DELETE /notes/{id}', 'POST /notes/{id}/archive']);
    assert.deepEqual(leftOut, {
      'POST /logs': 'creates objects that cannot be deleted',
      'POST /notes/{id}/share': 'sends messages to people or to other systems',
      'POST /payments': 'moves money',
      'DELETE /payments/{id}': 'writes to something that the audit did not create',
      'DELETE /me': 'writes to something that the audit did not create',
      'GET /logout': 'signs users in, up or out',
      'POST /search': 'writes to something that the audit did not create',
    });
  });

  test('include those that the config names, one by one', () => {
    const { names, leftOut } = usableOf([payments], ['POST /search', 'POST /login'], { safeOperations: ['POST /payments', 'POST /search'] });
    assert.deepEqual(names, ['payments']);
    assert.deepEqual(Object.keys(leftOut), ['POST /login']);
  });

  test('create objects that stay only where the config allows leftovers', () => {
    assert.deepEqual(usableOf([logs], [], { leftovers: true }).names, ['logs']);
  });

  test('refer to no collection that is left out', () => {
    const tagged = { ...notes, references: [{ property: 'log_id', isList: false, parameters: [], to: 'logs' }] } as Resource;
    const { resources } = usable([], [tagged, logs], { safeOperations: [], leftovers: false });
    assert.deepEqual(
      resources.map(({ references }) => references),
      [[]],
    );
  });
});
