import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { cannotTell, described, isFound, isUnchanged, statusOf } from '../../model/response.ts';
import {
  conclude,
  expect,
  isSilent,
  type Observation,
  observeDoubt,
  observeFailure,
  observePass,
  requireAttempts,
  type Verdict,
} from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import type { PairCell, PairsOf } from './gather-pairs.ts';
import { doubtOfOdd, lastingDifferences, type Pair } from './pair.ts';

/** Each request got the response that the same one gets for an object that does not exist, and no object of A was shown or changed. */
export function judgePairs(evidence: readonly PairsOf[], what: string): Verdict {
  const tried = evidence.flatMap(({ cells }) => cells.filter(isTried));
  return conclude(
    [
      ...evidence.flatMap(({ cells, collection }) => requireAttempts(`${collection}: ${what}`, cells.filter(isTried))),
      ...evidence.flatMap(({ cells, ...of }) => [...ownerFindsIt(of), ...cells.filter(isTried).flatMap((cell) => outcomeOf(cell, of.victim.text))]),
    ],
    `${counted(tried.length, 'request')} with ${what} got a rejection as for an object that does not exist, and the owner found its objects unchanged.`,
  );
}

/** The owner reads its object as it was before the attempts of other tenants. */
export function ownerFindsIt({ collection, victim, ownerAfter }: Pick<PairsOf, 'collection' | 'victim' | 'ownerAfter'>): Observation[] {
  if (!isFound(victim.before, victim.text))
    return [observeDoubt('no-victim', `${collection}: the owner could not read its object before the attempts`, victim.before)];
  const found = ownerAfter.response?.status === 200 ? 'a changed object' : statusOf(ownerAfter);
  const changed = `${collection}: after the attempts of other tenants the owner got ${found}`;
  const isSame = isUnchanged(ownerAfter, victim.before, victim.varying);
  return [cannotTell(ownerAfter, 200) ?? expect(isSame, 'object-changed', changed, victim.before, ownerAfter)];
}

function outcomeOf({ foreign, pair }: Extract<PairCell, { foreign: Exchange }>, text: string): Observation[] {
  const shown = [foreign, pair?.again?.foreign].find((each) => each?.response?.body.includes(text));
  if (shown !== undefined) return [observeFailure('data-shown', `${described(shown)} returned the text of the object`, shown)];
  return [pair === undefined ? (doubtOfOdd(foreign) ?? observePass('rejected', foreign)) : asForUnknown(pair)];
}

function asForUnknown(pair: Pair): Observation {
  const { foreign, unknown, again } = pair;
  const exchanges = [foreign, unknown, ...(again ? [again.foreign, again.unknown] : [])];
  const lasting = lastingDifferences(pair);
  const what = lasting.includes('status') ? `${statusOf(foreign)}, and ${statusOf(unknown)}` : `another response (${lasting.join(', ')}) than`;
  const differs = `${described(foreign)} returned ${what} for an object that does not exist, twice`;
  // A server error for each object of others and for no other id shows which ids exist.
  const isStatus = lasting.includes('status') && !exchanges.some((each) => isSilent(each) || each.response?.status === 429);
  if (isStatus) return observeFailure('existence-shown', differs, ...exchanges);
  const doubt = exchanges.map((each) => doubtOfOdd(each)).find((each) => each !== undefined);
  return doubt ?? expect(lasting.length === 0, 'existence-shown', differs, ...exchanges);
}
