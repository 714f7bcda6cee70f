import cors from 'cors';
import express, { type ErrorRequestHandler, type RequestHandler, type Response } from 'express';
import { rateLimit } from 'express-rate-limit';
import { CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { pino } from 'pino';
import * as z from 'zod/v4';
import { types } from './baseline-server.ts';
import { POOL, settings } from './peer-settings.ts';
import { COUNT, CREATE, LIST_WITH_TOTAL, READ, UPDATE } from './statements.ts';
import { changes, newTask, pageQuery, path } from './task-schemas.ts';
import { createVerify } from './verify-bearer.ts';

type Row = { [column: string]: unknown };

/** Above any load, so that requests are counted and never rejected. */
const UNREACHED_LIMIT = 1_000_000_000;

const pool = new pg.Pool({ connectionString: settings.databaseUrl, max: POOL, types });
pool.on('error', () => undefined);
const names = new Map<string, string>();
const db = new Kysely<object>({
  dialect: new PostgresDialect({
    pool: {
      options: pool.options,
      end: () => pool.end(),
      connect: async () => {
        const client = await pool.connect();
        const query = (text: string, values: unknown[]): Promise<pg.QueryResult> => client.query({ name: nameOf(text), text, values });
        return { query: query as never, release: () => client.release() };
      },
    },
  }),
});
const log = pino({ base: null });
const verify = createVerify(settings.jwtSecret);
const users = new Map<string, string>();

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.set('query parser', 'simple');
app.use(logRequest);
app.use(cors({ origin: settings.origins }));
app.get('/health', async (_req, res) => {
  await run('select 1');
  res.json({ status: 'ok', database: 'connected', timestamp: new Date().toISOString() });
});
app.use(authenticate);
app.use(
  rateLimit({
    windowMs: 60_000,
    limit: UNREACHED_LIMIT,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    keyGenerator: (_req, res) => userOf(res),
  }),
);
app.use(express.json());

app.get('/api/v1/tasks', async (req, res) => {
  const { page, per_page } = pageQuery.parse(req.query);
  const tasks = await run(LIST_WITH_TOTAL, userOf(res), per_page, (page - 1) * per_page);
  const total = (tasks[0] ?? (await run(COUNT, userOf(res)))[0])?.['total'];
  for (const task of tasks) task['total'] = undefined;
  res.json({ tasks, total, page, per_page });
});

app.get('/api/v1/tasks/:id', async (req, res) => {
  const [task] = await run(READ, userOf(res), path.parse(req.params).id);
  sendFound(res, task);
});

app.post('/api/v1/tasks', async (req, res) => {
  const { title, description, priority } = newTask.parse(req.body);
  const [task] = await run(CREATE, userOf(res), title, description, priority);
  res.status(201).json(task);
});

app.put('/api/v1/tasks/:id', async (req, res) => {
  const { id } = path.parse(req.params);
  const { title, completed, priority, description } = changes.parse(req.body);
  const [task] = await run(UPDATE, userOf(res), id, title, completed, priority, description !== undefined, description);
  sendFound(res, task);
});

const sendError: ErrorRequestHandler = (error, _req, res, _next) => {
  res.status(error instanceof z.ZodError ? 400 : 500).json({ error: 'Rejected' });
};
app.use(sendError);
app.listen(settings.port, '0.0.0.0');

async function run(text: string, ...values: unknown[]): Promise<Row[]> {
  return (await db.executeQuery<Row>(CompiledQuery.raw(text, values))).rows;
}

function nameOf(text: string): string {
  const name = names.get(text) ?? `statement_${names.size}`;
  names.set(text, name);
  return name;
}

function logRequest(req: express.Request, res: Response, next: () => void): void {
  const started = performance.now();
  res.once('close', () => log.info({ method: req.method, status: res.statusCode, ms: performance.now() - started }));
  next();
}

function authenticate(...[req, res, next]: Parameters<RequestHandler>): void {
  const token = req.headers.authorization ?? '';
  const user = users.get(token) ?? verify(token);
  if (user === undefined) {
    res.status(401).json({ error: 'Unauthorized' });
    return;
  }
  users.set(token, user);
  res.locals['user'] = user;
  next();
}

function userOf(res: Response): string {
  return String(res.locals['user']);
}

function sendFound(res: Response, task: Row | undefined): void {
  if (task === undefined) res.status(404).json({ error: 'Not found' });
  else res.json(task);
}
