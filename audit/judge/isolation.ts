import type { Exchange } from '../exchange.ts';
import type { IsolationEvidence } from '../probe/isolation.ts';
import type { ListsEvidence } from '../probe/lists.ts';
import { asked, cannotTell, comparable, expectStatus, isCreated } from './answer.ts';
import { decide, demand, inconclusive, isSilent, type Observation, saw, tried, type Verdict } from './verdict.ts';

export function judgeIsolationById({ byId, overwriting, deletions }: IsolationEvidence): Verdict {
  const observations = byId.flatMap((each) => {
    const { operation, victim, ownerBefore, foreign, again, unknown, meanwhile, head, ownerAfter, allowed } = each;
    if (ownerBefore.answer?.status !== 200 || !ownerBefore.answer.body.includes(victim.text)) {
      const why = `${operation.id}: the owner could not read the object first (${ownerBefore.answer?.status ?? 'no answer'})`;
      return [saw('inconclusive', 'no-victim', why, ownerBefore)];
    }
    const unchanged = ownerAfter.answer?.status === 200 && ownerAfter.answer.body === ownerBefore.answer.body;
    const found = ownerAfter.answer?.status === 200 ? 'a changed object' : ownerAfter.answer?.status;
    const broken = `${operation.id}: after it the owner read ${found}`;
    const lost = `${operation.id}: while another tried it, its owner read ${meanwhile.answer?.status} without the object`;
    return [
      ...failsOnlyFor([foreign, ...again], unknown ? [unknown] : []),
      ...[foreign, ...again].flatMap((exchange) => asIfAbsent(operation.id, exchange, unknown, victim.text)),
      // Some APIs say of an object that was deleted that it is gone.
      ...(unknown && unknown.answer?.status !== 410 ? [expectStatus(unknown, 404)] : []),
      ...(head ? [headAsIfAbsent(head.foreign, head.unknown)] : []),
      ownerMay(operation.id, allowed, operation.success),
      cannotTell(meanwhile, 200) ??
        demand(
          meanwhile.answer?.status === 200 && meanwhile.answer.body.includes(victim.text),
          'owner-lost',
          'its owner read it meanwhile',
          lost,
          meanwhile,
        ),
      cannotTell(ownerAfter, 200) ?? demand(unchanged, 'object-changed', `${operation.id}: unchanged`, broken, ownerBefore, foreign, ownerAfter),
    ];
  });
  if (byId.length > 0) observations.push(...overwriting.flatMap(notOverwritten), ...deletions.map(besideUnchanged));
  return decide(
    observations,
    `${byId.map(({ operation }) => operation.id).join(', ')}: 404 like an object that does not exist, no text shown, and its owner found it unchanged.`,
  );
}

/** The API fails whenever it is another's, and refuses what never existed: not a doubt, but a sign of what exists. */
export function failsOnlyFor(foreign: readonly Exchange[], unknown: readonly Exchange[]): Observation[] {
  const statusOf = ({ answer }: Exchange): number => answer?.status ?? 0;
  const fails = foreign.length > 1 && foreign.every((exchange) => statusOf(exchange) >= 500 && !isSilent(exchange));
  const refuses = unknown.length > 0 && unknown.every((exchange) => statusOf(exchange) >= 400 && statusOf(exchange) < 500 && !cannotTell(exchange));
  const [first] = foreign;
  if (!fails || !refuses || first === undefined) return [];
  const says = `${asked(first)} (${first.purpose}) made the API fail each time, and never with an id that never existed`;
  return [saw('fail', 'existence-shown', says, ...foreign, ...unknown)];
}

/** HEAD may be missing, for what exists and for what does not. */
function headAsIfAbsent(foreign: Exchange, unknown: Exchange): Observation {
  const alike = foreign.answer?.status === unknown.answer?.status && headerNames(foreign) === headerNames(unknown);
  const differs = `${asked(foreign)} answered ${foreign.answer?.status}, and ${unknown.answer?.status} where no object ever was`;
  return cannotTell(foreign) ?? cannotTell(unknown) ?? demand(alike, 'existence-shown', 'HEAD tells nothing', differs, foreign, unknown);
}

/** An id that is taken, ignored or refused is all the same to whoever has it. */
function notOverwritten({ name, victim, created, ownerAfter }: IsolationEvidence['overwriting'][number]): Observation[] {
  const unchanged = ownerAfter.answer?.status === 200 && ownerAfter.answer.body === victim.created.answer?.body;
  const found = ownerAfter.answer?.status === 200 ? 'a changed object' : ownerAfter.answer?.status;
  const changed = `${name}: after another's creation that brought its id the owner read ${found}`;
  return [
    cannotTell(created) ??
      demand(
        created.answer?.body.includes(victim.text) === false,
        'data-shown',
        'nothing shown',
        `${name}: a creation that brought an id showed its object`,
        created,
      ),
    cannotTell(ownerAfter, 200) ?? demand(unchanged, 'object-overwritten', `${name}: not overwritten`, changed, victim.created, created, ownerAfter),
  ];
}

/** An operation that is missing for everybody refuses everybody. */
function ownerMay(operation: string, allowed: Exchange, success: number): Observation {
  const doubt = cannotTell(allowed, success);
  if (doubt) return doubt;
  return allowed.answer?.status === success
    ? saw('pass', 'owner-may', `${operation}: its owner may`, allowed)
    : saw(
        'inconclusive',
        'control-failed',
        `${operation}: its owner got ${allowed.answer?.status ?? allowed.error ?? 'no answer'}, so the refusal of another proves nothing`,
        allowed,
      );
}

function asIfAbsent(operation: string, foreign: Exchange, unknown: Exchange | undefined, text: string): Observation[] {
  if (foreign.answer?.body.includes(text) === true) {
    return [saw('fail', 'data-shown', `${operation}: the other tenant saw the object's text (${foreign.purpose})`, foreign)];
  }
  const status = expectStatus(foreign, 404, 'not-isolated');
  if (status.outcome !== 'pass' || unknown === undefined || unknown.answer?.status === 410) return [status];
  const doubt = cannotTell(unknown, 404);
  if (doubt) return [doubt];
  const alike = comparable(foreign) === comparable(unknown) && headerNames(foreign) === headerNames(unknown);
  const differs = `${operation}: the response differs from the one for an object that does not exist`;
  return [status, demand(alike, 'existence-shown', `${operation}: as one that never existed`, differs, foreign, unknown)];
}

function headerNames({ answer }: Exchange): string {
  return Object.keys(answer?.headers ?? {})
    .toSorted()
    .join();
}

/** A condition that forgets the id changes all of an owner's objects. */
function besideUnchanged({ neighbour, neighbourAfter }: IsolationEvidence['deletions'][number]): Observation {
  const unchanged = neighbourAfter.answer?.status === 200 && neighbourAfter.answer.body === neighbour.created.answer?.body;
  const broken = `changing and deleting one object touched another of the same owner (${neighbourAfter.answer?.status})`;
  return (
    cannotTell(neighbourAfter, 200) ??
    demand(unchanged, 'neighbour-changed', 'the object beside it is as it was', broken, neighbour.created, neighbourAfter)
  );
}

export function judgeAnonymous({ nobody, ofA }: ListsEvidence, { deletions }: IsolationEvidence): Verdict {
  if (nobody === undefined) return inconclusive('nothing-tried', 'Nobody asked without a token.');
  const { existing, unknown } = nobody;
  const afterwards = deletions.flatMap(({ deleted, gone }) => [
    expectStatus(deleted, deleted.answer?.status === 200 ? 200 : 204),
    ...tried('operations on what is deleted', gone),
    ...gone.map((exchange) => expectStatus(exchange, 404, 'deleted-object-answers')),
  ]);
  return decide(
    [
      isCreated(ofA.created)
        ? saw('pass', 'object-exists', 'the object exists', ofA.created)
        : saw('inconclusive', 'no-victim', 'the object to ask for was not created', ofA.created),
      expectStatus(existing, 401),
      expectStatus(unknown, 401),
      demand(
        comparable(existing) === comparable(unknown),
        'existence-shown',
        'the same answer',
        'without a token an existing object and a random id are answered differently',
        existing,
        unknown,
      ),
      ...afterwards,
    ],
    `The same 401 for an object that exists and one that does not${deletions.length > 0 ? '; after its deletion 404 for the other, and for its owner whatever it tries' : ''}.`,
  );
}
