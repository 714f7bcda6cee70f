import { lackOfPgBouncer } from '../../rehearsal/stand-ins/postgres/pgbouncer.ts';
import { connectDirectly, connectThroughPgBouncer, type DatabaseRoute } from '../trial/database-routes.ts';
import { causeOutage } from '../trial/outage.ts';
import { trialScenario, type TrialPlan } from '../trial/trial.ts';

/** PostgreSQL ends every session, refuses new ones and returns: a slow suspend and resume of Neon. */
const injectFault: TrialPlan<DatabaseRoute>['injectFault'] = ({ url }, { postgres, signal }) =>
  causeOutage({ url, lastsMs: 10_000, signal, interrupt: () => postgres.stop(), restore: () => postgres.start() });

export const stoppedDatabase = trialScenario({
  name: 'stopped-database',
  title: 'PostgreSQL stopped for 10 s',
  connect: connectDirectly,
  injectFault,
});

export const stoppedDatabasePooled = trialScenario({
  name: 'stopped-database-pooled',
  title: 'PostgreSQL stopped for 10 s behind PgBouncer',
  obstacle: () => lackOfPgBouncer() || undefined,
  connect: connectThroughPgBouncer,
  injectFault,
});
