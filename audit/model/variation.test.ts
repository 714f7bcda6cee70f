import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exchange } from '../test/exchanges.ts';
import type { Exchange } from './exchange.ts';
import { comparable } from './response.ts';
import { variationOf } from './variation.ts';

const rejection = (ref: unknown, detail = 'There is nothing here.'): Exchange => exchange({}, { status: 404, body: { status: 404, detail, ref } });

test('learns ids of any form from responses that are alike', () => {
  for (const refs of [
    ['01HZX3V9T5WQ8Y7B2K4M6N0PAS', '01HZX3V9T6WQ8Y7B2K4M6N0PAT', '01HZX3V9T7WQ8Y7B2K4M6N0PAV'],
    ['V1StGXR8_Z5jdHi6B-myT', 'Uakgb_J5m9g-0JDMbcJqL', 'x9Ff_2kdLwPq-1ZzRrTtY'],
    [41, 42, 43],
  ]) {
    const [one, two, three] = refs.map((ref) => rejection(ref));
    assert.ok(one && two && three);
    const variation = variationOf([one, two]);
    assert.deepEqual([...variation], ['/ref#0']);
    assert.notEqual(comparable(one), comparable(three));
    assert.equal(comparable(one, variation), comparable(three, variation));
    assert.notEqual(comparable(one, variation), comparable(rejection(44, 'It belongs to another user.'), variation));
  }
});

test('learns an id within a text, and keeps the rest of the text', () => {
  const [one, two] = [rejection('', 'Nothing here (error 7xK2).'), rejection('', 'Nothing here (error 9aB4).')] as const;
  const variation = variationOf([one, two]);
  assert.equal(comparable(one, variation), comparable(two, variation));
  assert.notEqual(comparable(one, variation), comparable(rejection('', 'Not yours here (error 9aB4).'), variation));
});

test('learns nothing from what two responses share, from one response, and from members that one of them lacks', () => {
  assert.deepEqual([...variationOf([rejection(1), rejection(2), rejection(1)])], []);
  assert.deepEqual([...variationOf([rejection(1)])], []);
  assert.deepEqual([...variationOf([rejection(1), exchange({}, { body: { status: 404, detail: 'There is nothing here.' } })])], []);
  assert.deepEqual([...variationOf([exchange({}, { body: 'Not found: a1' }), exchange({}, { body: 'Not found: b2' })])], ['#2']);
});

test('keeps the name of a member that is like the requested path', () => {
  const found = (path: string, ref: number): Exchange => exchange({ path }, { status: 404, body: { status: 404, ref } });
  const controls = [found('/audit-1', 1), found('/audit-1', 2)];
  assert.equal(comparable(found('/status', 3), variationOf(controls)), comparable(found('/audit-1', 4), variationOf(controls)));
});

test('ignores times that two responses share by chance', () => {
  const at = (ref: number, timestamp: number): Exchange => exchange({}, { body: { ref, timestamp, time: `2026-11-20 08:00:0${ref}` } });
  const variation = variationOf([at(1, 1_795_161_600), at(2, 1_795_161_600)]);
  assert.equal(comparable(at(1, 1_795_161_600), variation), comparable(at(3, 1_795_161_604), variation));
});
