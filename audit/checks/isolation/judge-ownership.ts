import type { JudgeContext } from '../check.ts';
import type { Evidence } from '../../gather/context.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { ListsEvidence } from './gather-lists.ts';
import { requestLine, cannotTell, isCreated, json, record } from '../../model/response.ts';
import { conclude, type Observation, type Verdict, expect, observePass, observeFailure, observeDoubt } from '../../model/verdict.ts';

export function judgeOwnership({ forged, given, twins, ofA, ofB, ownerProperty, userIdOfA = 'somebody-else' }: ListsEvidence): Verdict {
  const { created, text } = forged.canary;
  const doubt = cannotTell(created, 201) ?? cannotTell(forged.listA, 200);
  if (doubt) return conclude([doubt], '');
  const owner = record(json(created))[ownerProperty];
  const listsOwn = forged.listA.response?.body.includes(ofA.text) === true;
  const missing = "A's own object is not in its list, so the absence of others proves nothing";
  // A list that shows what B made for itself would show the rest too, whoever owns it.
  const showsAll = forged.listA.response?.body.includes(ofB.text) === true;
  const blind = "A's list shows B's objects anyway, so it does not tell whose the others are";
  return conclude(
    [
      ...(listsOwn ? [] : [observeDoubt('own-object-missing', missing, forged.listA)]),
      ...(showsAll ? [observeDoubt('list-shows-all', blind, forged.listA)] : []),
      expect({
        holds: isCreated(created) || [400, 422].includes(created.response?.status ?? 0),
        code: 'unexpected-status',
        otherwise: `a body with ${ownerProperty} answered ${created.response?.status}`,
        evidence: [created],
      }),
      expect({
        holds: !isCreated(created) || owner !== userIdOfA,
        code: 'owner-taken-from-body',
        otherwise: "the object was created in A's name",
        evidence: [created],
      }),
      ...(showsAll
        ? []
        : [
            expect({
              holds: forged.listA.response?.status === 200 && !forged.listA.response.body.includes(text),
              code: 'object-planted',
              otherwise: "A's list holds an object that B created",
              evidence: [forged.listA],
            }),
          ]),
      ...(given && !showsAll ? [ownerKept(given, forged.listA)] : []),
      anObjectOfItsOwn(twins),
    ],
    `A body that names another owner got ${created.response?.status}, and the other's list holds nothing of it.`,
  );
}

function ownerKept({ canary, updated }: NonNullable<ListsEvidence['given']>, listA: Exchange): Observation {
  const kept = [200, 204, 400, 422].includes(updated.response?.status ?? 0) && listA.response?.body.includes(canary.text) === false;
  return (
    cannotTell(updated) ??
    expect({
      holds: kept,
      code: 'object-given-away',
      otherwise: `an update that names another owner answered ${updated.response?.status}, and A's list holds the object`,
      evidence: [updated, listA],
    })
  );
}

/** The same request by two tenants makes two objects, also with the same Idempotency-Key. */
function anObjectOfItsOwn({ ofA, ofB }: ListsEvidence['twins']): Observation {
  const says = `${requestLine(ofB.created)}: the same request as A's, with the same Idempotency-Key if there is one, answered with A's object`;
  return (
    cannotTell(ofA.created) ??
    cannotTell(ofB.created) ??
    expect({ holds: ofA.id === '' || ofB.id !== ofA.id, code: 'answer-of-another', otherwise: says, evidence: [ofA.created, ofB.created] })
  );
}

/** The owners named in every response that was received while this evidence was gathered. */
export function judgeOwnersIn(evidence: Evidence<unknown>, { contract, responses }: JudgeContext): Verdict[] {
  const verdict = judgeOwners(
    responses(evidence),
    contract.resources.map(({ ownerProperty }) => ownerProperty),
  );
  return verdict === undefined ? [] : [verdict];
}

/**
 * Whom the objects of an answer name as their owner: the one who asked, where they name anybody. Undefined where they do not.
 * What a request itself claims of an owner is judged elsewhere.
 */
export function judgeOwners(exchanges: readonly Exchange[], properties: readonly string[]): Verdict | undefined {
  const successes = exchanges
    .filter(({ response }) => response !== undefined && response.status >= 200 && response.status < 300)
    .filter(({ request }) => !properties.some((name) => request.body?.includes(`"${name}"`)));
  const observations = [...new Set(successes.map(({ evidence }) => evidence))].flatMap((evidence) => {
    const answers = (['tenant A', 'tenant B'] as const).map((actor) =>
      successes.filter((each) => each.evidence === evidence && each.actor === actor),
    );
    // Each is called what its first creation calls it. Where both are called the same, it is no user that is named.
    const names = answers.map((own) => ownersIn(own.filter((each) => each.request.method === 'POST').map(json), properties)[0]);
    if (names.includes(undefined) || names[0] === names[1]) return [];
    return answers.flatMap((own, index) => {
      const others = own.filter((exchange) => ownersIn(json(exchange), properties).some((name) => name !== names[index]));
      const [first] = others;
      if (first === undefined) return [observePass('owner-named', ...own)];
      return [
        observeFailure(
          'owner-differs',
          `${requestLine(first)} (${first.purpose}) shows ${first.actor} objects that are not the tenant's own`,
          ...others,
        ),
      ];
    });
  });
  return observations.length === 0 ? undefined : conclude(observations, 'Every object that was answered names the one who asked as its owner.');
}

function ownersIn(value: unknown, properties: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((each) => ownersIn(each, properties));
  return Object.entries(record(value)).flatMap(([name, each]) =>
    properties.includes(name) && (typeof each === 'string' || typeof each === 'number') ? [each] : ownersIn(each, properties),
  );
}
