import { lackOfPgBouncer } from '../../rehearsal/stand-ins/postgres/pgbouncer.ts';
import { connectThroughPgBouncer } from '../trial/database-routes.ts';
import { causeOutage } from '../trial/outage.ts';
import type { Scenario } from '../trial/scenario.ts';
import { runTrial } from '../trial/trial.ts';

const LASTS_MS = 3_000;

/** The pooler dies while the database lives: pending statements may take effect without a response. */
export const killedPooler: Scenario = {
  name: 'killed-pooler',
  title: 'PgBouncer killed, started again after 3 s',
  obstacle: () => lackOfPgBouncer() || undefined,
  run: (environment) =>
    runTrial(environment, {
      name: 'killed-pooler',
      connect: connectThroughPgBouncer,
      injectFault: ({ url, pgBouncer }, { signal }) =>
        causeOutage({ url, lastsMs: LASTS_MS, signal, interrupt: () => pgBouncer.kill(), restore: () => pgBouncer.start() }),
    }),
};
