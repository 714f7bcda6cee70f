import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readContract } from '../../contract/contract.ts';
import { badInput, type BadInput, badRequests } from './bad-input.ts';
import { MARKER } from '../../model/marker.ts';

let folder: string;
before(() => void (folder = mkdtempSync(path.join(tmpdir(), 'bad-input-'))));
after(() => rmSync(folder, { recursive: true }));

const OWN = { id: '7', text: `${MARKER}own` };

function inputsOf(file: string): BadInput[] {
  const contract = readContract(file);
  return contract.resources.flatMap((resource) => [...badRequests(resource, 'random'), ...badInput(contract, resource, OWN, 'random')]);
}

const purposesOf = (inputs: readonly BadInput[]): string[] => inputs.map(({ purpose }) => purpose).toSorted();

/** A contract without any limits: no lengths, patterns or minimum. */
function openContract(): string {
  const json = (schema: unknown): object => ({ content: { 'application/json': { schema } } });
  const note = { type: 'object', required: ['text'], properties: { id: { type: 'string' }, text: { type: 'string' } } };
  const parameter = (name: string, type: string): object => ({ name, in: 'query', schema: { type } });
  const file = path.join(folder, 'openapi.json');
  const list = { responses: { 200: json({ type: 'array', items: note }) }, parameters: [parameter('q', 'string'), parameter('limit', 'integer')] };
  const document = {
    openapi: '3.1.0',
    security: [{ bearer: [] }],
    paths: {
      '/health': { get: { security: [], responses: { 200: json({}) } } },
      '/notes': { get: list, post: { requestBody: json(note), responses: { 201: json(note) } } },
      '/notes/{id}': {
        get: { responses: { 200: json(note) } },
        put: { requestBody: json(note), responses: { 200: json(note) } },
        delete: { responses: { 204: {} } },
      },
    },
  };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

describe('bad input', () => {
  test('is forbidden by our own contract, except for texts that it permits', () => {
    const inputs = inputsOf('contract/openapi.json');
    assert.ok(inputs.length >= 50, `${inputs.length} inputs`);
    const permitted = inputs.filter(({ permitted: isPermitted }) => isPermitted);
    assert.deepEqual([...new Set(permitted.map(({ purpose, method, path: at }) => `${method} ${at.split('?')[0]}: ${purpose}`))].toSorted(), [
      'GET /api/v1/tags/autocomplete: quotes and a backslash in a parameter',
      'GET /api/v1/tasks: quotes and a backslash in a parameter',
      'POST /api/v1/tags: the text of another object',
      'POST /api/v1/tasks: the text of another object',
    ]);
  });

  test('is sent to every collection, its lookups and its references', () => {
    const paths = inputsOf('contract/openapi.json').map(({ method, path: at, body = '' }) => `${method} ${at} ${body}`);
    for (const wanted of [
      /^GET \/api\/v1\/tags\/2147483648 /,
      /^GET \/api\/v1\/tags\/autocomplete\?q=a%00b /,
      /^POST \/api\/v1\/tags .*audit_unknown_field/,
      /^GET \/api\/v1\/tasks\?tag_id=2147483648 /,
      /^POST \/api\/v1\/tasks .*"tag_ids":\[2147483648\]/,
    ])
      assert.ok(
        paths.some((each) => wanted.test(each)),
        String(wanted),
      );
  });

  test('is permitted where a contract sets no limit, and uses only documented parameters', () => {
    const inputs = inputsOf(openContract());
    assert.deepEqual(purposesOf(inputs.filter(({ permitted }) => permitted)), [
      'NUL in a parameter',
      'NUL in an update',
      'NUL in text',
      'a huge page size',
      'a negative page size',
      'a page size of 0',
      'an unknown field',
      'an unknown field in an update',
      'over-long text',
      'quotes and a backslash in a parameter',
      'the text of another object',
    ]);
    assert.ok(!inputs.some(({ purpose }) => purpose === 'a negative page'), 'there are no pages');
    assert.ok(inputs.some(({ path: at }) => at === '/notes?limit=1&limit=2'));
  });

  test('contains the marker wherever its text could create an object', () => {
    const unmarked = inputsOf(openContract()).filter(({ body, permitted }) => permitted && body !== undefined && !body.includes(MARKER));
    assert.deepEqual(unmarked, []);
  });

  test('has one fault and is otherwise valid', () => {
    const inputs = inputsOf('contract/openapi.json');
    const unknown = inputs.find(({ purpose }) => purpose === 'an unknown field in an update');
    const { audit_unknown_field: _, ...rest } = JSON.parse(unknown?.body ?? '') as Record<string, unknown>;
    const { permits, resource } = readContract('contract/openapi.json');
    const update = resource.onItem.find(({ method }) => method === unknown?.method);
    assert.ok(update && permits.body(update, rest));
  });
});
