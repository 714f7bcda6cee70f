import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Client } from 'pg';
import { isPortFree } from '../../process/free-port.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../process/temporary-directory.ts';
import { lackOfPgBouncer, startPgBouncer, type PgBouncer } from './pgbouncer.ts';
import { startPostgres, type Postgres } from './postgres.ts';
import { queryOnce } from './query.ts';

describe('a PgBouncer', { skip: lackOfPgBouncer() }, () => {
  let temporary: TemporaryDirectory;
  let postgres: Postgres;
  let pooler: PgBouncer;
  before(async () => {
    temporary = await createTemporaryDirectory();
    postgres = await startPostgres({ directory: path.join(temporary.directory, 'postgres'), watchdog: temporary.watchdog });
    await postgres.createDatabase('tasks');
    await postgres.createDatabase('other');
    pooler = await startPgBouncer({
      directory: path.join(temporary.directory, 'pgbouncer'),
      watchdog: temporary.watchdog,
      target: postgres.url('tasks'),
    });
  });
  beforeEach(() => pooler.start());
  after(async () => {
    await pooler.close();
    await postgres.close();
    await temporary.remove();
  });

  test('forwards queries to the database of its target or to another one', async () => {
    const text = 'SELECT current_user AS role, current_database() AS database';
    assert.deepEqual(await queryOnce(pooler.url(), text), [{ role: 'tasks_owner', database: 'tasks' }]);
    assert.deepEqual(await queryOnce(pooler.url('other'), text), [{ role: 'tasks_owner', database: 'other' }]);
  });

  test('pools by transaction: many clients share twenty connections', async () => {
    const clients = Array.from({ length: 100 }, () => new Client({ connectionString: pooler.url() }));
    await Promise.all(clients.map((client) => client.connect()));
    const pids = await Promise.all(clients.map(async (client) => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid));
    assert.ok(new Set(pids).size <= 20, `${new Set(pids).size} connections`);
    await Promise.all(clients.map((client) => client.end()));
  });

  test('rejects a wrong password', async () => {
    const url = new URL(pooler.url());
    url.password = 'not-the-password';
    await assert.rejects(queryOnce(url.href, 'SELECT 1'), { code: '08P01', message: 'SASL authentication failed' });
  });

  test('rejects an unknown startup parameter, as a strict pooler does', async () => {
    const client = new Client({ connectionString: pooler.url(), statement_timeout: 1_000 });
    await assert.rejects(client.connect(), { code: '08P01', message: /unsupported startup parameter: statement_timeout/ });
  });

  for (const ending of ['stop', 'kill'] as const) {
    test(`refuses connections after ${ending} and accepts queries once restarted, however often each is called`, async () => {
      await pooler[ending]();
      await pooler[ending]();
      await assert.rejects(queryOnce(pooler.url(), 'SELECT 1'), { code: 'ECONNREFUSED' });
      await pooler.start();
      await pooler.start();
      assert.deepEqual(await queryOnce(pooler.url(), 'SELECT 1 AS one'), [{ one: 1 }]);
    });
  }

  test('starts before its server does', async (context) => {
    const absent = new URL(postgres.url('tasks'));
    absent.port = '1';
    const directory = path.join(temporary.directory, 'without-server');
    const pgBouncer = await startPgBouncer({ directory, watchdog: temporary.watchdog, target: absent.href });
    context.after(() => pgBouncer.close());
    assert.equal(await isPortFree(pgBouncer.port), false);
  });

  test('is gone after close, directory and process', async () => {
    const directory = path.join(temporary.directory, 'brief');
    const brief = await startPgBouncer({ directory, watchdog: temporary.watchdog, target: postgres.url('tasks') });
    await access(directory);
    await brief.close();
    await assert.rejects(access(directory), { code: 'ENOENT' });
    assert.equal(await isPortFree(brief.port), true);
  });

  test('reports its own log when it does not start', async () => {
    const directory = path.join(temporary.directory, 'wrong');
    const options = { directory, watchdog: temporary.watchdog, target: postgres.url('tasks'), settings: { pool_mode: 'none' } };
    await assert.rejects(startPgBouncer(options), /PgBouncer did not start:[^]*pool_mode/);
  });
});
