import type { BrowserExchange } from '../../model/exchange.ts';
import type { BrowserCorsEvidence, PageEvidence, PageGroup } from './gather.ts';
import {
  setResponse,
  APP_ORIGIN,
  attacked,
  examine,
  found,
  LIST,
  listing,
  nth,
  problem,
  readFetch,
  reading,
  blockedFetch,
  setBody,
  setHeader,
  removeResponse,
  task,
} from '../../test/exchanges.ts';
import { judgeAllowedOrigin, judgeBrowserControl, judgeOtherBrowser, judgeReadableErrors, judgeUnlistedPages, judgePageWrites } from './judge.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const DISALLOWED = 'https://foreign-site.example';

function controls(origin: string): BrowserExchange[] {
  return ['simple control', 'preflighted control'].map((purpose) =>
    readFetch({ purpose, origin, path: 'https://permissive-control.example/', body: 'readable' }),
  );
}

function unlistedPage(group: PageGroup, kind: string, origin: string): PageEvidence {
  return {
    group,
    kind,
    origin,
    controls: controls(origin),
    fetches: [
      blockedFetch({ purpose: 'simple GET', origin }),
      ...METHODS.map((method) => blockedFetch({ method, purpose: `preflighted ${method}`, path: LIST, origin })),
    ],
  };
}

function browserEvidence(): BrowserCorsEvidence {
  const victims = (['foreign', 'lookalike', 'null'] as const).map((group, index) => {
    const victim = attacked(index + 1, `audit-canary-${'abc'.charAt(index).repeat(16)}`);
    setHeader(victim.created, 'location', victim.id);
    return { group, victim, after: reading(victim) };
  });
  return {
    engine: 'chromium',
    version: 'Chromium 150.0',
    preflightsSeenByControl: 5,
    allowed: {
      group: 'app',
      kind: 'the app',
      origin: APP_ORIGIN,
      controls: controls(APP_ORIGIN),
      fetches: [
        readFetch({ purpose: 'simple GET' }),
        ...METHODS.map((method) =>
          readFetch({ method, purpose: `preflighted ${method}`, path: LIST, ...(method === 'POST' && { status: 201, headers: { location: '7' } }) }),
        ),
      ],
    },
    documentedHeaders: ['location', 'retry-after', 'www-authenticate'],
    readableErrors: [401, 404, 422].map((expected) => ({
      expected,
      fetch: readFetch({ path: LIST, status: expected, headers: { ratelimit: '"100-in-1min"; r=99; t=60' } }),
    })),
    unlisted: [
      unlistedPage('foreign', 'foreign', DISALLOWED),
      unlistedPage('lookalike', 'suffix', `${APP_ORIGIN}.evil.example`),
      unlistedPage('lookalike', 'prefix', 'https://eviltasks-app.vercel.app'),
      unlistedPage('null', 'null (sandboxed page)', 'null'),
    ],
    victims,
    listAfter: listing(
      'tenant A',
      victims.map(({ victim: { id, text } }) => task(Number(id), text)),
    ),
    rejectedTexts: ['audit-canary-1111111111111111', 'audit-canary-2222222222222222'],
  };
}

const OF_OTHERS = {
  'victims[*].': 'of judgePageWrites',
  listAfter: 'of judgePageWrites',
} as const;
examine(
  'judgeBrowserControl',
  judgeBrowserControl,
  browserEvidence,
  [
    [
      'a page has another origin than requested',
      ({ unlisted }) => nth(unlisted).controls.forEach((fetch) => (fetch.pageOrigin = APP_ORIGIN)),
      'inconclusive',
      'control-failed',
    ],
    [
      'a page without a network',
      ({ unlisted }) => nth(unlisted).controls.forEach((fetch) => (delete fetch.read, (fetch.blockedBecause = 'net::ERR_INTERNET_DISCONNECTED'))),
      'inconclusive',
      'control-failed',
    ],
    [
      'the permissive host is not readable from the app',
      ({ allowed }) => (delete nth(allowed.controls).read, (nth(allowed.controls).blockedBecause = 'MissingAllowOriginHeader')),
      'inconclusive',
      'control-failed',
    ],
    ['no control at one page', ({ unlisted }) => (nth(unlisted, 1).controls = []), 'inconclusive', 'control-missing'],
    [
      'one preflight is missing: something else responds to it',
      (evidence) => (evidence.preflightsSeenByControl = 4),
      'inconclusive',
      'preflights-missing',
    ],
    ['the host received no preflight: interception', (evidence) => (evidence.preflightsSeenByControl = 0), 'inconclusive', 'preflights-missing'],
    ['no page at a disallowed origin', (evidence) => (evidence.unlisted = []), 'not pass'],
  ],
  {
    ignores: {
      ...OF_OTHERS,
      'allowed.fetches[*]': 'of judgeAllowedOrigin',
      'readableErrors[*].fetch': 'of judgeReadableErrors',
      'unlisted[*].fetches[*]': 'of judgeUnlistedPages',
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
      ({ allowed }) => (delete nth(allowed.fetches).read, (nth(allowed.fetches).blockedBecause = 'MissingAllowOriginHeader')),
      'fail',
      'unreadable',
    ],
    [
      'a preflight is rejected',
      ({ allowed }) => (delete nth(allowed.fetches, 4).read, (nth(allowed.fetches, 4).blockedBecause = 'MethodDisallowedByPreflightResponse')),
      'fail',
      'unreadable',
    ],
    [
      'the network fails',
      ({ allowed }) => (delete nth(allowed.fetches, 2).read, (nth(allowed.fetches, 2).blockedBecause = 'net::ERR_NAME_NOT_RESOLVED')),
      'inconclusive',
      'no-answer',
    ],
    ['no reason is known', ({ allowed }) => delete nth(allowed.fetches, 2).read, 'inconclusive', 'no-answer'],
    ['a method returns 401', ({ allowed }) => (found(nth(allowed.fetches, 3).read).status = 401), 'fail', 'wrong-status'],
    ['a method returns 300', ({ allowed }) => (found(nth(allowed.fetches, 3).read).status = 300), 'fail', 'wrong-status'],
    ['a method returns 304', ({ allowed }) => (found(nth(allowed.fetches, 3).read).status = 304), 'fail', 'wrong-status'],
    ['a method is rate limited', ({ allowed }) => (found(nth(allowed.fetches, 3).read).status = 429), 'inconclusive', 'wrong-status'],
    ['a method returns 500', ({ allowed }) => (found(nth(allowed.fetches, 3).read).status = 500), 'inconclusive', 'wrong-status'],
    ['the browser reported no preflight', ({ allowed }) => delete nth(allowed.fetches, 5).preflight, 'inconclusive', 'preflight-unseen'],
    ['the page had another origin', ({ allowed }) => (nth(allowed.fetches, 1).pageOrigin = 'null'), 'inconclusive', 'wrong-page-origin'],
    ['the control failed', ({ allowed }) => delete nth(allowed.controls).read, 'inconclusive', 'control-failed'],
    ['no control was made', ({ allowed }) => (allowed.controls = []), 'inconclusive', 'control-missing'],
    ['nothing was fetched', ({ allowed }) => (allowed.fetches = []), 'inconclusive', 'nothing-observed'],
  ],
  {
    ignores: { ...OF_OTHERS, 'readableErrors[*].fetch': 'of judgeReadableErrors', 'unlisted[*].': 'of judgeUnlistedPages' },
  },
);

examine(
  'judgeReadableErrors',
  judgeReadableErrors,
  browserEvidence,
  [
    [
      'a 401 without CORS headers',
      ({ readableErrors }) => (delete nth(readableErrors).fetch.read, (nth(readableErrors).fetch.blockedBecause = 'MissingAllowOriginHeader')),
      'fail',
      'unreadable',
    ],
    ['403 without a token', ({ readableErrors }) => (found(nth(readableErrors).fetch.read).status = 403), 'pass'],
    ['403 for an unknown object', ({ readableErrors }) => (found(nth(readableErrors, 1).fetch.read).status = 403), 'fail', 'wrong-status'],
    [
      'the limit is not exposed',
      ({ readableErrors }) => delete found(nth(readableErrors, 1).fetch.read).headers['ratelimit'],
      'fail',
      'limit-not-exposed',
    ],
    [
      'a documented header of a creation is not exposed',
      ({ allowed }) => delete found(nth(allowed.fetches, 2).read).headers['location'],
      'fail',
      'header-not-exposed',
    ],
    [
      'the contract documents a header that this API does not send',
      ({ allowed, victims }) => (delete found(nth(allowed.fetches, 2).read).headers['location'], setHeader(nth(victims).victim.created, 'location')),
      'pass',
    ],
    ['400 instead of 422', ({ readableErrors }) => (found(nth(readableErrors, 2).fetch.read).status = 400), 'fail', 'wrong-status'],
    ['429 instead of 404', ({ readableErrors }) => (found(nth(readableErrors, 1).fetch.read).status = 429), 'inconclusive', 'wrong-status'],
    [
      'the network fails',
      ({ readableErrors }) => (delete nth(readableErrors).fetch.read, (nth(readableErrors).fetch.blockedBecause = 'net::ERR_FAILED')),
      'inconclusive',
      'no-answer',
    ],
    ['no request was sent', (evidence) => (evidence.readableErrors = []), 'inconclusive', 'nothing-tried'],
    ['one error is missing', ({ readableErrors }) => readableErrors.pop(), 'not pass'],
    [
      'the contract documents 400 for an invalid body',
      ({ readableErrors }) => ((nth(readableErrors, 2).expected = 400), (found(nth(readableErrors, 2).fetch.read).status = 400)),
      'pass',
    ],
    ['an error with an unrelated status', ({ readableErrors }) => (nth(readableErrors, 2).expected = 409), 'not pass'],
  ],
  { ignores: { ...OF_OTHERS, 'allowed.': 'of judgeAllowedOrigin', 'unlisted[*].': 'of judgeUnlistedPages' } },
);

for (const [group, index] of [
  ['foreign', 0],
  ['lookalike', 1],
  ['null', 3],
] as const) {
  const others = { foreign: [1, 2, 3], lookalike: [0, 3], null: [0, 1, 2] }[group];
  examine(
    `judgeUnlistedPages, ${group}`,
    (evidence: BrowserCorsEvidence) => judgeUnlistedPages(evidence, group),
    () => {
      const evidence = browserEvidence();
      // The other groups have their own tests.
      const victims = evidence.victims.slice({ foreign: 0, lookalike: 1, null: 2 }[group]).slice(0, 1);
      return { ...evidence, victims, unlisted: evidence.unlisted.filter((_, page) => !others.some((other) => other === page)) };
    },
    [
      [
        'the simple GET is readable',
        ({ unlisted }) => (nth(nth(unlisted).fetches).read = { status: 200, headers: {}, body: '{}' }),
        'fail',
        'readable',
      ],
      [
        'a 403 is readable: the header is there',
        ({ unlisted }) => (nth(nth(unlisted).fetches, 1).read = { status: 403, headers: {}, body: '{}' }),
        'fail',
        'readable',
      ],
      [
        'Access-Control-Allow-Origin: * makes it readable',
        ({ unlisted }) => (nth(nth(unlisted).fetches).read = { status: 200, headers: { 'access-control-allow-origin': '*' }, body: '{}' }),
        'fail',
        'readable',
      ],
      [
        'a DELETE left the browser, although the response was blocked',
        ({ unlisted }) => (nth(nth(unlisted).fetches, 5).requestLeft = true),
        'fail',
        'write-left-browser',
      ],
      [
        'the fetch failed because of the network',
        ({ unlisted }) => (nth(nth(unlisted).fetches, 2).blockedBecause = 'net::ERR_CONNECTION_REFUSED'),
        'inconclusive',
        'not-a-cors-error',
      ],
      [
        'Local Network Access blocked the fetch',
        ({ unlisted }) => (nth(nth(unlisted).fetches).blockedBecause = 'LocalNetworkAccessPermissionDenied'),
        'inconclusive',
        'not-a-cors-error',
      ],
      ['no reason is known', ({ unlisted }) => delete nth(nth(unlisted).fetches, 3).blockedBecause, 'inconclusive', 'not-a-cors-error'],
      ['the browser reported no preflight', ({ unlisted }) => delete nth(nth(unlisted).fetches, 4).preflight, 'inconclusive', 'response-unseen'],
      [
        'the browser reported no response to the preflight',
        ({ unlisted }) => (nth(nth(unlisted).fetches, 4).preflight = {}),
        'inconclusive',
        'response-unseen',
      ],
      [
        'the browser reported no response to the simple GET',
        ({ unlisted }) => delete nth(nth(unlisted).fetches).status,
        'inconclusive',
        'response-unseen',
      ],
      [
        'the preflight was rate limited',
        ({ unlisted }) => (nth(nth(unlisted).fetches, 4).preflight = { status: 429 }),
        'inconclusive',
        'rate-limited',
      ],
      ['the simple GET returned 500', ({ unlisted }) => (nth(nth(unlisted).fetches).status = 500), 'inconclusive', 'server-error'],
      ["the platform's edge responded", ({ unlisted }) => (nth(nth(unlisted).fetches, 2).edgeResponded = true), 'inconclusive', 'edge-fallback'],
      ['afterwards the API did not respond', ({ victims }) => removeResponse(nth(victims).after), 'inconclusive', 'control-failed'],
      [
        'afterwards the owner read another object',
        ({ victims }) => setBody(nth(victims).after, { title: 'other' }),
        'inconclusive',
        'control-failed',
      ],
      ['there was no object to attack', (evidence) => (evidence.victims = []), 'inconclusive', 'nothing-tried'],
      [
        'the page had the allowed origin',
        ({ unlisted }) => (nth(nth(unlisted).fetches, 4).pageOrigin = APP_ORIGIN),
        'inconclusive',
        'wrong-page-origin',
      ],
      ['the control at this origin failed', ({ unlisted }) => delete nth(nth(unlisted).controls).read, 'inconclusive', 'control-failed'],
      [
        'the control failed, and a write left',
        ({ unlisted }) => (delete nth(nth(unlisted).controls).read, (nth(nth(unlisted).fetches, 5).requestLeft = true)),
        'fail',
        'write-left-browser',
      ],
      ['no control was made', ({ unlisted }) => (nth(unlisted).controls = []), 'inconclusive', 'control-missing'],
      ['nothing was fetched', ({ unlisted }) => unlisted.forEach((page) => (page.fetches = [])), 'not pass'],
      ['there was no such page', (evidence) => (evidence.unlisted = []), 'inconclusive', 'nothing-observed'],
      ...(index === 1
        ? [
            [
              'nothing was fetched from one of two pages',
              ({ unlisted }: { unlisted: { fetches: unknown[] }[] }) => void (nth(unlisted).fetches = []),
              'not pass',
            ] as const,
          ]
        : []),
    ],
    {
      ignores: {
        'victims[*].victim.': 'of judgePageWrites',
        listAfter: 'of judgePageWrites',
        'allowed.': 'of judgeAllowedOrigin',
        'readableErrors[*].fetch': 'of judgeReadableErrors',
      },
    },
  );
}

/** The owner's read before the attack shows that the object exists. */
const CREATIONS = { 'victims[*].victim.created': 'of judgeReadableErrors' };

const PAGES = { 'allowed.': 'of judgeAllowedOrigin', 'readableErrors[*].fetch': 'of judgeReadableErrors', 'unlisted[*].': 'of judgeUnlistedPages' };

/** The same, but the browser sent every request, so a change may be due to one of them. */
function sentEvidence(): BrowserCorsEvidence {
  const evidence = browserEvidence();
  const send = (fetch: BrowserExchange): BrowserExchange => ({ ...fetch, requestLeft: true });
  return { ...evidence, unlisted: evidence.unlisted.map((page) => ({ ...page, fetches: page.fetches.map(send) })) };
}

examine(
  'judgePageWrites',
  judgePageWrites,
  sentEvidence,
  [
    ['the object is gone', ({ victims }) => setResponse(nth(victims).after, problem(404)), 'fail', 'object-changed'],
    ["another group's object is gone", ({ victims }) => setResponse(nth(victims, 2).after, problem(404)), 'fail', 'object-changed'],
    ['the object is changed', ({ victims }) => setBody(nth(victims).after, { completed: true }), 'fail', 'object-changed'],
    [
      'a rejected POST created an object',
      ({ listAfter, victims, rejectedTexts }) =>
        setResponse(listAfter, { body: { tasks: [...victims.map(({ victim }) => task(1, victim.text)), task(9, nth(rejectedTexts, 1))], total: 4 } }),
      'fail',
      'object-appeared',
    ],
    ['the list does not hold the object', ({ listAfter }) => setResponse(listAfter, { body: { tasks: [], total: 0 } }), 'not pass'],
    [
      'the owner could not read the object before',
      ({ victims }) => (setResponse(nth(victims).victim.before, problem(404)), setResponse(nth(victims).after, problem(404))),
      'inconclusive',
      'no-victim',
    ],
    ['the owner could not read', ({ victims }) => removeResponse(nth(victims).after), 'inconclusive', 'no-answer'],
    ['the owner was limited', ({ listAfter }) => setResponse(listAfter, problem(429)), 'inconclusive', 'rate-limited'],
    ['no POST was tried', (evidence) => (evidence.rejectedTexts = []), 'not pass'],
    ['there was no object to attack', (evidence) => (evidence.victims = []), 'inconclusive', 'nothing-observed'],
  ],
  { ignores: { ...PAGES, ...CREATIONS } },
);

examine(
  'judgePageWrites, where no write left the browser',
  judgePageWrites,
  browserEvidence,
  [
    ['the object is gone: another request did it', ({ victims }) => setResponse(nth(victims).after, problem(404)), 'inconclusive', 'object-changed'],
    [
      'the list does not hold the object',
      ({ listAfter }) => setResponse(listAfter, { body: { tasks: [], total: 0 } }),
      'inconclusive',
      'own-object-missing',
    ],
    [
      'a simple GET left, which changes nothing',
      ({ unlisted, victims }) => ((nth(nth(unlisted).fetches).requestLeft = true), setResponse(nth(victims).after, problem(404))),
      'inconclusive',
      'object-changed',
    ],
  ],
  { ignores: { ...PAGES, ...CREATIONS } },
);

/** Firefox reports no status of a preflight, and its own reason for a blocked response. */
function firefoxEvidence(): BrowserCorsEvidence {
  const evidence = browserEvidence();
  const pages = evidence.unlisted.filter(({ kind }) => ['foreign', 'null (sandboxed page)'].includes(kind));
  return {
    ...evidence,
    engine: 'firefox',
    version: 'Firefox 150.0',
    unlisted: pages.map((page) => ({
      ...page,
      fetches: page.fetches.map((fetch) =>
        fetch.preflight === undefined
          ? { ...fetch, blockedBecause: 'AnswerWithheld' }
          : { ...fetch, preflight: {}, blockedBecause: 'NS_ERROR_DOM_BAD_URI' },
      ),
    })),
  };
}

examine(
  'judgeOtherBrowser',
  judgeOtherBrowser,
  firefoxEvidence,
  [
    [
      'WebKit reports another reason',
      ({ unlisted }) =>
        (nth(nth(unlisted).fetches, 1).blockedBecause =
          'Origin https://foreign-site.example is not allowed by Access-Control-Allow-Origin. Status code: 403'),
      'pass',
    ],
    [
      'a page at a disallowed origin reads',
      ({ unlisted }) => (nth(nth(unlisted).fetches).read = { status: 200, headers: {}, body: '{}' }),
      'fail',
      'readable',
    ],
    [
      'a page without an origin reads',
      ({ unlisted }) => (nth(nth(unlisted, 1).fetches).read = { status: 200, headers: {}, body: '{}' }),
      'fail',
      'readable',
    ],
    ['a write left the browser', ({ unlisted }) => (nth(nth(unlisted).fetches, 5).requestLeft = true), 'fail', 'write-left-browser'],
    [
      'the host could not be reached',
      ({ unlisted }) => (nth(nth(unlisted).fetches, 2).blockedBecause = 'NS_ERROR_CONNECTION_REFUSED'),
      'inconclusive',
      'not-a-cors-error',
    ],
    ['no reason is known', ({ unlisted }) => delete nth(nth(unlisted).fetches, 2).blockedBecause, 'inconclusive', 'not-a-cors-error'],
    [
      "the app's page is blocked",
      ({ allowed }) => (delete nth(allowed.fetches, 1).read, (nth(allowed.fetches, 1).blockedBecause = 'NS_ERROR_DOM_BAD_URI')),
      'fail',
      'unreadable',
    ],
    [
      'an error is not readable',
      ({ readableErrors }) => (delete nth(readableErrors).fetch.read, (nth(readableErrors).fetch.blockedBecause = 'AnswerWithheld')),
      'fail',
      'unreadable',
    ],
    ['the permissive host received no preflight', (evidence) => (evidence.preflightsSeenByControl = 0), 'inconclusive', 'preflights-missing'],
    ['no page at a disallowed origin was opened', ({ unlisted }) => unlisted.shift(), 'inconclusive', 'nothing-observed'],
    ['no page without an origin was opened', ({ unlisted }) => unlisted.pop(), 'inconclusive', 'nothing-observed'],
    [
      'a write left the browser, and the object is gone',
      ({ unlisted, victims }) => ((nth(nth(unlisted).fetches, 5).requestLeft = true), setResponse(nth(victims).after, problem(404))),
      'fail',
      'object-changed',
    ],
  ],
  { ignores: CREATIONS },
);
