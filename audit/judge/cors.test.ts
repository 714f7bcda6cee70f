import type { BrowserExchange, Exchange } from '../exchange.ts';
import type { BrowserCorsEvidence, PageEvidence } from '../probe/browser-cors.ts';
import type { StatusClassesEvidence } from '../probe/status-classes.ts';
import type { WireCorsEvidence } from '../probe/wire-cors.ts';
import {
  answers,
  API,
  APP_ORIGIN,
  canary,
  exchange,
  examine,
  found,
  LIST,
  listing,
  nth,
  problem,
  readFetch,
  reading,
  refusedFetch,
  says,
  sends,
  silent,
  statusClasses,
  task,
} from '../testing.ts';
import { judgeAllowedOrigin, judgeBrowserControl, judgeReadableErrors, judgeRefusedOrigins, judgeRefusedWrites } from './browser-cors.ts';
import { judgeCorsOnEveryStatus, judgeVary, judgeWirePreflight, judgeWireRefusedOrigins, judgeWireRefusedWrites } from './wire-cors.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const FOREIGN = 'https://foreign-site.example';
const PAGE = { 'content-type': 'text/html; charset=utf-8' };

function controls(origin: string): BrowserExchange[] {
  return ['simple control', 'preflighted control'].map((purpose) =>
    readFetch({ purpose, origin, path: 'https://permissive-control.example/', body: 'readable' }),
  );
}

function refusedPage(kind: string, origin: string): PageEvidence {
  return {
    kind,
    origin,
    controls: controls(origin),
    fetches: [
      refusedFetch({ purpose: 'simple GET', origin }),
      ...METHODS.map((method) => refusedFetch({ method, purpose: `preflighted ${method}`, path: LIST, origin })),
    ],
  };
}

function browserEvidence(): BrowserCorsEvidence {
  const victim = canary(1, 'audit-canary-aaaaaaaaaaaaaaaa');
  return {
    version: 'Chromium 150.0',
    preflightsSeenByControl: 5,
    allowed: {
      kind: 'the app',
      origin: APP_ORIGIN,
      controls: controls(APP_ORIGIN),
      fetches: [
        readFetch({ purpose: 'simple GET' }),
        ...METHODS.map((method) => readFetch({ method, purpose: `preflighted ${method}`, path: LIST })),
      ],
    },
    readableErrors: [401, 404, 422].map((status) =>
      readFetch({ purpose: String(status), path: LIST, status, headers: { ratelimit: '"100-in-1min"; r=99; t=60' } }),
    ),
    refused: [
      refusedPage('foreign', FOREIGN),
      refusedPage('suffix', `${APP_ORIGIN}.evil.example`),
      refusedPage('prefix', 'https://eviltasks-app.vercel.app'),
      refusedPage('null (sandboxed page)', 'null'),
    ],
    victim,
    victimAfter: reading(victim),
    listAfter: listing('tenant A', [task(1, victim.text)]),
    refusedTexts: ['audit-canary-1111111111111111', 'audit-canary-2222222222222222'],
  };
}

const OF_OTHERS = {
  'victim.created': 'of judgeRefusedWrites',
  victimAfter: 'of judgeRefusedWrites',
  listAfter: 'of judgeRefusedWrites',
} as const;
examine(
  'judgeBrowserControl',
  judgeBrowserControl,
  browserEvidence,
  [
    [
      'a page has another origin than asked for',
      ({ refused }) => nth(refused).controls.forEach((fetch) => (fetch.pageOrigin = APP_ORIGIN)),
      'inconclusive',
      'control-failed',
    ],
    [
      'a page without a network',
      ({ refused }) => nth(refused).controls.forEach((fetch) => (delete fetch.read, (fetch.refusedBecause = 'net::ERR_INTERNET_DISCONNECTED'))),
      'inconclusive',
      'control-failed',
    ],
    [
      'the permissive host is not readable from the app',
      ({ allowed }) => (delete nth(allowed.controls).read, (nth(allowed.controls).refusedBecause = 'MissingAllowOriginHeader')),
      'inconclusive',
      'control-failed',
    ],
    ['no control at one page', ({ refused }) => (nth(refused, 1).controls = []), 'inconclusive', 'control-missing'],
    [
      'a preflight too few: something answers them on the way',
      (evidence) => (evidence.preflightsSeenByControl = 4),
      'inconclusive',
      'preflights-missing',
    ],
    ['no preflight was seen: interception', (evidence) => (evidence.preflightsSeenByControl = 0), 'inconclusive', 'preflights-missing'],
    ['no page that is to be refused', (evidence) => (evidence.refused = []), 'not pass'],
  ],
  {
    ignores: {
      ...OF_OTHERS,
      'allowed.fetches[*]': 'of judgeAllowedOrigin',
      'readableErrors[*]': 'of judgeReadableErrors',
      'refused[*].fetches[*]': 'of judgeRefusedOrigins',
    },
  },
);

examine(
  'judgeAllowedOrigin',
  judgeAllowedOrigin,
  browserEvidence,
  [
    [
      'the simple GET is not readable',
      ({ allowed }) => (delete nth(allowed.fetches).read, (nth(allowed.fetches).refusedBecause = 'MissingAllowOriginHeader')),
      'fail',
      'unreadable',
    ],
    [
      'a preflight is refused',
      ({ allowed }) => (delete nth(allowed.fetches, 4).read, (nth(allowed.fetches, 4).refusedBecause = 'MethodDisallowedByPreflightResponse')),
      'fail',
      'unreadable',
    ],
    [
      'the network fails',
      ({ allowed }) => (delete nth(allowed.fetches, 2).read, (nth(allowed.fetches, 2).refusedBecause = 'net::ERR_NAME_NOT_RESOLVED')),
      'inconclusive',
      'no-answer',
    ],
    ['no reason is known', ({ allowed }) => delete nth(allowed.fetches, 2).read, 'inconclusive', 'no-answer'],
    ['a method answers 401', ({ allowed }) => (found(nth(allowed.fetches, 3).read).status = 401), 'fail', 'wrong-status'],
    ['a method answers 300', ({ allowed }) => (found(nth(allowed.fetches, 3).read).status = 300), 'fail', 'wrong-status'],
    ['a method answers 304', ({ allowed }) => (found(nth(allowed.fetches, 3).read).status = 304), 'fail', 'wrong-status'],
    ['a method is limited', ({ allowed }) => (found(nth(allowed.fetches, 3).read).status = 429), 'inconclusive', 'wrong-status'],
    ['a method answers 500', ({ allowed }) => (found(nth(allowed.fetches, 3).read).status = 500), 'inconclusive', 'wrong-status'],
    [
      'no preflight was sent: it is not known who let it pass',
      ({ allowed }) => delete nth(allowed.fetches, 5).preflight,
      'inconclusive',
      'preflight-unseen',
    ],
    ['the page had another origin', ({ allowed }) => (nth(allowed.fetches, 1).pageOrigin = 'null'), 'inconclusive', 'wrong-page-origin'],
    ['the control failed', ({ allowed }) => delete nth(allowed.controls).read, 'inconclusive', 'control-failed'],
    ['no control was made', ({ allowed }) => (allowed.controls = []), 'inconclusive', 'control-missing'],
    ['nothing was fetched', ({ allowed }) => (allowed.fetches = []), 'inconclusive', 'nothing-observed'],
  ],
  {
    ignores: { ...OF_OTHERS, 'readableErrors[*]': 'of judgeReadableErrors', 'refused[*].': 'of judgeRefusedOrigins' },
  },
);

examine(
  'judgeReadableErrors',
  judgeReadableErrors,
  browserEvidence,
  [
    [
      'a 401 without CORS headers',
      ({ readableErrors }) => (delete nth(readableErrors).read, (nth(readableErrors).refusedBecause = 'MissingAllowOriginHeader')),
      'fail',
      'unreadable',
    ],
    ['the limit is not exposed', ({ readableErrors }) => delete found(nth(readableErrors, 1).read).headers['ratelimit'], 'fail', 'limit-not-exposed'],
    ['422 answers 400', ({ readableErrors }) => (found(nth(readableErrors, 2).read).status = 400), 'fail', 'wrong-status'],
    ['404 answers 429', ({ readableErrors }) => (found(nth(readableErrors, 1).read).status = 429), 'inconclusive', 'wrong-status'],
    [
      'the network fails',
      ({ readableErrors }) => (delete nth(readableErrors).read, (nth(readableErrors).refusedBecause = 'net::ERR_FAILED')),
      'inconclusive',
      'no-answer',
    ],
    ['nothing was asked', (evidence) => (evidence.readableErrors = []), 'inconclusive', 'nothing-tried'],
    ['one error is missing', ({ readableErrors }) => readableErrors.pop(), 'not pass'],
  ],
  { ignores: { ...OF_OTHERS, 'allowed.': 'of judgeAllowedOrigin', 'refused[*].': 'of judgeRefusedOrigins' } },
);

for (const [group, index] of [
  ['foreign', 0],
  ['look-alike', 1],
  ['null', 3],
] as const) {
  const others = { foreign: [1, 2, 3], 'look-alike': [0, 3], null: [0, 1, 2] }[group];
  examine(
    `judgeRefusedOrigins, ${group}`,
    (evidence: BrowserCorsEvidence) => judgeRefusedOrigins(evidence, group),
    () => {
      const evidence = browserEvidence();
      // What the other groups did is told in their own tests.
      return { ...evidence, refused: evidence.refused.filter((_, page) => !others.some((other) => other === page)) };
    },
    [
      [
        'the simple GET is readable',
        ({ refused }) => (nth(nth(refused).fetches).read = { status: 200, headers: {}, body: '{}' }),
        'fail',
        'readable',
      ],
      [
        'a 403 is readable: the header is there',
        ({ refused }) => (nth(nth(refused).fetches, 1).read = { status: 403, headers: {}, body: '{}' }),
        'fail',
        'readable',
      ],
      [
        'Access-Control-Allow-Origin: * makes it readable',
        ({ refused }) => (nth(nth(refused).fetches).read = { status: 200, headers: { 'access-control-allow-origin': '*' }, body: '{}' }),
        'fail',
        'readable',
      ],
      [
        'a DELETE left the browser, although its answer was not readable',
        ({ refused }) => (nth(nth(refused).fetches, 5).requestLeft = true),
        'fail',
        'write-left-browser',
      ],
      [
        'it failed because the network did',
        ({ refused }) => (nth(nth(refused).fetches, 2).refusedBecause = 'net::ERR_CONNECTION_REFUSED'),
        'inconclusive',
        'not-a-cors-refusal',
      ],
      [
        'Local Network Access forbade it',
        ({ refused }) => (nth(nth(refused).fetches).refusedBecause = 'LocalNetworkAccessPermissionDenied'),
        'inconclusive',
        'not-a-cors-refusal',
      ],
      ['no reason is known', ({ refused }) => delete nth(nth(refused).fetches, 3).refusedBecause, 'inconclusive', 'not-a-cors-refusal'],
      ['no preflight was seen', ({ refused }) => delete nth(nth(refused).fetches, 4).preflight, 'inconclusive', 'answer-unseen'],
      ['no answer to the preflight was seen', ({ refused }) => (nth(nth(refused).fetches, 4).preflight = {}), 'inconclusive', 'answer-unseen'],
      ['no answer to the simple GET was seen', ({ refused }) => delete nth(nth(refused).fetches).status, 'inconclusive', 'answer-unseen'],
      [
        'a limiter answered the preflight',
        ({ refused }) => (nth(nth(refused).fetches, 4).preflight = { status: 429 }),
        'inconclusive',
        'server-error',
      ],
      ['a broken API answered the simple GET', ({ refused }) => (nth(nth(refused).fetches).status = 500), 'inconclusive', 'server-error'],
      ["the platform's edge answered", ({ refused }) => (nth(nth(refused).fetches, 2).edgeAnswered = true), 'inconclusive', 'edge-fallback'],
      ['afterwards the API was dead', ({ victimAfter }) => silent(victimAfter), 'inconclusive', 'control-failed'],
      ['afterwards the owner read another object', ({ victimAfter }) => says(victimAfter, { title: 'other' }), 'inconclusive', 'control-failed'],
      [
        'the page had the allowed origin',
        ({ refused }) => (nth(nth(refused).fetches, 4).pageOrigin = APP_ORIGIN),
        'inconclusive',
        'wrong-page-origin',
      ],
      ['the control at this origin failed', ({ refused }) => delete nth(nth(refused).controls).read, 'inconclusive', 'control-failed'],
      [
        'the control failed, and a write left',
        ({ refused }) => (delete nth(nth(refused).controls).read, (nth(nth(refused).fetches, 5).requestLeft = true)),
        'fail',
        'write-left-browser',
      ],
      ['no control was made', ({ refused }) => (nth(refused).controls = []), 'inconclusive', 'control-missing'],
      ['nothing was fetched', ({ refused }) => refused.forEach((page) => (page.fetches = [])), 'not pass'],
      ['there was no such page', (evidence) => (evidence.refused = []), 'inconclusive', 'nothing-observed'],
      ...(index === 1
        ? [
            [
              'nothing was fetched from one of two pages',
              ({ refused }: { refused: { fetches: unknown[] }[] }) => void (nth(refused).fetches = []),
              'not pass',
            ] as const,
          ]
        : []),
    ],
    {
      ignores: {
        'victim.created': 'of judgeRefusedWrites',
        listAfter: 'of judgeRefusedWrites',
        'allowed.': 'of judgeAllowedOrigin',
        'readableErrors[*]': 'of judgeReadableErrors',
      },
    },
  );
}

const PAGES = { 'allowed.': 'of judgeAllowedOrigin', 'readableErrors[*]': 'of judgeReadableErrors', 'refused[*].': 'of judgeRefusedOrigins' };

examine(
  'judgeRefusedWrites',
  judgeRefusedWrites,
  browserEvidence,
  [
    ['the object is gone', ({ victimAfter }) => answers(victimAfter, problem(404)), 'fail', 'object-changed'],
    ['the object is changed', ({ victimAfter }) => says(victimAfter, { completed: true }), 'fail', 'object-changed'],
    [
      'a refused POST made an object',
      ({ listAfter, victim, refusedTexts }) =>
        answers(listAfter, { body: { tasks: [task(1, victim.text), task(2, nth(refusedTexts, 1))], total: 2 } }),
      'fail',
      'object-appeared',
    ],
    ['the list does not hold the object', ({ listAfter }) => answers(listAfter, { body: { tasks: [], total: 0 } }), 'not pass'],
    [
      'the object could not be created',
      ({ victim, victimAfter }) => (answers(victim.created, problem(500)), answers(victimAfter, problem(404))),
      'inconclusive',
      'no-victim',
    ],
    ['the owner could not look', ({ victimAfter }) => silent(victimAfter), 'inconclusive', 'no-answer'],
    ['the owner was limited', ({ listAfter }) => answers(listAfter, problem(429)), 'inconclusive', 'rate-limited'],
    ['no POST was tried', (evidence) => (evidence.refusedTexts = []), 'not pass'],
  ],
  { ignores: PAGES },
);

function preflight(method: string, origin: string, purpose = `preflight for ${method}`): Exchange {
  const allowed =
    origin === APP_ORIGIN
      ? {
          'access-control-allow-origin': APP_ORIGIN,
          'access-control-allow-methods': 'GET,POST,PUT,PATCH,DELETE',
          'access-control-allow-headers': 'Authorization,Content-Type',
          'access-control-max-age': '600',
        }
      : {};
  return exchange(
    { method: 'OPTIONS', path: LIST, actor: 'anonymous', purpose },
    origin === APP_ORIGIN ? { status: 204, body: '', headers: { ...allowed, 'content-type': undefined } } : problem(403),
  );
}

function wireEvidence(): WireCorsEvidence {
  const victim = canary(1, 'audit-canary-aaaaaaaaaaaaaaaa');
  const refused = (purpose: string, method = 'GET'): Exchange => exchange({ method, path: LIST, actor: 'tenant B', purpose }, problem(403));
  return {
    appOrigin: APP_ORIGIN,
    preflights: METHODS.map((method) => ({ method, exchange: preflight(method, APP_ORIGIN) })),
    greedyPreflight: preflight('TRACE', APP_ORIGIN),
    refused: [FOREIGN, 'null', `${APP_ORIGIN}/`].map((origin) => ({
      kind: `like ${origin}`,
      origin,
      get: refused('GET'),
      preflight: preflight('DELETE', origin),
    })),
    twoOrigins: refused('two Origin headers'),
    writes: ['application/json', 'text/plain'].map((type) => refused(`foreign POST as ${type}`, 'POST')),
    victim,
    victimAfter: reading(victim),
    listAfter: listing('tenant A', [task(1, victim.text)]),
    refusedText: 'audit-canary-1111111111111111',
  };
}

const NOT_PREFLIGHTS = {
  'refused[*].': 'of judgeWireRefusedOrigins',
  twoOrigins: 'of judgeWireRefusedOrigins',
  'writes[*]': 'of judgeWireRefusedWrites',
  ...OF_OTHERS,
} as const;
const allow = (name: string): string => `access-control-${name}`;

examine(
  'judgeWirePreflight',
  judgeWirePreflight,
  wireEvidence,
  [
    [
      'credentials are allowed',
      ({ preflights }) => sends(nth(preflights).exchange, allow('allow-credentials'), 'true'),
      'fail',
      'credentials-allowed',
    ],
    ['Access-Control-Allow-Origin: *', ({ preflights }) => sends(nth(preflights).exchange, allow('allow-origin'), '*'), 'fail', 'origin-not-exact'],
    ['no Access-Control-Allow-Origin', ({ preflights }) => sends(nth(preflights, 4).exchange, allow('allow-origin')), 'fail', 'origin-not-exact'],
    ['two values', ({ preflights }) => sends(nth(preflights).exchange, allow('allow-origin'), APP_ORIGIN, APP_ORIGIN), 'fail', 'origin-not-exact'],
    ['another origin', ({ preflights }) => sends(nth(preflights).exchange, allow('allow-origin'), FOREIGN), 'fail', 'origin-not-exact'],
    [
      'a method is not allowed',
      ({ preflights }) => sends(nth(preflights, 4).exchange, allow('allow-methods'), 'GET, POST'),
      'fail',
      'method-not-allowed',
    ],
    ['methods are an asterisk', ({ preflights }) => sends(nth(preflights, 4).exchange, allow('allow-methods'), '*'), 'fail', 'method-not-allowed'],
    [
      'Authorization is not allowed',
      ({ preflights }) => sends(nth(preflights).exchange, allow('allow-headers'), 'content-type'),
      'fail',
      'header-not-allowed',
    ],
    ['headers are an asterisk', ({ preflights }) => sends(nth(preflights).exchange, allow('allow-headers'), '*'), 'fail', 'header-not-allowed'],
    ['the preflight wants a token', ({ preflights }) => answers(nth(preflights).exchange, problem(401)), 'fail', 'preflight-refused'],
    ['200 instead of 204', ({ preflights }) => (found(nth(preflights).exchange.answer).status = 200), 'pass'],
    ['404 with every header', ({ preflights }) => (found(nth(preflights).exchange.answer).status = 404), 'fail', 'preflight-refused'],
    ['cached for a day', ({ preflights }) => sends(nth(preflights).exchange, allow('max-age'), '86400'), 'pass'],
    ['cached for a day and a second', ({ preflights }) => sends(nth(preflights).exchange, allow('max-age'), '86401'), 'fail', 'max-age-too-long'],
    ['cached for two days', ({ preflights }) => sends(nth(preflights).exchange, allow('max-age'), '172800'), 'fail', 'max-age-too-long'],
    ['a Max-Age that is no number', ({ preflights }) => sends(nth(preflights).exchange, allow('max-age'), 'forever'), 'fail', 'max-age-too-long'],
    ['TRACE is allowed', ({ greedyPreflight }) => sends(greedyPreflight, allow('allow-methods'), 'GET, TRACE'), 'fail', 'preflight-too-generous'],
    [
      'unknown headers are reflected',
      ({ greedyPreflight }) => sends(greedyPreflight, allow('allow-headers'), 'authorization,X-Evil'),
      'fail',
      'preflight-too-generous',
    ],
    [
      'every method is allowed for too much',
      ({ greedyPreflight }) => sends(greedyPreflight, allow('allow-methods'), '*'),
      'fail',
      'preflight-too-generous',
    ],
    [
      'private networks are allowed',
      ({ greedyPreflight }) => sends(greedyPreflight, allow('allow-private-network'), 'true'),
      'fail',
      'private-network',
    ],
    ['the preflight was limited', ({ preflights }) => answers(nth(preflights).exchange, problem(429)), 'inconclusive', 'rate-limited'],
    ['no preflight was sent', (evidence) => (evidence.preflights = []), 'not pass'],
  ],
  { ignores: NOT_PREFLIGHTS },
);

examine(
  'judgeWireRefusedOrigins',
  judgeWireRefusedOrigins,
  wireEvidence,
  [
    ['Access-Control-Allow-Origin: * on a GET', ({ refused }) => sends(nth(refused).get, allow('allow-origin'), '*'), 'fail', 'origin-allowed'],
    ['the origin is reflected', ({ refused }) => sends(nth(refused, 1).get, allow('allow-origin'), 'null'), 'fail', 'origin-allowed'],
    ["the app's origin is sent to a stranger", ({ refused }) => sends(nth(refused).get, allow('allow-origin'), APP_ORIGIN), 'fail', 'origin-allowed'],
    [
      'the preflight gets permission',
      ({ refused }) => sends(nth(refused, 2).preflight, allow('allow-origin'), `${APP_ORIGIN}/`),
      'fail',
      'origin-allowed',
    ],
    ['the handler ran: 200 without permission', ({ refused }) => answers(nth(refused).get, { body: { tasks: [] } }), 'fail', 'origin-not-refused'],
    ['the API fails on a strange origin', ({ refused }) => answers(nth(refused).get, problem(500)), 'fail', 'origin-breaks-api'],
    ['the API fails on two origins', ({ twoOrigins }) => answers(twoOrigins, problem(500)), 'fail', 'origin-breaks-api'],
    ['401 instead of 403', ({ refused }) => answers(nth(refused).get, problem(401)), 'fail', 'origin-not-refused'],
    ['404 on a wrong path instead of 403', ({ refused }) => answers(nth(refused).get, problem(404)), 'fail', 'origin-not-refused'],
    ['two Origin headers get permission', ({ twoOrigins }) => sends(twoOrigins, allow('allow-origin'), APP_ORIGIN), 'fail', 'origin-allowed'],
    ['two Origin headers reach the handler', ({ twoOrigins }) => answers(twoOrigins, { body: { tasks: [] } }), 'fail', 'origin-not-refused'],
    [
      'every request failed',
      ({ refused, twoOrigins }) => [...refused.flatMap(({ get, preflight: each }) => [get, each]), twoOrigins].forEach(silent),
      'inconclusive',
      'no-answer',
    ],
    [
      'a failing API that gives permission',
      ({ refused }) => (answers(nth(refused).get, problem(500)), sends(nth(refused).get, allow('allow-origin'), '*')),
      'fail',
      'origin-allowed',
    ],
    ['no origin was tried', (evidence) => (evidence.refused = []), 'not pass'],
    [
      'a firewall refuses with an HTML page of 403',
      ({ refused }) => refused.forEach(({ get }) => answers(get, { status: 403, body: '<h1>Forbidden</h1>', headers: PAGE })),
      'inconclusive',
      'html-answer',
    ],
  ],
  {
    ignores: {
      'preflights[*].exchange': 'of judgeWirePreflight',
      greedyPreflight: 'of judgeWirePreflight',
      'writes[*]': 'of judgeWireRefusedWrites',
      ...OF_OTHERS,
    },
  },
);

examine(
  'judgeWireRefusedWrites',
  judgeWireRefusedWrites,
  wireEvidence,
  [
    ['a plain form was accepted', ({ writes }) => answers(nth(writes, 1), { status: 201, body: task(2, 'x') }), 'fail', 'write-not-refused'],
    ['415 instead of 403: the handler chain was entered', ({ writes }) => answers(nth(writes, 1), problem(415)), 'fail', 'write-not-refused'],
    [
      '403, and the object was made',
      ({ listAfter, victim, refusedText }) => answers(listAfter, { body: { tasks: [task(1, victim.text), task(2, refusedText)], total: 2 } }),
      'fail',
      'object-appeared',
    ],
    ['403, and the object is gone', ({ victimAfter }) => answers(victimAfter, problem(404)), 'fail', 'object-changed'],
    ['403, and the object is changed', ({ victimAfter }) => says(victimAfter, { title: 'changed' }), 'fail', 'object-changed'],
    ['every write failed', ({ writes }) => writes.forEach(silent), 'inconclusive', 'no-answer'],
    ['the object could not be created', ({ victim }) => answers(victim.created, problem(500)), 'inconclusive', 'no-victim'],
    ['no write was tried', (evidence) => (evidence.writes = []), 'not pass'],
  ],
  {
    ignores: {
      'preflights[*].exchange': 'of judgeWirePreflight',
      greedyPreflight: 'of judgeWirePreflight',
      'refused[*].': 'of judgeWireRefusedOrigins',
      twoOrigins: 'of judgeWireRefusedOrigins',
    },
  },
);

type Vary = { wire: WireCorsEvidence; classes: StatusClassesEvidence; others: Exchange[] };

examine(
  'judgeVary',
  ({ wire, classes, others }: Vary) => judgeVary(wire, classes, others),
  (): Vary => ({ wire: wireEvidence(), classes: statusClasses(), others: [exchange({ path: '/health', actor: 'anonymous' })] }),
  [
    ['missing on one status', ({ classes }) => sends(nth(classes.classes, 5).exchange, 'vary'), 'fail', 'vary-missing'],
    ['another header alone', ({ classes }) => sends(nth(classes.classes).exchange, 'vary', 'Accept-Encoding'), 'fail', 'vary-missing'],
    ['a header whose name begins alike', ({ classes }) => sends(nth(classes.classes).exchange, 'vary', 'Original-Host'), 'fail', 'vary-missing'],
    ['beside another header', ({ classes }) => sends(nth(classes.classes).exchange, 'vary', 'Accept-Encoding, origin'), 'pass'],
    ['missing for a refused origin', ({ wire }) => sends(nth(wire.refused).get, 'vary'), 'fail', 'vary-missing'],
    ['missing on a refused preflight', ({ wire }) => sends(nth(wire.refused).preflight, 'vary'), 'fail', 'vary-missing'],
    ['missing on an allowed preflight', ({ wire }) => sends(nth(wire.preflights).exchange, 'vary'), 'fail', 'vary-missing'],
    ['missing without an Origin', ({ others }) => sends(nth(others), 'vary'), 'fail', 'vary-missing'],
    [
      'nothing was asked',
      (evidence) => ((evidence.classes.classes = []), (evidence.wire.refused = []), (evidence.wire.preflights = []), (evidence.others = [])),
      'inconclusive',
      'nothing-observed',
    ],
    ['no answer at all', ({ others }) => silent(nth(others)), 'inconclusive', 'no-answer'],
  ],
  {
    ignores: {
      'wire.greedyPreflight': 'of judgeWirePreflight',
      'wire.twoOrigins': 'of judgeWireRefusedOrigins',
      'wire.writes[*]': 'of judgeWireRefusedWrites',
      'wire.victim.created': 'of judgeWireRefusedWrites',
      'wire.victimAfter': 'of judgeWireRefusedWrites',
      'wire.listAfter': 'of judgeWireRefusedWrites',
    },
  },
);

examine('judgeCorsOnEveryStatus', judgeCorsOnEveryStatus, statusClasses, [
  [
    'Access-Control-Allow-Origin: * on one status',
    ({ classes }) => sends(nth(classes, 6).exchange, allow('allow-origin'), '*'),
    'fail',
    'policy-differs',
  ],
  ['missing on one error', ({ classes }) => sends(nth(classes, 10).exchange, allow('allow-origin')), 'fail', 'policy-differs'],
  ['sent twice', ({ classes }) => sends(nth(classes).exchange, allow('allow-origin'), APP_ORIGIN, APP_ORIGIN), 'fail', 'policy-differs'],
  [
    'the refused origin gets the app as permission',
    ({ classes }) => sends(nth(classes, 3).exchange, allow('allow-origin'), APP_ORIGIN),
    'fail',
    'policy-differs',
  ],
  ['Timing-Allow-Origin: *', ({ classes }) => sends(nth(classes).exchange, 'timing-allow-origin', '*'), 'fail', 'policy-differs'],
  ["the API's own origin", ({ classes }) => sends(nth(classes).exchange, allow('allow-origin'), API), 'fail', 'policy-differs'],
  ['nothing was asked', (evidence) => (evidence.classes = []), 'inconclusive', 'nothing-observed'],
  ['a status that was not reached', ({ classes }) => (found(nth(classes, 8).exchange.answer).status = 400), 'not pass'],
]);

type Everywhere = { evidence: StatusClassesEvidence; others: Exchange[] };
examine(
  'judgeCorsOnEveryStatus, every other answer',
  ({ evidence, others }: Everywhere) => judgeCorsOnEveryStatus(evidence, others),
  (): Everywhere => {
    const from = (...origins: string[]): Exchange =>
      exchange(
        { path: LIST, headers: origins.map((origin) => ['Origin', origin] as const) },
        { headers: origins.join() === APP_ORIGIN ? { 'access-control-allow-origin': APP_ORIGIN } : {} },
      );
    return { evidence: statusClasses(), others: [from(), from(APP_ORIGIN), from(FOREIGN), from(APP_ORIGIN, FOREIGN)] };
  },
  [
    ['nobody is told the origin that is allowed', ({ others }) => sends(nth(others), allow('allow-origin'), APP_ORIGIN), 'pass'],
    ['nobody is told an asterisk', ({ others }) => sends(nth(others), allow('allow-origin'), '*'), 'fail', 'policy-differs'],
    ['the app is told nothing', ({ others }) => sends(nth(others, 1), allow('allow-origin')), 'fail', 'policy-differs'],
    ['a stranger is told the app', ({ others }) => sends(nth(others, 2), allow('allow-origin'), APP_ORIGIN), 'fail', 'policy-differs'],
    ['a stranger is told itself', ({ others }) => sends(nth(others, 2), allow('allow-origin'), FOREIGN), 'fail', 'policy-differs'],
    ['who sends two origins is told the first', ({ others }) => sends(nth(others, 3), allow('allow-origin'), APP_ORIGIN), 'fail', 'policy-differs'],
    ['others alone are not enough', ({ evidence }) => (evidence.classes = []), 'inconclusive', 'nothing-observed'],
  ],
  { ignores: Object.fromEntries(['429', '503', 'HTML'].map((kind) => [`others[*]: ${kind}`, 'whoever answered, it gave nobody permission'])) },
);
