import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { settings } from './peer-settings.ts';
import { COUNT, CREATE, LIST_WITH_TOTAL, READ, UPDATE } from './statements.ts';
import { createVerify } from './verify-bearer.ts';

/** Runs a named statement, which each connection prepares once. */
export type Ask = (statement: { name: string; text: string; values: unknown[] }) => Promise<{ rows: Row[] }>;

type Row = { [column: string]: unknown };
type Content = { title: string; description?: string | null; priority?: string; completed?: boolean };

const TASKS = '/api/v1/tasks';
const TIMESTAMPTZ = 1184;

/** For the driver: times stay text. */
export const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => (oid === TIMESTAMPTZ ? toRfc3339 : pg.types.getTypeParser(oid, format)),
};

/**
 * The plain floor: what is left of the work when nothing protects it. One named statement a request, the token verified, and
 * JSON made of rows. It trusts its clients to send what is valid.
 */
export function serveFloor(ask: Ask): void {
  const verify = createVerify(settings.jwtSecret);

  async function list(user: string, query: URLSearchParams): Promise<Row> {
    const [page, perPage] = [Number(query.get('page') ?? 1), Number(query.get('per_page') ?? 20)];
    const { rows } = await ask({ name: 'list', text: LIST_WITH_TOTAL, values: [user, perPage, (page - 1) * perPage] });
    const counted = rows[0] ?? (await ask({ name: 'count', text: COUNT, values: [user] })).rows[0];
    const total = counted?.['total'];
    // JSON has no word for undefined: the field is gone, and no row had to be copied.
    for (const row of rows) row['total'] = undefined;
    return { tasks: rows, total, page, per_page: perPage };
  }

  async function route(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const [path = '', query] = (req.url ?? '').split('?', 2);
    if (path === '/health') {
      await ask({ name: 'health', text: 'select 1', values: [] });
      return answer(res, 200, { status: 'ok', database: 'connected', timestamp: new Date().toISOString() });
    }
    const user = verify(req.headers.authorization);
    if (user === undefined) return answer(res, 401, { status: 401 });
    if (path === TASKS && req.method === 'GET') return answer(res, 200, await list(user, new URLSearchParams(query)));
    if (path === TASKS && req.method === 'POST') {
      const { title, description = null, priority = 'medium' } = await bodyOf(req);
      const { rows } = await ask({ name: 'create', text: CREATE, values: [user, title, description, priority] });
      return answer(res, 201, rows[0]);
    }
    const id = path.startsWith(`${TASKS}/`) ? Number(path.slice(TASKS.length + 1)) : Number.NaN;
    if (Number.isInteger(id) && req.method === 'GET') return found(res, await ask({ name: 'read', text: READ, values: [user, id] }));
    if (Number.isInteger(id) && req.method === 'PUT') {
      const { title, completed, priority, description } = await bodyOf(req);
      const values = [user, id, title, completed, priority, description !== undefined, description];
      return found(res, await ask({ name: 'update', text: UPDATE, values }));
    }
    answer(res, 404, { status: 404 });
  }

  const server = createServer((req, res) => {
    route(req, res).catch((error: unknown) => {
      console.error(error);
      answer(res, 500, { status: 500 });
    });
  });
  server.listen(settings.port, '0.0.0.0');
}

async function bodyOf(req: IncomingMessage): Promise<Content> {
  return JSON.parse(await text(req)) as Content;
}

function found(res: ServerResponse, { rows }: { rows: Row[] }): void {
  if (rows[0] === undefined) return answer(res, 404, { status: 404 });
  answer(res, 200, rows[0]);
}

function answer(res: ServerResponse, status: number, body: unknown): void {
  const json = JSON.stringify(body);
  res.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(json) }).end(json);
}

function toRfc3339(time: string): string {
  return time.replace(' ', 'T').replace('+00', 'Z');
}
