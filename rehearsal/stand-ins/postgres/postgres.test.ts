import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { isPortFree } from '../../process/free-port.ts';
import { listenOnFreePort } from '../../process/listen-on-free-port.ts';
import { createTemporaryDirectory } from '../../process/temporary-directory.ts';
import { startPostgres, type Postgres } from './postgres.ts';
import { queryOnce } from './query.ts';

type Started = {
  readonly postgres: Postgres;
  readonly directory: string;
};

async function start(context: TestContext): Promise<Started> {
  const temporary = await createTemporaryDirectory();
  context.after(() => temporary.remove());
  const directory = path.join(temporary.directory, 'postgres');
  const postgres = await startPostgres({ directory, watchdog: temporary.watchdog });
  context.after(() => postgres.close());
  await postgres.createDatabase('tasks');
  return { postgres, directory };
}

describe('a temporary PostgreSQL', { concurrency: true }, () => {
  test('accepts an owner without superuser rights, and listens only on loopback', async (context) => {
    const { postgres } = await start(context);
    const rows = await queryOnce(
      postgres.url('tasks'),
      `SELECT current_user AS role, rolsuper, rolcreatedb, current_setting('listen_addresses') AS listens, current_setting('timezone') AS timezone,
         pg_get_userbyid(datdba) AS owner, pg_encoding_to_char(encoding) AS encoding, lower('Ä') AS lowered
       FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()`,
    );
    assert.deepEqual(rows, [
      {
        role: 'tasks_owner',
        rolsuper: false,
        rolcreatedb: false,
        listens: '127.0.0.1',
        timezone: 'UTC',
        owner: 'tasks_owner',
        encoding: 'UTF8',
        lowered: 'ä',
      },
    ]);
  });

  test('rejects a wrong password', async (context) => {
    const { postgres } = await start(context);
    const url = new URL(postgres.url('tasks'));
    url.password = 'not-the-password';
    await assert.rejects(queryOnce(url.href, 'SELECT 1'), { code: '28P01' });
  });

  test('refuses connections while stopped and preserves its data, however often each is called', async (context) => {
    const { postgres } = await start(context);
    await queryOnce(postgres.url('tasks'), `CREATE TABLE note AS SELECT 'stored' AS text`);

    await postgres.stop();
    await postgres.stop();
    await assert.rejects(queryOnce(postgres.url('tasks'), 'SELECT 1'), { code: 'ECONNREFUSED' });

    await postgres.start();
    await postgres.start();
    assert.deepEqual(await queryOnce(postgres.url('tasks'), 'SELECT text FROM note'), [{ text: 'stored' }]);
  });

  test('is gone after close, directory and process', async (context) => {
    const { postgres, directory } = await start(context);
    await access(directory);
    await postgres.close();
    await assert.rejects(access(directory), { code: 'ENOENT' });
    assert.equal(await isPortFree(postgres.port), true);
  });

  test('reports its own log when it does not start', async (context) => {
    const temporary = await createTemporaryDirectory();
    context.after(() => temporary.remove());
    const blocker = createServer((socket) => socket.destroy());
    context.after(() => blocker.close());
    const port = await listenOnFreePort(blocker);
    const starting = startPostgres({ directory: path.join(temporary.directory, 'postgres'), watchdog: temporary.watchdog, port });
    await assert.rejects(starting, /PostgreSQL did not start:[^]*Address already in use/);
  });
});

test('a persistent PostgreSQL preserves its data for the next run', async (context) => {
  const temporary = await createTemporaryDirectory();
  context.after(() => temporary.remove());
  const options = {
    directory: path.join(temporary.directory, 'postgres'),
    watchdog: temporary.watchdog,
    persistent: true,
    password: 'the same each time',
  };

  const first = await startPostgres(options);
  await first.createDatabase('tasks');
  await queryOnce(first.url('tasks'), `CREATE TABLE note AS SELECT 'stored' AS text`);
  await first.close();

  const second = await startPostgres(options);
  context.after(() => second.close());
  await second.createDatabase('tasks');
  assert.deepEqual(await queryOnce(second.url('tasks'), 'SELECT text FROM note'), [{ text: 'stored' }]);
});
