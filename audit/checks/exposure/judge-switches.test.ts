import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { examine, exchange, LIST, nth, problem, removeResponse, setBody, setHeader, setResponse, task } from '../../test/exchanges.ts';
import type { SwitchCell } from './gather-switches.ts';
import { judgeSwitches } from './judge-switches.ts';

type Tried = Extract<SwitchCell, { plain: unknown }>;

const read = (purpose: string): Exchange => exchange({ path: LIST, purpose }, { body: { tasks: [task(1, 'a')], total: 1 } });
const cell = (row: string, ...switches: string[]): SwitchCell => ({
  row,
  column: `GET ${LIST}`,
  plain: [read('a read'), read('the same read')],
  switched: [read(row), ...switches.map(read)],
});
const triedIn = ({ cells }: { cells: readonly SwitchCell[] }): Tried[] => cells.filter(isTried);
const at = ({ cells }: { cells: readonly SwitchCell[] }, index: number, which: number): Exchange =>
  nth(nth(triedIn({ cells }), index).switched, which);

examine('judgeSwitches', judgeSwitches, () => ({ cells: [cell('debug', 'debug=1', 'trace=1'), cell('html')] }), [
  ['a member more', (given) => setBody(at(given, 0, 1), { _debug: { ms: 3 } }), 'fail', 'members-gained'],
  ['a member more in an item', (given) => setBody(at(given, 0, 0), { tasks: [{ ...task(1, 'a'), password_hash: 'x' }] }), 'fail', 'members-gained'],
  ['fewer members', (given) => setBody(at(given, 0, 1), { tasks: [{ id: 1 }] }), 'pass'],
  ['more items', (given) => setBody(at(given, 0, 1), { tasks: [task(1, 'a'), task(2, 'b')] }), 'pass'],
  ['a page', (given) => setResponse(at(given, 1, 0), { body: '<h1>Tasks</h1>', headers: { 'content-type': 'text/html' } }), 'fail', 'type-changed'],
  ['a script', (given) => setResponse(at(given, 1, 0), { body: 'callback({"tasks":[]})' }), 'fail', 'type-changed'],
  ['the same type in another case', (given) => setHeader(at(given, 1, 0), 'content-type', 'Application/JSON;charset="utf-8"'), 'pass'],
  ['a header for debugging', (given) => [0, 1].forEach((which) => setHeader(at(given, 0, which), 'x-debug-token', '1')), 'fail', 'headers-gained'],
  ['a trace of one response only', (given) => setHeader(at(given, 0, 0), 'server-timing', 'app;dur=1'), 'pass'],
  [
    'a header that every read has',
    (given) => triedIn(given).forEach((each) => [...each.plain, ...each.switched].forEach((of) => setHeader(of, 'server-timing', 'app'))),
    'pass',
  ],
  ['a rejection', (given) => setResponse(at(given, 1, 0), problem(406)), 'pass'],
  [
    'a rejection as a page',
    (given) => setResponse(at(given, 1, 0), { status: 406, body: '<h1>406</h1>', headers: { 'content-type': 'text/html' } }),
    'pass',
  ],
  ['a rejection with internals', (given) => setResponse(at(given, 1, 0), problem(400, {}, 'at run (/app/server.js:1)')), 'fail', 'internals-shown'],
  ['a server error', (given) => setResponse(at(given, 1, 0), problem(500)), 'inconclusive', 'server-error'],
  [
    'the read alone fails',
    ({ cells }) => nth(triedIn({ cells })).plain.forEach((each) => setResponse(each, problem(401))),
    'inconclusive',
    'control-failed',
  ],
  ['no response', (given) => removeResponse(at(given, 1, 0)), 'inconclusive', 'no-answer'],
  ['nothing was requested', (given) => (given.cells = []), 'inconclusive', 'nothing-tried'],
]);
