import type { Exchange } from '../../model/exchange.ts';
import type { AttackedBy, AttackedObject, IsolationEvidence, IsolationOf } from './gather.ts';
import { requestLine, cannotTell, comparable, expectStatus } from '../../model/response.ts';
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

export function judgeIsolationById({ byId, overwriting, deletions }: IsolationEvidence): Verdict {
  const observations = byId.flatMap(isolated);
  if (observations.length > 0) observations.push(...overwriting.flatMap(notOverwritten), ...deletions.map(besideUnchanged));
  const operations = byId.flatMap((each) => each.operations);
  const attempts = operations.reduce((sum, each) => sum + each.attempts.length, 0);
  const objects = byId.map(({ collection, objects: { length } }) => `${length} ${collection}`).join(' and ');
  return conclude(
    observations,
    `${counted(operations.length, 'operation')} on ${objects}, ${counted(attempts, 'attempt')} by other tenants (${operations.map(({ operation }) => operation.id).join(', ')}): 404 like an object that does not exist, no text shown, and the owner found every object unchanged.`,
  );
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function isolated({ collection, objects, operations }: IsolationOf): Observation[] {
  const texts = objects.map(({ victim }) => victim.text);
  return [
    ...objects.flatMap((object, index) => unharmed(object, attemptsOn(operations, index))),
    ...operations.flatMap((each) => unreachable(each, objects, texts)),
    ...(operations.length > 0
      ? requireAttempts(`${collection}: operations on another tenant's objects`, objects, ...operations.map((each) => each.attempts))
      : []),
  ];
}

function attemptsOn(operations: readonly AttackedBy[], index: number): Exchange[] {
  return operations.flatMap(({ attempts }) => attempts.filter(({ on }) => on === index).map(({ exchange }) => exchange));
}

/** The owner could read the object before, during and after the attempts, and it did not change. */
function unharmed({ victim, ownerBefore, meanwhile, ownerAfter }: AttackedObject, attempts: readonly Exchange[]): Observation[] {
  const place = requestLine(ownerBefore);
  if (!isReadable({ victim, ownerBefore }))
    return [observeDoubt('no-victim', `${place}: the owner could not read the object first (${statusOf(ownerBefore)})`, ownerBefore)];
  const unchanged = ownerAfter.response?.status === 200 && ownerAfter.response.body === ownerBefore.response?.body;
  const found = ownerAfter.response?.status === 200 ? 'a changed object' : statusOf(ownerAfter);
  const writes = attempts.filter(({ request }) => request.method !== 'GET');
  return [
    ...(meanwhile
      ? [
          cannotTell(meanwhile, 200) ??
            expect({
              holds: meanwhile.response?.status === 200 && meanwhile.response.body.includes(victim.text),
              code: 'owner-lost',
              otherwise: `${place}: while other tenants tried to reach it, its owner got ${statusOf(meanwhile)} without the object`,
              evidence: [meanwhile],
            }),
        ]
      : []),
    cannotTell(ownerAfter, 200) ??
      expect({
        holds: unchanged,
        code: 'object-changed',
        otherwise: `${place}: after the attempts of other tenants its owner read ${found}`,
        evidence: [ownerBefore, ...(unchanged ? [] : writes), ownerAfter],
      }),
  ];
}

/** Every attempt got what an object that does not exist gets, and the owner may do the same. */
function unreachable(
  { operation, attempts, unknown, head, allowed }: AttackedBy,
  objects: readonly AttackedObject[],
  texts: readonly string[],
): Observation[] {
  // A 404 for an object that its owner cannot read either proves nothing; a text that is shown does.
  const isTelling = ({ on, exchange }: AttackedBy['attempts'][number]): boolean => {
    const object = objects[on];
    return (object !== undefined && isReadable(object)) || texts.some((text) => exchange.response?.body.includes(text));
  };
  const telling = attempts.filter(isTelling).map(({ exchange }) => exchange);
  return [
    ...failsOnlyFor(telling, unknown ? [unknown] : []),
    ...telling.flatMap((exchange) => asIfAbsent(operation.id, exchange, unknown, texts)),
    // Some APIs return 410 for a deleted object.
    ...(unknown && unknown.response?.status !== 410 ? [expectStatus(unknown, 404)] : []),
    ...(head ? [headAsIfAbsent(head.foreign, head.unknown)] : []),
    ownerMay(operation.id, allowed, operation.success),
  ];
}

function isReadable({ victim, ownerBefore }: Pick<AttackedObject, 'victim' | 'ownerBefore'>): boolean {
  return ownerBefore.response?.status === 200 && ownerBefore.response.body.includes(victim.text);
}

function statusOf({ response, error }: Exchange): string {
  return String(response?.status ?? error ?? 'no response');
}

/** 5xx for each of another tenant's objects, and 4xx for an id that never existed: that shows which objects exist. */
export function failsOnlyFor(foreign: readonly Exchange[], unknown: readonly Exchange[]): Observation[] {
  const codeOf = ({ response }: Exchange): number => response?.status ?? 0;
  const fails = foreign.length > 1 && foreign.every((exchange) => codeOf(exchange) >= 500 && !isSilent(exchange));
  const refuses = unknown.length > 0 && unknown.every((exchange) => codeOf(exchange) >= 400 && codeOf(exchange) < 500 && !cannotTell(exchange));
  const [first] = foreign;
  if (!fails || !refuses || first === undefined) return [];
  const says = `${requestLine(first)} (${first.purpose}) and all attempts like it got 5xx, an id that never existed did not`;
  return [observeFailure('existence-shown', says, ...foreign, ...unknown)];
}

/** The API need not support HEAD, as long as both get the same response. */
function headAsIfAbsent(foreign: Exchange, unknown: Exchange): Observation {
  const alike = foreign.response?.status === unknown.response?.status && headerNames(foreign) === headerNames(unknown);
  const differs = `${requestLine(foreign)} returned ${foreign.response?.status}, and ${unknown.response?.status} for an id that never existed`;
  return (
    cannotTell(foreign) ?? cannotTell(unknown) ?? expect({ holds: alike, code: 'existence-shown', otherwise: differs, evidence: [foreign, unknown] })
  );
}

/** The API may store, ignore or reject an id in a new object, as long as the object that has it is unchanged. */
function notOverwritten({ name, victim, created, ownerAfter }: IsolationEvidence['overwriting'][number]): Observation[] {
  const unchanged = ownerAfter.response?.status === 200 && ownerAfter.response.body === victim.created.response?.body;
  const found = ownerAfter.response?.status === 200 ? 'a changed object' : ownerAfter.response?.status;
  const changed = `${name}: after another tenant sent its id in a creation the owner read ${found}`;
  return [
    cannotTell(created) ??
      expect({
        holds: created.response?.body.includes(victim.text) === false,
        code: 'data-shown',
        otherwise: `${name}: a creation with the id of an object returned the text of that object`,
        evidence: [created],
      }),
    cannotTell(ownerAfter, 200) ??
      expect({ holds: unchanged, code: 'object-overwritten', otherwise: changed, evidence: [victim.created, created, ownerAfter] }),
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

function asIfAbsent(operation: string, foreign: Exchange, unknown: Exchange | undefined, texts: readonly string[]): Observation[] {
  if (texts.some((text) => foreign.response?.body.includes(text))) {
    return [observeFailure('data-shown', `${operation}: ${requestLine(foreign)} (${foreign.purpose}) returned text of another tenant`, foreign)];
  }
  const status = expectStatus(foreign, 404, 'not-isolated');
  if (status.outcome !== 'pass' || unknown === undefined || unknown.response?.status === 410) return [status];
  const doubt = cannotTell(unknown, 404);
  if (doubt) return [doubt];
  const alike = comparable(foreign) === comparable(unknown) && headerNames(foreign) === headerNames(unknown);
  const differs = `${operation}: ${requestLine(foreign)} (${foreign.purpose}) differs from the response for an object that does not exist`;
  return [status, expect({ holds: alike, code: 'existence-shown', otherwise: differs, evidence: [foreign, unknown] })];
}

function headerNames({ response }: Exchange): string {
  return Object.keys(response?.headers ?? {})
    .toSorted()
    .join();
}

/** A query without the id in its condition changes all objects of the owner. */
function besideUnchanged({ neighbour, neighbourAfter }: IsolationEvidence['deletions'][number]): Observation {
  const unchanged = neighbourAfter.response?.status === 200 && neighbourAfter.response.body === neighbour.response?.body;
  const broken = `${requestLine(neighbourAfter)}: changed by operations on other objects of the same owner (${statusOf(neighbourAfter)})`;
  return (
    cannotTell(neighbourAfter, 200) ??
    expect({ holds: unchanged, code: 'neighbour-changed', otherwise: broken, evidence: [neighbour, neighbourAfter] })
  );
}

/** Reads without a token, and the owner's own read of the object that exists. */
export type AnonymousReads = { existing: Exchange; unknown?: Exchange; ownerRead: Exchange };

export function judgeAnonymous({ existing, unknown, ownerRead }: AnonymousReads, { deletions }: Pick<IsolationEvidence, 'deletions'>): Verdict {
  if (unknown === undefined) return inconclusive('nothing-tried', 'No object was requested without a token.');
  const afterwards = deletions.flatMap(({ deleted, gone }) => [
    expectStatus(deleted, deleted.response?.status === 200 ? 200 : 204),
    ...requireAttempts('operations on what is deleted', gone),
    ...gone.map((exchange) => expectStatus(exchange, 404, 'deleted-object-answers')),
  ]);
  return conclude(
    [
      cannotTell(ownerRead, 200) ??
        (ownerRead.response?.status === 200
          ? observePass('object-exists', ownerRead)
          : observeDoubt('no-victim', 'the owner could not read the object, so it may not exist', ownerRead)),
      expectStatus(existing, 401),
      expectStatus(unknown, 401),
      expect({
        holds: comparable(existing) === comparable(unknown),
        code: 'existence-shown',
        otherwise: 'without a token an existing object and a random id are answered differently',
        evidence: [existing, unknown],
      }),
      ...afterwards,
    ],
    `The same 401 for an object that exists and one that does not${deletions.length > 0 ? '; after its deletion 404 for the other, and for its owner whatever it tries' : ''}.`,
  );
}
