import { lackOfPgBouncer } from '../../rehearsal/stand-ins/postgres/pgbouncer.ts';
import { connectThroughPgBouncer } from '../trial/database-routes.ts';
import { causeOutage } from '../trial/outage.ts';
import { trialScenario } from '../trial/trial.ts';

/** The pooler dies while the database lives: pending statements may take effect without a response. */
export const killedPooler = trialScenario({
  name: 'killed-pooler',
  title: 'PgBouncer killed, started again after 3 s',
  obstacle: () => lackOfPgBouncer() || undefined,
  connect: connectThroughPgBouncer,
  injectFault: ({ url, pgBouncer }, { signal }) =>
    causeOutage({ url, lastsMs: 3_000, signal, interrupt: () => pgBouncer.kill(), restore: () => pgBouncer.start() }),
});
