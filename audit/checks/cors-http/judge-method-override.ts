import type { MethodOverrideEvidence } from './gather-method-override.ts';
import { cannotTell, isCreated, isFound, isUnchanged } from '../../model/response.ts';
import { conclude, type Observation, requireAttempts, type Verdict, expect, observeDoubt } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';

/** The objects are unchanged and the creation created one, so no header, parameter or field turned a method into another. */
export function judgeMethodOverride({ attempts, creation: { id, created } }: MethodOverrideEvidence): Verdict {
  return conclude(
    [
      ...requireAttempts('method overrides', attempts),
      ...attempts.map(({ name, victim, exchange, after }): Observation => {
        if (!isFound(victim.before, victim.text))
          return observeDoubt('no-victim', `The owner could not read the object for ${name} before the attempt`, victim.before);
        const broken = `${name} changed or deleted the object: its owner then got ${after.response?.status}`;
        return (
          // A rejected method is as good as an ignored override.
          cannotTell(exchange, exchange.response?.status === 501 ? 501 : undefined) ??
          cannotTell(after, 200) ??
          expect(isUnchanged(after, victim.before, victim.varying), 'override-honored', broken, victim.before, exchange, after)
        );
      }),
      cannotTell(created) ??
        expect(
          (isCreated(created) && id !== '') || (created.response?.status ?? 0) >= 400,
          'override-honored',
          `A creation with an override for GET returned ${created.response?.status} without a new object`,
          created,
        ),
    ],
    `${counted(attempts.length, 'request')} with the owner's token that named another method in headers, query or form changed nothing.`,
  );
}
