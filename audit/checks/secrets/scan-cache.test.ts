import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { createIdFlags } from './id-flags.ts';
import { openScanCache, type ScanCache } from './scan-cache.ts';

const [ONE, TWO] = [1, 2].map((index) => createHash('sha1').update(String(index)).digest()) as [Buffer, Buffer];
const RULES = { rules: 'scanner 1' };

function directoryIn(context: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'scan-cache-'));
  context.after(() => rmSync(directory, { recursive: true }));
  return path.join(directory, 'cache');
}

const open = (directory: string | undefined, subject: Parameters<typeof openScanCache>[2] = RULES): ScanCache =>
  openScanCache(directory, { ids: createIdFlags(20), idBytes: 20, flag: 1 }, subject);
function store(directory: string, id: Buffer, subject?: Parameters<typeof openScanCache>[2]): void {
  const cache = open(directory, subject);
  cache.add(id);
  cache.save();
}

test('a saved id is known to a later scan for the same rules, and to no other', (context) => {
  const directory = directoryIn(context);
  store(directory, ONE);
  assert.deepEqual([open(directory).has(ONE), open(directory).has(TWO)], [true, false]);
  assert.equal(open(directory, { rules: 'scanner 2' }).has(ONE), false);
  assert.equal(open(directory, { values: ['scanner 1'] }).has(ONE), false);
});

test('an id is known for exactly the set of values that was searched for', (context) => {
  const directory = directoryIn(context);
  const [one, two] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
  store(directory, ONE, { values: [one, two] });
  assert.equal(open(directory, { values: [two, one, two] }).has(ONE), true);
  for (const values of [[one], [two], [one, `${two}.`], [one, two, 'three'], [`${one}${two}`]])
    assert.equal(open(directory, { values }).has(ONE), false, String(values.length));
});

test('no file contains a value, or the same digest as in another clone', (context) => {
  const value = randomBytes(24).toString('hex');
  const names = [directoryIn(context), directoryIn(context)].map((directory) => {
    store(directory, ONE, { values: [value] });
    const written = readdirSync(directory).flatMap((name) => [name, readFileSync(path.join(directory, name), 'latin1')]);
    for (const algorithm of ['md5', 'sha1', 'sha256', 'sha512'])
      for (const encoding of ['hex', 'base64', 'latin1'] as const) {
        const digest = createHash(algorithm).update(value).digest(encoding);
        assert.ok(!written.some((text) => text.includes(digest.slice(0, 16))), `${algorithm} ${encoding}`);
      }
    assert.ok(!written.some((text) => text.includes(value)));
    return readdirSync(directory)
      .find((name) => name.startsWith('values-'))
      ?.slice(0, 39);
  });
  assert.notEqual(names[0], names[1]);
});

test('two scans at once add to what is known', (context) => {
  const directory = directoryIn(context);
  const [first, second] = [open(directory), open(directory)];
  first.add(ONE);
  second.add(TWO);
  first.save();
  second.save();
  const later = open(directory);
  assert.deepEqual([later.has(ONE), later.has(TWO)], [true, true]);
});

test('many files are merged, and files of other rules are removed', (context) => {
  const directory = directoryIn(context);
  const ids = Array.from({ length: 20 }, (_, index) => createHash('sha1').update(`id ${index}`).digest());
  store(directory, TWO, { rules: 'scanner 0' });
  for (const id of ids) store(directory, id);
  const cache = open(directory);
  for (const id of ids) assert.equal(cache.has(id), true);
  assert.ok(readdirSync(directory).length <= 8, readdirSync(directory).join());
  assert.equal(open(directory, { rules: 'scanner 0' }).has(TWO), false);
});

test('a few sets of values are stored', (context) => {
  const directory = directoryIn(context);
  for (let index = 0; index < 10; index += 1) store(directory, ONE, { values: [`value ${index}`] });
  assert.equal(readdirSync(directory).filter((name) => name.startsWith('values-')).length, 4);
});

test('a directory that cannot be used changes no result', (context) => {
  const directory = directoryIn(context);
  writeFileSync(directory, 'a file');
  for (const place of [directory, path.join(directory, 'none'), undefined])
    for (const subject of [RULES, { values: ['value'] }]) {
      const cache = open(place, subject);
      assert.equal(cache.has(ONE), false);
      cache.add(ONE);
      assert.equal(cache.has(ONE), true);
      cache.save();
    }
});

test('a file that is not whole ids is read as far as it is', (context) => {
  const directory = directoryIn(context);
  store(directory, ONE);
  const [name = ''] = readdirSync(directory);
  writeFileSync(path.join(directory, name), Buffer.concat([ONE, TWO.subarray(0, 5)]));
  const cache = open(directory);
  assert.deepEqual([cache.has(ONE), cache.has(TWO)], [true, false]);
});
