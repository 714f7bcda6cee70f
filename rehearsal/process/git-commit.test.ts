import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { readCommit } from './git-commit.ts';

test('reads the commit at the root of a repository, and ignores a repository around the directory', async (context) => {
  const directory = await mkdtemp(path.join(tmpdir(), 'commit-'));
  context.after(() => rm(directory, { recursive: true }));
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: directory, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

  assert.equal(await readCommit(directory), undefined);
  git('init');
  assert.equal(await readCommit(directory), undefined, 'without a commit');
  git('-c', 'user.name=a', '-c', 'user.email=a@example.test', 'commit', '--allow-empty', '-m', 'first');
  assert.equal(await readCommit(directory), git('rev-parse', 'HEAD').trim());
  await mkdir(path.join(directory, 'inside'));
  assert.equal(await readCommit(path.join(directory, 'inside')), undefined);
  assert.equal(await readCommit(path.join(directory, 'missing')), undefined);
});
