import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { Client } from 'pg';
import { createTemporaryDirectory } from '../../process/temporary-directory.ts';

test('provides each test file of a run with a PostgreSQL on which it may create databases, and stops it afterwards', async (context) => {
  const temporary = await createTemporaryDirectory();
  context.after(() => temporary.remove());
  const file = path.join(temporary.directory, 'inner.test.mjs');
  await writeFile(
    file,
    `import { Client } from ${JSON.stringify(import.meta.resolve('pg'))}
     import { test } from 'node:test'
     test('creates a database', async () => {
       const client = new Client({ connectionString: process.env.TEST_DATABASE_URL })
       await client.connect()
       await client.query('CREATE DATABASE inner_test')
       await client.end()
       console.log('used ' + process.env.TEST_DATABASE_URL)
     })`,
  );
  const setup = fileURLToPath(import.meta.resolve('./test-database.ts'));
  // Without these the inner run would behave as a test file of the outer one.
  const { NODE_TEST_CONTEXT: _, TEST_DATABASE_URL: __, ...env } = process.env;
  const { stdout } = await execa(process.execPath, ['--test', `--test-global-setup=${setup}`, file], { env, extendEnv: false });
  const url = /used (postgresql:\S+)/.exec(stdout)?.[1];
  assert.ok(url !== undefined, stdout);
  await assert.rejects(new Client({ connectionString: url }).connect(), { code: 'ECONNREFUSED' });
});
