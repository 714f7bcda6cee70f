import { CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import { ConfigError, readMigrationUrl } from '../config.ts';
import { migrations } from './migrations.ts';
import { connectionTo } from './pool.ts';

const CONNECT_TIMEOUT_MS = 15_000;
const POOLED =
  'the migration URL leads to a transaction pooler: migrations take a session lock that a pooler leaks. Set DATABASE_URL_UNPOOLED to the direct URL.';

/**
 * Brings the database at a direct URL up to date. Concurrent calls are safe: Kysely's lock makes one wait.
 * @returns the names of the migrations it ran
 * @throws {ConfigError} if the URL leads to a transaction pooler, which would leak that lock
 * @throws the error of the migration that failed; all of them are rolled back
 */
export async function migrate(url: string): Promise<string[]> {
  const settings = { ...connectionTo(url), connectionTimeoutMillis: CONNECT_TIMEOUT_MS };
  if (await sharesSessions(settings)) throw new ConfigError([POOLED]);
  const pool = new pg.Pool({ ...settings, max: 1 });
  pool.on('error', () => {});
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({
      pool,
      // The role's limits are for requests; creating an index may take longer.
      onCreateConnection: async (connection) => {
        await connection.executeQuery(CompiledQuery.raw('set statement_timeout = 0; set lock_timeout = 0'));
      },
    }),
  });
  try {
    const { error, results } = await new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateToLatest();
    if (error !== undefined) throw error;
    return (results ?? []).map((result) => result.migrationName);
  } finally {
    await db.destroy();
  }
}

/**
 * Whether two connected clients get the same session, which only happens behind a transaction pooler. Its other traffic can hide this,
 * hence three attempts.
 */
async function sharesSessions(settings: pg.ClientConfig): Promise<boolean> {
  const first = new pg.Client(settings);
  const second = new pg.Client(settings);
  try {
    for (const client of [first, second]) {
      // The query on a broken connection rejects too.
      client.on('error', () => {});
      await client.connect();
    }
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      if ((await sessionOf(first)) === (await sessionOf(second))) return true;
    }
    return false;
  } finally {
    await Promise.all([first.end(), second.end()]);
  }
}

async function sessionOf(client: pg.Client): Promise<unknown> {
  return (await client.query('select pg_backend_pid() as session')).rows[0]?.session;
}

if (import.meta.main) {
  try {
    const applied = await migrate(readMigrationUrl(process.env));
    console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`);
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : `The migration failed and changed nothing: ${describe(error)}`);
    process.exitCode = 1;
  }
}

/** An AggregateError, which Node throws when several addresses fail, may have an empty message. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ');
  return error instanceof Error ? error.message : String(error);
}
