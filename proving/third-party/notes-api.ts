import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import addFormats from 'ajv-formats';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest, type HTTPMethods } from 'fastify';
import jwt from 'jsonwebtoken';
import contract from './notes.openapi.json' with { type: 'json' };
import { PROBLEM_TYPE, problem } from './problem.ts';
import type { ThirdPartyApi, ThirdPartySettings } from './third-party-api.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The user of a valid token; empty without one. */
    caller: string;
  }
  interface FastifyContextConfig {
    isFree?: boolean;
  }
}

type NoteContent = { kind: string; heading: string; content?: string | null; remind_at?: string | null };
type Note = Required<NoteContent> & { id: string; owner_id: string; archived: boolean; created_at: string };
type NotesStore = { readonly notes: Map<string, Note>; created: number };
type Query = { q?: string; kind?: string; archived?: boolean; limit: number; offset: number };

const WINDOW_SECONDS = 60;
const LARGEST_BODY_BYTES = 32 * 1_024;
const LARGEST_HEADER_BYTES = 64 * 1_024;
const METHODS: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'];

/** A sound API in Fastify that shares nothing with ours but the platform. Its contract is notes.openapi.json. */
export async function createNotesApi(settings: ThirdPartySettings): Promise<ThirdPartyApi> {
  const store: NotesStore = { notes: new Map(), created: 0 };
  const app = createApp();
  await addProtections(app, settings);
  await addRateLimit(app, settings);
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, 404));
  app.setErrorHandler<Error & { statusCode?: number }>(({ statusCode = 500 }, _request, reply) => sendProblem(reply, statusCode));
  app.get('/healthz', { config: { isFree: true } }, async () => ({ state: 'pass', time: new Date().toISOString() }));
  rejectOtherMethods(app, '/healthz', ['GET', 'HEAD']);
  await app.register(async (v2) => addNotes(v2, store));
  return {
    contract,
    listen: async () => {
      await app.listen({ host: '127.0.0.1', port: 0 });
      return (app.server.address() as AddressInfo).port;
    },
    count: () => ({ created: store.created, stored: store.notes.size }),
    close: () => app.close(),
  };
}

function createApp(): FastifyInstance {
  const app = fastify({
    bodyLimit: LARGEST_BODY_BYTES,
    http: { maxHeaderSize: LARGEST_HEADER_BYTES },
    // The edge's two hops: entries further left come from the client.
    trustProxy: (_address, hop) => hop < 2,
    // Fastify responds to an undecodable path before any hook runs.
    rewriteUrl: ({ url = '/' }) => (isDecodable(url) ? url : '/undecodable'),
  });
  const bodies = withFormats(new Ajv2020({ strict: false }));
  const queries = withFormats(new Ajv2020({ strict: false, coerceTypes: true, useDefaults: true }));
  app.setValidatorCompiler<object>(({ schema, httpPart }) => (httpPart === 'body' ? bodies : queries).compile(schema));
  app.removeContentTypeParser('text/plain');
  app.decorateRequest('caller', '');
  return app;
}

async function addProtections(app: FastifyInstance, { appOrigin }: ThirdPartySettings): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    frameguard: { action: 'deny' },
    strictTransportSecurity: { maxAge: 63_072_000 },
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('Cache-Control', 'no-store').header('Vary', 'Origin');
    const origins = request.raw.headersDistinct['origin'] ?? [];
    if (origins.length > 1 || (origins[0] ?? appOrigin) !== appOrigin) return sendProblem(reply, 403);
  });
  await app.register(cors, {
    origin: [appOrigin],
    methods: ['GET', 'POST', 'PUT', 'DELETE'],
    allowedHeaders: ['Authorization', 'Content-Type'],
    exposedHeaders: ['RateLimit', 'RateLimit-Policy', 'Retry-After'],
    maxAge: 300,
  });
}

/** Identifies the caller, and limits each user and each address without a valid token. */
async function addRateLimit(app: FastifyInstance, { jwtSecret, requestsPerMinute }: ThirdPartySettings): Promise<void> {
  await app.register(rateLimit, { global: false, max: requestsPerMinute, timeWindow: WINDOW_SECONDS * 1_000 });
  const take = app.createRateLimit({ keyGenerator: ({ caller, ip }) => (caller === '' ? `address ${ip}` : `user ${caller}`) });
  app.addHook('onRequest', async (request, reply) => {
    request.caller = subjectOf(request, jwtSecret) ?? '';
    if (request.method === 'OPTIONS' || request.routeOptions.config.isFree === true) return;
    const limit = await take(request);
    if (limit.isAllowed) return;
    reply.header('RateLimit-Policy', `"minute";q=${limit.max};w=${WINDOW_SECONDS}`);
    reply.header('RateLimit', `"minute";r=${limit.remaining};t=${limit.ttlInSeconds}`);
    if (limit.isExceeded) return sendProblem(reply.header('Retry-After', String(limit.ttlInSeconds)), 429);
  });
}

function addNotes(v2: FastifyInstance, store: NotesStore): void {
  const { notes } = store;
  /** Another user's note is treated as missing. */
  const ownNote = ({ params, caller }: FastifyRequest): Note | undefined => {
    const note = notes.get((params as { id: string }).id);
    return note?.owner_id === caller ? note : undefined;
  };
  const body = contract.components.schemas.NoteContent;
  const inline = { ...body, properties: { ...body.properties, kind: contract.components.schemas.Kind } };

  v2.addHook('onRequest', async ({ caller }, reply) => {
    if (caller === '') return sendProblem(reply.header('WWW-Authenticate', 'Bearer'), 401);
  });
  v2.get<{ Querystring: Query }>('/v2/notes', { schema: { querystring: querySchema() } }, async ({ caller, query }) => {
    const own = [...notes.values()].filter((note) => note.owner_id === caller && fits(note, query)).toReversed();
    return { items: own.slice(query.offset, query.offset + query.limit), item_count: own.length };
  });
  v2.post<{ Body: NoteContent }>('/v2/notes', { schema: { body: inline } }, async ({ caller, body: content }, reply) => {
    const note = { ...complete(content), id: randomUUID(), owner_id: caller, archived: false, created_at: new Date().toISOString() };
    notes.set(note.id, note);
    store.created += 1;
    return reply.code(201).send(note);
  });
  v2.get('/v2/notes/:id', async (request, reply) => ownNote(request) ?? sendProblem(reply, 404));
  v2.put<{ Body: NoteContent }>('/v2/notes/:id', { schema: { body: inline } }, async (request, reply) => {
    const note = ownNote(request);
    return note === undefined ? sendProblem(reply, 404) : Object.assign(note, complete(request.body));
  });
  v2.delete('/v2/notes/:id', async (request, reply) => {
    const note = ownNote(request);
    if (note === undefined) return sendProblem(reply, 404);
    notes.delete(note.id);
    return reply.code(204).send();
  });
  v2.post('/v2/notes/:id/archive', async (request, reply) => {
    const note = ownNote(request);
    if (note === undefined) return sendProblem(reply, 404);
    note.archived = true;
    return reply.code(204).send();
  });
  rejectOtherMethods(v2, '/v2/notes', ['GET', 'HEAD', 'POST']);
  rejectOtherMethods(v2, '/v2/notes/:id', ['GET', 'HEAD', 'PUT', 'DELETE']);
  rejectOtherMethods(v2, '/v2/notes/:id/archive', ['POST']);
}

function sendProblem(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).type(PROBLEM_TYPE).send(problem(status));
}

function rejectOtherMethods(app: FastifyInstance, url: string, allowed: readonly HTTPMethods[]): void {
  const others = METHODS.filter((method) => !allowed.includes(method));
  app.route({ method: others, url, handler: async (_request, reply) => sendProblem(reply.header('Allow', allowed.join(', ')), 405) });
}

/** The user of a valid token. */
function subjectOf({ headers }: FastifyRequest, secret: string): string | undefined {
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/.exec(headers.authorization ?? '')?.[1];
  if (token === undefined) return undefined;
  try {
    const { header, payload } = jwt.verify(token, secret, { algorithms: ['HS256'], complete: true });
    if (typeof payload === 'string' || 'crit' in header || (header.typ ?? 'JWT') !== 'JWT') return undefined;
    const { sub, exp }: { sub?: unknown; exp?: unknown } = payload;
    return Number.isSafeInteger(exp) && typeof sub === 'string' && sub !== '' ? sub : undefined;
  } catch {
    return undefined;
  }
}

function fits(note: Note, { q, kind, archived }: Query): boolean {
  const found = q === undefined || `${note.heading}\n${note.content ?? ''}`.includes(q);
  return found && (kind === undefined || note.kind === kind) && (archived === undefined || note.archived === archived);
}

/** Omitted fields are null. */
function complete({ kind, heading, content = null, remind_at = null }: NoteContent): Required<NoteContent> {
  return { kind, heading, content, remind_at };
}

function querySchema(): object {
  const { parameters } = contract.paths['/v2/notes'].get;
  const properties = parameters.map(({ name, schema }) => [name, '$ref' in schema ? contract.components.schemas.Kind : schema] as const);
  return { type: 'object', properties: Object.fromEntries(properties), additionalProperties: false };
}

function withFormats(ajv: Ajv2020): Ajv2020 {
  addFormats.default(ajv);
  return ajv;
}

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(url);
    return true;
  } catch {
    return false;
  }
}
