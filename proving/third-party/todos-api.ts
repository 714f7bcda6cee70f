import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createSoundApp, listenLocally, rejectOtherMethods, sendProblem } from './fastify-app.ts';
import type { ThirdPartyApi, ThirdPartySettings } from './third-party-api.ts';

/** The user in the path is not compared with the caller, or an object is looked up by its id alone. */
export type TodosFault = 'user-of-path-trusted' | 'object-of-any-user';

type NewTodo = { title: string; note?: string | null; weight?: number; done?: boolean };
type Todo = Required<NewTodo> & { id: number; user_id: string; created_at: string };
type Query = { done?: boolean; limit: number; cursor?: string };
type Store = { readonly todos: Map<number, Todo>; created: number };

/** NUL, which some databases cannot store, is not allowed in a text. */
const text = (longest: number): object => ({ type: 'string', maxLength: longest, pattern: '^[^\\u0000]*$' });
const TITLE = { ...text(120), minLength: 1 };
const NOTE = { ...text(2_000), type: ['string', 'null'] };
const DONE = { type: 'boolean' };
const NEW_TODO = {
  type: 'object',
  required: ['title'],
  properties: { title: TITLE, note: NOTE, weight: { type: 'number', exclusiveMinimum: 0 }, done: DONE },
  additionalProperties: false,
};
const CHANGE = { type: 'object', properties: { title: TITLE, note: NOTE, done: DONE }, additionalProperties: false };
const QUERY = {
  type: 'object',
  properties: {
    done: DONE,
    limit: { type: 'integer', minimum: 1, maximum: 100, default: 100 },
    cursor: { type: 'string', pattern: '^[0-9]{1,10}$' },
  },
};

/** An API whose paths name their user, with objects and lists in envelopes and without health. Its contract is todos.openapi.yaml. */
export async function createTodosApi(settings: ThirdPartySettings, fault?: TodosFault): Promise<ThirdPartyApi> {
  const store: Store = { todos: new Map(), created: 0 };
  const app = await createSoundApp(settings);
  app.post('/api/auth/login', async (_request, reply) => sendProblem(reply, 401));
  rejectOtherMethods(app, '/api/auth/login', ['POST']);
  await app.register(async (api) => addTodos(api, store, fault), { prefix: '/api' });
  return {
    contract: await readFile(path.join(import.meta.dirname, 'todos.openapi.yaml'), 'utf8'),
    listen: () => listenLocally(app),
    count: () => ({ created: store.created, stored: store.todos.size }),
    close: () => app.close(),
  };
}

function addTodos(api: FastifyInstance, store: Store, fault: TodosFault | undefined): void {
  const { todos } = store;
  const userOf = ({ params }: FastifyRequest): string => (params as { user_id: string }).user_id;
  const ownTodo = (request: FastifyRequest): Todo | undefined => {
    const todo = todos.get(Number((request.params as { id: string }).id));
    return todo?.user_id === userOf(request) || fault === 'object-of-any-user' ? todo : undefined;
  };

  api.addHook('onRequest', async (request, reply) => {
    if (request.caller === '') return sendProblem(reply.header('WWW-Authenticate', 'Bearer'), 401);
    const { user_id: user = request.caller } = request.params as { user_id?: string };
    if (user !== request.caller && fault !== 'user-of-path-trusted') return sendProblem(reply, 403);
  });
  api.get('/me', async ({ caller }) => ({ success: true, data: { user: { id: caller } } }));
  api.get<{ Querystring: Query }>('/:user_id/todos', { schema: { querystring: QUERY } }, async (request) => {
    const { done, limit, cursor = Infinity } = request.query;
    const all = [...todos.values()].filter((todo) => todo.user_id === userOf(request)).toReversed();
    const rest = all.filter((todo) => (done === undefined || todo.done === done) && todo.id < Number(cursor));
    const page = rest.slice(0, limit);
    return { success: true, data: { todos: page, next_cursor: rest.length > limit ? String(page.at(-1)?.id) : null } };
  });
  api.post<{ Body: NewTodo }>('/:user_id/todos', { schema: { body: NEW_TODO } }, async (request) => {
    const { title, note = null, weight = 1, done = false } = request.body;
    store.created += 1;
    const todo = { id: store.created, user_id: userOf(request), title, note, weight, done, created_at: new Date().toISOString() };
    todos.set(todo.id, todo);
    return { success: true, message: 'Todo created', data: { todo } };
  });
  api.get('/:user_id/todos/:id', async (request, reply) => {
    const todo = ownTodo(request);
    return todo === undefined ? sendProblem(reply, 404) : { success: true, data: { todo } };
  });
  api.patch<{ Body: Partial<NewTodo> }>('/:user_id/todos/:id', { schema: { body: CHANGE } }, async (request, reply) => {
    const todo = ownTodo(request);
    return todo === undefined ? sendProblem(reply, 404) : { success: true, data: { todo: Object.assign(todo, request.body) } };
  });
  api.delete('/:user_id/todos/:id', async (request, reply) => {
    const todo = ownTodo(request);
    if (todo === undefined) return sendProblem(reply, 404);
    todos.delete(todo.id);
    return reply.code(204).send();
  });
  rejectOtherMethods(api, '/me', ['GET', 'HEAD']);
  rejectOtherMethods(api, '/:user_id/todos', ['GET', 'HEAD', 'POST']);
  rejectOtherMethods(api, '/:user_id/todos/:id', ['GET', 'HEAD', 'PATCH', 'DELETE']);
}
