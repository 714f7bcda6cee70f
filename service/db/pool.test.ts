import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type pg from 'pg';
import { createLog } from '../log.ts';
import { createEmptyDatabase } from '../test/databases.ts';
import { createPool } from './pool.ts';

let pool: pg.Pool;
before(async () => {
  pool = createPool({ databaseUrl: (await createEmptyDatabase()).url, databasePoolMax: 2 }, createLog('silent'));
});
after(() => pool.end());

test('the pool opens no more connections than its maximum', async () => {
  await Promise.all([1, 2, 3, 4, 5].map(() => pool.query('select pg_sleep(0.02)')));
  assert.equal(pool.totalCount, 2);
});

test('the pool sets its application name', async () => {
  const { rows } = await pool.query("select current_setting('application_name') as name");
  assert.equal(rows[0].name, 'tasks-api');
});
