import type { Exchange } from '../../model/exchange.ts';
import { attacked, examine, exchange, LIST, listing, nth, problem, reading, setBody, setResponse, task } from '../../test/exchanges.ts';
import type { SimilarUsersOf } from './gather-similar-users.ts';
import { judgeSimilarUsers } from './judge-similar-users.ts';

const TEXT = 'audit-canary-aaaaaaaaaaaaaaaa';

function similarUsers(): SimilarUsersOf[] {
  const victim = attacked(7, TEXT);
  return [
    {
      collection: 'tasks',
      victim,
      cells: [
        { row: 'a user whose id is a prefix', column: 'readTask', exchange: exchange({ path: `${LIST}/7`, actor: 'tenant B' }, problem(404)) },
        { row: 'a user whose id is longer', column: 'listTasks', exchange: listing('tenant B', []) },
      ],
      ownerAfter: reading(victim),
    },
  ];
}

const readOf = (evidence: readonly { cells: readonly unknown[] }[], index: number): Exchange =>
  (nth(nth(evidence).cells, index) as { exchange: Exchange }).exchange;

examine(
  'judgeSimilarUsers',
  judgeSimilarUsers,
  similarUsers,
  [
    ['a read returns the object', (e) => setResponse(readOf(e, 0), { body: task(7, TEXT) }), 'fail', 'data-shown'],
    ['a list contains the object', (e) => setBody(readOf(e, 1), { tasks: [task(7, TEXT)] }), 'fail', 'data-shown'],
    ['the API rejects the user', (e) => setResponse(readOf(e, 0), problem(401)), 'pass'],
    ['the audit cannot mint', (e) => void (nth(e).cells = [{ row: 'a user', column: 'readTask', excluded: 'given tokens' }]), 'not applicable'],
    ['the owner could not read its object', (e) => setResponse(nth(e).victim.before, problem(500)), 'inconclusive', 'no-victim'],
  ],
  { ignores: { '[*].victim.created': 'the id and the text were read from it before' } },
);
