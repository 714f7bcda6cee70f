import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { createThrowAway } from '../../process/temporary-directory.ts';

const run = promisify(execFile);

test('gives each test file of a run a PostgreSQL on which it may create databases, and takes it away afterwards', async (context) => {
  const place = await createThrowAway();
  context.after(() => place.remove());
  const file = path.join(place.directory, 'inner.test.mjs');
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
  // A run within a run must not believe that it is a test file of the outer one.
  const { NODE_TEST_CONTEXT: _, TEST_DATABASE_URL: __, ...env } = process.env;
  const { stdout } = await run(process.execPath, ['--test', `--test-global-setup=${setup}`, file], { env });
  const url = /used (postgresql:\S+)/.exec(stdout)?.[1];
  assert.ok(url !== undefined, stdout);
  await assert.rejects(new Client({ connectionString: url }).connect(), { code: 'ECONNREFUSED' });
});
