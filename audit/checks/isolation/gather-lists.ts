import { type Resource, pathOfItem, updateOf } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';
import { type Canary, newCanaryText } from '../../gather/tenants.ts';

/** Texts that end a quoted value of a query, alone and followed by a condition that holds for every row. */
const QUOTES = ["'", "x' or '1'='1' or '1'='", "x') or ('1'='1' or '1'='"];

export type ListsEvidence = {
  /** Properties and parameters of the collection's lists. */
  listed: { property: string | undefined; total: string | undefined; id: string; text: string; page: string | undefined; most: number | undefined };
  ofA: Canary;
  ofB: Canary;
  listA: Exchange;
  listB: Exchange;
  /** B's lists, each with an attempt to act as A. */
  asA: readonly Exchange[];
  /** B's searches for quotes, alone and followed by a condition. */
  quoted: readonly Exchange[];
  /** Other reads of the collection, such as suggestions, for the text of A's object by A and by B, and for quotes by B. */
  lookups: readonly { byA: Exchange; byB: Exchange; quoted: readonly Exchange[] }[];
  /** The same reads by B without a text. */
  lookupsWithoutText: readonly Exchange[];
  /** Identical creations by A and B, with the same Idempotency-Key where the contract has one. */
  twins: { ofA: Canary; ofB: Canary };
  /** B's list with every documented query, while A owns objects that each of them matches. */
  filtered: readonly Exchange[];
  /** B creates an object that names A as owner; A's list afterwards. */
  forged: { canary: Canary; listA: Exchange };
  /** B updates its own object to name A as owner. */
  given: { canary: Canary; updated: Exchange } | undefined;
  /** A read without a token of an object that never existed; of one collection only. */
  anonymousUnknown?: Exchange;
  /** Concurrent reads of A and B: their own objects and their lists. */
  interleaved: readonly { actor: Tenant; exchange: Exchange }[];
  /** Concurrent creations of A and B, and both lists afterwards. */
  writes: { canaries: readonly Canary[]; listA: Exchange; listB: Exchange };
  /** A's user id, where its token states one. */
  userIdOfA: string | undefined;
  /** Property that names the owner. */
  ownerProperty: string;
};

type Tenant = 'tenant A' | 'tenant B';

export const listsEvidence: Evidence<ListsEvidence[]> = { name: 'lists', isMatrix: true, requests: [51, 79], area: 'isolation', gather: gatherLists };

/** The lists of every collection. */
export function gatherLists(context: GatherContext): Promise<ListsEvidence[]> {
  return Promise.all(context.contract.resources.map((resource) => context.withOwnTenants(resource.name, () => gatherListsOf(context, resource))));
}

/** Where a request is sent for one collection only: anonymous requests count against one address, and a tenant's against its bucket. */
function isRepresentative({ contract }: GatherContext, resource: Resource): boolean {
  return resource === contract.resource;
}

/** For the main collection, for others, and for those of many that get the fewest requests. */
function sizeFor(context: GatherContext, resource: Resource, [main, other, few]: readonly [number, number, number]): number {
  if (isRepresentative(context, resource)) return main;
  return context.collections().includes(resource) ? other : few;
}

/**
 * The page after all objects of a tenant. A page of one object can by chance be an own one where pages contain everyone's; one of the two
 * cannot.
 */
function pageAfter({ pageSize, pageStart }: Resource, count: number): string[] {
  if (pageSize === undefined || pageStart === undefined || count === 0 || count > pageSize.most) return [];
  const start = pageStart.second === 1 ? count : pageStart.second;
  return [`${pageStart.name}=${start}&${pageSize.name}=${count}`];
}

async function gatherListsOf(context: GatherContext, resource: Resource): Promise<ListsEvidence> {
  const objects = context.objectsOf(resource);
  const userIdOfA = context.credentials.subjectOf('tenant A');
  const ownerId = userIdOfA ?? 'another-user';
  const { ofA, ofB, second } = await createObjects(context, resource);
  const twins = await createTwins(context, resource);
  const { exchange: listA } = await objects.findMarked('tenant A');
  const { exchange: listB, ids: idsOfB = [] } = await objects.findMarked('tenant B');
  const asA = await listAsOwner(context, resource, ownerId, ofA.text);
  const searches = await search(context, resource, ofA.text);
  const queries = [...resource.queries, ...pageAfter(resource, idsOfB.length)];
  const filtered = await Promise.all(queries.map((query) => listOfB(context, resource, 'a documented query', `?${query}`)));
  const given = await giveAway(context, resource, second, ownerId);
  const forged = await objects.tryToCreate('tenant B', "B's object that names A as owner", { fields: { [resource.ownerProperty]: ownerId } });
  const { exchange: listAfter } = await objects.findMarked('tenant A');
  const anonymousUnknown = isRepresentative(context, resource) ? await readUnknownWithoutToken(context, resource) : undefined;
  return {
    listed: {
      property: resource.listProperty,
      total: resource.totalProperty,
      id: resource.idProperty,
      text: resource.textProperty,
      page: resource.pageStart?.name,
      most: resource.pageSize?.most,
    },
    ofA,
    ofB,
    listA,
    listB,
    asA,
    ...searches,
    twins,
    filtered,
    given,
    forged: { canary: forged, listA: listAfter },
    ...(anonymousUnknown && { anonymousUnknown }),
    interleaved: await readConcurrently(context, resource, ofA, ofB),
    writes: await createConcurrently(context, resource),
    userIdOfA,
    ownerProperty: resource.ownerProperty,
  };
}

/** Objects of A that every documented filter matches, and two of B. */
async function createObjects(context: GatherContext, resource: Resource): Promise<{ ofA: Canary; ofB: Canary; second: Canary }> {
  const { create, execute } = context.objectsOf(resource);
  const [ofA, ofB, second, changed] = await Promise.all([
    create('tenant A', "A's object for the lists"),
    create('tenant B', "B's object for the lists"),
    create('tenant B', "B's second object for the lists"),
    create('tenant A', "A's object in another state"),
    ...resource.variants.map((fields) => create('tenant A', "A's object for a filter", { fields })),
  ]);
  const update = updateOf(resource);
  // The text stays the same: some updates change the given properties, others replace the object.
  if (update !== undefined) await execute('tenant A', update, changed.id, { purpose: 'changes the state', text: changed.text });
  return { ofA, ofB, second };
}

async function createTwins(context: GatherContext, resource: Resource): Promise<ListsEvidence['twins']> {
  const objects = context.objectsOf(resource);
  const keyHeader = context.contract.requestHeaders.find((name) => /^(x-)?idempotency-key$/i.test(name));
  const sameKey = keyHeader === undefined ? {} : { headers: [[keyHeader, newCanaryText()]] as const };
  const ofA = await objects.create('tenant A', "A's object that B creates too", sameKey);
  return { ofA, ofB: await objects.tryToCreate('tenant B', "B's creation, identical to A's", { text: ofA.text, ...sameKey }) };
}

function listOfB(
  { http }: GatherContext,
  { list }: Resource,
  purpose: string,
  query: string,
  headers?: readonly (readonly [string, string])[],
): Promise<Exchange> {
  return http.send({ actor: 'tenant B', purpose, path: `${list.path}${query}`, ...(headers && { headers }) });
}

function listAsOwner(context: GatherContext, resource: Resource, ownerId: string, textOfA: string): Promise<Exchange[]> {
  const { list, ownerProperty: owner, search: parameter = 'search' } = resource;
  const id = encodeURIComponent(ownerId);
  return Promise.all([
    listOfB(context, resource, 'the owner in the query', `?${owner}=${id}`),
    listOfB(context, resource, 'the owner as an array in the query', `?${owner}[]=${id}`),
    listOfB(context, resource, 'the owner twice in the query', `?${owner}=${id}&${owner}=${id}`),
    listOfB(context, resource, 'X-User-ID', '', [['X-User-ID', ownerId]]),
    context.http.send({ actor: 'tenant B', purpose: "a search for A's text", step: 'search', path: `${list.path}?${parameter}=${textOfA}` }),
    listOfB(context, resource, 'another sort order', '?sort_by=title&sort_order=asc'),
  ]);
}

/** Searches of the list and of the other reads of the collection. */
async function search(
  { http }: GatherContext,
  { list, lookups, search: parameter }: Resource,
  textOfA: string,
): Promise<Pick<ListsEvidence, 'quoted' | 'lookups' | 'lookupsWithoutText'>> {
  const find = (actor: Tenant, purpose: string, path: string, name: string, text: string): Promise<Exchange> =>
    http.send({ actor, purpose, path: `${path}?${name}=${encodeURIComponent(text)}` });
  const findQuotes = (path: string, name: string): Promise<Exchange[]> =>
    Promise.all(QUOTES.map((text) => find('tenant B', 'a text with quotes', path, name, text)));
  const quoted = parameter === undefined ? [] : await findQuotes(list.path, parameter);
  const found = await Promise.all(
    lookups.flatMap(({ operation: { id, path }, parameters }) =>
      parameters.map(async (name) => {
        const purpose = `${id} with A's text`;
        const [byA, byB] = await Promise.all([find('tenant A', purpose, path, name, textOfA), find('tenant B', purpose, path, name, textOfA)]);
        return { byA, byB, quoted: await findQuotes(path, name) };
      }),
    ),
  );
  const lookupsWithoutText = await Promise.all(
    lookups.map(({ operation: { id, path } }) => http.send({ actor: 'tenant B', purpose: `${id} without a text`, path })),
  );
  return { quoted, lookups: found, lookupsWithoutText };
}

async function giveAway(context: GatherContext, resource: Resource, canary: Canary, ownerId: string): Promise<ListsEvidence['given']> {
  const update = updateOf(resource);
  if (update === undefined) return undefined;
  const updated = await context.objectsOf(resource).execute('tenant B', update, canary.id, {
    purpose: "an update of B's object that names A as owner",
    text: canary.text,
    fields: { [resource.ownerProperty]: ownerId },
  });
  return { canary, updated };
}

function readUnknownWithoutToken({ http }: GatherContext, { read, unknownId }: Resource): Promise<Exchange> {
  return http.send({ actor: 'anonymous', purpose: 'an object that never existed, without a token', path: pathOfItem(read, unknownId) });
}

function readConcurrently(context: GatherContext, resource: Resource, ofA: Canary, ofB: Canary): Promise<ListsEvidence['interleaved']> {
  const objects = context.objectsOf(resource);
  return Promise.all(
    Array.from({ length: sizeFor(context, resource, [16, 6, 4]) }, async (_, index) => {
      const actor = tenantAt(index);
      if (index % 4 > 1) return { actor, exchange: (await objects.findMarked(actor)).exchange };
      return { actor, exchange: await objects.read(actor, actor === 'tenant A' ? ofA.id : ofB.id, 'one of several concurrent reads') };
    }),
  );
}

async function createConcurrently(context: GatherContext, resource: Resource): Promise<ListsEvidence['writes']> {
  const objects = context.objectsOf(resource);
  const canaries = await Promise.all(
    Array.from({ length: sizeFor(context, resource, [8, 4, 2]) }, (_, index) =>
      objects.create(tenantAt(index), 'one of several concurrent creations', { splitBody: true }),
    ),
  );
  const [afterA, afterB] = await Promise.all([objects.findMarked('tenant A'), objects.findMarked('tenant B')]);
  return { canaries, listA: afterA.exchange, listB: afterB.exchange };
}

function tenantAt(index: number): Tenant {
  return index % 2 === 0 ? 'tenant A' : 'tenant B';
}
