import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, describe, test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../rehearsal/process/free-port.ts';
import { eventually } from './test/eventually.ts';
import { startProcess } from './test/processes.ts';
import { betterAuthSecret, jwtSecret } from './test/tokens.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A flag that changes what V8 compiles, allowed in NODE_OPTIONS. */
const OTHER_V8 = '--interpreted-frames-native-stack';

function build(env: NodeJS.ProcessEnv = process.env): void {
  const built = spawnSync(process.execPath, ['service/build.ts'], { cwd: root, env, encoding: 'utf8' });
  assert.equal(built.status, 0, built.stderr);
}

async function temporaryDirectory(context: TestContext): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), 'tasks-api-'));
  context.after(() => rm(directory, { recursive: true }));
  return directory;
}

/** Where Node looks for compiled code when started with these options. */
function cacheDirectory(directory: string, nodeOptions = ''): string {
  const enable = "const m = require('node:module'); m.enableCompileCache({ directory: process.argv[1], portable: true }); m.getCompileCacheDir()";
  const printed = spawnSync(process.execPath, ['-p', enable, path.join(directory, 'cache')], {
    env: { NODE_OPTIONS: nodeOptions },
    encoding: 'utf8',
  });
  return printed.stdout.trim();
}

async function onlyEntry(cache: string): Promise<string> {
  // Drafts belong to processes that are writing.
  const [name, ...others] = (await readdir(cache)).filter((file) => /^[\da-f]{8}$/.test(file));
  assert.ok(name !== undefined && others.length === 0, `one entry in ${cache}`);
  return path.join(cache, name);
}

/** A copy of the build, with the directory and the entry of the code compiled for this Node. */
async function copyOfBuild(context: TestContext): Promise<{ directory: string; cache: string; entry: string }> {
  const directory = await temporaryDirectory(context);
  await cp(path.join(root, 'dist'), directory, { recursive: true });
  const cache = cacheDirectory(directory);
  return { directory, cache, entry: await onlyEntry(cache) };
}

/** Starts the build, without a database, and returns the compile cache use that its first line reports. */
async function cacheUse(directory: string, { env = {}, ...identity }: { env?: Record<string, string>; uid?: number } = {}): Promise<unknown> {
  const settings = {
    NODE_ENV: 'test',
    API_DOCS: 'false',
    PORT: String(await findFreePort()),
    DATABASE_URL: 'postgresql://127.0.0.1:1/none',
    JWT_SECRET: jwtSecret,
    BETTER_AUTH_SECRET: betterAuthSecret,
  };
  const service = startProcess(path.join(directory, 'server.js'), { ...settings, ...env }, [], identity);
  try {
    let over = false;
    void service.ended.then(() => (over = true));
    await eventually('the service listens or ends', () => over || service.output().includes('"listening"'));
  } finally {
    // SIGTERM would let it exit normally, which writes to the cache.
    service.child.kill('SIGKILL');
  }
  const { output } = await service.ended;
  const line = output.split('\n').find((text) => text.includes('"listening"'));
  assert.ok(line !== undefined, output);
  return JSON.parse(line).compile_cache;
}

describe('the build', () => {
  before(() => build());

  test('compiles the bundle so that a start loads the code from the cache, even if dist was moved', async (context) => {
    const { directory } = await copyOfBuild(context);
    for (const place of [path.join(root, 'dist'), directory]) {
      const { status, stderr } = spawnSync(process.execPath, [path.join(place, 'server.js')], {
        env: { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' },
        encoding: 'utf8',
      });
      assert.equal(status, 1, 'it does not start without settings');
      assert.match(stderr, /^The service cannot start\.$/m);
      assert.match(stderr, /V8 code cache for CommonJS \S*service\.js was accepted/);
      assert.equal(await cacheUse(place), 'accepted');
    }
  });

  test('compiles for the Node that starts the image after development dependencies are pruned', async (context) => {
    const platform = await temporaryDirectory(context);
    await writeFile(path.join(platform, 'node'), `#!/bin/sh\nNODE_OPTIONS=${OTHER_V8} exec '${process.execPath}' "$@"\n`, { mode: 0o755 });
    // npm puts the packages' programs first. The image does not have them.
    const PATH = [path.join(root, 'node_modules', '.bin'), platform, process.env['PATH']].join(path.delimiter);
    await rm(path.join(root, 'dist', 'cache'), { recursive: true });
    build({ ...process.env, PATH, NODE_COMPILE_CACHE: platform });
    const { directory } = await copyOfBuild(context);
    assert.equal(await cacheUse(directory, { env: { NODE_OPTIONS: OTHER_V8 } }), 'accepted');
    assert.equal(await cacheUse(directory), 'accepted', 'and for the Node that builds');
  });
});

describe('a start logs that the compile cache', () => {
  before(() => build());

  test('is absent when the build did not compile', async (context) => {
    const { directory } = await copyOfBuild(context);
    await rm(path.join(directory, 'cache'), { recursive: true });
    assert.equal(await cacheUse(directory), 'absent');
  });

  test('is absent when Node has other V8 flags than at the build', async (context) => {
    const { directory } = await copyOfBuild(context);
    assert.equal(await cacheUse(directory, { env: { NODE_OPTIONS: '--stack-trace-limit=23' } }), 'absent');
  });

  test('is absent when it is disabled', async (context) => {
    const { directory } = await copyOfBuild(context);
    assert.equal(await cacheUse(directory, { env: { NODE_DISABLE_COMPILE_CACHE: '1' } }), 'absent');
  });

  test('was rejected when V8 compiled it with other flags', async (context) => {
    const { directory, entry } = await copyOfBuild(context);
    spawnSync(process.execPath, [path.join(directory, 'server.js')], { env: { NODE_OPTIONS: OTHER_V8 } });
    await rename(await onlyEntry(cacheDirectory(directory, OTHER_V8)), entry);
    assert.equal(await cacheUse(directory), 'rejected');
  });

  test('was rejected when its entry is damaged', async (context) => {
    const { directory, entry } = await copyOfBuild(context);
    await writeFile(entry, 'damaged');
    assert.equal(await cacheUse(directory), 'rejected');
    assert.equal(await cacheUse(directory), 'accepted', 'the previous start has rewritten it');
  });

  test('was rejected when it belongs to another bundle', async (context) => {
    const { directory } = await copyOfBuild(context);
    await writeFile(path.join(directory, 'service.js'), '\n', { flag: 'a' });
    assert.equal(await cacheUse(directory), 'rejected');
  });

  test('is unknown if Node cannot write to it', async (context) => {
    const { directory, cache } = await copyOfBuild(context);
    // Permissions do not restrict root.
    const account = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    if (spawnSync(process.execPath, ['-e', '0'], { ...account, cwd: root }).status !== 0)
      return context.skip('the account nobody cannot run this Node');
    await chmod(directory, 0o755);
    await chmod(cache, 0o555);
    try {
      assert.equal(await cacheUse(directory, account), 'unknown');
    } finally {
      await chmod(cache, 0o755);
    }
  });
});
