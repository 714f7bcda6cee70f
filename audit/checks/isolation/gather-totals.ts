import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation, Resource } from '../../contract/operations.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import type { Exchange } from '../../model/exchange.ts';
import { type Cell, isTried } from '../../model/matrix.ts';
import { limitKeysEvidence } from '../limits/gather-keys.ts';
import { followingChanges, type Reads } from './following-changes.ts';

/** Of one collection: B's lists around creations of A, in one round, or in several where a list changed. */
export type TotalsOf = { collection: string; created: readonly Exchange[]; cells: readonly Cell<{ rounds: readonly Reads[] }>[] };

/** Begins before the database is stopped, so that the pause after the first reads does not add to the duration of an audit. */
const firstReadsEvidence: Evidence<FirstReads[]> = {
  name: 'first-reads',
  tenantsOf: 'totals',
  area: 'isolation',
  alone: true,
  besides: limitKeysEvidence,
  gather: gatherFirstReads,
};

export const totalsEvidence: Evidence<TotalsOf[]> = {
  name: 'totals',
  isMatrix: true,
  requests: [14, 46],
  area: 'isolation',
  alone: true,
  besides: limitKeysEvidence,
  begins: firstReadsEvidence,
  gather: gatherTotals,
};

/** The lists of B to read, their first reads, before A creates anything, and when those had ended. */
type FirstReads = { collection: string; cells: readonly Cell<Listing>[]; reads: Exchange[]; at: number };
type Listing = { method: string; path: string };

/** A clock of seconds advances between two reads. */
const BETWEEN_READS_MS = 1_100;
/** A value that alternates at random changes with the creations of one round in 16, and of three rounds in a row once in 4,096 audits. */
const MOST_ROUNDS = 3;
/** The lists that are compared. */
export const LIST_ROWS = {
  whole: 'a whole list',
  head: 'HEAD of a list',
  one: 'a page of one object',
  after: 'a page after the last',
} as const;
const NO_PAGES = 'the operation has no documented pages';

function gatherFirstReads(context: GatherContext): Promise<FirstReads[]> {
  return ofCollections(context, async (resource) => {
    await context.objectsOf(resource).create('tenant B', "B's own object");
    const cells = cellsOf(context, resource);
    return { collection: resource.name, cells, ...(await readFirst(context, cells)) };
  });
}

async function gatherTotals(context: GatherContext): Promise<TotalsOf[]> {
  const firstReads = await context.evidence(firstReadsEvidence);
  return ofCollections(context, (resource) => {
    const first = firstReads.find(({ collection }) => collection === resource.name);
    if (first === undefined) throw new Error('unreachable: both read the same collections');
    return gatherTotalsOf(context, resource, first);
  });
}

function ofCollections<T>(context: GatherContext, gather: (resource: Resource) => Promise<T>): Promise<T[]> {
  return Promise.all(context.collections().map((resource) => context.withOwnTenants(resource.name, () => gather(resource))));
}

async function gatherTotalsOf(context: GatherContext, resource: Resource, { cells: chosen, ...firstOfAll }: FirstReads): Promise<TotalsOf> {
  const { create } = context.objectsOf(resource);
  const created: Exchange[] = [];
  const createAll = async (count: number): Promise<void> =>
    void created.push(
      ...(await Promise.all(Array.from({ length: count }, async () => (await create('tenant A', 'an object that B must not notice')).created))),
    );
  const rounds: Reads[][] = chosen.filter(isTried).map(() => []);
  for (let { reads: first, at } = firstOfAll; ; { reads: first, at } = await readFirst(context, chosen)) {
    await sleep(Math.max(0, at + BETWEEN_READS_MS - Date.now()), undefined, { signal: context.ending }).catch(() => {});
    const second = await readAll(context, chosen, "the list again before A's creations");
    await createAll(1);
    const third = await readAll(context, chosen, "the list after A's creation");
    await createAll(2);
    const fourth = await readAll(context, chosen, 'the list after more creations of A');
    const fifth = await readAll(context, chosen, 'the list again after more creations of A');
    for (const [index, own] of rounds.entries()) own.push([first, second, third, fourth, fifth].flatMap((reads) => reads[index] ?? []));
    if ((rounds[0]?.length ?? MOST_ROUNDS) >= MOST_ROUNDS || rounds.every((own) => followingChanges(own).length === 0)) break;
  }
  let next = 0;
  const cells = chosen.map((cell): TotalsOf['cells'][number] =>
    isTried(cell) ? { row: cell.row, column: cell.column, rounds: rounds[next++] ?? [] } : cell,
  );
  return { collection: resource.name, created, cells };
}

async function readFirst(context: GatherContext, cells: readonly Cell<Listing>[]): Promise<Pick<FirstReads, 'reads' | 'at'>> {
  const reads = await readAll(context, cells, "the list before A's creations");
  return { reads, at: Date.now() };
}

function readAll({ http }: GatherContext, cells: readonly Cell<Listing>[], purpose: string): Promise<Exchange[]> {
  return Promise.all(cells.filter(isTried).map(({ method, path }) => http.send({ actor: 'tenant B', purpose, method, path })));
}

function cellsOf(context: GatherContext, resource: Resource): readonly Cell<Listing>[] {
  const operations = [resource.list, ...resource.lookups.map(({ operation }) => operation)];
  return context.select(
    operations.flatMap((operation) => listings(resource, operation)),
    resource,
  );
}

function listings({ list, pageSize, pageStart }: Resource, operation: Operation): Cell<Listing>[] {
  const { id: column, path } = operation;
  const isPaged = operation === list && pageSize !== undefined;
  const after = isPaged && pageStart !== undefined ? `${path}?${pageStart.name}=${pageStart.second + 1}&${pageSize.name}=1` : undefined;
  return [
    { row: LIST_ROWS.whole, column, method: 'GET', path },
    { row: LIST_ROWS.head, column, method: 'HEAD', path },
    isPaged ? { row: LIST_ROWS.one, column, method: 'GET', path: `${path}?${pageSize.name}=1` } : { row: LIST_ROWS.one, column, excluded: NO_PAGES },
    after === undefined ? { row: LIST_ROWS.after, column, excluded: NO_PAGES } : { row: LIST_ROWS.after, column, method: 'GET', path: after },
  ];
}
