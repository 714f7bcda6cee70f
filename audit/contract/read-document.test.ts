import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ContractError } from './contract-error.ts';
import type { Json } from './openapi-document.ts';
import { readDocument } from './read-document.ts';

let file: string;
before(() => void (file = path.join(mkdtempSync(path.join(tmpdir(), 'document-')), 'openapi.yaml')));
after(() => rmSync(path.dirname(file), { recursive: true }));

function read(content: string | object): Json {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readDocument(file);
}

function problemsOf(content: string | object): readonly string[] {
  try {
    read(content);
  } catch (error) {
    if (error instanceof ContractError) return error.problems;
    throw error;
  }
  return [];
}

describe('readDocument', () => {
  test('reads YAML, and JSON with a byte order mark', () => {
    assert.deepEqual(read('openapi: 3.1.0\npaths:\n  /a: { get: { responses: { 200: { description: ok } } } }'), {
      openapi: '3.1.0',
      paths: { '/a': { get: { responses: { 200: { description: 'ok' } } } } },
    });
    assert.deepEqual(read('\uFEFF{"openapi": "3.1.1",\n\t"paths": {}}'), { openapi: '3.1.1', paths: {} });
  });

  test('converts version 3.0, and leaves 3.1 as it is', () => {
    const schema = { type: 'number', nullable: true, minimum: 0, exclusiveMinimum: true, example: 2 };
    const document = (openapi: string): object => ({ openapi, paths: {}, components: { schemas: { Rank: schema } } });
    const [old, current] = ['3.0.3', '3.1.0'].map((version) => (read(document(version))['components'] as { schemas: { Rank: Json } }).schemas.Rank);
    assert.deepEqual(old, { type: ['number', 'null'], exclusiveMinimum: 0, examples: [2] });
    assert.deepEqual(current, schema);
  });

  test('puts the path of the first server in front of each path', () => {
    const pathsOf = (...servers: object[]): string[] => Object.keys(read({ openapi: '3.1.0', servers, paths: { '/a': {} } })['paths'] as object);
    assert.deepEqual(pathsOf(), ['/a']);
    assert.deepEqual(pathsOf({ url: '/' }), ['/a']);
    assert.deepEqual(pathsOf({ url: '/api/v1/' }, { url: '/api/v2' }), ['/api/v1/a']);
    assert.deepEqual(pathsOf({ url: 'https://api.example.com/v1' }), ['/v1/a']);
    assert.deepEqual(pathsOf({ url: 'https://{host}/{base}', variables: { host: { default: 'x.example' }, base: { default: 'v3' } } }), ['/v3/a']);
  });

  test('names every reference that cannot be followed, and how to bundle the document', () => {
    const problems = problemsOf({
      openapi: '3.1.0',
      paths: { '/a': { $ref: './a.yaml' }, '/b': { get: { responses: { 200: { $ref: '#/components/responses/None' } } } } },
      components: { schemas: { example: { $ref: 'https://example.com/s.json' }, Task: { example: { $ref: 'data' } } } },
    });
    assert.deepEqual(problems, [
      `paths./a: ./a.yaml is in another file. Bundle the document first: npx @redocly/cli bundle ${file} --output bundled.json`,
      'paths./b.get.responses.200: #/components/responses/None does not exist.',
      `components.schemas.example: https://example.com/s.json is in another file. Bundle the document first: npx @redocly/cli bundle ${file} --output bundled.json`,
    ]);
  });

  test('rejects what is not an OpenAPI document', () => {
    assert.match(problemsOf('{"openapi": ').join(), /^it is neither JSON nor YAML: /);
    assert.match(problemsOf('a: [').join(), /^it is neither JSON nor YAML: /);
    assert.match(problemsOf('just text').join(), /^it is not an OpenAPI document/);
    assert.match(problemsOf({ paths: {} }).join(), /no field "openapi"/);
  });
});
