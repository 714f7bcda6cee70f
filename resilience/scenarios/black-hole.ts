import { setTimeout as sleep } from 'node:timers/promises';
import type { Proxy } from '../../rehearsal/stand-ins/tcp-proxy.ts';
import { connectThroughProxy } from '../trial/database-routes.ts';
import type { Scenario } from '../trial/scenario.ts';
import { trialScenario } from '../trial/trial.ts';

/** Longer than any request may take, so that a request that waits for the end of the silence fails. */
const LASTS_MS = 16_000;

function blackHole(name: string, title: string, restore: (proxy: Proxy) => void): Scenario {
  return trialScenario({
    name,
    title,
    connect: connectThroughProxy,
    injectFault: async ({ proxy }, { signal }) => {
      if (proxy.connections() === 0) throw new Error('The service has no connection to pause');
      const began = performance.now();
      proxy.pause();
      await sleep(LASTS_MS, undefined, { signal });
      const until = performance.now();
      restore(proxy);
      return { began, unreachable: { from: began, until }, strained: false, returns: [until] };
    },
  });
}

/** Statements arrive at last, long after their requests have ended. */
export const blackHoleResumed = blackHole('black-hole-resumed', 'connections silent for 16 s, then as before', (proxy) => proxy.resume());

export const blackHoleReset = blackHole('black-hole-reset', 'connections silent for 16 s, then reset', (proxy) => proxy.reset());
