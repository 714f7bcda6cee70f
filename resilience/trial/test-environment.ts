import { createSecret } from '../../rehearsal/process/credentials.ts';
import { step } from '../../rehearsal/process/progress.ts';
import { type MigratedPostgres, startMigratedPostgres } from '../../rehearsal/stand-ins/postgres/migrated-postgres.ts';

/** Shared by all scenarios: one PostgreSQL with a migrated database. The service must be built. */
export type TestEnvironment = MigratedPostgres & {
  /** The direct URL of the migrated database. */
  readonly databaseUrl: string;
  /** Aborts the scenario. */
  readonly signal: AbortSignal;
};

/** @throws the first failure, or the signal's reason, after stopping what was started */
export async function openTestEnvironment(signal: AbortSignal): Promise<TestEnvironment> {
  await using scope = new AsyncDisposableStack();
  const migrated = await step('PostgreSQL started, database migrated', () => startMigratedPostgres('tasks'));
  scope.defer(() => migrated.close());
  signal.throwIfAborted();

  const opened = scope.move();
  return { ...migrated, databaseUrl: migrated.postgres.url('tasks'), signal, close: () => opened.disposeAsync() };
}

/** The settings of production, with a rate limit that the load does not reach. */
export function serviceSettings(
  { databaseUrl }: TestEnvironment,
  jwtSecret: string,
  changes: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return {
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    DATABASE_URL_UNPOOLED: databaseUrl,
    JWT_SECRET: jwtSecret,
    BETTER_AUTH_SECRET: createSecret(),
    CORS_ORIGINS: 'https://tasks-app.vercel.app',
    RATE_LIMIT_PER_MINUTE: '100000',
    ...changes,
  };
}
