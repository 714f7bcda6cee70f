import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { findAccount } from '../../rehearsal/stand-ins/postgres/binaries.ts';
import { startPostgres } from '../../rehearsal/stand-ins/postgres/postgres.ts';
import { queryOnce } from '../../rehearsal/stand-ins/postgres/query.ts';
import { createTemporaryDirectory } from '../../rehearsal/process/temporary-directory.ts';
import { createLog } from '../log.ts';
import { healthReport } from '../routes/health.ts';
import { type RunningApp, startApp } from '../test/app.ts';
import { createTestDatabase } from '../test/databases.ts';
import { eventually } from '../test/eventually.ts';
import { type HttpResponse, problemOf, send } from '../test/requests.ts';
import { newUser } from '../test/tokens.ts';
import { createDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { createPool } from './pool.ts';

const TASKS = '/api/v1/tasks';
const TAGS = '/api/v1/tags';

async function healthOf({ url }: RunningApp): Promise<unknown[]> {
  const { status, headers, body } = await send(url, 'GET', '/health');
  const report = healthReport.parse(body);
  return [status, report.status, report.database, 'retry-after' in headers];
}

const HEALTHY = [200, 'ok', 'connected', false];
const UNWRITABLE = [503, 'unhealthy', 'connected', true];

function assertUnwritable(response: HttpResponse): void {
  const { status, code, detail } = problemOf(response);
  assert.deepEqual([status, code], [503, 'unavailable']);
  assert.match(detail, /cannot write/);
  assert.match(response.headers['retry-after'] ?? '', /^[1-9]\d*$/);
  assert.doesNotMatch(response.text, /read-only|disk|space|extend/);
}

/** Every write operation, and every kind of read. */
async function useAll({ url }: RunningApp, token: string, task: string): Promise<{ writes: HttpResponse[]; reads: number[] }> {
  const writes = await Promise.all([
    send(url, 'POST', TASKS, { token, json: { title: 'new' } }),
    send(url, 'POST', TASKS, { token, json: { title: 'new' }, headers: { 'Idempotency-Key': 'key' } }),
    send(url, 'PUT', task, { token, json: { title: 'changed' } }),
    send(url, 'PATCH', `${task}/complete`, { token }),
    send(url, 'DELETE', task, { token }),
    send(url, 'POST', TAGS, { token, json: { name: 'new' } }),
  ]);
  const reads = await Promise.all(
    [TASKS, task, `${TASKS}?search=a`, TAGS, `${TAGS}/autocomplete?q=a`].map((path) => send(url, 'GET', path, { token })),
  );
  return { writes, reads: reads.map(({ status }) => status) };
}

/** Affects only sessions that are opened from now on. */
const makeReadOnly = (url: string): Promise<unknown> => alterDatabase(url, 'set default_transaction_read_only = on');
const makeWritable = (url: string): Promise<unknown> => alterDatabase(url, 'reset default_transaction_read_only');

/** From another database, because a read-only one cannot be altered. */
async function alterDatabase(url: string, change: string): Promise<void> {
  const { pathname } = new URL(url);
  await queryOnce(process.env['TEST_DATABASE_URL'] ?? '', `alter database ${pathname.slice(1)} ${change}`);
}

describe('a read-only database', { concurrency: true }, () => {
  test('rejects writes with 503 and serves reads, health reports it, and writes work as soon as it accepts them again', async (context) => {
    const database = await createTestDatabase();
    const app = await startApp({ databaseUrl: database.url }, context);
    const { token } = newUser();
    const task = (await send(app.url, 'POST', TASKS, { token, json: { title: 'before' } })).headers['location'] ?? '';
    // As when a primary becomes a standby: its sessions end, and new ones are read-only.
    await makeReadOnly(database.url);
    await database.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'tasks-api'",
    );

    await eventually('health finds it', async () => isDeepStrictEqual(await healthOf(app), UNWRITABLE), 5_000);
    for (let time = 0; time < 2; time += 1) {
      const { writes, reads } = await useAll(app, token, task);
      for (const response of writes) assertUnwritable(response);
      assert.deepEqual(reads, [200, 200, 200, 200, 200]);
      assert.deepEqual(await healthOf(app), UNWRITABLE);
    }
    assert.equal((await send(app.url, 'GET', '/livez')).status, 200);
    assert.equal((await send(app.url, 'GET', `${TASKS}/2147483647`, { token })).status, 404);

    await makeWritable(database.url);
    // The sessions of the pool are still read-only.
    await sleep(1_100);
    const responses = await Promise.all(Array.from({ length: 20 }, () => send(app.url, 'POST', TASKS, { token, json: { title: 'after' } })));
    assert.deepEqual(new Set(responses.map(({ status }) => status)), new Set([201]));
    assert.deepEqual(await healthOf(app), HEALTHY);
  });

  test('is detected by health without any write, as is its end, over open sessions', async (context) => {
    const database = await createTestDatabase();
    const app = await startApp({ databaseUrl: database.url }, context);
    await makeReadOnly(database.url);
    assert.deepEqual(await healthOf(app), UNWRITABLE);
    await makeWritable(database.url);
    await eventually('health finds that it takes writes', async () => (await healthOf(app))[0] === 200, 3_000);
  });
});

/** Rejects every insertion, like a database without space. */
async function fill(database: { query(sql: string): Promise<unknown> }, table: string): Promise<void> {
  await database.query(
    `create or replace function no_space() returns trigger language plpgsql as
       $$ begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`,
  );
  await database.query(`create trigger no_space before insert or update on ${table} for each statement execute function no_space()`);
}

describe('a full database', { concurrency: true }, () => {
  test('rejects writes with 503 and serves reads, and health reports it until a write succeeds', async (context) => {
    const database = await createTestDatabase();
    const app = await startApp({ databaseUrl: database.url }, context);
    const { token } = newUser();
    const task = (await send(app.url, 'POST', TASKS, { token, json: { title: 'before' } })).headers['location'] ?? '';
    await fill(database, 'tasks');
    assert.deepEqual(await healthOf(app), HEALTHY, 'only a write detects it');

    assertUnwritable(await send(app.url, 'POST', TASKS, { token, json: { title: 'new' } }));
    assert.deepEqual(await healthOf(app), UNWRITABLE);
    assertUnwritable(await send(app.url, 'PATCH', `${task}/complete`, { token }));
    assertUnwritable(await send(app.url, 'POST', TASKS, { token, json: { title: 'new' }, headers: { 'Idempotency-Key': 'key' } }));
    assert.equal((await send(app.url, 'GET', task, { token })).status, 200);
    assert.equal((await send(app.url, 'GET', TASKS, { token })).status, 200);
    assert.equal((await send(app.url, 'DELETE', `${TASKS}/2147483647`, { token })).status, 404);
    assert.equal((await send(app.url, 'POST', TAGS, { token, json: { name: '' } })).status, 422);
    assert.deepEqual(await healthOf(app), UNWRITABLE, 'neither a read nor an empty write shows that there is space');
    assert.equal((await send(app.url, 'GET', '/livez')).status, 200);

    const another = await startApp({ databaseUrl: database.url }, context);
    assert.deepEqual(await healthOf(another), HEALTHY, 'a new process does not know it yet');

    assert.equal((await send(app.url, 'POST', TAGS, { token, json: { name: 'fits' } })).status, 201);
    assert.deepEqual(await healthOf(app), HEALTHY);
  });

  test('is reported as full for a limited time after the last failed write', async (context) => {
    const database = await createTestDatabase();
    const log = createLog('silent');
    const tested = createDatabase(createPool({ databaseUrl: database.url, databasePoolMax: 2 }, log), log, { full: 400 });
    context.after(() => tested.close());
    await fill(database, 'tasks');
    const began = performance.now();
    await assert.rejects(tested.write((db) => db.insertInto('tasks').values({ user_id: 'ada', title: 'x' }).execute()));
    assert.equal(await tested.state(), 'unwritable');
    await eventually('the state is ready again', async () => (await tested.state()) === 'ready', 5_000);
    assert.ok(performance.now() - began >= 400);
  });

  test('with a really full disk behaves so', { skip: lackOfSmallDisk() }, async (context) => {
    const place = await createTemporaryDirectory();
    const password = randomBytes(24).toString('base64url');
    const postgres = await startPostgres({ directory: path.join(place.directory, 'postgres'), watchdog: place.watchdog, password });
    const disk = path.join(place.directory, 'disk');
    await mkdir(disk);
    const account = await findAccount();
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=1m,mode=0700,uid=${account?.uid},gid=${account?.gid}`, 'tmpfs', disk]);
    context.after(async () => {
      await postgres.close();
      execFileSync('umount', [disk]);
      await place.remove();
    });
    await postgres.createDatabase('tasks');
    const url = postgres.url('tasks');
    await migrate(url);
    const asAdmin = (sql: string): Promise<unknown[]> => queryOnce(url.replace('tasks_owner', 'postgres'), sql);
    await asAdmin(`create tablespace small location '${disk}'`);
    await asAdmin('alter table tasks set tablespace small');
    const app = await startApp({ databaseUrl: url }, context);
    const { token } = newUser();

    const write = (): Promise<HttpResponse> =>
      send(app.url, 'POST', TASKS, { token, json: { title: 'x', description: randomBytes(500).toString('hex') } });
    let response = await write();
    for (let count = 0; response.status === 201 && count < 10_000; count += 1) response = await write();
    assertUnwritable(response);
    assert.deepEqual(await healthOf(app), UNWRITABLE);
    assert.equal((await send(app.url, 'GET', TASKS, { token })).status, 200);

    await asAdmin('alter table tasks set tablespace pg_default');
    assert.equal((await write()).status, 201);
    assert.deepEqual(await healthOf(app), HEALTHY);
  });
});

/** Why no small file system can be created here; undefined if one can. */
function lackOfSmallDisk(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'only root on Linux can mount a small file system';
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', '/mnt'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'this machine does not let root mount a file system';
  }
}
