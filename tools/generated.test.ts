import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { generatedFiles, stalePages } from './generate.ts';

test('generated files are current', async () => {
  const files = await generatedFiles();
  const stale = Object.entries(files).filter(([file, text]) => readFileSync(path.join(import.meta.dirname, '..', file), 'utf8') !== text);
  assert.deepEqual([...stale.map(([file]) => file), ...stalePages(files)], [], 'Run: npm run generate');
});
