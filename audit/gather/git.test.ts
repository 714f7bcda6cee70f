import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, beforeEach, describe, test, type TestContext } from 'node:test';
import { gitLines, readHistory } from './git.ts';

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

function commit(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  git('add', '.');
  git('commit', '--quiet', '--message', `Change ${file}`);
}

describe('the history of a repository', () => {
  for (const format of ['sha1', 'sha256']) {
    test(`is read completely in the object format ${format}, with the name of each file`, async () => {
      git('init', '--quiet', `--object-format=${format}`);
      commit('.env', 'TOKEN=one\n');
      commit('folder/with space.txt', 'two\n');
      rmSync('.env');
      commit('.env.example', 'TOKEN=\n');
      assert.equal((await gitLines('rev-parse', 'HEAD'))[0]?.length, format === 'sha256' ? 64 : 40);
      const { blobs, names } = await readHistory();
      const [messages, ...files] = blobs;
      assert.match(messages?.text ?? '', /^Change \.env$/m);
      assert.deepEqual(
        files.toSorted((a, b) => a.file.localeCompare(b.file)),
        [
          { file: '.env', text: 'TOKEN=one\n' },
          { file: '.env.example', text: 'TOKEN=\n' },
          { file: 'folder/with space.txt', text: 'two\n' },
        ].toSorted((a, b) => a.file.localeCompare(b.file)),
      );
      assert.ok(names.includes('.env') && !names.some((name) => /^[0-9a-f]{20}/.test(name)), names.join());
    });
  }

  test('is an error where an object is missing', async () => {
    git('init', '--quiet');
    commit('one.txt', 'one\n');
    const id = git('rev-parse', 'HEAD:one.txt').trim();
    rmSync(path.join('.git', 'objects', id.slice(0, 2), id.slice(2)));
    await assert.rejects(readHistory(), /git/);
  });
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
