import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { startProxy } from '../../rehearsal/stand-ins/tcp-proxy.ts';
import { lackOfPgBouncer, type PgBouncer, startPgBouncer } from '../../rehearsal/stand-ins/postgres/pgbouncer.ts';
import { startPostgres } from '../../rehearsal/stand-ins/postgres/postgres.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../rehearsal/process/temporary-directory.ts';
import { createEmptyDatabase } from '../test/databases.ts';
import { classifyFailure } from './failures.ts';

/** The errors of the installed PgBouncer. The whole table is in failures.test.ts. */
describe('an error of a real pooler:', { skip: lackOfPgBouncer(), concurrency: 2 }, () => {
  let place: TemporaryDirectory;
  let database: string;
  let poolers = 0;
  before(async () => {
    place = await createTemporaryDirectory();
    database = (await createEmptyDatabase()).url;
  });
  after(() => place.remove());

  async function start(context: TestContext, settings: Record<string, string> = {}, target = database): Promise<PgBouncer> {
    poolers += 1;
    const pooler = await startPgBouncer({
      directory: path.join(place.directory, `pgbouncer-${poolers}`),
      watchdog: place.watchdog,
      target,
      settings,
    });
    context.after(() => pooler.close());
    return pooler;
  }

  async function connect(context: TestContext, connectionString: string, config: ClientConfig = {}): Promise<Client> {
    const client = new Client({ connectionString, connectionTimeoutMillis: 20_000, ...config });
    client.on('error', () => undefined);
    context.after(() => client.end());
    await client.connect();
    return client;
  }

  async function assertFails(work: Promise<unknown>, failure: string, words: RegExp): Promise<void> {
    await assert.rejects(work, (error: unknown) => {
      assert.ok(error instanceof Error);
      assert.match(error.message, words);
      assert.equal(classifyFailure(error), failure, error.message);
      return true;
    });
  }

  test('an unknown startup parameter is misconfigured', async (context) => {
    const { url } = await start(context);
    await assertFails(connect(context, url(), { lock_timeout: 1_000 }), 'misconfigured', /unsupported startup parameter/);
  });

  test('a wrong password is misconfigured', async (context) => {
    const { url } = await start(context);
    await assertFails(connect(context, url(), { connectionString: url().replace(/:[^:@]+@/, ':wrong@') }), 'misconfigured', /authentication failed/);
  });

  test("the pooler's own wrong password is misconfigured", async (context) => {
    const { url } = await start(context, {}, database.replace(/:[^:@]+@/, ':wrong@'));
    await assertFails(connect(context, url()), 'misconfigured', /password authentication failed/);
  });

  test('a database that does not exist is misconfigured', async (context) => {
    const { url } = await start(context);
    await assertFails(connect(context, url('nowhere')), 'misconfigured', /database "nowhere" does not exist/);
  });

  test('too many clients is not-sent', async (context) => {
    const { url } = await start(context, { max_client_conn: '1' });
    await connect(context, url());
    await assertFails(connect(context, url()), 'not-sent', /no more connections allowed/);
  });

  test('a full queue is overloaded', async (context) => {
    const { url } = await start(context, { default_pool_size: '1', query_wait_timeout: '1' });
    const [holder, waiting] = [await connect(context, url()), await connect(context, url())];
    await holder.query('begin');
    await assertFails(waiting.query('select 1'), 'overloaded', /query_wait_timeout/);
  });

  test('a query over its time limit is overloaded', async (context) => {
    const { url } = await start(context, { query_timeout: '1' });
    const client = await connect(context, url());
    await assertFails(client.query('select pg_sleep(20)'), 'overloaded', /query.timeout/);
  });

  test('a server that was never reachable is not-sent', async (context) => {
    const absent = new URL(database);
    absent.port = '1';
    const { url } = await start(context, { client_login_timeout: '1' }, absent.href);
    await assertFails(connect(context, url()), 'not-sent', /client_login_timeout|login has been failing/);
  });

  test('a server that became unreachable is not-sent for every client', async (context) => {
    const postgres = await startPostgres({ directory: path.join(place.directory, 'postgres'), watchdog: place.watchdog });
    context.after(() => postgres.close());
    await postgres.createDatabase('tasks');
    const { url } = await start(context, {}, postgres.url('tasks'));
    const first = await connect(context, url());
    await first.query('select 1');
    await postgres.stop();
    // The first client waits while the pooler finds out, for up to two minutes.
    first.query('select 1').catch(() => undefined);
    await sleep(500);
    const next = connect(context, url()).then((client) => client.query('select 1'));
    await assertFails(next, 'not-sent', /login has been failing/);
  });

  test('a server connection that breaks during a query is interrupted', async (context) => {
    const proxied = new URL(database);
    const proxy = await startProxy(Number(proxied.port));
    context.after(() => proxy.close());
    proxied.port = String(proxy.port);
    const { url } = await start(context, {}, proxied.href);
    const client = await connect(context, url());
    const query = assertFails(client.query('select pg_sleep(20)'), 'interrupted', /server conn crashed/);
    await sleep(300);
    proxy.reset();
    await query;
  });
});
