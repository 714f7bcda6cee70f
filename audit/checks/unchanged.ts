import type { Victim } from '../gather/tenants.ts';
import type { Exchange } from '../model/exchange.ts';
import { cannotTell, isFound, isUnchanged } from '../model/response.ts';
import { type Observation, requireAttempts, expect, observeDoubt } from '../model/verdict.ts';

/** The owner finds the attacked object as it was, and no object with a text of a rejected write. */
export function unchanged(
  victim: Omit<Victim, 'id' | 'actor' | 'created'>,
  after: Exchange,
  list: Exchange,
  texts: readonly string[],
): Observation[] {
  const doubt = cannotTell(after, 200) ?? cannotTell(list, 200);
  if (doubt) return [doubt];
  if (texts.length === 0) return requireAttempts('writes to be rejected', texts);
  if (!isFound(victim.before, victim.text))
    return [observeDoubt('no-victim', 'The owner could not read the object before the attack', victim.before)];
  const appeared = texts.filter((text) => list.response?.body.includes(text) === true);
  return [
    expect(
      isUnchanged(after, victim.before, victim.varying),
      'object-changed',
      after.response?.status === 200 ? 'The object was changed' : `The object was changed or deleted: its owner got ${after.response?.status}`,
      victim.before,
      after,
    ),
    // A list without the owner's own object may also lack a new one.
    appeared.length === 0 && list.response?.body.includes(victim.text) === false
      ? observeDoubt('own-object-missing', "The list does not contain the owner's object, so a missing new object proves nothing", list)
      : expect(
          list.response?.status === 200 && appeared.length === 0,
          'object-appeared',
          'The list contains an object with the text of a rejected write',
          list,
        ),
  ];
}
