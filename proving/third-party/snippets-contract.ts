import * as z from 'zod/v4';
import { policyIds } from '../../audit/model/policy.ts';

/** What is unusual but sound, except that 403 is the wrong status. */
export const TRAITS = [
  'forbidden-without-token',
  'creation-returns-id',
  'reads-state-their-time',
  'slashes-redirected',
  'padding-tolerated',
  'credentials-allowed',
] as const;
export type SnippetsTrait = (typeof TRAITS)[number];

/** Ten letters and digits, as in short links. */
export const SLUG = /^[a-z0-9]{10}$/;

const text = (most: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[^\0]*$/);
const language = z.enum(['sql', 'shell', 'python']);

export const newSnippet = z.strictObject({ caption: text(80), source: text(8_000), language: language.optional() });
export const changes = newSnippet.partial();
/** Unknown parameters are ignored. */
export const query = z.object({
  size: z.coerce.number().int().min(1).max(150).optional(),
  language: language.optional(),
  query: text(80).optional(),
});
export const snippet = z.object({
  slug: z.string().regex(SLUG),
  account: z.string(),
  caption: z.string(),
  source: z.string(),
  language,
  changed: z.iso.datetime(),
});
export type Snippet = z.infer<typeof snippet>;
const snippetNow = snippet.extend({ read_at: z.iso.datetime(), trace: z.string() });

const word = z.enum(['up', 'down']);
export const health = z.object({ service: word, store: word });
const liveness = z.object({ pong: z.boolean() });
const plainError = z.object({ error: z.string() });
const problem = z.looseObject({ type: z.string(), title: z.string(), status: z.int() });

/**
 * The OpenAPI document, generated from the API's own schemas: all inline, with security for each operation.
 * @param withEffects whether it has operations with effects besides those on an object of the caller
 * @param isPlain whether it declares no policy
 * @param traits what is unusual about it
 */
export function snippetsContract(withEffects: boolean, isPlain = false, traits: readonly SnippetsTrait[] = []): object {
  const created = traits.includes('creation-returns-id') ? snippet.pick({ slug: true }) : snippet;
  const found = traits.includes('reads-state-their-time') ? snippetNow : snippet;
  const problems = (...statuses: number[]): object =>
    Object.fromEntries(statuses.map((status) => [status, isPlain ? response(plainError) : response(problem, 'application/problem+json')]));
  const bearer = { security: [{ account: [] }] };
  const body = (schema: z.ZodType): object => ({ requestBody: { required: true, content: { 'application/json': { schema: json(schema) } } } });
  const slug = { name: 'slug', in: 'path', required: true, schema: json(z.string().regex(SLUG)) };
  const parameters = Object.entries(query.shape).map(([name, schema]) => ({ name, in: 'query', schema: json(schema) }));
  const write = { ...bearer, responses: { 204: { description: '' }, ...problems(401, 403, 429) } };
  const read = { ...bearer, responses: { 200: response(z.object({})), ...problems(401, 403, 404, 429) } };
  const id = { parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] };
  const collection = (at: string): object => ({
    [at]: { get: read, post: { ...body(newSnippet), ...read } },
    [`${at}/{id}`]: { ...id, get: read, delete: write },
  });
  const effects = {
    '/me': { delete: write },
    '/profile': { put: { ...body(changes), ...write } },
    '/things': { delete: write },
    '/logout': { post: write },
    '/sign-out': { get: read },
    '/rebuild/reset': { get: read },
    '/login': { post: { ...body(newSnippet), ...read, security: [] } },
    '/me/password': { put: { ...body(changes), ...write } },
    '/snippets/{slug}/email': { parameters: [slug], post: write },
    ...collection('/payments'),
    ...collection('/emails'),
    ...collection('/users'),
    // Nothing deletes its objects.
    '/records': { get: read, post: { ...body(newSnippet), ...read } },
    '/records/{id}': { ...id, get: read },
  };
  return {
    openapi: '3.1.0',
    info: { title: 'Snippets', version: '7' },
    ...(!isPlain && { 'x-policies': policyIds }),
    paths: {
      '/ping': { get: { responses: { 200: response(liveness) } } },
      '/status': { get: { responses: { 200: response(health), 503: response(health) } } },
      '/snippets': {
        get: { ...bearer, parameters, responses: { 200: response(z.array(snippet)), ...problems(401, 403, 422, 429) } },
        post: { ...bearer, ...body(newSnippet), responses: { 200: response(created), ...problems(400, 401, 403, 413, 415, 422, 429) } },
      },
      '/snippets/{slug}': {
        parameters: [slug],
        get: { ...bearer, responses: { 200: response(found), ...problems(401, 403, 404, 429) } },
        patch: { ...bearer, ...body(changes), responses: { 200: response(snippet), ...problems(400, 401, 403, 404, 413, 415, 422, 429) } },
        delete: { ...bearer, responses: { 200: response(snippet), ...problems(401, 403, 404, 429) } },
      },
      ...(withEffects && effects),
    },
    components: { securitySchemes: { account: { type: 'http', scheme: 'bearer' } } },
  };
}

function response(schema: z.ZodType, type = 'application/json'): object {
  return { description: '', content: { [type]: { schema: json(schema) } } };
}

function json(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
