import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { judgeSecretsInHistory } from './judge.ts';
import { createLedger } from '../../gather/ledger.ts';
import { createRedactor } from '../../gather/redactor.ts';
import { gatherSecrets } from './gather.ts';
import { createRunRecord } from '../../gather/run-record.ts';

const startedIn = process.cwd();
let folder: string;
const git = (...args: readonly string[]): Buffer =>
  execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });

before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'repository-'));
  Object.assign(process.env, { GIT_CONFIG_GLOBAL: path.join(folder, 'gitconfig'), GIT_CEILING_DIRECTORIES: tmpdir() });
});
after(() => {
  process.chdir(startedIn);
  rmSync(folder, { recursive: true });
});

/** Outcome and summary for the history of the repository in the working directory. */
async function summarize(): Promise<string> {
  const redactor = createRedactor({});
  const ledger = createLedger(createRunRecord('run'), redactor, '0-');
  const context = { ledger, redactor, evidenceName: () => 'secrets', target: { secrets: {} } };
  const { outcome, summary } = judgeSecretsInHistory(await gatherSecrets(context));
  return `${outcome}: ${summary}`;
}

describe('the scan of the history', () => {
  for (const format of ['sha1', 'sha256']) {
    test(`finds a deleted key and names its file in a repository with ${format} object ids`, async () => {
      const repository = path.join(folder, format);
      git('init', '--quiet', `--object-format=${format}`, repository);
      process.chdir(repository);
      const armor = (word: string): string => `-----${word} EC PRIVATE KEY-----\n`;
      writeFileSync('deploy-key.pem', `${armor('BEGIN')}${'MHcCAQEEIA0123456789'.repeat(8)}\n${armor('END')}`);
      git('add', '.');
      git('commit', '--quiet', '--message', 'Add a key');
      git('rm', '--quiet', 'deploy-key.pem');
      writeFileSync('README.md', 'No key.\n');
      git('add', '.');
      git('commit', '--quiet', '--message', 'Remove it');
      assert.match(await summarize(), /^fail: The scan found a secret in deploy-key\.pem \(privatekey\)\.$/);
    });
  }

  test('is inconclusive on a shallow clone, and states the fix', async () => {
    const clone = path.join(folder, 'shallow');
    git('clone', '--quiet', '--depth=1', `file://${path.join(folder, 'sha1')}`, clone);
    process.chdir(clone);
    assert.equal(await summarize(), 'inconclusive: The clone is shallow, so most of the history is missing. Fetch it with git fetch --unshallow.');
  });

  test('is inconclusive outside a repository, and states the fix', async () => {
    process.chdir(mkdtempSync(path.join(folder, 'none-')));
    assert.match(await summarize(), /^inconclusive: git failed: not a git repository .* Run the audit in a clone of the repository/);
  });
});
