import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

test('a start takes the bundle as the build has compiled it, wherever it was moved', async (context) => {
  const built = spawnSync(process.execPath, ['service/build.ts'], { cwd: root, encoding: 'utf8' });
  assert.equal(built.status, 0, built.stderr);
  const elsewhere = await mkdtemp(join(tmpdir(), 'tasks-api-'));
  context.after(() => rm(elsewhere, { recursive: true }));
  await cp(join(root, 'dist'), elsewhere, { recursive: true });
  for (const directory of [join(root, 'dist'), elsewhere]) {
    const { status, stderr } = spawnSync(process.execPath, [join(directory, 'server.js')], {
      env: { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
      encoding: 'utf8',
    });
    assert.equal(status, 1, 'without settings it does not start');
    assert.match(stderr, /^The service cannot start\.$/m);
    assert.match(stderr, /V8 code cache for CommonJS \S*service\.js was accepted/);
  }
});
