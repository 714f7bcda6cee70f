import { type CheckId, checkIds, isCheckId } from '../audit/checks/catalog.ts';
import type { Outcome } from '../audit/model/verdict.ts';
import { type Run } from '../audit/run/run.ts';

/**
 * `caught` and `sound` are as they should be. A fault is `missed` when a check that must catch it did not fail, what is sound
 * is `accused` when it was not proven, and a case is `void` when it shows nothing: the deployment did not come up, the change
 * changed nothing, or the audit could not begin.
 */
export type Ruling = 'caught' | 'missed' | 'sound' | 'accused' | 'void';

export type Demand =
  | {
      must: 'fail' | 'not pass';
      of: readonly CheckId[];
      /** One of them is enough: what shows now and then need not show everywhere. */
      oneIsEnough?: boolean;
    }
  | { must: 'prove' };

export type Assessed = {
  ruling: Ruling;
  /** Why it is not as it should be. */
  why?: string;
  outcomes: Readonly<Partial<Record<CheckId, Outcome>>>;
  /** How many exchanges show the fault, by the checks that failed. */
  shownBy: Readonly<Partial<Record<CheckId, number>>>;
};

const PRECONDITIONS: readonly CheckId[] = ['target-identity', 'tenant-access'];

/** What an audit of a case says about the audit. Whatever is not seen is not caught: a doubt is none, where a failure is demanded. */
export function assess(demand: Demand, run: Pick<Run, 'verdict' | 'checks'> | undefined, code: number | null): Assessed {
  if (run === undefined) {
    // A broken audit need not save anything, as long as it ends as a failure, and of itself.
    const isNoticed = demand.must === 'not pass' && code !== null && code !== 0;
    return { ...(isNoticed ? { ruling: 'caught' } : { ruling: 'void', why: 'the audit has saved no run' }), outcomes: {}, shownBy: {} };
  }
  const outcomes: Partial<Record<CheckId, Outcome>> = {};
  const shownBy: Partial<Record<CheckId, number>> = {};
  for (const { id, outcome, evidence } of run.checks) {
    if (!isCheckId(id)) continue;
    outcomes[id] = outcome;
    const failures = evidence.filter((each) => each.outcome === 'fail');
    if (outcome === 'fail') shownBy[id] = failures.length;
  }
  const rule = (ruling: Ruling, why?: string): Assessed => ({ ruling, outcomes, shownBy, ...(why !== undefined && { why }) });

  if (demand.must === 'prove') {
    const others = checkIds.filter((id) => outcomes[id] !== 'pass' && outcomes[id] !== 'not applicable');
    return run.verdict === 'proven' && others.length === 0 && code === 0
      ? rule('sound')
      : rule('accused', others.map((id) => `${id} ${outcomes[id]}`).join(', '));
  }
  const quiet = demand.of.filter((id) => (demand.must === 'fail' ? outcomes[id] !== 'fail' : outcomes[id] === 'pass'));
  const silent = demand.oneIsEnough === true && quiet.length < demand.of.length ? [] : quiet;
  const unready = PRECONDITIONS.filter((id) => outcomes[id] !== 'pass' && !demand.of.includes(id));
  if (silent.length > 0 && unready.length > 0) return rule('void', `the audit could not begin: ${unready.join(', ')}`);
  if (silent.length > 0) return rule('missed', silent.map((id) => `${id} said ${outcomes[id]}`).join(', '));
  return run.verdict === 'proven' || code === 0 ? rule('missed', 'the verdict is proven all the same') : rule('caught');
}
