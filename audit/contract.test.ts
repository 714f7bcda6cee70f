import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Contract, pathOfItem, readContract } from './contract.ts';

let folder: string;
before(() => void (folder = mkdtempSync(path.join(tmpdir(), 'contract-'))));
after(() => rmSync(folder, { recursive: true }));

const json = (schema: unknown): object => ({ content: { 'application/json': { schema } } });
const NOTE = {
  type: 'object',
  required: ['kind', 'text', 'size'],
  properties: {
    id: { type: 'string', format: 'uuid' },
    kind: { type: 'string', enum: ['plain', 'rich'] },
    when: { type: 'string', format: 'date-time' },
    text: { type: 'string' },
    size: { type: 'integer', minimum: 3 },
  },
};

function notes(changes: { list?: unknown; create?: object; item?: object; security?: unknown } = {}): object {
  return {
    openapi: '3.1.0',
    security: changes.security ?? [{ bearer: [] }],
    paths: {
      '/status': { get: { security: [], responses: { 200: json({ type: 'object' }) } } },
      '/v2/notes': {
        get: { operationId: 'listNotes', responses: { 200: json(changes.list ?? { type: 'array', items: NOTE }) } },
        post: {
          operationId: 'createNote',
          requestBody: json({ $ref: '#/components/schemas/NewNote' }),
          responses: { 201: json(NOTE) },
          ...changes.create,
        },
      },
      '/v2/notes/{noteId}': {
        get: { operationId: 'readNote', responses: { 200: json(NOTE) } },
        delete: { operationId: 'deleteNote', responses: { 204: {} } },
        ...changes.item,
      },
      '/v2/notes/{noteId}/archive': { post: { operationId: 'archiveNote', responses: { 200: json(NOTE) } } },
      '/v2/notesExtra/{id}': { get: { operationId: 'other', responses: { 200: json(NOTE) } } },
    },
    components: { schemas: { NewNote: NOTE } },
  };
}

/** The same, with documented queries of the list. */
function withParameters(): object {
  const document = notes() as { paths: Record<string, { get: object }> };
  const parameter = (name: string, schema: object): object => ({ name, in: 'query', schema });
  const parameters = [
    parameter('kind', { type: 'string' }),
    parameter('done', { type: 'boolean' }),
    parameter('sort', { enum: ['a&b'] }),
    parameter('q', { type: 'string' }),
    parameter('page', { type: 'integer' }),
    parameter('per_page', { type: 'integer' }),
  ];
  const { '/v2/notes': list } = document.paths;
  return { paths: { ...document.paths, '/v2/notes': { ...list, get: { ...list?.get, parameters } } } };
}

function read(document: object): Contract {
  const file = path.join(folder, 'openapi.json');
  writeFileSync(file, JSON.stringify(document));
  return readContract(file);
}

describe('our own contract', () => {
  test('has one collection of private objects, and all its operations', () => {
    const { operations, resource, variables } = readContract('contract/openapi.json');
    assert.deepEqual([resource.list.path, resource.create.method, resource.read.path], ['/api/v1/tasks', 'POST', '/api/v1/tasks/{id}']);
    assert.deepEqual([resource.listProperty, resource.totalProperty, resource.textProperty], ['tasks', 'total', 'title']);
    assert.deepEqual(resource.onItem.map(({ method, path: template }) => `${method} ${template}`).toSorted(), [
      'DELETE /api/v1/tasks/{id}',
      'GET /api/v1/tasks/{id}',
      'PATCH /api/v1/tasks/{id}/complete',
      'PUT /api/v1/tasks/{id}',
    ]);
    assert.ok(
      operations.filter(({ path: template }) => template.startsWith('/api/')).every((operation) => operation.protected),
      'an operation of the API is not protected',
    );
    assert.ok(operations.some(({ path: template, protected: isProtected }) => template === '/health' && !isProtected));
    assert.ok(variables.some(({ name, secret }) => name === 'JWT_SECRET' && secret));
  });

  test('its samples have what it requires', () => {
    const { resource } = readContract('contract/openapi.json');
    assert.ok(typeof resource.create.sample === 'object' && resource.create.sample !== null && 'title' in resource.create.sample);
  });
});

describe('the contract of another API', () => {
  test('may have other paths and a list that is the array itself', () => {
    const { resource, operations } = read(notes());
    assert.deepEqual([resource.list.id, resource.create.id, resource.read.id], ['listNotes', 'createNote', 'readNote']);
    assert.deepEqual([resource.listProperty, resource.totalProperty, resource.textProperty], [undefined, undefined, 'text']);
    assert.deepEqual(resource.onItem.map(({ id }) => id).toSorted(), ['archiveNote', 'deleteNote', 'readNote']);
    assert.deepEqual(
      operations.filter((operation) => !operation.protected).map(({ path: template }) => template),
      ['/status'],
    );
  });

  test('gets a sample from required properties: the first choice, the least number', () => {
    assert.deepEqual(read(notes()).resource.create.sample, { kind: 'plain', text: 'audit', size: 3 });
  });

  test('gets its own example as a sample', () => {
    const example = { kind: 'rich', text: 'example', size: 9 };
    assert.deepEqual(read(notes({ create: { requestBody: json({ ...NOTE, examples: [example] }) } })).resource.create.sample, example);
  });

  test('may wrap and count the list under other names', () => {
    const { resource } = read(
      notes({ list: { type: 'object', properties: { item_count: { type: 'integer' }, items: { type: 'array', items: NOTE } } } }),
    );
    assert.deepEqual([resource.listProperty, resource.totalProperty], ['items', 'item_count']);
  });

  test('has texts, states and queries to look for leaks with', () => {
    const { resource } = read({ ...notes(), ...withParameters() });
    assert.deepEqual(resource.textProperties, ['text']);
    assert.deepEqual(resource.variants, [{ kind: 'plain' }, { kind: 'rich' }]);
    assert.deepEqual(resource.queries, ['kind=plain', 'kind=rich', 'done=true', 'done=false', 'sort=a%26b', 'page=2&per_page=1']);
    assert.deepEqual(read(notes()).resource.queries, []);
  });

  test('marks optional texts too, also those that may be null, and no formatted ones', () => {
    const schema = {
      type: 'object',
      required: ['text'],
      properties: {
        note: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        text: { type: 'string' },
        when: { type: 'string', format: 'date' },
        size: { anyOf: [{ type: 'integer' }] },
      },
    };
    const { resource } = read(notes({ create: { requestBody: json(schema) } }));
    assert.deepEqual([resource.textProperty, resource.textProperties], ['text', ['note', 'text']]);
  });

  const without: Readonly<Record<string, object>> = {
    'no paths': { openapi: '3.1.0', paths: {} },
    'no protection': notes({ security: [] }),
    'no create': notes({ create: { responses: { 200: json(NOTE) } } }),
    'no text to mark': notes({
      create: { requestBody: json({ type: 'object', required: ['size'], properties: { size: { type: 'integer' }, text: { type: 'string' } } }) },
    }),
    'no read': notes({ item: { get: undefined } }),
  };
  for (const [name, document] of Object.entries(without)) {
    test(`${name}: a clear error instead of an audit without isolation`, () => {
      assert.throws(() => read(document), /no protected collection .* isolation cannot be shown/);
    });
  }

  test('has no settings of ours: those beside it, or none', () => {
    assert.deepEqual(read(notes()).variables, []);
  });

  test('an id is escaped in the path of an object', () => {
    const { resource } = read(notes());
    assert.equal(pathOfItem(resource.read, "1' or '1'='1"), "/v2/notes/1'%20or%20'1'%3D'1");
    assert.equal(pathOfItem(resource.read, 'a/b'), '/v2/notes/a%2Fb');
  });
});
