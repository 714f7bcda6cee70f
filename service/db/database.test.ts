import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Pool } from 'pg';
import { type Proxy, startProxy } from '../../rehearsal/stand-ins/tcp-proxy.ts';
import { DatabaseUnavailableError } from './failures.ts';
import { createLog } from '../log.ts';
import { createTestDatabase, type TestDatabase } from '../test/databases.ts';
import { eventually } from '../test/eventually.ts';
import { createDatabase, type Database, type Db, type TimeLimits } from './database.ts';
import { createPool } from './pool.ts';

const log = createLog('silent');

type Fixture = { database: Database; pool: Pool; proxy: Proxy; query: TestDatabase['query'] };

/** A database with at most one client, behind a network that can become silent. */
async function open(context: TestContext, limits?: Partial<TimeLimits>): Promise<Fixture> {
  const { url, query } = await createTestDatabase();
  const proxied = new URL(url);
  const proxy = await startProxy(Number(proxied.port));
  proxied.port = String(proxy.port);
  const pool = createPool({ databaseUrl: proxied.href, databasePoolMax: 1 }, log);
  const database = createDatabase(pool, log, limits);
  context.after(async () => {
    proxy.reset();
    await database.close();
    await proxy.close();
  });
  return { database, pool, proxy, query };
}

const echo = async (db: Db, text: string): Promise<unknown> =>
  (await sql<{ value: string }>`select ${text}::text as value`.execute(db)).rows[0]?.value;
const add = (db: Db, title: string): Promise<unknown> => db.insertInto('tasks').values({ user_id: 'ada', title }).execute();
const isUnavailable = (error: unknown): boolean => error instanceof DatabaseUnavailableError;

/** Milliseconds until the operation rejected as unavailable. */
async function rejectedAfter(work: Promise<unknown>): Promise<number> {
  const began = performance.now();
  await assert.rejects(work, isUnavailable);
  return performance.now() - began;
}

describe('a query without a response', { concurrency: true }, () => {
  test('times out, and the next one gets a working client and its own result', async (context) => {
    const { database, pool, proxy } = await open(context, { query: 500, operation: 20_000 });
    assert.equal(await database.read((db) => echo(db, 'before')), 'before');
    proxy.pause();
    const took = await rejectedAfter(database.write((db) => echo(db, 'late')));
    assert.ok(took > 450 && took < 10_000, `${took} ms`);
    assert.deepEqual([pool.totalCount, pool.waitingCount], [0, 0]);
    proxy.resume();
    assert.equal(await database.read((db) => echo(db, 'after')), 'after');
  });

  test('is retried over another connection if it only reads', async (context) => {
    const { database, proxy } = await open(context, { query: 500, operation: 20_000 });
    await database.read((db) => echo(db, 'before'));
    proxy.pause();
    const reading = database.read((db) => echo(db, 'again'));
    await sleep(1_000);
    proxy.reset();
    assert.equal(await reading, 'again');
  });

  test('ends its transaction without a second wait for a ROLLBACK, and without leftover rows', async (context) => {
    const { database, pool, proxy, query } = await open(context, { query: 2_000, operation: 20_000 });
    let began = 0;
    const writing = database.write((db) =>
      db.transaction().execute(async (transaction) => {
        await add(transaction, 'half');
        proxy.pause();
        began = performance.now();
        await add(transaction, 'never');
      }),
    );
    await assert.rejects(writing, isUnavailable);
    const took = performance.now() - began;
    assert.ok(took < 3_500, `${took} ms`);
    assert.equal(pool.totalCount, 0);
    proxy.resume();
    await eventually('the server notices', async () => {
      const [left] = await query<{ count: number }>(
        "select count(*)::int from pg_stat_activity where application_name = 'tasks-api' and datname = current_database()",
      );
      return left?.count === 0;
    });
    assert.deepEqual(await query('select title from tasks'), []);
  });
});

describe('a COMMIT whose confirmation is lost', { concurrency: true }, () => {
  for (const [how, lose] of [
    ['in silence', (): void => undefined],
    ['with the connection', (proxy: Proxy): void => proxy.reset()],
  ] as const) {
    test(`${how} is not retried: it may have taken effect`, async (context) => {
      const { database, proxy, query } = await open(context, { query: 1_500, operation: 20_000 });
      let attempts = 0;
      const writing = database.write((db) =>
        db.transaction().execute(async (transaction) => {
          attempts += 1;
          await add(transaction, 'once');
          proxy.pause('responses');
        }),
      );
      const rejected = rejectedAfter(writing);
      await eventually('it is carried out', async () => (await query('select title from tasks')).length === 1);
      lose(proxy);
      const took = await rejected;
      assert.ok(took < 10_000, `${took} ms`);
      assert.equal(attempts, 1);
    });
  }
});

test('a client whose connection the server ended is not reused', async (context) => {
  const { database, pool } = await open(context);
  const cut = database.write((db) => sql`select pg_terminate_backend(pg_backend_pid())`.execute(db));
  await assert.rejects(cut, isUnavailable);
  assert.equal(pool.totalCount, 0);
  assert.equal(await database.write((db) => echo(db, 'after')), 'after');
});

describe('an operation', { concurrency: true }, () => {
  test('rejects at its deadline when no connection is possible, and holds no client afterwards', async (context) => {
    const { database, pool, proxy } = await open(context, { query: 60_000, operation: 1_500 });
    proxy.pause();
    const took = await rejectedAfter(database.read((db) => echo(db, 'unreachable')));
    assert.ok(took > 1_400 && took < 8_000, `${took} ms`);
    proxy.resume();
    await eventually('no client is held', () => pool.idleCount === pool.totalCount && pool.waitingCount === 0);
    assert.equal(await database.read((db) => echo(db, 'after')), 'after');
  });

  test('that times out while it waits for a client never reaches the database', async (context) => {
    const { database, pool, query } = await open(context, { query: 60_000, operation: 1_500 });
    const client = await pool.connect();
    await rejectedAfter(database.write((db) => add(db, 'too late')));
    assert.equal(pool.waitingCount, 1);
    client.release();
    assert.equal(await database.read((db) => echo(db, 'after')), 'after');
    assert.deepEqual(await query('select title from tasks'), []);
  });

  test('that times out in the middle is rolled back, and its next steps do not run', async (context) => {
    const { database, pool, query } = await open(context, { query: 60_000, operation: 1_500 });
    let steps = 0;
    const writing = database.write(async (db) => {
      await add(db, 'first');
      steps += 1;
      await sql`select pg_sleep(3)`.execute(db);
      steps += 1;
    });
    await rejectedAfter(writing);
    assert.deepEqual([pool.totalCount, steps], [0, 1]);
    const slowly = database.write(async (db) => {
      await sleep(2_500);
      await add(db, 'second').finally(() => (steps += 1));
    });
    await rejectedAfter(slowly);
    await eventually('the work has ended', () => steps === 2);
    assert.deepEqual(await query('select title from tasks'), [{ title: 'first' }]);
  });

  test('is tried four times, if its deadline permits', async (context) => {
    const { pool } = await open(context);
    for (const [operation, times] of [
      [12_000, 4],
      [1_020, 1],
    ] as const) {
      let attempts = 0;
      const work = async (): Promise<never> => {
        attempts += 1;
        throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
      };
      await rejectedAfter(createDatabase(pool, log, { query: 9_000, operation }).write(work));
      assert.equal(attempts, times, `within ${operation} ms`);
    }
  });

  test('whose errors are not about availability rejects with them, without a retry', async (context) => {
    const { database } = await open(context);
    let attempts = 0;
    const work = async (db: Db): Promise<unknown> => {
      attempts += 1;
      return add(db, '');
    };
    await assert.rejects(database.write(work), { code: '23514' });
    assert.equal(attempts, 1);
  });

  test('that referred to a row deleted in the meantime is retried as a whole', async (context) => {
    const { database, query } = await open(context);
    await query('create table places (id int primary key); create table visits (place int references places)');
    await query('insert into places values (1)');
    let found = 0;
    const visit = (): Promise<unknown> =>
      database.write(async (db) => {
        const { rows } = await sql<{ id: number }>`select id from places`.execute(db);
        if (found === 0) await query('delete from places');
        found = rows.length;
        for (const { id } of rows) await sql`insert into visits values (${id})`.execute(db);
        return rows.length;
      });
    assert.equal(await visit(), 0);
  });
});

test('a transaction that the server ends because it is idle is retried as a whole, and takes effect once', async (context) => {
  const { database, query } = await open(context);
  await query(
    `do $$ begin execute format('alter role tasks_owner in database %I set idle_in_transaction_session_timeout = 150', current_database()); end $$`,
  );
  let attempts = 0;
  const idleOnce = async (transaction: Db): Promise<void> => {
    attempts += 1;
    if (attempts % 2 === 1) await sleep(600);
    await echo(transaction, 'next');
  };
  const begin = (work: (transaction: Db) => Promise<unknown>) => (db: Db) =>
    db.transaction().execute(async (transaction) => {
      const result = await work(transaction);
      await idleOnce(transaction);
      return result;
    });
  assert.equal(await database.read(begin((transaction) => echo(transaction, 'again'))), 'again');
  assert.equal(attempts, 2);
  await database.write(begin((transaction) => add(transaction, 'once')));
  assert.equal(attempts, 4);
  assert.deepEqual(await query('select title from tasks'), [{ title: 'once' }]);
});

describe('whether the database is reachable', { concurrency: true }, () => {
  test('is reported as false in time when every client is blocked, and as true when one is free again', async (context) => {
    const { database, pool } = await open(context);
    const client = await pool.connect();
    const began = performance.now();
    assert.equal(await database.state(), 'unreachable');
    const took = performance.now() - began;
    assert.ok(took > 4_500 && took < 9_000, `${took} ms`);
    client.release();
    assert.equal(await database.state(), 'ready');
  });

  test('costs at most five queries a second while it is, for any number of calls', async (context) => {
    const { database, pool } = await open(context);
    const connect = context.mock.method(pool, 'connect');
    const until = performance.now() + 1_000;
    let responses = 0;
    async function echo(): Promise<void> {
      for (; performance.now() < until; responses += 1) {
        assert.equal(await database.state(), 'ready');
        await sleep(1);
      }
    }
    await Promise.all(Array.from({ length: 100 }, echo));
    assert.ok(responses > 1_000, `${responses} responses`);
    assert.ok(connect.mock.callCount() >= 2 && connect.mock.callCount() <= 6, `${connect.mock.callCount()} queries`);
  });

  test('is reported as false in time when the network is silent', async (context) => {
    const { database, proxy } = await open(context);
    assert.equal(await database.state(), 'ready');
    proxy.pause();
    // The state of the moment before.
    await sleep(250);
    assert.equal(await database.state(), 'unreachable');
    proxy.reset();
    assert.equal(await database.state(), 'ready');
  });
});

test('closing the database ends its pool, even if only the probe has used it', async () => {
  const { url } = await createTestDatabase();
  const pool = createPool({ databaseUrl: url, databasePoolMax: 2 }, log);
  const database = createDatabase(pool, log);
  assert.equal(await database.state(), 'ready');
  assert.equal(pool.totalCount, 1);
  await database.close();
  assert.deepEqual([pool.ended, pool.totalCount], [true, 0]);
});
