import { type CheckId, checkIds, isCheckId } from '../../audit/checks/catalog.ts';
import type { Outcome } from '../../audit/model/verdict.ts';
import type { Run } from '../../audit/run/run.ts';
import { withoutTime } from './without-time.ts';

/**
 * Expected rulings are `caught` for a fault of a deployment, `noticed` for a fault of the audit, and `sound`. A fault has `survived`
 * when a check that must catch it did not fail, a sound deployment that is not proven is a `false alarm`, and a case is `invalid`
 * when it is inconclusive: the deployment did not start, the mutation had no effect, or the audit could not begin.
 */
export type CaseRuling = 'caught' | 'noticed' | 'survived' | 'sound' | 'false alarm' | 'invalid';

export type Expectation =
  | {
      must: 'fail' | 'not pass';
      of: readonly CheckId[];
      /** One of them is enough, for an intermittent fault. */
      oneIsEnough?: boolean;
    }
  | { must: 'prove' };

export type Assessed = {
  ruling: CaseRuling;
  /** Why the ruling is not the expected one. */
  why?: string;
  outcomes: Readonly<Partial<Record<CheckId, Outcome>>>;
  /** The number of exchanges that show the fault, by failed check. */
  shownBy: Readonly<Partial<Record<CheckId, number>>>;
};

const PRECONDITIONS: readonly CheckId[] = ['target-identity', 'tenant-access'];

/** Rules on an audit of a case. Where a check must fail, an inconclusive one has not caught the fault. */
export function assess(expected: Expectation, run: Pick<Run, 'verdict' | 'checks' | 'requirements'> | undefined, code: number | null): Assessed {
  if (run === undefined) {
    // A broken audit need not save a run, as long as it exits with a failure.
    const isNoticed = expected.must === 'not pass' && code !== null && code !== 0;
    return { ...(isNoticed ? { ruling: 'noticed' } : { ruling: 'invalid', why: 'the audit saved no run' }), outcomes: {}, shownBy: {} };
  }
  const outcomes: Partial<Record<CheckId, Outcome>> = {};
  const shownBy: Partial<Record<CheckId, number>> = {};
  for (const { id, outcome, evidence } of run.checks) {
    if (!isCheckId(id)) continue;
    outcomes[id] = outcome;
    const failures = evidence.filter((each) => each.outcome === 'fail');
    if (outcome === 'fail') shownBy[id] = failures.length;
  }
  const rule = (ruling: CaseRuling, why?: string): Assessed => ({ ruling, outcomes, shownBy, ...(why !== undefined && { why }) });

  if (expected.must === 'prove') {
    const others = checkIds.filter((id) => outcomes[id] !== 'pass' && outcomes[id] !== 'not applicable');
    const timeless = withoutTime(run);
    const isSound = timeless === run ? others.length === 0 && run.verdict === 'proven' && code === 0 : timeless.verdict === 'proven';
    return isSound ? rule('sound') : rule('false alarm', others.map((id) => `${id} ${outcomes[id]}`).join(', '));
  }
  const quiet = expected.of.filter((id) => (expected.must === 'fail' ? outcomes[id] !== 'fail' : outcomes[id] === 'pass'));
  const silent = expected.oneIsEnough === true && quiet.length < expected.of.length ? [] : quiet;
  const unready = PRECONDITIONS.filter((id) => outcomes[id] !== 'pass' && !expected.of.includes(id));
  if (silent.length > 0 && unready.length > 0) return rule('invalid', `the audit could not begin: ${unready.join(', ')}`);
  if (silent.length > 0) return rule('survived', silent.map((id) => `${id}: ${outcomes[id]}`).join(', '));
  return run.verdict === 'proven' || code === 0 ? rule('survived', 'the verdict is proven') : rule(expected.must === 'fail' ? 'caught' : 'noticed');
}
