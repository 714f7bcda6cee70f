import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readContract } from '../../contract/contract.ts';
import { objectsFor } from './gather.ts';

const { resources } = readContract('contract/openapi.json');

test('tries each operation on 8 objects with a third tenant, on 3 with two given tokens', () => {
  assert.deepEqual([objectsFor(resources, true), objectsFor(resources, false)], [8, 3]);
});

test('tries the operations of a larger contract on fewer objects, never on fewer than two', () => {
  const twice = [...resources, ...resources];
  assert.deepEqual([objectsFor(twice, true), objectsFor([...twice, ...twice], true)], [2, 2]);
});
