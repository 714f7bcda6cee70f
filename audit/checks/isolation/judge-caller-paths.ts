import { cannotTell, comparable, described, isFound, isUnchanged, statusOf } from '../../model/response.ts';
import { conclude, expect, type Observation, observeDoubt, requireAttempts, type Verdict } from '../../model/verdict.ts';
import { variationOf } from '../../model/variation.ts';
import type { Variation } from '../../model/words.ts';
import { counted } from '../../model/wording.ts';
import type { CallerPath, CallerPathsEvidence } from './gather-caller-paths.ts';

/** No verdict where no path names its user. */
export function judgeCallerPaths(evidence: CallerPathsEvidence): Verdict[] {
  if (evidence.length === 0) return [];
  const attempts = evidence.flatMap((each) => each.attempts);
  return [
    conclude(
      [...requireAttempts("operations at another user's path", attempts), ...evidence.flatMap(closedToOthers)],
      `At the path of another user ${counted(attempts.length, 'operation')} got a client error, a list showed none of its objects, and a creation did not appear there.`,
    ),
  ];
}

function closedToOthers({ collection, victim, attempts, list, planted, ownerAfter, listAfter }: CallerPath): Observation[] {
  if (!isFound(victim.before, victim.text))
    return [observeDoubt('no-victim', `${collection}: the owner could not read its object before the attempts`, victim.before)];
  const broken = `${collection}: after the attempts of another tenant its owner got ${ownerAfter.response?.status === 200 ? 'a changed object' : statusOf(ownerAfter)}`;
  const variation = variationOf(attempts.flatMap(({ unknown }) => unknown ?? []));
  return [
    ...attempts.flatMap((attempt) => rejected(attempt, victim.text, variation)),
    cannotTell(list) ??
      expect(!list.response?.body.includes(victim.text), 'data-shown', `${described(list)} returned the object of another user`, list),
    cannotTell(planted.created) ??
      cannotTell(listAfter, 200) ??
      expect(
        listAfter.response?.status === 200 && listAfter.response.body.includes(victim.text) && !listAfter.response.body.includes(planted.text),
        'object-planted',
        `${described(planted.created)} returned ${planted.created.response?.status}, and the list of that user has the object, or lacks its own`,
        planted.created,
        listAfter,
      ),
    cannotTell(ownerAfter, 200) ??
      expect(isUnchanged(ownerAfter, victim.before, victim.varying), 'object-changed', broken, victim.before, ownerAfter),
  ];
}

function rejected({ operation, exchange, unknown }: CallerPath['attempts'][number], text: string, variation: Variation): Observation[] {
  const { status = 0, body = '' } = exchange.response ?? {};
  const returned = `${operation.id}: ${described(exchange)} returned ${status}${body.includes(text) ? ' with the object of another user' : ''}`;
  const doubt = cannotTell(exchange) ?? (unknown && cannotTell(unknown));
  if (doubt) return [doubt];
  return [
    expect(status >= 400 && !body.includes(text), 'not-isolated', returned, exchange),
    ...(unknown === undefined
      ? []
      : [
          expect(
            unknown.response?.status === status && comparable(exchange, variation) === comparable(unknown, variation),
            'existence-shown',
            `${operation.id}: ${described(exchange)} differs from the response for an object that does not exist`,
            exchange,
            unknown,
          ),
        ]),
  ];
}
