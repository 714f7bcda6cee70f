import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createIdSet } from './id-set.ts';

const idOf = (index: number, algorithm = 'sha1'): Buffer => createHash(algorithm).update(String(index)).digest();

for (const algorithm of ['sha1', 'sha256']) {
  test(`a set of ids of ${algorithm} has exactly the ids that were added`, () => {
    const ids = createIdSet(idOf(0, algorithm).length);
    for (let index = 0; index < 20_000; index += 2) ids.add(idOf(index, algorithm));
    for (let index = 0; index < 20_000; index += 2) ids.add(idOf(index, algorithm));
    assert.equal(ids.size, 10_000);
    for (let index = 0; index < 20_000; index += 1) assert.equal(ids.has(idOf(index, algorithm)), index % 2 === 0, String(index));
  });
}

test('ids that differ in their last byte are different', () => {
  const ids = createIdSet(20);
  const [one, other] = [Buffer.alloc(20, 7), Buffer.alloc(20, 7)];
  other[19] = 8;
  ids.add(one);
  assert.deepEqual([ids.has(one), ids.has(other)], [true, false]);
});
