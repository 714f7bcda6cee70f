import { blackHoleReset, blackHoleThawed } from './black-hole.ts';
import { killedPooler } from './killed-pooler.ts';
import { lostAnswers } from './lost-responses.ts';
import { lockedTable } from './locked-table.ts';
import { rollingRestart } from './rolling-restart.ts';
import type { Scenario } from '../trial/scenario.ts';
import { slowClients } from './slow-clients.ts';
import { exhaustedPool, slow } from './slow-database.ts';
import { stoppedDatabase, stoppedDatabasePooled } from './stopped-database.ts';
import { terminatedSessions } from './terminated-sessions.ts';
import { fullDatabase, readOnlyDatabase } from './unwritable-database.ts';

/** Every fault, in the order in which they are run and told. */
export const scenarios: readonly Scenario[] = [
  terminatedSessions,
  lostAnswers,
  stoppedDatabase,
  stoppedDatabasePooled,
  killedPooler,
  blackHoleThawed,
  blackHoleReset,
  slow,
  exhaustedPool,
  lockedTable,
  readOnlyDatabase,
  fullDatabase,
  rollingRestart,
  slowClients,
];

/**
 * Those of these names, in their own order; all of them when none is named.
 * @throws when a name is unknown
 */
export function chooseScenarios(names: readonly string[]): readonly Scenario[] {
  const known = scenarios.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`no fault is called ${unknown.join(' or ')}. There are: ${known.join(', ')}`);
  return names.length === 0 ? scenarios : scenarios.filter(({ name }) => names.includes(name));
}
