import pg from 'pg';
import { serveBaseline, types } from './baseline-server.ts';
import { POOL, settings } from './peer-settings.ts';

/**
 * pg pipelines on a client (`pipeline: true`), but its pool lends a client to one query at a time. So these are as many clients
 * as a pool would have, used in turn, and no query waits for a free one.
 */
const clients = Array.from({ length: POOL }, () => {
  const client = new pg.Client({ connectionString: settings.databaseUrl, pipeline: true, types });
  client.on('error', () => undefined);
  return client;
});
// Queries wait for their connection, so the port is open before the database is reached, as with a pool.
for (const client of clients) void client.connect();

let turn = 0;
serveBaseline((statement) => {
  turn = (turn + 1) % POOL;
  const client = clients[turn];
  if (client === undefined) throw new RangeError('There is no such client');
  return client.query(statement);
});
