import { type MigratedPostgres, startMigratedPostgres } from '../../rehearsal/stand-ins/postgres/migrated-postgres.ts';
import { runNpmScript } from '../../rehearsal/process/npm-script.ts';
import { step } from '../../rehearsal/process/progress.ts';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { createSecret } from '../../rehearsal/process/credentials.ts';

/** What all scenarios share: one PostgreSQL with a migrated database, and the built service. */
export type Ground = MigratedPostgres & {
  /** The direct URL of the migrated database. */
  readonly databaseUrl: string;
  /** Its abort ends a scenario early. */
  readonly signal: AbortSignal;
};

/** @throws the first failure, or the signal's reason; what was started is stopped again */
export async function openGround(signal: AbortSignal): Promise<Ground> {
  await using scope = new AsyncDisposableStack();
  const ground = await step('PostgreSQL started, database migrated', () => startMigratedPostgres('tasks'));
  scope.defer(() => ground.close());
  signal.throwIfAborted();
  await step('service built', () => runNpmScript('build', repository));
  signal.throwIfAborted();

  const opened = scope.move();
  return { ...ground, databaseUrl: ground.postgres.url('tasks'), signal, close: () => opened.disposeAsync() };
}

/** What the service gets in production, with a limit that no load reaches. */
export function serviceSettings({ databaseUrl }: Ground, jwtSecret: string, changes: Readonly<Record<string, string>> = {}): Record<string, string> {
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
