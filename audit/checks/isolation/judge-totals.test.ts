import type { Exchange } from '../../model/exchange.ts';
import { examine, exchange, LIST, listing, nth, problem, setBody, setHeader, setResponse, task } from '../../test/exchanges.ts';
import type { Reads } from './following-changes.ts';
import type { TotalsOf } from './gather-totals.ts';
import { judgeTotals } from './judge-totals.ts';

const MINE = 'audit-canary-bbbbbbbbbbbbbbbb';

const read = (): Exchange => listing('tenant B', [task(8, MINE)]);
const round = (): Reads => [read(), read(), read(), read(), read()];

function totals(): TotalsOf[] {
  return [
    {
      collection: 'tasks',
      created: [exchange({ method: 'POST', path: LIST }, { status: 201, body: task(1, 'audit-canary-a') })],
      cells: [
        { row: 'a whole list', column: 'listTasks', rounds: [round()] },
        { row: 'a page of one object', column: 'suggestTags', excluded: 'no pages' },
      ],
    },
  ];
}

type Change = (read: Exchange, time: number) => void;

/** Changes the five reads of each round. */
function reads(evidence: readonly { cells: readonly unknown[] }[], ...rounds: readonly Change[]): void {
  (nth(nth(evidence).cells) as { rounds: Reads[] }).rounds = rounds.map((change) => {
    const own = round();
    own.forEach(change);
    return own;
  });
}

const counter: Change = (each, time) => setHeader(each, 'x-total-count', String(COUNTS[time]));

/** Before, before, after one creation, after three, after three. */
const COUNTS = [10, 10, 11, 13, 13];

examine('judgeTotals', judgeTotals, totals, [
  ['a header counts the objects of all', (e) => reads(e, counter), 'fail', 'counts-others'],
  ['in each of three rounds', (e) => reads(e, counter, counter, counter), 'fail', 'counts-others'],
  ['a random value that did so in two rounds of three', (e) => reads(e, counter, counter, (each) => setHeader(each, 'x-total-count', '10')), 'pass'],
  [
    'a link counts the objects of all',
    (e) => reads(e, (each, time) => setHeader(each, 'link', `<?page=${COUNTS[time]}>; rel="last"`)),
    'fail',
    'counts-others',
  ],
  ['the body counts the objects of all', (e) => reads(e, (each, time) => setBody(each, { all: COUNTS[time] })), 'fail', 'counts-others'],
  ['a header counts the own objects', (e) => reads(e, (each) => setHeader(each, 'x-total-count', '1')), 'pass'],
  ['a clock', (e) => reads(e, (each, time) => setHeader(each, 'date', `10:00:0${time}`)), 'pass'],
  ['the remaining requests', (e) => reads(e, (each, time) => setHeader(each, 'ratelimit', `"a";r=${90 - time}`)), 'pass'],
  ['a value that changed once', (e) => reads(e, (each, time) => setHeader(each, 'x-version', time > 2 ? '2' : '1')), 'pass'],
  ['nothing was created', (e) => setResponse(nth(nth(e).created), problem(422)), 'inconclusive', 'control-failed'],
  ['nothing was tried', (e) => void (nth(e).cells = []), 'inconclusive', 'nothing-tried'],
]);
