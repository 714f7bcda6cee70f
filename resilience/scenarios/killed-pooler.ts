import { lackOfPgBouncer } from '../../rehearsal/stand-ins/postgres/pgbouncer.ts';
import { makeOutage } from '../trial/outage.ts';
import type { Scenario } from '../trial/scenario.ts';
import { runTrial } from '../trial/trial.ts';
import { goThroughPgBouncer } from '../trial/database-routes.ts';

const LASTS_MS = 3_000;

/** The pooler is gone without a word while the database lives: statements under way may be carried out and not be answered. */
export const killedPooler: Scenario = {
  name: 'killed-pooler',
  title: 'PgBouncer killed, started again after 3 s',
  obstacle: () => lackOfPgBouncer() || undefined,
  run: (ground) =>
    runTrial(ground, {
      name: 'killed-pooler',
      open: goThroughPgBouncer,
      disturb: ({ url, pgBouncer }, { signal }) =>
        makeOutage({ url, lastsMs: LASTS_MS, signal, takeAway: () => pgBouncer.kill(), bringBack: () => pgBouncer.start() }),
    }),
};
