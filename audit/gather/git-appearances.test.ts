import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { commit, git, repositories } from '../test/repository.ts';
import { appearanceOf, findPlaces, pathsInHistory } from './git-appearances.ts';

const { enter } = repositories();

describe('the places of an object', () => {
  test('are the commits that added it, with its path in each', async () => {
    enter('places');
    git('init', '--quiet');
    commit({ 'größe.txt': 'text\n' }, 'Add', '2026-01-02T00:00:00Z');
    const [id, first] = git('rev-parse', 'HEAD:größe.txt', 'HEAD').trim().split('\n');
    commit({ 'größe.txt': undefined }, 'Remove', '2026-01-03T00:00:00Z');
    commit({ 'other.txt': 'text\n' }, 'Add again', '2026-01-04T00:00:00Z');
    const last = git('rev-parse', 'HEAD').trim();
    const places = (await findPlaces(new Set([id ?? '']))).get(id ?? '') ?? [];
    assert.deepEqual(places, [
      { commit: last, date: '2026-01-04', file: 'other.txt', position: 0 },
      { commit: first, date: '2026-01-02', file: 'größe.txt', position: 2 },
    ]);
    assert.deepEqual(appearanceOf(places), { first: places[1], last: places[0], commits: 2, files: 2 });
  });

  test('do not include a merge, except for what the merge itself added', async () => {
    enter('merge');
    git('init', '--quiet', '--initial-branch=main');
    commit({ 'base.txt': 'base\n' });
    git('checkout', '--quiet', '-b', 'side');
    commit({ 'side.txt': 'side\n' });
    git('checkout', '--quiet', 'main');
    commit({ 'main.txt': 'main\n' });
    git('merge', '--quiet', '--no-commit', '--no-ff', 'side');
    commit({ 'merge.txt': 'merge\n' }, 'Merge');
    const [side, merge] = git('rev-parse', 'HEAD:side.txt', 'HEAD:merge.txt').trim().split('\n') as [string, string];
    const places = await findPlaces(new Set([side, merge]));
    assert.deepEqual(
      places.get(side)?.map(({ commit: id }) => id),
      [git('rev-parse', 'side').trim()],
    );
    assert.deepEqual(
      places.get(merge)?.map(({ commit: id, file }) => [id, file]),
      [[git('rev-parse', 'main').trim(), 'merge.txt']],
    );
  });

  test('of a commit is its message', async () => {
    enter('message');
    git('init', '--quiet');
    commit({ 'one.txt': 'one\n' });
    const id = git('rev-parse', 'HEAD').trim();
    assert.deepEqual((await findPlaces(new Set([id]))).get(id), [{ commit: id, date: '2026-01-02', file: 'its message', position: 0 }]);
  });
});

describe('the paths of the history', () => {
  test('include those with the content of another file, and those of a branch whose merge removed them', async () => {
    enter('paths');
    git('init', '--quiet', '--initial-branch=main');
    commit({ 'example.txt': 'TOKEN=one\n' });
    git('checkout', '--quiet', '-b', 'side');
    commit({ 'größe/.env': 'TOKEN=one\n', 'other.txt': 'other\n' });
    commit({ 'größe/.env': undefined, 'other.txt': undefined });
    git('checkout', '--quiet', 'main');
    commit({ 'main.txt': 'main\n' });
    git('merge', '--quiet', '--no-ff', '--message', 'Merge', 'side');
    assert.deepEqual([...(await pathsInHistory('*.env'))], ['größe/.env']);
  });
});
