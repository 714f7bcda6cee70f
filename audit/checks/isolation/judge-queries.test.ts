import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../model/exchange.ts';
import { examine, listing, nth, problem, setBody, setResponse, task } from '../../test/exchanges.ts';
import type { QueriesOf } from './gather-queries.ts';
import { judgeQueries } from './judge-queries.ts';
import { pairwise } from './pairwise.ts';

const [THEIRS, MINE] = ['audit-canary-aaaaaaaaaaaaaaaa', 'audit-canary-bbbbbbbbbbbbbbbb'];

function queries(): QueriesOf[] {
  return [
    {
      collection: 'tasks',
      shape: { listProperty: 'tasks', totalProperty: 'total', idProperty: 'id', textProperty: 'title' },
      owned: { ids: ['8'], theirs: [THEIRS] },
      listB: listing('tenant B', [task(8, MINE)]),
      cells: [{ row: 'a search for a wildcard', column: 'listTasks', exchange: listing('tenant B', [task(8, MINE)]) }],
    },
  ];
}

const searchOf = (evidence: readonly { cells: readonly unknown[] }[]): Exchange => (nth(nth(evidence).cells) as { exchange: Exchange }).exchange;

examine('judgeQueries', judgeQueries, queries, [
  ["the other tenant's object is found", (e) => setBody(searchOf(e), { tasks: [task(7, THEIRS)] }), 'fail', 'foreign-object-listed'],
  ['an object of anyone is found', (e) => setBody(searchOf(e), { tasks: [task(9, 'of a user')] }), 'fail', 'foreign-object-listed'],
  ['more objects are counted than the tenant owns', (e) => setBody(searchOf(e), { total: 40 }), 'fail', 'total-differs'],
  ['the query is rejected', (e) => setResponse(searchOf(e), problem(422)), 'pass'],
  ['the list of the tenant is incomplete', (e) => void (nth(e).owned.ids = undefined), 'inconclusive', 'own-list-unknown'],
  ['nothing was tried', (e) => void (nth(e).cells = []), 'inconclusive', 'nothing-tried'],
]);

test('combines every two values of different parameters', () => {
  const values = ['a=1', 'a=2', 'b=1', 'b=2', 'b=3', 'c=1', 'c=2'];
  const combined = pairwise(values).map((query) => query.split('&'));
  for (const one of values)
    for (const other of values)
      if (one[0] !== other[0])
        assert.ok(
          combined.some((query) => query.includes(one) && query.includes(other)),
          `${one}&${other}`,
        );
  for (const query of combined) assert.equal(new Set(query.map((value) => value[0])).size, 3);
  assert.ok(combined.length < 10, String(combined.length));
  assert.deepEqual(pairwise(['a=1', 'a=2']), []);
});
