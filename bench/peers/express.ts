import cors from 'cors';
import express, { type ErrorRequestHandler, type RequestHandler, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import jwt from 'jsonwebtoken';
import { type ExpressionBuilder, type Generated, Kysely, PostgresDialect, sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import pg from 'pg';
import * as z from 'zod/v4';
import { POOL, settings } from './peer-settings.ts';
import { changes, newTask, pageQuery, path } from './task-schemas.ts';

/** Above any load, so that requests are counted and never rejected. */
const UNREACHED_LIMIT = 1_000_000_000;

type Schema = {
  tasks: {
    id: Generated<number>;
    user_id: string;
    title: string;
    description: string | null;
    completed: Generated<boolean>;
    priority: string;
    created_at: Generated<Date>;
    updated_at: Generated<Date>;
  };
  tags: { id: number; user_id: string; name: string };
  task_tags: { task_id: number; tag_id: number };
};

const claims = z.object({ sub: z.string() });

const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: POOL });
pool.on('error', () => undefined);
const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });

const app = express();
app.use(helmet());
app.use(cors({ origin: settings.origins }));
app.use(express.json());

app.get('/health', async (_req, res) => {
  await sql`select 1`.execute(db);
  res.json({ status: 'ok', database: 'connected', timestamp: new Date().toISOString() });
});

app.use(rateLimit({ windowMs: 60_000, limit: UNREACHED_LIMIT, standardHeaders: 'draft-8', legacyHeaders: false }));

const authenticate: RequestHandler = (req, res, next) => {
  try {
    const token = (req.get('authorization') ?? '').replace(/^Bearer /, '');
    res.locals['userId'] = claims.parse(jwt.verify(token, settings.jwtSecret, { algorithms: ['HS256'] })).sub;
  } catch {
    res.status(401).json({ error: 'Unauthorized' });
    return;
  }
  next();
};
app.use('/api/v1', authenticate);

app.get('/api/v1/tasks', async (req, res) => {
  const { page, per_page } = pageQuery.parse(req.query);
  const ofUser = db.selectFrom('tasks').where('user_id', '=', userOf(res));
  const [tasks, counted] = await Promise.all([
    ofUser
      .select(columns)
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(per_page)
      .offset((page - 1) * per_page)
      .execute(),
    ofUser.select((eb) => eb.fn.countAll<string>().as('total')).executeTakeFirstOrThrow(),
  ]);
  res.json({ tasks, total: Number(counted.total), page, per_page });
});

app.get('/api/v1/tasks/:id', async (req, res) => {
  const { id } = path.parse(req.params);
  const task = await db.selectFrom('tasks').select(columns).where('id', '=', id).where('user_id', '=', userOf(res)).executeTakeFirst();
  sendFound(res, task);
});

app.post('/api/v1/tasks', async (req, res) => {
  const values = newTask.parse(req.body);
  const task = await db
    .insertInto('tasks')
    .values({ ...values, user_id: userOf(res) })
    .returning(columns)
    .executeTakeFirstOrThrow();
  res.status(201).json(task);
});

app.put('/api/v1/tasks/:id', async (req, res) => {
  const { id } = path.parse(req.params);
  const values = { ...changes.parse(req.body), updated_at: new Date() };
  const task = await db
    .updateTable('tasks')
    .set(values)
    .where('id', '=', id)
    .where('user_id', '=', userOf(res))
    .returning(columns)
    .executeTakeFirst();
  sendFound(res, task);
});

const sendError: ErrorRequestHandler = (error, _req, res, _next) => {
  res.status(error instanceof z.ZodError ? 400 : 500).json({ error: 'Rejected' });
};
app.use(sendError);

app.listen(settings.port, '0.0.0.0');

function userOf(res: Response): string {
  return z.string().parse(res.locals['userId']);
}

function sendFound(res: Response, task: object | undefined): void {
  if (task === undefined) res.status(404).json({ error: 'Not found' });
  else res.json(task);
}

function columns(eb: ExpressionBuilder<Schema, 'tasks'>) {
  const tags = eb
    .selectFrom('task_tags')
    .innerJoin('tags', 'tags.id', 'task_tags.tag_id')
    .select(['tags.id', 'tags.user_id', 'tags.name'])
    .whereRef('task_tags.task_id', '=', 'tasks.id')
    .orderBy('tags.name');
  return [
    'tasks.id',
    'tasks.user_id',
    'title',
    'description',
    'completed',
    'priority',
    'created_at',
    'updated_at',
    jsonArrayFrom(tags).as('tags'),
  ] as const;
}
