import { type Operation, type Resource, updateOf } from '../../contract/operations.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { wholePage } from '../../gather/tenants.ts';
import type { Exchange } from '../../model/exchange.ts';
import { type Cell, isTried } from '../../model/matrix.ts';
import { type Owned, type Shape, shapeOf } from './own-objects.ts';
import { pairwise } from './pairwise.ts';

/** Of one collection: B's lists and lookups with many queries, while A owns objects that they match. */
export type QueriesOf = {
  collection: string;
  shape: Shape;
  owned: Owned;
  /** The control: B's whole list. */
  listB: Exchange;
  cells: readonly Cell<{ exchange: Exchange }>[];
};

export const queriesEvidence: Evidence<QueriesOf[]> = {
  name: 'queries',
  isMatrix: true,
  requests: [21, 27],
  area: 'isolation',
  gather: gatherQueries,
};

/** Patterns of LIKE, of globs and of regular expressions, and an escape without a character. */
const WILDCARDS = ['%', '_', '*', '.*', '\\', '%%', '?', '[a-z]', '(?i)a'];
const NO_SEARCH = 'the operation has no documented search';
const NO_PAGES = 'the operation has no documented pages';
const NO_FILTERS = 'the operation has fewer than two enumerated filters';
const OWNED_BY_B = 2;

export const QUERY_ROWS = {
  filters: 'filters in pairs',
  afterLast: 'the page after the last',
  farAfter: 'a page far after the last',
  largest: 'the largest and the smallest page',
  secondOfOne: 'the second page of one object',
  empty: 'an empty search',
  letter: 'a search for one letter',
  wildcard: 'a search for a wildcard',
} as const;

function gatherQueries(context: GatherContext): Promise<QueriesOf[]> {
  return Promise.all(context.collections().map((resource) => context.withOwnTenants(resource.name, () => gatherQueriesOf(context, resource))));
}

async function gatherQueriesOf(context: GatherContext, resource: Resource): Promise<QueriesOf> {
  const objects = context.objectsOf(resource);
  const own = await Promise.all(Array.from({ length: OWNED_BY_B }, () => objects.create('tenant B', "B's object for the queries")));
  const theirs = await createForFilters(context, resource);
  const { exchange: listB, ids } = await objects.findMarked(
    'tenant B',
    own.map(({ id }) => id),
  );
  const listed = ids?.length ?? 0;
  const isComplete = listB.response?.status === 200 && listed >= own.length && listed < (resource.pageSize?.most ?? Infinity);
  const planned = plan(resource, own[0]?.text ?? '', listed);
  const cells = await Promise.all(
    context.select(planned, resource).map(async (cell): Promise<QueriesOf['cells'][number]> => {
      if (!isTried(cell)) return cell;
      const { row, column, path } = cell;
      return { row, column, exchange: await context.http.send({ actor: 'tenant B', purpose: row, path }) };
    }),
  );
  return { collection: resource.name, shape: shapeOf(resource), owned: { ids: isComplete ? ids : undefined, theirs }, listB, cells };
}

/** Two objects of A for each value of an enumerated property: one as created, and one that was updated. Returns their texts. */
async function createForFilters(context: GatherContext, resource: Resource): Promise<string[]> {
  const { create, execute } = context.objectsOf(resource);
  const update = updateOf(resource);
  const variants = resource.variants.length > 0 ? resource.variants : [{}];
  const texts = variants.map(async (fields) => {
    const [fresh, changed] = await Promise.all([
      create('tenant A', "A's object that filters match", { fields }),
      create('tenant A', "A's object in another state", { fields }),
    ]);
    if (update !== undefined) await execute('tenant A', update, changed.id, { purpose: 'changes the state', text: changed.text, fields });
    return [fresh.text, changed.text];
  });
  return (await Promise.all(texts)).flat();
}

type Planned = Cell<{ path: string }>;

function plan(resource: Resource, text: string, owned: number): Planned[] {
  const { list, lookups, search, pageSize, pageStart, queries } = resource;
  const row = (name: string, { id, path }: Operation, values: readonly string[] | string): Planned[] =>
    typeof values === 'string'
      ? [{ row: name, column: id, excluded: values }]
      : values.map((query) => ({ row: name, column: id, path: `${path}?${query}` }));
  const isPaging = (query: string): boolean => [pageSize?.name, pageStart?.name].includes(query.split('=')[0]);
  const pairs = pairwise(queries.filter((query) => !isPaging(query)));
  const paged = pageSize && pageStart && { at: (start: number, size: number) => `${pageStart.name}=${start}&${pageSize.name}=${size}` };
  const isOffset = pageStart?.second === 1;
  const searches = (name: string | undefined): readonly (readonly [string, readonly string[] | string])[] => {
    const queried = (...texts: string[]): string[] | string =>
      name === undefined ? NO_SEARCH : texts.map((each) => `${name}=${encodeURIComponent(each)}`);
    return [
      [QUERY_ROWS.empty, queried('', ' ')],
      [QUERY_ROWS.letter, queried(text.slice(0, 1), 'e')],
      [QUERY_ROWS.wildcard, queried(...WILDCARDS)],
    ];
  };
  return [
    ...row(QUERY_ROWS.filters, list, pairs.length === 0 ? NO_FILTERS : pairs),
    ...row(QUERY_ROWS.afterLast, list, paged ? [paged.at(isOffset ? owned : 2, Math.max(1, owned))] : NO_PAGES),
    ...row(QUERY_ROWS.farAfter, list, paged ? [paged.at(1_000, 10)] : NO_PAGES),
    ...row(
      QUERY_ROWS.largest,
      list,
      pageSize ? [wholePage(resource).slice(1), `${pageSize.name}=${pageSize.most + 1}`, `${pageSize.name}=0`, `${pageSize.name}=-1`] : NO_PAGES,
    ),
    ...row(QUERY_ROWS.secondOfOne, list, paged ? [paged.at(pageStart.second, 1)] : NO_PAGES),
    ...searches(search).flatMap(([name, values]) => row(name, list, values)),
    ...lookups.flatMap(({ operation, parameters }) => searches(parameters[0]).flatMap(([name, values]) => row(name, operation, values))),
  ];
}
