import type { Exchange } from '../exchange.ts';
import type { IsolationEvidence } from '../probe/isolation.ts';
import type { ListsEvidence } from '../probe/lists.ts';
import { cannotTell, comparable, expectStatus, isCreated } from './answer.ts';
import { decide, demand, inconclusive, type Observation, saw, type Verdict } from './verdict.ts';

export function judgeIsolationById({ byId, deletion }: IsolationEvidence): Verdict {
  const observations = byId.flatMap(({ operation, victim, ownerBefore, foreign, again, unknown, ownerAfter, allowed }) => {
    if (ownerBefore.answer?.status !== 200 || !ownerBefore.answer.body.includes(victim.text)) {
      const why = `${operation.id}: the owner could not read the object first (${ownerBefore.answer?.status ?? 'no answer'})`;
      return [saw('inconclusive', 'no-victim', why, ownerBefore)];
    }
    const unchanged = ownerAfter.answer?.status === 200 && ownerAfter.answer.body === ownerBefore.answer.body;
    const found = ownerAfter.answer?.status === 200 ? 'a changed object' : ownerAfter.answer?.status;
    const broken = `${operation.id}: after it the owner read ${found}`;
    return [
      ...[foreign, ...again].flatMap((exchange) => asIfAbsent(operation.id, exchange, unknown, victim.text)),
      expectStatus(unknown, 404),
      ownerMay(operation.id, allowed, operation.success),
      cannotTell(ownerAfter, 200) ?? demand(unchanged, 'object-changed', `${operation.id}: unchanged`, broken, ownerBefore, foreign, ownerAfter),
    ];
  });
  if (byId.length > 0 && deletion) observations.push(besideUnchanged(deletion));
  return decide(
    observations,
    `${byId.map(({ operation }) => operation.id).join(', ')}: 404 like an object that never existed, no text shown, and its owner found it unchanged.`,
  );
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

function asIfAbsent(operation: string, foreign: Exchange, unknown: Exchange, text: string): Observation[] {
  if (foreign.answer?.body.includes(text) === true) {
    return [saw('fail', 'data-shown', `${operation}: the other tenant saw the object's text (${foreign.purpose})`, foreign)];
  }
  const status = expectStatus(foreign, 404, 'not-isolated');
  if (status.outcome !== 'pass') return [status];
  const doubt = cannotTell(unknown, 404);
  if (doubt) return [doubt];
  const alike = comparable(foreign) === comparable(unknown) && headerNames(foreign) === headerNames(unknown);
  const differs = `${operation}: the answer differs from the one for an object that never existed`;
  return [status, demand(alike, 'existence-shown', `${operation}: as one that never existed`, differs, foreign, unknown)];
}

function headerNames({ answer }: Exchange): string {
  return Object.keys(answer?.headers ?? {})
    .toSorted()
    .join();
}

/** A condition that forgets the id changes all of an owner's objects. */
function besideUnchanged({ neighbour, neighbourAfter }: NonNullable<IsolationEvidence['deletion']>): Observation {
  const unchanged = neighbourAfter.answer?.status === 200 && neighbourAfter.answer.body === neighbour.created.answer?.body;
  const broken = `changing and deleting one object touched another of the same owner (${neighbourAfter.answer?.status})`;
  return (
    cannotTell(neighbourAfter, 200) ??
    demand(unchanged, 'neighbour-changed', 'the object beside it is as it was', broken, neighbour.created, neighbourAfter)
  );
}

export function judgeAnonymous({ nobody, ofA }: ListsEvidence, { deletion }: IsolationEvidence): Verdict {
  if (nobody === undefined) return inconclusive('nothing-tried', 'Nobody asked without a token.');
  const { existing, unknown } = nobody;
  const gone = deletion
    ? [
        expectStatus(deletion.deleted, deletion.deleted.answer?.status === 200 ? 200 : 204),
        ...[deletion.owner, deletion.other, deletion.again].map((exchange) => expectStatus(exchange, 404, 'deleted-object-answers')),
      ]
    : [];
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
      ...gone,
    ],
    `The same 401 for an object that exists and one that does not${deletion ? '; after its deletion 404 for its owner, for the other and for a second deletion' : ''}.`,
  );
}
