import type { Exchange } from '../../model/exchange.ts';
import type { ExhaustionEvidence, LimitHeadersEvidence } from './gather.ts';
import {
  setResponse,
  APP_ORIGIN,
  canary,
  exchange,
  examine,
  found,
  LIST,
  nth,
  problem,
  reading,
  setHeader,
  removeResponse,
  task,
} from '../../test/exchanges.ts';
import { withDeclared } from '../../model/verdict.ts';
import { judgeConcurrentReads, judgeExhaustion, judgeLimitHeaders } from './judge.ts';

function limit(remaining: number, reset: number): string {
  return `"100-in-1min"; r=${remaining}; t=${reset}`;
}

function counted(remaining: number, reset: number, purpose = 'a list', actor: Exchange['actor'] = 'tenant B'): Exchange {
  return exchange(
    { path: LIST, actor, purpose },
    { headers: { ratelimit: limit(remaining, reset), 'ratelimit-policy': '"100-in-1min"; q=100; w=60' } },
  );
}

function limitEvidence(): LimitHeadersEvidence {
  return {
    before: counted(80, 40, 'another tenant before', 'tenant A'),
    first: counted(60, 50),
    write: counted(59, 50, 'a write in between'),
    second: counted(58, 50),
    after: counted(79, 39, 'another tenant after', 'tenant A'),
  };
}

examine('judgeLimitHeaders', judgeLimitHeaders, limitEvidence, [
  ['no headers', ({ first }) => setHeader(first, 'ratelimit'), 'fail', 'limit-headers-missing'],
  ['no policy', ({ second }) => setHeader(second, 'ratelimit-policy'), 'fail', 'limit-headers-missing'],
  ['a policy without a quota', ({ first }) => setHeader(first, 'ratelimit-policy', '"x"; w=60'), 'fail', 'limit-headers-missing'],
  ['a policy without a window', ({ first }) => setHeader(first, 'ratelimit-policy', '"x"; q=100'), 'fail', 'limit-headers-missing'],
  ['a limit without the remaining requests', ({ first }) => setHeader(first, 'ratelimit', '"x"; t=50'), 'fail', 'limit-headers-missing'],
  ['a limit without its reset', ({ first }) => setHeader(first, 'ratelimit', '"x"; r=60'), 'fail', 'limit-headers-missing'],
  [
    'a window that has just begun',
    ({ first, second }) => [first, second].forEach((each, index) => setHeader(each, 'ratelimit', limit(60 - 2 * index, 60))),
    'pass',
  ],
  ['a request does not count', ({ second }) => setHeader(second, 'ratelimit', limit(60, 50)), 'fail', 'not-counted'],
  ['a request counts two', ({ second }) => setHeader(second, 'ratelimit', limit(57, 50)), 'fail', 'not-counted'],
  [
    'writes are not limited',
    ({ write, second }) => (setHeader(write, 'ratelimit'), setHeader(write, 'ratelimit-policy'), setHeader(second, 'ratelimit', limit(59, 50))),
    'fail',
    'not-counted',
  ],
  ['the write is rejected, and counts', ({ write }) => setResponse(write, problem(422)), 'pass'],
  ['static numbers', ({ first, second }) => [first, second].forEach((each) => setHeader(each, 'ratelimit', limit(99, 60))), 'fail', 'not-counted'],
  ["another tenant's requests count", ({ after }) => setHeader(after, 'ratelimit', limit(77, 39)), 'fail', 'tenants-mixed'],
  [
    'more requests remain than the quota',
    ({ first, second }) => (setHeader(first, 'ratelimit', limit(100, 50)), setHeader(second, 'ratelimit', limit(98, 50))),
    'fail',
    'arithmetic-wrong',
  ],
  [
    'the reset is later than the window',
    ({ first, second }) => [first, second].forEach((each, index) => setHeader(each, 'ratelimit', limit(60 - 2 * index, 61))),
    'fail',
    'arithmetic-wrong',
  ],
  ['the window ends between the requests', ({ second }) => setHeader(second, 'ratelimit', limit(99, 60)), 'inconclusive', 'window-turned'],
  [
    'the window of the other tenant ends between the requests',
    ({ after }) => setHeader(after, 'ratelimit', limit(99, 60)),
    'inconclusive',
    'window-turned',
  ],
  ['one request is rate limited', ({ first }) => setResponse(first, problem(429)), 'inconclusive', 'rate-limited'],
  ['another format', (evidence) => useFields(evidence), 'fail', 'limit-headers-missing'],
]);

/** The same limit in X-RateLimit headers, whose reset Laravel omits. */
function useFields(evidence: Record<keyof LimitHeadersEvidence, Exchange>, reset?: number): void {
  for (const exchange of Object.values(evidence)) {
    const remaining = /r=(\d+)/.exec(exchange.response?.headers['ratelimit']?.[0] ?? '')?.[1] ?? '';
    setHeader(exchange, 'ratelimit');
    setHeader(exchange, 'ratelimit-policy');
    setHeader(exchange, 'x-ratelimit-limit', '100');
    setHeader(exchange, 'x-ratelimit-remaining', remaining);
    if (reset !== undefined) setHeader(exchange, 'x-ratelimit-reset', String(reset));
  }
}

for (const [name, reset] of Object.entries({ 'X-RateLimit headers': 50, 'X-RateLimit headers without a reset': undefined })) {
  const valid = (): LimitHeadersEvidence => {
    const evidence = limitEvidence();
    useFields(evidence, reset);
    return evidence;
  };
  const left = (changed: Exchange, remaining: number): void => setHeader(changed, 'x-ratelimit-remaining', String(remaining));
  examine(
    `judgeLimitHeaders of an API without policies, with ${name}`,
    (given: LimitHeadersEvidence) => withDeclared(new Set(), judgeLimitHeaders(given)),
    valid,
    [
      ['a request does not count', ({ second }) => left(second, 60), 'fail', 'not-counted'],
      ["another tenant's requests count", ({ after }) => left(after, 77), 'fail', 'tenants-mixed'],
      ['as many requests remain as the quota', ({ first, second }) => (left(first, 100), left(second, 98)), 'fail', 'arithmetic-wrong'],
      ['one request is rate limited', ({ second }) => setResponse(second, problem(429)), 'inconclusive', 'rate-limited'],
      ['more requests remain than before', ({ second }) => left(second, 99), reset === undefined ? 'inconclusive' : 'fail'],
      [
        'no response states a limit',
        (evidence) => Object.values(evidence).forEach((each) => setHeader(each, 'x-ratelimit-remaining')),
        'not applicable',
      ],
    ],
  );
}

const read = (id: number): Exchange => exchange({ path: `${LIST}/${id}`, actor: 'limited tenant', purpose: 'empty the bucket' });

function reader(): ExhaustionEvidence['readers'][number] {
  const own = canary(7, 'audit-canary-aaaaaaaaaaaaaaaa');
  return { own: { actor: own.actor, text: own.text }, reads: [reading(own), reading(own)], after: reading(own) };
}

function exhaustionEvidence(): ExhaustionEvidence {
  return {
    appOrigin: APP_ORIGIN,
    remaining: 97,
    responses: { accepted: 97, limited: 3, other: 0 },
    burst: [
      ...Array.from({ length: 97 }, () => read(97)),
      ...Array.from({ length: 3 }, () => exchange({ path: LIST, actor: 'limited tenant' }, problem(429))),
    ],
    readers: [],
    limited: exchange(
      { path: LIST, actor: 'limited tenant', purpose: 'empty the bucket' },
      problem(429, { 'retry-after': '42', 'access-control-allow-origin': APP_ORIGIN }),
    ),
    afterwards: {
      otherTenant: counted(70, 30, 'another tenant meanwhile', 'tenant A'),
      health: exchange({ path: '/health', actor: 'anonymous', purpose: 'health meanwhile' }),
      preflight: exchange(
        { method: 'OPTIONS', path: LIST, actor: 'anonymous', purpose: 'a preflight meanwhile' },
        { status: 204, body: '', headers: { 'content-type': undefined, 'access-control-allow-origin': APP_ORIGIN } },
      ),
      otherCase: exchange({ path: LIST.toUpperCase(), actor: 'limited tenant', purpose: 'the same path in other letters' }, problem(429)),
    },
  };
}

/** No 429, and a server error for the requests that did not return 200. */
function fail(
  evidence: Parameters<Parameters<typeof examine<ExhaustionEvidence>>[3][number][1]>[0],
  accepted: number,
  other: number,
  status = 500,
): void {
  delete evidence.limited;
  evidence.responses = { accepted, limited: 0, other };
  evidence.failed = exchange({ path: LIST, actor: 'limited tenant', purpose: 'empty the bucket' }, problem(status)) as NonNullable<
    typeof evidence.failed
  >;
}

examine(
  'judgeExhaustion',
  (evidence: ExhaustionEvidence) => judgeExhaustion(evidence, 1_200),
  exhaustionEvidence,
  [
    [
      'no limit: never 429',
      (evidence) => (delete evidence.limited, (evidence.responses = { accepted: 100, limited: 0, other: 0 })),
      'fail',
      'limit-not-enforced',
    ],
    [
      'never 429, and some requests without a response',
      (evidence) => (delete evidence.limited, (evidence.responses = { accepted: 90, limited: 0, other: 10 })),
      'inconclusive',
      'limit-not-enforced',
    ],
    [
      'more requests are accepted than remained',
      (evidence) => (evidence.responses = { accepted: 99, limited: 1, other: 0 }),
      'fail',
      'too-many-accepted',
    ],
    [
      'some requests return neither 200 nor 429',
      (evidence) => (evidence.responses = { accepted: 90, limited: 3, other: 7 }),
      'inconclusive',
      'other-statuses',
    ],
    ['429 without Retry-After', ({ limited }) => setHeader(found(limited), 'retry-after'), 'fail', 'retry-after-missing'],
    [
      'Retry-After as a date',
      ({ limited }) => (
        setHeader(found(limited), 'date', 'Fri, 20 Nov 2026 08:00:00 GMT'),
        setHeader(found(limited), 'retry-after', 'Fri, 20 Nov 2026 08:00:42 GMT')
      ),
      'pass',
    ],
    ['Retry-After: 0', ({ limited }) => setHeader(found(limited), 'retry-after', '0'), 'fail', 'retry-after-missing'],
    ['Retry-After in milliseconds', ({ limited }) => setHeader(found(limited), 'retry-after', '42000'), 'fail', 'wait-too-long'],
    ['Retry-After as Unix time', ({ limited }) => setHeader(found(limited), 'retry-after', '1795161642'), 'fail', 'wait-too-long'],
    ['429 that is not problem+json', ({ limited }) => setHeader(found(limited), 'content-type', 'text/plain'), 'fail', 'not-a-problem'],
    ['429 without CORS headers', ({ limited }) => setHeader(found(limited), 'access-control-allow-origin'), 'fail', 'cors-missing'],
    [
      '429 with Access-Control-Allow-Origin: *',
      ({ limited }) => setHeader(found(limited), 'access-control-allow-origin', '*'),
      'fail',
      'cors-missing',
    ],
    ['429 without Vary', ({ limited }) => setHeader(found(limited), 'vary'), 'fail', 'cors-missing'],
    ['429 without nosniff', ({ limited }) => setHeader(found(limited), 'x-content-type-options'), 'fail', 'security-header-missing'],
    ['429 without HSTS', ({ limited }) => setHeader(found(limited), 'strict-transport-security'), 'fail', 'security-header-missing'],
    ['another tenant is limited too', ({ afterwards }) => setResponse(afterwards.otherTenant, problem(429)), 'fail', 'others-limited'],
    ['health is limited too', ({ afterwards }) => setResponse(found(afterwards.health), problem(429)), 'fail', 'others-limited'],
    ['preflights are limited too', ({ afterwards }) => setResponse(afterwards.preflight, problem(429)), 'fail', 'others-limited'],
    [
      'the path in upper case has another bucket',
      ({ afterwards }) => setResponse(afterwards.otherCase, { body: { tasks: [] } }),
      'fail',
      'limit-evaded',
    ],
    ['the path in upper case does not exist', ({ afterwards }) => setResponse(afterwards.otherCase, problem(404)), 'pass'],
    ['the path in upper case is redirected', ({ afterwards }) => setResponse(afterwards.otherCase, { status: 308 }), 'pass'],
    ['no response states a limit before the 429', (evidence) => delete evidence.remaining, 'pass'],
    [
      'no response states a limit before a 429 without Retry-After',
      (evidence) => (delete evidence.remaining, setHeader(found(evidence.limited), 'retry-after')),
      'fail',
      'retry-after-missing',
    ],
    [
      'no response states a limit, and none is reached',
      (evidence) => (delete evidence.remaining, delete evidence.limited, (evidence.responses = { accepted: 600, limited: 0, other: 0 })),
      'inconclusive',
      'limit-not-observed',
    ],
    [
      'no response states a limit, and errors are returned',
      (evidence) => (delete evidence.remaining, fail(evidence, 300, 300)),
      'inconclusive',
      'limit-not-observed',
    ],
    ['500 instead of 429', (evidence) => fail(evidence, 97, 3), 'fail', 'error-instead-of-429'],
    ['503 instead of 429', (evidence) => fail(evidence, 97, 3, 503), 'fail', 'error-instead-of-429'],
    ['500 while requests remain', (evidence) => fail(evidence, 96, 4), 'inconclusive', 'limit-not-enforced'],
    ['as many requests remain as the audit sends at most', (evidence) => (evidence.remaining = 1_200), 'pass'],
    ['more requests remain than the audit sends at most', (evidence) => (evidence.remaining = 1_201), 'inconclusive', 'bucket-too-large'],
    ['preflights are rejected meanwhile', ({ afterwards }) => setResponse(afterwards.preflight, problem(401)), 'not pass'],
  ],
  {
    ignores: {
      'afterwards.otherCase: 429': 'the check expects the other spelling to share the exhausted limit',
      'burst[*]': 'of judgeConcurrentReads',
    },
  },
);

examine(
  'judgeConcurrentReads',
  (evidence: ExhaustionEvidence) => judgeConcurrentReads(evidence, 100),
  // Fewer of them: each is replaced by every useless response.
  (): ExhaustionEvidence => ({
    ...exhaustionEvidence(),
    remaining: 2,
    burst: [read(1), read(2), exchange({ path: LIST, actor: 'limited tenant' }, problem(429))],
    readers: [reader()],
  }),
  [
    ['one returns 500', ({ burst }) => setResponse(nth(burst), problem(500)), 'fail', 'server-error'],
    ['one returns 503', ({ burst }) => setResponse(nth(burst), problem(503)), 'fail', 'server-error'],
    ['one returns 404', ({ burst }) => setResponse(nth(burst), problem(404)), 'fail', 'read-failed'],
    ['one has no response', ({ burst }) => removeResponse(nth(burst, 1)), 'not pass'],
    ['one is limited although requests remain', ({ burst }) => setResponse(nth(burst), problem(429)), 'fail', 'too-few-served'],
    ['one is limited, and no response states a limit', (evidence) => delete evidence.remaining, 'inconclusive', 'limit-unknown'],
    [
      'all return 200, and no response states a limit',
      (evidence) => (delete evidence.remaining, setResponse(nth(evidence.burst, 2), { body: {} })),
      'pass',
    ],
    ['no concurrent reads were sent', (evidence) => (evidence.burst = []), 'inconclusive', 'nothing-tried'],
    ['another tenant cannot be minted', (evidence) => (evidence.readers = []), 'pass'],
    ["a tenant's own object is not found", ({ readers }) => setResponse(nth(nth(readers).reads), problem(404)), 'fail', 'callers-mixed'],
    [
      'a tenant gets the object of another one',
      ({ readers }) => setResponse(nth(nth(readers).reads, 1), { body: task(8, 'audit-canary-bbbbbbbbbbbbbbbb') }),
      'fail',
      'callers-mixed',
    ],
    ["a tenant's own object is gone", ({ readers }) => setResponse(nth(readers).after, problem(404)), 'inconclusive', 'control-failed'],
  ],
  {
    ignores: {
      limited: 'of judgeExhaustion',
      'afterwards.': 'of judgeExhaustion',
      'burst[*]: 429': 'the last is one that was limited',
    },
  },
);
