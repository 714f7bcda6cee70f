import type { MethodOverrideEvidence } from './gather-method-override.ts';
import { isTried } from '../../model/matrix.ts';
import { cannotTell, described, isCreated, isFound, isUnchanged } from '../../model/response.ts';
import { conclude, type Observation, requireAttempts, type Verdict, expect, observeDoubt } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';

/** The objects are unchanged and each creation created one, so no header, parameter or field turned a method into another. */
export function judgeMethodOverride({ cells, victims, creations }: MethodOverrideEvidence): Verdict {
  const tried = cells.filter(isTried);
  return conclude(
    [
      ...requireAttempts('method overrides', tried, victims, creations),
      ...victims.flatMap(({ column, victim, after }): Observation[] => {
        const sent = tried.filter((cell) => cell.column === column).map(({ exchange }) => exchange);
        if (!isFound(victim.before, victim.text))
          return [observeDoubt('no-victim', `The owner could not read the object for ${column} before the attempts`, victim.before)];
        // A rejected method is as good as an ignored override.
        const doubts = sent.flatMap((exchange) => cannotTell(exchange, exchange.response?.status === 501 ? 501 : undefined) ?? []);
        const executed = sent.filter(({ response }) => (response?.status ?? 500) < 300);
        const by = (executed.length > 0 ? executed : sent).map(described).join(', ');
        const broken = `The object for ${column} was changed or deleted: its owner then got ${after.response?.status}. It was one of: ${by}`;
        return [
          ...doubts,
          cannotTell(after, 200) ??
            expect(isUnchanged(after, victim.before, victim.varying), 'override-honored', broken, victim.before, after, ...executed),
        ];
      }),
      ...creations.map(
        ({ id, created }) =>
          cannotTell(created) ??
          expect(
            (isCreated(created) && id !== '') || (created.response?.status ?? 0) >= 400,
            'override-honored',
            `A creation with an override for GET returned ${created.response?.status} without a new object`,
            created,
          ),
      ),
    ],
    `${counted(tried.length, 'request')} with the owner's token that named another method in headers, query, form or JSON changed nothing.`,
  );
}
