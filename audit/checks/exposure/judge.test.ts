import type { Exchange } from '../../model/exchange.ts';
import type { PathsEvidence } from './gather.ts';
import type { StatusClassesEvidence } from '../headers/gather.ts';
import type { ForcedErrorsEvidence } from './gather-errors.ts';
import { answers, exchange, examine, found, LIST, nth, problem, says, sends, silent, statusClasses } from '../../test/exchanges.ts';
import { judgeAbsent, judgeContractAbsent, judgeDocs, judgeErrors, judgeFiles } from './judge.ts';

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

type Others = { evidence: StatusClassesEvidence; others: Exchange[] };
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
