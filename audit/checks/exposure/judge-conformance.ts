import type { ConformanceEvidence } from './gather-conformance.ts';
import { conclude, requireAttempts, type Verdict, observePass, observeFailure, observeDoubt } from '../../model/verdict.ts';

/** Every answer is what the contract says of its operation and status: no field is missing, and none slips out. */
export function judgeConformance({ compared }: ConformanceEvidence, operations: readonly { id: string; success: number }[]): Verdict {
  const unseen = operations.filter(
    ({ id, success }) => success !== 204 && !compared.some((each) => each.operation === id && each.status === success),
  );
  return conclude(
    [
      ...requireAttempts('answers beside the contract', compared),
      ...unseen.map(({ id, success }) => observeDoubt('not-seen', `no complete answer of ${id} with ${success} was seen`, ...compared.slice(0, 1))),
      ...compared.map(({ id, operation, status, problem }) =>
        problem === undefined
          ? observePass('as-documented', { id })
          : observeFailure('not-as-documented', `${operation} answered ${status} otherwise than documented: ${problem}`, { id }),
      ),
    ],
    `${compared.length} answers of ${new Set(compared.map(({ operation }) => operation)).size} operations hold what the contract names, and no more.`,
  );
}
