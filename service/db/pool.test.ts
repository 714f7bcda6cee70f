import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type pg from 'pg';
import { createLog } from '../log.ts';
import { createEmptyDatabase } from '../testing.ts';
import { createPool, toRfc3339 } from './pool.ts';

let pool: pg.Pool;
before(async () => {
  pool = createPool({ databaseUrl: (await createEmptyDatabase()).url, databasePoolMax: 2 }, createLog('silent'));
});
after(() => pool.end());

describe('a time', () => {
  test('in UTC keeps its microseconds', () => {
    assert.equal(toRfc3339('2026-11-20 07:17:56.123456+00'), '2026-11-20T07:17:56.123456Z');
    assert.equal(toRfc3339('2026-11-20 07:17:56+00'), '2026-11-20T07:17:56Z');
  });

  test('leaves the driver in UTC, whatever the time zone of the session', async () => {
    const client = await pool.connect();
    try {
      for (const zone of ['UTC', 'America/New_York', 'Asia/Kathmandu', 'Pacific/Chatham']) {
        await client.query(`set time zone '${zone}'`);
        const { rows } = await client.query("select timestamptz '2026-11-20 07:17:56.123+00' as time");
        assert.match(rows[0].time, /Z$/);
        assert.equal(Date.parse(rows[0].time), Date.UTC(2026, 10, 20, 7, 17, 56, 123), zone);
      }
    } finally {
      client.release(true);
    }
  });
});

test('the pool holds no more connections than it may', async () => {
  await Promise.all([1, 2, 3, 4, 5].map(() => pool.query('select pg_sleep(0.02)')));
  assert.equal(pool.totalCount, 2);
});

test('the pool names itself to the database', async () => {
  const { rows } = await pool.query("select current_setting('application_name') as name");
  assert.equal(rows[0].name, 'tasks-api');
});
