import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { withConnection } from '../../rehearsal/stand-ins/postgres/query.ts';
import { connectDirectly } from '../trial/database-routes.ts';
import { terminateSessions } from '../trial/database-sessions.ts';
import type { Scenario } from '../trial/scenario.ts';
import { trialScenario } from '../trial/trial.ts';

const LASTS_MS = 4_000;

type Unwritable = {
  readonly name: string;
  readonly title: string;
  /** Resolves when no write can succeed any more. */
  rejectWrites(admin: Client, databaseUrl: string): Promise<unknown>;
  acceptWrites(admin: Client): Promise<unknown>;
};

function unwritableDatabase({ name, title, rejectWrites, acceptWrites }: Unwritable): Scenario {
  return trialScenario({
    name,
    title,
    connect: connectDirectly,
    injectFault: async (_route, { databaseUrl, signal }) => {
      const began = performance.now();
      let from = 0;
      let until = 0;
      try {
        await withConnection(databaseUrl, (client) => rejectWrites(client, databaseUrl));
        from = performance.now();
        await sleep(LASTS_MS, undefined, { signal });
      } finally {
        until = performance.now();
        await withConnection(databaseUrl, acceptWrites);
      }
      return { began, unreachable: undefined, unwritable: { from, until }, strained: false, returns: [performance.now()] };
    },
  });
}

/** As after a failover: sessions are cut, and new ones are read-only. Those stay open, and read-only, after the end of the fault. */
export const readOnlyDatabase = unwritableDatabase({
  name: 'read-only-database',
  title: `the database read-only for ${LASTS_MS / 1000} s`,
  rejectWrites: async (admin, databaseUrl) => {
    await alterDatabase(admin, 'set default_transaction_read_only = on');
    await terminateSessions(databaseUrl);
  },
  acceptWrites: async (admin) => {
    await admin.query('SET default_transaction_read_only = off');
    await alterDatabase(admin, 'reset default_transaction_read_only');
  },
});

/** Every new row fails with 53100. service/db/unwritable.test.ts fills a real disk, which needs its own file system. */
export const fullDatabase = unwritableDatabase({
  name: 'full-database',
  title: `no space for new rows (53100) for ${LASTS_MS / 1000} s`,
  rejectWrites: async (admin) => {
    await admin.query(`CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`);
    await admin.query('CREATE TRIGGER no_space BEFORE INSERT OR UPDATE ON tasks FOR EACH STATEMENT EXECUTE FUNCTION no_space()');
  },
  acceptWrites: (admin) => admin.query('DROP FUNCTION IF EXISTS no_space() CASCADE'),
});

async function alterDatabase(admin: Client, change: string): Promise<void> {
  await admin.query(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I ${change}', current_database()); END $$`);
}
