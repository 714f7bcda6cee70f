import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../log.ts';
import { createEmptyDatabase } from '../testing.ts';
import { createDatabase } from './database.ts';
import { createPool } from './pool.ts';

test('closing the database ends its pool, also where nothing but the probe has used it', async () => {
  const log = createLog('silent');
  const pool = createPool({ databaseUrl: (await createEmptyDatabase()).url, databasePoolMax: 2 }, log);
  const database = createDatabase(pool, log);
  assert.equal(await database.isReachable(), true);
  assert.equal(pool.totalCount, 1);
  await database.close();
  assert.deepEqual([pool.ended, pool.totalCount], [true, 0]);
});
