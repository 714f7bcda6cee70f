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
      plain: [counted(90, NOW), counted(89, NOW + 100), counted(88, NOW + 2_300)],
      cells: [
        { row: 'a valid request', column: 'listTasks', exchange: counted(87, NOW + 2_400) },
        { row: 'an object that does not exist', column: 'readTask', exchange: counted(86, NOW + 2_400, 404) },
        { row: 'HEAD', column: 'deleteTask', excluded: 'only reads have HEAD' },
      ],
      after: counted(85, NOW + 2_500),
    },
  ];
}

const attemptOf = (evidence: readonly { cells: readonly unknown[] }[], index: number): Exchange =>
  (nth(nth(evidence).cells, index) as { exchange: Exchange }).exchange;
const set = (changed: Exchange, remaining: number): void => setHeader(changed, 'ratelimit', limit(remaining));

examine('judgeCounting', (evidence: CountingOf[]) => judgeCounting(evidence, 'all methods and outcomes'), counting, [
  ['a request does not count', (e) => set(nth(e).after, 86), 'fail', 'not-counted'],
  ['a request has a fresh bucket', (e) => set(attemptOf(e, 1), 99), 'fail', 'not-counted'],
  ['a response without the limit, whose request counts', (e) => setHeader(attemptOf(e, 1), 'ratelimit'), 'fail', 'limit-headers-missing'],
  ['a 405 that does not count', (e) => (setResponse(attemptOf(e, 1), problem(405)), set(nth(e).after, 86)), 'pass'],
  ['a request counts twice', (e) => set(nth(e).after, 84), 'pass'],
  [
    'ten requests come back within two seconds',
    (e) => (set(nth(nth(e).plain, 2), 98), set(nth(e).plain[0], 99), [0, 1].forEach((index) => set(attemptOf(e, index), 95)), set(nth(e).after, 94)),
    'fail',
    'refills-too-fast',
  ],
  ['a bucket that refills steadily as stated', (e) => (set(nth(nth(e).plain, 2), 91), set(nth(e).plain[0], 92), set(nth(e).after, 89)), 'pass'],
  ['the window ended', (e) => setHeader(nth(e).after, 'ratelimit', '"minute"; r=99; t=60'), 'inconclusive', 'window-turned'],
  [
    'no response states a limit',
    (e) => [...nth(e).plain, attemptOf(e, 0), attemptOf(e, 1), nth(e).after].forEach((each) => setHeader(each, 'ratelimit')),
    'not applicable',
  ],
  ['nothing was tried', (e) => void (nth(e).cells = []), 'inconclusive', 'nothing-tried'],
]);
