import type { Exchange } from '../../model/exchange.ts';
import type { ListsEvidence } from './gather-lists.ts';
import { setResponse, exchange, examine, found, LIST, nth, problem, setBody, removeResponse, task } from '../../test/exchanges.ts';
import { LISTED, listsEvidence } from '../../test/lists.ts';
import { judgeLists } from './judge-lists.ts';

const PAGE = { 'content-type': 'text/html; charset=utf-8' };

const OF_OTHERS = {
  'ofA.created': 'that it exists is shown by the list',
  'ofB.created': 'that it exists is shown by the list',
  'forged.': 'of judgeOwnership',
  'given.': 'of judgeOwnership',
  'writes.canaries[*].created': 'that it exists is shown by the list afterwards',
  anonymousUnknown: 'of judgeAnonymous',
};

function paged(changed: { request: { url: string }; response?: { body: string } }, total: number): void {
  changed.request.url += '&page=2';
  if (changed.response) changed.response.body = JSON.stringify({ tasks: [], total });
}

examine(
  'judgeLists',
  judgeLists,
  listsEvidence,
  [
    [
      "B's list contains A's object",
      ({ listB, ofA, ofB }) => setResponse(listB, { body: { tasks: [task(1, ofA.text), task(2, ofB.text)], total: 2 } }),
      'fail',
      'foreign-object-listed',
    ],
    [
      "B gets A's object as a suggestion",
      ({ lookups, ofA }) => setResponse(nth(lookups).byB, { body: { tasks: [task(1, ofA.text)] } }),
      'fail',
      'foreign-object-listed',
    ],
    [
      'suggestions are empty for both tenants',
      ({ lookups }) => setResponse(nth(lookups).byA, { body: { tasks: [] } }),
      'inconclusive',
      'own-object-missing',
    ],
    ['there are no suggestions', (evidence) => (evidence.lookups = []), 'pass'],
    [
      "suggestions without a text return A's objects",
      ({ lookupsWithoutText }) => setResponse(nth(lookupsWithoutText), { body: { tasks: [task(1, 'of another name')] } }),
      'fail',
      'foreign-object-listed',
    ],
    ['suggestions require a text', ({ lookupsWithoutText }) => setResponse(nth(lookupsWithoutText), problem(422)), 'pass'],
    [
      'suggestions of other objects with ids',
      ({ lookupsWithoutText }) => setResponse(nth(lookupsWithoutText), { body: { labels: [{ id: 1, label: 'x' }] } }),
      'pass',
    ],
    ['suggestions are plain names', ({ lookupsWithoutText }) => setResponse(nth(lookupsWithoutText), { body: ['x', 'y'] }), 'pass'],
    [
      "suggestions are plain names and contain A's",
      ({ lookupsWithoutText, ofA }) => setResponse(nth(lookupsWithoutText), { body: ['x', ofA.text] }),
      'fail',
    ],
    [
      "a quote in a search returns A's object",
      ({ quoted, ofB }) => setResponse(nth(quoted, 1), { body: { tasks: [task(2, ofB.text), task(1, 'x')], total: 2 } }),
      'fail',
      'foreign-object-listed',
    ],
    ['a quote in a search causes a server error', ({ quoted }) => setResponse(nth(quoted), problem(500)), 'fail', 'quote-breaks-query'],
    ['a quote in a search is rejected', ({ quoted }) => setResponse(nth(quoted), problem(422)), 'pass'],
    [
      'searches fail with and without quotes',
      ({ quoted, listB }) => [nth(quoted), listB].forEach((each) => setResponse(each, problem(500))),
      'inconclusive',
      'server-error',
    ],
    [
      "a quote in a suggestion returns A's object",
      ({ lookups }) => setResponse(nth(nth(lookups).quoted), { body: { tasks: [task(1, 'x')] } }),
      'fail',
      'foreign-object-listed',
    ],
    [
      'a quote in a suggestion causes a server error',
      ({ lookups }) => setResponse(nth(nth(lookups).quoted), problem(500)),
      'fail',
      'quote-breaks-query',
    ],
    ["B may not create an object with the same text as A's", ({ twins }) => setResponse(twins.ofB.created, problem(409)), 'fail', 'taken-by-another'],
    ["A's object with the same text as B's was not created", ({ twins }) => setResponse(twins.ofA.created, problem(409)), 'inconclusive', 'no-twin'],
    [
      "B's list is a full page, so further pages may contain its own objects",
      ({ listB, ofB }) =>
        setResponse(listB, { body: { tasks: Array.from({ length: 100 }, (_, index) => task(1_000 + index, ofB.text)), total: 101 } }),
      'inconclusive',
      'own-list-unknown',
    ],
    [
      "A's list contains B's object",
      ({ listA, ofA, ofB }) => setResponse(listA, { body: { tasks: [task(1, ofA.text), task(2, ofB.text)], total: 2 } }),
      'fail',
      'foreign-object-listed',
    ],
    [
      'both lists share an id',
      ({ listB, ofB }) => setResponse(listB, { body: { tasks: [task(1, 'x'), task(2, ofB.text)], total: 2 } }),
      'fail',
      'lists-overlap',
    ],
    ['the total counts all tenants', ({ listB }) => setBody(listB, { total: 1_000 }), 'fail', 'total-differs'],
    ['the total is missing', ({ listA }) => setBody(listA, { total: undefined }), 'fail', 'total-differs'],
    [
      'the total exceeds a full page',
      ({ listA, ofA }) =>
        setResponse(listA, { body: { tasks: Array.from({ length: 100 }, (_, index) => task(1_000 + index, ofA.text)), total: 250 } }),
      'pass',
    ],
    [
      'a full page, and a smaller total',
      ({ listA, ofA }) =>
        setResponse(listA, { body: { tasks: Array.from({ length: 100 }, (_, index) => task(1_000 + index, ofA.text)), total: 99 } }),
      'fail',
      'total-differs',
    ],
    [
      'fewer than a full page',
      ({ listA, ofA }) =>
        setResponse(listA, { body: { tasks: Array.from({ length: 99 }, (_, index) => task(1_000 + index, ofA.text)), total: 250 } }),
      'fail',
      'total-differs',
    ],
    ['an attempt returns 400', ({ asA }) => setResponse(nth(asA), problem(400)), 'pass'],
    ['an attempt returns 403', ({ asA }) => setResponse(nth(asA), problem(403)), 'fail'],
    ['a list in another status', ({ listA }) => (found(listA.response).status = 203), 'fail', 'wrong-status'],
    [
      'a query lets B act as A',
      ({ asA, ofA }) => setResponse(nth(asA), { body: { tasks: [task(1, ofA.text)], total: 1 } }),
      'fail',
      'foreign-object-listed',
    ],
    [
      'a header lets B act as A',
      ({ asA, ofA }) => setResponse(nth(asA, 2), { body: { tasks: [task(1, ofA.text)], total: 1 } }),
      'fail',
      'foreign-object-listed',
    ],
    [
      "a search finds A's object",
      ({ asA, ofA }) => setResponse(nth(asA, 3), { body: { tasks: [task(1, ofA.text)], total: 1 } }),
      'fail',
      'foreign-object-listed',
    ],
    ['an attempt returns an empty list', ({ asA }) => setResponse(nth(asA), { body: { tasks: [], total: 0 } }), 'inconclusive', 'own-object-missing'],
    [
      'an attempt returns objects of a third tenant',
      ({ asA, ofB }) => setResponse(nth(asA), { body: { tasks: [task(2, ofB.text), task(99, 'x')], total: 2 } }),
      'fail',
      'foreign-object-listed',
    ],
    ['a whole list counts fewer than it shows', ({ filtered }) => setBody(nth(filtered), { total: 0 }), 'fail', 'total-differs'],
    ['a second page counts the objects of the first', ({ filtered }) => paged(nth(filtered, 1), 1), 'pass'],
    ['a second page counts more objects than the tenant owns', ({ filtered }) => paged(nth(filtered, 1), 2), 'fail', 'total-differs'],
    [
      "a concurrent request of B returns A's object",
      ({ interleaved, ofA }) => setResponse(nth(interleaved, 1).exchange, { body: task(1, ofA.text) }),
      'fail',
      'parallel-crossing',
    ],
    [
      "a concurrent request of B returns A's objects in addition to its own",
      ({ interleaved, ofA, ofB }) => setResponse(nth(interleaved, 1).exchange, { body: { tasks: [task(2, ofB.text), task(1, ofA.text)], total: 2 } }),
      'fail',
      'parallel-crossing',
    ],
    [
      'a filter returns an object that the list does not contain',
      ({ filtered, ofB }) => setResponse(nth(filtered), { body: { tasks: [task(2, ofB.text), task(9, 'x')], total: 1 } }),
      'fail',
      'foreign-object-listed',
    ],
    [
      "a filter returns A's object",
      ({ filtered, ofA }) => setResponse(nth(filtered), { body: { tasks: [task(2, ofA.text)], total: 1 } }),
      'fail',
      'foreign-object-listed',
    ],
    ['a filter returns no list', ({ filtered }) => setResponse(nth(filtered), { body: { total: 0 } }), 'fail', 'foreign-object-listed'],
    ['a filter counts all tenants', ({ filtered }) => setBody(nth(filtered, 1), { total: 2 }), 'fail', 'total-differs'],
    ['a filter returns 422', ({ filtered }) => setResponse(nth(filtered), problem(422)), 'fail'],
    ['a filter returns another status', ({ filtered }) => (found(nth(filtered).response).status = 203), 'fail', 'wrong-status'],
    ['no response to a filter', ({ filtered }) => removeResponse(nth(filtered)), 'inconclusive', 'no-answer'],
    [
      'a concurrent creation is stored for the other tenant',
      ({ writes, ofB }) =>
        setResponse(writes.listB, {
          body: { tasks: [task(2, ofB.text), task(22, 'audit-canary-concurrent-b'), task(21, 'audit-canary-concurrent-a')], total: 3 },
        }),
      'fail',
      'parallel-crossing',
    ],
    [
      'a concurrent creation is lost',
      ({ writes, ofA }) => setResponse(writes.listA, { body: { tasks: [task(1, ofA.text)], total: 1 } }),
      'fail',
      'parallel-crossing',
    ],
    [
      'a list was rate limited after the concurrent creations',
      ({ writes }) => setResponse(writes.listB, problem(429)),
      'inconclusive',
      'rate-limited',
    ],
    ['nothing was created concurrently', ({ writes }) => (writes.canaries = []), 'not pass'],
    ['a concurrent read returns 404', ({ interleaved }) => setResponse(nth(interleaved).exchange, problem(404)), 'fail', 'parallel-crossing'],
    ['a list returns 401', ({ listA }) => setResponse(listA, problem(401)), 'fail'],
    [
      'empty lists on both sides',
      ({ listA, listB, asA, quoted, filtered }) =>
        [listA, listB, ...asA, ...quoted, ...filtered].forEach((each) => setResponse(each, { body: { tasks: [], total: 0 } })),
      'inconclusive',
      'own-object-missing',
    ],
    ['one empty list', ({ listA }) => setResponse(listA, { body: { tasks: [], total: 0 } }), 'inconclusive', 'own-object-missing'],
    ['both lists were rate limited', ({ listA, listB }) => [listA, listB].forEach((each) => setResponse(each, problem(429))), 'not pass'],
    [
      'both lists are HTML with 200',
      ({ listA, listB }) => [listA, listB].forEach((each) => setResponse(each, { body: '<ul></ul>', headers: PAGE })),
      'not pass',
    ],
    [
      'both lists failed',
      ({ listA, listB, asA, quoted, filtered }) => [listA, listB, ...asA, ...quoted, ...filtered].forEach(removeResponse),
      'inconclusive',
      'no-answer',
    ],
    ["B's list failed, and its filters did not", ({ listB }) => removeResponse(listB), 'inconclusive', 'no-answer'],
    ['no attempt was made', (evidence) => (evidence.asA = []), 'not pass'],
    ['nothing was read concurrently', (evidence) => (evidence.interleaved = []), 'not pass'],
    [
      'a firewall rejects the attempts with an HTML page',
      ({ asA }) => asA.forEach((each) => setResponse(each, { status: 400, body: '<h1>Bad request</h1>', headers: PAGE })),
      'inconclusive',
    ],
  ],
  { ignores: OF_OTHERS },
);

examine(
  'judgeLists of an API whose list is the array itself and counts nothing',
  (evidence: ListsEvidence) => judgeLists({ ...evidence, listed: { ...LISTED, property: undefined, total: undefined } }),
  () => {
    const evidence = listsEvidence();
    const bare = (each: Exchange): Exchange => ({
      ...each,
      ...(each.response?.status === 200 && {
        response: { ...each.response, body: JSON.stringify((JSON.parse(each.response.body) as { tasks: unknown }).tasks) },
      }),
    });
    return {
      ...evidence,
      listA: bare(evidence.listA),
      listB: bare(evidence.listB),
      asA: evidence.asA.map(bare),
      quoted: evidence.quoted.map(bare),
      filtered: evidence.filtered.map(bare),
    };
  },
  [
    ['the lists share an id', ({ listB, ofB }) => setResponse(listB, { body: [task(1, 'x'), task(2, ofB.text)] }), 'fail', 'lists-overlap'],
    [
      'empty lists on both sides',
      ({ listA, listB, asA, quoted, filtered }) => [listA, listB, ...asA, ...quoted, ...filtered].forEach((each) => setResponse(each, { body: [] })),
      'inconclusive',
      'own-object-missing',
    ],
  ],
  { ignores: OF_OTHERS },
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
    ['a second page counts more objects than the tenant owns', ({ filtered }) => setBody(nth(filtered), { total: 5 }), 'fail', 'total-differs'],
    ['a first page counts what it does not show', ({ filtered }) => setBody(nth(filtered, 1), { tasks: [] }), 'fail', 'total-differs'],
    [
      'the total exceeds a full page',
      ({ listA, ofA }) => setResponse(listA, { body: { tasks: Array.from({ length: 50 }, (_, index) => task(1_000 + index, ofA.text)), total: 51 } }),
      'pass',
    ],
    [
      'a page that is not full, and a larger total',
      ({ listA, ofA }) => setResponse(listA, { body: { tasks: Array.from({ length: 49 }, (_, index) => task(1_000 + index, ofA.text)), total: 51 } }),
      'fail',
      'total-differs',
    ],
  ],
  { ignores: OF_OTHERS },
);
