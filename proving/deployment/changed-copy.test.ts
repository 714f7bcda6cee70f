import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { cloneRepository, commitFiles, copySources, MutationError } from './changed-copy.ts';

const APP = 'service/app.ts';
const MUTATION = { file: APP, from: "app.disable('etag');", to: '' };

async function emptyDirectory(context: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'changed-copy-'));
  context.after(() => rm(directory, { recursive: true }));
  return directory;
}

const read = (directory: string, file: string): Promise<string> => readFile(path.join(directory, file), 'utf8');
const git = (cwd: string, ...args: string[]): string => execFileSync('git', args, { cwd, encoding: 'utf8' });

describe('a changed copy', () => {
  test('of the sources differs only by the mutation', async (context) => {
    const directory = await emptyDirectory(context);
    await copySources(directory, [MUTATION]);
    assert.equal(await read(directory, APP), (await read(repository, APP)).replace(MUTATION.from, ''));
    assert.equal(await read(directory, 'Procfile'), await read(repository, 'Procfile'));
  });

  test('is rejected when the text does not occur exactly once', async (context) => {
    for (const from of ['nothing of the kind', 'app.use(']) {
      await assert.rejects(copySources(await emptyDirectory(context), [{ ...MUTATION, from }]), MutationError);
    }
    await assert.rejects(copySources(await emptyDirectory(context), [{ ...MUTATION, file: 'service/no-such-file.ts' }]), MutationError);
  });

  test('of the repository has its history, its working tree, and commits on top', async (context) => {
    const directory = path.join(await emptyDirectory(context), 'clone');
    await cloneRepository(directory, [MUTATION]);
    assert.equal(git(directory, 'rev-parse', 'HEAD'), git(repository, 'rev-parse', 'HEAD'));
    assert.equal(await read(directory, 'README.md'), await read(repository, 'README.md'));
    await commitFiles(directory, { 'notes/a.md': 'one' }, 'Add');
    await commitFiles(directory, { 'notes/a.md': undefined }, 'Remove');
    assert.deepEqual(git(directory, 'log', '-2', '--format=%s').trim().split('\n'), ['Remove', 'Add']);
    assert.match(git(directory, 'show', 'HEAD~1:notes/a.md'), /^one$/);
    assert.ok(!git(directory, 'show', '--stat', 'HEAD~1').includes('node_modules'));
  });
});
