import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HttpResponse } from '../model/exchange.ts';
import { createRequestBudget, limitWaits, type MayWait } from './request-budget.ts';

function response(remaining: number, resetSeconds: number, status = 200): HttpResponse {
  return {
    status,
    headers: { ratelimit: [`"3-in-1min"; r=${remaining}; t=${resetSeconds}`], 'ratelimit-policy': ['"3-in-1min"; q=3; w=60'] },
    body: '',
  };
}

function budgetWith(mayWait?: MayWait): { budget: ReturnType<typeof createRequestBudget>; waited: number[] } {
  const waited: number[] = [];
  return { budget: createRequestBudget({ waited: (_at, ms) => void waited.push(ms) }, new AbortController().signal, mayWait), waited };
}

describe('the request budget', () => {
  test('does not wait for an exhausted limit where it may not', async () => {
    const asked: number[] = [];
    const { budget, waited } = budgetWith((ms) => {
      asked.push(ms);
      return false;
    });
    assert.equal(await budget.take('user', true), true);
    budget.release('user', response(0, 50));
    assert.equal(await budget.take('user', true), false);
    assert.equal(await budget.take('another user', true), true);
    assert.equal(await budget.take('user', false), true, 'a request that is not paced is sent');
    assert.deepEqual([asked.length, waited], [1, []]);
    assert.ok((asked[0] ?? 0) > 45_000 && (asked[0] ?? 0) <= 50_000);
  });

  test('waits for the reset where it may, and records the wait', async () => {
    const { budget, waited } = budgetWith();
    await budget.take('user', true);
    budget.release('user', response(0, 1));
    assert.equal(await budget.take('user', true), true);
    assert.equal(waited.length, 1);
  });
});

describe('the limit of all waits', () => {
  test('is used up by waits', () => {
    const mayWait = limitWaits(90_000);
    assert.equal(mayWait(60_000), true);
    assert.equal(mayWait(155_000), false, 'it would end 95 s from now');
  });

  test('counts concurrent waits once', () => {
    const mayWait = limitWaits(60_000);
    assert.deepEqual([mayWait(50_000), mayWait(50_000), mayWait(50_000)], [true, true, true]);
  });

  test('of zero allows none', () => {
    assert.equal(limitWaits(0)(1), false);
  });
});
