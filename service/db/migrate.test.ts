import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { createEmptyDatabase, createTestDatabase } from '../test/databases.ts';
import { eventually } from '../test/eventually.ts';
import { startProcess } from '../test/processes.ts';
import { migrate } from './migrate.ts';
import { migrations } from './migrations.ts';

const ALL = Object.keys(migrations);

/** The program's output and exit code. */
async function run(environment: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const { code, output } = await startProcess('service/db/migrate.ts', environment).ended;
  return { code, output };
}

describe('migrating', { concurrency: true }, () => {
  test('brings an empty database up to date, and then runs no migration', async () => {
    const { url, query } = await createEmptyDatabase();
    assert.deepEqual(await migrate(url), ALL);
    await query("insert into tasks (user_id, title) values ('ada', 'existing')");
    assert.deepEqual(await migrate(url), []);
    assert.deepEqual(await query('select title from tasks'), [{ title: 'existing' }]);
  });

  test('from several deployments at once succeeds for all, and runs each migration once', async () => {
    const { url, query } = await createEmptyDatabase();
    const applied = await Promise.all([migrate(url), migrate(url), migrate(url)]);
    assert.deepEqual(applied.flat(), ALL);
    assert.deepEqual(
      await query('select name from kysely_migration order by name'),
      ALL.map((name) => ({ name })),
    );
  });

  test('changes nothing when one of the migrations fails', async () => {
    const { url, query } = await createEmptyDatabase();
    // An index with this name makes the first migration fail after it has created its table.
    await query('create table other (id int)');
    await query('create index tasks_user_id_created_at on other (id)');
    await assert.rejects(migrate(url), { code: '42P07' });
    assert.deepEqual(await query("select to_regclass('tasks') as tasks"), [{ tasks: null }]);
    await query('drop table other');
    assert.deepEqual(await migrate(url), ALL);
  });

  test('gives every new connection effective time limits, also without startup parameters', async () => {
    const { query } = await createTestDatabase();
    const limits = { statement_timeout: '8s', lock_timeout: '4s', idle_in_transaction_session_timeout: '10s' };
    for (const [name, value] of Object.entries(limits)) assert.deepEqual(await query(`show ${name}`), [{ [name]: value }]);
    const other = await createEmptyDatabase();
    assert.deepEqual(await other.query('show statement_timeout'), [{ statement_timeout: '0' }], 'another database of the role has none');
  });

  test('is not subject to those limits', async () => {
    const { url, query } = await createEmptyDatabase();
    await query(
      "do $$ begin execute format('alter role %I in database %I set statement_timeout = %L', current_user, current_database(), '300ms'); end $$",
    );
    // Another session holds Kysely's lock for longer than that.
    const holder = new Client({ connectionString: url });
    await holder.connect();
    await holder.query('select pg_advisory_lock(3853314791062309107)');
    const migrating = migrate(url);
    const waiting = `select 1 from pg_locks join pg_database on pg_database.oid = database
      where datname = current_database() and locktype = 'advisory' and not granted`;
    await eventually('the migration waits', async () => (await query(waiting)).length > 0);
    await sleep(600);
    await holder.end();
    assert.deepEqual(await migrating, ALL);
  });

  test('creates constraints against values that the service never writes', async () => {
    const { query } = await createTestDatabase();
    const insert = (columns: string, values: string): Promise<unknown> =>
      query(`insert into tasks (user_id, title, ${columns}) values ('ada', ${values})`);
    await assert.rejects(insert('priority', "'x', 'urgent'"), { code: '23514' });
    await assert.rejects(insert('description', "'x', repeat('y', 1001)"), { code: '23514' });
    await assert.rejects(insert('description', "'', null"), { code: '23514' });
    await assert.rejects(insert('description', "repeat('x', 201), null"), { code: '23514' });
    await assert.rejects(query("insert into tasks (title) values ('x')"), { code: '23502' });
  });
});

describe('the program', { concurrency: true }, () => {
  test('prints which migrations it applied, and then that the database is up to date', async () => {
    const { url } = await createEmptyDatabase();
    assert.deepEqual(await run({ DATABASE_URL: url }), { code: 0, output: `Applied ${ALL.join(', ')}.\n` });
    assert.deepEqual(await run({ DATABASE_URL_UNPOOLED: url }), { code: 0, output: 'The database is up to date.\n' });
  });

  test('started twice at once lets one wait for the other; both exit with 0 and leave no lock', async (context) => {
    const { url, query } = await createEmptyDatabase();
    // A concurrent transaction creates a table with the same name, so the first migration waits until it is rolled back.
    const other = new Client({ connectionString: url });
    context.after(() => other.end());
    await other.connect();
    await other.query('begin; create table tasks (id int)');
    const runs = [run({ DATABASE_URL_UNPOOLED: url }), run({ DATABASE_URL_UNPOOLED: url })];
    const locks = "from pg_locks join pg_database on oid = database and datname = current_database() where locktype = 'advisory'";
    const lockIs = async (state: string): Promise<boolean> => (await query(`select 1 ${locks} and ${state}`)).length === 1;
    await eventually('one has the lock', () => lockIs('granted'));
    await eventually('one waits for it', () => lockIs('not granted'));
    await other.query('rollback');
    const ended = await Promise.all(runs);
    assert.deepEqual(ended.map(({ output }) => output).sort(), [`Applied ${ALL.join(', ')}.\n`, 'The database is up to date.\n']);
    assert.deepEqual(
      ended.map(({ code }) => code),
      [0, 0],
    );
    assert.deepEqual(await query(`select 1 ${locks}`), []);
  });

  test('exits with 1 for a pooled host, states the reason, and does not print its password', async () => {
    const password = randomBytes(12).toString('hex');
    const pooled = `postgresql://app:${password}@ep-cool-1-pooler.eu-central-1.aws.neon.tech/tasks?sslmode=require`;
    const { code, output } = await run({ DATABASE_URL_UNPOOLED: pooled });
    assert.equal(code, 1);
    assert.match(output, /DATABASE_URL_UNPOOLED points at a pooled host \(-pooler\).*Use the direct host, without -pooler/);
    assert.ok(!output.includes(password));
  });

  test('exits with 1 and a plain reason when the database is unreachable or rejects the connection', async () => {
    const password = randomBytes(12).toString('hex');
    const { url } = await createEmptyDatabase();
    const wrong = new URL(url);
    wrong.password = password;
    for (const [target, reason] of [
      [`postgresql://app:${password}@127.0.0.1:1/tasks`, 'ECONNREFUSED'],
      [wrong.href, 'password authentication failed'],
    ] as const) {
      const { code, output } = await run({ DATABASE_URL: target });
      assert.equal(code, 1);
      assert.match(output, new RegExp(`^The migration failed and changed nothing: .*${reason}`));
      assert.ok(!output.includes(password), output);
    }
  });

  test('requests a URL if there is none', async () => {
    const { code, output } = await run({});
    assert.equal(code, 1);
    assert.match(output, /DATABASE_URL_UNPOOLED \(or DATABASE_URL\) is missing/);
  });
});
