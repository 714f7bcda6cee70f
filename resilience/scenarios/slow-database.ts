import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../trial/scenario.ts';
import { runTrial } from '../trial/trial.ts';
import { goThroughProxy } from '../trial/database-routes.ts';

const LASTS_MS = 4_500;

function slowDatabase(name: string, title: string, delayMs: number, settings: Readonly<Record<string, string>>): Scenario {
  return {
    name,
    title,
    run: (ground) =>
      runTrial(ground, {
        name,
        settings,
        open: goThroughProxy,
        disturb: async ({ proxy }, { signal }) => {
          const began = performance.now();
          proxy.slowDown(delayMs);
          await sleep(LASTS_MS, undefined, { signal });
          proxy.slowDown(0);
          return { began, unreachable: undefined, strained: true, returns: [performance.now()] };
        },
      }),
  };
}

/** Every round trip takes a second: far more is asked for than the pool can do. */
export const slow = slowDatabase('slow-database', 'each direction delayed by 500 ms', 500, {});

/** The whole load has to pass over one connection. */
export const exhaustedPool = slowDatabase('exhausted-pool', 'a pool of one, each direction delayed by 50 ms', 50, { DATABASE_POOL_MAX: '1' });
