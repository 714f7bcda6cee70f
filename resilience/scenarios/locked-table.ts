import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../trial/scenario.ts';
import { countWaiting, withConnection } from '../trial/sessions.ts';
import { runTrial } from '../trial/trial.ts';
import { goDirectly } from '../trial/database-routes.ts';

/** Longer than the database's lock_timeout of 4 s, so that it has to be seen at work. */
const LASTS_MS = 5_500;

/** Somebody's long transaction keeps all writers waiting until they hold every connection of the pool. */
export const lockedTable: Scenario = {
  name: 'locked-table',
  title: 'the table locked against writers for 5.5 s',
  run: (ground) =>
    runTrial(ground, {
      name: 'locked-table',
      open: goDirectly,
      disturb: (_way, { databaseUrl, signal }) =>
        withConnection(databaseUrl, async (client) => {
          const began = performance.now();
          await client.query('BEGIN');
          await client.query('LOCK TABLE tasks IN EXCLUSIVE MODE');
          await sleep(LASTS_MS / 2, undefined, { signal });
          if ((await countWaiting(databaseUrl)) === 0) throw new Error('nobody waited for the lock');
          await sleep(LASTS_MS / 2, undefined, { signal });
          await client.query('COMMIT');
          return { began, unreachable: undefined, strained: true, returns: [performance.now()] };
        }),
    }),
};
