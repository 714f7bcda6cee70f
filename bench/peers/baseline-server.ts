import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { settings } from './peer-settings.ts';
import { COUNT, CREATE, LIST_WITH_TOTAL, READ, UPDATE } from './statements.ts';
import { createVerify } from './verify-bearer.ts';

/** Runs a named statement, which each connection prepares once. */
export type RunStatement = (statement: { name: string; text: string; values: unknown[] }) => Promise<{ rows: Row[] }>;

type Row = { [column: string]: unknown };
type TaskContent = { title: string; description?: string | null; priority?: string; completed?: boolean };

const TASKS = '/api/v1/tasks';
const TIMESTAMPTZ = 1184;
const MAX_INTEGER = 2_147_483_647;

/** Makes the driver return times as text. */
export const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === TIMESTAMPTZ ? toRfc3339 : pg.types.getTypeParser(oid, format)),
};

/**
 * The work that remains without any protection: one named statement per request, verification of the token, and JSON from rows.
 * @param isChecked whether bodies, ids and pages are validated as by the frameworks: by hand, without messages
 */
export function serveBaseline(run: RunStatement, { isChecked = false } = {}): void {
  const verify = createVerify(settings.jwtSecret);

  async function list(user: string, query: URLSearchParams): Promise<Row> {
    const [page, perPage] = [Number(query.get('page') ?? 1), Number(query.get('per_page') ?? 20)];
    if (isChecked && !(isWithin(page, 1, MAX_INTEGER) && isWithin(perPage, 1, 100))) throw new InvalidError();
    const { rows } = await run({ name: 'list', text: LIST_WITH_TOTAL, values: [user, perPage, (page - 1) * perPage] });
    const counted = rows[0] ?? (await run({ name: 'count', text: COUNT, values: [user] })).rows[0];
    const total = counted?.['total'];
    // JSON omits undefined fields, so no row has to be copied.
    for (const row of rows) row['total'] = undefined;
    return { tasks: rows, total, page, per_page: perPage };
  }

  async function route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [path = '', query] = (req.url ?? '').split('?', 2);
    if (path === '/health') {
      await run({ name: 'health', text: 'select 1', values: [] });
      return respond(res, 200, { status: 'ok', database: 'connected', timestamp: new Date().toISOString() });
    }
    const user = verify(req.headers.authorization);
    if (user === undefined) return respond(res, 401, { status: 401 });
    if (path === TASKS && req.method === 'GET') return respond(res, 200, await list(user, new URLSearchParams(query)));
    if (path === TASKS && req.method === 'POST') {
      const { title, description = null, priority = 'medium' } = checked(await bodyOf(req), ['title']);
      const { rows } = await run({ name: 'create', text: CREATE, values: [user, title, description, priority] });
      return respond(res, 201, rows[0]);
    }
    const id = path.startsWith(`${TASKS}/`) ? Number(path.slice(TASKS.length + 1)) : Number.NaN;
    if (isChecked && !Number.isNaN(id) && !isWithin(id, 1, MAX_INTEGER)) throw new InvalidError();
    if (Number.isInteger(id) && req.method === 'GET') return found(res, await run({ name: 'read', text: READ, values: [user, id] }));
    if (Number.isInteger(id) && req.method === 'PUT') {
      const { title, completed, priority, description } = checked(await bodyOf(req));
      const values = [user, id, title, completed, priority, description !== undefined, description];
      return found(res, await run({ name: 'update', text: UPDATE, values }));
    }
    respond(res, 404, { status: 404 });
  }

  function checked(body: TaskContent, required: readonly string[] = []): TaskContent {
    if (isChecked && !(isContent(body) && required.every((name) => name in body))) throw new InvalidError();
    return body;
  }

  const server = createServer((req, res) => {
    route(req, res).catch((error: unknown) => {
      if (error instanceof InvalidError) return respond(res, 400, { status: 400 });
      console.error(error);
      respond(res, 500, { status: 500 });
    });
  });
  server.listen(settings.port, '0.0.0.0');
}

class InvalidError extends Error {}

/** Has valid values, and no others. */
function isContent(body: unknown): boolean {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return false;
  return Object.entries(body).every(([name, value]) => {
    if (name === 'title') return typeof value === 'string' && value.length >= 1 && value.length <= 200;
    if (name === 'description') return value === null || (typeof value === 'string' && value.length <= 1_000);
    if (name === 'priority') return value === 'high' || value === 'medium' || value === 'low';
    return name === 'completed' && typeof value === 'boolean';
  });
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

async function bodyOf(req: IncomingMessage): Promise<TaskContent> {
  return JSON.parse(await text(req)) as TaskContent;
}

function found(res: ServerResponse, { rows }: { rows: Row[] }): void {
  if (rows[0] === undefined) return respond(res, 404, { status: 404 });
  respond(res, 200, rows[0]);
}

function respond(res: ServerResponse, status: number, body: unknown): void {
  const json = JSON.stringify(body);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }).end(json);
}

function toRfc3339(time: string): string {
  return time.replace(' ', 'T').replace('+00', 'Z');
}
