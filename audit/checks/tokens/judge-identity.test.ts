import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import {
  attacked,
  canary,
  examine,
  exchange,
  found,
  LIST,
  listing,
  nth,
  problem,
  reading,
  setBody,
  setResponse,
  task,
} from '../../test/exchanges.ts';
import type { IdentityOf } from './gather-identity.ts';
import { judgeIdentity } from './judge-identity.ts';

const VICTIM = 'audit-canary-owned-by-a';
const USER = 'the-id-of-user-a';

function identityEvidence(): IdentityOf[] {
  const victim = attacked(1, VICTIM);
  const sent = (method: string, path: string, purpose: string, fields: Parameters<typeof exchange>[1]): Exchange =>
    exchange({ method, path, actor: 'tenant B', purpose }, fields);
  return [
    {
      collection: 'tasks',
      victim,
      controls: [
        { column: 'listTasks', exchange: sent('GET', LIST, 'no claim', { body: { tasks: [] } }) },
        { column: 'readTask', exchange: sent('GET', `${LIST}/1`, 'no claim', problem(404)) },
      ],
      ofB: canary(7, 'audit-canary-of-b', 'tenant B'),
      cells: [
        { row: 'headers', column: 'listTasks', exchange: sent('GET', LIST, 'headers', { body: { tasks: [] } }) },
        {
          row: 'query',
          column: 'listTasks',
          exchange: sent('GET', `${LIST}?user_id=${USER}`, 'query', { body: { tasks: [], self: `${LIST}?user_id=${USER}` } }),
        },
        { row: 'headers', column: 'updateTask', exchange: sent('PUT', `${LIST}/1`, 'headers', problem(404)) },
        { row: 'body', column: 'createTask', exchange: sent('POST', LIST, 'body', problem(422)) },
        { row: 'body', column: 'listTasks', excluded: 'the operation takes no body' },
      ],
      texts: ['audit-canary-planted'],
      ownerAfter: reading(victim),
      listAfter: listing('tenant A', [task(1, VICTIM)]),
      userIdOfA: USER,
    },
  ];
}

function nthExchange(evidence: readonly { cells: IdentityOf['cells'] }[], index: number): Exchange {
  const cell = nth(nth(evidence).cells, index);
  return found(isTried(cell) ? cell.exchange : undefined);
}

examine(
  'judgeIdentity',
  judgeIdentity,
  identityEvidence,
  [
    ['a list shows the object of that user', (all) => setBody(nthExchange(all, 0), { tasks: [task(1, VICTIM)] }), 'fail', 'acts-as-another'],
    ['a list shows the id of that user', (all) => setBody(nthExchange(all, 0), { tasks: [], owner: USER }), 'fail', 'acts-as-another'],
    [
      'lists show the id of that user without a claim too, and the object only with one',
      ([first]) => {
        setBody(nth(found(first).controls).exchange, { tasks: [], users: [USER] });
        setBody(nthExchange(found(first) === undefined ? [] : [found(first)], 0), { tasks: [task(1, VICTIM)], users: [USER] });
      },
      'fail',
      'acts-as-another',
    ],
    ['an update returns the object', (all) => setResponse(nthExchange(all, 2), { body: task(1, VICTIM) }), 'fail', 'acts-as-another'],
    ['an update changed the object', ([first]) => setBody(found(first).ownerAfter, { title: 'changed' }), 'fail', 'object-changed'],
    [
      'a creation appears in the list of that user',
      ([first]) => setBody(found(first).listAfter, { tasks: [task(1, VICTIM), task(2, 'audit-canary-planted')] }),
      'fail',
      'object-appeared',
    ],
    [
      "the caller's own token does not work",
      ([first]) => setResponse(nth(found(first).controls).exchange, problem(401)),
      'inconclusive',
      'control-failed',
    ],
    [
      'a list shows the object without a claim',
      ([first]) => setBody(nth(found(first).controls).exchange, { tasks: [task(1, VICTIM)] }),
      'inconclusive',
      'control-failed',
    ],
    [
      'the list of the other user shows what a tenant created for itself',
      ([first]) => setBody(found(first).listAfter, { tasks: [task(1, VICTIM), task(7, 'audit-canary-of-b')] }),
      'inconclusive',
      'control-failed',
    ],
    ['nothing was tried', ([first]) => void (found(first).cells = []), 'inconclusive', 'nothing-tried'],
    ['the owner could not read its object', ([first]) => setResponse(found(first).victim.before, problem(404)), 'inconclusive', 'no-victim'],
  ],
  { ignores: { '[*].victim.created': "the owner's read shows that the object exists", '[*].ofB.created': 'only its text is compared' } },
);
