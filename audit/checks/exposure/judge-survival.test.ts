import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readContract } from '../../contract/contract.ts';
import type { Exchange } from '../../model/exchange.ts';
import { exchange, LIST, NOW, problem, removeResponse } from '../../test/exchanges.ts';
import { judgeSurvival } from './judge-survival.ts';

const contract = readContract('contract/openapi.json');
const JSON_TYPE = ['Content-Type', 'application/json'] as const;
const OWN = `${LIST}/7`;

const before = exchange({ path: '/health', actor: 'anonymous', at: NOW });
const health = (status: number, more: Partial<Exchange> = {}): Exchange => ({
  ...exchange({ path: '/health', actor: 'anonymous', at: NOW + 400 }, status < 500 ? { status } : problem(status)),
  ...more,
});
const silent = (from: Exchange, error: string): Exchange => {
  removeResponse(from);
  return { ...from, error };
};
const update = (): Exchange => exchange({ method: 'PUT', path: OWN, at: NOW + 100, headers: [JSON_TYPE], body: '{"title":"x"}' }, { status: 200 });

/** The verdict about an update without a response, and the controls after it. */
function verdictAfter(control: Exchange, again?: Exchange, earlier: readonly Exchange[] = [before]) {
  const stopped = silent(update(), 'socket hang up');
  const controls = [{ ...control, controlOf: [stopped.id] }, ...(again ? [{ ...again, controlOf: [stopped.id], retryOf: control.id }] : [])];
  return judgeSurvival([...earlier, stopped, ...controls], new Set([OWN]), contract);
}

describe('whether the API survives the requests of the audit', () => {
  test('passes where it responds after each failure, and where nothing failed', () => {
    assert.equal(verdictAfter(health(200)).outcome, 'pass');
    const { outcome, observations } = judgeSurvival([before], new Set(), contract);
    assert.deepEqual([outcome, observations.map(({ evidence }) => evidence)], ['pass', [[before.id]]]);
  });

  for (const [what, control] of Object.entries({
    'is silent': silent(health(200), 'ECONNREFUSED'),
    'returns 502': health(502),
    'returns 500': health(500),
  })) {
    test(`fails where health ${what} after a request, and states whether it recovers`, () => {
      const { outcome, code, summary } = verdictAfter(control, health(200));
      assert.deepEqual([outcome, code], ['fail', 'api-stopped']);
      assert.match(summary, /^The API stopped responding after PUT \/api\/v1\/tasks\/7 .*; three seconds later it responded again$/);
      assert.match(verdictAfter(control, health(502)).summary, /; and three seconds later it did not respond either$/);
    });
  }

  test('is inconclusive where health reports 503, the way to it is broken, it did not work before, or nothing was sent', () => {
    assert.equal(verdictAfter(health(503)).outcome, 'inconclusive');
    assert.equal(verdictAfter(silent(health(200), 'getaddrinfo ENOTFOUND api.example.com')).outcome, 'inconclusive');
    assert.equal(verdictAfter(health(502), undefined, []).outcome, 'inconclusive');
    assert.equal(judgeSurvival([], new Set(), contract).outcome, 'inconclusive');
  });

  test('names all requests that were in flight', () => {
    const stopped = [silent(update(), 'socket hang up'), silent(exchange({ path: LIST, at: NOW + 90 }), 'socket hang up')];
    const control = { ...health(502), controlOf: stopped.map(({ id }) => id) };
    const { summary, observations } = judgeSurvival([before, ...stopped, control], new Set([OWN]), contract);
    assert.match(summary, /after one of 2 requests \(PUT \/api\/v1\/tasks\/7, GET \/api\/v1\/tasks\)/);
    assert.deepEqual(
      observations[0]?.evidence,
      [...stopped, control].map(({ id }) => id),
    );
  });

  const failing = (sent: Parameters<typeof exchange>[0]): string =>
    judgeSurvival([before, exchange(sent, problem(500))], new Set([OWN]), contract).code;
  const allowed: Readonly<Record<string, Parameters<typeof exchange>[0]>> = {
    'a read of a list': { path: `${LIST}?priority=high` },
    'an update': { method: 'PUT', path: OWN, headers: [JSON_TYPE], body: '{"title":"x"}' },
    'a creation': { method: 'POST', path: LIST, headers: [JSON_TYPE], body: '{"title":"x","priority":"low"}' },
    'an operation without a body': { method: 'PATCH', path: `${OWN}/complete` },
  };
  for (const [what, sent] of Object.entries(allowed))
    test(`fails where ${what} that the contract allows gets a 500`, () => assert.equal(failing(sent), 'allowed-request-fails'));

  const forbidden: Readonly<Record<string, Parameters<typeof exchange>[0]>> = {
    'a read with an invalid parameter': { path: `${LIST}?priority=none` },
    'a creation with an invalid body': { method: 'POST', path: LIST, headers: [JSON_TYPE], body: '{"title":7}' },
    'a creation that is not JSON': { method: 'POST', path: LIST, headers: [JSON_TYPE], body: '{' },
    'a body of another type': { method: 'POST', path: LIST, headers: [['Content-Type', 'text/plain']], body: '{"title":"x"}' },
    'an object that this run did not create': { path: `${LIST}/8` },
    'a request without a token': { path: LIST, actor: 'anonymous' },
    'an undocumented method': { method: 'PUT', path: LIST, headers: [JSON_TYPE], body: '{"title":"x"}' },
    'a header that nothing documents': { path: LIST, headers: [['X-HTTP-Method-Override', 'GET']] },
    'a header sent twice': {
      path: LIST,
      headers: [
        ['Origin', 'https://a.example'],
        ['Origin', 'https://b.example'],
      ],
    },
  };
  for (const [what, sent] of Object.entries(forbidden))
    test(`leaves the 500 of ${what} to other checks`, () => assert.equal(failing(sent), 'proven'));
});
