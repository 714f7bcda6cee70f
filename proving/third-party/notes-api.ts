import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createSoundApp, listenLocally, rejectOtherMethods, sendProblem } from './fastify-app.ts';
import contract from './notes.openapi.json' with { type: 'json' };
import type { ThirdPartyApi, ThirdPartySettings } from './third-party-api.ts';

type NoteContent = { kind: string; heading: string; content?: string | null; remind_at?: string | null };
type Note = Required<NoteContent> & { id: string; owner_id: string; archived: boolean; created_at: string };
type NotesStore = { readonly notes: Map<string, Note>; created: number };
type Query = { q?: string; kind?: string; archived?: boolean; limit: number; offset: number };

/** A sound API in Fastify that shares nothing with ours but the platform. Its contract is notes.openapi.json. */
export async function createNotesApi(settings: ThirdPartySettings): Promise<ThirdPartyApi> {
  const store: NotesStore = { notes: new Map(), created: 0 };
  const app = await createSoundApp(settings);
  app.get('/healthz', { config: { isFree: true } }, async () => ({ state: 'pass', time: new Date().toISOString() }));
  rejectOtherMethods(app, '/healthz', ['GET', 'HEAD']);
  await app.register(async (v2) => addNotes(v2, store));
  return {
    contract,
    listen: () => listenLocally(app),
    count: () => ({ created: store.created, stored: store.notes.size }),
    close: () => app.close(),
  };
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
