import { attacked, examine, exchange, LIST, listing, nth, problem, reading, setBody, setResponse, task } from '../../test/exchanges.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { ContradictionsOf } from './gather-contradictions.ts';
import { judgeContradictions } from './judge-contradictions.ts';

const [THEIRS, MINE] = ['audit-canary-aaaaaaaaaaaaaaaa', 'audit-canary-bbbbbbbbbbbbbbbb'];

function contradictions(): ContradictionsOf[] {
  const victim = attacked(7, THEIRS);
  return [
    {
      collection: 'tasks',
      shape: { listProperty: 'tasks', totalProperty: 'total', idProperty: 'id', textProperty: 'title' },
      victim,
      owned: { ids: ['8'], theirs: [THEIRS] },
      cells: [
        { row: 'its id in the query', column: 'listTasks', attempts: [listing('tenant B', [task(8, MINE)])] },
        {
          row: 'its id in the body',
          column: 'updateTask',
          attempts: [exchange({ method: 'PUT', path: `${LIST}/8`, actor: 'tenant B', body: '{"id":7}' }, problem(422))],
        },
        { row: 'its id in the body', column: 'readTask', excluded: 'a read takes no body' },
      ],
      ownerAfter: reading(victim),
      listA: listing('tenant A', [task(7, THEIRS)]),
      textsOfB: [MINE],
    },
  ];
}

const attemptOf = (evidence: readonly { cells: readonly unknown[] }[], index: number): Exchange =>
  nth((nth(nth(evidence).cells, index) as { attempts: Exchange[] }).attempts);

examine(
  'judgeContradictions',
  judgeContradictions,
  contradictions,
  [
    ["a list contains the other tenant's object", (e) => setBody(attemptOf(e, 0), { tasks: [task(7, THEIRS)] }), 'fail', 'foreign-object-listed'],
    ['a list contains an object of anyone', (e) => setBody(attemptOf(e, 0), { tasks: [task(9, 'of a user')] }), 'fail', 'foreign-object-listed'],
    ['a list counts more than the tenant owns', (e) => setBody(attemptOf(e, 0), { total: 5 }), 'fail', 'total-differs'],
    ['an update returns the object', (e) => setResponse(attemptOf(e, 1), { body: task(7, THEIRS) }), 'fail', 'foreign-object-listed'],
    ['an update is accepted, and ignores the id', (e) => setResponse(attemptOf(e, 1), { body: task(8, MINE) }), 'pass'],
    ['the object of A is changed', (e) => setBody(nth(e).ownerAfter, { completed: true }), 'fail', 'object-changed'],
    ['the list of A contains an object of B', (e) => setBody(nth(e).listA, { tasks: [task(8, MINE)] }), 'fail', 'object-given-away'],
    [
      'an incomplete list of B, and an object of anyone',
      (e) => {
        nth(e).owned.ids = undefined;
        setBody(attemptOf(e, 0), { tasks: [task(9, 'of a user')] });
      },
      'pass',
    ],
    ['nothing was tried', (e) => void (nth(e).cells = []), 'inconclusive', 'nothing-tried'],
  ],
  { ignores: { '[*].victim.created': 'the id and the text were read from it before' } },
);
