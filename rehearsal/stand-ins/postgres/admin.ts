import { Client, DatabaseError, escapeIdentifier, escapeLiteral } from 'pg';

const CONNECT_TIMEOUT_MS = 2_000;

/**
 * Creates the role that owns the databases, or brings it up to date. As on Neon it is no superuser, so what needs one fails
 * here too.
 * @param url of a superuser
 */
export async function createOwner(url: string, name: string, password: string, createsDatabases: boolean): Promise<void> {
  const rights = `LOGIN NOSUPERUSER NOCREATEROLE ${createsDatabases ? 'CREATEDB' : 'NOCREATEDB'} PASSWORD ${escapeLiteral(password)}`;
  const [role] = await query(url, `SELECT 1 FROM pg_roles WHERE rolname = ${escapeLiteral(name)}`);
  await query(url, `${role === undefined ? 'CREATE' : 'ALTER'} ROLE ${escapeIdentifier(name)} ${rights}`);
}

/**
 * Creates a database, if there is none of that name.
 * @param url of a superuser
 * @param template a database to copy, to which nobody is connected
 */
export async function createOwnedDatabase(url: string, name: string, owner: string, template = 'template1'): Promise<void> {
  const [database] = await query(url, `SELECT 1 FROM pg_database WHERE datname = ${escapeLiteral(name)}`);
  if (database === undefined)
    await query(url, `CREATE DATABASE ${escapeIdentifier(name)} OWNER ${escapeIdentifier(owner)} TEMPLATE ${escapeIdentifier(template)}`);
}

/** Whether a query is answered. @throws when the server is there and refuses the password (SQLSTATE 28P01) */
export async function answersQueries(url: string): Promise<boolean> {
  try {
    await query(url, 'SELECT 1');
    return true;
  } catch (error) {
    if (error instanceof DatabaseError && error.code === '28P01') {
      throw new Error('PostgreSQL refuses the password: this data was made with another one', { cause: error });
    }
    return false;
  }
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
