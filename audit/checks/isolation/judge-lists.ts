import type { Exchange } from '../../model/exchange.ts';
import type { ListsEvidence } from './gather-lists.ts';
import type { Canary } from '../../gather/tenants.ts';
import { record } from '../../model/json.ts';
import { FIRST_ARRAY, idIn, itemsIn, valueAt } from '../../model/payload.ts';
import { described, requestLine, cannotTell, expectStatus, isCreated, json, isFound } from '../../model/response.ts';
import {
  conclude,
  isSilent,
  type Observation,
  requireAttempts,
  type Verdict,
  expect,
  observePass,
  observeFailure,
  observeDoubt,
} from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';

/** The first page of an API is rarely smaller. */
const SMALLEST_PAGE = 10;

/** Properties of a list response that contain the objects, count them and identify them. */
type ListShape = ListsEvidence['listed'];

export function judgeLists(evidence: ListsEvidence): Verdict {
  const { listed, asA, filtered, quoted, ofA, ofB, twins, listA, listB, interleaved, writes } = evidence;
  const ownIdsOfB = completeIds(listB, ofB, listed);
  const within = (exchange: Exchange): Observation[] => withinOwn(exchange, ownIdsOfB, ofA.text, listed);
  return conclude(
    [
      ...requireAttempts('attempts to act as the other tenant', asA),
      ...requireAttempts('concurrent reads and creations', interleaved, writes.canaries),
      ...ownList(listA, 'tenant A', ofA.text, ofB.text),
      ...ownList(listB, 'tenant B', ofB.text, ofA.text),
      disjoint(listA, listB, listed),
      ...totals([listA, listB], listed),
      ...asA.flatMap((exchange) => {
        if (isInvalidRequest(exchange)) return [observePass('attempt-rejected', exchange)];
        // A search for A's text does not find B's own object.
        const mine = exchange.step === 'search' ? undefined : ofB.text;
        return [...ownList(exchange, 'tenant B', mine, ofA.text), ...within(exchange)];
      }),
      ...quoted.flatMap((exchange) => quoteOutcome(exchange, listB) ?? within(exchange)),
      ...judgeLookups(evidence, ownIdsOfB),
      ...filtered.flatMap(within),
      mayHaveTheSame(twins),
      ...writes.canaries.map((canary) => createdForItsTenant(canary, writes)),
      ...interleaved.map((read) => concurrentRead(read, evidence)),
    ],
    `Both lists contained their owner's objects and none of the other tenant. ${counted(asA.length, 'attempt')} to act as the other tenant had no effect; ${counted(filtered.length, 'documented query returned and counted', 'documented queries returned and counted')} only the caller's objects. ${counted(interleaved.length, 'concurrent read')} and ${counted(writes.canaries.length, 'concurrent creation')} did not mix the tenants.`,
  );
}

/** The list contains no object of the other tenant and, where `mine` is given, the tenant's own. */
function ownList(exchange: Exchange, actor: Exchange['actor'], mine: string | undefined, theirs: string): Observation[] {
  const doubt = cannotTell(exchange, 200);
  if (doubt) return [doubt];
  const what = `${requestLine(exchange)} (${actor}, ${exchange.purpose})`;
  const body = exchange.response?.body ?? '';
  return [
    expectStatus(exchange, 200),
    expect(!body.includes(theirs), 'foreign-object-listed', `${what} returned an object of the other tenant`, exchange),
    ...(mine === undefined
      ? []
      : [
          body.includes(mine)
            ? observePass('own-object-listed', exchange)
            : observeDoubt(
                'own-object-missing',
                `${what} did not return the tenant's own object, so missing objects of others prove nothing`,
                exchange,
              ),
        ]),
  ];
}

/** The ids of all objects of the tenant; undefined where the list may be incomplete, such as a full page. */
function completeIds(list: Exchange, own: Canary, listed: ListShape): unknown[] | undefined {
  const ids = idsOf(list, listed);
  const isComplete = (ids?.length ?? 0) < (listed.most ?? Infinity) && list.response?.body.includes(own.text) === true;
  return isComplete ? ids : undefined;
}

function disjoint(listA: Exchange, listB: Exchange, listed: ListShape): Observation {
  const [idsA, idsB] = [listA, listB].map((exchange) => idsOf(exchange, listed));
  return (
    cannotTell(listA, 200) ??
    cannotTell(listB, 200) ??
    expect(
      idsA !== undefined && idsB !== undefined && idsA.every((id) => !idsB.includes(id)),
      'lists-overlap',
      'The lists of the two tenants have objects in common, or contain no array of objects',
      listA,
      listB,
    )
  );
}

function judgeLookups({ listed, lookups, lookupsWithoutText, ofA }: ListsEvidence, ownIdsOfB: readonly unknown[] | undefined): Observation[] {
  const foundNothingOfA = (exchange: Exchange): Observation => foundNothing(exchange, ownIdsOfB, ofA.text, listed);
  return [
    ...lookups.flatMap(({ byA, byB, quoted }) => [
      foundByOwner(byA, ofA.text),
      foundNothingOfA(byB),
      ...quoted.flatMap((exchange) => quoteOutcome(exchange, byB) ?? foundNothingOfA(exchange)),
    ]),
    ...lookupsWithoutText.map((exchange) => (isInvalidRequest(exchange) ? observePass('lookup-rejected', exchange) : foundNothingOfA(exchange))),
  ];
}

function concurrentRead(
  { actor, exchange }: ListsEvidence['interleaved'][number],
  { ofA, ofB, listA, listB }: Pick<ListsEvidence, 'ofA' | 'ofB' | 'listA' | 'listB'>,
): Observation {
  const [mine, theirs, before] = actor === 'tenant A' ? [ofA.text, ofB.text, listA] : [ofB.text, ofA.text, listB];
  const { status, body = '' } = exchange.response ?? {};
  const what = `${requestLine(exchange)} (${actor}, concurrent)`;
  const otherwise = body.includes(theirs)
    ? `${what} returned an object of the other tenant`
    : `${what} returned ${status} without the tenant's own object`;
  // An object that the list did not contain before is not missing because of the concurrent requests.
  const isThere = body.includes(mine) || before.response?.body.includes(mine) === false;
  const holds = status === 200 && isThere && !body.includes(theirs);
  return cannotTell(exchange, 200) ?? expect(holds, 'parallel-crossing', otherwise, exchange);
}

/** The control of a lookup, such as suggestions: the owner finds its object by its text. */
function foundByOwner(byA: Exchange, text: string): Observation {
  return isFound(byA, text)
    ? observePass('own-object-found', byA)
    : observeDoubt(
        'own-object-missing',
        `${requestLine(byA)}: the owner did not find its own object, so it proves nothing that the other tenant did not find it`,
        byA,
      );
}

function foundNothing(byB: Exchange, own: readonly unknown[] | undefined, theirs: string, listed: ListShape): Observation {
  const doubt = cannotTell(byB, 200);
  if (doubt) return doubt;
  const ids = idsInside(json(byB), listed);
  if (own === undefined && ids.length > 0) return ownUnknown(byB);
  return expect(
    byB.response?.status === 200 && !byB.response.body.includes(theirs) && ids.every((id) => own?.includes(id)),
    'foreign-object-listed',
    `${described(byB)} returned an object that does not belong to the tenant`,
    byB,
  );
}

/** Ids of the collection's objects in the first array of a response. An item without the text property is not such an object. */
function idsInside(body: unknown, { id, text }: ListShape): unknown[] {
  const items = itemsIn(body, FIRST_ARRAY) ?? [];
  return items.map(record).flatMap((item) => (idIn(item, id) !== undefined && text in item ? [idIn(item, id)] : []));
}

/** The outcome of a search for quotes; undefined where the API responds as to any other text, and the response is judged like one. */
function quoteOutcome(exchange: Exchange, plain: Exchange): Observation[] | undefined {
  if (isInvalidRequest(exchange)) return [observePass('quote-rejected', exchange)];
  if ((exchange.response?.status ?? 0) < 500 || isSilent(exchange) || plain.response?.status !== 200) return undefined;
  const failure = `${described(exchange)} returned ${exchange.response?.status}, so the text may have become part of a query`;
  return [observeFailure('quote-breaks-query', failure, exchange, plain)];
}

function isInvalidRequest(exchange: Exchange): boolean {
  return cannotTell(exchange) === undefined && [400, 422].includes(exchange.response?.status ?? 0);
}

/** A rejection because another tenant has the same object would reveal that it exists. */
function mayHaveTheSame({ ofA, ofB }: ListsEvidence['twins']): Observation {
  const { created } = ofB;
  if (!isCreated(ofA.created)) return observeDoubt('no-twin', 'The object to create again as another tenant could not be created', ofA.created);
  return (
    cannotTell(created) ??
    expect(
      isCreated(created),
      'taken-by-another',
      `${requestLine(created)} returned ${created.response?.status} for an object that another tenant has too`,
      ofA.created,
      created,
    )
  );
}

function idsOf(exchange: Exchange, { property, id }: Pick<ListShape, 'property' | 'id'>): unknown[] | undefined {
  return itemsIn(json(exchange), property)?.map((item) => idIn(item, id));
}

/** An object of a concurrent creation is in the list of its tenant only. */
function createdForItsTenant({ actor, text, created }: Canary, { listA, listB }: ListsEvidence['writes']): Observation {
  const [own, other] = actor === 'tenant A' ? [listA, listB] : [listB, listA];
  const holds = own.response?.body.includes(text) === true && other.response?.body.includes(text) === false;
  const doubt = cannotTell(listA, 200) ?? cannotTell(listB, 200);
  return (
    doubt ??
    expect(
      holds,
      'parallel-crossing',
      `A concurrent creation of ${actor} is missing in its list, or is in the list of the other tenant`,
      created,
      own,
      other,
    )
  );
}

function ownUnknown(exchange: Exchange): Observation {
  return observeDoubt('own-list-unknown', 'The list of the tenant is incomplete, so other responses cannot be compared with it', exchange);
}

/** A filtered or paged list contains and counts only objects of the tenant. */
function withinOwn(exchange: Exchange, own: readonly unknown[] | undefined, theirs: string, listed: ListShape): Observation[] {
  const doubt = cannotTell(exchange, 200);
  if (doubt) return [doubt];
  if (own === undefined) return [ownUnknown(exchange)];
  const ids = idsOf(exchange, listed);
  const total = listed.total === undefined ? 0 : Number(valueAt(json(exchange), listed.total));
  const foreign = ids?.filter((id) => !own.includes(id)) ?? [];
  const showsTheirs = exchange.response?.body.includes(theirs) !== false;
  const what = showsTheirs
    ? 'an object of the other tenant'
    : ids === undefined
      ? 'no array of objects'
      : `${counted(foreign.length, 'object')} that the tenant does not own`;
  return [
    expectStatus(exchange, 200),
    expect(ids !== undefined && foreign.length === 0 && !showsTheirs, 'foreign-object-listed', `${requestLine(exchange)} returned ${what}`, exchange),
    expect(countsOwn(), 'total-differs', `${requestLine(exchange)} returned ${counted(ids?.length ?? 0, 'object')} and counted ${total}`, exchange),
  ];

  /** The first page contains all objects of a tenant with few of them, so both numbers agree. No page counts more than the tenant owns. */
  function countsOwn(): boolean {
    if (listed.total === undefined) return true;
    const owned = own?.length ?? 0;
    const isComplete = owned <= SMALLEST_PAGE && !new URL(exchange.request.url).searchParams.has(listed.page ?? '');
    return isComplete ? total === ids?.length : total <= owned;
  }
}

/** One page contains all objects of an audit tenant, so the total is their number. */
function totals(lists: readonly Exchange[], listed: ListShape): Observation[] {
  const { total, most = 100 } = listed;
  if (total === undefined) return [];
  return lists.map((exchange) => {
    const length = idsOf(exchange, listed)?.length;
    const stated = valueAt(json(exchange), total);
    return (
      cannotTell(exchange, 200) ??
      expect(
        length === stated || (length === most && Number(stated) > most),
        'total-differs',
        `${requestLine(exchange)} returned ${counted(length ?? 0, 'object')} and counted ${String(stated)}, so it may count objects of others`,
        exchange,
      )
    );
  });
}
