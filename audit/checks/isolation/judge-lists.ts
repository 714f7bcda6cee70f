import type { Exchange } from '../../model/exchange.ts';
import type { ListsEvidence } from './gather-lists.ts';
import type { Canary } from '../../gather/tenants.ts';
import { requestLine, cannotTell, expectStatus, isCreated, isProblem, json, record } from '../../model/response.ts';
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

/** Pages of APIs are hardly ever smaller. */
const SMALLEST_PAGE = 10;

/** Which properties of a list's answer hold the objects, count them, and tell them apart. */
type ListShape = ListsEvidence['listed'];

export function judgeLists(evidence: ListsEvidence): Verdict {
  const { listed, lookups, lookupsOfNothing, quoted, ofA, ofB, twins, listA, listB, asA, filtered, interleaved, writes } = evidence;
  const ownList = (exchange: Exchange, mine: string, theirs: string, who: string): Observation[] => {
    const doubt = cannotTell(exchange, 200);
    if (doubt) return [doubt];
    return [
      expectStatus(exchange, 200),
      expect({
        holds: exchange.response?.body.includes(theirs) === false,
        code: 'foreign-object-listed',
        otherwise: `${who}: ${requestLine(exchange)} (${exchange.purpose}) shows the other tenant's object`,
        evidence: [exchange],
      }),
      ...(mine === ''
        ? []
        : [
            exchange.response?.body.includes(mine) === true
              ? observePass('own-object-listed', exchange)
              : observeDoubt('own-object-missing', `${who}: the own object is not in the list, so the absence of others proves nothing`, exchange),
          ]),
    ];
  };
  const [idsA, idsB] = [listA, listB].map((exchange) => idsOf(exchange, listed));
  // A list that leaves something out, as a full page may, does not tell what is the tenant's own.
  const isWhole = (idsB?.length ?? 0) < (listed.most ?? Infinity) && listB.response?.body.includes(ofB.text) === true;
  const ofBAlone = isWhole ? idsB : undefined;
  return conclude(
    [
      ...requireAttempts('hints to be another', asA),
      ...requireAttempts('reads and creations at once', interleaved, writes.canaries),
      ...ownList(listA, ofA.text, ofB.text, 'tenant A'),
      ...ownList(listB, ofB.text, ofA.text, 'tenant B'),
      cannotTell(listA, 200) ??
        cannotTell(listB, 200) ??
        expect({
          holds: idsA !== undefined && idsB !== undefined && idsA.every((id) => !idsB.includes(id)),
          code: 'lists-overlap',
          otherwise: 'the two lists share objects',
          evidence: [listA, listB],
        }),
      ...totals([listA, listB], listed),
      // Searching for A's text finds nothing of B's own, so only the absence is asked for.
      ...asA.flatMap((exchange) =>
        isRefused(exchange)
          ? [observePass('hint-refused', exchange)]
          : [
              ...ownList(exchange, exchange.step === 'search' ? '' : ofB.text, ofA.text, exchange.purpose),
              ...withinOwn(exchange, ofBAlone, ofA.text, listed),
            ],
      ),
      ...quoted.flatMap((exchange) => unbroken(exchange, listB) ?? withinOwn(exchange, ofBAlone, ofA.text, listed)),
      ...lookups.flatMap(({ byA, byB, quoted: inLookup }) => [
        foundByOwner(byA, ofA.text),
        foundNothing(byB, ofBAlone, ofA.text, listed),
        ...inLookup.flatMap((exchange) => unbroken(exchange, byB) ?? foundNothing(exchange, ofBAlone, ofA.text, listed)),
      ]),
      ...lookupsOfNothing.map((exchange) =>
        isRefused(exchange) ? observePass('lookup-refused', exchange) : foundNothing(exchange, ofBAlone, ofA.text, listed),
      ),
      ...filtered.flatMap((exchange) => withinOwn(exchange, ofBAlone, ofA.text, listed)),
      mayHaveTheSame(twins),
      ...writes.canaries.map((canary) => landedRight(canary, writes)),
      ...interleaved.map(({ actor, exchange }) => {
        const [mine, theirs, before] = actor === 'tenant A' ? [ofA.text, ofB.text, listA] : [ofB.text, ofA.text, listB];
        const { status, body = '' } = exchange.response ?? {};
        const broken = body.includes(theirs)
          ? `in parallel ${actor}: ${requestLine(exchange)} shows the other tenant's object`
          : `in parallel ${actor} did not get its own object (${status})`;
        // What a list has left out when nothing else was under way is not lost in the crowd.
        const isThere = body.includes(mine) || before.response?.body.includes(mine) === false;
        const isOwn = status === 200 && isThere && !body.includes(theirs);
        return cannotTell(exchange, 200) ?? expect({ holds: isOwn, code: 'parallel-crossing', otherwise: broken, evidence: [exchange] });
      }),
    ],
    `Both lists held their owner's object and nothing of the other; ${asA.length} hints to be another were of no use, ${filtered.length} documented queries showed and counted own objects alone; ${interleaved.length} reads and ${writes.canaries.length} creations at once did not cross.`,
  );
}

/** Suggestions and the like: what the owner finds with its text, another does not. */
function foundByOwner(byA: Exchange, text: string): Observation {
  return byA.response?.status === 200 && byA.response.body.includes(text)
    ? observePass('own-object-found', byA)
    : observeDoubt('own-object-missing', `${requestLine(byA)}: the owner does not find its own object, so that another does not proves nothing`, byA);
}

function foundNothing(byB: Exchange, own: readonly unknown[] | undefined, theirs: string, listed: ListShape): Observation {
  const doubt = cannotTell(byB, 200);
  if (doubt) return doubt;
  const ids = idsInside(json(byB), listed);
  if (own === undefined && ids.length > 0) return ownUnknown(byB);
  return expect({
    holds: byB.response?.status === 200 && !byB.response.body.includes(theirs) && ids.every((id) => own?.includes(id)),
    code: 'foreign-object-listed',
    otherwise: `${requestLine(byB)} (${byB.purpose}) shows an object that is not the tenant's own`,
    evidence: [byB],
  });
}

/** Ids of the collection's objects in the only or first list of an answer: what has no such text is something else. */
function idsInside(body: unknown, { id, text }: ListShape): unknown[] {
  const items = [body, ...Object.values(record(body))].find((value) => Array.isArray(value)) ?? [];
  return items.map(record).flatMap((item) => (id in item && text in item ? [item[id]] : []));
}

/** What a quote does to a search: undefined where it is answered like any other text, and has to be judged like one. */
function unbroken(exchange: Exchange, plain: Exchange): Observation[] | undefined {
  if (isRefused(exchange)) return [observePass('quote-refused', exchange)];
  if ((exchange.response?.status ?? 0) < 500 || isSilent(exchange) || plain.response?.status !== 200) return undefined;
  const says = `${requestLine(exchange)} (${exchange.purpose}) made the API fail with ${exchange.response?.status}: the text may have become part of a query`;
  return [observeFailure('quote-breaks-query', says, exchange, plain)];
}

function isRefused(exchange: Exchange): boolean {
  return isProblem(exchange) && (exchange.response?.status === 422 || exchange.response?.status === 400);
}

/** What one tenant has is no reason to refuse the same to another: it would tell that it is there. */
function mayHaveTheSame({ ofA, ofB }: ListsEvidence['twins']): Observation {
  const { created } = ofB;
  if (!isCreated(ofA.created)) return observeDoubt('no-twin', 'the object to have the like of was not created', ofA.created);
  return (
    cannotTell(created) ??
    expect({
      holds: isCreated(created),
      code: 'taken-by-another',
      otherwise: `${requestLine(created)}: what another tenant has already was refused with ${created.response?.status}`,
      evidence: [ofA.created, created],
    })
  );
}

function idsOf(exchange: Exchange, { property, id }: Pick<ListShape, 'property' | 'id'>): unknown[] | undefined {
  const body = json(exchange);
  const items = property === undefined ? body : record(body)[property];
  return Array.isArray(items) ? items.map((item) => record(item)[id]) : undefined;
}

/** An object created in a crowd is in its creator's list, and in no other. */
function landedRight({ actor, text, created }: Canary, { listA, listB }: ListsEvidence['writes']): Observation {
  const [own, other] = actor === 'tenant A' ? [listA, listB] : [listB, listA];
  const right = own.response?.body.includes(text) === true && other.response?.body.includes(text) === false;
  const doubt = cannotTell(listA, 200) ?? cannotTell(listB, 200);
  return (
    doubt ??
    expect({
      holds: right,
      code: 'parallel-crossing',
      otherwise: `in parallel an object of ${actor} was not created for it alone`,
      evidence: [created, own, other],
    })
  );
}

function ownUnknown(exchange: Exchange): Observation {
  return observeDoubt('own-list-unknown', 'it is not known what the tenant owns, so a list cannot be compared with it', exchange);
}

/** A filtered or paged list: its objects are among the owner's, and so is what it counts. */
function withinOwn(exchange: Exchange, own: readonly unknown[] | undefined, theirs: string, listed: ListShape): Observation[] {
  const doubt = cannotTell(exchange, 200);
  if (doubt) return [doubt];
  if (own === undefined) return [ownUnknown(exchange)];
  const ids = idsOf(exchange, listed);
  const counted = listed.total === undefined ? 0 : Number(record(json(exchange))[listed.total]);
  const foreign = ids?.filter((id) => !own.includes(id)) ?? [];
  const showsTheirs = exchange.response?.body.includes(theirs) !== false;
  const what = showsTheirs ? "the other tenant's object" : `${foreign.length} objects that are not the tenant's own`;
  return [
    expectStatus(exchange, 200),
    expect({
      holds: ids !== undefined && foreign.length === 0 && !showsTheirs,
      code: 'foreign-object-listed',
      otherwise: `${requestLine(exchange)} shows ${what}`,
      evidence: [exchange],
    }),
    expect({
      holds: countsOwn(),
      code: 'total-differs',
      otherwise: `${requestLine(exchange)} shows ${ids?.length} objects and counts ${counted}`,
      evidence: [exchange],
    }),
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
      expect({
        holds: shown === counted || (shown === most && Number(counted) > most),
        code: 'total-differs',
        otherwise: `the list shows ${shown} objects and counts ${String(counted)}: others may be counted`,
        evidence: [exchange],
      })
    );
  });
}
