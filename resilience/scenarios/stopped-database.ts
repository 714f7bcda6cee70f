import { lackOfPgBouncer } from '../../rehearsal/stand-ins/postgres/pgbouncer.ts';
import { makeOutage } from '../trial/outage.ts';
import type { Scenario } from '../trial/scenario.ts';
import { runTrial, type Plan, type Way } from '../trial/trial.ts';
import { goDirectly, goThroughPgBouncer } from '../trial/database-routes.ts';

const LASTS_MS = 10_000;

/** PostgreSQL ends every session, refuses new ones and comes back: Neon's suspension and waking, at its slowest. */
const disturb: Plan<Way>['disturb'] = ({ url }, { postgres, signal }) =>
  makeOutage({ url, lastsMs: LASTS_MS, signal, takeAway: () => postgres.stop(), bringBack: () => postgres.start() });

export const stoppedDatabase: Scenario = {
  name: 'stopped-database',
  title: 'PostgreSQL stopped for 10 s',
  run: (ground) => runTrial(ground, { name: 'stopped-database', open: goDirectly, disturb }),
};

export const stoppedDatabasePooled: Scenario = {
  name: 'stopped-database-pooled',
  title: 'PostgreSQL stopped for 10 s behind PgBouncer',
  obstacle: () => lackOfPgBouncer() || undefined,
  run: (ground) => runTrial(ground, { name: 'stopped-database-pooled', open: goThroughPgBouncer, disturb }),
};
