import { CompiledQuery, Kysely, PostgresDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import { ConfigError, readMigrationUrl } from '../config.ts';
import { migrations } from './migrations.ts';

/**
 * Brings the database at a direct URL up to date and answers the names of the migrations it ran.
 * Two callers at once are safe: Kysely's lock makes one wait.
 * @throws the error of the migration that failed; all of them are rolled back.
 */
export async function migrate(connectionString: string): Promise<string[]> {
  const pool = new pg.Pool({ connectionString, max: 1, connectionTimeoutMillis: 15_000 });
  pool.on('error', () => {});
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({
      pool,
      // The role's own limits are for requests; an index may take longer.
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

if (import.meta.main) {
  try {
    const applied = await migrate(readMigrationUrl(process.env));
    console.log(applied.length === 0 ? 'The database is up to date.' : `Applied ${applied.join(', ')}.`);
  } catch (error) {
    console.error(error instanceof ConfigError ? error.message : `The migration failed and changed nothing: ${describe(error)}`);
    process.exitCode = 1;
  }
}

/** A connection error's message may be empty (Node reports each address it tried in an AggregateError). */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join('; ');
  return error instanceof Error ? error.message : String(error);
}
