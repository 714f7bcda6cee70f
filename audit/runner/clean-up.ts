import { setTimeout as sleep } from 'node:timers/promises';
import type { CleanupEvidence } from '../checks/self-check/gather-cleanup.ts';
import { tidyUp } from '../checks/self-check/gather-cleanup.ts';
import { openSession, RUN_DIRECTORY } from './session.ts';

/** Keeps the ledger's ids apart from those of the workers. */
const TEARDOWN = -1;
/** A request of a process that was ended may still be under way. */
const IN_FLIGHT_MS = 500;
const NOTHING_EARLIER: CleanupEvidence['earlier'] = { removed: 0, unreachable: 0, elsewhere: 0 };

/**
 * Removes what this run has created, whichever checks were selected and however they ended. `nothing-left-behind` has done so
 * already where it was made: what it could not remove stays in the journal for the next run.
 */
export async function cleanUp(environment: NodeJS.ProcessEnv): Promise<void> {
  if (environment[RUN_DIRECTORY] === undefined) return;
  const session = openSession(environment, TEARDOWN);
  try {
    if (!session.journal.isOpen() || session.directory.recall('cleanup') !== undefined) return;
    if (session.directory.unfinished().length > 0) await sleep(IN_FLIGHT_MS);
    const { lists } = await session.evidence('cleanup', (kit) => tidyUp(kit, NOTHING_EARLIER));
    const removed = lists.reduce((sum, list) => sum + list.removed, 0);
    console.log(`Removed ${removed} ${removed === 1 ? 'object' : 'objects'} that this run had created.`);
  } catch (error) {
    // An error here would hide the verdict.
    console.error(`Cleanup failed: ${session.redactor.redact(error instanceof Error ? error.message : 'unknown reason')}`);
  } finally {
    if (session.journal.isOpen()) console.error('Objects of this run may be left: the next audit of this target removes them.');
    await session.close();
  }
}
