import type { MethodOverrideEvidence } from './gather-method-override.ts';
import { cannotTell, isCreated } from '../../model/response.ts';
import { conclude, type Observation, requireAttempts, type Verdict, expect, observeDoubt } from '../../model/verdict.ts';

/** The objects stay as they were created, and a creation creates: no header, parameter or field turns a method into another. */
export function judgeMethodOverride({ attempts, creation: { id, created } }: MethodOverrideEvidence): Verdict {
  return conclude(
    [
      ...requireAttempts('method overrides', attempts),
      ...attempts.map(({ name, victim, exchange, after }): Observation => {
        if (!isCreated(victim.created)) return observeDoubt('no-victim', `${name}: the object could not be created`, victim.created);
        const changed = after.response?.status !== 200 || after.response.body !== victim.created.response?.body;
        const broken = `${name}: the object was changed or deleted; its owner read ${after.response?.status} afterwards`;
        return (
          // A rejected method is as good as an ignored override.
          cannotTell(exchange, exchange.response?.status === 501 ? 501 : undefined) ??
          cannotTell(after, 200) ??
          expect({ holds: !changed, code: 'override-honored', otherwise: broken, evidence: [victim.created, exchange, after] })
        );
      }),
      cannotTell(created) ??
        expect({
          holds: (isCreated(created) && id !== '') || (created.response?.status ?? 0) >= 400,
          code: 'override-honored',
          otherwise: `a creation with an override for GET got ${created.response?.status} and no object`,
          evidence: [created],
        }),
    ],
    `${attempts.length} requests with the owner's token that name another method in headers, query or form changed nothing.`,
  );
}
