import type { Exchange } from '../../model/exchange.ts';
import { canary, examine, exchange, nth, problem, setResponse } from '../../test/exchanges.ts';
import type { UserListsEvidence } from './gather-user-lists.ts';
import { judgeUserLists } from './judge-user-lists.ts';

function userLists(): UserListsEvidence {
  const at = (path: string): Exchange => exchange({ path: `/api/v1/${path}`, actor: 'tenant B' }, problem(404));
  return {
    userIdOfA: 'audit-user-a',
    created: canary(1, 'audit-canary-a').created,
    cells: [
      { row: 'a list of users', column: 'users', exchange: at('users') },
      { row: 'another user by id', column: 'users', exchange: at('users/audit-user-a') },
      { row: 'a list of users', column: 'me', excluded: 'the contract documents it' },
    ],
  };
}

const requestOf = ({ cells }: { cells: readonly unknown[] }, index: number): Exchange => (nth(cells, index) as { exchange: Exchange }).exchange;

examine(
  'judgeUserLists',
  judgeUserLists,
  userLists,
  [
    ['users are listed', (e) => setResponse(requestOf(e, 0), { body: [{ id: 'audit-user-a' }] }), 'fail', 'user-shown'],
    ['a list without the other user', (e) => setResponse(requestOf(e, 0), { body: [{ id: 'audit-user-b' }] }), 'pass'],
    ['an error quotes the path', (e) => setResponse(requestOf(e, 1), { status: 404, body: { path: '/users/audit-user-a' } }), 'pass'],
    [
      'a short id that is part of another value',
      (e) => {
        e.userIdOfA = '1';
        setResponse(requestOf(e, 0), { body: { id: '12' } });
      },
      'pass',
    ],
    [
      'a short id',
      (e) => {
        e.userIdOfA = '1';
        setResponse(requestOf(e, 0), { body: { users: [{ id: '1' }] } });
      },
      'fail',
      'user-shown',
    ],
    ['the id of the user is unknown', (e) => void (e.userIdOfA = undefined), 'inconclusive', 'user-unknown'],
    ['nothing was tried', (e) => void (e.cells = []), 'inconclusive', 'nothing-tried'],
  ],
  { ignores: { created: 'it makes A known to the API, which no response depends on' } },
);
