import { Client } from 'pg';

/** Lends a connection that is opened and closed for this work. */
export async function withConnection<Result>(url: string, work: (client: Client) => Promise<Result>, connectTimeoutMs = 5_000): Promise<Result> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Runs one statement on its own connection and returns its rows. */
export async function queryOnce<Row extends Record<string, unknown>>(url: string, statement: string, values: unknown[] = []): Promise<Row[]> {
  return withConnection(url, async (client) => (await client.query<Row>(statement, values)).rows);
}
