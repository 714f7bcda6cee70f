import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Operation } from '../contract.ts';
import type { Exchange } from '../exchange.ts';
import type { IsolationEvidence } from '../probe/isolation.ts';
import type { ListsEvidence } from '../probe/lists.ts';
import { answers, canary, exchange, examine, found, LIST, nth, problem, reading, says, sends, silent, task } from '../testing.ts';
import { judgeAnonymous, judgeIsolationById } from './isolation.ts';
import { listsEvidence } from '../testing-lists.ts';

const PAGE = { 'content-type': 'text/html; charset=utf-8' };

function operation(id: string, method: string, path = `${LIST}/{id}`): Operation {
  return { id, method, path, protected: true, sample: undefined, success: method === 'DELETE' ? 204 : 200, statuses: [] };
}

function isolationEvidence(): IsolationEvidence {
  const operations = [operation('readTask', 'GET'), operation('updateTask', 'PUT'), operation('deleteTask', 'DELETE')];
  const [victim, neighbour] = [canary(30, 'audit-canary-deleted'), canary(31, 'audit-canary-neighbour')];
  const gone = (actor: Exchange['actor'], method = 'GET'): Exchange => exchange({ method, path: `${LIST}/30`, actor }, problem(404));
  return {
    byId: operations.map((each, index) => {
      const own = canary(10 + index, `audit-canary-000000000000000${index}`);
      const refused = (purpose: string, id: string): Exchange =>
        exchange({ method: each.method, path: `${LIST}/${id}`, actor: 'tenant B', purpose }, problem(404));
      return {
        operation: each,
        victim: own,
        ownerBefore: reading(own),
        foreign: refused("another tenant's object", own.id),
        again: [refused('again', own.id), refused('claiming to be its owner', own.id)],
        unknown: refused('an object that never existed', '2147483646'),
        ownerAfter: reading(own),
        allowed: exchange(
          { method: each.method, path: `${LIST}/${own.id}`, purpose: 'its owner does the same' },
          { status: each.success, body: each.success === 204 ? '' : task(10 + index, own.text) },
        ),
      };
    }),
    deletion: {
      victim,
      deleted: exchange({ method: 'DELETE', path: `${LIST}/30` }, { status: 204, body: '', headers: { 'content-type': undefined } }),
      owner: gone('tenant A'),
      other: gone('tenant B'),
      again: gone('tenant A', 'DELETE'),
      neighbour,
      neighbourAfter: reading(neighbour),
    },
  };
}

examine(
  'judgeIsolationById',
  judgeIsolationById,
  isolationEvidence,
  [
    ['the other tenant reads it', ({ byId }) => answers(nth(byId).foreign, { body: task(10, nth(byId).victim.text) }), 'fail', 'data-shown'],
    ['a 404 that shows the text', ({ byId }) => says(nth(byId).foreign, { detail: nth(byId).victim.text }), 'fail', 'data-shown'],
    ['403: it exists', ({ byId }) => answers(nth(byId, 1).foreign, problem(403)), 'fail', 'not-isolated'],
    ['200 without data', ({ byId }) => answers(nth(byId, 1).foreign, {}), 'fail', 'not-isolated'],
    ['204: deleted by the other tenant', ({ byId }) => answers(nth(byId, 2).foreign, { status: 204, body: '' }), 'fail', 'not-isolated'],
    ['another text than for what never existed', ({ byId }) => answers(nth(byId).foreign, problem(404, {}, 'Not yours')), 'fail', 'existence-shown'],
    ['what never existed answers 200', ({ byId }) => answers(nth(byId).unknown, {}), 'fail'],
    [
      'the operation is missing for its owner too: 404 on a wrong path',
      ({ byId }) => answers(nth(byId, 1).allowed, problem(404)),
      'inconclusive',
      'control-failed',
    ],
    [
      'its owner gets another success than the contract says',
      ({ byId }) => answers(nth(byId, 1).allowed, { status: 201 }),
      'inconclusive',
      'control-failed',
    ],
    ['one try alone was limited', ({ byId }) => answers(nth(byId).foreign, problem(429)), 'inconclusive', 'rate-limited'],
    ['what never existed is forbidden, in the same words', ({ byId }) => (found(nth(byId).unknown.answer).status = 403), 'fail', 'wrong-status'],
    ['the second try reads it', ({ byId }) => answers(nth(nth(byId).again), { body: task(10, nth(byId).victim.text) }), 'fail', 'data-shown'],
    ['a hint lets the other tenant in', ({ byId }) => answers(nth(nth(byId, 1).again, 1), { body: {} }), 'fail', 'not-isolated'],
    ['another header than for what never existed', ({ byId }) => sends(nth(byId).foreign, 'etag', '"1"'), 'fail', 'existence-shown'],
    ['the object beside it is changed', ({ deletion }) => says(found(deletion).neighbourAfter, { title: 'changed' }), 'fail', 'neighbour-changed'],
    ['the object beside it is gone', ({ deletion }) => answers(found(deletion).neighbourAfter, problem(404)), 'fail', 'neighbour-changed'],
    ['the object beside it could not be looked at', ({ deletion }) => silent(found(deletion).neighbourAfter), 'inconclusive', 'no-answer'],
    ['404, and the object is changed', ({ byId }) => says(nth(byId, 1).ownerAfter, { title: 'changed' }), 'fail', 'object-changed'],
    ['404, and the object is gone', ({ byId }) => answers(nth(byId, 2).ownerAfter, problem(404)), 'fail', 'object-changed'],
    [
      'failed requests on both sides',
      ({ byId }) => byId.forEach(({ foreign, unknown }) => [foreign, unknown].forEach(silent)),
      'inconclusive',
      'no-answer',
    ],
    [
      '429 for both',
      ({ byId }) => byId.forEach(({ foreign, again, unknown }) => [foreign, ...again, unknown].forEach((each) => answers(each, problem(429)))),
      'inconclusive',
      'rate-limited',
    ],
    ['the one that never existed was limited', ({ byId }) => answers(nth(byId).unknown, problem(429)), 'inconclusive', 'rate-limited'],
    [
      "the edge's 404 for both",
      ({ byId }) => byId.forEach(({ foreign, unknown }) => [foreign, unknown].forEach((each) => sends(each, 'x-railway-fallback', 'true'))),
      'inconclusive',
      'edge-fallback',
    ],
    ['the object never existed', ({ byId }) => answers(nth(byId).ownerBefore, problem(404)), 'inconclusive', 'no-victim'],
    ['the owner read another object', ({ byId }) => says(nth(byId).ownerBefore, { title: 'other' }), 'inconclusive', 'no-victim'],
    ['the owner could not look again', ({ byId }) => silent(nth(byId).ownerAfter), 'inconclusive', 'no-answer'],
    ['no operation was tried', (evidence) => (evidence.byId = []), 'inconclusive', 'nothing-observed'],
    [
      'a 404 page of HTML for both',
      ({ byId }) =>
        byId.forEach(({ foreign, again, unknown }) =>
          [foreign, ...again, unknown].forEach((each) => answers(each, { status: 404, body: '<h1>Not found</h1>', headers: PAGE })),
        ),
      'inconclusive',
      'html-answer',
    ],
  ],
  {
    ignores: {
      'byId[*].victim.created': 'that the object exists is shown by its owner reading it',
      'deletion.victim.created': 'of judgeAnonymous',
      'deletion.deleted': 'of judgeAnonymous',
      'deletion.owner': 'of judgeAnonymous',
      'deletion.other': 'of judgeAnonymous',
      'deletion.again': 'of judgeAnonymous',
    },
  },
);

type Both = { lists: ListsEvidence; isolation: IsolationEvidence };
examine(
  'judgeAnonymous',
  ({ lists, isolation }: Both) => judgeAnonymous(lists, isolation),
  (): Both => ({ lists: listsEvidence(), isolation: isolationEvidence() }),
  [
    ['nobody asked', ({ lists }) => void delete lists.nobody, 'inconclusive', 'nothing-tried'],
    ['an anonymous read succeeds', ({ lists }) => answers(found(lists.nobody).existing, { body: task(1, 'x') }), 'fail'],
    ['403 for what exists, in the same words', ({ lists }) => (found(found(lists.nobody).existing.answer).status = 403), 'fail', 'wrong-status'],
    ['403 for a random id, in the same words', ({ lists }) => (found(found(lists.nobody).unknown.answer).status = 403), 'fail', 'wrong-status'],
    ['404 instead of 401 for a random id', ({ lists }) => answers(found(lists.nobody).unknown, problem(404)), 'fail'],
    [
      '404 instead of 401 for both',
      ({ lists }) => [found(lists.nobody).existing, found(lists.nobody).unknown].forEach((each) => answers(each, problem(404))),
      'fail',
    ],
    ['another text for what exists', ({ lists }) => answers(found(lists.nobody).existing, problem(401, {}, 'Not yours')), 'fail', 'existence-shown'],
    ['the deletion failed', ({ isolation }) => answers(found(isolation.deletion).deleted, problem(404)), 'fail'],
    [
      'the deleted object is still read by its owner',
      ({ isolation }) => answers(found(isolation.deletion).owner, { body: task(30, 'x') }),
      'fail',
      'deleted-object-answers',
    ],
    [
      'the deleted object is read by the other',
      ({ isolation }) => answers(found(isolation.deletion).other, { body: task(30, 'x') }),
      'fail',
      'deleted-object-answers',
    ],
    [
      'a second deletion succeeds',
      ({ isolation }) => answers(found(isolation.deletion).again, { status: 204, body: '' }),
      'fail',
      'deleted-object-answers',
    ],
    ['410 instead of 404', ({ isolation }) => answers(found(isolation.deletion).other, problem(410)), 'fail', 'deleted-object-answers'],
    ['both reads failed', ({ lists }) => [found(lists.nobody).existing, found(lists.nobody).unknown].forEach(silent), 'inconclusive', 'no-answer'],
    [
      'both reads were limited',
      ({ lists }) => [found(lists.nobody).existing, found(lists.nobody).unknown].forEach((each) => answers(each, problem(429))),
      'inconclusive',
      'rate-limited',
    ],
    [
      'an HTML page of 401 for both',
      ({ lists }) =>
        [found(lists.nobody).existing, found(lists.nobody).unknown].forEach((each) =>
          answers(each, { status: 401, body: '<h1>Sign in</h1>', headers: PAGE }),
        ),
      'inconclusive',
      'html-answer',
    ],
  ],
  {
    ignores: {
      'lists.listA': 'of judgeLists',
      'lists.listB': 'of judgeLists',
      'lists.asA[*]': 'of judgeLists',
      'lists.ofB.created': 'of judgeLists',
      'lists.forged.': 'of judgeOwnership',
      'lists.given.': 'of judgeOwnership',
      'lists.filtered[*]': 'of judgeLists',
      'lists.writes.': 'of judgeLists',
      'lists.lookups[*].': 'of judgeLists',
      'lists.interleaved[*].exchange': 'of judgeLists',
      'isolation.byId[*].': 'of judgeIsolationById',
      'isolation.deletion.victim.created': 'that it existed is shown by its deletion',
      'isolation.deletion.neighbour.created': 'of judgeIsolationById',
      'isolation.deletion.neighbourAfter': 'of judgeIsolationById',
    },
  },
);

describe('judgeAnonymous for a contract without DELETE', () => {
  test('does not speak of a deletion', () => {
    const verdict = judgeAnonymous(listsEvidence(), { ...isolationEvidence(), deletion: undefined });
    assert.doesNotMatch(verdict.summary, /deletion/);
  });
});
