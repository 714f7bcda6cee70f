import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import {
  attacked,
  API,
  APP_ORIGIN,
  examine,
  exchange,
  found,
  LIST,
  listing,
  nth,
  problem,
  reading,
  setHeader,
  setResponse,
  task,
} from '../../test/exchanges.ts';
import type { FromOrigin, OriginsEvidence } from './gather-origins.ts';
import { judgeOrigins } from './judge-origins.ts';
import { originClasses, originFamilies, senderOf } from './origin-families.ts';

const ALLOW = 'access-control-allow-origin';
const PREVIEW = 'https://tasks-app-git-main-audit.vercel.app';
const LOCAL = 'http://localhost:4200';
const MALFORMED = `${APP_ORIGIN}/`;

const from = (origin: string, sender: FromOrigin['sender'], method = 'GET', path = LIST): FromOrigin => ({
  sender,
  origin: [origin],
  exchange: exchange({ method, path, headers: [['Origin', origin]] }, problem(403)),
});

function allowedAt(method: string, requested: string): OriginsEvidence['twins'][number] {
  const headers = { [ALLOW]: APP_ORIGIN, 'access-control-allow-methods': 'GET, PUT, DELETE' };
  return { column: `${requested} ${LIST}`, requested, origin: APP_ORIGIN, exchange: exchange({ method, path: LIST }, { body: {}, headers }) };
}

function evidence(): OriginsEvidence {
  const victim = attacked(1, 'audit-canary-aaaaaaaaaaaaaaaa');
  return {
    allowed: [APP_ORIGIN],
    apiOrigin: API,
    cells: [
      { row: 'previews of the app', column: `GET ${LIST}`, request: from(PREVIEW, 'any page'), preflight: from(PREVIEW, 'any page', 'OPTIONS') },
      { row: 'development servers', column: `GET ${LIST}`, request: from(LOCAL, 'this device') },
      { row: 'other spellings of the app', column: `DELETE ${LIST}/{id}`, preflight: from(MALFORMED, 'no browser', 'OPTIONS') },
    ],
    twins: [allowedAt('GET', 'GET'), allowedAt('OPTIONS', 'DELETE')],
    victims: [{ victim, after: reading(victim), listAfter: listing('tenant A', [task(1, victim.text)]) }],
    rejectedText: 'audit-canary-1111111111111111',
  };
}

type Cells = { cells: readonly (OriginsEvidence['cells'][number] | { request?: { exchange: Exchange }; preflight?: { exchange: Exchange } })[] };

function requestOf({ cells }: Cells, index = 0): Exchange {
  const cell = nth(cells, index);
  assert.ok('request' in cell && cell.request);
  return cell.request.exchange;
}

function preflightOf({ cells }: Cells, index = 0): Exchange {
  const cell = nth(cells, index);
  assert.ok('preflight' in cell && cell.preflight);
  return cell.preflight.exchange;
}

examine(
  'judgeOrigins',
  judgeOrigins,
  evidence,
  [
    ['a preview is reflected', (all) => setHeader(requestOf(all), ALLOW, PREVIEW), 'fail', 'origin-allowed'],
    ['a preflight of a preview is reflected', (all) => setHeader(preflightOf(all), ALLOW, PREVIEW), 'fail', 'origin-allowed'],
    ['an asterisk', (all) => setHeader(requestOf(all), ALLOW, '*'), 'fail', 'origin-allowed'],
    ['a local server is allowed', (all) => setHeader(requestOf(all, 1), ALLOW, LOCAL), 'fail', 'local-origin-allowed'],
    ['a malformed origin is reflected', (all) => setHeader(preflightOf(all, 2), ALLOW, MALFORMED), 'fail', 'malformed-origin-allowed'],
    ['every response names the app, which grants others nothing', (all) => setHeader(requestOf(all), ALLOW, APP_ORIGIN), 'pass'],
    ['two values, which every browser rejects', (all) => setHeader(requestOf(all), ALLOW, PREVIEW, '*'), 'pass'],
    [
      'credentials and methods without an origin grant nothing',
      (all) => setHeader(requestOf(all), 'access-control-allow-credentials', 'true'),
      'pass',
    ],
    ['a request is served', (all) => setResponse(requestOf(all), { body: {} }), 'fail', 'origin-not-rejected'],
    ['a malformed origin gets 400', (all) => setResponse(preflightOf(all, 2), problem(400)), 'pass'],
    ['an origin that a page can have gets 400', (all) => setResponse(requestOf(all), problem(400)), 'fail', 'origin-not-rejected'],
    ['an origin causes an error', (all) => setResponse(requestOf(all), problem(500)), 'fail', 'origin-breaks-api'],
    ['the app is not allowed', ({ twins }) => setHeader(nth(twins).exchange, ALLOW), 'fail', 'allowed-origin-rejected'],
    ['the app gets a stored rejection', ({ twins }) => setResponse(nth(twins).exchange, problem(403)), 'fail', 'allowed-origin-rejected'],
    [
      'a preflight of the app lacks the method',
      ({ twins }) => setHeader(nth(twins, 1).exchange, 'access-control-allow-methods', 'GET'),
      'fail',
      'method-not-allowed',
    ],
    ['the object is changed', ({ victims }) => setResponse(nth(victims).after, problem(404)), 'fail', 'object-changed'],
    ['nothing was tried', (all) => (all.cells = []), 'inconclusive', 'nothing-tried'],
    ['no allowed origin was tried', (all) => (all.twins = []), 'inconclusive', 'nothing-tried'],
  ],
  { ignores: { 'victims[*].victim.created': "the owner's first read shows that the object exists" } },
);

describe('originFamilies', () => {
  test('has members for every family, and none that is allowed', () => {
    const allowed = [APP_ORIGIN, 'http://localhost:3000', 'https://www.tasks-app.vercel.app'] as const;
    const families = originFamilies(allowed, API);
    assert.deepEqual(
      families.map(({ name }) => name),
      originClasses.map(({ name }) => name),
    );
    for (const { name, members } of families)
      for (const values of members)
        assert.ok(values.length > 1 || !allowed.some((origin) => origin === values[0]), `${name} contains ${values.join()}`);
  });

  test('names previews as the platform of the app does', () => {
    const previewsOf = (app: string): readonly (string | undefined)[] =>
      found(originFamilies([app], API).find(({ name }) => name === 'previews of the app')).members.map(([origin]) => origin);
    assert.ok(previewsOf('https://shop.netlify.app').includes('https://deploy-preview-1--shop.netlify.app'));
    assert.ok(previewsOf('https://shop.pages.dev').includes('https://a1b2c3d4.shop.pages.dev'));
    assert.ok(previewsOf('https://app.example.org').includes('https://preview.app.example.org'));
  });

  test('distinguishes who can have an origin', () => {
    assert.equal(senderOf('opaque origins', ['null']), 'any page');
    assert.equal(senderOf('development servers', ['http://localhost:4200']), 'this device');
    assert.equal(senderOf('other spellings of the app', ['HTTPS://app.example']), 'no browser');
    assert.ok(originFamilies([APP_ORIGIN], API).every(({ members }) => isTried({ row: '', column: '', members })));
  });
});
