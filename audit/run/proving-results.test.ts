import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fingerprintOfChecks, readProvingGround } from './proving-results.ts';

const SUMMARY = 'Caught 3 of 3 faults, noticed 2 of 2 broken audits and deployments, left 1 of 1 sound look-alikes green.';

let folder: string;
before(() => void (folder = mkdtempSync(path.join(tmpdir(), 'proving-'))));
after(() => rmSync(folder, { recursive: true }));

function read(text: string): ReturnType<typeof readProvingGround> {
  const file = path.join(folder, 'RESULTS.md');
  writeFileSync(file, text);
  return readProvingGround(file);
}

test('the last results are told in one line, stale once a check has changed', () => {
  const page = (checks: string): string => `# What the audit catches\n\n**${SUMMARY}**\n\nChecks: \`${checks}\`, commit \`0123\`\n`;
  assert.deepEqual(read(page(fingerprintOfChecks())), { summary: SUMMARY, stale: false });
  assert.deepEqual(read(page('0123456789abcdef')), { summary: SUMMARY, stale: true });
});

test('results that cannot be read are none', () => {
  assert.equal(read('# What the audit catches\n'), null);
  assert.equal(readProvingGround(path.join(folder, 'nowhere.md')), null);
});
