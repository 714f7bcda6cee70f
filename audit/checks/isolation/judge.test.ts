import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Operation } from '../../contract/operations.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { IsolationEvidence } from './gather.ts';
import {
  setResponse,
  attacked,
  canary,
  exchange,
  examine,
  found,
  LIST,
  nth,
  problem,
  reading,
  setBody,
  setHeader,
  removeResponse,
  task,
} from '../../test/exchanges.ts';
import { type AnonymousReads, judgeAnonymous, judgeIsolationById } from './judge.ts';

const PAGE = { 'content-type': 'text/html; charset=utf-8' };

function operation(id: string, method: string, path = `${LIST}/{id}`): Operation {
  const success = method === 'DELETE' ? 204 : 200;
  return { id, method, path, protected: true, sample: undefined, success, statuses: [success, 404] };
}

const TEXTS = ['audit-canary-0000000000000000', 'audit-canary-0000000000000001'];

function isolationEvidence(): IsolationEvidence {
  const operations = [operation('readTask', 'GET'), operation('updateTask', 'PUT'), operation('deleteTask', 'DELETE')];
  const victims = TEXTS.map((text, index) => canary(10 + index, text));
  const overwritten = attacked(32, 'audit-canary-overwritten');
  const neighbor = canary(31, 'audit-canary-neighbor');
  const head = (id: string): Exchange => exchange({ method: 'HEAD', path: `${LIST}/${id}`, actor: 'tenant B' }, { ...problem(404), body: '' });
  const gone = (actor: Exchange['actor'], method = 'GET'): Exchange => exchange({ method, path: `${LIST}/30`, actor }, problem(404));
  return {
    byId: [
      {
        collection: 'tasks',
        varying: [],
        objects: victims.map((victim) => ({ victim, ownerBefore: reading(victim), meanwhile: reading(victim), ownerAfter: reading(victim) })),
        operations: operations.map((each) => {
          const rejected = (purpose: string, id: string): Exchange =>
            exchange({ method: each.method, path: `${LIST}/${id}`, actor: 'tenant B', purpose }, problem(404));
          return {
            operation: each,
            attempts: victims.map(({ id }, on) => ({ on, exchange: rejected("another tenant's object", id) })),
            unknown: rejected('an object that does not exist', '2147483646'),
            ...(each.method === 'GET' && { head: { foreign: head('10'), unknown: head('2147483646') } }),
            allowed: exchange(
              { method: each.method, path: `${LIST}/10`, purpose: 'its owner does the same' },
              { status: each.success, body: each.success === 204 ? '' : task(10, nth(TEXTS)) },
            ),
          };
        }),
      },
    ],
    overwriting: [
      {
        name: 'tasks',
        victim: overwritten,
        created: exchange({ method: 'POST', path: LIST, actor: 'tenant B' }, { status: 201, body: task(33, 'audit-canary-of-b') }),
        ownerAfter: reading(overwritten),
      },
    ],
    deletions: [
      {
        deleted: exchange({ method: 'DELETE', path: `${LIST}/30` }, { status: 204, body: '', headers: { 'content-type': undefined } }),
        gone: [gone('tenant B'), gone('tenant A'), gone('tenant A', 'PUT'), gone('tenant A', 'DELETE')],
        neighbor: reading(neighbor),
        neighborAfter: reading(neighbor),
        varying: [],
      },
    ],
  };
}

type Evidence = Parameters<Parameters<typeof examine<IsolationEvidence>>[3][number][1]>[0];
const READ = 0;
const UPDATE = 1;
const DELETE = 2;
const by = ({ byId }: Evidence, index: number): Evidence['byId'][number]['operations'][number] => nth(nth(byId).operations, index);
const attempt = (evidence: Evidence, operationIndex: number, on = 0): Exchange => nth(by(evidence, operationIndex).attempts, on).exchange;
const object = ({ byId }: Evidence, index = 0): Evidence['byId'][number]['objects'][number] => nth(nth(byId).objects, index);
const attempts = ({ byId }: Evidence): Exchange[] =>
  nth(byId).operations.flatMap((each) => [...each.attempts.map((one) => one.exchange), found(each.unknown)]);

examine(
  'judgeIsolationById',
  judgeIsolationById,
  isolationEvidence,
  [
    ['another tenant reads it', (e) => setResponse(attempt(e, READ), { body: task(10, nth(TEXTS)) }), 'fail', 'data-shown'],
    ['another tenant reads the last of several', (e) => setResponse(attempt(e, READ, 1), { body: task(11, nth(TEXTS, 1)) }), 'fail', 'data-shown'],
    ["a 404 with the object's text", (e) => setBody(attempt(e, READ), { detail: nth(TEXTS) }), 'fail', 'data-shown'],
    [
      'another object of the owner in place of the one requested',
      (e) => setResponse(attempt(e, READ), { body: task(11, nth(TEXTS, 1)) }),
      'fail',
      'data-shown',
    ],
    [
      'text that is returned for an object which its owner cannot read',
      (e) => (setResponse(object(e).ownerBefore, problem(404)), setResponse(attempt(e, READ), { body: task(11, nth(TEXTS, 1)) })),
      'fail',
      'data-shown',
    ],
    ['403: it exists', (e) => setResponse(attempt(e, UPDATE), problem(403)), 'fail', 'existence-shown'],
    [
      '403 for every other id, with the same body',
      (e) =>
        [...by(e, UPDATE).attempts.map((each) => each.exchange), found(by(e, UPDATE).unknown)].forEach((each) => setResponse(each, problem(403))),
      'fail',
      'wrong-status',
    ],
    ['200 without data', (e) => setResponse(attempt(e, UPDATE), {}), 'fail', 'not-isolated'],
    [
      '204 for one of several: deleted by another tenant',
      (e) => setResponse(attempt(e, DELETE, 1), { status: 204, body: '' }),
      'fail',
      'not-isolated',
    ],
    [
      'another text than for an id that never existed',
      (e) => setResponse(attempt(e, READ), problem(404, {}, 'Not yours')),
      'fail',
      'existence-shown',
    ],
    ['410 for a deleted object, which does not reveal what exists', (e) => setResponse(found(by(e, UPDATE).unknown), problem(410)), 'pass'],
    ['no deleted object to compare with', (e) => void delete by(e, UPDATE).unknown, 'pass'],
    [
      '403 without a deleted object to compare with',
      (e) => (delete by(e, UPDATE).unknown, setResponse(attempt(e, UPDATE), problem(403))),
      'fail',
      'existence-shown',
    ],
    ['200 for an id that never existed', (e) => setResponse(found(by(e, READ).unknown), {}), 'fail'],
    ['404 for the owner too: a wrong path', (e) => setResponse(by(e, UPDATE).allowed, problem(404)), 'inconclusive', 'control-failed'],
    [
      'another success for the owner than in the contract',
      (e) => setResponse(by(e, UPDATE).allowed, { status: 201 }),
      'inconclusive',
      'control-failed',
    ],
    ['one attempt was rate limited', (e) => setResponse(attempt(e, READ), problem(429)), 'inconclusive', 'rate-limited'],
    [
      '403 for an id that never existed, with the same text',
      (e) => (found(found(by(e, READ).unknown).response).status = 403),
      'fail',
      'wrong-status',
    ],
    ['another header than for an id that never existed', (e) => setHeader(attempt(e, READ), 'etag', '"1"'), 'fail', 'existence-shown'],
    ['another object is changed', ({ deletions }) => setBody(nth(deletions).neighborAfter, { title: 'changed' }), 'fail', 'neighbor-changed'],
    ['another object is gone', ({ deletions }) => setResponse(nth(deletions).neighborAfter, problem(404)), 'fail', 'neighbor-changed'],
    ['another object could not be read', ({ deletions }) => removeResponse(nth(deletions).neighborAfter), 'inconclusive', 'no-answer'],
    ['HEAD finds it', (e) => setResponse(found(by(e, READ).head).foreign, { body: '' }), 'fail', 'existence-shown'],
    ['HEAD of it has another header', (e) => setHeader(found(by(e, READ).head).foreign, 'etag', '"1"'), 'fail', 'existence-shown'],
    [
      'HEAD is not supported',
      (e) => [found(by(e, READ).head).foreign, found(by(e, READ).head).unknown].forEach((each) => setResponse(each, problem(405))),
      'pass',
    ],
    ['the owner gets the rejection of another tenant', (e) => setResponse(found(object(e, 1).meanwhile), problem(404)), 'fail', 'owner-lost'],
    [
      "5xx only for another tenant's objects",
      (e) => by(e, READ).attempts.forEach((each) => setResponse(each.exchange, problem(500))),
      'fail',
      'existence-shown',
    ],
    ['one 500', (e) => setResponse(attempt(e, READ), problem(500)), 'inconclusive', 'server-error'],
    ['500 for an id that never existed too', (e) => attempts(e).forEach((each) => setResponse(each, problem(500))), 'inconclusive', 'server-error'],
    [
      'a creation overwrites the object whose id it sends',
      ({ overwriting }) => setBody(nth(overwriting).ownerAfter, { title: 'audit-canary-of-b' }),
      'fail',
      'object-overwritten',
    ],
    [
      'a creation removes the object whose id it sends',
      ({ overwriting }) => setResponse(nth(overwriting).ownerAfter, problem(404)),
      'fail',
      'object-overwritten',
    ],
    [
      'a creation returns the object whose id it sends',
      ({ overwriting }) => setBody(nth(overwriting).created, { earlier: nth(overwriting).victim.text }),
      'fail',
      'data-shown',
    ],
    ['a creation that sends an id is rejected', ({ overwriting }) => setResponse(nth(overwriting).created, problem(422)), 'pass'],
    ['404, and the object is changed', (e) => setBody(object(e).ownerAfter, { title: 'changed' }), 'fail', 'object-changed'],
    ['404, and the last of several objects is gone', (e) => setResponse(object(e, 1).ownerAfter, problem(404)), 'fail', 'object-changed'],
    ['no response to any attempt', (e) => attempts(e).forEach(removeResponse), 'inconclusive', 'no-answer'],
    ['429 for every attempt', (e) => attempts(e).forEach((each) => setResponse(each, problem(429))), 'inconclusive', 'rate-limited'],
    ['429 for the one that never existed', (e) => setResponse(found(by(e, READ).unknown), problem(429)), 'inconclusive', 'rate-limited'],
    [
      "the edge's 404 for every attempt",
      (e) => attempts(e).forEach((each) => setHeader(each, 'x-railway-fallback', 'true')),
      'inconclusive',
      'edge-fallback',
    ],
    ['an object never existed', (e) => setResponse(object(e, 1).ownerBefore, problem(404)), 'inconclusive', 'no-victim'],
    ['the owner read another object', (e) => setBody(object(e).ownerBefore, { title: 'other' }), 'inconclusive', 'no-victim'],
    ['the owner could not read again', (e) => removeResponse(object(e).ownerAfter), 'inconclusive', 'no-answer'],
    ['an operation was tried on no object', (e) => (by(e, UPDATE).attempts = []), 'inconclusive', 'nothing-tried'],
    ['there was no object', (e) => (nth(e.byId).objects = []), 'inconclusive', 'nothing-tried'],
    ['no collection was examined', (e) => (e.byId = []), 'inconclusive', 'nothing-observed'],
    [
      'a 404 page of HTML for every attempt',
      (e) => attempts(e).forEach((each) => setResponse(each, { status: 404, body: '<h1>Not found</h1>', headers: PAGE })),
      'inconclusive',
      'html-answer',
    ],
  ],
  {
    ignores: {
      'byId[*].objects[*].victim.created': "the owner's read shows that the object exists",
      'overwriting[*].victim.created': "the owner's read shows that the object exists",
      'deletions[*].deleted': 'of judgeAnonymous',
      'deletions[*].gone[*]': 'of judgeAnonymous',
    },
  },
);

test('the summary counts operations, objects and attempts', () => {
  assert.equal(
    judgeIsolationById(isolationEvidence()).summary,
    '3 operations on 2 tasks, 6 attempts by other tenants (readTask, updateTask, deleteTask): each got the 404 of an object that does not exist, none got a text, and the owner found every object unchanged.',
  );
});

type Both = { reads: AnonymousReads; isolation: IsolationEvidence };
const OBJECT = canary(1, 'audit-canary-1111111111111111');
const anonymous = (path: string): Exchange => exchange({ path, actor: 'anonymous', purpose: 'no credentials' }, problem(401));
const anonymousReads = (): Required<AnonymousReads> => ({
  existing: anonymous(`${LIST}/1`),
  unknown: anonymous(`${LIST}/2147483646`),
  ownerRead: reading(OBJECT),
});
examine(
  'judgeAnonymous',
  ({ reads, isolation }: Both) => judgeAnonymous(reads, isolation),
  (): Both => ({
    reads: anonymousReads(),
    isolation: isolationEvidence(),
  }),
  [
    ['no unknown object was requested', ({ reads }) => void delete reads.unknown, 'inconclusive', 'nothing-tried'],
    ['an anonymous read succeeds', ({ reads }) => setResponse(reads.existing, { body: task(1, 'x') }), 'fail'],
    ['403 for an existing object, with the same text', ({ reads }) => (found(reads.existing.response).status = 403), 'fail', 'existence-shown'],
    ['403 for a random id, with the same text', ({ reads }) => (found(found(reads.unknown).response).status = 403), 'fail', 'existence-shown'],
    ['404 instead of 401 for a random id', ({ reads }) => setResponse(found(reads.unknown), problem(404)), 'fail'],
    ['404 instead of 401 for both', ({ reads }) => [reads.existing, found(reads.unknown)].forEach((each) => setResponse(each, problem(404))), 'fail'],
    ['another text for an existing object', ({ reads }) => setResponse(reads.existing, problem(401, {}, 'Not yours')), 'fail', 'existence-shown'],
    ['the deletion failed', ({ isolation }) => setResponse(nth(isolation.deletions).deleted, problem(404)), 'fail'],
    [
      'the deletion was not sent, and the object exists',
      ({ isolation }) => {
        removeResponse(nth(isolation.deletions).deleted);
        for (const each of nth(isolation.deletions).gone) setResponse(each, { body: task(30, 'x') });
      },
      'inconclusive',
      'no-answer',
    ],
    [
      'its owner can still read the deleted object',
      ({ isolation }) => setResponse(nth(nth(isolation.deletions).gone, 1), { body: task(30, 'x') }),
      'fail',
      'deleted-object-found',
    ],
    [
      'another tenant can read the deleted object',
      ({ isolation }) => setResponse(nth(nth(isolation.deletions).gone, 0), { body: task(30, 'x') }),
      'fail',
      'deleted-object-found',
    ],
    [
      'a second deletion succeeds',
      ({ isolation }) => setResponse(nth(nth(isolation.deletions).gone, 3), { status: 204, body: '' }),
      'fail',
      'deleted-object-found',
    ],
    [
      'the deleted object can still be changed',
      ({ isolation }) => setResponse(nth(nth(isolation.deletions).gone, 2), { body: task(30, 'x') }),
      'fail',
      'deleted-object-found',
    ],
    ['no request after the deletion', ({ isolation }) => (nth(isolation.deletions).gone = []), 'inconclusive', 'nothing-tried'],
    ['410 instead of 404', ({ isolation }) => setResponse(nth(nth(isolation.deletions).gone, 0), problem(410)), 'fail', 'deleted-object-found'],
    ['both reads failed', ({ reads }) => [reads.existing, found(reads.unknown)].forEach(removeResponse), 'inconclusive', 'no-answer'],
    [
      'both reads were rate limited',
      ({ reads }) => [reads.existing, found(reads.unknown)].forEach((each) => setResponse(each, problem(429))),
      'inconclusive',
      'rate-limited',
    ],
    [
      'an HTML page of 401 for both',
      ({ reads }) =>
        [reads.existing, found(reads.unknown)].forEach((each) => setResponse(each, { status: 401, body: '<h1>Sign in</h1>', headers: PAGE })),
      'inconclusive',
      'html-answer',
    ],
  ],
  {
    ignores: {
      'isolation.byId[*].': 'of judgeIsolationById',
      'isolation.overwriting[*].': 'of judgeIsolationById',
      'isolation.deletions[*].neighbor': 'of judgeIsolationById',
      'isolation.deletions[*].neighborAfter': 'of judgeIsolationById',
    },
  },
);

describe('judgeAnonymous for a contract without DELETE', () => {
  test('does not mention a deletion', () => {
    const verdict = judgeAnonymous(anonymousReads(), { deletions: [] });
    assert.doesNotMatch(verdict.summary, /deletion/);
  });
});
