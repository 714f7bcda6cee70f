import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { commit, git, repositories } from '../test/repository.ts';
import { type HistoryEntry, listHistory } from './git-history.ts';
import { inUtf8 } from './git.ts';

const { enter } = repositories();

async function entries(): Promise<HistoryEntry[]> {
  const all: HistoryEntry[] = [];
  for await (const batch of listHistory()) all.push(...batch.map((entry) => ({ ...entry, path: inUtf8(entry.path) })));
  return all;
}

describe('the history', () => {
  test('has each version of a file with the commits that added it and its path in each, the newest first', async () => {
    enter('versions');
    git('init', '--quiet');
    commit({ 'größe.txt': 'text\n' }, 'Add', '2026-01-02T00:00:00Z');
    const [id, first] = git('rev-parse', 'HEAD:größe.txt', 'HEAD').trim().split('\n');
    commit({ 'größe.txt': undefined }, 'Remove', '2026-01-03T00:00:00Z');
    const removal = git('rev-parse', 'HEAD').trim();
    commit({ 'other.txt': 'text\n' }, 'Add again', '2026-01-04T00:00:00Z');
    const last = git('rev-parse', 'HEAD').trim();
    assert.deepEqual(await entries(), [
      { id: last, commit: last, date: '2026-01-04', path: '', position: 0 },
      { id, commit: last, date: '2026-01-04', path: 'other.txt', position: 0 },
      { id: removal, commit: removal, date: '2026-01-03', path: '', position: 1 },
      { id: first, commit: first, date: '2026-01-02', path: '', position: 2 },
      { id, commit: first, date: '2026-01-02', path: 'größe.txt', position: 2 },
    ]);
  });

  test('has what a merge itself added, and what its branch added and removed', async () => {
    enter('merge');
    git('init', '--quiet', '--initial-branch=main');
    commit({ 'base.txt': 'base\n' });
    git('checkout', '--quiet', '-b', 'side');
    commit({ '.env': 'base\n', 'side.txt': 'side\n' });
    commit({ '.env': undefined });
    git('checkout', '--quiet', 'main');
    commit({ 'main.txt': 'main\n' });
    git('merge', '--quiet', '--no-commit', '--no-ff', 'side');
    commit({ 'merge.txt': 'merge\n', 'side.txt': 'changed\n' }, 'Merge');
    git('branch', '--quiet', '--delete', 'side');
    const added = (await entries()).filter(({ path }) => path !== '');
    assert.deepEqual(added.map(({ path }) => path).toSorted(), ['.env', 'base.txt', 'main.txt', 'merge.txt', 'side.txt', 'side.txt']);
    const merge = git('rev-parse', 'main').trim();
    assert.deepEqual(
      added.filter((entry) => entry.commit === merge).map(({ id }) => id),
      git('rev-parse', 'main:merge.txt', 'main:side.txt').trim().split('\n'),
    );
  });

  test('has tags with a message, and what a tag of a directory or file reaches', async () => {
    enter('tags');
    git('init', '--quiet');
    commit({ 'one.txt': 'one\n' });
    git('tag', '--annotate', 'v1', '--message', 'A release');
    git('tag', '--annotate', 'nested', '--message', 'Of a tag', 'v1');
    const id = (name: string): string => git('rev-parse', name).trim();
    commit({ 'folder/two.txt': 'two\n' });
    git('tag', 'tree', id('HEAD:folder'));
    git('reset', '--quiet', '--hard', 'v1');
    const all = await entries();
    for (const name of ['v1', 'nested'])
      assert.ok(
        all.some((entry) => entry.id === id(name)),
        name,
      );
    assert.ok(all.some((entry) => entry.id === id('tree:two.txt') && entry.path === 'two.txt'));
  });

  test('has every object that refs reach, except for directories and submodules', async () => {
    enter('complete');
    git('init', '--quiet', '--initial-branch=main');
    commit({ 'a.txt': 'a\n', 'folder/b.txt': 'b\n' });
    git('update-index', '--add', '--cacheinfo', `160000,${'ab'.repeat(20)},module`);
    git('commit', '--quiet', '--message', 'Add a submodule');
    git('checkout', '--quiet', '-b', 'one');
    commit({ 'a.txt': 'one\n' });
    git('checkout', '--quiet', '-b', 'two', 'main');
    commit({ 'folder/b.txt': 'two\n' });
    git('checkout', '--quiet', '-b', 'three', 'main');
    commit({ 'c.txt': 'three\n' });
    git('merge', '--quiet', '--no-ff', '--message', 'An octopus', 'one', 'two');
    const expected = git('rev-list', '--objects', '--all')
      .split('\n')
      .map((line) => line.split(' ')[0] ?? '')
      .filter((id) => id !== '' && git('cat-file', '-t', id).trim() !== 'tree');
    assert.deepEqual([...new Set((await entries()).map(({ id }) => id))].toSorted(), expected.toSorted());
  });
});
