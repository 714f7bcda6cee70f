import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import type { Operation } from '../contract.ts';
import type { Exchange } from '../exchange.ts';
import type { IsolationEvidence } from '../probe/isolation.ts';
import type { ListsEvidence } from '../probe/lists.ts';
import { answers, canary, exchange, examine, found, LIST, listing, nth, problem, reading, says, sends, silent, task } from '../testing.ts';
import { judgeAnonymous, judgeIsolationById } from './isolation.ts';
import { judgeLists, judgeOwnership } from './lists.ts';

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

function listsEvidence(): ListsEvidence {
  const ofA = canary(1, 'audit-canary-aaaaaaaaaaaaaaaa');
  const ofB = canary(2, 'audit-canary-bbbbbbbbbbbbbbbb', 'tenant B');
  const [a, b] = [task(1, ofA.text), task(2, ofB.text)];
  const crowd = [canary(21, 'audit-canary-crowd-of-a'), canary(22, 'audit-canary-crowd-of-b', 'tenant B')];
  const forged = canary(3, 'audit-canary-ffffffffffffffff', 'tenant B');
  const given = canary(4, 'audit-canary-9999999999999999', 'tenant B');
  const anonymous = (id: string): Exchange => exchange({ path: `${LIST}/${id}`, actor: 'anonymous' }, problem(401));
  return {
    listed: LISTED,
    ofA,
    ofB,
    listA: listing('tenant A', [a]),
    listB: listing('tenant B', [b]),
    asA: [
      listing('tenant B', [b], 'user_id in the query'),
      exchange({ path: `${LIST}?user_id[]=a`, actor: 'tenant B', purpose: 'user_id[] in the query' }, problem(422)),
      listing('tenant B', [b], 'X-User-ID'),
      listing('tenant B', [], "search for A's text"),
    ],
    forged: {
      canary: {
        ...forged,
        created: exchange({ method: 'POST', path: LIST, actor: 'tenant B' }, { status: 201, body: { ...task(3, forged.text), user_id: 'tenant-b' } }),
      },
      listA: listing('tenant A', [a]),
    },
    lookups: [
      {
        byA: exchange({ path: `${LIST}/autocomplete?q=${ofA.text}`, actor: 'tenant A' }, { body: { tasks: [a] } }),
        byB: exchange({ path: `${LIST}/autocomplete?q=${ofA.text}`, actor: 'tenant B' }, { body: { tasks: [] } }),
      },
    ],
    filtered: [listing('tenant B', [b], 'as documented'), listing('tenant B', [], 'as documented')],
    given: { canary: given, updated: exchange({ method: 'PUT', path: `${LIST}/4`, actor: 'tenant B' }, { body: task(4, given.text) }) },
    nobody: { existing: anonymous('1'), unknown: anonymous('2147483646') },
    interleaved: (['tenant A', 'tenant B', 'tenant A', 'tenant B'] as const).map((actor) => ({
      actor,
      exchange: reading(actor === 'tenant A' ? ofA : ofB),
    })),
    writes: {
      canaries: crowd,
      listA: listing('tenant A', [a, task(21, 'audit-canary-crowd-of-a')]),
      listB: listing('tenant B', [b, task(22, 'audit-canary-crowd-of-b')]),
    },
    userIdOfA: 'tenant-a',
    ownerProperty: 'user_id',
  };
}

function paged(changed: { request: { url: string }; answer?: { body: string } }, total: number): void {
  changed.request.url += '&page=2';
  if (changed.answer) changed.answer.body = JSON.stringify({ tasks: [], total });
}

const LISTED = { property: 'tasks', total: 'total', id: 'id', page: 'page', most: 100 };

examine(
  'judgeLists',
  judgeLists,
  listsEvidence,
  [
    [
      "B's list shows A's object",
      ({ listB, ofA, ofB }) => answers(listB, { body: { tasks: [task(1, ofA.text), task(2, ofB.text)], total: 2 } }),
      'fail',
      'foreign-object-listed',
    ],
    [
      "a suggestion shows A's object to B",
      ({ lookups, ofA }) => answers(nth(lookups).byB, { body: { tasks: [task(1, ofA.text)] } }),
      'fail',
      'foreign-object-listed',
    ],
    [
      'suggestions show nothing to anybody',
      ({ lookups }) => answers(nth(lookups).byA, { body: { tasks: [] } }),
      'inconclusive',
      'own-object-missing',
    ],
    ['there are no suggestions', (evidence) => (evidence.lookups = []), 'pass'],
    [
      "A's list shows B's object",
      ({ listA, ofA, ofB }) => answers(listA, { body: { tasks: [task(1, ofA.text), task(2, ofB.text)], total: 2 } }),
      'fail',
      'foreign-object-listed',
    ],
    [
      'both lists share an id',
      ({ listB, ofB }) => answers(listB, { body: { tasks: [task(1, 'x'), task(2, ofB.text)], total: 2 } }),
      'fail',
      'lists-overlap',
    ],
    ['the total counts everybody', ({ listB }) => says(listB, { total: 1_000 }), 'fail', 'total-differs'],
    ['the total is missing', ({ listA }) => says(listA, { total: undefined }), 'fail', 'total-differs'],
    [
      'more than a page, of which the page is full',
      ({ listA, ofA }) => answers(listA, { body: { tasks: Array.from({ length: 100 }, (_, index) => task(1_000 + index, ofA.text)), total: 250 } }),
      'pass',
    ],
    [
      'a full page, and a total of fewer',
      ({ listA, ofA }) => answers(listA, { body: { tasks: Array.from({ length: 100 }, (_, index) => task(1_000 + index, ofA.text)), total: 99 } }),
      'fail',
      'total-differs',
    ],
    [
      'fewer than a full page',
      ({ listA, ofA }) => answers(listA, { body: { tasks: Array.from({ length: 99 }, (_, index) => task(1_000 + index, ofA.text)), total: 250 } }),
      'fail',
      'total-differs',
    ],
    ['a hint is malformed', ({ asA }) => answers(nth(asA), problem(400)), 'pass'],
    ['a hint is forbidden', ({ asA }) => answers(nth(asA), problem(403)), 'fail'],
    ['a list in another status', ({ listA }) => (found(listA.answer).status = 203), 'fail', 'wrong-status'],
    [
      'a query makes B be A',
      ({ asA, ofA }) => answers(nth(asA), { body: { tasks: [task(1, ofA.text)], total: 1 } }),
      'fail',
      'foreign-object-listed',
    ],
    [
      'a header makes B be A',
      ({ asA, ofA }) => answers(nth(asA, 2), { body: { tasks: [task(1, ofA.text)], total: 1 } }),
      'fail',
      'foreign-object-listed',
    ],
    [
      "a search finds A's object",
      ({ asA, ofA }) => answers(nth(asA, 3), { body: { tasks: [task(1, ofA.text)], total: 1 } }),
      'fail',
      'foreign-object-listed',
    ],
    ['a hint empties the list', ({ asA }) => answers(nth(asA), { body: { tasks: [], total: 0 } }), 'inconclusive', 'own-object-missing'],
    [
      'a hint shows objects of a third',
      ({ asA, ofB }) => answers(nth(asA), { body: { tasks: [task(2, ofB.text), task(99, 'x')], total: 2 } }),
      'fail',
      'foreign-object-listed',
    ],
    ['a whole list counts fewer than it shows', ({ filtered }) => says(nth(filtered), { total: 0 }), 'fail', 'total-differs'],
    ['a second page counts what is on the first', ({ filtered }) => paged(nth(filtered, 1), 1), 'pass'],
    ['a second page counts more than is owned', ({ filtered }) => paged(nth(filtered, 1), 2), 'fail', 'total-differs'],
    [
      'in parallel B gets the object of A',
      ({ interleaved, ofA }) => answers(nth(interleaved, 1).exchange, { body: task(1, ofA.text) }),
      'fail',
      'parallel-crossing',
    ],
    [
      'a filter shows what is not listed',
      ({ filtered, ofB }) => answers(nth(filtered), { body: { tasks: [task(2, ofB.text), task(9, 'x')], total: 1 } }),
      'fail',
      'foreign-object-listed',
    ],
    [
      'a filter shows the text of A',
      ({ filtered, ofA }) => answers(nth(filtered), { body: { tasks: [task(2, ofA.text)], total: 1 } }),
      'fail',
      'foreign-object-listed',
    ],
    ['a filter shows no list', ({ filtered }) => answers(nth(filtered), { body: { total: 0 } }), 'fail', 'foreign-object-listed'],
    ['a filter counts everybody', ({ filtered }) => says(nth(filtered, 1), { total: 2 }), 'fail', 'total-differs'],
    ['a filter answers 422', ({ filtered }) => answers(nth(filtered), problem(422)), 'fail'],
    ['a filter answers another status', ({ filtered }) => (found(nth(filtered).answer).status = 203), 'fail', 'wrong-status'],
    ['a filter had no answer', ({ filtered }) => silent(nth(filtered)), 'inconclusive', 'no-answer'],
    [
      'in a crowd an object lands at the other tenant',
      ({ writes, ofB }) =>
        answers(writes.listB, {
          body: { tasks: [task(2, ofB.text), task(22, 'audit-canary-crowd-of-b'), task(21, 'audit-canary-crowd-of-a')], total: 3 },
        }),
      'fail',
      'parallel-crossing',
    ],
    [
      'in a crowd an object is lost',
      ({ writes, ofA }) => answers(writes.listA, { body: { tasks: [task(1, ofA.text)], total: 1 } }),
      'fail',
      'parallel-crossing',
    ],
    ['after the crowd a list was limited', ({ writes }) => answers(writes.listB, problem(429)), 'inconclusive', 'rate-limited'],
    ['nothing was created in a crowd', ({ writes }) => (writes.canaries = []), 'not pass'],
    ['in parallel 404', ({ interleaved }) => answers(nth(interleaved).exchange, problem(404)), 'fail', 'parallel-crossing'],
    ['a list answers 401', ({ listA }) => answers(listA, problem(401)), 'fail'],
    [
      'empty lists on both sides',
      ({ listA, listB, asA, filtered }) => [listA, listB, ...asA, ...filtered].forEach((each) => answers(each, { body: { tasks: [], total: 0 } })),
      'inconclusive',
      'own-object-missing',
    ],
    ['one empty list', ({ listA }) => answers(listA, { body: { tasks: [], total: 0 } }), 'inconclusive', 'own-object-missing'],
    ['both lists were limited', ({ listA, listB }) => [listA, listB].forEach((each) => answers(each, problem(429))), 'not pass'],
    [
      'both lists are HTML with 200',
      ({ listA, listB }) => [listA, listB].forEach((each) => answers(each, { body: '<ul></ul>', headers: PAGE })),
      'not pass',
    ],
    ['both lists failed', ({ listA, listB, asA, filtered }) => [listA, listB, ...asA, ...filtered].forEach(silent), 'inconclusive', 'no-answer'],
    ["B's list failed, and its filters did not", ({ listB }) => silent(listB), 'inconclusive', 'no-answer'],
    ['no hint was tried', (evidence) => (evidence.asA = []), 'not pass'],
    ['nothing was read in parallel', (evidence) => (evidence.interleaved = []), 'not pass'],
    [
      'a firewall refuses the hints with an HTML page',
      ({ asA }) => asA.forEach((each) => answers(each, { status: 400, body: '<h1>Bad request</h1>', headers: PAGE })),
      'inconclusive',
    ],
  ],
  {
    ignores: {
      'ofA.created': 'that it exists is shown by the list',
      'ofB.created': 'that it exists is shown by the list',
      'forged.': 'of judgeOwnership',
      'given.': 'of judgeOwnership',
      'writes.canaries[*].created': 'that it exists is shown by the list afterwards',
      'nobody.': 'of judgeAnonymous',
    },
  },
);

examine(
  'judgeLists of an API whose list is the array itself and counts nothing',
  (evidence: ListsEvidence) => judgeLists({ ...evidence, listed: { ...LISTED, property: undefined, total: undefined } }),
  () => {
    const evidence = listsEvidence();
    const bare = (each: Exchange): Exchange => ({
      ...each,
      ...(each.answer?.status === 200 && {
        answer: { ...each.answer, body: JSON.stringify((JSON.parse(each.answer.body) as { tasks: unknown }).tasks) },
      }),
    });
    return {
      ...evidence,
      listA: bare(evidence.listA),
      listB: bare(evidence.listB),
      asA: evidence.asA.map(bare),
      filtered: evidence.filtered.map(bare),
    };
  },
  [
    ['the lists share an id', ({ listB, ofB }) => answers(listB, { body: [task(1, 'x'), task(2, ofB.text)] }), 'fail', 'lists-overlap'],
    [
      'empty lists on both sides',
      ({ listA, listB, asA, filtered }) => [listA, listB, ...asA, ...filtered].forEach((each) => answers(each, { body: [] })),
      'inconclusive',
      'own-object-missing',
    ],
  ],
  {
    ignores: {
      'ofA.created': 'that it exists is shown by the list',
      'ofB.created': 'that it exists is shown by the list',
      'forged.': 'of judgeOwnership',
      'given.': 'of judgeOwnership',
      'writes.canaries[*].created': 'that it exists is shown by the list afterwards',
      'nobody.': 'of judgeAnonymous',
    },
  },
);

examine(
  'judgeLists of an API that pages by offset, 50 at most',
  (evidence: ListsEvidence) => judgeLists({ ...evidence, listed: { ...LISTED, page: 'offset', most: 50 } }),
  () => {
    const evidence = listsEvidence();
    const { ofB } = evidence;
    const second = exchange({ path: `${LIST}?offset=1&limit=1`, actor: 'tenant B', purpose: 'as documented' }, { body: { tasks: [], total: 1 } });
    const whole = exchange(
      { path: `${LIST}?page=7`, actor: 'tenant B', purpose: 'as documented' },
      { body: { tasks: [task(2, ofB.text)], total: 1 } },
    );
    return { ...evidence, filtered: [second, whole] };
  },
  [
    ['a second page counts more than is owned', ({ filtered }) => says(nth(filtered), { total: 5 }), 'fail', 'total-differs'],
    ['a first page counts what it does not show', ({ filtered }) => says(nth(filtered, 1), { tasks: [] }), 'fail', 'total-differs'],
    [
      'more than a page, of which the page is full',
      ({ listA, ofA }) => answers(listA, { body: { tasks: Array.from({ length: 50 }, (_, index) => task(1_000 + index, ofA.text)), total: 51 } }),
      'pass',
    ],
    [
      'a page that is not full, and a total of more',
      ({ listA, ofA }) => answers(listA, { body: { tasks: Array.from({ length: 49 }, (_, index) => task(1_000 + index, ofA.text)), total: 51 } }),
      'fail',
      'total-differs',
    ],
  ],
  {
    ignores: {
      'ofA.created': 'that it exists is shown by the list',
      'ofB.created': 'that it exists is shown by the list',
      'forged.': 'of judgeOwnership',
      'given.': 'of judgeOwnership',
      'writes.canaries[*].created': 'that it exists is shown by the list afterwards',
      'nobody.': 'of judgeAnonymous',
    },
  },
);

examine(
  'judgeOwnership',
  judgeOwnership,
  listsEvidence,
  [
    ["the object is A's", ({ forged }) => says(forged.canary.created, { user_id: 'tenant-a' }), 'fail', 'owner-taken-from-body'],
    [
      "A's list holds it",
      ({ forged }) => answers(forged.listA, { body: { tasks: [task(3, forged.canary.text)], total: 1 } }),
      'fail',
      'object-planted',
    ],
    [
      'an update gives the object away',
      ({ forged, given }) => answers(forged.listA, { body: { tasks: [task(4, found(given).canary.text)], total: 1 } }),
      'fail',
      'object-given-away',
    ],
    [
      "A's list shows what B made for itself, so it tells nothing of owners",
      ({ forged, ofA, ofB }) =>
        answers(forged.listA, { body: { tasks: [task(1, ofA.text), task(2, ofB.text), task(3, forged.canary.text)], total: 3 } }),
      'inconclusive',
      'list-shows-all',
    ],
    [
      "the object is A's by its own word, whatever A's list shows",
      ({ forged, ofA, ofB }) => (
        says(forged.canary.created, { user_id: 'tenant-a' }),
        answers(forged.listA, { body: { tasks: [task(1, ofA.text), task(2, ofB.text)], total: 2 } })
      ),
      'fail',
      'owner-taken-from-body',
    ],
    [
      'an update answers 204',
      ({ given }) => answers(found(given).updated, { status: 204, body: '', headers: { 'content-type': undefined } }),
      'pass',
    ],
    ['an update that names another owner is refused', ({ given }) => answers(found(given).updated, problem(422)), 'pass'],
    ['an update that names another owner is malformed', ({ given }) => answers(found(given).updated, problem(400)), 'pass'],
    ['an update that names another owner is 404', ({ given }) => answers(found(given).updated, problem(404)), 'fail', 'object-given-away'],
    ['refused with 422', ({ forged }) => answers(forged.canary.created, problem(422)), 'pass'],
    ['refused with 401', ({ forged }) => answers(forged.canary.created, problem(401)), 'fail', 'unexpected-status'],
    ["A's list is refused", ({ forged }) => answers(forged.listA, problem(403)), 'fail', 'object-planted'],
    ["A's list is empty, although A owns an object", ({ forged }) => answers(forged.listA, { body: { tasks: [], total: 0 } }), 'not pass'],
    [
      'tokens were given, and the API takes the owner from the body',
      (evidence) => ((evidence.userIdOfA = undefined), says(evidence.forged.canary.created, { user_id: 'somebody-else' })),
      'not pass',
    ],
  ],
  {
    ignores: {
      'ofA.created': 'of judgeLists',
      'ofB.created': 'of judgeLists',
      listA: 'of judgeLists',
      listB: 'of judgeLists',
      'asA[*]': 'of judgeLists',
      'writes.': 'of judgeLists',
      'filtered[*]': 'of judgeLists',
      'lookups[*].': 'of judgeLists',
      'given.canary.created': 'that it exists is shown by the answer to its update',
      'nobody.': 'of judgeAnonymous',
      'interleaved[*].exchange': 'of judgeLists',
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
