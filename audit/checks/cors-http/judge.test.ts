import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../model/exchange.ts';
import type { StatusClassesEvidence } from '../headers/gather.ts';
import type { HttpCorsEvidence } from './gather.ts';
import {
  setResponse,
  API,
  APP_ORIGIN,
  attacked,
  exchange,
  examine,
  found,
  LIST,
  listing,
  nth,
  problem,
  reading,
  setBody,
  setHeader,
  removeResponse,
  statusClasses,
  task,
} from '../../test/exchanges.ts';
import { type Policy, policyIds } from '../../model/policy.ts';
import { withDeclared } from '../../model/verdict.ts';
import { judgeCorsOnEveryStatus, judgeListedOrigins, judgeVary, judgePreflight, judgeUnlistedOrigins, judgeUnlistedWrites } from './judge.ts';

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
const DISALLOWED = 'https://foreign-site.example';
const SECOND_ORIGIN = 'https://admin.example.org';
const PAGE = { 'content-type': 'text/html; charset=utf-8' };

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

function httpEvidence(): HttpCorsEvidence {
  const victim = attacked(1, 'audit-canary-aaaaaaaaaaaaaaaa');
  const rejected = (purpose: string, method = 'GET'): Exchange => exchange({ method, path: LIST, actor: 'tenant B', purpose }, problem(403));
  return {
    appOrigin: APP_ORIGIN,
    listed: [
      {
        origin: APP_ORIGIN,
        get: exchange(
          { path: LIST, purpose: 'GET from the listed app' },
          { body: { tasks: [] }, headers: { 'access-control-allow-origin': APP_ORIGIN } },
        ),
        preflight: preflight('DELETE', APP_ORIGIN),
      },
    ],
    neededHeaders: ['authorization', 'content-type'],
    preflights: METHODS.map((method) => ({ method, exchange: preflight(method, APP_ORIGIN) })),
    excessivePreflight: preflight('TRACE', APP_ORIGIN),
    privateNetwork: preflight('GET', APP_ORIGIN, 'preflight for a private network'),
    unlisted: [DISALLOWED, 'null', `${APP_ORIGIN}/`].map((origin) => ({
      kind: `like ${origin}`,
      origin,
      get: rejected('GET'),
      preflight: preflight('DELETE', origin),
    })),
    twoOrigins: rejected('two Origin headers'),
    everyOperation: ['listTags', 'createTag'].map((operation) => ({
      operation,
      endpoint: `GET /api/v1/tags`,
      exchange: rejected(`${operation} from a disallowed origin`),
      preflight: preflight('GET', DISALLOWED, `preflight for ${operation} from a disallowed origin`),
    })),
    simpleWrites: ['tasks', 'tags'].map((column) => ({
      row: 'JSON as text/plain',
      column,
      exchange: exchange({ method: 'POST', path: LIST, actor: 'tenant A', purpose: 'JSON as text/plain' }, problem(415)),
    })),
    inUpperCase: [exchange({ method: 'POST', path: LIST.toUpperCase(), actor: 'tenant A', purpose: 'POST in upper case' }, problem(403))],
    creations: ['application/json', 'text/plain'].map((type) => rejected(`POST from a disallowed origin as ${type}`, 'POST')),
    victims: [{ name: 'tasks', victim, after: reading(victim), listAfter: listing('tenant A', [task(1, victim.text)]) }],
    rejectedText: 'audit-canary-1111111111111111',
  };
}

const OF_OTHERS = {
  'victims[*].': 'of judgeUnlistedWrites',
} as const;
const NOT_PREFLIGHTS = {
  'listed[*].': 'of judgeListedOrigins',
  'unlisted[*].': 'of judgeUnlistedOrigins',
  twoOrigins: 'of judgeUnlistedOrigins',
  'creations[*]': 'of judgeUnlistedWrites',
  'simpleWrites[*].': 'of judgeUnlistedWrites',
  'inUpperCase[*]': 'of judgeUnlistedWrites',
  'everyOperation[*].': 'of judgeUnlistedOrigins and judgeUnlistedWrites',
  ...OF_OTHERS,
} as const;
const allow = (name: string): string => `access-control-${name}`;

examine(
  'judgePreflight',
  judgePreflight,
  httpEvidence,
  [
    [
      'credentials are allowed for the exact origin of the app',
      ({ preflights }) => setHeader(nth(preflights).exchange, allow('allow-credentials'), 'true'),
      'pass',
    ],
    [
      'credentials are allowed for a disallowed origin',
      ({ unlisted }) => {
        const { origin, preflight } = nth(unlisted);
        setHeader(preflight, allow('allow-origin'), origin);
        setHeader(preflight, allow('allow-credentials'), 'true');
      },
      'fail',
      'credentials-allowed',
    ],
    [
      'Access-Control-Allow-Origin: *',
      ({ preflights }) => setHeader(nth(preflights).exchange, allow('allow-origin'), '*'),
      'fail',
      'origin-not-exact',
    ],
    ['no Access-Control-Allow-Origin', ({ preflights }) => setHeader(nth(preflights, 4).exchange, allow('allow-origin')), 'fail', 'origin-not-exact'],
    [
      'two values',
      ({ preflights }) => setHeader(nth(preflights).exchange, allow('allow-origin'), APP_ORIGIN, APP_ORIGIN),
      'fail',
      'origin-not-exact',
    ],
    ['another origin', ({ preflights }) => setHeader(nth(preflights).exchange, allow('allow-origin'), DISALLOWED), 'fail', 'origin-not-exact'],
    [
      'a method is not allowed',
      ({ preflights }) => setHeader(nth(preflights, 4).exchange, allow('allow-methods'), 'GET, POST'),
      'fail',
      'method-not-allowed',
    ],
    [
      'methods are an asterisk',
      ({ preflights }) => setHeader(nth(preflights, 4).exchange, allow('allow-methods'), '*'),
      'fail',
      'method-not-allowed',
    ],
    [
      'Authorization is not allowed',
      ({ preflights }) => setHeader(nth(preflights).exchange, allow('allow-headers'), 'content-type'),
      'fail',
      'header-not-allowed',
    ],
    ['headers are an asterisk', ({ preflights }) => setHeader(nth(preflights).exchange, allow('allow-headers'), '*'), 'fail', 'header-not-allowed'],
    ['the preflight requires a token', ({ preflights }) => setResponse(nth(preflights).exchange, problem(401)), 'fail', 'preflight-rejected'],
    ['200 instead of 204', ({ preflights }) => (found(nth(preflights).exchange.response).status = 200), 'pass'],
    ['404 with every header', ({ preflights }) => (found(nth(preflights).exchange.response).status = 404), 'fail', 'preflight-rejected'],
    ['cached for a day', ({ preflights }) => setHeader(nth(preflights).exchange, allow('max-age'), '86400'), 'pass'],
    ['cached for a day and a second', ({ preflights }) => setHeader(nth(preflights).exchange, allow('max-age'), '86401'), 'fail', 'max-age-too-long'],
    ['cached for two days', ({ preflights }) => setHeader(nth(preflights).exchange, allow('max-age'), '172800'), 'fail', 'max-age-too-long'],
    [
      'a Max-Age that is not a number',
      ({ preflights }) => setHeader(nth(preflights).exchange, allow('max-age'), 'forever'),
      'fail',
      'max-age-too-long',
    ],
    [
      'TRACE is allowed',
      ({ excessivePreflight }) => setHeader(excessivePreflight, allow('allow-methods'), 'GET, TRACE'),
      'fail',
      'preflight-too-generous',
    ],
    [
      'unknown headers are reflected',
      ({ excessivePreflight }) => setHeader(excessivePreflight, allow('allow-headers'), 'authorization,X-Evil'),
      'fail',
      'preflight-too-generous',
    ],
    [
      'every method is allowed for the excessive preflight',
      ({ excessivePreflight }) => setHeader(excessivePreflight, allow('allow-methods'), '*'),
      'fail',
      'preflight-too-generous',
    ],
    [
      'private networks are allowed',
      ({ privateNetwork }) => setHeader(privateNetwork, allow('allow-private-network'), 'true'),
      'fail',
      'private-network',
    ],
    [
      'private network access is allowed without a request',
      ({ excessivePreflight }) => setHeader(excessivePreflight, allow('allow-private-network'), 'true'),
      'fail',
      'private-network',
    ],
    ['a preflight for a private network is rejected as a whole', ({ privateNetwork }) => setResponse(privateNetwork, problem(400)), 'pass'],
    ['the preflight was limited', ({ preflights }) => setResponse(nth(preflights).exchange, problem(429)), 'fail', 'preflight-counted'],
    ['no preflight was sent', (evidence) => (evidence.preflights = []), 'not pass'],
  ],
  { ignores: NOT_PREFLIGHTS },
);

examine(
  'judgeUnlistedOrigins',
  judgeUnlistedOrigins,
  httpEvidence,
  [
    [
      'another operation allows a disallowed origin',
      ({ everyOperation }) => setHeader(nth(everyOperation).preflight, allow('allow-origin'), DISALLOWED),
      'fail',
      'origin-allowed',
    ],
    ['Access-Control-Allow-Origin: * on a GET', ({ unlisted }) => setHeader(nth(unlisted).get, allow('allow-origin'), '*'), 'fail', 'origin-allowed'],
    ['the origin is reflected', ({ unlisted }) => setHeader(nth(unlisted, 1).get, allow('allow-origin'), 'null'), 'fail', 'origin-allowed'],
    [
      "a disallowed origin gets the app's origin",
      ({ unlisted }) => setHeader(nth(unlisted).get, allow('allow-origin'), APP_ORIGIN),
      'fail',
      'origin-allowed',
    ],
    [
      'the preflight gets permission',
      ({ unlisted }) => setHeader(nth(unlisted, 2).preflight, allow('allow-origin'), `${APP_ORIGIN}/`),
      'fail',
      'origin-allowed',
    ],
    [
      'the handler ran: 200 without permission',
      ({ unlisted }) => setResponse(nth(unlisted).get, { body: { tasks: [] } }),
      'fail',
      'origin-not-rejected',
    ],
    ['a disallowed origin causes a server error', ({ unlisted }) => setResponse(nth(unlisted).get, problem(500)), 'fail', 'origin-breaks-api'],
    ['two origins cause a server error', ({ twoOrigins }) => setResponse(twoOrigins, problem(500)), 'fail', 'origin-breaks-api'],
    ['401 instead of 403', ({ unlisted }) => setResponse(nth(unlisted).get, problem(401)), 'fail', 'origin-not-rejected'],
    ['404 on a wrong path instead of 403', ({ unlisted }) => setResponse(nth(unlisted).get, problem(404)), 'fail', 'origin-not-rejected'],
    ['two Origin headers get permission', ({ twoOrigins }) => setHeader(twoOrigins, allow('allow-origin'), APP_ORIGIN), 'fail', 'origin-allowed'],
    ['two Origin headers reach the handler', ({ twoOrigins }) => setResponse(twoOrigins, { body: { tasks: [] } }), 'fail', 'origin-not-rejected'],
    [
      'every request failed',
      ({ unlisted, twoOrigins }) => [...unlisted.flatMap(({ get, preflight: each }) => [get, each]), twoOrigins].forEach(removeResponse),
      'inconclusive',
      'no-answer',
    ],
    [
      'a failing API that gives permission',
      ({ unlisted }) => (setResponse(nth(unlisted).get, problem(500)), setHeader(nth(unlisted).get, allow('allow-origin'), '*')),
      'fail',
      'origin-allowed',
    ],
    ['no origin was tried', (evidence) => (evidence.unlisted = []), 'not pass'],
    [
      'a firewall returns an HTML page with 403',
      ({ unlisted }) => unlisted.forEach(({ get }) => setResponse(get, { status: 403, body: '<h1>Forbidden</h1>', headers: PAGE })),
      'inconclusive',
      'html-answer',
    ],
  ],
  {
    ignores: {
      'listed[*].': 'of judgeListedOrigins',
      'preflights[*].exchange': 'of judgePreflight',
      excessivePreflight: 'of judgePreflight',
      privateNetwork: 'of judgePreflight',
      'creations[*]': 'of judgeUnlistedWrites',
      'simpleWrites[*].': 'of judgeUnlistedWrites',
      'inUpperCase[*]': 'of judgeUnlistedWrites',
      'everyOperation[*].exchange': 'of judgeUnlistedWrites',
      ...OF_OTHERS,
    },
  },
);

examine(
  'judgeUnlistedWrites',
  judgeUnlistedWrites,
  httpEvidence,
  [
    [
      'JSON as text is parsed',
      ({ simpleWrites }) => {
        const cell = nth(simpleWrites, 1);
        assert.ok('exchange' in cell);
        setResponse(cell.exchange, { status: 201, body: task(2, 'x') });
      },
      'fail',
      'write-not-rejected',
    ],
    [
      'the path in upper case is served',
      ({ inUpperCase }) => setResponse(nth(inUpperCase), { status: 201, body: task(2, 'x') }),
      'fail',
      'write-not-rejected',
    ],
    [
      'another operation accepts a disallowed origin',
      ({ everyOperation }) => setResponse(found(nth(everyOperation, 1).exchange), { status: 201, body: {} }),
      'fail',
      'write-not-rejected',
    ],
    ['no form was tried', (evidence) => (evidence.simpleWrites = []), 'inconclusive', 'nothing-tried'],
    ['one operation was tried by preflight only', ({ everyOperation }) => void delete nth(everyOperation).exchange, 'pass'],
    [
      'every operation was tried by preflight only',
      ({ everyOperation }) => everyOperation.forEach((each) => delete each.exchange),
      'inconclusive',
      'nothing-tried',
    ],
    ['no other operation was tried', (evidence) => (evidence.everyOperation = []), 'inconclusive', 'nothing-tried'],
    [
      'a plain form was accepted',
      ({ creations }) => setResponse(nth(creations, 1), { status: 201, body: task(2, 'x') }),
      'fail',
      'write-not-rejected',
    ],
    [
      '415 instead of 403: the handler chain was entered',
      ({ creations }) => setResponse(nth(creations, 1), problem(415)),
      'fail',
      'write-not-rejected',
    ],
    [
      '403, and the object was created',
      ({ victims, rejectedText }) =>
        setResponse(nth(victims).listAfter, { body: { tasks: [task(1, nth(victims).victim.text), task(2, rejectedText)], total: 2 } }),
      'fail',
      'object-appeared',
    ],
    ['403, and the object is gone', ({ victims }) => setResponse(nth(victims).after, problem(404)), 'fail', 'object-changed'],
    ['403, and the object is changed', ({ victims }) => setBody(nth(victims).after, { title: 'changed' }), 'fail', 'object-changed'],
    ['every write failed', ({ creations }) => creations.forEach(removeResponse), 'inconclusive', 'no-answer'],
    [
      'the owner could not read the object before',
      ({ victims }) => setResponse(nth(victims).victim.before, problem(404)),
      'inconclusive',
      'no-victim',
    ],
    [
      'the creation had fewer fields than a read',
      ({ victims }) => setResponse(nth(victims).victim.created, { status: 201, body: { id: 1 } }),
      'pass',
    ],
    [
      'a property that varies between reads of an unchanged object',
      ({ victims }) => (nth(victims).victim.varying.push('served_at'), setBody(nth(victims).after, { served_at: '2026-11-20T08:00:09Z' })),
      'pass',
    ],
    ['no write was tried', (evidence) => (evidence.creations = []), 'not pass'],
  ],
  {
    ignores: {
      'victims[*].victim.created': "the owner's first read shows that the object exists",
      'listed[*].': 'of judgeListedOrigins',
      'preflights[*].exchange': 'of judgePreflight',
      excessivePreflight: 'of judgePreflight',
      privateNetwork: 'of judgePreflight',
      'unlisted[*].': 'of judgeUnlistedOrigins',
      twoOrigins: 'of judgeUnlistedOrigins',
      'everyOperation[*].preflight': 'of judgeUnlistedOrigins',
    },
  },
);

type Vary = { http: HttpCorsEvidence; classes: StatusClassesEvidence; others: Exchange[] };

examine(
  'judgeVary',
  ({ http, classes, others }: Vary) => judgeVary(http, classes, others),
  (): Vary => ({ http: httpEvidence(), classes: statusClasses(), others: [exchange({ path: '/health', actor: 'anonymous' })] }),
  [
    ['missing on one status', ({ classes }) => setHeader(nth(classes.classes, 5).exchange, 'vary'), 'fail', 'vary-missing'],
    ['only another header', ({ classes }) => setHeader(nth(classes.classes).exchange, 'vary', 'Accept-Encoding'), 'fail', 'vary-missing'],
    ['a header with the same start', ({ classes }) => setHeader(nth(classes.classes).exchange, 'vary', 'Original-Host'), 'fail', 'vary-missing'],
    ['with another header', ({ classes }) => setHeader(nth(classes.classes).exchange, 'vary', 'Accept-Encoding, origin'), 'pass'],
    ['missing for a disallowed origin', ({ http }) => setHeader(nth(http.unlisted).get, 'vary'), 'fail', 'vary-missing'],
    ['missing on a rejected preflight', ({ http }) => setHeader(nth(http.unlisted).preflight, 'vary'), 'fail', 'vary-missing'],
    ['missing on an allowed preflight', ({ http }) => setHeader(nth(http.preflights).exchange, 'vary'), 'fail', 'vary-missing'],
    ['missing without an Origin', ({ others }) => setHeader(nth(others), 'vary'), 'fail', 'vary-missing'],
    [
      'no request was sent',
      (evidence) => ((evidence.classes.classes = []), (evidence.http.unlisted = []), (evidence.http.preflights = []), (evidence.others = [])),
      'inconclusive',
      'nothing-observed',
    ],
    ['no response', ({ others }) => removeResponse(nth(others)), 'inconclusive', 'no-answer'],
  ],
  {
    ignores: {
      'http.listed[*].': 'of judgeListedOrigins',
      'http.excessivePreflight': 'of judgePreflight',
      'http.privateNetwork': 'of judgePreflight',
      'http.twoOrigins': 'of judgeUnlistedOrigins',
      'http.creations[*]': 'of judgeUnlistedWrites',
      'http.simpleWrites[*].': 'of judgeUnlistedWrites',
      'http.inUpperCase[*]': 'of judgeUnlistedWrites',
      'http.everyOperation[*].': 'of judgeUnlistedOrigins and judgeUnlistedWrites',
      'http.victims[*].': 'of judgeUnlistedWrites',
    },
  },
);

examine('judgeCorsOnEveryStatus', (evidence: StatusClassesEvidence) => judgeCorsOnEveryStatus(evidence, [APP_ORIGIN]), statusClasses, [
  [
    'Access-Control-Allow-Origin: * on one status',
    ({ classes }) => setHeader(nth(classes, 6).exchange, allow('allow-origin'), '*'),
    'fail',
    'policy-differs',
  ],
  ['missing on one error', ({ classes }) => setHeader(nth(classes, 10).exchange, allow('allow-origin')), 'fail', 'policy-differs'],
  ['sent twice', ({ classes }) => setHeader(nth(classes).exchange, allow('allow-origin'), APP_ORIGIN, APP_ORIGIN), 'fail', 'policy-differs'],
  [
    "a disallowed origin gets the app's origin",
    ({ classes }) => setHeader(nth(classes, 3).exchange, allow('allow-origin'), APP_ORIGIN),
    'fail',
    'policy-differs',
  ],
  ['Timing-Allow-Origin: *', ({ classes }) => setHeader(nth(classes).exchange, 'timing-allow-origin', '*'), 'fail', 'policy-differs'],
  ["the API's own origin", ({ classes }) => setHeader(nth(classes).exchange, allow('allow-origin'), API), 'fail', 'policy-differs'],
  ['no request was sent', (evidence) => (evidence.classes = []), 'inconclusive', 'nothing-observed'],
  ['a status that was not reached', ({ classes }) => (found(nth(classes, 8).exchange.response).status = 400), 'not pass'],
]);

type Everywhere = { evidence: StatusClassesEvidence; others: Exchange[] };
examine(
  'judgeCorsOnEveryStatus, every other response',
  ({ evidence, others }: Everywhere) => judgeCorsOnEveryStatus(evidence, [APP_ORIGIN, SECOND_ORIGIN], others, ['location', 'www-authenticate']),
  (): Everywhere => {
    const from = (...origins: string[]): Exchange =>
      exchange(
        { path: LIST, headers: origins.map((origin) => ['Origin', origin] as const) },
        { headers: origins.join() === APP_ORIGIN ? { 'access-control-allow-origin': APP_ORIGIN } : {} },
      );
    return { evidence: statusClasses(), others: [from(), from(APP_ORIGIN), from(DISALLOWED), from(APP_ORIGIN, DISALLOWED)] };
  },
  [
    ['a request without an origin gets an allowed one', ({ others }) => setHeader(nth(others), allow('allow-origin'), APP_ORIGIN), 'pass'],
    ['a request without an origin gets an asterisk', ({ others }) => setHeader(nth(others), allow('allow-origin'), '*'), 'fail', 'policy-differs'],
    ['the app gets no permission', ({ others }) => setHeader(nth(others, 1), allow('allow-origin')), 'fail', 'policy-differs'],
    [
      "a disallowed origin gets the app's origin",
      ({ others }) => setHeader(nth(others, 2), allow('allow-origin'), APP_ORIGIN),
      'fail',
      'policy-differs',
    ],
    ['a disallowed origin gets itself', ({ others }) => setHeader(nth(others, 2), allow('allow-origin'), DISALLOWED), 'fail', 'policy-differs'],
    [
      'a request with two origins gets the first',
      ({ others }) => setHeader(nth(others, 3), allow('allow-origin'), APP_ORIGIN),
      'fail',
      'policy-differs',
    ],
    ['no status class was checked', ({ evidence }) => (evidence.classes = []), 'inconclusive', 'nothing-observed'],
    ['a documented header is not exposed to the app', ({ others }) => setHeader(nth(others, 1), 'location', '/1'), 'fail', 'header-not-exposed'],
    [
      'it is exposed',
      ({ others }) => (setHeader(nth(others, 1), 'location', '/1'), setHeader(nth(others, 1), allow('expose-headers'), 'ETag, Location')),
      'pass',
    ],
    [
      'all are exposed',
      ({ others }) => (setHeader(nth(others, 1), 'location', '/1'), setHeader(nth(others, 1), allow('expose-headers'), '*')),
      'pass',
    ],
    ['one that the contract does not have', ({ others }) => setHeader(nth(others, 1), 'x-edge-id', '1'), 'pass'],
    ['one that is meant for the browser', ({ others }) => setHeader(nth(others, 1), 'www-authenticate', 'Bearer'), 'pass'],
    ['on a response to a disallowed origin', ({ others }) => setHeader(nth(others, 2), 'location', '/1'), 'pass'],
  ],
  { ignores: Object.fromEntries(['429', '503', 'HTML'].map((kind) => [`others[*]: ${kind}`, 'such a response gives no permission'])) },
);

examine(
  'judgeListedOrigins',
  ({ listed }: Pick<HttpCorsEvidence, 'listed'>) => judgeListedOrigins({ ...httpEvidence(), listed }),
  () => ({ listed: httpEvidence().listed }),
  [
    ['a listed origin is rejected', ({ listed }) => setResponse(nth(listed).get, problem(403)), 'fail'],
    [
      'another origin is allowed in its place',
      ({ listed }) => setHeader(nth(listed).get, 'access-control-allow-origin', DISALLOWED),
      'fail',
      'listed-origin-rejected',
    ],
    ['every origin is allowed', ({ listed }) => setHeader(nth(listed).get, 'access-control-allow-origin', '*'), 'fail', 'listed-origin-rejected'],
    ['its preflight is rejected', ({ listed }) => setResponse(nth(listed).preflight, problem(403)), 'fail', 'listed-origin-rejected'],
    ['nothing is listed', (evidence) => (evidence.listed = []), 'not pass'],
  ],
);

test('an asterisk, which allows a listed origin too, fails only where other origins must be rejected', () => {
  const evidence = httpEvidence();
  const exchanges = [...evidence.listed.flatMap(({ get, preflight }) => [get, preflight]), ...evidence.preflights.map((each) => each.exchange)];
  for (const each of exchanges) setHeader(each, 'access-control-allow-origin', '*');
  for (const verdict of [judgeListedOrigins(evidence), judgePreflight(evidence)]) {
    assert.equal(withDeclared(new Set<Policy>(policyIds), verdict).outcome, 'fail');
    const elsewhere = withDeclared(new Set(), verdict);
    assert.deepEqual(
      [elsewhere.outcome, elsewhere.observations.find(({ outcome }) => outcome === 'advice')?.policy],
      ['pass', 'other-origins-rejected'],
    );
  }
});
