import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Contract, readContract } from './contract.ts';
import { pathOfItem, rejectionOf } from './operations.ts';

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

const parameter = (name: string, schema: object): object => ({ name, in: 'query', schema });
const PARAMETERS = [
  parameter('kind', { type: 'string' }),
  parameter('done', { type: 'boolean' }),
  parameter('sort', { enum: ['a&b'] }),
  parameter('q', { type: 'string' }),
  parameter('page', { type: 'integer' }),
  parameter('per_page', { type: 'integer' }),
];

/** The same, with documented queries of the list. */
function withParameters(parameters: readonly object[] = PARAMETERS): object {
  const document = notes() as { paths: Record<string, { get: object }> };
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

  test('has the headers of requests and responses, also those of shared responses', () => {
    const ours = readContract('contract/openapi.json');
    assert.deepEqual(ours.requestHeaders, ['idempotency-key']);
    for (const name of ['location', 'ratelimit', 'retry-after', 'www-authenticate', 'x-request-id'])
      assert.ok(ours.responseHeaders.includes(name), name);
  });

  test('has samples with the required properties', () => {
    const { resource } = readContract('contract/openapi.json');
    assert.ok(typeof resource.create.sample === 'object' && resource.create.sample !== null && 'title' in resource.create.sample);
  });
});

describe('the contract of another API', () => {
  test('may declare policies by their names only', () => {
    assert.deepEqual(read({ ...notes(), 'x-policies': ['body-limit'] }).policies, ['body-limit']);
    assert.throws(
      () => read({ ...notes(), 'x-policies': ['body-limits'] }),
      /x-policies names body-limits, which is not a policy\. Policies: problem-details, /,
    );
  });

  test('can have other paths, and a list that is the array itself', () => {
    const { resource, operations } = read(notes());
    assert.deepEqual([resource.list.id, resource.create.id, resource.read.id], ['listNotes', 'createNote', 'readNote']);
    assert.deepEqual([resource.listProperty, resource.totalProperty, resource.textProperty], [undefined, undefined, 'text']);
    assert.deepEqual(resource.onItem.map(({ id }) => id).toSorted(), ['archiveNote', 'deleteNote', 'readNote']);
    assert.deepEqual(
      operations.filter((operation) => !operation.protected).map(({ path: template }) => template),
      ['/status'],
    );
  });

  test('gets a sample from required properties: the first value, the minimum', () => {
    assert.deepEqual(read(notes()).resource.create.sample, { kind: 'plain', text: 'audit', size: 3 });
  });

  test('uses its own example as a sample', () => {
    const example = { kind: 'rich', text: 'example', size: 9 };
    assert.deepEqual(read(notes({ create: { requestBody: json({ ...NOTE, examples: [example] }) } })).resource.create.sample, example);
  });

  test('can wrap and count the list in other properties', () => {
    const { resource } = read(
      notes({ list: { type: 'object', properties: { item_count: { type: 'integer' }, items: { type: 'array', items: NOTE } } } }),
    );
    assert.deepEqual([resource.listProperty, resource.totalProperty], ['items', 'item_count']);
  });

  test('has texts, states and queries for isolation checks', () => {
    const { resource } = read({ ...notes(), ...withParameters() });
    assert.deepEqual(resource.textProperties, ['text']);
    assert.deepEqual(resource.variants, [{ kind: 'plain' }, { kind: 'rich' }]);
    assert.deepEqual(resource.queries, ['kind=plain', 'kind=rich', 'done=true', 'done=false', 'sort=a%26b', 'page=2&per_page=1']);
    assert.deepEqual(read(notes()).resource.queries, []);
  });

  test('marks optional and nullable texts, and no formatted ones', () => {
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

  test('pages by number or by offset', () => {
    const pages = (...names: string[]): unknown[] => {
      const { resource } = read({ ...notes(), ...withParameters(names.map((name) => parameter(name, { type: 'integer' }))) });
      return [resource.pageStart, resource.queries];
    };
    assert.deepEqual(pages('limit', 'offset'), [{ name: 'offset', second: 1 }, ['offset=1&limit=1']]);
    assert.deepEqual(pages('page_number', 'page_size'), [{ name: 'page_number', second: 2 }, ['page_number=2&page_size=1']]);
    assert.deepEqual(pages('skip'), [{ name: 'skip', second: 1 }, []]);
    assert.deepEqual(pages('cursor', 'limit'), [undefined, []]);
  });

  test('can end the path of a collection with a slash, and return 200 for a creation', () => {
    const { paths, ...document } = notes({ create: { responses: { 200: json(NOTE) } } }) as { paths: Record<string, object> };
    const { '/v2/notes': collection, ...others } = paths;
    const { resource } = read({ ...document, paths: { ...others, '/v2/notes/': collection } });
    assert.deepEqual([resource.name, resource.create.path, resource.create.success, resource.lookups], ['notes', '/v2/notes/', 200, []]);
    assert.deepEqual(resource.onItem.map(({ id }) => id).toSorted(), ['archiveNote', 'deleteNote', 'readNote']);
  });

  test('protects nothing with a requirement that can be empty', () => {
    assert.throws(() => read(notes({ security: [{ bearer: [] }, {}] })), /no protected collection/);
  });

  test('can build its schemas with allOf, oneOf and nullable types', () => {
    const schema = {
      allOf: [{ $ref: '#/components/schemas/NewNote' }, { type: 'object', required: ['color'], properties: { color: { $ref: '#/color' } } }],
    };
    const list = { type: 'object', properties: { page: { type: ['array', 'null'] }, size: { anyOf: [{ type: 'null' }, { type: 'integer' }] } } };
    const { resource } = read({
      ...notes({ list, create: { requestBody: json(schema) } }),
      color: { oneOf: [{ const: 'red' }, { const: 'blue' }] },
    });
    assert.deepEqual(resource.create.sample, { kind: 'plain', text: 'audit', size: 3, color: 'red' });
    assert.deepEqual([resource.listProperty, resource.totalProperty], ['page', undefined]);
  });

  test('gets a sample for formats and lengths', () => {
    const properties = {
      when: { type: 'string', format: 'date-time' },
      by: { type: 'string', format: 'email' },
      text: { type: 'string', minLength: 8 },
      places: { type: 'array', minItems: 1, items: { type: 'boolean' } },
    };
    const { resource, permits } = read(notes({ create: { requestBody: json({ type: 'object', required: Object.keys(properties), properties }) } }));
    assert.deepEqual(resource.create.sample, { when: '2030-01-01T00:00:00Z', by: 'audit@example.com', text: 'audit---', places: [true] });
    assert.ok(permits.body(resource.create, resource.create.sample));
  });

  test('gets a sample of the properties of an update that requires none', () => {
    const properties = { text: { type: 'string' }, kind: { enum: ['a', 'b'] }, folder_id: { type: 'integer' } };
    const patch = { operationId: 'changeNote', requestBody: json({ type: 'object', properties }), responses: { 200: json(NOTE) } };
    const { resource } = read(notes({ item: { patch } }));
    assert.deepEqual(resource.onItem.find(({ id }) => id === 'changeNote')?.sample, { text: 'audit', kind: 'a' });
  });

  test('has no marker in texts that are too short for it', () => {
    const text = (more: object): object => ({ type: 'string', ...more });
    const properties = {
      code: text({ maxLength: 8 }),
      letters: text({ pattern: '^[A-Z]*$' }),
      text: text({ maxLength: 29 }),
      long: text({ minLength: 99 }),
    };
    const { resource } = read(notes({ create: { requestBody: json({ type: 'object', required: ['text'], properties }) } }));
    assert.deepEqual(resource.textProperties, ['text']);
  });

  const ids: Readonly<Record<string, readonly [schema: object, form: RegExp]>> = {
    UUIDs: [{ type: 'string', format: 'uuid' }, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
    integers: [{ type: 'integer' }, /^2147483646$/],
    'integers of a closed range': [{ type: 'integer', maximum: 500 }, /^499$/],
    'ten letters or digits': [{ type: 'string', pattern: '^[a-z0-9]{10}$' }, /^[a-z0-9]{10}$/],
    'words in capitals': [{ type: 'string', pattern: '^[A-Z2-7]{26}$', examples: ['ABCDEFGHIJKLMNOPQRSTUVWX23'] }, /^[A-Z2-7]{26}$/],
    'words with a prefix': [{ type: 'string', pattern: '^note_[A-Za-z0-9]{6}$', example: 'note_a1B2c3' }, /^note_[a-z]\d[A-Z]\d[a-z]\d$/],
    'words of a length': [{ type: 'string', minLength: 30, maxLength: 40 }, /^[0-9a-f]{30}$/],
    'short words': [{ type: 'string', maxLength: 6 }, /^[0-9a-f]{6}$/],
    'any text': [{ type: 'string' }, /^[0-9a-f]{24}$/],
    'a prefix, digits and letters': [{ type: 'string', pattern: '^note:[0-9]{3}:[a-z]+$' }, /^note:[0-9]{3}:[a-z]{5,}$/],
    'a pattern without anchors': [{ type: 'string', pattern: '[0-9a-f]{24}' }, /^[0-9a-f]{24}$/],
    'a pattern that is not Unicode': [{ type: 'string', pattern: '^[a-z\\_]{9}$' }, /^[a-z\\_]{9}$/],
    'a pattern with a length': [{ type: 'string', pattern: '^[a-z]*$', minLength: 7, maxLength: 9 }, /^[a-z]{7,9}$/],
  };
  for (const [what, [schema, form]] of Object.entries(ids)) {
    test(`an unknown id is one of ${what}`, () => {
      const get = { operationId: 'readNote', parameters: [{ name: 'noteId', in: 'path', required: true, schema }], responses: { 200: json({}) } };
      const made = Array.from({ length: 20 }, () => read(notes({ item: { get } })).resource.unknownId);
      for (const id of made) assert.match(id, form);
      if (!form.source.includes('^2147') && !form.source.includes('^499')) assert.ok(new Set(made).size > 10, 'is not random');
    });
  }

  test('an id of a form that cannot be generated needs an example', () => {
    const schema = { type: 'string', pattern: '^(?!note)[a-z]+$' };
    const get = { operationId: 'readNote', parameters: [{ name: 'noteId', in: 'path', required: true, schema }], responses: { 200: json({}) } };
    assert.throws(() => read(notes({ item: { get } })), /Give its parameter an example/);
  });

  test('has the values and the time of health, and the path of liveness', () => {
    const properties = { state: { enum: ['pass', 'fail'] }, alive: { const: true }, version: { type: 'string' }, time: { type: 'string' } };
    const open = (schema: object): object => ({ get: { security: [], responses: { 200: json(schema) } } });
    const { paths, ...document } = notes() as { paths: object };
    const { health, liveness } = read({
      ...document,
      paths: { '/health/live': open({ properties: { up: {} } }), '/health/ready': open({ type: 'object', properties }), ...paths },
    });
    assert.deepEqual(health, {
      path: '/health/ready',
      properties: { state: ['pass', 'fail'], alive: ['true'], version: [], time: [] },
      time: 'time',
    });
    assert.deepEqual(liveness, { path: '/health/live', properties: { up: [] }, time: undefined });
  });

  test('has a status for rejections: the first that fits and is documented, or the usual one', () => {
    const rejecting = (...statuses: number[]): number => {
      const responses = Object.fromEntries([[201, json(NOTE)], ...statuses.map((status) => [status, {}] as const)]);
      return rejectionOf(read(notes({ create: { responses } })).resource.create, 422, 400);
    };
    assert.deepEqual([rejecting(400, 422), rejecting(400), rejecting(404)], [422, 400, 422]);
  });

  const without: Readonly<Record<string, object>> = {
    'no paths': { openapi: '3.1.0', paths: {} },
    'no protection': notes({ security: [] }),
    'no create': notes({ create: { responses: { 204: {} } } }),
    'no text for the marker': notes({
      create: { requestBody: json({ type: 'object', required: ['size'], properties: { size: { type: 'integer' }, text: { type: 'string' } } }) },
    }),
    'no read': notes({ item: { get: undefined } }),
  };
  for (const [name, document] of Object.entries(without)) {
    test(`${name}: is an error instead of an audit without isolation`, () => {
      assert.throws(() => read(document), /no protected collection .* isolation cannot be checked/);
    });
  }

  test('has the settings next to it, or none', () => {
    assert.deepEqual(read(notes()).variables, []);
  });

  test('an id is escaped in the path of an object', () => {
    const { resource } = read(notes());
    assert.equal(pathOfItem(resource.read, "1' or '1'='1"), "/v2/notes/1'%20or%20'1'%3D'1");
    assert.equal(pathOfItem(resource.read, 'a/b'), '/v2/notes/a%2Fb');
  });
});
