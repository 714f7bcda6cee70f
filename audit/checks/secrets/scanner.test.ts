import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { GENERATED_KEYS, openScanner } from './scanner.ts';

const CLEAN = { file: 'README.md', text: 'Nothing secret.' };

function recordIn(context: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'scanner-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return path.join(folder, 'scanned');
}

test('a record contains only versions without a secret, each once', async (context) => {
  const record = recordIn(context);
  for (const round of [1, 2]) {
    const scanner = openScanner(record);
    const found = await scanner.scan([CLEAN, ...GENERATED_KEYS, CLEAN]);
    assert.deepEqual(
      found.map(({ file }) => file),
      GENERATED_KEYS.map(({ file }) => file),
      `round ${round}`,
    );
    scanner.save();
  }
  assert.equal(readFileSync(record, 'utf8').split('\n').filter(Boolean).length, 1);
});

test('a recorded version with another name or text is scanned', async (context) => {
  const record = recordIn(context);
  const [key] = GENERATED_KEYS;
  const scanner = openScanner(record);
  await scanner.scan([{ file: key?.file ?? '', text: '' }, CLEAN]);
  scanner.save();
  assert.equal((await openScanner(record).scan([{ file: key?.file ?? '', text: key?.text ?? '' }])).length, 1);
});

test('a record that is not one, or cannot be written, changes no result', async (context) => {
  const record = recordIn(context);
  writeFileSync(record, '\0not a digest\n\n{}');
  for (const file of [record, path.dirname(record), path.join(record, 'none'), undefined]) {
    const scanner = openScanner(file);
    assert.equal((await scanner.scan([...GENERATED_KEYS, CLEAN])).length, GENERATED_KEYS.length);
    scanner.save();
  }
});
