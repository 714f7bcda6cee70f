import { setTimeout as sleep } from 'node:timers/promises';
import { connectDirectly } from '../trial/database-routes.ts';
import type { Scenario } from '../trial/scenario.ts';
import { terminateSessions } from '../trial/sessions.ts';
import { runTrial } from '../trial/trial.ts';

const TIMES = 4;
const EVERY_MS = 750;

/** The database cuts all connections and continues, as when Neon's compute restarts. A request may be cut at any point. */
export const terminatedSessions: Scenario = {
  name: 'terminated-sessions',
  title: `all sessions terminated, ${TIMES} times`,
  run: (environment) =>
    runTrial(environment, {
      name: 'terminated-sessions',
      connect: connectDirectly,
      injectFault: async (_route, { databaseUrl, signal }) => {
        const began = performance.now();
        if ((await terminateSessions(databaseUrl)) === 0) throw new Error('The service had no session to terminate');
        const returns: [number, ...number[]] = [performance.now()];
        for (let time = 1; time < TIMES; time += 1) {
          await sleep(EVERY_MS, undefined, { signal });
          await terminateSessions(databaseUrl);
          returns.push(performance.now());
        }
        return { began, unreachable: undefined, strained: false, returns };
      },
    }),
};
