import type { Exchange } from '../../model/exchange.ts';
import type { PathsEvidence } from './gather.ts';
import type { ForcedErrorsEvidence, StatusClassesEvidence } from '../headers/gather.ts';
import { answers, exchange, examine, found, LIST, nth, problem, says, sends, silent, statusClasses } from '../../test/exchanges.ts';
import {
  judgeAbsent,
  judgeBanner,
  judgeContractAbsent,
  judgeDocs,
  judgeErrors,
  judgeFiles,
  judgeHsts,
  judgePrivateResponses,
  judgeSecurityHeaders,
} from './judge.ts';

const PAGE = { 'content-type': 'text/html; charset=utf-8' };

function absent(path: string): Exchange {
  return exchange({ path, actor: 'anonymous', purpose: 'a well-known path' }, problem(404));
}

function leaksEvidence(): PathsEvidence {
  return {
    control: absent('/audit-0123456789abcdef'),
    documentation: ['/docs', '/redoc'].map(absent),
    contract: ['/openapi.json', '/openapi.yaml'].map(absent),
    files: ['/.env', '/.git/HEAD', '/metrics'].map(absent),
  };
}

examine(
  'judgeAbsent',
  ({ control, exchanges }: { control: Exchange; exchanges: Exchange[] }) => judgeAbsent(control, exchanges, 'Absent.'),
  () => ({ control: absent('/never'), exchanges: [absent('/a'), absent('/b')] }),
  [
    ['nothing was asked for', (evidence) => (evidence.exchanges = []), 'inconclusive', 'nothing-observed'],
    [
      'the control is there: every path is',
      ({ control, exchanges }) => [control, ...exchanges].forEach((each) => answers(each, { body: 'hello' })),
      'inconclusive',
      'control-failed',
    ],
    [
      'every path asks for a token',
      ({ control, exchanges }) => [control, ...exchanges].forEach((each) => answers(each, problem(401))),
      'inconclusive',
      'control-failed',
    ],
    ['every path is limited', ({ control, exchanges }) => [control, ...exchanges].forEach((each) => answers(each, problem(429))), 'not pass'],
    [
      "every path is the edge's own 404",
      ({ control, exchanges }) =>
        [control, ...exchanges].forEach((each) => answers(each, { status: 404, headers: { 'x-railway-fallback': 'true' } })),
      'not pass',
    ],
    [
      'every path is an HTML page of 404',
      ({ control, exchanges }) => [control, ...exchanges].forEach((each) => answers(each, { status: 404, body: '<h1>404</h1>', headers: PAGE })),
      'not pass',
    ],
    [
      'each names the path that was asked for',
      ({ control, exchanges }) =>
        [control, ...exchanges].forEach((each) => says(each, { detail: `Nothing at ${new URL(each.request.url).pathname}.` })),
      'pass',
    ],
    [
      'request ids and times differ',
      ({ control, exchanges }) =>
        [control, ...exchanges].forEach((each, index) =>
          says(each, { request_id: `550e8400-e29b-41d4-a716-44665544000${index}`, time: `2026-11-20T08:00:0${index}Z` }),
        ),
      'pass',
    ],
  ],
);

const JUDGES = [
  ['judgeDocs', judgeDocs, 'documentation'],
  ['judgeContractAbsent', judgeContractAbsent, 'contract'],
  ['judgeFiles', judgeFiles, 'files'],
] as const;
for (const [name, judge, part] of JUDGES) {
  examine(
    name,
    judge,
    leaksEvidence,
    [
      ['it is there', (evidence) => answers(nth(evidence[part], 1), { body: { openapi: '3.1.0' } }), 'fail', 'something-there'],
      [
        'it is there as a page',
        (evidence) => answers(nth(evidence[part], 1), { body: '<!doctype html><title>Swagger UI</title>', headers: PAGE }),
        'fail',
        'something-there',
      ],
      ['it asks for a token: it is there', (evidence) => answers(nth(evidence[part]), problem(401)), 'fail', 'something-there'],
      ['it is forbidden: it is there', (evidence) => answers(nth(evidence[part]), problem(403)), 'fail', 'something-there'],
      ['it redirects', (evidence) => answers(nth(evidence[part]), { status: 301, body: '' }), 'fail', 'something-there'],
      ['another 404 than for an impossible path', (evidence) => answers(nth(evidence[part]), problem(404, {}, 'Hidden')), 'fail', 'something-there'],
      ['it was limited', (evidence) => answers(nth(evidence[part]), problem(429)), 'inconclusive', 'rate-limited'],
      ['no answer', (evidence) => silent(nth(evidence[part])), 'inconclusive', 'no-answer'],
      ['the control had no answer', ({ control }) => silent(control), 'inconclusive'],
      ['nothing was asked for', (evidence) => (evidence[part] = []), 'inconclusive', 'nothing-observed'],
    ],
    { ignores: Object.fromEntries(JUDGES.filter(([, , other]) => other !== part).map(([other, , key]) => [`${key}[*]`, `of ${other}`])) },
  );
}

/** A request that was repeated. */
function twice(purpose: string, first: Parameters<typeof exchange>[1], second: Parameters<typeof exchange>[1]): Exchange[] {
  const once = exchange({ path: LIST, purpose }, first);
  return [once, exchange({ path: LIST, purpose, retryOf: once.id }, second)];
}

type Errors = { forced: ForcedErrorsEvidence; classes: StatusClassesEvidence };
examine(
  'judgeErrors',
  ({ forced, classes }: Errors) => judgeErrors(forced, classes),
  (): Errors => ({
    forced: {
      forced: twice('bad input', problem(422), problem(400)),
      permitted: twice('odd input', { status: 201 }, problem(422)),
    },
    classes: statusClasses(),
  }),
  [
    ['bad input breaks the API', ({ forced }) => forced.forced.forEach((each) => answers(each, problem(500))), 'fail', 'server-error'],
    ['bad input breaks the API once, and not again', ({ forced }) => answers(nth(forced.forced), problem(500)), 'inconclusive', 'server-error'],
    [
      'what the contract permits breaks the API',
      ({ forced }) => forced.permitted.forEach((each) => answers(each, problem(500))),
      'fail',
      'server-error',
    ],
    [
      'an ordinary error is a failure, each time',
      ({ classes }) => {
        answers(nth(classes.classes, 8).exchange, problem(500));
        classes.classes.push(structuredClone(nth(classes.classes, 8)));
      },
      'fail',
      'server-error',
    ],
    ['an ordinary error is a failure once', ({ classes }) => answers(nth(classes.classes, 8).exchange, problem(500)), 'inconclusive', 'server-error'],
    [
      'the app itself is refused, which others must demand',
      ({ classes }) => classes.classes.forEach(({ exchange: each }) => answers(each, problem(403))),
      'inconclusive',
      'status-not-reached',
    ],
    [
      'an unknown path comes back in its answer',
      ({ classes }) => says(nth(classes.classes, 6).exchange, { detail: `There is nothing at ${LIST}.` }),
      'fail',
      'path-echoed',
    ],
    ['a problem names the path as its instance', ({ classes }) => says(nth(classes.classes, 6).exchange, { instance: LIST }), 'pass'],
    [
      'what the contract permits is refused as something else',
      ({ forced }) => sends(nth(forced.permitted, 1), 'content-type', 'application/json'),
      'fail',
      'not-a-problem',
    ],
    [
      'what the contract permits is taken, with a word of the inside',
      ({ forced }) => answers(nth(forced.permitted), { status: 201, body: { detail: 'at handler (/srv/api/tasks.js:12:7)' } }),
      'fail',
      'internals-shown',
    ],
    ['the contract forbids all of it', ({ forced }) => (forced.permitted = []), 'pass'],
    [
      'a foreign origin is not refused, which others must demand',
      ({ classes }) => answers(found(classes.classes.find(({ kind }) => kind === 'refused origin')).exchange, {}),
      'inconclusive',
      'status-not-reached',
    ],
    ['bad input is accepted', ({ forced }) => answers(nth(forced.forced), { status: 201 }), 'fail', 'bad-input-accepted'],
    ['an error that is no problem', ({ forced }) => sends(nth(forced.forced), 'content-type', 'application/json'), 'fail', 'not-a-problem'],
    ['an error that names another status', ({ forced }) => says(nth(forced.forced), { status: 400 }), 'fail', 'not-a-problem'],
    ...(
      [
        ['a stack trace', 'Error: boom\n    at handler (/srv/api/tasks.js:12:7)'],
        ['a traceback of Python', 'Traceback (most recent call last):\n  File "/code/main.py", line 12, in read'],
        ['what a parser of Python said', 'JSON decode error: Expecting value'],
        ['a framework', 'FST_ERR_CTP_INVALID_JSON_BODY'],
        ['a library of Python', 'pydantic_core: Input should be a valid string'],
        ['a file path', 'ENOENT: /app/dist/server.js'],
        ['a Windows path', String.raw`C:\\api\\server.js`],
        ['a package path', 'node_modules/express/lib/router'],
        ['SQL', 'select * from tasks where id = $1'],
        ['a syntax error of SQL', 'syntax error at or near "or"'],
        ['a value PostgreSQL refused', 'invalid input syntax for type integer'],
        ['a driver', 'connect ECONNREFUSED 10.0.0.1:5432'],
        ['a library', 'ZodError: zod refused it'],
        ['a private host', 'db.railway.internal'],
      ] as const
    ).map(
      ([what, detail]) =>
        [
          `it shows ${what}`,
          ({ forced }: { forced: { forced: Exchange[] } }) => says(nth(forced.forced), { detail }),
          'fail',
          'internals-shown',
        ] as const,
    ),
    [
      'it shows a missing relation',
      ({ forced }) => says(nth(forced.forced), { detail: 'relation "tasks" does not exist' }),
      'fail',
      'internals-shown',
    ],
    [
      'it shows a constraint',
      ({ forced }) => says(nth(forced.forced), { detail: 'duplicate key value violates unique constraint "tags_pkey"' }),
      'fail',
      'internals-shown',
    ],
    [
      'an HTML error page with a stack trace',
      ({ forced }) =>
        answers(nth(forced.forced), {
          status: 400,
          body: '<pre>SyntaxError: Unexpected token<br> at parse (/srv/api/server.js:12:7)</pre>',
          headers: PAGE,
        }),
      'fail',
      'internals-shown',
    ],
    [
      'the API fails with an HTML page',
      ({ forced }) =>
        forced.forced.forEach((each) =>
          answers(each, { status: 500, body: '<pre>Error: boom<br> at query (/srv/api/server.js:12:7)</pre>', headers: PAGE }),
        ),
      'fail',
    ],
    [
      'an ordinary error shows a driver',
      ({ classes }) => says(nth(classes.classes, 6).exchange, { detail: 'jsonwebtoken: jwt malformed' }),
      'fail',
      'internals-shown',
    ],
    ['a header shows the framework', ({ forced }) => sends(nth(forced.forced), 'x-powered-by', 'Express'), 'fail', 'internals-shown'],
    ['an ordinary error has another status', ({ classes }) => answers(nth(classes.classes, 8).exchange, problem(400)), 'fail', 'wrong-status'],
    [
      'malformed JSON is no problem',
      ({ classes }) => sends(nth(classes.classes, 4).exchange, 'content-type', 'application/json'),
      'fail',
      'not-a-problem',
    ],
    ['bad input had no answer', ({ forced }) => silent(nth(forced.forced)), 'inconclusive', 'no-answer'],
    ['bad input was limited', ({ forced }) => answers(nth(forced.forced), problem(429)), 'inconclusive', 'rate-limited'],
    ['nothing was asked for', ({ forced, classes }) => ((forced.forced = []), (classes.classes = [])), 'inconclusive', 'nothing-tried'],
    ['no error was provoked', ({ forced }) => (forced.forced = []), 'not pass'],
  ],
  {
    ignores: Object.fromEntries(
      [0, 1, 2, 11].map(() => ['classes.classes[*].exchange', 'answers below 400 are no errors; the cases show that the others count']),
    ),
  },
);

examine(
  'judgeBanner',
  ({ exchanges }: { exchanges: Exchange[] }) => judgeBanner(exchanges),
  () => ({ exchanges: statusClasses().classes.map((each) => each.exchange) }),
  [
    ['X-Powered-By', ({ exchanges }) => sends(nth(exchanges, 4), 'x-powered-by', 'Express'), 'fail', 'banner'],
    ['Server with a version', ({ exchanges }) => sends(nth(exchanges), 'server', 'nginx/1.25.3'), 'fail', 'banner'],
    ['Server with the framework', ({ exchanges }) => sends(nth(exchanges), 'server', 'Express'), 'fail', 'banner'],
    ['Server with that of Python', ({ exchanges }) => sends(nth(exchanges), 'server', 'uvicorn'), 'fail', 'banner'],
    ['Via with a version', ({ exchanges }) => sends(nth(exchanges), 'via', '1.1 cache-7 (Varnish/7.4)'), 'fail', 'banner'],
    ['Via with the protocol alone', ({ exchanges }) => sends(nth(exchanges), 'via', 'HTTP/1.1 vegur', '2.0 edge-1'), 'pass'],
    ['a version in a header of its own', ({ exchanges }) => sends(nth(exchanges), 'x-aspnet-version', '4.0.30319'), 'fail', 'banner'],
    ['the version of the interface', ({ exchanges }) => sends(nth(exchanges), 'x-api-version', '2'), 'pass'],
    ...(['railway-edge', 'cloudflare', 'Vercel', 'nginx', 'envoy'] as const).map(
      (name) =>
        [`${name}, the edge's name alone`, ({ exchanges }: { exchanges: Exchange[] }) => sends(nth(exchanges), 'server', name), 'pass'] as const,
    ),
    ['no answer', ({ exchanges }) => silent(nth(exchanges)), 'inconclusive', 'no-answer'],
    ['nothing was asked for', (evidence) => (evidence.exchanges = []), 'inconclusive', 'nothing-observed'],
  ],
  {
    ignores: Object.fromEntries(
      ['429', '503', 'HTML'].map((kind) => [`exchanges[*]: ${kind}`, 'an answer of any kind may name a framework, and this one does not']),
    ),
  },
);

const [GOOD, LAST] = [0, 10];
examine('judgeHsts', judgeHsts, statusClasses, [
  ['missing on one status', ({ classes }) => sends(nth(classes, LAST).exchange, 'strict-transport-security'), 'fail', 'hsts-missing'],
  ['half a year', ({ classes }) => sends(nth(classes, GOOD).exchange, 'strict-transport-security', 'max-age=15768000'), 'fail', 'hsts-missing'],
  ['switched off', ({ classes }) => sends(nth(classes, GOOD).exchange, 'strict-transport-security', 'max-age=0'), 'fail', 'hsts-missing'],
  [
    'a second less than a year',
    ({ classes }) => sends(nth(classes, GOOD).exchange, 'strict-transport-security', 'max-age=31535999'),
    'fail',
    'hsts-missing',
  ],
  ['no max-age', ({ classes }) => sends(nth(classes, GOOD).exchange, 'strict-transport-security', 'includeSubDomains'), 'fail', 'hsts-missing'],
  ['missing on the preflight', ({ classes }) => sends(nth(classes, 2).exchange, 'strict-transport-security'), 'fail', 'hsts-missing'],
  ['nothing was asked', (evidence) => (evidence.classes = []), 'inconclusive', 'nothing-observed'],
  ['413 was never reached', ({ classes }) => (found(nth(classes, 8).exchange.response).status = 400), 'not pass'],
]);

examine('judgeSecurityHeaders', judgeSecurityHeaders, statusClasses, [
  ...(['x-content-type-options', 'content-security-policy', 'x-frame-options', 'referrer-policy'] as const).map(
    (name) =>
      [
        `${name} is missing on one status`,
        ({ classes }: { classes: { exchange: Exchange }[] }) => sends(nth(classes, LAST).exchange, name),
        'fail',
        'security-header-missing',
      ] as const,
  ),
  [
    'nosniff with something else',
    ({ classes }) => sends(nth(classes).exchange, 'x-content-type-options', 'sniff'),
    'fail',
    'security-header-missing',
  ],
  [
    'a policy that allows scripts',
    ({ classes }) => sends(nth(classes).exchange, 'content-security-policy', "default-src 'self';frame-ancestors 'none'"),
    'fail',
    'security-header-missing',
  ],
  [
    'a policy that allows framing',
    ({ classes }) => sends(nth(classes).exchange, 'content-security-policy', "default-src 'none'"),
    'fail',
    'security-header-missing',
  ],
  [
    'a policy that forbids by default, and allows scripts',
    ({ classes }) => sends(nth(classes).exchange, 'content-security-policy', "default-src 'none';script-src *;frame-ancestors 'none'"),
    'fail',
    'security-header-missing',
  ],
  [
    "a host beside 'none', which makes it nothing",
    ({ classes }) => sends(nth(classes).exchange, 'content-security-policy', "default-src 'none' https:;frame-ancestors 'none'"),
    'fail',
    'security-header-missing',
  ],
  [
    'more that is forbidden, in another order',
    ({ classes }) =>
      sends(
        nth(classes).exchange,
        'content-security-policy',
        "frame-ancestors 'none'; base-uri 'none'; upgrade-insecure-requests; default-src 'none'",
      ),
    'pass',
  ],
  [
    'the whole URL to other sites over https',
    ({ classes }) => sends(nth(classes).exchange, 'referrer-policy', 'no-referrer-when-downgrade'),
    'fail',
    'security-header-missing',
  ],
  ['framing by anybody', ({ classes }) => sends(nth(classes).exchange, 'x-frame-options', 'ALLOWALL'), 'fail', 'security-header-missing'],
  ['the whole URL as referrer', ({ classes }) => sends(nth(classes).exchange, 'referrer-policy', 'unsafe-url'), 'fail', 'security-header-missing'],
  ['nothing was asked', (evidence) => (evidence.classes = []), 'inconclusive', 'nothing-observed'],
]);

/** As some frameworks answer it: in plain text, with nothing of caching. */
function preflightOf200(classes: readonly { exchange: Exchange; status: number }[]): Exchange {
  const preflight = nth(classes, 2);
  preflight.status = 200;
  answers(preflight.exchange, { status: 200, body: 'OK', headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': undefined } });
  return preflight.exchange;
}

examine('judgePrivateResponses', judgePrivateResponses, statusClasses, [
  ['storable', ({ classes }) => sends(nth(classes).exchange, 'cache-control', 'public, max-age=60'), 'fail', 'storable'],
  ['private alone', ({ classes }) => sends(nth(classes, 1).exchange, 'cache-control', 'private'), 'fail', 'storable'],
  ['no Cache-Control on an error', ({ classes }) => sends(nth(classes, LAST).exchange, 'cache-control'), 'fail', 'storable'],
  ['stored by a network', ({ classes }) => sends(nth(classes).exchange, 'cdn-cache-control', 'max-age=60'), 'fail', 'storable'],
  ['stored by no network', ({ classes }) => sends(nth(classes).exchange, 'cdn-cache-control', 'no-store'), 'pass'],
  ['a cookie', ({ classes }) => sends(nth(classes, LAST).exchange, 'set-cookie', 'session=1'), 'fail', 'storable'],
  ['an error typed as JSON', ({ classes }) => sends(nth(classes, LAST).exchange, 'content-type', 'application/json'), 'fail', 'storable'],
  ['a success typed as text', ({ classes }) => sends(nth(classes).exchange, 'content-type', 'text/plain'), 'fail', 'storable'],
  ['204 without Cache-Control: there is nothing to store', ({ classes }) => sends(nth(classes, 2).exchange, 'cache-control'), 'pass'],
  ['a preflight of 200 in plain text, which nobody reads', ({ classes }) => preflightOf200(classes), 'pass'],
  ['a preflight of 200 that sets a cookie', ({ classes }) => sends(preflightOf200(classes), 'set-cookie', 'session=1'), 'fail', 'storable'],
  ['204 with a type', ({ classes }) => sends(nth(classes, 2).exchange, 'content-type', 'text/plain'), 'fail', 'storable'],
  ['nothing was asked', (evidence) => (evidence.classes = []), 'inconclusive', 'nothing-observed'],
]);

type Others = { evidence: StatusClassesEvidence; others: Exchange[] };
const EVERYWHERE = [
  ['judgeHsts', judgeHsts, 'strict-transport-security'],
  ['judgeSecurityHeaders', judgeSecurityHeaders, 'x-content-type-options'],
  ['judgePrivateResponses', judgePrivateResponses, 'cache-control'],
] as const;
for (const [name, judge, header] of EVERYWHERE) {
  examine(
    `${name}, every other answer`,
    ({ evidence, others }: Others) => judge(evidence, others),
    (): Others => ({
      evidence: statusClasses(),
      others: [exchange({ path: '/livez' }), exchange({ path: '/health' }, { status: 500, body: {} }), exchange({ path: LIST }, problem(429))],
    }),
    [
      ['missing on one of them', ({ others }) => sends(nth(others, 2), header), 'fail'],
      ['one of them had no answer', ({ others }) => silent(nth(others)), 'inconclusive', 'no-answer'],
      ['others alone are not enough', ({ evidence }) => (evidence.classes = []), 'inconclusive', 'nothing-observed'],
    ],
  );
}

examine(
  'judgeErrors, every other answer',
  ({ evidence, others }: Others) =>
    judgeErrors({ forced: [exchange({ path: LIST, purpose: 'bad input' }, problem(422))], permitted: [] }, evidence, others),
  (): Others => ({
    evidence: statusClasses(),
    others: [exchange({}, { body: { detail: 'select one from many' } }), exchange({}, problem(404)), exchange({}, problem(503))],
  }),
  [
    ['one of them shows a driver', ({ others }) => says(nth(others, 2), { detail: 'connect ECONNREFUSED 10.0.0.1:5432' }), 'fail', 'internals-shown'],
    [
      'a forged host comes back',
      ({ others }) => (
        (nth(others).request.headers = [['X-Forwarded-Host', 'forged-host.example']]),
        answers(nth(others), { body: { next: 'https://forged-host.example/' } })
      ),
      'fail',
      'internals-shown',
    ],
    [
      'the least of them shows a driver',
      ({ others }) => answers(nth(others, 1), { ...problem(400), body: { detail: 'kysely' } }),
      'fail',
      'internals-shown',
    ],
  ],
  {
    ignores: {
      'others[*]': 'only what shows internals is wrong with an answer that nobody provoked',
      'evidence.classes[*].exchange': 'answers below 400 are no errors',
    },
  },
);
