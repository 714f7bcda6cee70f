import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange, NOW } from '../test/exchanges.ts';
import { clockNote } from './clock.ts';

const health = (aheadMs: number) =>
  exchange({ path: '/health', at: NOW, ms: 100 }, { body: { timestamp: new Date(NOW + 50 + aheadMs).toISOString() } });
const dated = (aheadMs: number) => exchange({ path: '/health', at: NOW, ms: 100 }, { headers: { date: new Date(NOW + aheadMs).toUTCString() } });

test('reports clocks that differ by more than the tolerance, with the direction', () => {
  assert.match(clockNote(health(60_000), 'timestamp') ?? '', /target is 60 s ahead of the clock/);
  assert.match(clockNote(health(-3_600_000), 'timestamp') ?? '', /target is 3600 s behind the clock/);
  assert.match(clockNote(dated(60_000), undefined) ?? '', /target is 60 s ahead/);
});

test('reports nothing for clocks that agree, and for responses without a time', () => {
  for (const ms of [0, 5_000, -5_000]) assert.equal(clockNote(health(ms), 'timestamp'), undefined, String(ms));
  assert.equal(clockNote(dated(5_000), undefined), undefined);
  assert.equal(clockNote(exchange({ path: '/health' }, { body: '<h1>x</h1>' }), 'timestamp'), undefined);
  const { response: _, ...withoutResponse } = exchange({});
  assert.equal(clockNote(withoutResponse, 'timestamp'), undefined);
});
