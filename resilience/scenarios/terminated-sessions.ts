import { connectDirectly } from '../trial/database-routes.ts';
import { countSessions, terminateSessions } from '../trial/database-sessions.ts';
import { repeat } from '../trial/repeat.ts';
import { trialScenario } from '../trial/trial.ts';

const TIMES = 4;
const EVERY_MS = 750;

/** The database cuts all connections and continues, as when Neon's compute restarts. A request may be cut at any point. */
export const terminatedSessions = trialScenario({
  name: 'terminated-sessions',
  title: `all sessions terminated, ${TIMES} times`,
  connect: connectDirectly,
  injectFault: async (_route, { databaseUrl, signal }) => {
    if ((await countSessions(databaseUrl)) === 0) throw new Error('The service had no session to terminate');
    const began = performance.now();
    const returns = await repeat(TIMES, EVERY_MS, signal, () => terminateSessions(databaseUrl));
    return { began, unreachable: undefined, strained: false, returns };
  },
});
