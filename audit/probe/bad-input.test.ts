import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readContract } from '../contract.ts';
import { badInput, type BadInput } from './bad-input.ts';
import { MARKER } from './journal.ts';

let folder: string;
before(() => void (folder = mkdtempSync(path.join(tmpdir(), 'bad-input-'))));
after(() => rmSync(folder, { recursive: true }));

function inputsOf(file: string): BadInput[] {
  const contract = readContract(file);
  return badInput(contract, contract.resource, '7', 'random');
}

/** A contract that closes nothing: no lengths, no patterns, no least page. */
function openContract(): string {
  const json = (schema: unknown): object => ({ content: { 'application/json': { schema } } });
  const note = { type: 'object', required: ['text'], properties: { id: { type: 'string' }, text: { type: 'string' } } };
  const parameter = (name: string, type: string): object => ({ name, in: 'query', schema: { type } });
  const file = path.join(folder, 'openapi.json');
  const list = { responses: { 200: json({ type: 'array', items: note }) }, parameters: [parameter('q', 'string'), parameter('limit', 'integer')] };
  const document = {
    security: [{ bearer: [] }],
    paths: {
      '/health': { get: { security: [], responses: { 200: json({}) } } },
      '/notes': { get: list, post: { requestBody: json(note), responses: { 201: json(note) } } },
      '/notes/{id}': { get: { responses: { 200: json(note) } }, put: { requestBody: json(note), responses: { 200: json(note) } } },
    },
  };
  writeFileSync(file, JSON.stringify(document));
  return file;
}

describe('bad input', () => {
  test('is all of it forbidden by our own contract: nothing of it may be taken', () => {
    const inputs = inputsOf('contract/openapi.json');
    assert.ok(inputs.length >= 24, `${inputs.length} inputs`);
    assert.deepEqual(
      inputs.filter(({ permitted }) => permitted).map(({ purpose }) => purpose),
      [],
    );
  });

  test('may be taken where a contract leaves it open, and asks for nothing it has not', () => {
    const inputs = inputsOf(openContract());
    assert.deepEqual(
      inputs
        .filter(({ permitted }) => permitted)
        .map(({ purpose }) => purpose)
        .toSorted(),
      [
        'NUL in a parameter',
        'NUL in an update',
        'NUL in text',
        'a huge page size',
        'a negative page size',
        'a page size of none',
        'an unknown field',
        'an unknown field in an update',
        'over-long text',
      ],
    );
    assert.ok(!inputs.some(({ purpose }) => purpose === 'a negative page'), 'there are no pages');
    assert.ok(inputs.some(({ path: at }) => at === '/notes?limit=1&limit=2'));
  });

  test("carries the audit's mark wherever it could become an object by its text", () => {
    const unmarked = inputsOf(openContract()).filter(({ body, permitted }) => permitted && body !== undefined && !body.includes(MARKER));
    assert.deepEqual(unmarked, []);
  });

  test('is otherwise valid: what is refused is refused for its fault', () => {
    const inputs = inputsOf('contract/openapi.json');
    const unknown = inputs.find(({ purpose }) => purpose === 'an unknown field in an update');
    const { audit_unknown_field: _, ...rest } = JSON.parse(unknown?.body ?? '') as Record<string, unknown>;
    const { permits, resource } = readContract('contract/openapi.json');
    const update = resource.onItem.find(({ method }) => method === unknown?.method);
    assert.ok(update && permits.body(update, rest));
  });
});
