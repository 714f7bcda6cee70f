import type { Exchange } from '../../model/exchange.ts';
import { attacked, examine, exchange, found, LIST, nth, problem, reading, setBody, setHeader, setResponse, task } from '../../test/exchanges.ts';
import type { PairsOf } from './gather-pairs.ts';
import { judgePairs } from './judge-pairs.ts';

const TEXT = 'audit-canary-0000000000000000';
const OTHER_TEXT = 'audit-canary-0000000000000001';

function rejected(id: string, method = 'GET'): Exchange {
  return exchange({ method, path: `${LIST}/${id}`, actor: 'tenant B' }, problem(404));
}

function pairs(): PairsOf[] {
  const victim = attacked(7, TEXT);
  return [
    {
      collection: 'tasks',
      victim,
      ownerAfter: reading(victim),
      cells: [
        { row: 'an id with a sign', column: 'readTask', foreign: rejected('+7') },
        {
          row: 'If-Match',
          column: 'updateTask',
          foreign: rejected('7', 'PUT'),
          pair: { foreign: rejected('7', 'PUT'), unknown: rejected('99', 'PUT') },
        },
        { row: 'an id with a sign', column: 'updateTask', excluded: 'it could change another object' },
      ],
    },
  ];
}

type Changed = { pair?: { foreign: Exchange; unknown: Exchange; again?: { foreign: Exchange; unknown: Exchange } }; foreign?: Exchange };
const cellOf = (evidence: readonly { cells: readonly unknown[] }[], index: number): Changed => nth(nth(evidence).cells, index) as Changed;

/** The responses to the object of A: the same both times. */
function twice(evidence: readonly { cells: readonly unknown[] }[], change: (foreign: Exchange, time: number) => void): void {
  const pair = found(cellOf(evidence, 1).pair);
  pair.again = structuredClone({ foreign: pair.foreign, unknown: pair.unknown });
  [pair.foreign, pair.again.foreign].forEach(change);
}

examine(
  'judgePairs',
  (evidence: PairsOf[]) => judgePairs(evidence, 'an unusual request'),
  pairs,
  [
    ['another spelling returns the object', (e) => setResponse(found(cellOf(e, 0).foreign), { body: task(7, TEXT) }), 'fail', 'data-shown'],
    ['a rejection contains the text', (e) => setBody(found(cellOf(e, 0).foreign), { detail: TEXT }), 'fail', 'data-shown'],
    ['the object is changed', (e) => setBody(nth(e).ownerAfter, { title: OTHER_TEXT }), 'fail', 'object-changed'],
    ['the object is deleted', (e) => setResponse(nth(e).ownerAfter, problem(404)), 'fail', 'object-changed'],
    ['a 412 where an unknown id gets 404, twice', (e) => twice(e, (each) => setResponse(each, problem(412))), 'fail', 'existence-shown'],
    ['a 500 where an unknown id gets 404, twice', (e) => twice(e, (each) => setResponse(each, problem(500))), 'fail', 'existence-shown'],
    ['another header value, twice', (e) => twice(e, (each) => setHeader(each, 'x-cache', 'HIT')), 'fail', 'existence-shown'],
    ['another detail, twice', (e) => twice(e, (each) => setBody(each, { detail: 'not yours' })), 'fail', 'existence-shown'],
    [
      'another value each time',
      (e) => {
        twice(e, (each, time) => setHeader(each, 'x-request-id', String(time)));
        const pair = found(cellOf(e, 1).pair);
        [pair.unknown, found(pair.again).unknown].forEach((each, time) => setHeader(each, 'x-request-id', String(time + 2)));
      },
      'pass',
    ],
    ['the id in the detail', (e) => twice(e, (each) => setBody(each, { detail: 'no task 7' })), 'fail', 'existence-shown'],
    [
      'each detail quotes its id',
      (e) => {
        twice(e, (each) => setBody(each, { detail: 'no task 7' }));
        const pair = found(cellOf(e, 1).pair);
        for (const each of [pair.unknown, found(pair.again).unknown]) setBody(each, { detail: 'no task 99' });
      },
      'pass',
    ],
    [
      'a page of the framework rejects another spelling',
      (e) => setResponse(found(cellOf(e, 0).foreign), { status: 400, body: '<p>Bad Request</p>', headers: { 'content-type': 'text/html' } }),
      'pass',
    ],
    ['the owner could not read its object', (e) => setResponse(nth(e).victim.before, problem(500)), 'inconclusive', 'no-victim'],
    ['nothing was tried', (e) => void (nth(e).cells = []), 'inconclusive', 'nothing-tried'],
  ],
  {
    ignores: {
      '[*].victim.created': 'the id and the text were read from it before',
      '[*].cells[*].foreign': 'of a pair it is the first request, which the pair contains too',
    },
  },
);
