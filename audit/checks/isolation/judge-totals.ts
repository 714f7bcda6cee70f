import { isTried } from '../../model/matrix.ts';
import { cannotTell, described, isCreated } from '../../model/response.ts';
import { conclude, expect, type Observation, observeDoubt, requireAttempts, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import { followingChanges, type Reads } from './following-changes.ts';
import type { TotalsOf } from './gather-totals.ts';

/** Nothing in B's lists follows the objects that A creates: no total, no link, no validator. */
export function judgeTotals(evidence: readonly TotalsOf[]): Verdict {
  const tried = evidence.flatMap(({ cells }) => cells.filter(isTried));
  return conclude(
    evidence.flatMap(({ collection, created, cells }) => [
      ...requireAttempts(`${collection}: lists around the creations of another tenant`, cells.filter(isTried), created),
      ...created
        .filter((exchange) => !isCreated(exchange))
        .map((exchange) => observeDoubt('control-failed', `${collection}: an object could not be created`, exchange)),
      ...cells.filter(isTried).map(({ rounds }) => unaffected(rounds)),
    ]),
    `${counted(tried.length, 'list')} stayed the same, headers included, while another tenant created objects.`,
  );
}

function unaffected(rounds: readonly Reads[]): Observation {
  const reads = rounds.flat();
  const [first] = reads;
  const doubt = reads.map((exchange) => cannotTell(exchange)).find((each) => each !== undefined);
  if (doubt) return doubt;
  if (first === undefined) return observeDoubt('nothing-tried', 'A list was not read');
  const following = followingChanges(rounds);
  const what = `${described(first)}: ${following.join(', ')} changed each time another tenant created objects, and not otherwise`;
  return expect(following.length === 0, 'counts-others', what, ...reads);
}
