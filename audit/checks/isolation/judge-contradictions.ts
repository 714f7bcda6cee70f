import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { cannotTell } from '../../model/response.ts';
import { conclude, expect, type Observation, requireAttempts, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import type { ContradictionsOf } from './gather-contradictions.ts';
import { ownerFindsIt } from './judge-pairs.ts';
import { showsOnlyOwn } from './own-objects.ts';

/** An owner or id in a query, a body or headers that contradicts the path has no effect on the objects of another tenant. */
export function judgeContradictions(evidence: readonly ContradictionsOf[]): Verdict {
  const attempts = evidence.flatMap(({ cells }) => cells.filter(isTried).flatMap((cell) => cell.attempts));
  return conclude(
    evidence.flatMap((of) => {
      const sent = of.cells.filter(isTried).flatMap((cell) => cell.attempts);
      return [
        ...requireAttempts(`${of.collection}: requests that name the other tenant`, sent),
        ...ownerFindsIt(of),
        ...sent.flatMap((exchange) => showsOnlyOwn(exchange, of.shape, of.owned)),
        givenAway(of, sent),
      ];
    }),
    `${counted(attempts.length, 'request')} that named the other tenant or its object in the query, the body or headers returned, counted and changed only the caller's objects.`,
  );
}

/** No object of B is in the list of A. */
function givenAway({ collection, listA, textsOfB }: ContradictionsOf, sent: readonly Exchange[]): Observation {
  const given = textsOfB.some((text) => listA.response?.body.includes(text) === true);
  const writes = sent.filter(({ request }) => request.method !== 'GET' && request.body !== undefined).slice(0, 3);
  const what = `${collection}: after requests that name A as owner, the list of A contains an object of B`;
  return cannotTell(listA, 200) ?? expect(!given, 'object-given-away', what, ...writes, listA);
}
