import type { Exchange } from '../../model/exchange.ts';
import type { PathsEvidence } from './gather.ts';
import type { StatusClassesEvidence } from '../headers/gather.ts';
import type { ForcedErrorsEvidence } from './gather-errors.ts';
import {
  API,
  setResponse,
  exchange,
  examine,
  found,
  LIST,
  nth,
  problem,
  setBody,
  setHeader,
  removeResponse,
  statusClasses,
} from '../../test/exchanges.ts';
import { judgeAbsent, judgeContractAbsent, judgeDocs, judgeErrors } from './judge.ts';

const PAGE = { 'content-type': 'text/html; charset=utf-8' };

function absent(path: string): Exchange {
  return exchange({ path, actor: 'anonymous', purpose: 'a well-known path' }, problem(404));
}

/** The path with a slash at its end. */
function redirect(exchanges: readonly Exchange[], location?: string): void {
  setResponse(nth(exchanges, 1), { status: 308, body: '', headers: { location } });
}

function pathsEvidence(): PathsEvidence {
  return {
    controls: [absent('/audit-0123456789abcdef'), absent('/api/v1/audit-0123456789abcdef')],
    documentation: ['/docs', '/redoc'].map(absent),
    contract: ['/openapi.json', '/openapi.yaml'].map(absent),
  };
}

examine(
  'judgeAbsent',
  ({ control, exchanges }: { control: Exchange; exchanges: Exchange[] }) => judgeAbsent([control], exchanges, 'Absent.'),
  () => ({ control: absent('/never'), exchanges: [absent('/a'), absent('/a/')] }),
  [
    ['nothing was requested', (evidence) => (evidence.exchanges = []), 'inconclusive', 'nothing-observed'],
    [
      'every path returns 200, the random path included',
      ({ control, exchanges }) => [control, ...exchanges].forEach((each) => setResponse(each, { body: 'hello' })),
      'inconclusive',
      'control-failed',
    ],
    [
      'every path requires a token',
      ({ control, exchanges }) => [control, ...exchanges].forEach((each) => setResponse(each, problem(401))),
      'inconclusive',
      'control-failed',
    ],
    ['a path is redirected to the same path without a slash', (e) => redirect(e.exchanges, '/a'), 'pass'],
    ['the same, with the origin', (e) => redirect(e.exchanges, `${API}/a`), 'pass'],
    ['a path is redirected to a sign-in', (e) => redirect(e.exchanges, '/login'), 'fail', 'not-absent'],
    ['a path is redirected to one that is not requested', (e) => redirect(e.exchanges, '/b/'), 'fail', 'not-absent'],
    ['a redirect has no target', (e) => redirect(e.exchanges), 'fail', 'not-absent'],
    ['every path is limited', ({ control, exchanges }) => [control, ...exchanges].forEach((each) => setResponse(each, problem(429))), 'not pass'],
    [
      'every path returns a 404 of the edge',
      ({ control, exchanges }) =>
        [control, ...exchanges].forEach((each) => setResponse(each, { status: 404, headers: { 'x-railway-fallback': 'true' } })),
      'not pass',
    ],
    [
      'every path returns an HTML page with 404',
      ({ control, exchanges }) => [control, ...exchanges].forEach((each) => setResponse(each, { status: 404, body: '<h1>404</h1>', headers: PAGE })),
      'not pass',
    ],
    [
      'each response contains the requested path',
      ({ control, exchanges }) =>
        [control, ...exchanges].forEach((each) => setBody(each, { detail: `Nothing at ${new URL(each.request.url).pathname}.` })),
      'pass',
    ],
    [
      'request ids and times differ',
      ({ control, exchanges }) =>
        [control, ...exchanges].forEach((each, index) =>
          setBody(each, { request_id: `550e8400-e29b-41d4-a716-44665544000${index}`, time: `2026-11-20T08:00:0${index}Z` }),
        ),
      'pass',
    ],
  ],
);

const JUDGES = [
  ['judgeDocs', judgeDocs, 'documentation'],
  ['judgeContractAbsent', judgeContractAbsent, 'contract'],
] as const;
for (const [name, judge, part] of JUDGES) {
  examine(
    name,
    judge,
    pathsEvidence,
    [
      ['the path exists', (evidence) => setResponse(nth(evidence[part], 1), { body: { openapi: '3.1.0' } }), 'fail', 'not-absent'],
      [
        'the path returns an HTML page',
        (evidence) => setResponse(nth(evidence[part], 1), { body: '<!doctype html><title>Swagger UI</title>', headers: PAGE }),
        'fail',
        'not-absent',
      ],
      ['the path requires a token', (evidence) => setResponse(nth(evidence[part]), problem(401)), 'fail', 'not-absent'],
      ['the path is forbidden', (evidence) => setResponse(nth(evidence[part]), problem(403)), 'fail', 'not-absent'],
      ['the path redirects', (evidence) => setResponse(nth(evidence[part]), { status: 301, body: '' }), 'fail', 'not-absent'],
      ['another 404 than for a random path', (evidence) => setResponse(nth(evidence[part]), problem(404, {}, 'Hidden')), 'fail', 'not-absent'],
      [
        'another 404 below the base path, where the random path gets it too',
        ({ controls, [part]: paths }) => [nth(controls, 1), nth(paths)].forEach((each) => setResponse(each, problem(404, {}, 'Nothing here'))),
        'pass',
      ],
      ['the request was limited', (evidence) => setResponse(nth(evidence[part]), problem(429)), 'inconclusive', 'rate-limited'],
      ['no response', (evidence) => removeResponse(nth(evidence[part])), 'inconclusive', 'no-answer'],
      ['the random path got no response', ({ controls }) => removeResponse(nth(controls)), 'inconclusive'],
      ['the random path below the base path got no response', ({ controls }) => removeResponse(nth(controls, 1)), 'inconclusive'],
      ['nothing was requested', (evidence) => (evidence[part] = []), 'inconclusive', 'nothing-observed'],
    ],
    { ignores: Object.fromEntries(JUDGES.filter(([, , other]) => other !== part).map(([other, , key]) => [`${key}[*]`, `judged by ${other}`])) },
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
      byPolicy: [{ policy: 'strict-parameters', exchange: exchange({ path: LIST, purpose: 'a repeated parameter' }, problem(422)) }],
    },
    classes: statusClasses(),
  }),
  [
    ['bad input breaks the API', ({ forced }) => forced.forced.forEach((each) => setResponse(each, problem(500))), 'fail', 'server-error'],
    ['a repeated parameter is accepted', ({ forced }) => setResponse(nth(forced.byPolicy).exchange, { body: {} }), 'fail', 'bad-input-accepted'],
    ['bad input breaks the API once', ({ forced }) => setResponse(nth(forced.forced), problem(500)), 'inconclusive', 'server-error'],
    ['permitted input breaks the API', ({ forced }) => forced.permitted.forEach((each) => setResponse(each, problem(500))), 'fail', 'server-error'],
    [
      'a documented error is a 500 twice',
      ({ classes }) => {
        setResponse(nth(classes.classes, 8).exchange, problem(500));
        classes.classes.push(structuredClone(nth(classes.classes, 8)));
      },
      'fail',
      'server-error',
    ],
    [
      'a documented error is a 500 once',
      ({ classes }) => setResponse(nth(classes.classes, 8).exchange, problem(500)),
      'inconclusive',
      'server-error',
    ],
    [
      'the API rejects the app, which the checks of origins judge',
      ({ classes }) => classes.classes.forEach(({ exchange: each }) => setResponse(each, problem(403))),
      'inconclusive',
      'status-not-reached',
    ],
    [
      'the 404 of an unknown path contains the path',
      ({ classes }) => setBody(nth(classes.classes, 6).exchange, { detail: `There is nothing at ${LIST}.` }),
      'fail',
      'path-echoed',
    ],
    ['a problem contains the path as its instance', ({ classes }) => setBody(nth(classes.classes, 6).exchange, { instance: LIST }), 'pass'],
    [
      'permitted input is rejected without problem+json',
      ({ forced }) => setHeader(nth(forced.permitted, 1), 'content-type', 'application/json'),
      'fail',
      'not-a-problem',
    ],
    [
      'permitted input succeeds and shows internals',
      ({ forced }) => setResponse(nth(forced.permitted), { status: 201, body: { detail: 'at handler (/srv/api/tasks.js:12:7)' } }),
      'fail',
      'internals-shown',
    ],
    ['the contract forbids all input', ({ forced }) => (forced.permitted = []), 'pass'],
    [
      'the API accepts a disallowed origin, which the checks of origins judge',
      ({ classes }) => setResponse(found(classes.classes.find(({ kind }) => kind === 'disallowed origin')).exchange, {}),
      'inconclusive',
      'status-not-reached',
    ],
    ['bad input is accepted', ({ forced }) => setResponse(nth(forced.forced), { status: 201 }), 'fail', 'bad-input-accepted'],
    [
      'an error that is not a problem document',
      ({ forced }) => setHeader(nth(forced.forced), 'content-type', 'application/json'),
      'fail',
      'not-a-problem',
    ],
    ['a problem with another status', ({ forced }) => setBody(nth(forced.forced), { status: 400 }), 'fail', 'not-a-problem'],
    ...(
      [
        ['a stack trace', 'Error: boom\n    at handler (/srv/api/tasks.js:12:7)'],
        ['a Python traceback', 'Traceback (most recent call last):\n  File "/code/main.py", line 12, in read'],
        ['a Python parser message', 'JSON decode error: Expecting value'],
        ['a framework', 'FST_ERR_CTP_INVALID_JSON_BODY'],
        ['a Python library', 'pydantic_core: Input should be a valid string'],
        ['a file path', 'ENOENT: /app/dist/server.js'],
        ['a Windows path', String.raw`C:\\api\\server.js`],
        ['a package path', 'node_modules/express/lib/router'],
        ['SQL', 'select * from tasks where id = $1'],
        ['a SQL syntax error', 'syntax error at or near "or"'],
        ['a PostgreSQL error', 'invalid input syntax for type integer'],
        ['a driver', 'connect ECONNREFUSED 10.0.0.1:5432'],
        ['a library', 'ZodError: zod rejected it'],
        ['a private host', 'db.railway.internal'],
      ] as const
    ).map(
      ([what, detail]) =>
        [
          `it shows ${what}`,
          ({ forced }: { forced: { forced: Exchange[] } }) => setBody(nth(forced.forced), { detail }),
          'fail',
          'internals-shown',
        ] as const,
    ),
    [
      'it shows a missing relation',
      ({ forced }) => setBody(nth(forced.forced), { detail: 'relation "tasks" does not exist' }),
      'fail',
      'internals-shown',
    ],
    [
      'it shows a constraint',
      ({ forced }) => setBody(nth(forced.forced), { detail: 'duplicate key value violates unique constraint "tags_pkey"' }),
      'fail',
      'internals-shown',
    ],
    [
      'an HTML error page with a stack trace',
      ({ forced }) =>
        setResponse(nth(forced.forced), {
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
          setResponse(each, { status: 500, body: '<pre>Error: boom<br> at query (/srv/api/server.js:12:7)</pre>', headers: PAGE }),
        ),
      'fail',
    ],
    [
      'a documented error shows a library',
      ({ classes }) => setBody(nth(classes.classes, 6).exchange, { detail: 'jsonwebtoken: jwt malformed' }),
      'fail',
      'internals-shown',
    ],
    ['a header shows the framework', ({ forced }) => setHeader(nth(forced.forced), 'x-powered-by', 'Express'), 'fail', 'internals-shown'],
    ['a documented error has another status', ({ classes }) => setResponse(nth(classes.classes, 8).exchange, problem(400)), 'fail', 'wrong-status'],
    [
      'malformed JSON does not get problem+json',
      ({ classes }) => setHeader(nth(classes.classes, 4).exchange, 'content-type', 'application/json'),
      'fail',
      'not-a-problem',
    ],
    ['bad input got no response', ({ forced }) => removeResponse(nth(forced.forced)), 'inconclusive', 'no-answer'],
    ['bad input was limited', ({ forced }) => setResponse(nth(forced.forced), problem(429)), 'inconclusive', 'rate-limited'],
    ['nothing was requested', ({ forced, classes }) => ((forced.forced = []), (classes.classes = [])), 'inconclusive', 'nothing-tried'],
    ['no error was provoked', ({ forced }) => (forced.forced = []), 'not pass'],
  ],
  {
    ignores: Object.fromEntries(
      [0, 1, 2, 11].map(() => ['classes.classes[*].exchange', 'responses below 400 are not errors; the cases show that errors count']),
    ),
  },
);

type Others = { evidence: StatusClassesEvidence; others: Exchange[] };
examine(
  'judgeErrors, every other response',
  ({ evidence, others }: Others) =>
    judgeErrors({ forced: [exchange({ path: LIST, purpose: 'bad input' }, problem(422))], permitted: [], byPolicy: [] }, evidence, others),
  (): Others => ({
    evidence: statusClasses(),
    others: [exchange({}, { body: { detail: 'select one from many' } }), exchange({}, problem(404)), exchange({}, problem(503))],
  }),
  [
    [
      'one of them shows a driver',
      ({ others }) => setBody(nth(others, 2), { detail: 'connect ECONNREFUSED 10.0.0.1:5432' }),
      'fail',
      'internals-shown',
    ],
    [
      'one of them contains a forged host',
      ({ others }) => (
        (nth(others).request.headers = [['X-Forwarded-Host', 'forged-host.example']]),
        setResponse(nth(others), { body: { next: 'https://forged-host.example/' } })
      ),
      'fail',
      'internals-shown',
    ],
    [
      'an unprovoked error shows a library',
      ({ others }) => setResponse(nth(others, 1), { ...problem(400), body: { detail: 'kysely' } }),
      'fail',
      'internals-shown',
    ],
  ],
  {
    ignores: {
      'others[*]': 'only internals are a finding in a response that the check did not provoke',
      'evidence.classes[*].exchange': 'responses below 400 are not errors',
    },
  },
);
