import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Client } from 'pg';
import { createTemporaryDirectory, type TemporaryDirectory } from '../process/temporary-directory.ts';
import { startOutageControl, type OutageControl } from './outage-control.ts';
import { acceptsQueries } from './postgres/admin.ts';
import { startPostgres, type Postgres } from './postgres/postgres.ts';

let temporary: TemporaryDirectory;
let postgres: Postgres;
let control: OutageControl;

before(async () => {
  temporary = await createTemporaryDirectory();
  postgres = await startPostgres({ directory: path.join(temporary.directory, 'postgres'), watchdog: temporary.watchdog });
  control = await startOutageControl(postgres);
});

after(async () => {
  await control.close();
  await postgres.close();
  await temporary.remove();
});

async function order(path: string, method = 'POST'): Promise<number> {
  return (await fetch(`${control.url}${path}`, { method })).status;
}

const acceptsConnections = (): Promise<boolean> => acceptsQueries(postgres.url('postgres'));

describe('the outage control', () => {
  test('has stopped PostgreSQL when it responds to stop, and started it when it responds to start, however often each is sent', async () => {
    assert.equal(await acceptsConnections(), true);
    assert.deepEqual([await order('/stop'), await acceptsConnections(), await order('/stop')], [204, false, 204]);
    assert.deepEqual([await order('/start'), await acceptsConnections(), await order('/start')], [204, true, 204]);
  });

  test('executes orders one after the other', async () => {
    assert.deepEqual(await Promise.all(['/stop', '/start', '/stop', '/start'].map((path) => order(path))), [204, 204, 204, 204]);
    assert.equal(await acceptsConnections(), true);
  });

  test('ends connections in use', async () => {
    const client = new Client({ connectionString: postgres.url('postgres') });
    const errors: Error[] = [];
    client.on('error', (error) => errors.push(error));
    await client.connect();
    const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
    assert.equal(await order('/stop'), 204);
    await ended;
    assert.match(errors[0]?.message ?? '', /terminating connection due to administrator command/);
    assert.equal(await order('/start'), 204);
  });

  test('does nothing for another method, path or token', async () => {
    assert.equal(await order('/stop', 'GET'), 404);
    assert.equal(await order('/restart'), 404);
    assert.equal(await order(''), 404);
    assert.equal((await fetch(new URL('/stop', control.url), { method: 'POST' })).status, 404);
    assert.equal((await fetch(new URL('/guess/stop', control.url), { method: 'POST' })).status, 404);
    assert.equal(await acceptsConnections(), true);
  });
});
