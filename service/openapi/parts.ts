import * as z from 'zod/v4';

export type JsonObject = Record<string, unknown>;

/** Open: clients have to ignore unknown members of a problem (RFC 9457 section 3.2). */
const problem = z
  .looseObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    message: z.string().meta({ description: 'The same as detail' }),
    request_id: z.string(),
    errors: z
      .array(
        z.strictObject({
          in: z.enum(['body', 'query', 'path', 'header']),
          pointer: z.string().meta({ description: 'JSON Pointer, RFC 6901' }),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem' });

const LIMIT_HEADERS = ['RateLimit', 'RateLimit-Policy'];

/** By status: name, description and headers of the response. Origins are rejected before requests are counted. */
const PROBLEMS: Record<number, [name: string, description: string, headers: string[]]> = {
  400: ['Malformed', 'The request is malformed', LIMIT_HEADERS],
  401: ['Unauthenticated', 'No valid bearer token', ['WWW-Authenticate', ...LIMIT_HEADERS]],
  403: ['OriginNotAllowed', 'The origin of the page is not allowed', []],
  404: ['NotFound', 'The caller has no object with this id', LIMIT_HEADERS],
  409: ['Conflict', 'The caller already has such an object', LIMIT_HEADERS],
  413: ['ContentTooLarge', 'The body is larger than 16 KiB', LIMIT_HEADERS],
  415: ['UnsupportedMediaType', 'The body is not JSON', LIMIT_HEADERS],
  422: ['Invalid', 'A value is invalid, or the Idempotency-Key was sent with a different request before', LIMIT_HEADERS],
  429: ['TooManyRequests', 'The rate limit is exhausted', ['Retry-After', ...LIMIT_HEADERS]],
  500: ['Internal', 'The service failed unexpectedly', LIMIT_HEADERS],
  503: ['Unavailable', 'The database is unreachable or accepts no writes', ['Retry-After', ...LIMIT_HEADERS]],
};
/** Possible for every private operation: bodies are parsed before routing. */
const ALWAYS = [400, 401, 403, 413, 415, 422, 429, 500, 503];

export const headerComponents: JsonObject = {
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer', minimum: 0 } },
  'WWW-Authenticate': { description: 'Always Bearer', schema: { type: 'string', const: 'Bearer' } },
  Location: { description: 'Path of the new object', schema: { type: 'string', format: 'uri-reference' } },
  RateLimit: {
    description: 'Remaining requests of the bucket (draft-ietf-httpapi-ratelimit-headers-08)',
    schema: { type: 'string', pattern: '^"[^"]+"; r=\\d+; t=\\d+' },
  },
  'RateLimit-Policy': { description: 'Size and window of the bucket', schema: { type: 'string', pattern: '^"[^"]+"; q=\\d+; w=\\d+' } },
  'X-Request-Id': { description: 'Id of the request in the logs', schema: { type: 'string', format: 'uuid' } },
};

type Details = { success: JsonObject; parameters?: JsonObject[]; body?: z.ZodType; problems?: number[] };

/** An operation that needs a token and counts against the caller's limit. */
export function privateOperation(tag: string, operationId: string, summary: string, details: Details): JsonObject {
  const { success, parameters, body, problems = [] } = details;
  return {
    operationId,
    summary,
    tags: [tag],
    ...(parameters && { parameters }),
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: reference(body) } } } }),
    responses: { ...success, ...problemReferences([...ALWAYS, ...problems]) },
  };
}

/** An operation without authentication and rate limit. */
export function publicOperation(operationId: string, summary: string, responses: JsonObject): JsonObject {
  return { operationId, summary, tags: ['health'], security: [], responses: { ...responses, ...notModified([]), ...problemReferences([403]) } };
}

/** The success of a GET. */
export function found(description: string, schema: z.ZodType): JsonObject {
  return { ...ok(description, schema), ...notModified(LIMIT_HEADERS) };
}

export function ok(description: string, schema: z.ZodType): JsonObject {
  return { 200: response(description, schema, LIMIT_HEADERS) };
}

export function created(description: string, schema: z.ZodType): JsonObject {
  return { 201: response(description, schema, ['Location', ...LIMIT_HEADERS]) };
}

export function noContent(description: string): JsonObject {
  return { 204: { description, headers: headerReferences(LIMIT_HEADERS) } };
}

export function response(description: string, schema: z.ZodType, headers: string[] = []): JsonObject {
  return { description, headers: headerReferences(headers), content: { 'application/json': { schema: reference(schema) } } };
}

export function parameters(place: 'query' | 'path' | 'header', schema: z.ZodObject): JsonObject[] {
  return Object.entries(schema.shape).map(([name, value]) => {
    const { description, ...jsonSchema } = toSchema(value as z.ZodType);
    return {
      name,
      in: place,
      required: place === 'path',
      ...(description !== undefined && { description }),
      ...(jsonSchema['type'] === 'array' && { style: 'form', explode: false }),
      schema: jsonSchema,
    };
  });
}

export function problemComponents(): JsonObject {
  const content = { 'application/problem+json': { schema: reference(problem) } };
  return Object.fromEntries(
    Object.values(PROBLEMS).map(([name, description, headers]) => [name, { description, headers: headerReferences(headers), content }]),
  );
}

/** Schemas of responses as sent, and of requests as received (where defaults are not required). */
export function schemaComponents(requests: readonly z.ZodType[]): JsonObject {
  const uri = (id: string): string => `#/components/schemas/${id}`;
  const override = ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
    // Redundant: zod's regular expression for the format.
    if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    // Open is the default. An explicit {} would also evaluate every member, which defeats unevaluatedProperties.
    if (jsonSchema.additionalProperties !== false) delete jsonSchema.additionalProperties;
  };
  const outgoing = z.toJSONSchema(z.globalRegistry, { io: 'output', uri, override }).schemas;
  const incoming = z.toJSONSchema(z.globalRegistry, { io: 'input', uri, override }).schemas;
  const asRequested = new Set(requests.map(nameOf));
  return Object.fromEntries(Object.keys(outgoing).map((name) => [name, withoutKeywords((asRequested.has(name) ? incoming : outgoing)[name] ?? {})]));
}

function problemReferences(statuses: readonly number[]): JsonObject {
  return Object.fromEntries(statuses.map((status) => [status, { $ref: `#/components/responses/${PROBLEMS[status]?.[0]}` }]));
}

/** RFC 9110 section 13.1.2. No response has an ETag or Last-Modified, so no other condition can hold. */
function notModified(headers: readonly string[]): JsonObject {
  return { 304: { description: 'If-None-Match is *, and the resource exists', headers: headerReferences(headers) } };
}

/** Every response has an X-Request-Id. */
function headerReferences(names: readonly string[]): JsonObject {
  return Object.fromEntries([...names, 'X-Request-Id'].map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function reference(schema: z.ZodType): JsonObject {
  return { $ref: `#/components/schemas/${nameOf(schema)}` };
}

function toSchema(schema: z.ZodType): JsonObject {
  // zod omits the default of preprocessed values, such as numbers in a query.
  const override = ({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodTypes; jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
    const { def } = zodSchema._zod;
    if (def.type === 'default') jsonSchema.default = def.defaultValue;
  };
  return withoutKeywords(z.toJSONSchema(schema, { io: 'input', override }));
}

/** Removes keywords that the document states elsewhere. */
function withoutKeywords(schema: object): JsonObject {
  const { $schema: _dialect, $id: _place, id: _name, ...rest } = schema as JsonObject;
  return rest;
}

function nameOf(schema: z.ZodType): string {
  const id = schema.meta()?.id;
  if (id === undefined) throw new Error('A schema of the contract has no id');
  return id;
}
