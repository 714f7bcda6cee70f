import path from 'node:path';
import type { Leash } from '../../process/watchdog.ts';
import { runNpmScript } from '../../process/npm-script.ts';
import { startPostgres, type Postgres } from './postgres.ts';
import { repository } from '../../process/repository-root.ts';
import { createThrowAway } from '../../process/temporary-directory.ts';

/** A throw-away PostgreSQL with a migrated database, and a directory for whatever else is written. */
export type MigratedPostgres = {
  readonly postgres: Postgres;
  /** Empty but for what it needs itself; gone afterwards. */
  readonly directory: string;
  readonly leash: Leash;
  close(): Promise<void>;
};

/**
 * @param database the name of the migrated database
 * @throws the first failure; what was started is stopped again
 */
export async function startMigratedPostgres(database: string, { ownerCreatesDatabases = false } = {}): Promise<MigratedPostgres> {
  await using scope = new AsyncDisposableStack();
  const { directory, leash, remove } = await createThrowAway();
  scope.defer(remove);
  const postgres = await startPostgres({ directory: path.join(directory, 'postgres'), leash, ownerCreatesDatabases });
  scope.defer(() => postgres.close());
  await postgres.createDatabase(database);
  await runNpmScript('migrate', repository, { NODE_ENV: 'production', DATABASE_URL: postgres.url(database) });
  const started = scope.move();
  return { postgres, directory, leash, close: () => started.disposeAsync() };
}
