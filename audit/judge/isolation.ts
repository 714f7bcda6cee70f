import type { Exchange } from '../exchange.ts';
import type { IsolationEvidence, ListsEvidence } from '../probe/isolation.ts';
import { asked, cannotTell, comparable, expectStatus, json, record } from './answer.ts';
import { decide, demand, type Observation, saw, type Verdict } from './verdict.ts';

export function judgeIsolationById({ byId }: IsolationEvidence): Verdict {
  const observations = byId.flatMap(({ operation, victim, ownerBefore, foreign, unknown, ownerAfter }) => {
    const existed = ownerBefore.answer?.status === 200 && ownerBefore.answer.body.includes(victim.text);
    if (!existed)
      return [
        saw(
          'inconclusive',
          'no-victim',
          `${operation.id}: the owner could not read the object first (${ownerBefore.answer?.status ?? 'no answer'})`,
          ownerBefore,
        ),
      ];
    return [
      demand(
        foreign.answer?.body.includes(victim.text) !== true,
        'data-shown',
        `${operation.id}: no data`,
        `${operation.id}: the other tenant saw the object's text`,
        foreign,
      ),
      expectStatus(foreign, 404, 'not-isolated'),
      expectStatus(unknown, 404),
      demand(
        comparable(foreign) === comparable(unknown),
        'existence-shown',
        `${operation.id}: as one that never existed`,
        `${operation.id}: the answer differs from the one for an object that never existed`,
        foreign,
        unknown,
      ),
      cannotTell(ownerAfter, 200) ??
        demand(
          ownerAfter.answer?.status === 200 && ownerAfter.answer.body === ownerBefore.answer?.body,
          'object-changed',
          `${operation.id}: unchanged`,
          `${operation.id}: after it the owner read ${ownerAfter.answer?.status === 200 ? 'a changed object' : ownerAfter.answer?.status}`,
          ownerBefore,
          foreign,
          ownerAfter,
        ),
    ];
  });
  return decide(
    observations,
    `${byId.map(({ operation }) => operation.id).join(', ')}: 404 like an object that never existed, no text shown, and its owner found it unchanged.`,
  );
}

export function judgeLists(evidence: ListsEvidence, listed: { property: string | undefined; total: string | undefined; id: string }): Verdict {
  const { ofA, ofB, listA, listB, asA, interleaved } = evidence;
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
        exchange.answer?.status === 422 || exchange.answer?.status === 400
          ? [saw('pass', 'hint-refused', `${exchange.purpose}: refused`, exchange)]
          : own(exchange, exchange.purpose.startsWith('search') ? '' : ofB.text, ofA.text, exchange.purpose),
      ),
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
    `Both lists held their owner's object and nothing of the other; ${asA.length} hints to be another were of no use; ${interleaved.length} reads at once did not cross.`,
  );
}

export function judgeOwnership({ forged, userIdOfA }: ListsEvidence): Verdict {
  const { created, text } = forged.canary;
  const doubt = cannotTell(created, 201) ?? cannotTell(forged.listA, 200);
  if (doubt) return decide([doubt], '');
  const owner = record(json(created))['user_id'];
  return decide(
    [
      demand(
        [201, 400, 422].includes(created.answer?.status ?? 0),
        'unexpected-status',
        'ignored or refused',
        `a body with a user_id answered ${created.answer?.status}`,
        created,
      ),
      demand(
        created.answer?.status !== 201 || userIdOfA === undefined || owner !== userIdOfA,
        'owner-taken-from-body',
        'the owner is not taken from the body',
        "the object was created in A's name",
        created,
      ),
      demand(
        forged.listA.answer?.status === 200 && !forged.listA.answer.body.includes(text),
        'object-planted',
        'A does not have it',
        "A's list holds an object that B created",
        forged.listA,
      ),
    ],
    `A body that names another owner got ${created.answer?.status}, and the other's list holds nothing of it.`,
  );
}

export function judgeAnonymous({ anonymousRead, anonymousUnknown }: ListsEvidence, { deletion }: IsolationEvidence): Verdict {
  const gone = deletion
    ? [
        expectStatus(deletion.deleted, 204),
        ...[deletion.owner, deletion.other, deletion.again].map((exchange) => expectStatus(exchange, 404, 'deleted-object-answers')),
      ]
    : [];
  return decide(
    [
      expectStatus(anonymousRead, 401),
      expectStatus(anonymousUnknown, 401),
      demand(
        comparable(anonymousRead) === comparable(anonymousUnknown),
        'existence-shown',
        'the same answer',
        'without a token an existing object and a random id are answered differently',
        anonymousRead,
        anonymousUnknown,
      ),
      ...gone,
    ],
    'The same 401 for an object that exists and one that does not; after its deletion 404 for its owner, for the other and for a second deletion.',
  );
}

function idsOf(exchange: Exchange, { property, id }: { property: string | undefined; id: string }): unknown[] | undefined {
  const body = json(exchange);
  const items = property === undefined ? body : record(body)[property];
  return Array.isArray(items) ? items.map((item) => record(item)[id]) : undefined;
}

/** One page holds everything the audit's tenants own, so the total must be what is shown. */
function totals(lists: readonly Exchange[], listed: { property: string | undefined; total: string | undefined; id: string }): Observation[] {
  const { total } = listed;
  if (total === undefined) return [];
  return lists.map((exchange) => {
    const shown = idsOf(exchange, listed)?.length;
    const counted = record(json(exchange))[total];
    return (
      cannotTell(exchange, 200) ??
      demand(
        shown === counted || (shown === 100 && Number(counted) > 100),
        'total-differs',
        'the total is right',
        `the list shows ${shown} objects and counts ${String(counted)}: others may be counted`,
        exchange,
      )
    );
  });
}
