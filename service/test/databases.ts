import { randomBytes } from 'node:crypto';
import type { QueryResultRow } from 'pg';
import { queryOnce } from '../../rehearsal/stand-ins/postgres/query.ts';
import { migrate } from '../db/migrate.ts';

export type TestDatabase = { url: string; query: <Row extends QueryResultRow>(sql: string, values?: unknown[]) => Promise<Row[]> };

/** A new database without tables, on the PostgreSQL of the test run, which is deleted at its end. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const server = process.env['TEST_DATABASE_URL'];
  if (server === undefined)
    throw new Error('TEST_DATABASE_URL is missing. Run: node --test --test-global-setup=rehearsal/stand-ins/postgres/test-database.ts');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await queryOnce(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, query: (sql, values) => queryOnce(url.href, sql, values) };
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const database = await createEmptyDatabase();
  await migrate(database.url);
  return database;
}
