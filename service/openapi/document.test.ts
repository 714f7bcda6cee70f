import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { type JsonObject } from './parts.ts';
import { openApiDocument } from './document.ts';

// Every rule of the strictest set, and those of its disabled rules that fit this document.
const RULES = {
  'component-name-unique': 'error',
  'array-parameter-serialization': 'error',
  'operation-4xx-problem-details-rfc7807': 'error',
  'operation-singular-tag': 'error',
  'operation-tag-defined': 'error',
  'path-params-defined': 'error',
  'paths-kebab-case': 'error',
  'spec-strict-refs': 'error',
} as const;

let config: Awaited<ReturnType<typeof createConfig>>;
before(async () => {
  config = await createConfig({ extends: ['recommended-strict'], rules: RULES });
});

/** The document's problems, as `rule place`. Every reference is internal, so nothing is fetched. */
async function lint(document: JsonObject): Promise<string[]> {
  const source = JSON.stringify(document);
  assert.doesNotMatch(source, /"\$ref":"(?!#\/)/);
  return (await lintFromString({ source, config })).map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`);
}

const TASKS = '/api/v1/tasks';
type Faults = Record<string, [rule: string, seed: (document: ReturnType<typeof editable>) => void]>;

/** The document, with the parts in which faults are seeded. */
function editable() {
  const document = openApiDocument();
  const { paths, components } = document as {
    paths: Record<string, Record<string, JsonObject>>;
    components: { schemas: Record<string, JsonObject>; responses: Record<string, JsonObject> };
  };
  return { document, paths, schemas: components.schemas, responses: components.responses };
}

describe('the OpenAPI document', () => {
  test('passes its linter', async () => {
    assert.deepEqual(await lint(openApiDocument()), []);
  });

  const faults: Faults = {
    'a misspelt keyword': ['struct', ({ schemas }) => void (schemas['Tag'] = { ...schemas['Tag'], requierd: ['id'] })],
    'a reference to nothing': ['no-unresolved-refs', ({ schemas }) => void delete schemas['Tag']],
    'a schema that nothing uses': ['no-unused-components', ({ schemas }) => void (schemas['Spare'] = { type: 'string' })],
    'an operation without security': ['security-defined', ({ document }) => void delete document['security']],
    'an operation without a summary': ['operation-summary', ({ paths }) => void delete paths[TASKS]?.['get']?.['summary']],
    'an example that its schema forbids': [
      'no-invalid-schema-examples',
      ({ schemas }) => void Object.assign(schemas['NewTag'] ?? {}, { examples: [{}] }),
    ],
    'an error that is not a problem': [
      'operation-4xx-problem-details-rfc7807',
      ({ responses }) => void Object.assign(responses['Conflict'] ?? {}, { content: { 'application/json': { schema: { type: 'object' } } } }),
    ],
    'two operations with one name': [
      'operation-operationId-unique',
      ({ paths }) => void Object.assign(paths['/livez']?.['get'] ?? {}, { operationId: 'getHealth' }),
    ],
    'a placeholder without a parameter': ['path-parameters-defined', ({ paths }) => void delete paths[`${TASKS}/{id}`]?.['parameters']],
  };
  for (const [what, [rule, seed]] of Object.entries(faults)) {
    test(`is reported for ${what}`, async () => {
      const seeded = editable();
      seed(seeded);
      const problems = await lint(seeded.document);
      assert.ok(
        problems.some((problem) => problem.startsWith(`${rule} `)),
        problems.join('\n'),
      );
    });
  }
});
