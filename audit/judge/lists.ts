import type { Exchange } from '../exchange.ts';
import type { ListsEvidence } from '../probe/lists.ts';
import type { Canary } from '../probe/tenants.ts';
import { asked, cannotTell, expectStatus, isCreated, isProblem, json, record } from './answer.ts';
import { decide, demand, type Observation, saw, tried, type Verdict } from './verdict.ts';

/** Pages of APIs are hardly ever smaller. */
const SMALLEST_PAGE = 10;

/** Which properties of a list's answer hold the objects, count them, and tell them apart. */
type ListShape = ListsEvidence['listed'];

export function judgeLists(evidence: ListsEvidence): Verdict {
  const { listed, lookups, ofA, ofB, listA, listB, asA, filtered, interleaved, writes } = evidence;
  const own = (exchange: Exchange, mine: string, theirs: string, who: string): Observation[] => {
    const doubt = cannotTell(exchange, 200);
    if (doubt) return [doubt];
    return [
      expectStatus(exchange, 200),
      demand(
        exchange.answer?.body.includes(theirs) === false,
        'foreign-object-listed',
        `${who}: nothing foreign`,
        `${who}: ${asked(exchange)} (${exchange.purpose}) shows the other tenant's object`,
        exchange,
      ),
      ...(mine === ''
        ? []
        : [
            exchange.answer?.body.includes(mine) === true
              ? saw('pass', 'own-object-listed', `${who}: the own object is there`, exchange)
              : saw(
                  'inconclusive',
                  'own-object-missing',
                  `${who}: the own object is not in the list, so the absence of others proves nothing`,
                  exchange,
                ),
          ]),
    ];
  };
  const [idsA, idsB] = [listA, listB].map((exchange) => idsOf(exchange, listed));
  return decide(
    [
      ...tried('hints to be another', asA),
      ...tried('reads and creations at once', interleaved, writes.canaries),
      ...own(listA, ofA.text, ofB.text, 'tenant A'),
      ...own(listB, ofB.text, ofA.text, 'tenant B'),
      demand(
        idsA !== undefined && idsB !== undefined && idsA.every((id) => !idsB.includes(id)),
        'lists-overlap',
        'the lists are disjoint',
        'the two lists share objects',
        listA,
        listB,
      ),
      ...totals([listA, listB], listed),
      // Searching for A's text finds nothing of B's own, so only the absence is asked for.
      ...asA.flatMap((exchange) =>
        isProblem(exchange) && (exchange.answer?.status === 422 || exchange.answer?.status === 400)
          ? [saw('pass', 'hint-refused', `${exchange.purpose}: refused`, exchange)]
          : [
              ...own(exchange, exchange.purpose.startsWith('search') ? '' : ofB.text, ofA.text, exchange.purpose),
              ...withinOwn(exchange, idsB, ofA.text, listed),
            ],
      ),
      ...lookups.flatMap(({ byA, byB }) => foundByOwner(byA, byB, ofA.text)),
      ...filtered.flatMap((exchange) => withinOwn(exchange, idsB, ofA.text, listed)),
      ...writes.canaries.map((canary) => landedRight(canary, writes)),
      ...interleaved.map(({ actor, exchange }) => {
        const mine = actor === 'tenant A' ? ofA.text : ofB.text;
        return (
          cannotTell(exchange, 200) ??
          demand(
            exchange.answer?.status === 200 && exchange.answer.body.includes(mine),
            'parallel-crossing',
            'own object',
            `in parallel ${actor} did not get its own object (${exchange.answer?.status})`,
            exchange,
          )
        );
      }),
    ],
    `Both lists held their owner's object and nothing of the other; ${asA.length} hints to be another were of no use, ${filtered.length} documented queries showed and counted own objects alone; ${interleaved.length} reads and ${writes.canaries.length} creations at once did not cross.`,
  );
}

export function judgeOwnership({ forged, given, ofA, ofB, ownerProperty, userIdOfA = 'somebody-else' }: ListsEvidence): Verdict {
  const { created, text } = forged.canary;
  const doubt = cannotTell(created, 201) ?? cannotTell(forged.listA, 200);
  if (doubt) return decide([doubt], '');
  const owner = record(json(created))[ownerProperty];
  const listsOwn = forged.listA.answer?.body.includes(ofA.text) === true;
  const missing = "A's own object is not in its list, so the absence of others proves nothing";
  // A list that shows what B made for itself would show the rest too, whoever owns it.
  const showsAll = forged.listA.answer?.body.includes(ofB.text) === true;
  const blind = "A's list shows B's objects anyway, so it does not tell whose the others are";
  return decide(
    [
      ...(listsOwn ? [] : [saw('inconclusive', 'own-object-missing', missing, forged.listA)]),
      ...(showsAll ? [saw('inconclusive', 'list-shows-all', blind, forged.listA)] : []),
      demand(
        isCreated(created) || [400, 422].includes(created.answer?.status ?? 0),
        'unexpected-status',
        'ignored or refused',
        `a body with ${ownerProperty} answered ${created.answer?.status}`,
        created,
      ),
      demand(
        !isCreated(created) || owner !== userIdOfA,
        'owner-taken-from-body',
        'the owner is not taken from the body',
        "the object was created in A's name",
        created,
      ),
      ...(showsAll
        ? []
        : [
            demand(
              forged.listA.answer?.status === 200 && !forged.listA.answer.body.includes(text),
              'object-planted',
              'A does not have it',
              "A's list holds an object that B created",
              forged.listA,
            ),
          ]),
      ...(given && !showsAll ? [ownerKept(given, forged.listA)] : []),
    ],
    `A body that names another owner got ${created.answer?.status}, and the other's list holds nothing of it.`,
  );
}

function ownerKept({ canary, updated }: NonNullable<ListsEvidence['given']>, listA: Exchange): Observation {
  const kept = [200, 204, 400, 422].includes(updated.answer?.status ?? 0) && listA.answer?.body.includes(canary.text) === false;
  return (
    cannotTell(updated) ??
    demand(
      kept,
      'object-given-away',
      'an update cannot change the owner',
      `an update that names another owner answered ${updated.answer?.status}, and A's list holds the object`,
      updated,
      listA,
    )
  );
}

/** Suggestions and the like: what the owner finds with its text, another does not. */
function foundByOwner(byA: Exchange, byB: Exchange, text: string): Observation[] {
  const found = byA.answer?.status === 200 && byA.answer.body.includes(text);
  return [
    found
      ? saw('pass', 'own-object-found', `${asked(byA)}: its owner finds it`, byA)
      : saw(
          'inconclusive',
          'own-object-missing',
          `${asked(byA)}: the owner does not find its own object, so that another does not proves nothing`,
          byA,
        ),
    cannotTell(byB, 200) ??
      demand(
        byB.answer?.status === 200 && !byB.answer.body.includes(text),
        'foreign-object-listed',
        'another does not find it',
        `${asked(byB)} (${byB.purpose}) shows the other tenant's object`,
        byB,
      ),
  ];
}

function idsOf(exchange: Exchange, { property, id }: Pick<ListShape, 'property' | 'id'>): unknown[] | undefined {
  const body = json(exchange);
  const items = property === undefined ? body : record(body)[property];
  return Array.isArray(items) ? items.map((item) => record(item)[id]) : undefined;
}

/** An object created in a crowd is in its creator's list, and in no other. */
function landedRight({ actor, text, created }: Canary, { listA, listB }: ListsEvidence['writes']): Observation {
  const [own, other] = actor === 'tenant A' ? [listA, listB] : [listB, listA];
  const right = own.answer?.body.includes(text) === true && other.answer?.body.includes(text) === false;
  const doubt = cannotTell(listA, 200) ?? cannotTell(listB, 200);
  return (
    doubt ??
    demand(right, 'parallel-crossing', 'own object created', `in parallel an object of ${actor} was not created for it alone`, created, own, other)
  );
}

/** A filtered or paged list: its objects are among the owner's, and so is what it counts. */
function withinOwn(exchange: Exchange, own: readonly unknown[] | undefined, theirs: string, listed: ListShape): Observation[] {
  const doubt = cannotTell(exchange, 200);
  if (doubt) return [doubt];
  if (own === undefined)
    return [saw('inconclusive', 'own-list-unknown', 'it is not known what the tenant owns, so a list cannot be compared with it', exchange)];
  const ids = idsOf(exchange, listed);
  const counted = listed.total === undefined ? 0 : Number(record(json(exchange))[listed.total]);
  const foreign = ids?.filter((id) => !own.includes(id)) ?? [];
  const ownAlone = ids !== undefined && foreign.length === 0 && exchange.answer?.body.includes(theirs) === false;
  return [
    expectStatus(exchange, 200),
    demand(
      ownAlone,
      'foreign-object-listed',
      'own objects alone',
      `${asked(exchange)} shows ${foreign.length} objects that are not the tenant's own`,
      exchange,
    ),
    demand(countsOwn(), 'total-differs', 'own objects counted', `${asked(exchange)} shows ${ids?.length} objects and counts ${counted}`, exchange),
  ];

  /** A first page shows all that a small owner has, so it must count what it shows; any other page cannot count more than is owned. */
  function countsOwn(): boolean {
    if (listed.total === undefined) return true;
    const owned = own?.length ?? 0;
    const isWhole = owned <= SMALLEST_PAGE && !new URL(exchange.request.url).searchParams.has(listed.page ?? '');
    return isWhole ? counted === ids?.length : counted <= owned;
  }
}

/** One page holds everything the audit's tenants own, so the total must be what is shown. */
function totals(lists: readonly Exchange[], listed: ListShape): Observation[] {
  const { total, most = 100 } = listed;
  if (total === undefined) return [];
  return lists.map((exchange) => {
    const shown = idsOf(exchange, listed)?.length;
    const counted = record(json(exchange))[total];
    return (
      cannotTell(exchange, 200) ??
      demand(
        shown === counted || (shown === most && Number(counted) > most),
        'total-differs',
        'the total is right',
        `the list shows ${shown} objects and counts ${String(counted)}: others may be counted`,
        exchange,
      )
    );
  });
}
