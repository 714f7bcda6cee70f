import { setTimeout as sleep } from 'node:timers/promises';
import { connectThroughProxy } from '../trial/database-routes.ts';
import { repeat } from '../trial/repeat.ts';
import { trialScenario } from '../trial/trial.ts';

const TIMES = 3;
const EVERY_MS = 750;
/** How long statements take effect whose responses never arrive. */
const WITHHELD_MS = 250;

/** Tempts the service to retry a write that has already taken effect. */
export const lostResponses = trialScenario({
  name: 'lost-responses',
  title: `responses withheld for ${WITHHELD_MS} ms, then connections reset, ${TIMES} times`,
  connect: connectThroughProxy,
  injectFault: async ({ proxy }, { signal }) => {
    const began = performance.now();
    if (proxy.connections() === 0) throw new Error('The service had no connection to reset');
    const returns = await repeat(TIMES, EVERY_MS, signal, async () => {
      proxy.pause('responses');
      await sleep(WITHHELD_MS, undefined, { signal });
      proxy.reset();
    });
    return { began, unreachable: undefined, strained: true, returns };
  },
});
