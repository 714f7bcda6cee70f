import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { readContract } from '../../contract/contract.ts';
import { bodySchema, propertiesOf } from '../../contract/openapi-document.ts';
import { updateOf } from '../../contract/operations.ts';
import { readDocument } from '../../contract/read-document.ts';
import { MARKER } from '../../model/marker.ts';
import { parseJson } from '../../model/json.ts';
import { EXPOSED_PATHS } from './exposed-paths.ts';
import { type OddBody, oddBodies } from './odd-bodies.ts';

const FILE = 'contract/openapi.json';
const contract = readContract(FILE);
const document = readDocument(FILE);

/** By column. */
function bodies(): (readonly [string, OddBody[]])[] {
  return contract.resources.flatMap((resource) =>
    [resource.create, updateOf(resource)].flatMap((operation) => {
      if (operation === undefined) return [];
      const properties = propertiesOf(document, bodySchema(document, operation));
      const all = oddBodies({ contract, resource, operation, properties }).flatMap((each) => each.bodies);
      return [[`${operation.method} ${operation.path}`, all] as const];
    }),
  );
}

test('odd bodies are sent to every creation and update, also with wrong values for every property', () => {
  assert.deepEqual(
    bodies().map(([column]) => column),
    ['POST /api/v1/tasks', 'PUT /api/v1/tasks/{id}', 'POST /api/v1/tags'],
  );
  const update = bodies()[1]?.[1].filter(({ row }) => row === 'values of wrong types') ?? [];
  for (const name of ['title', 'description', 'completed', 'priority', 'tag_ids'])
    assert.equal(update.filter(({ purpose }) => purpose.endsWith(` as ${name}`)).length, 2, name);
  assert.ok(update.every(({ permitted }) => !permitted));
});

test('a body that could create an object has the marker', () => {
  for (const [column, all] of bodies())
    for (const { body, permitted, purpose } of all) {
      const isValid = parseJson(body) !== undefined && contract.permits.body({ path: column.split(' ')[1] ?? '', method: 'POST' }, parseJson(body));
      assert.ok(body.includes(MARKER) || !permitted || !isValid, `${column}: ${purpose}`);
    }
});

test('a compressed body beyond the limit is small, and has the same size as the plain one', () => {
  for (const [, all] of bodies()) {
    const [plain, compressed] = all.filter(({ row }) => row === 'compressed bodies beyond the size limit');
    assert.ok(plain?.plain === true && compressed?.bytes !== undefined);
    assert.ok(compressed.bytes.length < 1_000);
    assert.equal(gunzipSync(compressed.bytes).length, plain.body.length);
  }
});

test('exposed paths begin with a slash and occur once in their place', () => {
  for (const place of ['root', 'below'] as const) {
    const paths = EXPOSED_PATHS.flatMap((each) => each[place]);
    assert.deepEqual(
      paths.filter((path, index) => !path.startsWith('/') || paths.indexOf(path) !== index),
      [],
    );
  }
});
