import type { Scenario } from '../trial/scenario.ts';
import { blackHoleReset, blackHoleResumed } from './black-hole.ts';
import { killedPooler } from './killed-pooler.ts';
import { lockedTable } from './locked-table.ts';
import { lostResponses } from './lost-responses.ts';
import { rollingRestart } from './rolling-restart.ts';
import { slowClients } from './slow-clients.ts';
import { exhaustedPool, slow } from './slow-database.ts';
import { stoppedDatabase, stoppedDatabasePooled } from './stopped-database.ts';
import { terminatedSessions } from './terminated-sessions.ts';
import { fullDatabase, readOnlyDatabase } from './unwritable-database.ts';

/** In the order in which they run. */
export const scenarios: readonly Scenario[] = [
  terminatedSessions,
  lostResponses,
  stoppedDatabase,
  stoppedDatabasePooled,
  killedPooler,
  blackHoleResumed,
  blackHoleReset,
  slow,
  exhaustedPool,
  lockedTable,
  readOnlyDatabase,
  fullDatabase,
  rollingRestart,
  slowClients,
];

/** The named scenarios, or all without names. @throws when a name is unknown */
export function chooseScenarios(names: readonly string[]): readonly Scenario[] {
  const known = scenarios.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`There is no fault ${unknown.join(', ')}. There are: ${known.join(', ')}`);
  return names.length === 0 ? scenarios : scenarios.filter(({ name }) => names.includes(name));
}
