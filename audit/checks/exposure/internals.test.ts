import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange } from '../../test/exchanges.ts';
import { internalsIn } from './internals.ts';

test('finds the name of a library in a response, and not where it repeats the path of the request', () => {
  const to = (path: string, detail: string): string | undefined => internalsIn(exchange({ path }, { status: 404, body: { detail } }));
  assert.equal(to('/x', 'drizzle could not connect'), 'the name of a driver or library');
  assert.equal(to('/drizzle', 'Nothing is at /drizzle.'), undefined);
  assert.equal(to('/node_modules/express/package.json?a=1', 'Nothing is at /node_modules/express/package.json.'), undefined);
  assert.equal(to('/drizzle', 'Nothing is at /drizzle. drizzle could not connect'), 'the name of a driver or library');
});
