import { type CheckId, checkIds, checkOf } from '../../audit/checks/catalog.ts';
import type { Fault } from '../cases/case.ts';

/** Without them the others are inconclusive. */
const PRECONDITIONS: readonly CheckId[] = ['target-identity', 'tenant-access'];

/**
 * The checks to run for each fault: those that share evidence with a check that must catch it. All of them for the first fault of each area,
 * for faults of another API, and where a check that must catch it judges the responses of all others.
 */
export function withChecks(faults: readonly Fault[]): (Fault & { checks?: readonly CheckId[] })[] {
  const begun = new Set<string>();
  return faults.map((fault) => {
    const areas = new Set<string>(fault.caughtBy.map((id) => checkOf(id).area));
    const isFirst = !areas.isSubsetOf(begun);
    for (const area of areas) begun.add(area);
    const needsAll = fault.api !== undefined || fault.caughtBy.some((id) => checkOf(id).phase === 'judge every response');
    if (isFirst || needsAll) return fault;
    const evidence = new Set(fault.caughtBy.flatMap((id) => checkOf(id).evidence));
    const sharesEvidence = (id: CheckId): boolean => fault.caughtBy.includes(id) || checkOf(id).evidence.some((each) => evidence.has(each));
    return { ...fault, checks: checkIds.filter((id) => PRECONDITIONS.includes(id) || sharesEvidence(id)) };
  });
}
