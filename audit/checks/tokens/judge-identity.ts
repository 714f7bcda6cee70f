import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { cannotTell, described, isFound } from '../../model/response.ts';
import { conclude, expect, type Observation, observeDoubt, observePass, requireAttempts, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import { unchanged } from '../unchanged.ts';
import type { IdentityOf } from './gather-identity.ts';

/** Whatever else a request states, its verified token decides who the caller is. */
export function judgeIdentity(evidence: readonly IdentityOf[]): Verdict {
  const tried = evidence.flatMap(({ cells }) => cells.filter(isTried));
  return conclude(
    [...requireAttempts('claims to be another user', tried), ...evidence.flatMap(inCollection)],
    `${counted(tried.length, 'request')}, in which a tenant claimed to be another one, reached no object of the other one and created none for it.`,
  );
}

function inCollection({ victim, controls, ofB, cells, texts, ownerAfter, listAfter, userIdOfA }: IdentityOf): Observation[] {
  if (!isFound(victim.before, victim.text))
    return [observeDoubt('no-victim', 'The owner could not read its object before the claims', victim.before)];
  return [
    ...ownTokenWorks(controls.map(({ exchange }) => exchange)),
    ...cells.filter(isTried).map(({ row, column, exchange }) => {
      const control = controls.find((each) => each.column === column)?.exchange;
      return control?.response?.body.includes(victim.text) === true
        ? observeDoubt('control-failed', `${described(control)} shows the object of the other tenant, so a claim proves nothing`, control)
        : actsAsItself(row, exchange, victim.text, isDistinct(userIdOfA, control) ? userIdOfA : undefined);
    }),
    ...(listAfter.response?.body.includes(ofB.text) === true
      ? [observeDoubt('control-failed', `${described(listAfter)} shows an object that another tenant created for itself`, listAfter)]
      : unchanged(victim, ownerAfter, listAfter, texts)),
  ];
}

/** A shorter id may be in any response by chance. */
const SHORTEST_ID = 12;

function isDistinct(userId = '', control: Exchange | undefined): boolean {
  return userId.length >= SHORTEST_ID && control?.response?.body.includes(userId) === false;
}

function ownTokenWorks(controls: readonly Exchange[]): Observation[] {
  const doubts = controls.flatMap((exchange) => cannotTell(exchange) ?? []);
  const working = controls.find(({ response }) => response?.status === 200);
  if (working !== undefined) return [...doubts, observePass('own-token-works', working)];
  return [
    ...doubts,
    observeDoubt('control-failed', 'No read of the tenant with its own token returned 200, so other rejections prove nothing', ...controls),
  ];
}

/** A claim in the query may be repeated in links, and an API may show users to each other: then the user id shows nothing. */
function actsAsItself(row: string, exchange: Exchange, text: string, userId: string | undefined): Observation {
  const { status = 0, body = '' } = exchange.response ?? {};
  const isRead = exchange.request.method === 'GET' && status >= 200 && status < 300 && !exchange.request.url.includes('?');
  const shown = [text, ...(isRead && userId !== undefined ? [userId] : [])].find((each) => body.includes(each));
  const otherwise = `${described({ ...exchange, purpose: row })} returned ${status} with data of the user that it claims to be`;
  return cannotTell(exchange) ?? expect(shown === undefined, 'acts-as-another', otherwise, exchange);
}
