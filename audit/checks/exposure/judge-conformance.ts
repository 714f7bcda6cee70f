import { type Operation, successOf } from '../../contract/operations.ts';
import type { ConformanceEvidence } from './gather-conformance.ts';
import { counted } from '../../model/wording.ts';
import { conclude, requireAttempts, type Verdict, observePass, observeFailure, observeDoubt, underPolicy } from '../../model/verdict.ts';

type Documented = Pick<Operation, 'id' | 'success' | 'statuses'>;

/**
 * Every response matches the contract, and every operation with a response body succeeded at least once.
 * @param exempt operations that cannot succeed in an audit
 */
export function judgeConformance(
  { compared, forbidden }: ConformanceEvidence,
  operations: readonly Documented[],
  exempt: readonly Documented[] = [],
): Verdict {
  const exemptIds = new Set(exempt.map(({ id }) => id));
  const forbiddenIds = new Set(forbidden.map(({ operation }) => operation));
  const unobserved = operations
    .filter(({ id }) => !exemptIds.has(id) && !forbiddenIds.has(id))
    .filter(
      (operation) =>
        operation.success !== 204 && !compared.some((each) => each.operation === operation.id && each.status === successOf(operation, each.status)),
    );
  const operationCount = new Set(compared.map(({ operation }) => operation)).size;
  return conclude(
    [
      ...requireAttempts('comparisons with the contract', compared),
      ...unobserved.map(({ id, success }) =>
        observeDoubt('not-observed', `No complete response of ${id} with status ${success} was observed.`, ...compared.slice(0, 1)),
      ),
      ...compared.map(({ id, operation, status, problem, isOpenHealth }) => {
        if (problem === undefined) return observePass('as-documented', { id });
        const failure = observeFailure('not-as-documented', `The ${status} response of ${operation} differs from the contract: ${problem}.`, { id });
        return isOpenHealth ? underPolicy('closed-health', failure) : failure;
      }),
    ],
    `The contract and the observed responses agree (${counted(compared.length, 'response')} of ${counted(operationCount, 'operation')}).${exemptIds.size === 0 ? '' : ` Never successful in an audit: ${[...exemptIds].join(', ')}.`}${forbiddenIds.size === 0 ? '' : ` Forbidden to the test users (403): ${[...forbiddenIds].join(', ')}.`}`,
  );
}
