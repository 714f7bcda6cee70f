import { DatabaseError, escapeIdentifier, escapeLiteral } from 'pg';
import { queryOnce, withConnection } from './query.ts';

const POLL_TIMEOUT_MS = 2_000;

/**
 * Creates or updates the role that owns the databases. As on Neon it is not a superuser, so that whatever needs one fails here too.
 * @param url of a superuser
 */
export async function createOwner(url: string, name: string, password: string, createsDatabases: boolean): Promise<void> {
  const rights = `LOGIN NOSUPERUSER NOCREATEROLE ${createsDatabases ? 'CREATEDB' : 'NOCREATEDB'} PASSWORD ${escapeLiteral(password)}`;
  const [role] = await queryOnce(url, `SELECT 1 FROM pg_roles WHERE rolname = ${escapeLiteral(name)}`);
  await queryOnce(url, `${role === undefined ? 'CREATE' : 'ALTER'} ROLE ${escapeIdentifier(name)} ${rights}`);
}

/**
 * Creates a database unless it exists.
 * @param url of a superuser
 * @param template a database to copy, which must have no connections
 */
export async function createOwnedDatabase(url: string, name: string, owner: string, template = 'template1'): Promise<void> {
  const [database] = await queryOnce(url, `SELECT 1 FROM pg_database WHERE datname = ${escapeLiteral(name)}`);
  if (database === undefined)
    await queryOnce(url, `CREATE DATABASE ${escapeIdentifier(name)} OWNER ${escapeIdentifier(owner)} TEMPLATE ${escapeIdentifier(template)}`);
}

/** Whether a query succeeds. @throws when the server rejects the password (SQLSTATE 28P01) */
export async function acceptsQueries(url: string): Promise<boolean> {
  try {
    await withConnection(url, (client) => client.query('SELECT 1'), POLL_TIMEOUT_MS);
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '28P01') {
      throw new Error('PostgreSQL rejects the password: its data directory was created with another one', { cause: error });
    }
    return false;
  }
}
