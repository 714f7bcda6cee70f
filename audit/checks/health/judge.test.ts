import type { Exchange } from '../../model/exchange.ts';
import type { HealthEvidence, OutageEvidence } from './gather.ts';
import { answers, canary, exchange, examine, found, LIST, nth, NOW, problem, reading, says, sends, silent } from '../../test/exchanges.ts';
import { judgeHealthAgrees, judgeHealthOpen, judgeHealthShape, judgeHealthTruth } from './judge.ts';

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
    burst: Array.from({ length: 10 }, () => health('one of ten at once')),
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
        answers(first, {
          status: 503,
          body: { status: 'unhealthy', database: 'disconnected', environment: 'production', timestamp: new Date(NOW).toISOString() },
        }),
      'fail',
      'not-connected',
    ],
    [
      'static health: the same timestamp twice',
      ({ first, second }) => answers(second, { body: first.response?.body }),
      'fail',
      'timestamp-stands-still',
    ],
    ['JSON under the type of a page', ({ first }) => sends(first, 'content-type', 'text/html'), 'fail', 'wrong-type'],
    ['JSON under the type of text', ({ second }) => sends(second, 'content-type', 'text/plain'), 'fail', 'wrong-type'],
    ['a falling timestamp', ({ second }) => says(second, { timestamp: new Date(NOW - 1_000).toISOString() }), 'fail', 'timestamp-stands-still'],
    ['a timestamp of an hour ago', ({ first }) => says(first, { timestamp: new Date(NOW - 3_600_000).toISOString() }), 'fail', 'clock-differs'],
    [
      'a timestamp 5 s ahead, and the time the answer took',
      ({ second }) => says(second, { timestamp: new Date(NOW + 800 + 5_020).toISOString() }),
      'pass',
    ],
    [
      'a timestamp a little later than that',
      ({ second }) => says(second, { timestamp: new Date(NOW + 800 + 5_021).toISOString() }),
      'fail',
      'clock-differs',
    ],
    ['a timestamp 6 s ahead', ({ second }) => says(second, { timestamp: new Date(NOW + 6_900).toISOString() }), 'fail', 'clock-differs'],
    ['no timestamp', ({ first }) => says(first, { timestamp: undefined }), 'fail', 'clock-differs'],
    ['a timestamp that is none', ({ first }) => says(first, { timestamp: 'now' }), 'fail', 'clock-differs'],
    ['another field', ({ first }) => says(first, { version: '1.2.3' }), 'fail', 'shape-differs'],
    ['a field too few', ({ second }) => says(second, { environment: undefined }), 'fail', 'shape-differs'],
    ['200 with a database that is away', ({ first }) => says(first, { database: 'disconnected' }), 'fail', 'not-connected'],
    ['200 with another status word', ({ second }) => says(second, { status: 'healthy' }), 'fail', 'not-connected'],
    ['an environment that is not production', ({ first }) => says(first, { environment: 'development' }), 'fail', 'not-production'],
    ['cacheable', ({ second }) => sends(second, 'cache-control', 'public, max-age=60'), 'fail', 'cacheable'],
    ['without Cache-Control', ({ first }) => sends(first, 'cache-control'), 'fail', 'cacheable'],
    ['404', ({ first }) => answers(first, problem(404)), 'fail', 'unhealthy'],
    ['neither answered', ({ first, second }) => [first, second].forEach(silent), 'inconclusive', 'no-answer'],
    ['the first was limited', ({ first }) => answers(first, problem(429)), 'inconclusive', 'rate-limited'],
  ],
  {
    ignores: {
      head: 'of judgeHealthOpen',
      undocumented: 'of judgeHealthOpen',
      'burst[*]': 'of judgeHealthOpen',
      livez: 'of judgeHealthOpen',
      'roundTrip[*]': 'of judgeHealthAgrees',
    },
  },
);

/** Another API: words and names of its own, and two components of which either may be away. */
function otherHealth(): HealthEvidence {
  const properties = { state: ['pass', 'fail'], store: ['up', 'down'], now: [] };
  const other = (at: number): Exchange =>
    exchange({ path: '/status', actor: 'anonymous', at }, { body: { state: 'pass', store: 'up', now: new Date(at).toISOString() } });
  const livez = exchange({ path: '/ping', actor: 'anonymous' }, { body: { pong: true } });
  return { ...healthEvidence(), properties, time: 'now', first: other(NOW), second: other(NOW + 500), livez, livezProperties: { pong: [] } };
}

const OF_OTHERS = { head: 'of judgeHealthOpen', undocumented: 'of judgeHealthOpen', 'burst[*]': 'of judgeHealthOpen', livez: 'of judgeHealthOpen' };
examine(
  'judgeHealthShape of another API',
  judgeHealthShape,
  otherHealth,
  [
    ['a word for being unwell', ({ first }) => says(first, { state: 'fail' }), 'fail', 'not-connected'],
    ['one component is away', ({ second }) => says(second, { store: 'down' }), 'fail', 'not-connected'],
    ['a healthy word it does not have', ({ second }) => says(second, { store: 'ok' }), 'fail', 'not-connected'],
    ['its time stands still', ({ second }) => says(second, { now: new Date(NOW).toISOString() }), 'fail', 'timestamp-stands-still'],
    ['its time is of an hour ago', ({ first }) => says(first, { now: new Date(NOW - 3_600_000).toISOString() }), 'fail', 'clock-differs'],
    ['it has no time', (evidence) => ((evidence.time = undefined), says(evidence.second, { now: '' })), 'pass'],
  ],
  { ignores: { ...OF_OTHERS, 'roundTrip[*]': 'of judgeHealthAgrees' } },
);

examine(
  'judgeHealthAgrees of another API',
  judgeHealthAgrees,
  otherHealth,
  [
    ['one component is away, while the routes work', ({ second }) => says(second, { store: 'down' }), 'fail', 'health-disagrees'],
    ['a creation answers 200', ({ roundTrip }) => found(nth(roundTrip).response) && (found(nth(roundTrip).response).status = 200), 'pass'],
    ['a creation answers 202', ({ roundTrip }) => (found(nth(roundTrip).response).status = 202), 'fail', 'health-disagrees'],
  ],
  { ignores: { first: 'of judgeHealthShape', ...OF_OTHERS } },
);

examine(
  'judgeHealthOpen of another API',
  judgeHealthOpen,
  otherHealth,
  [
    ['liveness says what only health may', ({ livez }) => says(found(livez), { store: 'up' }), 'fail', 'shape-differs'],
    ['liveness says something else', ({ livez }) => answers(found(livez), { body: { status: 'ok' } }), 'fail', 'shape-differs'],
    ['the contract does not say what liveness answers', (evidence) => (evidence.livezProperties = {}), 'pass'],
    ['there is no liveness', (evidence) => delete evidence.livez, 'pass'],
  ],
  { ignores: { first: 'of judgeHealthShape', second: 'of judgeHealthShape', 'roundTrip[*]': 'of judgeHealthAgrees' } },
);

examine(
  'judgeHealthAgrees',
  judgeHealthAgrees,
  healthEvidence,
  [
    ['connected, and the write fails', ({ roundTrip }) => answers(nth(roundTrip), problem(500)), 'fail', 'health-disagrees'],
    [
      'connected, and what is read is always the same',
      ({ roundTrip }) => roundTrip.forEach((exchange) => (found(exchange.response).body = '{"id":1}')),
      'fail',
      'health-disagrees',
    ],
    ['connected, and the write is for another caller', ({ roundTrip }) => answers(nth(roundTrip), problem(401)), 'inconclusive', 'no-answer'],
    ['connected, and the read fails', ({ roundTrip }) => answers(nth(roundTrip, 1), problem(503)), 'fail', 'health-disagrees'],
    ['connected, and the read finds nothing', ({ roundTrip }) => answers(nth(roundTrip, 1), problem(404)), 'fail', 'health-disagrees'],
    ['connected, and another object is read', ({ roundTrip }) => says(nth(roundTrip, 1), { title: 'other' }), 'fail', 'health-disagrees'],
    ['disconnected, while the routes work', ({ second }) => says(second, { database: 'disconnected' }), 'fail', 'health-disagrees'],
    [
      'disconnected, and the routes fail',
      ({ second, roundTrip }) => (says(second, { database: 'disconnected' }), roundTrip.forEach((each) => answers(each, problem(503)))),
      'fail',
    ],
    ['the write was limited', ({ roundTrip }) => answers(nth(roundTrip), problem(429)), 'inconclusive'],
    ['the read had no answer', ({ roundTrip }) => silent(nth(roundTrip, 1)), 'inconclusive'],
    ['nothing was written or read', (evidence) => (evidence.roundTrip = []), 'inconclusive', 'nothing-observed'],
    ['written, never read', ({ roundTrip }) => roundTrip.pop(), 'inconclusive', 'nothing-observed'],
    ['health had no answer', ({ second }) => silent(second), 'inconclusive', 'no-answer'],
    ['nothing answered at all', ({ second, roundTrip }) => [second, ...roundTrip].forEach(silent), 'inconclusive', 'no-answer'],
  ],
  {
    ignores: {
      first: 'of judgeHealthShape',
      head: 'of judgeHealthOpen',
      undocumented: 'of judgeHealthOpen',
      'burst[*]': 'of judgeHealthOpen',
      livez: 'of judgeHealthOpen',
    },
  },
);

examine(
  'judgeHealthOpen',
  judgeHealthOpen,
  healthEvidence,
  [
    [
      'JSON under the type of a page is for judgeHealthShape',
      ({ head, burst }) => [head, ...burst].forEach((each) => sends(each, 'content-type', 'text/html')),
      'pass',
    ],
    ['one of ten limited', ({ burst }) => answers(nth(burst, 9), problem(429)), 'fail', 'health-limited'],
    ['calls are counted', ({ burst }) => burst.forEach((each) => sends(each, 'ratelimit', '"100-in-1min"; r=99; t=60')), 'fail', 'health-counted'],
    ['a token is wanted', ({ burst }) => burst.forEach((each) => answers(each, problem(401))), 'fail'],
    ['a token is wanted for liveness', ({ livez }) => answers(found(livez), problem(401)), 'fail'],
    ['the contract has no liveness', (evidence) => void delete evidence.livez, 'pass'],
    ['no liveness', ({ livez }) => answers(found(livez), problem(404)), 'fail'],
    ['HEAD is unknown', ({ head }) => answers(head, problem(405)), 'fail'],
    ['another method is served', ({ undocumented }) => answers(undocumented, { body: { status: 'ok' }, headers: { allow: 'GET' } }), 'fail'],
    ['a framework without that method gives 404', ({ undocumented }) => answers(undocumented, problem(404)), 'pass'],
    ['a method that the server does not know gets 501', ({ undocumented }) => answers(undocumented, problem(501)), 'pass'],
    ['405 without Allow', ({ undocumented }) => sends(undocumented, 'allow'), 'fail', 'allow-missing'],
    ['liveness fails', ({ livez }) => answers(found(livez), problem(500)), 'not pass'],
    ['liveness is another status in the same words', ({ livez }) => void (found(found(livez).response).status = 404), 'fail', 'wrong-status'],
    ['liveness tells of the database', ({ livez }) => says(found(livez), { database: 'connected' }), 'fail', 'shape-differs'],
    ['no response to another method', ({ undocumented }) => silent(undocumented), 'inconclusive', 'no-answer'],
    ['no call was made at once', (evidence) => (evidence.burst = []), 'not pass'],
  ],
  { ignores: { first: 'of judgeHealthShape', second: 'of judgeHealthShape', 'roundTrip[*]': 'of judgeHealthAgrees' } },
);

function outageEvidence(): OutageEvidence {
  const list = (purpose: string): Exchange => exchange({ path: LIST, purpose }, { body: { tasks: [], total: 0 } });
  const during = health('health while the database is away');
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
    tasks: exchange({ path: LIST, purpose: 'a list while the database is away' }, problem(503, { 'retry-after': '5' })),
    after: health('health after the outage'),
    afterTasks: list('a list after the outage'),
    secondsToRecover: 2.5,
    control: { stopped: true, started: true },
  };
}

examine(
  'judgeHealthTruth',
  judgeHealthTruth,
  outageEvidence,
  [
    ['static health: ok while the database is away', (evidence) => (evidence.during = structuredClone(evidence.before)), 'fail', 'outage-unnoticed'],
    ['503 that still says connected', ({ during }) => says(during, { database: 'connected' }), 'fail', 'outage-unnoticed'],
    ['503 that still says ok', ({ during }) => says(during, { status: 'ok' }), 'fail', 'outage-unnoticed'],
    ['200 that says unhealthy', ({ during }) => during.response && (during.response.status = 200), 'fail', 'outage-unnoticed'],
    ['health hung', ({ during }) => silent(during), 'fail', 'outage-unnoticed'],
    ['nobody answered even before', ({ before, during }) => (silent(before), silent(during)), 'inconclusive', 'no-answer'],
    ['the caller is not let in', ({ tasks }) => answers(tasks, problem(403)), 'inconclusive', 'caller-refused'],
    ['the caller is not let in afterwards', ({ afterTasks }) => answers(afterTasks, problem(403)), 'inconclusive', 'caller-refused'],
    ['health was limited while the database was away', ({ during }) => answers(during, problem(429)), 'inconclusive', 'caller-refused'],
    [
      'noticed after 8 s, recovered after 15 s: just in time',
      (evidence) => ((evidence.secondsToNotice = 8), (evidence.secondsToRecover = 15)),
      'pass',
    ],
    ['noticed after 9 s', (evidence) => (evidence.secondsToNotice = 9), 'fail', 'noticed-late'],
    ['noticed at a time that is none', (evidence) => (evidence.secondsToNotice = Number.NaN), 'fail', 'noticed-late'],
    ['the unhealthy answer shows the error', ({ during }) => says(during, { error: 'connect ECONNREFUSED 10.0.0.1:5432' }), 'fail', 'health-leaks'],
    ['liveness needs the database', ({ livez }) => answers(found(livez), problem(503)), 'fail', 'process-not-alive'],
    ['the process died', ({ livez }) => silent(found(livez)), 'fail', 'process-not-alive'],
    ['a list answered 500', ({ tasks }) => answers(tasks, problem(500, { 'retry-after': '5' })), 'fail', 'outage-misreported'],
    ['a list answered an empty 200', ({ tasks }) => answers(tasks, { body: { tasks: [], total: 0 } }), 'fail', 'outage-misreported'],
    ['503 without Retry-After', ({ tasks }) => sends(tasks, 'retry-after'), 'fail', 'outage-misreported'],
    ['503 that is no problem', ({ tasks }) => sends(tasks, 'content-type', 'application/json'), 'fail', 'outage-misreported'],
    ['still unhealthy afterwards', (evidence) => (evidence.after = structuredClone(evidence.during)), 'fail', 'not-recovered'],
    ['recovered after 16 s', (evidence) => (evidence.secondsToRecover = 16), 'fail', 'not-recovered'],
    ['health recovered, the routes did not', ({ afterTasks }) => answers(afterTasks, problem(503)), 'fail', 'routes-not-recovered'],
    [
      'of another API one component is away, and the rest is well',
      (evidence) => {
        evidence.properties = { api: ['up', 'down'], store: ['up', 'down'] };
        answers(evidence.during, { status: 503, body: { api: 'up', store: 'down' } });
      },
      'pass',
    ],
    [
      'of another API every component says that it is well',
      (evidence) => {
        evidence.properties = { api: ['up', 'down'], store: ['up', 'down'] };
        answers(evidence.during, { status: 503, body: { api: 'up', store: 'up' } });
      },
      'fail',
      'outage-unnoticed',
    ],
    ['the control did not stop the database', ({ control }) => (control.stopped = false), 'inconclusive', 'control-failed'],
    ['the control did not start it again', ({ control }) => (control.started = false), 'inconclusive', 'control-failed'],
    ['it was unhealthy before', ({ before }) => answers(before, problem(503)), 'inconclusive'],
  ],
  {},
);
