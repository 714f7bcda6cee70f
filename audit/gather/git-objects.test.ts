import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { commit, git, repositories } from '../test/repository.ts';
import { gitLines, inUtf8 } from './git.ts';
import { listHistory } from './git-history.ts';
import { LONGEST_PART, type ObjectName, type ObjectPart, OVERLAP, readObjects } from './git-objects.ts';

const { folder, enter } = repositories();

async function readAll(): Promise<ObjectPart[]> {
  const listed = new Set<string>();
  async function* eachOnce(): AsyncGenerator<ObjectName[]> {
    for await (const batch of listHistory()) yield batch.filter(({ id }) => !listed.has(id) && listed.add(id));
  }
  const parts: ObjectPart[] = [];
  for await (const part of readObjects(eachOnce())) parts.push({ ...part, bytes: Buffer.from(part.bytes) });
  return parts;
}

describe('the objects of a repository', () => {
  for (const format of ['sha1', 'sha256']) {
    test(`are versions of files, commits and tags, each once, in the object format ${format}`, async () => {
      enter(`all-${format}`);
      git('init', '--quiet', `--object-format=${format}`);
      commit({ '.env': 'TOKEN=one\n', 'größe/with space.txt': 'two\n', empty: '' }, 'Add files');
      commit({ '.env': undefined, '.env.example': 'TOKEN=\n' }, 'Remove one');
      git('tag', '--annotate', 'v1', '--message', 'The first release');
      git('checkout', '--quiet', '--orphan', 'other');
      commit({ '.env.example': 'TOKEN=other\n' }, 'Begin again');
      assert.equal((await gitLines('rev-parse', 'HEAD'))[0]?.length, format === 'sha256' ? 64 : 40);
      const parts = await readAll();
      assert.equal(new Set(parts.map(({ id }) => id)).size, parts.length);
      assert.deepEqual(
        parts
          .filter(({ type }) => type === 'blob')
          .map(({ path: name, bytes }) => `${inUtf8(name)}: ${bytes.toString()}`)
          .toSorted(),
        ['.env: TOKEN=one\n', '.env.example: TOKEN=\n', '.env.example: TOKEN=other\n', 'empty: ', 'größe/with space.txt: two\n'].toSorted(),
      );
      const messages = parts.filter(({ type }) => type !== 'blob').map(({ type, bytes }) => `${type}: ${bytes.toString().split('\n').at(-2)}`);
      assert.deepEqual(messages.toSorted(), ['commit: Add files', 'commit: Begin again', 'commit: Remove one', 'tag: The first release']);
    });
  }

  test('are read in parts that overlap where they are large', async () => {
    enter('large');
    git('init', '--quiet');
    const text = Array.from({ length: 1_200_000 }, (_, index) => `${index}\n`).join('');
    commit({ 'large.txt': text, 'small.txt': 'small' });
    const parts = (await readAll()).filter(({ path: name }) => name === 'large.txt');
    assert.equal(parts.length, Math.ceil(text.length / LONGEST_PART));
    assert.deepEqual(
      parts.map(({ isLast }) => isLast),
      [...parts.slice(1).map(() => false), true],
    );
    for (const { start, bytes } of parts) assert.equal(bytes.toString(), text.slice(start, start + bytes.length));
    for (const [index, { start }] of parts.entries()) assert.equal(start, index === 0 ? 0 : index * LONGEST_PART - OVERLAP);
  });

  test('of a replaced commit are those of the original', async () => {
    enter('replaced');
    git('init', '--quiet');
    commit({ 'one.txt': 'original\n' });
    const original = git('rev-parse', 'HEAD').trim();
    git('checkout', '--quiet', '--orphan', 'other');
    commit({ 'one.txt': 'replacement\n' });
    git('replace', original, 'HEAD');
    assert.ok((await readAll()).some(({ bytes }) => bytes.toString() === 'original\n'));
  });

  test('are an error where a version of a file or a directory is missing', async () => {
    for (const [name, pattern] of [
      ['one.txt', /^Error: git does not have the object [0-9a-f]{40}\. Fetch all objects with git fetch --refetch --no-filter, or clone/],
      ['', /^Error: git does not have every object: .* Fetch all objects with git fetch --refetch --no-filter, or clone/],
    ] as const) {
      enter(`missing-${name}`);
      git('init', '--quiet');
      commit({ 'one.txt': 'one\n' });
      const id = git('rev-parse', `HEAD:${name}`).trim();
      rmSync(path.join('.git', 'objects', id.slice(0, 2), id.slice(2)));
      await assert.rejects(readAll(), pattern);
    }
  });

  test('are an error where the object to read is missing', async () => {
    enter('unlisted');
    git('init', '--quiet');
    commit({ 'one.txt': 'one\n' });
    const absent = 'ab'.repeat(20);
    async function* list(): AsyncGenerator<{ id: string; path: string }[]> {
      yield [{ id: absent, path: 'none.txt' }];
    }
    await assert.rejects(
      async () => {
        for await (const _ of readObjects(list())) assert.fail('a part');
      },
      new RegExp(`git does not have the object ${absent}\\. Fetch all objects`),
    );
  });

  test('are not fetched by a partial clone, which is an error with the remedy', async () => {
    enter('whole');
    git('init', '--quiet');
    git('config', 'uploadpack.allowFilter', 'true');
    commit({ 'one.txt': 'one\n' });
    enter('.');
    git('clone', '--quiet', '--no-checkout', '--filter=blob:none', `file://${path.join(folder(), 'whole')}`, 'partial');
    enter('partial');
    await assert.rejects(readAll(), /^Error: The clone is partial: .* Fetch all objects with git fetch --refetch --no-filter, or clone/);
    git('fetch', '--quiet', '--refetch', '--no-filter');
    assert.ok((await readAll()).some(({ bytes }) => bytes.toString() === 'one\n'));
  });
});
