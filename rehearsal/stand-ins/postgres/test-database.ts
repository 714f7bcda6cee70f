import path from 'node:path';
import { startPostgres, type Postgres } from './postgres.ts';
import { createThrowAway, type ThrowAway } from '../../process/temporary-directory.ts';

let place: ThrowAway | undefined;
let postgres: Postgres | undefined;

/**
 * For `node --test --test-global-setup=rehearsal/stand-ins/postgres/test-database.ts`: one throw-away PostgreSQL for the whole run. Test files
 * find it in TEST_DATABASE_URL, whose role may create a database for each of them.
 */
export async function globalSetup(): Promise<void> {
  place = await createThrowAway();
  try {
    postgres = await startPostgres({ directory: path.join(place.directory, 'postgres'), leash: place.leash, ownerCreatesDatabases: true });
  } catch (error) {
    await place.remove();
    throw error;
  }
  process.env['TEST_DATABASE_URL'] = postgres.url('postgres');
}

export async function globalTeardown(): Promise<void> {
  await postgres?.close();
  await place?.remove();
}
