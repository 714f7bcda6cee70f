import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { rankCollections } from './collections.ts';
import { type Contract, type ContractOptions, readContract } from './contract.ts';
import { ContractError } from './contract-error.ts';

let file: string;
before(() => void (file = path.join(mkdtempSync(path.join(tmpdir(), 'collections-')), 'openapi.json')));
after(() => rmSync(path.dirname(file), { recursive: true }));

const json = (schema: unknown): object => ({ content: { 'application/json': { schema } } });
const ITEM = { type: 'object', required: ['text'], properties: { id: { type: 'string' }, text: { type: 'string' } } };
const get = { responses: { 200: json(ITEM) } };
const list = { responses: { 200: json({ type: 'array', items: ITEM }) } };
const post = { requestBody: json(ITEM), responses: { 201: json(ITEM) } };
const remove = { responses: { 204: {} } };
const OPEN = { security: [] };

function read(paths: object, options: ContractOptions = {}): Contract {
  writeFileSync(file, JSON.stringify({ openapi: '3.1.0', security: [{ bearer: [] }], paths }));
  // Some collections below have no deletion.
  return readContract(file, { leftovers: true, ...options });
}

function problemsOf(paths: object, options: ContractOptions = {}): readonly string[] {
  try {
    read(paths, options);
  } catch (error) {
    if (error instanceof ContractError) return error.problems;
    throw error;
  }
  return [];
}

const TASKS = { '/tasks': { get: list, post }, '/tasks/{id}': { get, delete: remove } };
const LOGS = { '/logs': { get: list, post }, '/logs/{id}': { get, put: post, patch: post }, '/logs/{id}/close': { post } };

describe('the main collection', () => {
  test('is one whose objects can be deleted, then the one with the most operations on an object', () => {
    assert.deepEqual(
      read({ ...LOGS, ...TASKS }).resources.map(({ name }) => name),
      ['tasks', 'logs'],
    );
    const operation = { id: '', protected: true, sample: undefined, success: 200, statuses: [] };
    const item = { ...operation, method: 'GET', path: '/a/{id}' };
    const deletion = { ...operation, method: 'DELETE', path: '/a/{id}' };
    const [few, many, kept] = [[item, deletion], [item, deletion, item], Array.from({ length: 9 }, () => item)].map((onItem) => ({
      read: item,
      onItem,
    }));
    assert.ok(few && many && kept);
    assert.deepEqual(rankCollections([kept, few, many]), [many, few, kept]);
  });

  test('can be chosen by its path', () => {
    const { resource, resources } = read({ ...LOGS, ...TASKS }, { collection: '/logs/' });
    assert.deepEqual([resource.name, resources.map(({ name }) => name)], ['logs', ['logs', 'tasks']]);
  });

  test('that is chosen must exist: the candidates are named, and what the chosen one lacks', () => {
    const other = { '/other': { post }, '/other/{id}': { get } };
    assert.deepEqual(problemsOf({ ...LOGS, ...TASKS, ...other }, { collection: '/other' }), [
      'no collection that can be audited is created at /other, the "collection" of the config file. Candidates: /tasks, /logs.',
      'POST /other: creates objects, but there is no GET /other to list them.',
    ]);
  });

  test('has no operation with a second id in its path', () => {
    const { resource } = read({ ...TASKS, '/tasks/{id}/notes/{note_id}': { get }, '/tasks/{id}/done': { post } });
    assert.deepEqual(
      resource.onItem.map(({ path: at }) => at),
      ['/tasks/{id}', '/tasks/{id}', '/tasks/{id}/done'],
    );
  });

  test('may have a name that another one has: the name is its path then', () => {
    const own = { '/own/tasks': { get: list, post }, '/own/tasks/{id}': { get } };
    assert.deepEqual(
      read({ ...TASKS, ...own }).resources.map(({ name }) => name),
      ['/tasks', '/own/tasks'],
    );
  });
});

describe('what is not a collection', () => {
  test('is named with everything that it lacks, where the contract has no collection', () => {
    const size = json({ type: 'object', required: ['size'], properties: { size: { type: 'integer' } } });
    assert.deepEqual(
      problemsOf({
        '/items': { get: list, post },
        '/posts': { get: { ...list, ...OPEN }, post },
        '/posts/{id}': { get: { ...get, ...OPEN } },
        '/files': { get: list, post: { responses: { 204: {} } } },
        '/files/{id}': { get },
        '/sizes': { get: list, post: { ...post, requestBody: size } },
        '/sizes/{id}': { get },
        '/lists/{list_id}/tasks': { get: list, post },
        '/lists/{list_id}/tasks/{id}': { get },
        '/logout': { post: { responses: { 204: {} } } },
        '/lists/{list_id}/close': { post: { responses: { 204: {} } } },
      }).slice(1),
      [
        'POST /items: creates objects, but there is no GET /items/{id} to read one.',
        'POST /posts: GET /posts has no security requirement, so its objects are not private.',
        'POST /posts: GET /posts/{id} has no security requirement, so its objects are not private.',
        'POST /files: documents no response with the new object.',
        'POST /files: documents no JSON body.',
        'POST /sizes: has no required property for a text of 29 characters.',
        'POST /lists/{list_id}/tasks: needs {list_id}, the id of another object, in its path.',
      ],
    );
  });

  test('is also named where the contract has one', () => {
    assert.deepEqual(read({ ...TASKS, '/items': { get: list, post } }).nearMisses, [
      { path: '/items', missing: ['creates objects, but there is no GET /items/{id} to read one'] },
    ]);
  });

  test('includes sign-in and sign-up, which need no credentials whatever the document inherits', () => {
    const credentials = json({ type: 'object', properties: { email: { type: 'string' }, password: { type: 'string' } } });
    const form = { content: { 'application/x-www-form-urlencoded': { schema: { type: 'object' } } } };
    const paths = {
      ...TASKS,
      '/auth/login': { post: { requestBody: credentials } },
      '/users': { get: list, post: { operationId: 'registerUser', requestBody: credentials } },
      '/users/{id}': { get },
      '/oauth/token': { post: { requestBody: form } },
      '/author': { post: { requestBody: credentials } },
      '/sessions': { post: { requestBody: json(ITEM) } },
    };
    const { operations, resources } = read(paths);
    assert.deepEqual(
      operations.filter((operation) => !operation.protected).map(({ path: at }) => at),
      ['/auth/login', '/users', '/oauth/token'],
    );
    assert.deepEqual(
      resources.map(({ name }) => name),
      ['tasks'],
    );
  });
});

describe('health', () => {
  test('is undefined where the contract has none, or one that needs credentials', () => {
    assert.deepEqual([read(TASKS).health, read({ ...TASKS, '/health': { get } }).health], [undefined, undefined]);
  });

  test('has the path of the config file, documented or not', () => {
    const healthz = { get: { ...OPEN, responses: { 200: json({ type: 'object', properties: { state: { enum: ['up'] } } }) } } };
    const paths = { ...TASKS, '/health': { get: { ...get, ...OPEN } }, '/internal': healthz };
    assert.deepEqual(read(paths, { health: '/internal' }).health, { path: '/internal', properties: { state: ['up'] }, time: undefined });
    assert.deepEqual(read(TASKS, { health: '/up' }).health, { path: '/up', properties: {}, time: undefined });
  });
});
