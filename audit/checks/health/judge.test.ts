import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../model/exchange.ts';
import { withDeclared } from '../../model/verdict.ts';
import type { HealthEvidence, OutageEvidence } from './gather.ts';
import {
  setResponse,
  canary,
  exchange,
  examine,
  found,
  LIST,
  nth,
  NOW,
  problem,
  reading,
  setBody,
  setHeader,
  removeResponse,
} from '../../test/exchanges.ts';
import { judgeClock, judgeHealthAgrees, judgeHealthOpen, judgeHealthShape, judgeHealthTruth } from './judge.ts';

const PROPERTIES = { status: ['ok', 'unhealthy'], database: ['connected', 'disconnected'], environment: [], timestamp: [] };

function health(purpose: string, at = NOW): Exchange {
  const body = { status: 'ok', database: 'connected', environment: 'production', timestamp: new Date(at).toISOString() };
  return exchange({ path: '/health', actor: 'anonymous', purpose, at }, { body });
}

function healthEvidence(): HealthEvidence {
  const written = canary(7, 'audit-canary-0123456789abcdef');
  return {
    properties: PROPERTIES,
    time: 'timestamp',
    first: health('health'),
    second: health('health again', NOW + 800),
    head: exchange({ method: 'HEAD', path: '/health', actor: 'anonymous' }, { body: '' }),
    undocumented: exchange({ method: 'PROPFIND', path: '/health', actor: 'anonymous' }, problem(405, { allow: 'GET, HEAD' })),
    burst: Array.from({ length: 10 }, () => health('one of ten parallel health requests')),
    livez: exchange({ path: '/livez', actor: 'anonymous' }, { body: { status: 'ok' } }),
    livezProperties: { status: ['ok'] },
    roundTrip: [written.created, reading(written)],
    written: written.text,
  };
}

examine(
  'judgeHealthShape',
  judgeHealthShape,
  healthEvidence,
  [
    [
      '503 unhealthy',
      ({ first }) =>
        setResponse(first, {
          status: 503,
          body: { status: 'unhealthy', database: 'disconnected', environment: 'production', timestamp: new Date(NOW).toISOString() },
        }),
      'fail',
      'not-connected',
    ],
    [
      'static health: the same timestamp twice',
      ({ first, second }) => setResponse(second, { body: first.response?.body }),
      'fail',
      'timestamp-stands-still',
    ],
    ['JSON as text/html', ({ first }) => setHeader(first, 'content-type', 'text/html'), 'fail', 'wrong-type'],
    ['JSON as text/plain', ({ second }) => setHeader(second, 'content-type', 'text/plain'), 'fail', 'wrong-type'],
    ['a falling timestamp', ({ second }) => setBody(second, { timestamp: new Date(NOW - 1_000).toISOString() }), 'fail', 'timestamp-stands-still'],
    ['a timestamp an hour old', ({ first }) => setBody(first, { timestamp: new Date(NOW - 3_600_000).toISOString() }), 'fail', 'clock-differs'],
    [
      'a timestamp ahead by 5 s and the response time',
      ({ second }) => setBody(second, { timestamp: new Date(NOW + 800 + 5_020).toISOString() }),
      'pass',
    ],
    [
      'a timestamp 1 ms later than that',
      ({ second }) => setBody(second, { timestamp: new Date(NOW + 800 + 5_021).toISOString() }),
      'fail',
      'clock-differs',
    ],
    ['a timestamp 6 s ahead', ({ second }) => setBody(second, { timestamp: new Date(NOW + 6_900).toISOString() }), 'fail', 'clock-differs'],
    ['no timestamp', ({ first }) => setBody(first, { timestamp: undefined }), 'fail', 'clock-differs'],
    ['an invalid timestamp', ({ first }) => setBody(first, { timestamp: 'now' }), 'fail', 'clock-differs'],
    ['an additional field', ({ first }) => setBody(first, { version: '1.2.3' }), 'fail', 'shape-differs'],
    ['a missing field', ({ second }) => setBody(second, { environment: undefined }), 'fail', 'shape-differs'],
    ['200 with database disconnected', ({ first }) => setBody(first, { database: 'disconnected' }), 'fail', 'not-connected'],
    ['200 with another status word', ({ second }) => setBody(second, { status: 'healthy' }), 'fail', 'not-connected'],
    ['an environment that is not production', ({ first }) => setBody(first, { environment: 'development' }), 'fail', 'not-production'],
    ['cacheable', ({ second }) => setHeader(second, 'cache-control', 'public, max-age=60'), 'fail', 'cacheable'],
    ['without Cache-Control', ({ first }) => setHeader(first, 'cache-control'), 'fail', 'cacheable'],
    ['404', ({ first }) => setResponse(first, problem(404)), 'fail', 'unhealthy'],
    ['both requests got no response', ({ first, second }) => [first, second].forEach(removeResponse), 'inconclusive', 'no-answer'],
    ['the first request was limited', ({ first }) => setResponse(first, problem(429)), 'inconclusive', 'rate-limited'],
  ],
  {
    ignores: {
      head: 'judged by judgeHealthOpen',
      undocumented: 'judged by judgeHealthOpen',
      'burst[*]': 'judged by judgeHealthOpen',
      livez: 'judged by judgeHealthOpen',
      'roundTrip[*]': 'judged by judgeHealthAgrees',
    },
  },
);

/** Another API, with its own words and names and two components that can fail separately. */
function otherHealth(): HealthEvidence {
  const properties = { state: ['pass', 'fail'], store: ['up', 'down'], now: [] };
  const other = (at: number): Exchange =>
    exchange({ path: '/status', actor: 'anonymous', at }, { body: { state: 'pass', store: 'up', now: new Date(at).toISOString() } });
  const livez = exchange({ path: '/ping', actor: 'anonymous' }, { body: { pong: true } });
  return { ...healthEvidence(), properties, time: 'now', first: other(NOW), second: other(NOW + 500), livez, livezProperties: { pong: [] } };
}

const OF_OTHERS = {
  head: 'judged by judgeHealthOpen',
  undocumented: 'judged by judgeHealthOpen',
  'burst[*]': 'judged by judgeHealthOpen',
  livez: 'judged by judgeHealthOpen',
};
examine(
  'judgeHealthShape of another API',
  judgeHealthShape,
  otherHealth,
  [
    ['a word for unhealthy', ({ first }) => setBody(first, { state: 'fail' }), 'fail', 'not-connected'],
    ['one component is down', ({ second }) => setBody(second, { store: 'down' }), 'fail', 'not-connected'],
    ['a healthy word that its contract does not have', ({ second }) => setBody(second, { store: 'ok' }), 'fail', 'not-connected'],
    ['its time does not advance', ({ second }) => setBody(second, { now: new Date(NOW).toISOString() }), 'fail', 'timestamp-stands-still'],
    ['its time is an hour old', ({ first }) => setBody(first, { now: new Date(NOW - 3_600_000).toISOString() }), 'fail', 'clock-differs'],
    ['it has no time', (evidence) => ((evidence.time = undefined), setBody(evidence.second, { now: '' })), 'pass'],
  ],
  { ignores: { ...OF_OTHERS, 'roundTrip[*]': 'judged by judgeHealthAgrees' } },
);

examine(
  'judgeHealthAgrees of another API',
  judgeHealthAgrees,
  otherHealth,
  [
    ['one component is down while the routes work', ({ second }) => setBody(second, { store: 'down' }), 'fail', 'health-disagrees'],
    ['a creation returns 200', ({ roundTrip }) => found(nth(roundTrip).response) && (found(nth(roundTrip).response).status = 200), 'pass'],
    ['a creation returns 202', ({ roundTrip }) => (found(nth(roundTrip).response).status = 202), 'pass'],
    ['a creation returns 203', ({ roundTrip }) => (found(nth(roundTrip).response).status = 203), 'fail', 'health-disagrees'],
  ],
  { ignores: { first: 'judged by judgeHealthShape', ...OF_OTHERS } },
);

examine(
  'judgeHealthOpen of another API',
  judgeHealthOpen,
  otherHealth,
  [
    ['liveness returns a field of health', ({ livez }) => setBody(found(livez), { store: 'up' }), 'fail', 'shape-differs'],
    ['liveness returns other fields', ({ livez }) => setResponse(found(livez), { body: { status: 'ok' } }), 'fail', 'shape-differs'],
    ['the contract does not document the liveness response', (evidence) => (evidence.livezProperties = {}), 'pass'],
    ['the contract has no liveness path', (evidence) => delete evidence.livez, 'pass'],
  ],
  { ignores: { first: 'judged by judgeHealthShape', second: 'judged by judgeHealthShape', 'roundTrip[*]': 'judged by judgeHealthAgrees' } },
);

examine(
  'judgeHealthAgrees',
  judgeHealthAgrees,
  healthEvidence,
  [
    ['connected, and the write fails', ({ roundTrip }) => setResponse(nth(roundTrip), problem(500)), 'fail', 'health-disagrees'],
    [
      'connected, and every read returns the same fixed object',
      ({ roundTrip }) => roundTrip.forEach((exchange) => (found(exchange.response).body = '{"id":1}')),
      'fail',
      'health-disagrees',
    ],
    ['connected, and the write is rejected', ({ roundTrip }) => setResponse(nth(roundTrip), problem(401)), 'inconclusive', 'caller-rejected'],
    ['connected, and the read fails', ({ roundTrip }) => setResponse(nth(roundTrip, 1), problem(503)), 'fail', 'health-disagrees'],
    ['connected, and the read finds nothing', ({ roundTrip }) => setResponse(nth(roundTrip, 1), problem(404)), 'fail', 'health-disagrees'],
    ['connected, and another object is read', ({ roundTrip }) => setBody(nth(roundTrip, 1), { title: 'other' }), 'fail', 'health-disagrees'],
    ['disconnected while the routes work', ({ second }) => setBody(second, { database: 'disconnected' }), 'fail', 'health-disagrees'],
    [
      'disconnected, and the routes fail',
      ({ second, roundTrip }) => (setBody(second, { database: 'disconnected' }), roundTrip.forEach((each) => setResponse(each, problem(503)))),
      'fail',
    ],
    ['the write was limited', ({ roundTrip }) => setResponse(nth(roundTrip), problem(429)), 'inconclusive'],
    ['the read got no response', ({ roundTrip }) => removeResponse(nth(roundTrip, 1)), 'inconclusive'],
    ['nothing was written or read', (evidence) => (evidence.roundTrip = []), 'inconclusive', 'nothing-observed'],
    ['written and never read', ({ roundTrip }) => roundTrip.pop(), 'inconclusive', 'nothing-observed'],
    ['health got no response', ({ second }) => removeResponse(second), 'inconclusive', 'no-answer'],
    ['no request got a response', ({ second, roundTrip }) => [second, ...roundTrip].forEach(removeResponse), 'inconclusive', 'no-answer'],
  ],
  {
    ignores: {
      first: 'judged by judgeHealthShape',
      head: 'judged by judgeHealthOpen',
      undocumented: 'judged by judgeHealthOpen',
      'burst[*]': 'judged by judgeHealthOpen',
      livez: 'judged by judgeHealthOpen',
    },
  },
);

examine(
  'judgeHealthOpen',
  judgeHealthOpen,
  healthEvidence,
  [
    [
      'JSON as text/html, which judgeHealthShape judges',
      ({ head, burst }) => [head, ...burst].forEach((each) => setHeader(each, 'content-type', 'text/html')),
      'pass',
    ],
    ['one of ten limited', ({ burst }) => setResponse(nth(burst, 9), problem(429)), 'fail', 'health-limited'],
    [
      'requests count against a rate limit',
      ({ burst }) => burst.forEach((each) => setHeader(each, 'ratelimit', '"100-in-1min"; r=99; t=60')),
      'fail',
      'health-counted',
    ],
    ['health requires a token', ({ burst }) => burst.forEach((each) => setResponse(each, problem(401))), 'fail'],
    ['liveness requires a token', ({ livez }) => setResponse(found(livez), problem(401)), 'fail'],
    ['the contract has no liveness', (evidence) => void delete evidence.livez, 'pass'],
    ['liveness is not found', ({ livez }) => setResponse(found(livez), problem(404)), 'fail'],
    ['HEAD is not allowed', ({ head }) => setResponse(head, problem(405)), 'fail'],
    [
      'an undocumented method succeeds',
      ({ undocumented }) => setResponse(undocumented, { body: { status: 'ok' }, headers: { allow: 'GET' } }),
      'fail',
    ],
    ['an undocumented method gets 404', ({ undocumented }) => setResponse(undocumented, problem(404)), 'pass'],
    ['an undocumented method gets 501', ({ undocumented }) => setResponse(undocumented, problem(501)), 'pass'],
    ['405 without Allow', ({ undocumented }) => setHeader(undocumented, 'allow'), 'fail', 'allow-missing'],
    ['liveness fails', ({ livez }) => setResponse(found(livez), problem(500)), 'not pass'],
    ['liveness returns another status with the same body', ({ livez }) => void (found(found(livez).response).status = 404), 'fail', 'wrong-status'],
    ['liveness reports the database', ({ livez }) => setBody(found(livez), { database: 'connected' }), 'fail', 'shape-differs'],
    ['an undocumented method gets no response', ({ undocumented }) => removeResponse(undocumented), 'inconclusive', 'no-answer'],
    ['no parallel request was made', (evidence) => (evidence.burst = []), 'not pass'],
  ],
  { ignores: { first: 'judged by judgeHealthShape', second: 'judged by judgeHealthShape', 'roundTrip[*]': 'judged by judgeHealthAgrees' } },
);

function outageEvidence(): OutageEvidence {
  const list = (purpose: string): Exchange => exchange({ path: LIST, purpose }, { body: { tasks: [], total: 0 } });
  const during = health('health while the database is stopped');
  return {
    properties: PROPERTIES,
    before: health('health before the outage'),
    during: {
      ...during,
      response: {
        ...during.response,
        status: 503,
        headers: during.response?.headers ?? {},
        body: JSON.stringify({ status: 'unhealthy', database: 'disconnected', environment: 'production', timestamp: new Date(NOW).toISOString() }),
      },
    },
    secondsToNotice: 1.2,
    livez: exchange({ path: '/livez', actor: 'anonymous' }),
    tasks: exchange({ path: LIST, purpose: 'list while the database is stopped' }, problem(503, { 'retry-after': '5' })),
    after: health('health after the outage'),
    afterTasks: list('list after the outage'),
    secondsToRecover: 2.5,
    control: { stopped: true, started: true },
  };
}

examine(
  'judgeHealthTruth',
  judgeHealthTruth,
  outageEvidence,
  [
    [
      'static health: ok while the database is stopped',
      (evidence) => (evidence.during = structuredClone(evidence.before)),
      'fail',
      'outage-unnoticed',
    ],
    ['503 with database connected', ({ during }) => setBody(during, { database: 'connected' }), 'fail', 'outage-unnoticed'],
    ['503 with status ok', ({ during }) => setBody(during, { status: 'ok' }), 'fail', 'outage-unnoticed'],
    ['200 with status unhealthy', ({ during }) => during.response && (during.response.status = 200), 'fail', 'outage-unnoticed'],
    ['health got no response', ({ during }) => removeResponse(during), 'fail', 'outage-unnoticed'],
    [
      'health got no response before the outage',
      ({ before, during }) => (removeResponse(before), removeResponse(during)),
      'inconclusive',
      'no-answer',
    ],
    ['the caller is rejected', ({ tasks }) => setResponse(tasks, problem(403)), 'inconclusive', 'caller-rejected'],
    ['the caller is rejected after the outage', ({ afterTasks }) => setResponse(afterTasks, problem(403)), 'inconclusive', 'caller-rejected'],
    ['health was limited while the database was stopped', ({ during }) => setResponse(during, problem(429)), 'inconclusive', 'caller-rejected'],
    [
      'noticed after 8 s and recovered after 15 s, which are the limits',
      (evidence) => ((evidence.secondsToNotice = 8), (evidence.secondsToRecover = 15)),
      'pass',
    ],
    ['noticed after 9 s', (evidence) => (evidence.secondsToNotice = 9), 'fail', 'noticed-late'],
    ['noticed after NaN seconds', (evidence) => (evidence.secondsToNotice = Number.NaN), 'fail', 'noticed-late'],
    [
      'the unhealthy response contains the error',
      ({ during }) => setBody(during, { error: 'connect ECONNREFUSED 10.0.0.1:5432' }),
      'fail',
      'health-leaks',
    ],
    ['liveness needs the database', ({ livez }) => setResponse(found(livez), problem(503)), 'fail', 'process-not-alive'],
    ['the process died', ({ livez }) => removeResponse(found(livez)), 'fail', 'process-not-alive'],
    ['a list returned 500', ({ tasks }) => setResponse(tasks, problem(500, { 'retry-after': '5' })), 'fail', 'outage-misreported'],
    ['a list returned an empty 200', ({ tasks }) => setResponse(tasks, { body: { tasks: [], total: 0 } }), 'fail', 'outage-misreported'],
    ['503 without Retry-After', ({ tasks }) => setHeader(tasks, 'retry-after'), 'fail', 'outage-misreported'],
    ['503 that is not a problem document', ({ tasks }) => setHeader(tasks, 'content-type', 'application/json'), 'fail', 'outage-misreported'],
    ['still unhealthy after the outage', (evidence) => (evidence.after = structuredClone(evidence.during)), 'fail', 'not-recovered'],
    ['recovered after 16 s', (evidence) => (evidence.secondsToRecover = 16), 'fail', 'not-recovered'],
    ['health recovered and the routes did not', ({ afterTasks }) => setResponse(afterTasks, problem(503)), 'fail', 'routes-not-recovered'],
    [
      'one component of another API is down and the other is up',
      (evidence) => {
        evidence.properties = { api: ['up', 'down'], store: ['up', 'down'] };
        setResponse(evidence.during, { status: 503, body: { api: 'up', store: 'down' } });
      },
      'pass',
    ],
    [
      'every component of another API reports up',
      (evidence) => {
        evidence.properties = { api: ['up', 'down'], store: ['up', 'down'] };
        setResponse(evidence.during, { status: 503, body: { api: 'up', store: 'up' } });
      },
      'fail',
      'outage-unnoticed',
    ],
    ['the control did not stop the database', ({ control }) => (control.stopped = false), 'inconclusive', 'control-failed'],
    ['the control did not start it again', ({ control }) => (control.started = false), 'inconclusive', 'control-failed'],
    ['health was unhealthy before the outage', ({ before }) => setResponse(before, problem(503)), 'inconclusive'],
  ],
  {},
);

test('the summary of an outage states limits and not the measured times, so that the reports of two runs agree', () => {
  const [first, second] = [outageEvidence(), { ...outageEvidence(), secondsToNotice: 1.7, secondsToRecover: 2.9 }];
  assert.equal(judgeHealthTruth(second).outcome, 'pass');
  assert.equal(judgeHealthTruth(second).summary, judgeHealthTruth(first).summary);
});

const dateOf = (aheadMs: number): string => new Date(NOW + aheadMs).toUTCString();
const dated = (): Exchange => exchange({ at: NOW, ms: 200 }, { headers: { date: dateOf(0) } });

examine(
  'judgeClock',
  ({ exchanges }: { exchanges: Exchange[] }) => judgeClock(exchanges),
  () => ({ exchanges: [dated(), dated()] }),
  [
    ['a clock that is 5 s ahead', ({ exchanges }) => setHeader(nth(exchanges), 'date', dateOf(5_000)), 'pass'],
    ['a clock that is 5 s behind', ({ exchanges }) => setHeader(nth(exchanges), 'date', dateOf(-5_000)), 'pass'],
    ['one response with a clock that is 7 s ahead', ({ exchanges }) => setHeader(nth(exchanges), 'date', dateOf(7_000)), 'fail', 'clock-differs'],
    ['one response with a clock that is 7 s behind', ({ exchanges }) => setHeader(nth(exchanges), 'date', dateOf(-7_000)), 'fail', 'clock-differs'],
    [
      'a response from a cache that is an hour old',
      ({ exchanges }) => (setHeader(nth(exchanges), 'date', dateOf(-3_600_000)), setHeader(nth(exchanges), 'age', '3600')),
      'pass',
    ],
    ['an old response that states no age', ({ exchanges }) => setHeader(nth(exchanges), 'date', dateOf(-3_600_000)), 'fail', 'clock-differs'],
    ['a date that is not a date', ({ exchanges }) => setHeader(nth(exchanges), 'date', 'today'), 'pass'],
    ['no response with a date', ({ exchanges }) => exchanges.forEach((each) => setHeader(each, 'date', 'today')), 'inconclusive', 'nothing-tried'],
    ['nothing was requested', (evidence) => (evidence.exchanges = []), 'inconclusive', 'nothing-tried'],
  ],
  { ignores: { 'exchanges[*]': 'a response without a date states no time, and the other one does' } },
);

test('accepts further fields and methods where the policies closed-health and method-not-allowed are not declared', () => {
  const open = structuredClone(healthEvidence());
  for (const each of [open.first, open.second, found(open.livez)]) setBody(each, { version: '7' });
  setResponse(open.undocumented, { body: { status: 'ok' } });
  for (const judge of [judgeHealthShape, judgeHealthOpen]) {
    assert.equal(judge(open).outcome, 'fail');
    assert.equal(withDeclared(new Set(), judge(open)).outcome, 'pass');
  }
  assert.match(judgeHealthShape(open).passed ?? '', /^Health returned exactly database, environment, status, timestamp, and version, /);
});
