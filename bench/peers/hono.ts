import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { HTTPException } from 'hono/http-exception';
import { jwt, type JwtVariables } from 'hono/jwt';
import { secureHeaders } from 'hono/secure-headers';
import { validator } from 'hono/validator';
import postgres from 'postgres';
import type * as z from 'zod/v4';
import { POOL, settings } from './peer-settings.ts';
import { changes, newTask, pageQuery, path } from './task-schemas.ts';

const sql = postgres(settings.databaseUrl, { max: POOL });
const app = new Hono<{ Variables: JwtVariables<{ sub: string }> }>();
app.use(secureHeaders());
app.use(cors({ origin: settings.origins }));

app.get('/health', async (c) => {
  await sql`select 1`;
  return c.json({ status: 'ok', database: 'connected', timestamp: new Date().toISOString() });
});

app.use('/api/*', jwt({ secret: settings.jwtSecret, alg: 'HS256' }));

app.get('/api/v1/tasks', validator('query', checked(pageQuery)), async (c) => {
  const { page, per_page } = c.req.valid('query');
  const { sub } = c.get('jwtPayload');
  const [tasks, counted] = await Promise.all([
    sql`select ${columns()} from tasks where user_id = ${sub}
        order by created_at desc, id desc limit ${per_page} offset ${(page - 1) * per_page}`,
    sql<{ total: number }[]>`select count(*)::int as total from tasks where user_id = ${sub}`,
  ]);
  return c.json({ tasks, total: counted[0]?.total, page, per_page });
});

app.get('/api/v1/tasks/:id', validator('param', checked(path)), async (c) => {
  const { sub } = c.get('jwtPayload');
  const [task] = await sql`select ${columns()} from tasks where user_id = ${sub} and id = ${c.req.valid('param').id}`;
  return task === undefined ? c.notFound() : c.json(task);
});

app.post('/api/v1/tasks', validator('json', checked(newTask)), async (c) => {
  const { sub } = c.get('jwtPayload');
  const [task] = await sql`insert into tasks ${sql({ ...c.req.valid('json'), user_id: sub })} returning ${columns()}`;
  return c.json(task, 201);
});

app.put('/api/v1/tasks/:id', validator('param', checked(path)), validator('json', checked(changes)), async (c) => {
  const { sub } = c.get('jwtPayload');
  const values = { ...c.req.valid('json'), updated_at: new Date() };
  const [task] = await sql`update tasks set ${sql(values)} where user_id = ${sub} and id = ${c.req.valid('param').id} returning ${columns()}`;
  return task === undefined ? c.notFound() : c.json(task);
});

serve({ fetch: app.fetch, port: settings.port, hostname: '0.0.0.0' });

function columns() {
  return sql`tasks.id, tasks.user_id, title, description, completed, priority, created_at, updated_at,
    (select coalesce(json_agg(json_build_object('id', tags.id, 'user_id', tags.user_id, 'name', tags.name) order by tags.name), '[]')
     from task_tags join tags on tags.id = task_tags.tag_id where task_tags.task_id = tasks.id) as tags`;
}

function checked<Schema extends z.ZodType>(schema: Schema): (value: unknown) => z.infer<Schema> {
  return (value) => {
    const result = schema.safeParse(value);
    if (!result.success) throw new HTTPException(400);
    return result.data;
  };
}
