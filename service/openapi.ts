import * as z from 'zod/v4';
import { healthReport, liveness } from './routes/health.ts';
import { newTask, task, taskChanges, taskFilter, taskPage, taskPath } from './tasks/schema.ts';

type JsonObject = Record<string, unknown>;

const problem = z
  .object({
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
          in: z.enum(['body', 'query', 'path']),
          pointer: z.string().meta({ description: 'JSON Pointer, RFC 6901' }),
          detail: z.string(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'Problem' });

const PROBLEMS: Record<number, string> = {
  400: 'The request is malformed',
  401: 'No valid bearer token',
  403: 'The page that asks is of an origin that is not allowed',
  404: 'No such task of the caller',
  413: 'The body is larger than 16 KiB',
  415: 'The body is not JSON',
  422: 'A value is invalid',
  429: 'Too many requests',
  503: 'The database cannot be reached',
};

const RATE_LIMIT_HEADERS = ['RateLimit', 'RateLimit-Policy'];

/** The contract as OpenAPI 3.1, made from the schemas the routes parse with. */
export function openApiDocument(): JsonObject {
  return {
    openapi: '3.1.1',
    info: { title: 'Tasks API', version: '1.0.0', description: "Each user's private tasks.", license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: '/' }],
    tags: [{ name: 'tasks' }, { name: 'health' }],
    security: [{ bearer: [] }],
    paths: {
      '/health': {
        get: openOperation('getHealth', 'Whether requests can be served; asks the database', {
          200: json('Everything works', healthReport),
          503: {
            ...json('The database cannot be reached, or the process is stopping', healthReport),
            headers: { 'Retry-After': header('Retry-After') },
          },
        }),
      },
      '/livez': { get: openOperation('getLiveness', 'Whether the process lives; asks nothing', { 200: json('It lives', liveness) }) },
      '/api/v1/tasks': {
        get: taskOperation(
          'listTasks',
          'List tasks',
          { 200: json('One page of tasks', taskPage) },
          { parameters: queryParameters(taskFilter), problems: [] },
        ),
        post: taskOperation(
          'createTask',
          'Create a task',
          { 201: { ...json('The new task', task), headers: { ...rateLimitHeaders(), Location: header('Location') } } },
          { body: newTask, problems: [400, 413, 415] },
        ),
      },
      '/api/v1/tasks/{id}': {
        parameters: [idParameter()],
        get: taskOperation('readTask', 'Read a task', { 200: json('The task', task) }, { problems: [400, 404] }),
        put: taskOperation(
          'updateTask',
          'Change some fields of a task',
          { 200: json('The changed task', task) },
          { body: taskChanges, problems: [400, 404, 413, 415] },
        ),
        delete: taskOperation(
          'deleteTask',
          'Delete a task',
          { 204: { description: 'It is gone', headers: rateLimitHeaders() } },
          { problems: [400, 404] },
        ),
      },
      '/api/v1/tasks/{id}/complete': {
        parameters: [idParameter()],
        patch: taskOperation('toggleTask', 'Complete a task, or reopen it', { 200: json('The changed task', task) }, { problems: [400, 404] }),
      },
    },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      headers: {
        'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' } },
        Location: { description: 'Path of what was created', schema: { type: 'string' } },
        RateLimit: { description: 'What is left of the bucket (draft-ietf-httpapi-ratelimit-headers-08)', schema: { type: 'string' } },
        'RateLimit-Policy': { description: 'The bucket: its size and window', schema: { type: 'string' } },
      },
      schemas: componentSchemas(),
    },
  };
}

function openOperation(operationId: string, summary: string, responses: JsonObject): JsonObject {
  return { operationId, summary, tags: ['health'], security: [], responses: { ...responses, ...problems([403]) } };
}

function taskOperation(
  operationId: string,
  summary: string,
  success: Record<string, JsonObject>,
  details: { parameters?: JsonObject[]; body?: z.ZodType; problems: number[] },
): JsonObject {
  const withLimits = Object.fromEntries(Object.entries(success).map(([status, response]) => [status, { headers: rateLimitHeaders(), ...response }]));
  return {
    operationId,
    summary,
    tags: ['tasks'],
    ...(details.parameters && { parameters: details.parameters }),
    ...(details.body && { requestBody: { required: true, content: { 'application/json': { schema: reference(details.body) } } } }),
    responses: { ...withLimits, ...problems([401, 403, 422, 429, 503, ...details.problems]) },
  };
}

function problems(statuses: number[]): JsonObject {
  return Object.fromEntries(
    statuses
      .toSorted((a, b) => a - b)
      .map((status) => [
        status,
        {
          description: PROBLEMS[status],
          ...([429, 503].includes(status) && { headers: { 'Retry-After': header('Retry-After') } }),
          content: { 'application/problem+json': { schema: reference(problem) } },
        },
      ]),
  );
}

function json(description: string, schema: z.ZodType): JsonObject {
  return { description, content: { 'application/json': { schema: reference(schema) } } };
}

function rateLimitHeaders(): JsonObject {
  return Object.fromEntries(RATE_LIMIT_HEADERS.map((name) => [name, header(name)]));
}

function header(name: string): JsonObject {
  return { $ref: `#/components/headers/${name}` };
}

function reference(schema: z.ZodType): JsonObject {
  return { $ref: `#/components/schemas/${nameOf(schema)}` };
}

function idParameter(): JsonObject {
  return { name: 'id', in: 'path', required: true, schema: toSchema(taskPath.shape.id) };
}

function queryParameters(schema: z.ZodObject): JsonObject[] {
  return Object.entries(schema.shape).map(([name, value]) => ({ name, in: 'query', required: false, schema: toSchema(value as z.ZodType) }));
}

/** Responses are described as they leave, requests as they arrive (with defaults not required). */
function componentSchemas(): JsonObject {
  const uri = (id: string): string => `#/components/schemas/${id}`;
  // Zod spells a date-time out as a regular expression; the format says the same.
  const override = ({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
    if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  };
  const outgoing = z.toJSONSchema(z.globalRegistry, { io: 'output', uri, override }).schemas;
  const incoming = z.toJSONSchema(z.globalRegistry, { io: 'input', uri, override }).schemas;
  const requests = new Set([newTask, taskChanges].map(nameOf));
  return Object.fromEntries(Object.keys(outgoing).map((name) => [name, withoutKeywords((requests.has(name) ? incoming : outgoing)[name] ?? {})]));
}

function toSchema(schema: z.ZodType): JsonObject {
  return withoutKeywords(z.toJSONSchema(schema, { io: 'input' }));
}

/** The document declares the dialect once, and names each schema by its place. */
function withoutKeywords(schema: object): JsonObject {
  const { $schema: _dialect, $id: _place, id: _name, ...rest } = schema as JsonObject;
  return rest;
}

function nameOf(schema: z.ZodType): string {
  const id = schema.meta()?.id;
  if (id === undefined) throw new Error('A schema of the contract has no id.');
  return id;
}
