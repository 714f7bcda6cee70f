import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import addFormats from 'ajv-formats';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import * as z from 'zod/v4';
import { type HttpResponse, problemOf } from '../requests.ts';

/** The committed contract. */
const document: unknown = JSON.parse(readFileSync(new URL('../../../contract/openapi.json', import.meta.url), 'utf8'));

const jsonSchema = z.record(z.string(), z.unknown());
const content = z.record(z.string(), z.strictObject({ schema: jsonSchema }));
const header = z.preprocess(resolve, z.object({ description: z.string(), schema: jsonSchema }));
const response = z.strictObject({ description: z.string().min(1), headers: z.record(z.string(), header), content: content.default({}) });
const parameter = z.object({ name: z.string(), in: z.enum(['path', 'query', 'header']), schema: jsonSchema });
const operationObject = z.object({
  operationId: z.string(),
  security: z.array(z.unknown()).optional(),
  parameters: z.array(parameter).default([]),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), z.preprocess(resolve, response)),
});
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const optional = operationObject.optional();
const pathItem = z.strictObject({
  parameters: z.array(parameter).default([]),
  get: optional,
  post: optional,
  put: optional,
  patch: optional,
  delete: optional,
});
const contract = z
  .object({
    paths: z.record(z.string(), pathItem),
    components: z.object({ headers: z.record(z.string(), header), schemas: z.record(z.string(), jsonSchema) }),
  })
  .parse(document);

export type JsonSchema = z.infer<typeof jsonSchema>;
export type Parameter = z.infer<typeof parameter>;
export type Operation = {
  /** Upper case. */
  method: string;
  /** Template, such as /api/v1/tasks/{id}. */
  path: string;
  name: string;
  isPrivate: boolean;
  parameters: readonly Parameter[];
  /** The schema of the JSON body. */
  body: JsonSchema | undefined;
  responses: Readonly<Record<string, z.infer<typeof response>>>;
};

export const operations: readonly Operation[] = Object.entries(contract.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const documented = item[method];
    if (documented === undefined) return [];
    return {
      method: method.toUpperCase(),
      path,
      name: documented.operationId,
      isPrivate: documented.security === undefined,
      parameters: [...item.parameters, ...documented.parameters],
      body: documented.requestBody?.content['application/json']?.schema,
      responses: documented.responses,
    };
  }),
);

/** Every named schema, and the schemas of headers and parameters. */
export const schemas: readonly JsonSchema[] = [
  ...Object.keys(contract.components.schemas).map((name) => ({ $ref: `#/components/schemas/${name}` })),
  ...Object.values(contract.components.headers).map(({ schema }) => schema),
  ...operations.flatMap(({ parameters }) => parameters.map(({ schema }) => schema)),
];

// strict rejects unknown keywords and formats, such as misspelt ones.
const ajv = new Ajv2020({ strict: true });
addFormats.default(ajv);
for (const [name, schema] of Object.entries(contract.components.schemas)) ajv.addSchema(byName(schema), name);
const compiled = new Map<string, ValidateFunction>();

/** @throws if the schema is not strict JSON Schema 2020-12 */
export function validator(schema: JsonSchema): ValidateFunction {
  const key = JSON.stringify(schema);
  const validate = compiled.get(key) ?? ajv.compile(byName(schema));
  compiled.set(key, validate);
  return validate;
}

/** The schema with references by name, because the validator does not have the OpenAPI document. */
function byName(schema: JsonSchema): JsonSchema {
  return jsonSchema.parse(JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/components/schemas/', '"$ref":"')));
}

/** Follows a reference within the document, such as #/components/headers/Location. */
export function resolve(node: unknown): unknown {
  const reference = z.object({ $ref: z.string().startsWith('#/') }).safeParse(node);
  if (!reference.success) return node;
  const steps = reference.data.$ref.slice(2).split('/');
  return steps.reduce((place, step) => z.looseObject({}).parse(place)[step.replaceAll('~1', '/').replaceAll('~0', '~')], document);
}

/** The operations at the path of a request target. */
export function operationsAt(target: string): readonly Operation[] {
  const [path = ''] = target.split('?');
  // Literal paths take precedence over paths with an id.
  const templates = [...new Set(operations.map((operation) => operation.path))].toSorted((a, b) => Number(a.includes('{')) - Number(b.includes('{')));
  const template = templates.find((known) => new RegExp(`^${known.replaceAll(/\{\w+\}/g, '[^/]+')}/?$`, 'i').test(path));
  return operations.filter((operation) => operation.path === template);
}

/** Asserts that status, headers, media type and body are exactly those documented for the operation. */
export function assertDocumented({ name, responses }: Operation, { status, headers, text, body }: HttpResponse, method?: 'HEAD'): void {
  const documented = responses[status];
  assert.ok(documented !== undefined, `${name} responds with ${status}, which is not documented: ${text}`);
  const where = `${name} ${status}`;
  for (const [header, { schema }] of Object.entries(documented.headers)) {
    const value = headers[header.toLowerCase()];
    assert.ok(typeof value === 'string', `${where} lacks the header ${header}`);
    assertValid(schema, schema['type'] === 'integer' && /^\d+$/.test(value) ? Number(value) : value, `${where} header ${header}`);
  }
  for (const header of Object.keys(contract.components.headers))
    assert.ok(header in documented.headers || headers[header.toLowerCase()] === undefined, `${where} has the header ${header} undocumented`);
  const [type] = headers['content-type']?.split(';') ?? [];
  assert.deepEqual(type === undefined ? [] : [type], Object.keys(documented.content), `${where} media type`);
  const schema = documented.content[type ?? '']?.schema;
  if (schema === undefined || method === 'HEAD') {
    assert.equal(text, '', `${where} has a body`);
    return;
  }
  // Clients must ignore unknown members of a problem (RFC 9457 section 3.2), but this service sends none.
  assertValid({ ...schema, type: 'object', unevaluatedProperties: false }, body, `${where} body`);
  if (type === 'application/problem+json') problemOf({ status, headers, text, body });
}

/** @throws if the response is not a problem as documented, or has undocumented members */
export function assertProblem(response: HttpResponse): void {
  assertValid({ $ref: '#/components/schemas/Problem', type: 'object', unevaluatedProperties: false }, response.body, `${response.status} body`);
  problemOf(response);
}

function assertValid(schema: JsonSchema, value: unknown, where: string): void {
  const validate = validator(schema);
  assert.ok(validate(value), `${where}: ${ajv.errorsText(validate.errors, { dataVar: '' })} in ${JSON.stringify(value)}`);
}
