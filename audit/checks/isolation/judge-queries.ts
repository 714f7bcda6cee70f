import { isTried } from '../../model/matrix.ts';
import { conclude, observeDoubt, requireAttempts, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import { statusOf } from '../../model/response.ts';
import type { QueriesOf } from './gather-queries.ts';
import { showsOnlyOwn } from './own-objects.ts';

/** No combination of filters, page or search shows or counts an object of another tenant. */
export function judgeQueries(evidence: readonly QueriesOf[]): Verdict {
  const count = evidence.reduce((sum, { cells }) => sum + cells.filter(isTried).length, 0);
  return conclude(
    evidence.flatMap(({ collection, shape, owned, listB, cells }) => [
      ...requireAttempts(`${collection}: lists with filters, pages and searches`, cells.filter(isTried)),
      ...(owned.ids === undefined
        ? [
            observeDoubt(
              'own-list-unknown',
              `${collection}: the list of the tenant (${statusOf(listB)}) is incomplete, so no response can be compared with it`,
              listB,
            ),
          ]
        : []),
      ...showsOnlyOwn(listB, shape, owned),
      ...cells.filter(isTried).flatMap(({ exchange }) => showsOnlyOwn(exchange, shape, owned)),
    ]),
    `${counted(count, 'query', 'queries')} returned and counted only the caller's objects: filters in pairs, the first and last pages, empty searches, single letters and wildcards.`,
  );
}
