import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../model/exchange.ts';
import { withDeclared } from '../../model/verdict.ts';
import type { StatusClassesEvidence } from './gather.ts';
import { setResponse, exchange, examine, found, LIST, nth, problem, setHeader, removeResponse, statusClasses } from '../../test/exchanges.ts';
import { judgeHsts, judgePrivateResponses, judgeSecurityHeaders } from './judge.ts';

const [GOOD, LAST] = [0, 10];
examine('judgeHsts', judgeHsts, statusClasses, [
  ['missing on one status', ({ classes }) => setHeader(nth(classes, LAST).exchange, 'strict-transport-security'), 'fail', 'hsts-missing'],
  ['half a year', ({ classes }) => setHeader(nth(classes, GOOD).exchange, 'strict-transport-security', 'max-age=15768000'), 'fail', 'hsts-missing'],
  ['max-age is 0', ({ classes }) => setHeader(nth(classes, GOOD).exchange, 'strict-transport-security', 'max-age=0'), 'fail', 'hsts-missing'],
  [
    'a second less than a year',
    ({ classes }) => setHeader(nth(classes, GOOD).exchange, 'strict-transport-security', 'max-age=31535999'),
    'fail',
    'hsts-missing',
  ],
  ['no max-age', ({ classes }) => setHeader(nth(classes, GOOD).exchange, 'strict-transport-security', 'includeSubDomains'), 'fail', 'hsts-missing'],
  [
    'quotes, upper case and another order',
    ({ classes }) => setHeader(nth(classes, GOOD).exchange, 'strict-transport-security', 'includeSubDomains ; MAX-AGE="31536000"'),
    'pass',
  ],
  [
    'the first of two lines is short',
    ({ classes }) => setHeader(nth(classes, GOOD).exchange, 'strict-transport-security', 'max-age=60', 'max-age=31536000'),
    'fail',
    'hsts-missing',
  ],
  [
    'another directive that ends with max-age',
    ({ classes }) => setHeader(nth(classes, GOOD).exchange, 'strict-transport-security', 'x-max-age=31536000'),
    'fail',
    'hsts-missing',
  ],
  ['missing on the preflight', ({ classes }) => setHeader(nth(classes, 2).exchange, 'strict-transport-security'), 'fail', 'hsts-missing'],
  ['nothing was requested', (evidence) => (evidence.classes = []), 'inconclusive', 'nothing-observed'],
  ['413 was never reached', ({ classes }) => (found(nth(classes, 8).exchange.response).status = 400), 'not pass'],
]);

examine('judgeSecurityHeaders', judgeSecurityHeaders, statusClasses, [
  [
    'x-content-type-options is missing on one status',
    ({ classes }) => setHeader(nth(classes, LAST).exchange, 'x-content-type-options'),
    'fail',
    'nosniff-missing',
  ],
  ...(['content-security-policy', 'x-frame-options', 'referrer-policy'] as const).map(
    (name) =>
      [
        `${name} is missing on one status`,
        ({ classes }: { classes: { exchange: Exchange }[] }) => setHeader(nth(classes, LAST).exchange, name),
        'fail',
        'security-header-missing',
      ] as const,
  ),
  ['another value than nosniff', ({ classes }) => setHeader(nth(classes).exchange, 'x-content-type-options', 'sniff'), 'fail', 'nosniff-missing'],
  [
    'a policy that allows scripts',
    ({ classes }) => setHeader(nth(classes).exchange, 'content-security-policy', "default-src 'self';frame-ancestors 'none'"),
    'fail',
    'security-header-missing',
  ],
  [
    'a policy that allows framing',
    ({ classes }) => setHeader(nth(classes).exchange, 'content-security-policy', "default-src 'none'"),
    'fail',
    'security-header-missing',
  ],
  [
    'a policy that forbids by default and allows scripts',
    ({ classes }) => setHeader(nth(classes).exchange, 'content-security-policy', "default-src 'none';script-src *;frame-ancestors 'none'"),
    'fail',
    'security-header-missing',
  ],
  [
    "a host in addition to 'none', which makes browsers ignore 'none'",
    ({ classes }) => setHeader(nth(classes).exchange, 'content-security-policy', "default-src 'none' https:;frame-ancestors 'none'"),
    'fail',
    'security-header-missing',
  ],
  [
    'more directives that forbid, in another order',
    ({ classes }) =>
      setHeader(
        nth(classes).exchange,
        'content-security-policy',
        "frame-ancestors 'none'; base-uri 'none'; upgrade-insecure-requests; default-src 'none'",
      ),
    'pass',
  ],
  [
    'the whole URL to other sites over https',
    ({ classes }) => setHeader(nth(classes).exchange, 'referrer-policy', 'no-referrer-when-downgrade'),
    'fail',
    'security-header-missing',
  ],
  ['nosniff in upper case', ({ classes }) => setHeader(nth(classes).exchange, 'x-content-type-options', 'NoSniff'), 'pass'],
  [
    'an unknown referrer policy after a known one',
    ({ classes }) => setHeader(nth(classes).exchange, 'referrer-policy', 'no-referrer, future'),
    'pass',
  ],
  [
    'a weaker referrer policy after a known one',
    ({ classes }) => setHeader(nth(classes).exchange, 'referrer-policy', 'no-referrer, unsafe-url'),
    'fail',
    'security-header-missing',
  ],
  [
    'two policies, of which the second forbids everything',
    ({ classes }) => setHeader(nth(classes).exchange, 'content-security-policy', "default-src 'self'", "default-src 'NONE'; frame-ancestors 'none'"),
    'pass',
  ],
  ['framing by any page', ({ classes }) => setHeader(nth(classes).exchange, 'x-frame-options', 'ALLOWALL'), 'fail', 'security-header-missing'],
  [
    'the whole URL as referrer',
    ({ classes }) => setHeader(nth(classes).exchange, 'referrer-policy', 'unsafe-url'),
    'fail',
    'security-header-missing',
  ],
  ['nothing was requested', (evidence) => (evidence.classes = []), 'inconclusive', 'nothing-observed'],
]);

/** As some frameworks respond: in plain text, without Cache-Control. */
function preflightOf200(classes: readonly { exchange: Exchange; status: number }[]): Exchange {
  const preflight = nth(classes, 2);
  preflight.status = 200;
  setResponse(preflight.exchange, { status: 200, body: 'OK', headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': undefined } });
  return preflight.exchange;
}

examine('judgePrivateResponses', judgePrivateResponses, statusClasses, [
  [
    'a redirect without a body',
    ({ classes }) => {
      const moved = nth(classes, LAST);
      moved.status = 307;
      setResponse(moved.exchange, { status: 307, body: '', headers: { location: LIST, 'content-type': undefined, 'cache-control': undefined } });
    },
    'pass',
  ],
  ['public', ({ classes }) => setHeader(nth(classes, 1).exchange, 'cache-control', 'public, max-age=60'), 'fail', 'shared-cache-allowed'],
  ['s-maxage', ({ classes }) => setHeader(nth(classes, 1).exchange, 'cache-control', 'max-age=0, s-maxage=60'), 'fail', 'shared-cache-allowed'],
  ['s-maxage of 0', ({ classes }) => setHeader(nth(classes, 1).exchange, 'cache-control', 'max-age=0, s-maxage=0'), 'fail', 'no-store-missing'],
  [
    'public, to a caller without a token',
    ({ classes }) => ((nth(classes).exchange.actor = 'anonymous'), setHeader(nth(classes).exchange, 'cache-control', 'public, max-age=60')),
    'fail',
    'no-store-missing',
  ],
  [
    'no-store on the second line',
    ({ classes }) => setHeader(nth(classes, 1).exchange, 'cache-control', 'Private="Set-Cookie, public", Max-Age="0"', 'No-Store'),
    'pass',
  ],
  [
    'no-store in a quoted value only',
    ({ classes }) => setHeader(nth(classes, 1).exchange, 'cache-control', 'x="a, no-store"'),
    'fail',
    'no-store-missing',
  ],
  ['a type in another case', ({ classes }) => setHeader(nth(classes).exchange, 'content-type', 'Application/JSON; Charset="utf-8"'), 'pass'],
  ['only private', ({ classes }) => setHeader(nth(classes, 1).exchange, 'cache-control', 'private'), 'fail', 'no-store-missing'],
  ['no Cache-Control on an error', ({ classes }) => setHeader(nth(classes, LAST).exchange, 'cache-control'), 'fail', 'no-store-missing'],
  [
    'content delivery networks may store it',
    ({ classes }) => setHeader(nth(classes).exchange, 'cdn-cache-control', 'max-age=60'),
    'fail',
    'shared-cache-allowed',
  ],
  ['content delivery networks must not store it', ({ classes }) => setHeader(nth(classes).exchange, 'cdn-cache-control', 'no-store'), 'pass'],
  ['a cookie', ({ classes }) => setHeader(nth(classes, LAST).exchange, 'set-cookie', 'session=1'), 'fail', 'cookie-set'],
  ['an error typed as JSON', ({ classes }) => setHeader(nth(classes, LAST).exchange, 'content-type', 'application/json'), 'fail', 'not-a-problem'],
  ['a success typed as text', ({ classes }) => setHeader(nth(classes).exchange, 'content-type', 'text/plain'), 'fail', 'wrong-type'],
  ['204 without Cache-Control, which has no body to store', ({ classes }) => setHeader(nth(classes, 2).exchange, 'cache-control'), 'pass'],
  ['a preflight of 200 in plain text', ({ classes }) => preflightOf200(classes), 'pass'],
  ['a preflight of 200 that sets a cookie', ({ classes }) => setHeader(preflightOf200(classes), 'set-cookie', 'session=1'), 'fail', 'cookie-set'],
  ['204 with a type', ({ classes }) => setHeader(nth(classes, 2).exchange, 'content-type', 'text/plain'), 'fail', 'wrong-type'],
  ['nothing was requested', (evidence) => (evidence.classes = []), 'inconclusive', 'nothing-observed'],
]);

type Others = { evidence: StatusClassesEvidence; others: Exchange[] };
const EVERYWHERE = [
  ['judgeHsts', judgeHsts, 'strict-transport-security'],
  ['judgeSecurityHeaders', judgeSecurityHeaders, 'x-content-type-options'],
  ['judgePrivateResponses', judgePrivateResponses, 'cache-control'],
] as const;
for (const [name, judge, header] of EVERYWHERE) {
  examine(
    `${name}, every other response`,
    ({ evidence, others }: Others) => judge(evidence, others),
    (): Others => ({
      evidence: statusClasses(),
      others: [exchange({ path: '/livez' }), exchange({ path: '/health' }, { status: 500, body: {} }), exchange({ path: LIST }, problem(429))],
    }),
    [
      ['missing on one of them', ({ others }) => setHeader(nth(others, 2), header), 'fail'],
      ['one of them got no response', ({ others }) => removeResponse(nth(others)), 'inconclusive', 'no-answer'],
      ['only other responses', ({ evidence }) => (evidence.classes = []), 'inconclusive', 'nothing-observed'],
    ],
  );
}

test('an error without a body, of the HTTP server, needs neither nosniff nor a type nor no-store', () => {
  const evidence = statusClasses();
  const bare = nth(evidence.classes, LAST).exchange;
  setResponse(bare, { status: 431, body: '' });
  for (const name of ['x-content-type-options', 'content-type', 'cache-control']) setHeader(bare, name);
  for (const judge of [judgeSecurityHeaders, judgePrivateResponses]) {
    const { observations } = judge(evidence);
    assert.deepEqual(
      observations.filter(({ outcome, policy }) => outcome === 'fail' && policy === undefined),
      [],
    );
  }
});

test('requires only nosniff where the policy security-headers is not declared', () => {
  const evidence = statusClasses();
  for (const { exchange: each } of evidence.classes)
    for (const name of ['content-security-policy', 'x-frame-options', 'referrer-policy']) setHeader(each, name);
  const outcomeOf = (...declared: 'security-headers'[]): string => withDeclared(new Set(declared), judgeSecurityHeaders(evidence)).outcome;
  assert.deepEqual([outcomeOf('security-headers'), outcomeOf()], ['fail', 'pass']);
  setHeader(nth(evidence.classes).exchange, 'x-content-type-options');
  assert.equal(outcomeOf(), 'fail');
});
