import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { described, json } from '../../model/response.ts';
import { conclude, expect, inconclusive, type Observation, requireAttempts, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import type { UserListsEvidence } from './gather-user-lists.ts';
import { doubtOfOdd } from './pair.ts';

/** A shorter value can be something else by chance. */
const SHORTEST_ID = 6;

/** No undocumented path names another user. */
export function judgeUserLists({ userIdOfA, cells }: UserListsEvidence): Verdict {
  if (userIdOfA === undefined)
    return inconclusive('user-unknown', 'The token of A does not state its user id, so no response can be searched for it.');
  const tried = cells.filter(isTried);
  return conclude(
    [...requireAttempts('paths at which APIs list users', tried), ...tried.map(({ exchange }) => hides(exchange, userIdOfA))],
    `${counted(tried.length, 'undocumented path')} at which APIs list their users did not name another user.`,
  );
}

function hides(exchange: Exchange, userId: string): Observation {
  const { status = 0, body = '' } = exchange.response ?? {};
  // An error may quote the path, which can name the user.
  const isNamed = status >= 200 && status < 300 && (userId.length < SHORTEST_ID ? valuesIn(json(exchange)).includes(userId) : body.includes(userId));
  const named = `${described(exchange)} returned ${status} with the id of another user`;
  return isNamed ? expect(false, 'user-shown', named, exchange) : (doubtOfOdd(exchange) ?? expect(true, 'user-shown', named, exchange));
}

function valuesIn(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(valuesIn) : [value];
}
