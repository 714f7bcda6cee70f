import { setTimeout as sleep } from 'node:timers/promises';
import type { Proxy } from '../../rehearsal/stand-ins/tcp-proxy.ts';
import type { Scenario } from '../trial/scenario.ts';
import { runTrial } from '../trial/trial.ts';
import { goThroughProxy } from '../trial/database-routes.ts';

/** Longer than any request may take, so that whoever waits for the end of the silence is found out. */
const LASTS_MS = 16_000;

function blackHole(name: string, title: string, restore: (proxy: Proxy) => void): Scenario {
  return {
    name,
    title,
    run: (ground) =>
      runTrial(ground, {
        name,
        open: goThroughProxy,
        disturb: async ({ proxy }, { signal }) => {
          if (proxy.connections() === 0) throw new Error('the service has no connection to freeze');
          const began = performance.now();
          proxy.freeze();
          await sleep(LASTS_MS, undefined, { signal });
          const until = performance.now();
          restore(proxy);
          return { began, unreachable: { from: began, until }, strained: false, returns: [until] };
        },
      }),
  };
}

/** What was sent into the hole arrives in the end, long after its request was answered. */
export const blackHoleThawed = blackHole('black-hole-thawed', 'connections silent for 16 s, then as before', (proxy) => proxy.thaw());

export const blackHoleReset = blackHole('black-hole-reset', 'connections silent for 16 s, then reset', (proxy) => proxy.reset());
