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

/** Makes the driver return times as text. */
export const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === TIMESTAMPTZ ? toRfc3339 : pg.types.getTypeParser(oid, format)),
};

/**
 * The work that remains without any protection: one named statement per request, verification of the token, and JSON from rows.
 * It does not validate requests.
 */
export function serveBaseline(run: RunStatement): void {
  const verify = createVerify(settings.jwtSecret);

  async function list(user: string, query: URLSearchParams): Promise<Row> {
    const [page, perPage] = [Number(query.get('page') ?? 1), Number(query.get('per_page') ?? 20)];
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
      const { title, description = null, priority = 'medium' } = await bodyOf(req);
      const { rows } = await run({ name: 'create', text: CREATE, values: [user, title, description, priority] });
      return respond(res, 201, rows[0]);
    }
    const id = path.startsWith(`${TASKS}/`) ? Number(path.slice(TASKS.length + 1)) : Number.NaN;
    if (Number.isInteger(id) && req.method === 'GET') return found(res, await run({ name: 'read', text: READ, values: [user, id] }));
    if (Number.isInteger(id) && req.method === 'PUT') {
      const { title, completed, priority, description } = await bodyOf(req);
      const values = [user, id, title, completed, priority, description !== undefined, description];
      return found(res, await run({ name: 'update', text: UPDATE, values }));
    }
    respond(res, 404, { status: 404 });
  }

  const server = createServer((req, res) => {
    route(req, res).catch((error: unknown) => {
      console.error(error);
      respond(res, 500, { status: 500 });
    });
  });
  server.listen(settings.port, '0.0.0.0');
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
