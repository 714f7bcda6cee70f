import { isTried } from '../../model/matrix.ts';
import { described, isRejected } from '../../model/response.ts';
import { conclude, expect, notApplicable, requireAttempts, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import type { SimilarUsersOf } from './gather-similar-users.ts';
import { ownerFindsIt } from './judge-pairs.ts';
import { doubtOfOdd } from './pair.ts';

/** No user sees an object of another whose id is similar. */
export function judgeSimilarUsers(evidence: readonly SimilarUsersOf[]): Verdict {
  const tried = evidence.flatMap(({ cells }) => cells.filter(isTried));
  if (tried.length === 0) return notApplicable('The audit was given tokens, and cannot act as users with similar ids.');
  const rejected = tried.filter(({ exchange }) => isRejected(exchange)).length;
  return conclude(
    evidence.flatMap(({ cells, ...of }) => [
      ...requireAttempts(`${of.collection}: reads of users with similar ids`, cells.filter(isTried)),
      ...ownerFindsIt(of),
      ...cells.filter(isTried).map(({ exchange }) => {
        const isShown = exchange.response?.body.includes(of.victim.text) === true;
        const shown = `${described(exchange)} returned an object of another user`;
        return isShown ? expect(false, 'data-shown', shown, exchange) : (doubtOfOdd(exchange) ?? expect(true, 'data-shown', shown, exchange));
      }),
    ]),
    `${counted(tried.length, 'read')} of users with similar ids returned no object of the other user${rejected > 0 ? ` (${rejected} were rejected with the token)` : ''}.`,
  );
}
