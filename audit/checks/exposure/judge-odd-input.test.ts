import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { examine, exchange, LIST, nth, problem, removeResponse, setResponse } from '../../test/exchanges.ts';
import type { OddCell, OddInputEvidence } from './gather-odd-bodies.ts';
import { judgeOddInput, MEDIA_TYPES } from './judge-odd-input.ts';

const PAGE = { 'content-type': 'text/html; charset=utf-8' };
const sent = (purpose: string, status: number): Exchange =>
  exchange({ method: 'POST', path: LIST, purpose }, status < 300 ? { status } : problem(status));
const cell = (row: string, permitted: boolean, status: number): OddCell => ({
  row,
  column: `POST ${LIST}`,
  exchanges: [sent(row, status)],
  permitted,
});

const evidence = (): OddInputEvidence => ({
  cells: [
    cell('empty', false, 422),
    cell('gzip', true, 201),
    { row: 'bomb', column: `POST ${LIST}`, exchanges: [sent('bomb', 413)], permitted: false, plain: sent('large', 413) },
    cell(MEDIA_TYPES, false, 415),
  ],
  after: [exchange({ path: LIST, purpose: 'the list after odd input' })],
});

const at = ({ cells }: OddInputEvidence, index: number): Exchange[] => nth(cells.filter(isTried), index).exchanges as Exchange[];
const bombs = ({ cells }: OddInputEvidence): Exchange[] =>
  cells.flatMap((each) => ('plain' in each && each.plain !== undefined ? [...each.exchanges, each.plain] : []));
const again = (exchanges: Exchange[], status: number): void => {
  setResponse(nth(exchanges), problem(status));
  exchanges.push({ ...structuredClone(nth(exchanges)), id: '9-1', retryOf: nth(exchanges).id });
};

examine(
  'judgeOddInput',
  (given: OddInputEvidence) => judgeOddInput(given),
  evidence,
  [
    ['forbidden input is accepted', (given) => setResponse(nth(at(given, 0)), { status: 201 }), 'fail', 'bad-input-accepted'],
    ['forbidden input causes a 500 twice', (given) => again(at(given, 0), 500), 'fail', 'server-error'],
    ['permitted input causes a 500 twice', (given) => again(at(given, 1), 500), 'fail', 'server-error'],
    ['a 500 once', (given) => setResponse(nth(at(given, 0)), problem(500)), 'inconclusive', 'server-error'],
    ['permitted input is rejected', (given) => setResponse(nth(at(given, 1)), problem(415)), 'pass'],
    [
      'a rejection with internals',
      (given) => setResponse(nth(at(given, 1)), problem(400, {}, 'at parse (/app/server.js:3)')),
      'fail',
      'internals-shown',
    ],
    ['the limit counts compressed bytes', (given) => setResponse(nth(at(given, 2)), { status: 201 }), 'fail', 'limit-bypassed'],
    ['there is no limit', (given) => bombs(given).forEach((each) => setResponse(each, { status: 201 })), 'pass'],
    [
      'the proxy rejects the size with a page',
      (given) => setResponse(nth(at(given, 2)), { status: 413, body: '<h1>413</h1>', headers: PAGE }),
      'pass',
    ],
    ['a form is accepted', (given) => setResponse(nth(at(given, 3)), { status: 201 }), 'fail', 'undocumented-type-accepted'],
    ['the list is broken afterwards', ({ after }) => setResponse(nth(after), problem(404)), 'fail', 'list-broken'],
    ['no response', (given) => removeResponse(nth(at(given, 0))), 'inconclusive', 'no-answer'],
    ['nothing was sent', (given) => (given.cells = []), 'inconclusive', 'nothing-tried'],
  ],
  { ignores: { 'cells[*].plain': 'only used where the compressed body is accepted' } },
);
