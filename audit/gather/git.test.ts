import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test, type TestContext } from 'node:test';
import { gitLines, gitLinesAsTheyCome } from './git.ts';

const startedIn = process.cwd();
let folder: string;
let count = 0;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'git-'));
  // No setting of the person who runs the tests, and no repository above.
  Object.assign(process.env, { GIT_CONFIG_GLOBAL: path.join(folder, 'gitconfig'), GIT_CONFIG_NOSYSTEM: '1', GIT_CEILING_DIRECTORIES: tmpdir() });
});
after(() => {
  process.chdir(startedIn);
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  const repository = path.join(folder, `repository-${(count += 1)}`);
  mkdirSync(repository);
  process.chdir(repository);
});

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

describe('the error of git', () => {
  const errorOf = (): Promise<string> =>
    gitLines('rev-parse', '--is-shallow-repository').then(
      () => 'no error',
      (error: Error) => error.message,
    );

  test('contains the remedy if the directory is not a repository', async () => {
    assert.match(
      await errorOf(),
      /^git failed: not a git repository \(.*\): \.git\. Run the audit in a clone of the repository, with its \.git directory$/,
    );
  });

  test('contains the remedy if the directory belongs to another user', async (context: TestContext) => {
    if (process.getuid?.() !== 0) return context.skip('only root can give a directory away');
    git('init', '--quiet');
    for (const owned of ['.git', '.']) chownSync(owned, 65_534, 65_534);
    assert.match(
      await errorOf(),
      /^git failed: detected dubious ownership in repository at '.*'\. If you trust this directory, run: git config --global --add safe\.directory \S+$/,
    );
    return undefined;
  });

  test('states that git is not installed', async () => {
    const { PATH } = process.env;
    const empty = path.join(process.cwd(), 'bin');
    mkdirSync(empty);
    symlinkSync(process.execPath, path.join(empty, 'node'));
    process.env['PATH'] = empty;
    try {
      assert.equal(await errorOf(), 'git is not installed. Install it');
    } finally {
      process.env['PATH'] = PATH;
    }
  });

  test("contains git's own message otherwise", async () => {
    git('init', '--quiet');
    writeFileSync(path.join('.git', 'config'), '[broken');
    assert.match(await errorOf(), /^git failed: bad config line \d in file \.git\/config$/);
  });
});

describe('the lines of git', () => {
  test('come in batches, each line whole and once', async () => {
    git('init', '--quiet');
    const names = Array.from({ length: 5_000 }, (_, index) => `folder/file-${index}.txt`);
    const id = execFileSync('git', ['hash-object', '-w', '--stdin'], { input: 'text', encoding: 'utf8' }).trim();
    execFileSync('git', ['update-index', '--index-info'], { input: names.map((name) => `100644 ${id}\t${name}\n`).join('') });
    const lines: string[] = [];
    for await (const batch of gitLinesAsTheyCome('ls-files')) lines.push(...batch);
    assert.deepEqual(lines.toSorted(), names.toSorted());
  });

  test('end with the error of git', async () => {
    git('init', '--quiet');
    await assert.rejects(async () => {
      for await (const _ of gitLinesAsTheyCome('rev-list', 'none')) assert.fail('a line');
    }, /^Error: git failed: (ambiguous argument|bad revision) 'none'/);
  });
});
