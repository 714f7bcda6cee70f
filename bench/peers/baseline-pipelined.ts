import pg from 'pg';
import { serveFloor, types } from './baseline-server.ts';
import { POOL, settings } from './peer-settings.ts';

/**
 * pg pipelines on a client (`pipeline: true`), not through its pool, which lends a client to one query at a time: so these are
 * as many clients as a pool would have, taken in turn, and nothing waits for a free one.
 */
const clients = Array.from({ length: POOL }, () => {
  const client = new pg.Client({ connectionString: settings.databaseUrl, pipeline: true, types });
  client.on('error', () => undefined);
  return client;
});
// Queries wait for their connection: the port is open before the database has been reached, as with a pool.
for (const client of clients) void client.connect();

let turn = 0;
serveFloor((statement) => {
  turn = (turn + 1) % POOL;
  const client = clients[turn];
  if (client === undefined) throw new RangeError('no such client');
  return client.query(statement);
});
