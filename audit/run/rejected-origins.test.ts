import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { LedgerEntry } from '../model/exchange.ts';
import { observe, observePass, observeDoubt } from '../model/verdict.ts';
import { API, APP_ORIGIN, exchange, inspection, readFetch, blockedFetch } from '../test/exchanges.ts';
import { countRejectedOrigins } from './rejected-origins.ts';

const DISALLOWED = 'https://foreign-site.example';
const SIBLING = 'https://tasks-app-evil.vercel.app';
const from = (...origins: string[]): ReturnType<typeof exchange> =>
  exchange({ path: '/api/v1/tasks', headers: origins.map((origin) => ['Origin', origin] as const) }, { status: 403 });

describe('the rate of rejected origins', () => {
  const http = [from(DISALLOWED), from(SIBLING), from('null')];
  const pages = [DISALLOWED, 'null'].map((origin) => blockedFetch({ origin, purpose: 'simple GET' }));
  const others = [from(APP_ORIGIN), from(DISALLOWED, 'https://second.example'), exchange({}), readFetch({})];
  const ledger: LedgerEntry[] = [
    ...[...http, ...others.slice(0, 3)].map((each) => ({ kind: 'http' as const, ...(each as ReturnType<typeof from>) })),
    ...[...pages, others[3]].map((each) => ({ kind: 'browser' as const, ...(each as ReturnType<typeof blockedFetch>) })),
    { kind: 'inspection', ...inspection() },
  ];
  const held = [...http, ...pages, ...others].map((each) => observePass('rejected', each));

  test('counts each origin once, whether a browser or a raw request used it', () => {
    assert.deepEqual(countRejectedOrigins(held, ledger, API, [APP_ORIGIN]), { tried: 3, rejected: 3, inBrowser: 2, overHttp: 3 });
  });

  for (const outcome of ['fail', 'inconclusive'] as const) {
    test(`does not count an origin with one observation that is ${outcome}`, () => {
      const observations = [...held, observe(outcome, 'readable', 'was readable', ...pages.slice(0, 1))];
      assert.deepEqual(countRejectedOrigins(observations, ledger, API, [APP_ORIGIN]), { tried: 3, rejected: 2, inBrowser: 2, overHttp: 3 });
    });
  }

  test('counts no origin without a request to the API in the ledger', () => {
    const control = { ...readFetch({ origin: DISALLOWED, path: 'https://control.example/simple' }) };
    const observations = [observePass('control', control), { ...observePass('rejected'), evidence: ['0-unknown'] }];
    assert.deepEqual(countRejectedOrigins(observations, [{ kind: 'browser', ...control }], API, [APP_ORIGIN]), {
      tried: 0,
      rejected: 0,
      inBrowser: 0,
      overHttp: 0,
    });
  });

  test('does not count an origin whose control failed', () => {
    const control = readFetch({ origin: 'null', path: 'https://control.example/simple' });
    const observations = [...held, observeDoubt('control-failed', 'unreadable', control)];
    assert.equal(countRejectedOrigins(observations, [...ledger, { kind: 'browser', ...control }], API, [APP_ORIGIN]).rejected, 2);
  });

  test('does not count an origin that the configuration allows', () => {
    assert.equal(countRejectedOrigins(held, ledger, API, [APP_ORIGIN, SIBLING]).tried, 2);
  });
});
