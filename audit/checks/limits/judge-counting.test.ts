import type { Exchange } from '../../model/exchange.ts';
import { examine, exchange, LIST, nth, NOW, problem, setHeader, setResponse } from '../../test/exchanges.ts';
import type { CountingOf } from './gather-counting.ts';
import { judgeCounting } from './judge-counting.ts';

const limit = (remaining: number): string => `"minute"; r=${remaining}; t=40`;

function counted(remaining: number, at: number, status = 200): Exchange {
  const headers = { ratelimit: limit(remaining), 'ratelimit-policy': '"minute"; q=100; w=60' };
  return exchange({ path: LIST, actor: 'tenant B', at }, status < 400 ? { status, headers } : problem(status, headers));
}

function counting(): CountingOf[] {
  return [
    {
      collection: 'tasks',
      before: counted(89, NOW),
      cells: [
        { row: 'a valid request', column: 'listTasks', exchange: counted(88, NOW + 100) },
        { row: 'an object that does not exist', column: 'readTask', exchange: counted(87, NOW + 100, 404) },
        { row: 'HEAD', column: 'deleteTask', excluded: 'only reads have HEAD' },
      ],
      after: counted(86, NOW + 200),
      later: counted(85, NOW + 2_400),
    },
  ];
}

const attemptOf = (evidence: readonly { cells: readonly unknown[] }[], index: number): Exchange =>
  (nth(nth(evidence).cells, index) as { exchange: Exchange }).exchange;
const set = (changed: Exchange, remaining: number): void => setHeader(changed, 'ratelimit', limit(remaining));

examine('judgeCounting', (evidence: CountingOf[]) => judgeCounting(evidence, 'all methods and outcomes'), counting, [
  ['a request does not count', (e) => (set(nth(e).after, 87), set(nth(e).later, 86)), 'fail', 'not-counted'],
  ['a request has a fresh bucket', (e) => set(attemptOf(e, 1), 99), 'fail', 'not-counted'],
  ['a response without the limit, whose request counts', (e) => setHeader(attemptOf(e, 1), 'ratelimit'), 'fail', 'limit-headers-missing'],
  ['a 405 that does not count', (e) => (setResponse(attemptOf(e, 1), problem(405)), set(nth(e).after, 87), set(nth(e).later, 86)), 'pass'],
  ['a request counts twice', (e) => (set(nth(e).after, 84), set(nth(e).later, 83)), 'pass'],
  ['twenty requests come back within two seconds', (e) => set(nth(e).later, 98), 'fail', 'refills-too-fast'],
  ['a bucket that refills steadily as stated', (e) => (set(nth(e).after, 87), set(nth(e).later, 89)), 'pass'],
  ['the window ended', (e) => setHeader(nth(e).after, 'ratelimit', '"minute"; r=99; t=60'), 'inconclusive', 'window-turned'],
  [
    'one collection states no limit',
    (e) => {
      const other = structuredClone(nth(e));
      [other.before, other.after, other.later].forEach((each) => setHeader(each, 'ratelimit'));
      e.push(other);
    },
    'fail',
    'limit-headers-missing',
  ],
  [
    'no response states a limit',
    (e) => [nth(e).before, attemptOf(e, 0), attemptOf(e, 1), nth(e).after, nth(e).later].forEach((each) => setHeader(each, 'ratelimit')),
    'not applicable',
  ],
  ['nothing was tried', (e) => void (nth(e).cells = []), 'inconclusive', 'nothing-tried'],
]);
