import { setTimeout as sleep } from 'node:timers/promises';
import { withConnection } from '../../rehearsal/stand-ins/postgres/query.ts';
import { connectDirectly } from '../trial/database-routes.ts';
import { countWaiting } from '../trial/database-sessions.ts';
import { trialScenario } from '../trial/trial.ts';

/** Longer than the database's lock_timeout of 4 s, so that the timeout takes effect. */
const LASTS_MS = 5_500;

/** A long transaction blocks all writers until they occupy every connection of the pool. */
export const lockedTable = trialScenario({
  name: 'locked-table',
  title: 'the table locked against writers for 5.5 s',
  connect: connectDirectly,
  injectFault: (_route, { databaseUrl, signal }) =>
    withConnection(databaseUrl, async (client) => {
      const began = performance.now();
      await client.query('BEGIN');
      await client.query('LOCK TABLE tasks IN EXCLUSIVE MODE');
      await sleep(LASTS_MS / 2, undefined, { signal });
      if ((await countWaiting(databaseUrl)) === 0) throw new Error('No session waited for the lock');
      await sleep(LASTS_MS / 2, undefined, { signal });
      await client.query('COMMIT');
      return { began, unreachable: undefined, strained: true, returns: [performance.now()] };
    }),
});
