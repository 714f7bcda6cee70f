import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Client } from 'pg';
import { isPortFree } from '../../process/free-port.ts';
import { lackOfPgBouncer, startPgBouncer, type PgBouncer } from './pgbouncer.ts';
import { startPostgres, type Postgres } from './postgres.ts';
import { createThrowAway, type ThrowAway } from '../../process/temporary-directory.ts';

describe('a PgBouncer', { skip: lackOfPgBouncer() }, () => {
  let place: ThrowAway;
  let postgres: Postgres;
  let pooler: PgBouncer;
  before(async () => {
    place = await createThrowAway();
    postgres = await startPostgres({ directory: path.join(place.directory, 'postgres'), leash: place.leash });
    await postgres.createDatabase('tasks');
    await postgres.createDatabase('other');
    pooler = await startPgBouncer({ directory: path.join(place.directory, 'pgbouncer'), leash: place.leash, target: postgres.url('tasks') });
  });
  beforeEach(() => pooler.start());
  after(async () => {
    await pooler.close();
    await postgres.close();
    await place.remove();
  });

  test('passes queries on to the database of its target or another', async () => {
    const text = 'SELECT current_user AS role, current_database() AS database';
    assert.deepEqual(await ask(pooler.url(), text), [{ role: 'tasks_owner', database: 'tasks' }]);
    assert.deepEqual(await ask(pooler.url('other'), text), [{ role: 'tasks_owner', database: 'other' }]);
  });

  test('pools by transaction: many clients share twenty connections', async () => {
    const clients = Array.from({ length: 100 }, () => new Client({ connectionString: pooler.url() }));
    await Promise.all(clients.map((client) => client.connect()));
    const pids = await Promise.all(clients.map(async (client) => (await client.query('SELECT pg_backend_pid() AS pid')).rows[0].pid));
    assert.ok(new Set(pids).size <= 20, `${new Set(pids).size} connections`);
    await Promise.all(clients.map((client) => client.end()));
  });

  test('refuses a wrong password', async () => {
    const url = new URL(pooler.url());
    url.password = 'not-the-password';
    await assert.rejects(ask(url.href, 'SELECT 1'), { code: '08P01', message: 'SASL authentication failed' });
  });

  test('refuses a startup parameter it does not know, as a strict pooler does', async () => {
    const client = new Client({ connectionString: pooler.url(), statement_timeout: 1_000 });
    await assert.rejects(client.connect(), { code: '08P01', message: /unsupported startup parameter: statement_timeout/ });
  });

  for (const ending of ['stop', 'kill'] as const) {
    test(`refuses connections after ${ending} and answers again once started, whatever the order of calls`, async () => {
      await pooler[ending]();
      await pooler[ending]();
      await assert.rejects(ask(pooler.url(), 'SELECT 1'), { code: 'ECONNREFUSED' });
      await pooler.start();
      await pooler.start();
      assert.deepEqual(await ask(pooler.url(), 'SELECT 1 AS one'), [{ one: 1 }]);
    });
  }

  test('starts without the server behind it, which may come later', async (context) => {
    const absent = new URL(postgres.url('tasks'));
    absent.port = '1';
    const directory = path.join(place.directory, 'lonely');
    const lonely = await startPgBouncer({ directory, leash: place.leash, target: absent.href });
    context.after(() => lonely.close());
    assert.equal(await isPortFree(lonely.port), false);
  });

  test('is gone after close, directory and process', async () => {
    const directory = path.join(place.directory, 'brief');
    const brief = await startPgBouncer({ directory, leash: place.leash, target: postgres.url('tasks') });
    await access(directory);
    await brief.close();
    await assert.rejects(access(directory), { code: 'ENOENT' });
    assert.equal(await isPortFree(brief.port), true);
  });

  test('says with its own log why it did not start', async () => {
    const directory = path.join(place.directory, 'wrong');
    const options = { directory, leash: place.leash, target: postgres.url('tasks'), settings: { pool_mode: 'none' } };
    await assert.rejects(startPgBouncer(options), /PgBouncer did not start:[^]*pool_mode/);
  });
});

async function ask(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
