import path from 'node:path';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../process/temporary-directory.ts';
import { startPostgres, type Postgres } from './postgres.ts';

let temporary: TemporaryDirectory | undefined;
let postgres: Postgres | undefined;

/**
 * For `node --test --test-global-setup=rehearsal/stand-ins/postgres/test-database.ts`: one temporary PostgreSQL for the whole run.
 * TEST_DATABASE_URL names it; its role may create a database for each test file.
 */
export async function globalSetup(): Promise<void> {
  temporary = await createTemporaryDirectory();
  try {
    postgres = await startPostgres({
      directory: path.join(temporary.directory, 'postgres'),
      watchdog: temporary.watchdog,
      ownerCreatesDatabases: true,
    });
  } catch (error) {
    await temporary.remove();
    throw error;
  }
  process.env['TEST_DATABASE_URL'] = postgres.url('postgres');
}

export async function globalTeardown(): Promise<void> {
  await postgres?.close();
  await temporary?.remove();
}
