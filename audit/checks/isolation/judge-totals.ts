import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { cannotTell, described, differencesOf, isCreated } from '../../model/response.ts';
import { conclude, expect, type Observation, observeDoubt, requireAttempts, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import type { TotalsOf } from './gather-totals.ts';

/** Nothing in B's lists follows the objects that A creates: no total, no link, no validator. */
export function judgeTotals(evidence: readonly TotalsOf[]): Verdict {
  const tried = evidence.flatMap(({ cells }) => cells.filter(isTried));
  return conclude(
    evidence.flatMap(({ collection, created, cells }) => [
      ...requireAttempts(`${collection}: lists around the creations of another tenant`, cells.filter(isTried), created),
      ...created
        .filter((exchange) => !isCreated(exchange))
        .map((exchange) => observeDoubt('control-failed', `${collection}: an object could not be created`, exchange)),
      ...cells.filter(isTried).map(({ reads }) => unaffected(reads)),
    ]),
    `${counted(tried.length, 'list')} stayed the same, headers included, while another tenant created objects.`,
  );
}

function unaffected(reads: readonly Exchange[]): Observation {
  const [first, second, third, fourth, fifth] = reads;
  const doubt = reads.map((exchange) => cannotTell(exchange)).find((each) => each !== undefined);
  if (doubt) return doubt;
  if (!first || !second || !third || !fourth || !fifth) return observeDoubt('nothing-tried', 'A list was not read each time', ...reads);
  // A clock or a counter of requests also changes without a creation.
  const varying = new Set([...changes(first, second), ...changes(fourth, fifth)]);
  const following = changes(second, third).filter((name) => changes(third, fourth).includes(name) && !varying.has(name));
  const what = `${described(first)}: ${following.join(', ')} changed each time another tenant created objects, and not otherwise`;
  return expect(following.length === 0, 'counts-others', what, second, third, fourth);
}

/** Headers and parts of the body that differ. */
function changes(one: Exchange, other: Exchange): string[] {
  const valuesOf = ({ response }: Exchange): Readonly<Record<string, string>> =>
    Object.fromEntries(Object.entries(response?.headers ?? {}).map(([name, values]) => [name, values.join()]));
  const [before, after] = [valuesOf(one), valuesOf(other)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return [
    ...names.filter((name) => before[name] !== after[name]).map((name) => `the header ${name}`),
    ...differencesOf(one, other).map((name) => (name === '' ? 'the body' : `${name} in the body`)),
  ];
}
