import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { createLedger } from '../../gather/ledger.ts';
import { createRedactor } from '../../gather/redactor.ts';
import { createRunRecord } from '../../gather/run-record.ts';
import { nth } from '../../test/exchanges.ts';
import { commit, git, privateKey, repositories } from '../../test/repository.ts';
import { gatherSecrets, type SecretsEvidence } from './gather.ts';
import { judgeSecretsByValue, judgeSecretsInHistory, judgeSecretsInTree } from './judge.ts';

const { folder, enter } = repositories();

/** Gathers from the repository in the working directory. */
function gather(secrets: Readonly<Record<string, string>> = {}, ending = new AbortController().signal): Promise<SecretsEvidence> {
  const ledger = createLedger(createRunRecord('run'), createRedactor({}), '0-');
  return gatherSecrets({ ledger, evidenceName: () => 'secrets', ending, target: { secrets } });
}

async function summarize(): Promise<string> {
  const { outcome, summary } = judgeSecretsInHistory(await gather(), []);
  return `${outcome}: ${summary}`;
}

describe('the scan of the history', () => {
  for (const format of ['sha1', 'sha256']) {
    test(`finds a deleted key and names its file in a repository with ${format} object ids`, async () => {
      enter(format);
      git('init', '--quiet', `--object-format=${format}`);
      commit({ 'deploy-key.pem': privateKey() }, 'Add a key');
      const added = git('rev-parse', 'HEAD').trim().slice(0, 12);
      commit({ 'deploy-key.pem': undefined, 'README.md': 'No key.\n' }, 'Remove it');
      const expected = new RegExp(
        `^fail: The scan found a secret \\(privatekey, fingerprint [0-9a-f]{16}\\) in deploy-key\\.pem of commit ${added} \\(2026-01-02\\)\\. Generate`,
      );
      // The second time what is clean is not read again.
      for (const _ of [1, 2]) assert.match(await summarize(), expected);
    });
  }

  test('reports one secret in many versions and paths as one finding, which keeps its fingerprint', async () => {
    enter('versions');
    git('init', '--quiet');
    const key = privateKey();
    commit({ 'one.pem': key }, 'Add a key', '2026-01-02T00:00:00Z');
    const first = nth((await gather()).found).fingerprints[0];
    for (const index of [3, 4, 5]) commit({ [`copy-${index}.txt`]: `Version ${index}\n${key}` }, 'Copy it', `2026-01-0${index}T00:00:00Z`);
    commit({ 'one.pem': undefined }, `Quote it\n\n${key}`, '2026-01-06T00:00:00Z');
    git('tag', '--annotate', 'v1', '--cleanup=verbatim', '--message', `A release\n\n${key}`);
    const { found } = await gather();
    assert.equal(found.length, 1);
    const { fingerprints, files, history } = nth(found);
    assert.equal(fingerprints[0], first);
    assert.deepEqual(files, ['copy-3.txt', 'copy-4.txt', 'copy-5.txt']);
    assert.deepEqual([history?.first.file, history?.first.date], ['one.pem', '2026-01-02']);
    assert.equal(fingerprints.length, 6);
    assert.ok((history?.commits ?? 0) >= 5, JSON.stringify(history));
  });

  test('finds a secret in UTF-16, and in a file that is read in parts', async () => {
    enter('forms');
    git('init', '--quiet');
    const large = `${'0123456789abcde\n'.repeat(249_995)}${privateKey('MIGHAgEAMBMGByqGSM49')}${'0123456789abcde\n'.repeat(50_000)}`;
    commit({ 'windows.txt': Buffer.from(`\ufeff${privateKey()}`, 'utf16le'), 'large.txt': large });
    const { found } = await gather();
    assert.deepEqual(found.flatMap(({ files }) => files).toSorted(), ['large.txt', 'windows.txt']);
    assert.deepEqual(found.flatMap(({ history }) => history?.first.file ?? []).toSorted(), ['large.txt', 'windows.txt']);
  });

  test('finds a secret that becomes one by the name of its file', async () => {
    enter('names');
    git('init', '--quiet');
    const text = `//registry.npmjs.org/:_auth${`Token=${randomBytes(18).toString('hex')}`}\n`;
    commit({ 'notes.txt': text });
    assert.equal((await gather()).found.length, 0);
    git('mv', 'notes.txt', '.npmrc');
    assert.deepEqual(nth((await gather()).found).files, ['.npmrc']);
  });

  test('reads an object once, whatever it costs to find nothing', async () => {
    enter('once');
    git('init', '--quiet');
    commit({ 'one.txt': 'one\n', 'two.txt': 'two\n' });
    const secrets = { KEY: randomBytes(24).toString('hex') };
    assert.match(
      (await gather(secrets)).inspection.subject,
      /\(2 files\) and the history \(1 commit\): 3 objects scanned in .* 3 searched for exact values/,
    );
    assert.match((await gather(secrets)).inspection.subject, /: 0 objects scanned in .*, 0 searched for exact values in /);
    commit({ 'three.txt': 'three\n' });
    assert.match((await gather(secrets)).inspection.subject, /: 2 objects scanned in .*, 2 searched for exact values in /);
    assert.match((await gather({ KEY: `${secrets.KEY}.` })).inspection.subject, /: 0 objects scanned in .*, 5 searched for exact values in /);
  });

  test('is inconclusive on a shallow clone, and states the fix', async () => {
    git('clone', '--quiet', '--depth=1', `file://${path.join(folder(), 'sha1')}`, path.join(folder(), 'shallow'));
    enter('shallow');
    assert.equal(await summarize(), 'inconclusive: The clone is shallow, so most of the history is missing. Fetch it with git fetch --unshallow.');
  });

  test('is inconclusive outside a repository, and states the fix', async () => {
    process.chdir(mkdtempSync(path.join(folder(), 'none-')));
    assert.match(await summarize(), /^inconclusive: git failed: not a git repository .* Run the audit in a clone of the repository/);
  });

  test('is inconclusive where the run ends first, or has ended', async () => {
    enter('sha1');
    const run = new AbortController();
    // As soon as the thread of the scan exists.
    process.once('worker', () => run.abort());
    for (const signal of [run.signal, AbortSignal.abort()]) {
      const verdict = judgeSecretsInHistory(await gather({}, signal), []);
      assert.equal(`${verdict.outcome}: ${verdict.summary}`, 'inconclusive: The scan of the history was interrupted. The next run continues it.');
    }
  });
});

describe('the search for exact values', () => {
  test('finds a value that was given later, also where the scanner has read everything', async () => {
    enter('values');
    git('init', '--quiet');
    const [key, other] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
    commit({ 'notes.txt': `The key is ${key}.\n` });
    commit({ 'notes.txt': undefined, 'README.md': 'Text.\n' });
    assert.equal(judgeSecretsByValue(await gather({ KEY: other })).outcome, 'pass');
    for (const _ of [1, 2])
      assert.match(
        judgeSecretsByValue(await gather({ KEY: other, OTHER: key })).summary,
        /^The repository contains OTHER: in notes\.txt of commit [0-9a-f]{12} \(2026-01-02\)\.$/,
      );
  });

  test('stores neither a value nor where one was found', async () => {
    enter('stored');
    git('init', '--quiet');
    const key = randomBytes(24).toString('hex');
    commit({ 'notes.txt': `The key is ${key}.\n` });
    await gather({ KEY: key });
    const directory = path.join('.git', 'audit-scan-cache');
    for (const name of readdirSync(directory)) {
      const bytes = readFileSync(path.join(directory, name));
      assert.ok(!bytes.includes(key) && !bytes.includes(Buffer.from(key, 'hex')));
      if (name.startsWith('values-')) assert.ok(!bytes.includes(Buffer.from(git('rev-parse', 'HEAD:notes.txt').trim(), 'hex')));
    }
  });
});

describe('a scan after one that found nothing', () => {
  const commitsIn = async (secrets = {}): Promise<[commits: number, outcome: string]> => {
    const scanned = await gather(secrets);
    return [scanned.commitsInHistory, judgeSecretsInHistory(scanned, []).outcome];
  };

  test('counts what it leaves out, and finds what was added to any branch, also before the newest commit', async () => {
    enter('later');
    git('init', '--quiet', '--initial-branch=main');
    commit({ 'a.txt': 'a\n' }, 'One', '2026-01-02T00:00:00Z');
    commit({ 'b.txt': 'b\n' }, 'Two', '2026-01-05T00:00:00Z');
    assert.deepEqual(
      [await commitsIn(), await commitsIn()],
      [
        [2, 'pass'],
        [2, 'pass'],
      ],
    );
    git('switch', '--quiet', '--create', 'side', 'main~1');
    commit({ 'key.pem': privateKey() }, 'Add a key', '2026-01-03T00:00:00Z');
    commit({ 'key.pem': undefined }, 'Remove it', '2026-01-04T00:00:00Z');
    git('switch', '--quiet', 'main');
    for (const _ of [1, 2]) assert.deepEqual(await commitsIn(), [4, 'fail']);
  });

  test('finds a value that was not searched for, and reads a history whose commits were replaced', async () => {
    enter('replaced');
    git('init', '--quiet', '--initial-branch=main');
    const key = randomBytes(24).toString('hex');
    commit({ 'notes.txt': `The key is ${key}.\n` });
    commit({ 'notes.txt': undefined });
    assert.deepEqual(await commitsIn({ OTHER: `${key}1` }), [2, 'pass']);
    assert.equal(judgeSecretsByValue(await gather({ KEY: key })).outcome, 'fail');
    git('checkout', '--quiet', '--orphan', 'new');
    commit({ 'key.pem': privateKey() });
    commit({ 'key.pem': undefined });
    git('branch', '--force', 'main', 'new');
    git('reflog', 'expire', '--expire=now', '--all');
    git('gc', '--quiet', '--prune=now');
    assert.deepEqual(await commitsIn({ OTHER: `${key}1` }), [2, 'fail']);
  });
});

describe('the scan of the working tree', () => {
  test('reads files that git does not track, and links as git does', async () => {
    enter('untracked');
    git('init', '--quiet');
    commit({ 'README.md': 'Text.\n', '.gitignore': 'ignored.pem\n' });
    writeFileSync(path.join(folder(), 'outside.pem'), privateKey());
    symlinkSync(path.join(folder(), 'outside.pem'), 'link.pem');
    writeFileSync('ignored.pem', privateKey());
    assert.equal((await gather()).found.length, 0);
    writeFileSync('new.pem', privateKey());
    const { found } = await gather();
    assert.deepEqual([nth(found).files, nth(found).history], [['new.pem'], null]);
  });

  test('is inconclusive where a file cannot be read', async (context: TestContext) => {
    if (process.getuid?.() === 0) return context.skip('root can read every file');
    enter('unreadable');
    git('init', '--quiet');
    commit({ 'key.pem': 'Text.\n' });
    chmodSync('key.pem', 0);
    assert.equal(judgeSecretsInTree(await gather(), []).code, 'unread');
    return undefined;
  });

  test('finds an environment file whose content another file has as well', async () => {
    enter('environment');
    git('init', '--quiet');
    commit({ 'deploy/.env': 'A=1\n', 'a.txt': 'A=1\n', '.env.example': 'A=\n' });
    commit({ 'deploy/.env': undefined });
    assert.deepEqual((await gather()).trackedEnvironmentFiles, ['deploy/.env']);
  });

  test('does not use a cache that the repository tracks', async () => {
    // A git directory inside the working tree that is not called .git can be committed.
    const directory = enter('tracked-cache');
    git('init', '--quiet', '--separate-git-dir=store');
    mkdirSync('store/audit-scan-cache', { recursive: true });
    writeFileSync('store/audit-scan-cache/salt', 'chosen');
    commit({ 'README.md': 'Text.\n' });
    await gather({ KEY: randomBytes(24).toString('hex') });
    assert.deepEqual(readdirSync(path.join(directory, 'store/audit-scan-cache')), ['salt']);
  });
});
