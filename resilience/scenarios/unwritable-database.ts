import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Scenario } from '../trial/scenario.ts';
import { terminateSessions, withConnection } from '../trial/sessions.ts';
import { runTrial } from '../trial/trial.ts';
import { goDirectly } from '../trial/database-routes.ts';

const LASTS_MS = 4_000;

type Unwritable = {
  readonly name: string;
  readonly title: string;
  /** Resolves when no write can succeed any more. */
  takeAway(admin: Client, databaseUrl: string): Promise<unknown>;
  bringBack(admin: Client): Promise<unknown>;
};

function unwritableDatabase({ name, title, takeAway, bringBack }: Unwritable): Scenario {
  return {
    name,
    title,
    run: (ground) =>
      runTrial(ground, {
        name,
        open: goDirectly,
        disturb: async (_way, { databaseUrl, signal }) => {
          const began = performance.now();
          const admin = <Result>(work: (client: Client) => Promise<Result>): Promise<Result> => withConnection(databaseUrl, work);
          let from = 0;
          let until = 0;
          try {
            await admin((client) => takeAway(client, databaseUrl));
            from = performance.now();
            await sleep(LASTS_MS, undefined, { signal });
          } finally {
            until = performance.now();
            await admin(bringBack);
          }
          return { began, unreachable: undefined, unwritable: { from, until }, strained: false, returns: [performance.now()] };
        },
      }),
  };
}

/** As after a failover: sessions are cut, and new ones are read-only. They remain open, and read-only, after the end of the fault. */
export const readOnlyDatabase = unwritableDatabase({
  name: 'read-only-database',
  title: `the database read-only for ${LASTS_MS / 1000} s`,
  takeAway: async (admin, databaseUrl) => {
    await alterDatabase(admin, 'set default_transaction_read_only = on');
    await terminateSessions(databaseUrl);
  },
  bringBack: async (admin) => {
    await admin.query('SET default_transaction_read_only = off');
    await alterDatabase(admin, 'reset default_transaction_read_only');
  },
});

/** Every new row fails with 53100. A disk that is really full needs its own file system: service/db/unwritable.test.ts has one. */
export const fullDatabase = unwritableDatabase({
  name: 'full-database',
  title: `no space for new rows (53100) for ${LASTS_MS / 1000} s`,
  takeAway: async (admin) => {
    await admin.query(`CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`);
    await admin.query('CREATE TRIGGER no_space BEFORE INSERT OR UPDATE ON tasks FOR EACH STATEMENT EXECUTE FUNCTION no_space()');
  },
  bringBack: (admin) => admin.query('DROP FUNCTION IF EXISTS no_space() CASCADE'),
});

async function alterDatabase(admin: Client, change: string): Promise<void> {
  await admin.query(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I ${change}', current_database()); END $$`);
}
