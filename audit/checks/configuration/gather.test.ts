import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { type DecisionFile, readDecisions } from './gather.ts';

async function decisionFrom(context: TestContext, text: string): Promise<DecisionFile | undefined> {
  const folder = mkdtempSync(path.join(tmpdir(), 'decisions-'));
  context.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, '0007-list-the-origins.md'), text);
  writeFileSync(path.join(folder, 'README.md'), 'Status: accepted\n');
  const [decision, ...others] = await readDecisions(folder);
  assert.deepEqual(others, []);
  return decision;
}

const CONFIRMED = '### Confirmation\n\n- `wire-refused-origins`: none of them is allowed\n\n## More\n\n- `hsts`\n';

for (const [format, text] of Object.entries({
  'a line': `# List the origins\n\nStatus: accepted\n\n${CONFIRMED}`,
  'front matter': `---\nstatus: "accepted"\n---\n\n# List the origins\n\n${CONFIRMED}`,
  'a list': `# List the origins\n\n* Status: Accepted\n\n${CONFIRMED}`,
  'a section': `# List the origins\n\n## Status\n\nAccepted\n\n${CONFIRMED}`,
}))
  test(`a decision record with its status in ${format} is read, with the checks under Confirmation`, async (context) => {
    const { id, title, status, checks } = (await decisionFrom(context, text)) ?? {};
    assert.deepEqual([id, title, status, checks], ['0007', 'List the origins', 'accepted', ['wire-refused-origins']]);
  });

test('a record without a status or checks, and no folder, are no error', async (context) => {
  const { status, checks } = (await decisionFrom(context, '# List the origins\n')) ?? {};
  assert.deepEqual([status, checks], ['unknown', []]);
  assert.deepEqual(await readDecisions(undefined), []);
});
