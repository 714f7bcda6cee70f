import { Client } from 'pg';
import type { TaskRow } from '../load/write-log.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/** Does something with a connection of its own. */
export async function withConnection<Result>(url: string, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

const OTHERS = "datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";

/** How many other sessions the database of this URL has. */
export async function countSessions(url: string): Promise<number> {
  return withConnection(url, async (client) => (await client.query(`SELECT 1 FROM pg_stat_activity WHERE ${OTHERS}`)).rows.length);
}

/** Ends all other sessions of the database of this URL and answers how many there were. */
export async function terminateSessions(url: string): Promise<number> {
  return withConnection(
    url,
    async (client) => (await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${OTHERS}`)).rows.length,
  );
}

/** How many sessions wait for a lock. */
export async function countWaiting(url: string): Promise<number> {
  return withConnection(
    url,
    async (client) => (await client.query(`SELECT 1 FROM pg_stat_activity WHERE ${OTHERS} AND wait_event_type = 'Lock'`)).rows.length,
  );
}

export async function readTasks(url: string, users: readonly string[]): Promise<TaskRow[]> {
  return withConnection(url, async (client) => {
    const { rows } = await client.query<TaskRow>('SELECT id, user_id, title, description FROM tasks WHERE user_id = ANY($1)', [users]);
    return rows;
  });
}
