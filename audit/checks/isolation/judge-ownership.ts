import type { JudgeContext } from '../check.ts';
import type { Evidence } from '../../gather/context.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { ListsEvidence } from './gather-lists.ts';
import { record } from '../../model/json.ts';
import { payload } from '../../model/payload.ts';
import { described, requestLine, cannotTell, isCreated, json } from '../../model/response.ts';
import { conclude, type Observation, type Verdict, expect, observePass, observeFailure, observeDoubt } from '../../model/verdict.ts';

export function judgeOwnership({ forged, given, twins, ofA, ofB, ownerProperty, userIdOfA = 'another-user' }: ListsEvidence): Verdict {
  const { created, text } = forged.canary;
  const doubt = cannotTell(created, 201) ?? cannotTell(forged.listA, 200);
  if (doubt) return conclude(doubt);
  const owner = record(payload(json(created)))[ownerProperty];
  const listsOwn = forged.listA.response?.body.includes(ofA.text) === true;
  const missing = "A's list does not contain its own object, so missing objects of others prove nothing";
  // A list with B's own object shows nothing about the owner of the other objects.
  const listsAll = forged.listA.response?.body.includes(ofB.text) === true;
  const ambiguous = "A's list contains B's own object, so it does not show who owns the other objects";
  return conclude(
    [
      ...(listsOwn ? [] : [observeDoubt('own-object-missing', missing, forged.listA)]),
      ...(listsAll ? [observeDoubt('list-shows-all', ambiguous, forged.listA)] : []),
      expect(
        isCreated(created) || [400, 422].includes(created.response?.status ?? 0),
        'unexpected-status',
        `A creation with ${ownerProperty} returned ${created.response?.status}`,
        created,
      ),
      expect(!isCreated(created) || owner !== userIdOfA, 'owner-taken-from-body', 'The API created the object with A as owner', created),
      ...(listsAll
        ? []
        : [
            expect(
              forged.listA.response?.status === 200 && !forged.listA.response.body.includes(text),
              'object-planted',
              "A's list contains an object that B created",
              forged.listA,
            ),
          ]),
      ...(given && !listsAll ? [ownerUnchanged(given, forged.listA)] : []),
      separateObjects(twins),
    ],
    `A creation that names another owner returned ${created.response?.status}, and the list of that owner does not contain the object.`,
  );
}

function ownerUnchanged({ canary, updated }: NonNullable<ListsEvidence['given']>, listA: Exchange): Observation {
  const holds = [200, 204, 400, 422].includes(updated.response?.status ?? 0) && listA.response?.body.includes(canary.text) === false;
  return (
    cannotTell(updated) ??
    expect(
      holds,
      'object-given-away',
      `An update that names another owner returned ${updated.response?.status}, and A's list ${listA.response?.body.includes(canary.text) === true ? 'contains' : 'does not contain'} the object`,
      updated,
      listA,
    )
  );
}

/** The same request by two tenants creates two objects, also with the same Idempotency-Key. */
function separateObjects({ ofA, ofB }: ListsEvidence['twins']): Observation {
  const otherwise = `${requestLine(ofB.created)}: the same request as A's, with the same Idempotency-Key if there is one, returned A's object`;
  return (
    cannotTell(ofA.created) ??
    cannotTell(ofB.created) ??
    expect(ofA.id === '' || ofB.id !== ofA.id, 'response-of-another-tenant', otherwise, ofA.created, ofB.created)
  );
}

/** The owners named in every response that was received while this evidence was gathered. */
export function judgeOwnersIn(evidence: Evidence<unknown>, { contract, exchanges }: JudgeContext): Verdict[] {
  const verdict = judgeOwners(
    exchanges(evidence),
    contract.resources.map(({ ownerProperty }) => ownerProperty),
  );
  return verdict === undefined ? [] : [verdict];
}

/**
 * The objects of a response name the caller as their owner. Undefined where they name no owner. Requests that themselves name an owner
 * are not judged here.
 */
export function judgeOwners(exchanges: readonly Exchange[], properties: readonly string[]): Verdict | undefined {
  const successes = exchanges
    .filter(({ response }) => response !== undefined && response.status >= 200 && response.status < 300)
    .filter(({ request }) => !properties.some((name) => request.body?.includes(`"${name}"`)));
  // Each part of the evidence may have tenants of its own.
  const observations = [...Map.groupBy(successes, ({ evidence, part }) => JSON.stringify([evidence, part])).values()].flatMap((ofTenants) => {
    const responses = (['tenant A', 'tenant B'] as const).map((actor) => ofTenants.filter((each) => each.actor === actor));
    // The response to its first creation states the id of each tenant. Where both are equal, the property does not name a user.
    const names = responses.map((own) => ownersIn(own.filter((each) => each.request.method === 'POST').map(json), properties)[0]);
    if (names.includes(undefined) || names[0] === names[1]) return [];
    return responses.flatMap((own, index) => {
      const others = own.filter((exchange) => ownersIn(json(exchange), properties).some((name) => name !== names[index]));
      const [first] = others;
      if (first === undefined) return [observePass('owner-named', ...own)];
      return [observeFailure('owner-differs', `${described(first)} returned objects to ${first.actor} that name another owner`, ...others)];
    });
  });
  return observations.length === 0 ? undefined : conclude(observations, 'Every returned object that names an owner names the caller.');
}

function ownersIn(value: unknown, properties: readonly string[]): unknown[] {
  if (Array.isArray(value)) return value.flatMap((each) => ownersIn(each, properties));
  return Object.entries(record(value)).flatMap(([name, each]) =>
    properties.includes(name) && (typeof each === 'string' || typeof each === 'number') ? [each] : ownersIn(each, properties),
  );
}
