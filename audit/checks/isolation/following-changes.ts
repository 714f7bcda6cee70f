import type { Exchange } from '../../model/exchange.ts';
import { differencesOf } from '../../model/response.ts';

/** A list as one tenant reads it: twice, after a creation by another tenant, and twice after further creations. */
export type Reads = readonly Exchange[];

/** What changed after each creation and at no other time, in every round: a random value also differs, but not each time. */
export function followingChanges(rounds: readonly Reads[]): string[] {
  const [first, ...others] = rounds.map(changesOfRound);
  return (first ?? []).filter((name) => others.every((each) => each.includes(name)));
}

function changesOfRound([first, second, third, fourth, fifth]: Reads): string[] {
  if (!first || !second || !third || !fourth || !fifth) throw new Error('unreachable: a round has five reads');
  // A clock or a counter of requests also changes without a creation.
  const varying = new Set([...changes(first, second), ...changes(fourth, fifth)]);
  const afterMore = changes(third, fourth);
  return changes(second, third).filter((name) => afterMore.includes(name) && !varying.has(name));
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
