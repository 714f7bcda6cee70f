import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import jwt from '@fastify/jwt';
import rateLimit from '@fastify/rate-limit';
import { fastify } from 'fastify';
import pg from 'pg';
import { POOL, settings } from './peer-settings.ts';
import { COUNT, CREATE, LIST, READ, UPDATE } from './statements.ts';

declare module '@fastify/jwt' {
  interface FastifyJWT {
    payload: { sub: string };
    user: { sub: string };
  }
}

type TaskContent = {
  title: string;
  description?: string | null;
  priority?: string;
};

const priority = { type: 'string', enum: ['high', 'medium', 'low'] } as const;
const content = {
  title: { type: 'string', minLength: 1, maxLength: 200 },
  description: { type: ['string', 'null'], maxLength: 1_000 },
  priority,
} as const;
const tag = { type: 'object', properties: { id: { type: 'integer' }, user_id: { type: 'string' }, name: { type: 'string' } } } as const;
const time = { type: 'string', format: 'date-time' } as const;
const task = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    user_id: { type: 'string' },
    title: { type: 'string' },
    description: { type: ['string', 'null'] },
    completed: { type: 'boolean' },
    priority,
    tags: { type: 'array', items: tag },
    created_at: time,
    updated_at: time,
  },
} as const;
const page = {
  type: 'object',
  properties: { tasks: { type: 'array', items: task }, total: { type: 'integer' }, page: { type: 'integer' }, per_page: { type: 'integer' } },
} as const;
const pageQuery = {
  type: 'object',
  properties: { page: { type: 'integer', minimum: 1, default: 1 }, per_page: { type: 'integer', minimum: 1, maximum: 100, default: 20 } },
} as const;
const path = { type: 'object', properties: { id: { type: 'integer', minimum: 1, maximum: 2_147_483_647 } } } as const;
const newTask = { type: 'object', required: ['title'], properties: content, additionalProperties: false } as const;
const changes = { type: 'object', properties: { ...content, completed: { type: 'boolean' } }, additionalProperties: false } as const;

/** Above any load, so that requests are counted and never rejected. */
const UNREACHED_LIMIT = 1_000_000_000;

const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: POOL });
pool.on('error', () => undefined);
const app = fastify();
await app.register(helmet);
await app.register(cors, { origin: settings.origins });
await app.register(rateLimit, { max: UNREACHED_LIMIT });
await app.register(jwt, { secret: settings.jwtSecret, verify: { algorithms: ['HS256'] } });

app.get('/health', { config: { rateLimit: false } }, async () => {
  await pool.query('select 1');
  return { status: 'ok', database: 'connected', timestamp: new Date().toISOString() };
});

await app.register(
  async (tasks) => {
    tasks.addHook('onRequest', async (request) => void (await request.jwtVerify()));

    tasks.get<{ Querystring: { page: number; per_page: number } }>(
      '/',
      { schema: { querystring: pageQuery, response: { 200: page } } },
      async ({ user, query }) => {
        const [found, counted] = await Promise.all([
          pool.query(LIST, [user.sub, query.per_page, (query.page - 1) * query.per_page]),
          pool.query<{ total: number }>(COUNT, [user.sub]),
        ]);
        return { tasks: found.rows, total: counted.rows[0]?.total, ...query };
      },
    );

    tasks.get<{ Params: { id: number } }>('/:id', { schema: { params: path, response: { 200: task } } }, async ({ user, params }, reply) => {
      const { rows } = await pool.query(READ, [user.sub, params.id]);
      return rows[0] ?? reply.callNotFound();
    });

    tasks.post<{ Body: TaskContent }>('/', { schema: { body: newTask, response: { 201: task } } }, async ({ user, body }, reply) => {
      const { rows } = await pool.query(CREATE, [user.sub, body.title, body.description ?? null, body.priority ?? 'medium']);
      return reply.code(201).send(rows[0]);
    });

    tasks.put<{ Params: { id: number }; Body: Partial<TaskContent> & { completed?: boolean } }>(
      '/:id',
      { schema: { params: path, body: changes, response: { 200: task } } },
      async ({ user, params, body }, reply) => {
        const values = [body.title, body.completed, body.priority, body.description !== undefined, body.description];
        const { rows } = await pool.query(UPDATE, [user.sub, params.id, ...values]);
        return rows[0] ?? reply.callNotFound();
      },
    );
  },
  { prefix: '/api/v1/tasks' },
);

await app.listen({ port: settings.port, host: '0.0.0.0' });
