import { type Resource, pathOfItem } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Evidence } from '../../gather/context.ts';
import { bodyOf, type Canary, newCanaryText } from '../../gather/tenants.ts';

/** A text that ends where a query's quotes would, alone and followed by what holds for every row. */
const QUOTES = ["'", "x' or '1'='1' or '1'='", "x') or ('1'='1' or '1'='"];

export type ListsEvidence = {
  /** How the collection's lists are shaped. */
  listed: { property: string | undefined; total: string | undefined; id: string; text: string; page: string | undefined; most: number | undefined };
  ofA: Canary;
  ofB: Canary;
  listA: Exchange;
  listB: Exchange;
  /** B's lists, with every hint that it would rather be A. */
  asA: readonly Exchange[];
  /** B's searches for quotes, and for what would end a query's condition. */
  quoted: readonly Exchange[];
  /** Other reads of the collection, such as suggestions: A finds its object with them, B does not, with quotes neither. */
  lookups: readonly { byA: Exchange; byB: Exchange; quoted: readonly Exchange[] }[];
  /** The same by B, with nothing to look for. */
  lookupsOfNothing: readonly Exchange[];
  /** B creates the very same as A, with the same Idempotency-Key where the contract has one. */
  twins: { ofA: Canary; ofB: Canary };
  /** B's list in every documented way, while A owns objects that each of them would show. */
  filtered: readonly Exchange[];
  /** B creates an object that claims to be A's, and gives away another; A's list afterwards. */
  forged: { canary: Canary; listA: Exchange };
  given: { canary: Canary; updated: Exchange } | undefined;
  /** Without a token, of one collection alone: an object that never existed. */
  anonymousUnknown?: Exchange;
  /** Reads of both at once, of their own objects and of their lists. */
  interleaved: readonly { actor: 'tenant A' | 'tenant B'; exchange: Exchange }[];
  /** Creations of both at once, and both lists afterwards. */
  writes: { canaries: readonly Canary[]; listA: Exchange; listB: Exchange };
  /** A's user id, where its token tells. */
  userIdOfA: string | undefined;
  /** Property that would name the owner. */
  ownerProperty: string;
};

export const listsEvidence: Evidence<ListsEvidence[]> = { name: 'lists', area: 'isolation', gather: gatherLists };

/** The lists of every collection. */
export async function gatherLists(context: GatherContext): Promise<ListsEvidence[]> {
  const found: ListsEvidence[] = [];
  for (const resource of context.contract.resources) found.push(await gatherListsOf(context, resource));
  return found;
}

async function gatherListsOf(context: GatherContext, resource: Resource): Promise<ListsEvidence> {
  const { list, read, onItem, queries, variants, ownerProperty: owner, unknownId, search = 'search' } = resource;
  const objects = context.objectsOf(resource);
  const update = onItem.find(({ method, sample }) => method !== 'DELETE' && sample !== undefined);
  const [ofA, ofB, mine, changed] = await Promise.all([
    objects.create('tenant A', "A's object for the lists"),
    objects.create('tenant B', "B's object for the lists"),
    objects.create('tenant B', "B's second object for the lists"),
    objects.create('tenant A', "A's object of another state"),
    ...variants.map((fields) => objects.create('tenant A', "A's object for a filter", { fields })),
  ]);
  // Its text stays: some updates change what they are given, others replace the whole.
  const state = (text: string): object => (update && (bodyOf(update, resource, text).body as object)) ?? {};
  if (update)
    await context.http.send({
      actor: 'tenant A',
      purpose: 'change of state',
      method: update.method,
      path: pathOfItem(update, changed.id),
      body: state(changed.text),
    });
  const keyHeader = context.contract.requestHeaders.find((name) => /^(x-)?idempotency-key$/i.test(name));
  const sameKey = keyHeader === undefined ? {} : { headers: [[keyHeader, newCanaryText()]] as const };
  const twin = await objects.create('tenant A', "A's object that B has the like of", sameKey);
  const twins = { ofA: twin, ofB: await objects.tryToCreate('tenant B', "B's object, the very same as A's", { text: twin.text, ...sameKey }) };
  const { exchange: listA } = await objects.findMarked('tenant A');
  const { exchange: listB } = await objects.findMarked('tenant B');
  const userIdOfA = context.credentials.subjectOf('tenant A');
  const id = userIdOfA ?? 'somebody-else';
  const asB = (purpose: string, query: string, headers?: readonly (readonly [string, string])[]): Promise<Exchange> =>
    context.http.send({ actor: 'tenant B', purpose, path: `${list.path}${query}`, ...(headers && { headers }) });
  const asA = await Promise.all([
    asB('the owner in the query', `?${owner}=${id}`),
    asB('the owner as a list in the query', `?${owner}[]=${id}`),
    asB('the owner twice in the query', `?${owner}=${id}&${owner}=${id}`),
    asB('X-User-ID', '', [['X-User-ID', id]]),
    context.http.send({ actor: 'tenant B', purpose: "search for A's text", step: 'search', path: `${list.path}?${search}=${ofA.text}` }),
    asB('sorted the other way', '?sort_by=title&sort_order=asc'),
  ]);
  const look = (actor: 'tenant A' | 'tenant B', purpose: string, path: string, name: string, text: string): Promise<Exchange> =>
    context.http.send({ actor, purpose, path: `${path}?${name}=${encodeURIComponent(text)}` });
  const quote = (path: string, name: string): Promise<Exchange[]> =>
    Promise.all(QUOTES.map((text) => look('tenant B', 'a text with quotes', path, name, text)));
  const quoted = resource.search === undefined ? [] : await quote(list.path, resource.search);
  const lookups = await Promise.all(
    resource.lookups.flatMap(({ operation: { id: operation, path }, parameters }) =>
      parameters.map(async (name) => {
        const purpose = `${operation} for A's text`;
        const [byA, byB] = await Promise.all([look('tenant A', purpose, path, name, ofA.text), look('tenant B', purpose, path, name, ofA.text)]);
        return { byA, byB, quoted: await quote(path, name) };
      }),
    ),
  );
  const lookupsOfNothing = await Promise.all(
    resource.lookups.map(({ operation }) => context.http.send({ actor: 'tenant B', purpose: `${operation.id} for nothing`, path: operation.path })),
  );
  const filtered = await Promise.all(queries.map((query) => asB('as documented', `?${query}`)));
  const given = update && {
    canary: mine,
    updated: await context.http.send({
      actor: 'tenant B',
      purpose: "B's object given to A",
      method: update.method,
      path: pathOfItem(update, mine.id),
      body: { ...state(mine.text), [owner]: id },
    }),
  };
  const forged = await objects.tryToCreate('tenant B', "B's object that claims to be A's", { fields: { [owner]: id } });
  const { exchange: listAfter } = await objects.findMarked('tenant A');
  // Anonymous requests all count against one address, and a tenant's against its own bucket: one collection stands for all here.
  const standsForAll = resource === context.contract.resource;
  const anonymousUnknown = standsForAll
    ? await context.http.send({ actor: 'anonymous', purpose: 'an object that never existed, without a token', path: pathOfItem(read, unknownId) })
    : undefined;
  const interleaved = await Promise.all(
    Array.from({ length: standsForAll ? 20 : 10 }, async (_, index) => {
      const actor = index % 2 === 0 ? ('tenant A' as const) : ('tenant B' as const);
      if (index % 4 > 1) return { actor, exchange: (await objects.findMarked(actor)).exchange };
      return { actor, exchange: await objects.read(actor, actor === 'tenant A' ? ofA.id : ofB.id, 'one of many reads at once') };
    }),
  );
  const canaries = await Promise.all(
    Array.from({ length: standsForAll ? 10 : 6 }, (_, index) =>
      objects.create(index % 2 === 0 ? 'tenant A' : 'tenant B', 'one of many creations at once', { halting: true }),
    ),
  );
  const [afterA, afterB] = await Promise.all([objects.findMarked('tenant A'), objects.findMarked('tenant B')]);
  const writes = { canaries, listA: afterA.exchange, listB: afterB.exchange };
  const listed = {
    property: resource.listProperty,
    total: resource.totalProperty,
    id: resource.idProperty,
    text: resource.textProperty,
    page: resource.pageStart?.name,
    most: resource.pageSize?.most,
  };
  return {
    listed,
    ofA,
    ofB,
    listA,
    listB,
    asA,
    lookups,
    lookupsOfNothing,
    quoted,
    twins,
    filtered,
    given,
    forged: { canary: forged, listA: listAfter },
    ...(anonymousUnknown && { anonymousUnknown }),
    interleaved,
    writes,
    userIdOfA,
    ownerProperty: owner,
  };
}
