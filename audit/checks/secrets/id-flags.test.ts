import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createIdFlags } from './id-flags.ts';

const idOf = (index: number, algorithm = 'sha1'): Buffer => createHash(algorithm).update(String(index)).digest();

for (const algorithm of ['sha1', 'sha256']) {
  test(`ids of ${algorithm} have exactly the flags that were added`, () => {
    const ids = createIdFlags(idOf(0, algorithm).length);
    for (let index = 0; index < 20_000; index += 2) assert.equal(ids.add(idOf(index, algorithm), 1), true);
    for (let index = 0; index < 20_000; index += 3) assert.equal(ids.add(idOf(index, algorithm), 64), true);
    for (let index = 0; index < 20_000; index += 2) assert.equal(ids.add(idOf(index, algorithm), 1), false);
    for (let index = 0; index < 20_000; index += 1) {
      const id = idOf(index, algorithm);
      assert.deepEqual([ids.has(id, 1), ids.has(id, 64), ids.has(id, 2)], [index % 2 === 0, index % 3 === 0, false], String(index));
    }
  });
}

test('ids that differ in their last byte are different', () => {
  const ids = createIdFlags(20);
  const [one, other] = [Buffer.alloc(20, 7), Buffer.alloc(20, 7)];
  other[19] = 8;
  ids.add(one, 1);
  assert.deepEqual([ids.has(one, 1), ids.has(other, 1)], [true, false]);
});
