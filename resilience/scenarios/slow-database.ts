import { setTimeout as sleep } from 'node:timers/promises';
import { connectThroughProxy } from '../trial/database-routes.ts';
import type { Scenario } from '../trial/scenario.ts';
import { trialScenario } from '../trial/trial.ts';

const LASTS_MS = 4_500;

function slowDatabase(name: string, title: string, delayMs: number, settings: Readonly<Record<string, string>>): Scenario {
  return trialScenario({
    name,
    title,
    settings,
    connect: connectThroughProxy,
    injectFault: async ({ proxy }, { signal }) => {
      const began = performance.now();
      proxy.slowDown(delayMs);
      await sleep(LASTS_MS, undefined, { signal });
      proxy.slowDown(0);
      return { began, unreachable: undefined, strained: true, returns: [performance.now()] };
    },
  });
}

/** Every round trip takes a second: the load far exceeds what the pool can serve. */
export const slow = slowDatabase('slow-database', 'each direction delayed by 500 ms', 500, {});

/** The whole load shares one connection. */
export const exhaustedPool = slowDatabase('exhausted-pool', 'a pool of one, each direction delayed by 50 ms', 50, { DATABASE_POOL_MAX: '1' });
