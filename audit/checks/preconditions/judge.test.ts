import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Exchange } from '../../model/exchange.ts';
import { setResponse, exchange, examine, found, problem, setHeader } from '../../test/exchanges.ts';
import type { Gather } from '../check.ts';
import { judgeIdentity } from './judge.ts';
import { checkAccess } from './preconditions.ts';

const PROPERTIES = { status: ['ok', 'unhealthy'], database: ['connected', 'disconnected'], environment: [], timestamp: [] };

function health(): Exchange {
  const body = { status: 'ok', database: 'connected', environment: 'production', timestamp: '2026-11-20T08:00:00Z' };
  return exchange({ path: '/health', actor: 'anonymous', purpose: 'identify the API' }, { body });
}

examine('judgeIdentity', judgeIdentity, () => ({ properties: PROPERTIES, first: health(), ms: 5 }), [
  [
    'an unhealthy API is identified too',
    ({ first }) => setResponse(first, { status: 503, body: { status: 'unhealthy', database: 'disconnected' } }),
    'pass',
  ],
  ['JSON of another service', ({ first }) => setResponse(first, { body: { hello: 'world' } }), 'inconclusive', 'not-the-api'],
  ['JSON with a status alone', ({ first }) => setResponse(first, { body: { status: 'ok' } }), 'inconclusive', 'not-the-api'],
  ['health as text/plain', ({ first }) => setHeader(first, 'content-type', 'text/plain'), 'pass'],
  ['health as text/html', ({ first }) => setHeader(first, 'content-type', 'text/html'), 'pass'],
  ['an empty body', ({ first }) => setResponse(first, { body: '' }), 'inconclusive', 'not-the-api'],
  [
    'a redirect with an HTML body',
    ({ first }) =>
      setResponse(first, { status: 308, body: '<html>', headers: { location: 'https://www.example.com/', 'content-type': 'text/html' } }),
    'inconclusive',
    'redirected',
  ],
]);

test('judgeIdentity states the target of a redirect without its query, and the fix', () => {
  const summaryOf = (location: string): string => {
    const first = health();
    setResponse(first, { status: 302, body: '', headers: { location } });
    return judgeIdentity({ properties: PROPERTIES, first, ms: 5 }).summary;
  };
  assert.equal(
    summaryOf('https://www.example.com/login?state=secret#fragment'),
    'GET /health returned 302 and redirects to https://www.example.com/login. If that is the API, set AUDIT_API_URL to https://www.example.com.',
  );
  assert.equal(summaryOf('/health/'), 'GET /health returned 302 and redirects to https://api.example.com/health/. Correct the path in the contract.');
});

examine(
  'judgeIdentity with a broken health endpoint',
  judgeIdentity,
  () => ({
    properties: PROPERTIES,
    first: exchange({ path: '/health', actor: 'anonymous' }, problem(500)),
    ms: 5,
    challenged: exchange({ path: '/api/v1/tasks', actor: 'anonymous' }, problem(401)),
    absent: exchange({ path: '/audit-0123', actor: 'anonymous' }, problem(404)),
  }),
  [
    ['the private route returns 403', ({ challenged }) => setResponse(challenged, problem(403)), 'pass'],
    [
      'every path returns 403',
      ({ challenged, absent }) => [challenged, absent].forEach((each) => setResponse(each, problem(403))),
      'inconclusive',
      'server-error',
    ],
    ['the private route uses Basic authentication', ({ challenged }) => setHeader(challenged, 'www-authenticate', 'Basic'), 'pass'],
    ['the private route needs no credentials', ({ challenged }) => setResponse(challenged, { body: { tasks: [] } }), 'inconclusive', 'server-error'],
    ['the private route is broken too', ({ challenged }) => setResponse(challenged, problem(500)), 'inconclusive', 'server-error'],
  ],
  { ignores: { first: 'the private route identifies the API', absent: 'the challenge identifies the API' } },
);

examine(
  'judgeIdentity without documented health',
  judgeIdentity,
  () => ({
    properties: {},
    first: exchange({ path: '/health', actor: 'anonymous' }, { body: 'true' }),
    ms: 5,
    challenged: exchange({ path: '/api/tasks', actor: 'anonymous' }, { status: 401, body: { detail: 'Not authenticated' } }),
    absent: exchange({ path: '/audit-0123', actor: 'anonymous' }, { status: 404, body: { detail: 'Not Found' } }),
  }),
  [
    [
      'the private route returns 403',
      ({ challenged }) => setResponse(found(challenged), { status: 403, body: { detail: 'Not authenticated' } }),
      'pass',
    ],
    ['a random path requires credentials too', ({ absent }) => setResponse(found(absent), { status: 401, body: {} }), 'inconclusive', 'not-the-api'],
    [
      'the private route returns a page',
      ({ challenged }) => setResponse(found(challenged), { status: 401, body: '<html>' }),
      'inconclusive',
      'not-the-api',
    ],
    ['health redirects', ({ first }) => setResponse(first, { status: 302, body: '', headers: { location: '/login' } }), 'inconclusive', 'redirected'],
  ],
  { ignores: { first: 'nothing in it identifies the API', absent: 'only its status is compared' } },
);

test('checkAccess states where a path of the contract redirects to', async () => {
  const moved = exchange({ path: '/tasks' }, { status: 307, body: '', headers: { location: '/tasks/' } });
  const gather: Gather = ({ name }) => {
    assert.equal(name, 'credentials', 'nothing else is sent');
    return Promise.resolve([{ setting: 'AUDIT_TOKEN_A', exchange: moved }] as never);
  };
  const { outcome, summary } = await checkAccess(gather);
  assert.deepEqual(
    [outcome, summary],
    ['inconclusive', 'GET /tasks returned 307 and redirects to https://api.example.com/tasks/. Correct the path in the contract.'],
  );
});
