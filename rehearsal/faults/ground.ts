import { join } from 'node:path';
import type { Leash } from '../leash.ts';
import { runNpmScript } from '../npm-script.ts';
import { startPostgres, type Postgres } from '../postgres.ts';
import { step } from '../progress.ts';
import { repository } from '../repository.ts';
import { createSecret } from '../secret.ts';
import { createThrowAway } from '../throw-away.ts';

/** What all scenarios share: one PostgreSQL with a migrated database, and the built service. */
export interface Ground {
  readonly postgres: Postgres;
  /** The direct URL of the migrated database. */
  readonly databaseUrl: string;
  /** For logs and whatever else a scenario writes. */
  readonly directory: string;
  readonly leash: Leash;
  /** Its abort ends a scenario early. */
  readonly signal: AbortSignal;
  close(): Promise<void>;
}

/** @throws the first failure, or the signal's reason; what was started is stopped again */
export async function openGround(signal: AbortSignal): Promise<Ground> {
  await using scope = new AsyncDisposableStack();
  const place = await createThrowAway();
  scope.defer(() => place.remove());
  const { directory, leash } = place;
  const postgres = await step('PostgreSQL started', () => startPostgres({ directory: join(directory, 'postgres'), leash }));
  scope.defer(() => postgres.close());
  await postgres.createDatabase('tasks');
  signal.throwIfAborted();
  await step('service built', () => runNpmScript('build', repository));
  signal.throwIfAborted();
  const databaseUrl = postgres.url('tasks');
  const environment = { NODE_ENV: 'production', DATABASE_URL: databaseUrl, DATABASE_URL_UNPOOLED: databaseUrl };
  await step('database migrated', () => runNpmScript('migrate', repository, environment));
  signal.throwIfAborted();

  const opened = scope.move();
  return { postgres, databaseUrl, directory, leash, signal, close: () => opened.disposeAsync() };
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
