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
  const neighbour = canary(31, 'audit-canary-neighbour');
  const overwritten = canary(32, 'audit-canary-overwritten');
  const head = (id: string): Exchange => exchange({ method: 'HEAD', path: `${LIST}/${id}`, actor: 'tenant B' }, { ...problem(404), body: '' });
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
        meanwhile: reading(own),
        ...(each.method === 'GET' && { head: { foreign: head(own.id), unknown: head('2147483646') } }),
        ownerAfter: reading(own),
        allowed: exchange(
          { method: each.method, path: `${LIST}/${own.id}`, purpose: 'its owner does the same' },
          { status: each.success, body: each.success === 204 ? '' : task(10 + index, own.text) },
        ),
      };
    }),
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
        neighbour,
        neighbourAfter: reading(neighbour),
      },
    ],
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
    ['a deleted object is gone, which says nothing of what exists', ({ byId }) => answers(found(nth(byId, 1).unknown), problem(410)), 'pass'],
    ['nothing could be deleted to compare with', ({ byId }) => void delete nth(byId, 1).unknown, 'pass'],
    [
      '403 where nothing could be deleted to compare with',
      ({ byId }) => (delete nth(byId, 1).unknown, answers(nth(byId, 1).foreign, problem(403))),
      'fail',
      'not-isolated',
    ],
    ['what never existed answers 200', ({ byId }) => answers(found(nth(byId).unknown), {}), 'fail'],
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
    [
      'what never existed is forbidden, in the same words',
      ({ byId }) => (found(found(nth(byId).unknown).answer).status = 403),
      'fail',
      'wrong-status',
    ],
    ['the second try reads it', ({ byId }) => answers(nth(nth(byId).again), { body: task(10, nth(byId).victim.text) }), 'fail', 'data-shown'],
    ['a hint lets the other tenant in', ({ byId }) => answers(nth(nth(byId, 1).again, 1), { body: {} }), 'fail', 'not-isolated'],
    ['another header than for what never existed', ({ byId }) => sends(nth(byId).foreign, 'etag', '"1"'), 'fail', 'existence-shown'],
    ['the object beside it is changed', ({ deletions }) => says(nth(deletions).neighbourAfter, { title: 'changed' }), 'fail', 'neighbour-changed'],
    ['the object beside it is gone', ({ deletions }) => answers(nth(deletions).neighbourAfter, problem(404)), 'fail', 'neighbour-changed'],
    ['the object beside it could not be looked at', ({ deletions }) => silent(nth(deletions).neighbourAfter), 'inconclusive', 'no-answer'],
    ['HEAD finds it', ({ byId }) => answers(found(nth(byId).head).foreign, { body: '' }), 'fail', 'existence-shown'],
    ['HEAD of it has another header', ({ byId }) => sends(found(nth(byId).head).foreign, 'etag', '"1"'), 'fail', 'existence-shown'],
    [
      'HEAD is missing, whatever is asked for',
      ({ byId }) => [found(nth(byId).head).foreign, found(nth(byId).head).unknown].forEach((each) => answers(each, problem(405))),
      'pass',
    ],
    [
      'the owner gets the refusal of another who asked at the same time',
      ({ byId }) => answers(nth(byId).meanwhile, problem(404)),
      'fail',
      'owner-lost',
    ],
    [
      "the API fails for what is another tenant's alone",
      ({ byId }) => [nth(byId).foreign, ...nth(byId).again].forEach((each) => answers(each, problem(500))),
      'fail',
      'existence-shown',
    ],
    ['the API fails once', ({ byId }) => answers(nth(byId).foreign, problem(500)), 'inconclusive', 'server-error'],
    [
      'the API fails for what never existed too',
      ({ byId }) => [nth(byId).foreign, ...nth(byId).again, found(nth(byId).unknown)].forEach((each) => answers(each, problem(500))),
      'inconclusive',
      'server-error',
    ],
    [
      'a creation overwrites the object whose id it brings',
      ({ overwriting }) => says(nth(overwriting).ownerAfter, { title: 'audit-canary-of-b' }),
      'fail',
      'object-overwritten',
    ],
    ['a creation takes the id away', ({ overwriting }) => answers(nth(overwriting).ownerAfter, problem(404)), 'fail', 'object-overwritten'],
    [
      'a creation shows the object whose id it brings',
      ({ overwriting }) => says(nth(overwriting).created, { earlier: nth(overwriting).victim.text }),
      'fail',
      'data-shown',
    ],
    ['a creation that brings an id is refused', ({ overwriting }) => answers(nth(overwriting).created, problem(422)), 'pass'],
    ['404, and the object is changed', ({ byId }) => says(nth(byId, 1).ownerAfter, { title: 'changed' }), 'fail', 'object-changed'],
    ['404, and the object is gone', ({ byId }) => answers(nth(byId, 2).ownerAfter, problem(404)), 'fail', 'object-changed'],
    [
      'failed requests on both sides',
      ({ byId }) => byId.forEach(({ foreign, unknown }) => [foreign, found(unknown)].forEach(silent)),
      'inconclusive',
      'no-answer',
    ],
    [
      '429 for both',
      ({ byId }) => byId.forEach(({ foreign, again, unknown }) => [foreign, ...again, found(unknown)].forEach((each) => answers(each, problem(429)))),
      'inconclusive',
      'rate-limited',
    ],
    ['the one that never existed was limited', ({ byId }) => answers(found(nth(byId).unknown), problem(429)), 'inconclusive', 'rate-limited'],
    [
      "the edge's 404 for both",
      ({ byId }) => byId.forEach(({ foreign, unknown }) => [foreign, found(unknown)].forEach((each) => sends(each, 'x-railway-fallback', 'true'))),
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
          [foreign, ...again, found(unknown)].forEach((each) => answers(each, { status: 404, body: '<h1>Not found</h1>', headers: PAGE })),
        ),
      'inconclusive',
      'html-answer',
    ],
  ],
  {
    ignores: {
      'byId[*].victim.created': 'that the object exists is shown by its owner reading it',
      'deletions[*].deleted': 'of judgeAnonymous',
      'deletions[*].gone[*]': 'of judgeAnonymous',
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
    ['the deletion failed', ({ isolation }) => answers(nth(isolation.deletions).deleted, problem(404)), 'fail'],
    [
      'the deleted object is still read by its owner',
      ({ isolation }) => answers(nth(nth(isolation.deletions).gone, 1), { body: task(30, 'x') }),
      'fail',
      'deleted-object-answers',
    ],
    [
      'the deleted object is read by the other',
      ({ isolation }) => answers(nth(nth(isolation.deletions).gone, 0), { body: task(30, 'x') }),
      'fail',
      'deleted-object-answers',
    ],
    [
      'a second deletion succeeds',
      ({ isolation }) => answers(nth(nth(isolation.deletions).gone, 3), { status: 204, body: '' }),
      'fail',
      'deleted-object-answers',
    ],
    [
      'the deleted object is still changed',
      ({ isolation }) => answers(nth(nth(isolation.deletions).gone, 2), { body: task(30, 'x') }),
      'fail',
      'deleted-object-answers',
    ],
    ['nobody looked after the deletion', ({ isolation }) => (nth(isolation.deletions).gone = []), 'inconclusive', 'nothing-tried'],
    ['410 instead of 404', ({ isolation }) => answers(nth(nth(isolation.deletions).gone, 0), problem(410)), 'fail', 'deleted-object-answers'],
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
      'lists.lookupsOfNothing[*]': 'of judgeLists',
      'lists.quoted[*]': 'of judgeLists',
      'lists.twins.': 'of judgeLists and judgeOwnership',
      'lists.interleaved[*].exchange': 'of judgeLists',
      'isolation.byId[*].': 'of judgeIsolationById',
      'isolation.overwriting[*].': 'of judgeIsolationById',
      'isolation.deletions[*].neighbour.created': 'of judgeIsolationById',
      'isolation.deletions[*].neighbourAfter': 'of judgeIsolationById',
    },
  },
);

describe('judgeAnonymous for a contract without DELETE', () => {
  test('does not speak of a deletion', () => {
    const verdict = judgeAnonymous(listsEvidence(), { ...isolationEvidence(), deletions: [] });
    assert.doesNotMatch(verdict.summary, /deletion/);
  });
});
