import assert from 'node:assert/strict';
import { test } from 'node:test';
import { medianOf, percentileOf, spreadOf } from './statistics.ts';

test('the median of an odd number of values is the middle one, with minimum and maximum', () => {
  assert.deepEqual(spreadOf([9, 1, 5]), { median: 5, min: 1, max: 9 });
  assert.deepEqual(spreadOf([7]), { median: 7, min: 7, max: 7 });
});

test('the median of an even number of values is the mean of the middle two', () => {
  assert.equal(medianOf([4, 1, 2, 100]), 3);
});

test('a percentile is one of the values', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  assert.deepEqual(
    [0, 50, 99, 99.9, 100].map((percent) => percentileOf(values, percent)),
    [1, 100, 198, 200, 200],
  );
});

test('no values have neither median nor percentile', () => {
  assert.throws(() => spreadOf([]), RangeError);
  assert.throws(() => percentileOf([], 50), RangeError);
});
