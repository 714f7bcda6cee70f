import path from 'node:path';
import { runNpmScript } from '../../process/npm-script.ts';
import { repository } from '../../process/repository-root.ts';
import { createTemporaryDirectory } from '../../process/temporary-directory.ts';
import type { Watchdog } from '../../process/watchdog.ts';
import { startPostgres, type Postgres } from './postgres.ts';

/** A temporary PostgreSQL with a migrated database. */
export type MigratedPostgres = {
  readonly postgres: Postgres;
  /** For other files; removed by `close`. */
  readonly directory: string;
  readonly watchdog: Watchdog;
  close(): Promise<void>;
};

/**
 * @param database the name of the migrated database
 * @throws the first failure, after stopping what was started
 */
export async function startMigratedPostgres(database: string, { ownerCreatesDatabases = false } = {}): Promise<MigratedPostgres> {
  await using scope = new AsyncDisposableStack();
  const { directory, watchdog, remove } = await createTemporaryDirectory();
  scope.defer(remove);
  const postgres = await startPostgres({ directory: path.join(directory, 'postgres'), watchdog, ownerCreatesDatabases });
  scope.defer(() => postgres.close());
  await postgres.createDatabase(database);
  await runNpmScript('migrate', repository, { NODE_ENV: 'production', DATABASE_URL: postgres.url(database) });
  const started = scope.move();
  return { postgres, directory, watchdog, close: () => started.disposeAsync() };
}
