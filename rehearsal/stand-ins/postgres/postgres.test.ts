import assert from 'node:assert/strict';
import { once } from 'node:events';
import { access } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { Client } from 'pg';
import { isPortFree } from '../../process/free-port.ts';
import { startPostgres, type Postgres } from './postgres.ts';
import { createThrowAway } from '../../process/temporary-directory.ts';

type Started = {
  readonly postgres: Postgres;
  readonly directory: string;
};

async function start(context: TestContext): Promise<Started> {
  const place = await createThrowAway();
  context.after(() => place.remove());
  const directory = path.join(place.directory, 'postgres');
  const postgres = await startPostgres({ directory, leash: place.leash });
  context.after(() => postgres.close());
  await postgres.createDatabase('tasks');
  return { postgres, directory };
}

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

describe('a throw-away PostgreSQL', { concurrency: true }, () => {
  test('answers as an owner without superuser rights, with TCP on loopback alone', async (context) => {
    const { postgres } = await start(context);
    const rows = await ask(
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

  test('refuses a wrong password', async (context) => {
    const { postgres } = await start(context);
    const url = new URL(postgres.url('tasks'));
    url.password = 'not-the-password';
    await assert.rejects(ask(url.href, 'SELECT 1'), { code: '28P01' });
  });

  test('refuses connections while stopped and has its data again once started, whatever the order of calls', async (context) => {
    const { postgres } = await start(context);
    await ask(postgres.url('tasks'), `CREATE TABLE note AS SELECT 'kept' AS text`);

    await postgres.stop();
    await postgres.stop();
    await assert.rejects(ask(postgres.url('tasks'), 'SELECT 1'), { code: 'ECONNREFUSED' });

    await postgres.start();
    await postgres.start();
    assert.deepEqual(await ask(postgres.url('tasks'), 'SELECT text FROM note'), [{ text: 'kept' }]);
  });

  test('is gone after close, directory and process', async (context) => {
    const { postgres, directory } = await start(context);
    await access(directory);
    await postgres.close();
    await assert.rejects(access(directory), { code: 'ENOENT' });
    assert.equal(await isPortFree(postgres.port), true);
  });

  test('says with its own log why it did not start', async (context) => {
    const place = await createThrowAway();
    context.after(() => place.remove());
    const blocker = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    context.after(() => blocker.close());
    await once(blocker, 'listening');
    const address = blocker.address();
    assert.ok(address !== null && typeof address === 'object');
    const starting = startPostgres({ directory: path.join(place.directory, 'postgres'), leash: place.leash, port: address.port });
    await assert.rejects(starting, /PostgreSQL did not start:[^]*Address already in use/);
  });
});

test('a persistent PostgreSQL has its data in the next run', async (context) => {
  const place = await createThrowAway();
  context.after(() => place.remove());
  const options = { directory: path.join(place.directory, 'postgres'), leash: place.leash, persistent: true, password: 'the same each time' };

  const first = await startPostgres(options);
  await first.createDatabase('tasks');
  await ask(first.url('tasks'), `CREATE TABLE note AS SELECT 'kept' AS text`);
  await first.close();

  const second = await startPostgres(options);
  context.after(() => second.close());
  await second.createDatabase('tasks');
  assert.deepEqual(await ask(second.url('tasks'), 'SELECT text FROM note'), [{ text: 'kept' }]);
});
