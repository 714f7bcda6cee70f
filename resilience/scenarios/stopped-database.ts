import { lackOfPgBouncer } from '../../rehearsal/stand-ins/postgres/pgbouncer.ts';
import { connectDirectly, connectThroughPgBouncer, type DatabaseRoute } from '../trial/database-routes.ts';
import { causeOutage } from '../trial/outage.ts';
import type { Scenario } from '../trial/scenario.ts';
import { runTrial, type TrialPlan } from '../trial/trial.ts';

const LASTS_MS = 10_000;

/** PostgreSQL ends every session, refuses new ones and returns: a slow suspend and resume of Neon. */
const injectFault: TrialPlan<DatabaseRoute>['injectFault'] = ({ url }, { postgres, signal }) =>
  causeOutage({ url, lastsMs: LASTS_MS, signal, interrupt: () => postgres.stop(), restore: () => postgres.start() });

export const stoppedDatabase: Scenario = {
  name: 'stopped-database',
  title: 'PostgreSQL stopped for 10 s',
  run: (environment) => runTrial(environment, { name: 'stopped-database', connect: connectDirectly, injectFault }),
};

export const stoppedDatabasePooled: Scenario = {
  name: 'stopped-database-pooled',
  title: 'PostgreSQL stopped for 10 s behind PgBouncer',
  obstacle: () => lackOfPgBouncer() || undefined,
  run: (environment) => runTrial(environment, { name: 'stopped-database-pooled', connect: connectThroughPgBouncer, injectFault }),
};
