import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { cannotTell, described, isFound, isUnchanged, mayBeOfProxy } from '../../model/response.ts';
import { conclude, expect, type Observation, observeDoubt, requireAttempts, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import type { SpellingsEvidence } from './gather-spellings.ts';

/** No spelling of a path or a method gives another tenant an object, or changes it. */
export function judgeSpellings({ cells, victims }: SpellingsEvidence): Verdict {
  const missing = victims.find(({ victim }) => !isFound(victim.before, victim.text));
  if (missing) return conclude(observeDoubt('no-victim', 'The owner could not read its object before the attempts', missing.victim.before));
  const texts = victims.map(({ victim }) => victim.text);
  const tried = cells.filter(isTried);
  const attempts = tried.flatMap((cell) => cell.attempts);
  const own = attempts.flatMap((attempt) => (attempt.own ? [attempt.own] : []));
  const reached = own.filter(({ response }) => texts.some((text) => response?.body.includes(text))).length;
  return conclude(
    [
      ...requireAttempts('other spellings', attempts, victims),
      ...attempts.map(({ foreign }) => hidden(foreign, texts)),
      ...victims.map(({ column, victim, after }) => {
        const sent = tried.filter((cell) => cell.column === column).flatMap((cell) => cell.attempts.map(({ foreign }) => foreign));
        return unharmed(column, { victim, after }, sent);
      }),
    ],
    `${counted(attempts.length, 'request')} of another tenant in other spellings, on ${counted(victims.length, 'operation')}, returned no object and changed none.${own.length === 0 ? '' : ` ${reached} of ${counted(own.length, 'spelling')} of reads returned the object to its owner.`}`,
  );
}

/** A proxy may reject a spelling with its own page; what counts is that the object is not in it. */
function hidden(exchange: Exchange, texts: readonly string[]): Observation {
  const { response } = exchange;
  const isShown = texts.some((text) => response?.body.includes(text));
  const isRejection = mayBeOfProxy(exchange) && response?.status !== 429 && response?.headers['x-railway-fallback'] === undefined;
  const otherwise = `${described(exchange)} returned ${response?.status} with another tenant's object`;
  return (isShown || isRejection ? undefined : cannotTell(exchange)) ?? expect(!isShown, 'object-shown', otherwise, exchange);
}

function unharmed(column: string, { victim, after }: Omit<SpellingsEvidence['victims'][number], 'column'>, sent: readonly Exchange[]): Observation {
  // Those that a target reports as executed.
  const executed = sent.filter(({ request, response }) => request.method !== 'HEAD' && (response?.status ?? 500) < 300);
  const blamed = executed.length > 0 ? executed : sent;
  const otherwise = `${column}: another tenant changed or deleted the object, whose owner then got ${after.response?.status}, by one of: ${blamed.map(described).join(', ')}`;
  return (
    cannotTell(after, 200) ??
    expect(isUnchanged(after, victim.before, victim.varying), 'object-changed', otherwise, victim.before, after, ...executed)
  );
}
