import { setTimeout as sleep } from 'node:timers/promises';
import type { Scenario } from '../trial/scenario.ts';
import { runTrial } from '../trial/trial.ts';
import { goThroughProxy } from '../trial/database-routes.ts';

const TIMES = 3;
const EVERY_MS = 750;
/** So long statements are carried out whose answers never arrive. */
const DEAF_MS = 250;

/** The cut that tempts to send a write again that has been carried out already. */
export const lostAnswers: Scenario = {
  name: 'lost-answers',
  title: `answers withheld for ${DEAF_MS} ms, then connections reset, ${TIMES} times`,
  run: (ground) =>
    runTrial(ground, {
      name: 'lost-answers',
      open: goThroughProxy,
      disturb: async ({ proxy }, { signal }) => {
        const began = performance.now();
        const cut = async (): Promise<number> => {
          proxy.freeze('answers');
          await sleep(DEAF_MS, undefined, { signal });
          proxy.reset();
          return performance.now();
        };
        if (proxy.connections() === 0) throw new Error('the service had no connection to reset');
        const returns: [number, ...number[]] = [await cut()];
        for (let time = 1; time < TIMES; time += 1) {
          await sleep(EVERY_MS, undefined, { signal });
          returns.push(await cut());
        }
        return { began, unreachable: undefined, strained: true, returns };
      },
    }),
};
