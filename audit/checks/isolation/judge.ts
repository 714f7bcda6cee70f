import type { Exchange } from '../../model/exchange.ts';
import { successOf } from '../../contract/operations.ts';
import type { AttackedBy, AttackedObject, IsolationEvidence, IsolationOf } from './gather.ts';
import {
  described,
  requestLine,
  cannotTell,
  comparable,
  expectRejected,
  expectStatus,
  statusOf,
  isFound,
  isUnchanged,
} from '../../model/response.ts';
import {
  conclude,
  inconclusive,
  isSilent,
  type Observation,
  requireAttempts,
  type Verdict,
  expect,
  observePass,
  observeFailure,
  observeDoubt,
} from '../../model/verdict.ts';
import { variationOf } from '../../model/variation.ts';
import type { Variation } from '../../model/words.ts';
import { counted } from '../../model/wording.ts';

export function judgeIsolationById({ byId, overwriting, deletions }: IsolationEvidence): Verdict {
  const observations = byId.flatMap(isolated);
  if (observations.length > 0) observations.push(...overwriting.flatMap(notOverwritten), ...deletions.map(neighborUnchanged));
  const operations = byId.flatMap((each) => each.operations);
  const attempts = operations.reduce((sum, each) => sum + each.attempts.length, 0);
  const objects = byId.map(({ collection, objects: { length } }) => `${length} ${collection}`).join(' and ');
  return conclude(
    observations,
    `${counted(operations.length, 'operation')} on ${objects}, ${counted(attempts, 'attempt')} by other tenants (${operations.map(({ operation }) => operation.id).join(', ')}): each got the 404 of an object that does not exist, none got a text, and the owner found every object unchanged.`,
  );
}

function isolated({ collection, varying, objects, operations }: IsolationOf): Observation[] {
  const texts = objects.map(({ victim }) => victim.text);
  const variation = variationOf(operations.flatMap(({ unknown }) => unknown ?? []));
  return [
    ...objects.flatMap((object, index) => unharmed(object, varying, attemptsOn(operations, index))),
    ...operations.flatMap((each) => unreachable(each, objects, texts, variation)),
    ...(operations.length > 0
      ? requireAttempts(`${collection}: operations on another tenant's objects`, objects, ...operations.map((each) => each.attempts))
      : []),
  ];
}

function attemptsOn(operations: readonly AttackedBy[], index: number): Exchange[] {
  return operations.flatMap(({ attempts }) => attempts.filter(({ on }) => on === index).map(({ exchange }) => exchange));
}

/** The owner could read the object before, during and after the attempts, and it did not change. */
function unharmed(
  { victim, ownerBefore, meanwhile, ownerAfter }: AttackedObject,
  varying: IsolationOf['varying'],
  attempts: readonly Exchange[],
): Observation[] {
  const place = requestLine(ownerBefore);
  if (!isFound(ownerBefore, victim.text))
    return [
      observeDoubt('no-victim', `The owner could not read its object before the attempts: ${place} returned ${statusOf(ownerBefore)}`, ownerBefore),
    ];
  const unchanged = isUnchanged(ownerAfter, ownerBefore, varying);
  const found = ownerAfter.response?.status === 200 ? 'a changed object' : statusOf(ownerAfter);
  const writes = attempts.filter(({ request }) => request.method !== 'GET');
  return [
    ...(meanwhile
      ? [
          cannotTell(meanwhile, 200) ??
            expect(
              isFound(meanwhile, victim.text),
              'owner-lost',
              `${place}: during the attempts of other tenants the owner got ${statusOf(meanwhile)} without the object`,
              meanwhile,
            ),
        ]
      : []),
    cannotTell(ownerAfter, 200) ??
      expect(
        unchanged,
        'object-changed',
        `${place}: after the attempts of other tenants the owner got ${found}`,
        ownerBefore,
        ...(unchanged ? [] : writes),
        ownerAfter,
      ),
  ];
}

/** Every attempt got the response for an object that does not exist, and the owner may execute the operation. */
function unreachable(
  { operation, attempts, unknown, head, allowed }: AttackedBy,
  objects: readonly AttackedObject[],
  texts: readonly string[],
  variation: Variation,
): Observation[] {
  // A 404 for an object that its owner cannot read either proves nothing. A response with a text proves something.
  const isConclusive = ({ on, exchange }: AttackedBy['attempts'][number]): boolean => {
    const object = objects[on];
    return (object !== undefined && isFound(object.ownerBefore, object.victim.text)) || texts.some((text) => exchange.response?.body.includes(text));
  };
  const conclusive = attempts.filter(isConclusive).map(({ exchange }) => exchange);
  return [
    ...failsOnlyFor(conclusive, unknown ? [unknown] : []),
    ...conclusive.flatMap((exchange) => asIfAbsent(operation.id, { foreign: exchange, unknown }, texts, variation)),
    ...(unknown && unknown.response?.status !== 410 ? [expectStatus(unknown, 404)] : []),
    ...(head ? [headAsIfAbsent(head.foreign, head.unknown)] : []),
    ownerMay(operation.id, allowed, successOf(operation, allowed.response?.status)),
  ];
}

/** 5xx for every object of another tenant and 4xx for an id that never existed reveals which objects exist. */
export function failsOnlyFor(foreign: readonly Exchange[], unknown: readonly Exchange[]): Observation[] {
  const codeOf = ({ response }: Exchange): number => response?.status ?? 0;
  const fails = foreign.length > 1 && foreign.every((exchange) => codeOf(exchange) >= 500 && !isSilent(exchange));
  const rejects = unknown.length > 0 && unknown.every((exchange) => codeOf(exchange) >= 400 && codeOf(exchange) < 500 && !cannotTell(exchange));
  const [first] = foreign;
  if (!fails || !rejects || first === undefined) return [];
  const failure = `${described(first)} and all attempts like it returned 5xx, and an id that never existed did not`;
  return [observeFailure('existence-shown', failure, ...foreign, ...unknown)];
}

/** The API need not support HEAD, as long as both get the same response. */
function headAsIfAbsent(foreign: Exchange, unknown: Exchange): Observation {
  const alike = foreign.response?.status === unknown.response?.status && headerNames(foreign) === headerNames(unknown);
  const differs = `${requestLine(foreign)} returned ${foreign.response?.status}, and ${unknown.response?.status} for an id that never existed`;
  return cannotTell(foreign) ?? cannotTell(unknown) ?? expect(alike, 'existence-shown', differs, foreign, unknown);
}

/** The API may store, ignore or reject an id in a new object, as long as the object that has it is unchanged. */
function notOverwritten({ name, victim, created, ownerAfter }: IsolationEvidence['overwriting'][number]): Observation[] {
  if (!isFound(victim.before, victim.text))
    return [observeDoubt('no-victim', `${name}: the owner could not read the object whose id another tenant sends`, victim.before)];
  const unchanged = isUnchanged(ownerAfter, victim.before, victim.varying);
  const found = ownerAfter.response?.status === 200 ? 'a changed object' : ownerAfter.response?.status;
  const changed = `${name}: after another tenant sent the id of an object in a creation, its owner got ${found ?? 'no response'}`;
  return [
    cannotTell(created) ??
      expect(
        created.response?.body.includes(victim.text) === false,
        'data-shown',
        `${name}: a creation with the id of an object returned the text of that object`,
        created,
      ),
    cannotTell(ownerAfter, 200) ?? expect(unchanged, 'object-overwritten', changed, victim.before, created, ownerAfter),
  ];
}

/** Where the owner cannot do it either, the rejection of another tenant proves nothing. */
function ownerMay(operation: string, allowed: Exchange, success: number): Observation {
  const doubt = cannotTell(allowed, success);
  if (doubt) return doubt;
  return allowed.response?.status === success
    ? observePass('owner-may', allowed)
    : observeDoubt('control-failed', `${operation}: its owner got ${statusOf(allowed)}, so the rejection of another tenant proves nothing`, allowed);
}

function asIfAbsent(
  operation: string,
  { foreign, unknown }: { foreign: Exchange; unknown: Exchange | undefined },
  texts: readonly string[],
  variation: Variation,
): Observation[] {
  if (texts.some((text) => foreign.response?.body.includes(text))) {
    return [observeFailure('data-shown', `${operation}: ${described(foreign)} returned the text of an object of another tenant`, foreign)];
  }
  const doubt = cannotTell(foreign, 404) ?? (unknown && cannotTell(unknown, 404));
  if (doubt) return [doubt];
  const status = foreign.response?.status ?? 0;
  if (status < 400) return [observeFailure('not-isolated', `${operation}: ${described(foreign)} returned ${status}`, foreign)];
  // Some APIs return 410 for a deleted object.
  if (unknown === undefined || unknown.response?.status === 410) return [expectStatus(foreign, 404, 'existence-shown')];
  const isSame = status === unknown.response?.status;
  const alike = isSame && comparable(foreign, variation) === comparable(unknown, variation) && headerNames(foreign) === headerNames(unknown);
  const difference = isSame ? 'another response than' : `${status}, and ${unknown.response?.status}`;
  const differs = `${operation}: ${described(foreign)} returned ${difference} for an object that does not exist`;
  return [expect(alike, 'existence-shown', differs, foreign, unknown)];
}

function headerNames({ response }: Exchange): string {
  return Object.keys(response?.headers ?? {})
    .toSorted()
    .join();
}

/** A query without the id in its condition changes all objects of the owner. */
function neighborUnchanged({ neighbor, neighborAfter, varying }: IsolationEvidence['deletions'][number]): Observation {
  const unchanged = isUnchanged(neighborAfter, neighbor, varying);
  const broken = `${requestLine(neighborAfter)} returned ${statusOf(neighborAfter)}: operations on other objects of the same owner changed this one`;
  return cannotTell(neighborAfter, 200) ?? expect(unchanged, 'neighbor-changed', broken, neighbor, neighborAfter);
}

/** Reads without a token, and the owner's own read of the object that exists. */
export type AnonymousReads = { existing: Exchange; unknown?: Exchange; ownerRead: Exchange };

export function judgeAnonymous({ existing, unknown, ownerRead }: AnonymousReads, { deletions }: Pick<IsolationEvidence, 'deletions'>): Verdict {
  if (unknown === undefined) return inconclusive('nothing-tried', 'No object was requested without a token.');
  const variation = variationOf(deletions.flatMap(({ gone }) => gone));
  const afterwards = deletions.flatMap(({ deleted, gone }) => {
    const deletion = expectStatus(deleted, deleted.response?.status === 200 ? 200 : 204);
    if (deletion.outcome !== 'pass') return [deletion];
    return [
      deletion,
      ...requireAttempts('operations on a deleted object', gone),
      ...gone.map((exchange) => expectStatus(exchange, 404, 'deleted-object-found')),
    ];
  });
  return conclude(
    [
      cannotTell(ownerRead, 200) ??
        (ownerRead.response?.status === 200
          ? observePass('object-exists', ownerRead)
          : observeDoubt('no-victim', 'The owner could not read the object, so it may not exist', ownerRead)),
      expectRejected(existing),
      expectRejected(unknown),
      expect(
        existing.response?.status === unknown.response?.status && comparable(existing, variation) === comparable(unknown, variation),
        'existence-shown',
        'Without a token the responses for an existing object and a random id differ',
        existing,
        unknown,
      ),
      ...afterwards,
    ],
    `Without a token an object that exists and one that does not get the same rejection.${deletions.length > 0 ? ' A deleted object gets 404 for another tenant and for every operation of its owner.' : ''}`,
  );
}
