import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Operation } from '../../contract/operations.ts';
import { attacked, examine, exchange, found, LIST, listing, nth, problem, reading, setBody, setResponse, task } from '../../test/exchanges.ts';
import type { CallerPathsEvidence } from './gather-caller-paths.ts';
import { judgeCallerPaths } from './judge-caller-paths.ts';

const [MINE, PLANTED] = ['audit-canary-0000000000000000', 'audit-canary-0000000000000001'];

function callerPaths(): CallerPathsEvidence {
  const victim = attacked(7, MINE);
  const operation = (id: string, method: string): Operation => {
    return { id, method, path: `${LIST}/{id}`, protected: true, sample: undefined, success: 200, statuses: [200], caller: '{user_id}' };
  };
  const rejected = (method: string, path = `${LIST}/7`): ReturnType<typeof exchange> => exchange({ method, path, actor: 'tenant B' }, problem(403));
  return [
    {
      collection: 'tasks',
      victim,
      attempts: [
        { operation: operation('readTask', 'GET'), exchange: rejected('GET'), unknown: rejected('GET', `${LIST}/99`) },
        { operation: operation('deleteTask', 'DELETE'), exchange: rejected('DELETE') },
      ],
      list: rejected('GET', LIST),
      planted: { text: PLANTED, created: rejected('POST', LIST) },
      ownerAfter: reading(victim),
      listAfter: listing('tenant A', [task(7, MINE)]),
    },
  ];
}

examine(
  'judgeCallerPaths',
  (evidence: CallerPathsEvidence) => nth(judgeCallerPaths(evidence)),
  callerPaths,
  [
    ['a read returns the object', ([e]) => setResponse(nth(found(e).attempts).exchange, { body: task(7, MINE) }), 'fail', 'not-isolated'],
    ['a 403 contains the object', ([e]) => setBody(nth(found(e).attempts).exchange, { detail: MINE }), 'fail', 'not-isolated'],
    ['a deletion succeeds', ([e]) => setResponse(nth(found(e).attempts, 1).exchange, { status: 204 }), 'fail', 'not-isolated'],
    ['a random id gets 404 and this one 403', ([e]) => setResponse(found(nth(found(e).attempts).unknown), problem(404)), 'fail', 'existence-shown'],
    ['the list contains the object', ([e]) => setResponse(found(e).list, { body: { tasks: [task(7, MINE)] } }), 'fail', 'data-shown'],
    ["the list is the caller's own", ([e]) => setResponse(found(e).list, { body: { tasks: [task(8, 'own')] } }), 'pass'],
    ['the creation becomes the caller’s own object', ([e]) => setResponse(found(e).planted.created, { status: 201, body: task(8, PLANTED) }), 'pass'],
    [
      'the creation appears in the list of the user',
      ([e]) => setResponse(found(e).listAfter, { body: { tasks: [task(7, MINE), task(8, PLANTED)] } }),
      'fail',
      'object-planted',
    ],
    ['the object was changed', ([e]) => setBody(found(e).ownerAfter, { completed: true }), 'fail', 'object-changed'],
    ['the owner cannot read its object', ([e]) => setResponse(found(e).victim.before, problem(404)), 'inconclusive', 'no-victim'],
    ['the creation had fewer fields than a read', ([e]) => setResponse(found(e).victim.created, { status: 201, body: { id: 7 } }), 'pass'],
    ['an attempt was rate limited', ([e]) => setResponse(nth(found(e).attempts).exchange, problem(429)), 'inconclusive', 'rate-limited'],
  ],
  { ignores: { '[*].victim.created': 'the owner reads the object before the attempts' } },
);

test('judgeCallerPaths has no verdict where no path names its user', () => {
  assert.deepEqual(judgeCallerPaths([]), []);
});
