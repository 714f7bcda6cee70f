import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fingerprintOfChecks, readProvingResults } from './proving-results.ts';

const SUMMARY = 'Caught 3 of 3 faults, noticed 2 of 2 broken audits and deployments, and proved 1 of 1 sound variants.';

let folder: string;
before(() => void (folder = mkdtempSync(path.join(tmpdir(), 'proving-'))));
after(() => rmSync(folder, { recursive: true }));

function read(text: string): ReturnType<typeof readProvingResults> {
  const file = path.join(folder, 'RESULTS.md');
  writeFileSync(file, text);
  return readProvingResults(file);
}

test('reads the latest results as one line, stale once a check has changed', () => {
  const page = (checks: string): string => `# What the audit catches\n\n**${SUMMARY}**\n\nChecks: \`${checks}\`, commit \`0123\`\n`;
  assert.deepEqual(read(page(fingerprintOfChecks())), { summary: SUMMARY, stale: false });
  assert.deepEqual(read(page('0123456789abcdef')), { summary: SUMMARY, stale: true });
});

test('reads nothing from another file or a missing one', () => {
  assert.equal(read('# What the audit catches\n'), null);
  assert.equal(readProvingResults(path.join(folder, 'missing.md')), null);
});
