import type { Exchange } from '../model/exchange.ts';
import { cannotTell, isCreated } from '../model/response.ts';
import { type Observation, requireAttempts, expect, observeDoubt } from '../model/verdict.ts';

/** The owner finds the attacked object as it was created, and nothing new beside it. */
export function unchanged(victim: { text: string; created: Exchange }, after: Exchange, list: Exchange, texts: readonly string[]): Observation[] {
  const doubt = cannotTell(after, 200) ?? cannotTell(list, 200);
  if (doubt) return [doubt];
  if (texts.length === 0) return requireAttempts('writes that are to be refused', texts);
  if (!isCreated(victim.created)) return [observeDoubt('no-victim', 'the object to attack could not be created', victim.created)];
  const appeared = texts.filter((text) => list.response?.body.includes(text) === true);
  return [
    expect({
      holds: after.response?.status === 200 && after.response.body === victim.created.response?.body,
      code: 'object-changed',
      otherwise: `the object was changed or deleted: its owner read ${after.response?.status}`,
      evidence: [victim.created, after],
    }),
    // A list without the owner's own object would not show a new one either.
    appeared.length === 0 && list.response?.body.includes(victim.text) === false
      ? observeDoubt('own-object-missing', "the list does not hold the owner's object, so that nothing else is in it proves nothing", list)
      : expect({
          holds: list.response?.status === 200 && appeared.length === 0,
          code: 'object-appeared',
          otherwise: 'the list holds what a refused request sent',
          evidence: [list],
        }),
  ];
}
