import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { type Contract, readContract } from './contract.ts';

/** Each document has the form that the generator of the framework writes. */
const read = (name: string): Contract => readContract(path.join(import.meta.dirname, 'testdata', name));

function openPaths({ operations }: Contract): string[] {
  return operations.filter((operation) => !operation.protected).map(({ method, path: at }) => `${method} ${at}`);
}

describe('the OpenAPI document of a framework', () => {
  test('FastAPI: the user in the path, empty response schemas, a form for the sign-in', () => {
    const contract = read('fastapi.json');
    const { resource, health } = contract;
    assert.deepEqual([resource.create.path, resource.create.caller, resource.name], ['/api/{user_id}/tasks', '{user_id}', 'tasks']);
    assert.deepEqual([resource.idProperty, resource.ownerProperty, resource.listProperty], ['id', 'user_id', undefined]);
    assert.deepEqual([resource.textProperties, resource.create.sample], [['title', 'description'], { title: 'audit' }]);
    assert.deepEqual([resource.unknownId, resource.create.success], ['2147483646', 201]);
    assert.deepEqual(health, { path: '/health', properties: {}, time: undefined });
    assert.deepEqual(openPaths(contract), ['GET /health', 'POST /auth/login']);
  });

  test('NestJS: version 3.0, no schema of a response, a requirement of credentials for every operation', () => {
    const contract = read('nest.json');
    const { resource, health } = contract;
    assert.deepEqual(openPaths(contract), ['POST /api/v1/auth/register']);
    assert.deepEqual([health, resource.create.path, resource.listProperty], [undefined, '/api/v1/notes', '*']);
    assert.deepEqual([resource.create.sample, resource.textProperties], [{ title: 'Buy milk', kind: 'plain' }, ['title', 'body']]);
    assert.deepEqual(
      resource.onItem.map(({ method }) => method),
      ['GET', 'PATCH', 'DELETE'],
    );
    assert.deepEqual(
      ['other', null, 1].map((body) => contract.permits.body(resource.create, { title: 'a', kind: 'plain', body })),
      [true, true, false],
    );
  });

  test('tsoa: YAML, a server path, envelopes, a cursor, a boolean as health', () => {
    const { resource, health, permits } = read('tsoa.yaml');
    assert.deepEqual([resource.read.path, resource.listProperty, resource.totalProperty], ['/api/v1/tasks/{taskId}', 'data', 'meta.total']);
    assert.deepEqual([resource.idProperty, resource.ownerProperty, resource.pageStart], ['id', 'ownerId', undefined]);
    assert.deepEqual(health, { path: '/api/v1/health', properties: {}, time: undefined });
    assert.deepEqual(
      [0, 0.5].map((rank) => permits.body(resource.create, { title: 'a', rank })),
      [false, true],
    );
  });

  test('@fastify/swagger: no operationId, ranges and default responses, an absolute server with a path', () => {
    const contract = read('fastify.yaml');
    const { resource } = contract;
    assert.deepEqual([resource.create.id, resource.create.path], ['post /v1/todos', '/v1/todos']);
    assert.deepEqual([resource.create.statuses, resource.create.success, resource.listProperty], [[], 200, 'todos']);
    assert.deepEqual(openPaths(contract), ['GET /v1/health', 'POST /v1/login']);
  });

  test('zod-to-openapi: nested envelopes, allOf, media types with parameters and wildcards', () => {
    const { resource, health } = read('zod-to-openapi.json');
    assert.deepEqual([resource.listProperty, resource.totalProperty], ['data.notes', 'pagination.total']);
    assert.deepEqual([resource.idProperty, resource.ownerProperty, health], ['id', 'userId', undefined]);
    assert.match(resource.unknownId, /^[0-9a-f]{8}-/);
    assert.deepEqual(resource.create.sample, { title: 'Buy milk', rank: 1 });
  });
});
