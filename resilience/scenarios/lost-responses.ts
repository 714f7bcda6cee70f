import { setTimeout as sleep } from 'node:timers/promises';
import { connectThroughProxy } from '../trial/database-routes.ts';
import type { Scenario } from '../trial/scenario.ts';
import { runTrial } from '../trial/trial.ts';

const TIMES = 3;
const EVERY_MS = 750;
/** How long statements take effect whose responses never arrive. */
const WITHHELD_MS = 250;

/** Tempts the service to retry a write that has already taken effect. */
export const lostResponses: Scenario = {
  name: 'lost-answers',
  title: `responses withheld for ${WITHHELD_MS} ms, then connections reset, ${TIMES} times`,
  run: (environment) =>
    runTrial(environment, {
      name: 'lost-answers',
      connect: connectThroughProxy,
      injectFault: async ({ proxy }, { signal }) => {
        const began = performance.now();
        const cut = async (): Promise<number> => {
          proxy.pause('responses');
          await sleep(WITHHELD_MS, undefined, { signal });
          proxy.reset();
          return performance.now();
        };
        if (proxy.connections() === 0) throw new Error('The service had no connection to reset');
        const returns: [number, ...number[]] = [await cut()];
        for (let time = 1; time < TIMES; time += 1) {
          await sleep(EVERY_MS, undefined, { signal });
          returns.push(await cut());
        }
        return { began, unreachable: undefined, strained: true, returns };
      },
    }),
};
