import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { before, describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { findFreePort } from '../rehearsal/process/free-port.ts';
import { startPostgres } from '../rehearsal/stand-ins/postgres/postgres.ts';
import { createTemporaryDirectory } from '../rehearsal/process/temporary-directory.ts';
import { withoutIpv6 } from '../rehearsal/process/without-ipv6.ts';
import { migrate } from './db/migrate.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from './test/databases.ts';
import { eventually } from './test/eventually.ts';
import { SERVER, type ServiceProcess, startProcess, startService } from './test/processes.ts';
import { send } from './test/requests.ts';
import { betterAuthSecret, jwtSecret, newUser } from './test/tokens.ts';

const TASKS = '/api/v1/tasks';

/** In URL notation. Link-local addresses are missing, because they need a zone, which a URL cannot have. */
const addresses = Object.values(networkInterfaces())
  .flatMap((entries) => entries ?? [])
  .filter(({ address }) => !address.startsWith('fe80:'))
  .map(({ family, address }) => (family === 'IPv6' ? `[${address}]` : address));
const hasIpv6 = addresses.includes('[::1]');

const filter = withoutIpv6();
const lackOfFilter = 'obstacle' in filter ? filter.obstacle : false;
const noIpv6 = 'command' in filter ? filter.command : [];

let database: TestDatabase;
before(async () => {
  database = await createTestDatabase();
});

const environment = (port: number, changes: Record<string, string> = {}): Record<string, string> => ({
  NODE_ENV: 'test',
  PORT: String(port),
  DATABASE_URL: database.url,
  JWT_SECRET: jwtSecret,
  BETTER_AUTH_SECRET: betterAuthSecret,
  ...changes,
});

function start(context: TestContext, env: Record<string, string>): ServiceProcess {
  const service = startProcess(SERVER, env);
  context.after(() => void service.child.kill('SIGKILL'));
  return service;
}

async function startListening(
  context: TestContext,
  changes: Record<string, string> = {},
  through: readonly string[] = [],
): Promise<{ service: ServiceProcess; port: number; url: string }> {
  const service = await startService({ DATABASE_URL: database.url, ...changes }, through);
  context.after(() => void service.child.kill('SIGKILL'));
  return { service, port: service.port, url: service.url };
}

/** Locks the row of a task until it is released, so that a request for it waits in the database. */
async function holdRow(context: TestContext, id: string): Promise<{ isAwaited: () => Promise<boolean>; release: () => Promise<void> }> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  context.after(() => client.end());
  await client.query('begin');
  const { rows } = await client.query('select pg_backend_pid() as pid from tasks where id = $1 for update', [id]);
  return {
    isAwaited: async () => (await database.query('select 1 from pg_stat_activity where $1 = any(pg_blocking_pids(pid))', [rows[0].pid])).length > 0,
    release: async () => void (await client.query('commit')),
  };
}

/** A request that waits for a locked row: `response` resolves after the row is released. */
async function startWaitingRequest(context: TestContext, url: string) {
  const { token } = newUser();
  const agent = new Agent({ keepAlive: true });
  context.after(() => agent.destroy());
  const path = (await send(url, 'POST', TASKS, { token, json: { title: 'before' } })).headers['location'] ?? '';
  const row = await holdRow(context, path.split('/').at(-1) ?? '');
  const response = send(url, 'PUT', path, { token, json: { title: 'after' }, agent });
  // A request that is cut off rejects where it is awaited.
  response.catch(() => {});
  await eventually('the request waits for the row', row.isAwaited);
  return { row, response, path };
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect').then(
    () => {
      socket.destroy();
      return true;
    },
    () => false,
  );
}

async function openSocket(context: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  context.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

describe('starting', { concurrency: 3 }, () => {
  test('with wrong settings exits with 1 before it listens, names them all and points at npm run dev', async (context) => {
    const port = await findFreePort();
    const service = start(context, { PORT: String(port), NODE_ENV: 'production', JWT_SECRET: 'sh0rt-canary', CORS_ORIGINS: 'https://canary.test/' });
    const { code, output } = await service.ended;
    assert.equal(code, 1);
    assert.match(output, /^The service cannot start\.\n4 problems in the environment settings:\n/);
    for (const name of ['DATABASE_URL', 'JWT_SECRET', 'BETTER_AUTH_SECRET', 'CORS_ORIGINS']) assert.match(output, new RegExp(`^  - ${name} `, 'm'));
    assert.match(output, /npm run dev\n$/);
    assert.doesNotMatch(output, /canary|listening|\bat .*\.ts/);
  });

  test('without any settings prints the same', async (context) => {
    const { code, output } = await start(context, {}).ended;
    assert.equal(code, 1);
    assert.match(output, /^The service cannot start\.\n6 problems/);
    assert.match(output, /npm run dev/);
  });

  test('with a public text as the key of tokens exits with 1, names the variable and never prints its value', async (context) => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const unfit = {
      'PEM text': publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      JSON: JSON.stringify({ keys: [publicKey.export({ format: 'jwk' })] }),
      URL: 'https://tasks-app.vercel.app/api/auth/jwks',
      quotes: `"${jwtSecret}"`,
      certificate: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    };
    const port = await findFreePort();
    const services = Object.entries(unfit).map(
      ([reason, value]) => [reason, value, start(context, environment(port, { JWT_SECRET: value, BETTER_AUTH_SECRET: value }))] as const,
    );
    for (const [reason, value, { ended }] of services) {
      const { code, output } = await ended;
      assert.equal(code, 1, reason);
      for (const name of ['JWT_SECRET', 'BETTER_AUTH_SECRET'])
        assert.match(output, new RegExp(`^  - ${name} .*${reason}.*openssl rand -base64 48`, 'm'));
      for (const line of value.split('\n').filter((line) => !line.startsWith('-----'))) assert.ok(line === '' || !output.includes(line), reason);
      assert.doesNotMatch(output, /listening/);
    }
  });

  test('on a port that is taken exits with 1 and states it', async (context) => {
    for (const host of hasIpv6 ? ['0.0.0.0', '::', '::1'] : ['0.0.0.0']) {
      const port = await findFreePort();
      const other = createServer().listen({ port, host, ipv6Only: host !== '0.0.0.0' });
      await once(other, 'listening');
      context.after(() => void other.close());
      const { code, output } = await start(context, environment(port)).ended;
      assert.equal(code, 1, host);
      assert.equal(output, `The service cannot listen on port ${port}: it is taken by another process. Set PORT to a free one.\n`, host);
    }
  });

  test('on the port of another copy exits with 1 and states it', async (context) => {
    const { port } = await startListening(context);
    const { code, output } = await start(context, environment(port)).ended;
    assert.deepEqual([code, output], [1, `The service cannot listen on port ${port}: it is taken by another process. Set PORT to a free one.\n`]);
  });

  test('on a host without IPv6, on a port that is taken exits with 1 and states it', { skip: lackOfFilter }, async (context) => {
    const port = await findFreePort();
    const other = createServer().listen(port, '0.0.0.0');
    await once(other, 'listening');
    context.after(() => void other.close());
    const service = startProcess(SERVER, environment(port), noIpv6);
    context.after(() => void service.child.kill('SIGKILL'));
    const { code, output } = await service.ended;
    assert.deepEqual([code, output], [1, `The service cannot listen on port ${port}: it is taken by another process. Set PORT to a free one.\n`]);
  });

  test('does not wait for the database: it serves, and reports that it is unreachable', async (context) => {
    const { service, url } = await startListening(context, { DATABASE_URL: 'postgresql://127.0.0.1:1/none' });
    assert.equal((await send(url, 'GET', '/health')).status, 503);
    assert.equal((await send(url, 'GET', '/livez')).status, 200);
    assert.equal(service.child.exitCode, null);
  });

  test('without the database recovers when it becomes available, without a restart', async (context) => {
    const place = await createTemporaryDirectory();
    const postgres = await startPostgres({ directory: path.join(place.directory, 'postgres'), watchdog: place.watchdog });
    context.after(async () => {
      await postgres.close();
      await place.remove();
    });
    await postgres.createDatabase('tasks');
    await migrate(postgres.url('tasks'));
    await postgres.stop();
    const { service, url } = await startListening(context, { DATABASE_URL: postgres.url('tasks') });
    assert.equal((await send(url, 'GET', '/health')).status, 503);
    await postgres.start();
    assert.equal((await send(url, 'GET', '/health')).status, 200);
    assert.equal((await send(url, 'GET', TASKS, { token: newUser().token })).status, 200);
    assert.equal(service.child.exitCode, null);
  });

  test('with migrations pending names them once and states what to do, and is healthy afterwards', async (context) => {
    const empty = await createEmptyDatabase();
    const { service, url } = await startListening(context, { DATABASE_URL: empty.url });
    const loggedPending = (): string[] =>
      service
        .output()
        .split('\n')
        .filter((line) => line.includes('npm run migrate'));
    await eventually('it is logged without a request to /health', () => loggedPending().length > 0);
    for (let time = 0; time < 3; time += 1) {
      const { status, body } = await send(url, 'GET', '/health');
      assert.equal(status, 503);
      assert.partialDeepStrictEqual(body, { status: 'unhealthy', database: 'connected' });
    }
    assert.equal((await send(url, 'GET', TASKS, { token: newUser().token })).status, 503);
    assert.equal(loggedPending().length, 1);
    assert.match(loggedPending()[0] ?? '', /"level":"error",.*"pending":\["0001_tasks",.*"0002_time_limits"/);
    await migrate(empty.url);
    assert.equal((await send(url, 'GET', '/health')).status, 200);
    assert.equal((await send(url, 'GET', TASKS, { token: newUser().token })).status, 200);
  });

  test('listens on all addresses of IPv4 and IPv6', async (context) => {
    const { service, port } = await startListening(context);
    assert.match(service.output(), hasIpv6 ? /"address":"::"/ : /"address":"0\.0\.0\.0"/);
    assert.ok(addresses.length > 0);
    for (const host of addresses) assert.equal((await send(`http://${host}:${port}`, 'GET', '/livez')).status, 200, host);
  });

  test('listens on all addresses of IPv4 if the host has no IPv6', { skip: lackOfFilter }, async (context) => {
    const { service, port } = await startListening(context, {}, noIpv6);
    assert.match(service.output(), /"address":"0\.0\.0\.0"/);
    for (const host of addresses.filter((address) => !address.startsWith('[')))
      assert.equal((await send(`http://${host}:${port}`, 'GET', '/livez')).status, 200, host);
    if (hasIpv6) await assert.rejects(send(`http://[::1]:${port}`, 'GET', '/livez'), { code: 'ECONNREFUSED' });
    service.child.kill('SIGTERM');
    assert.equal((await service.ended).code, 0);
  });
});

describe('stopping', { concurrency: 3 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`on ${signal} with nothing to do exits with 0 soon`, async (context) => {
      const { service, url } = await startListening(context);
      const agent = new Agent({ keepAlive: true });
      context.after(() => agent.destroy());
      await send(url, 'GET', '/health', { agent });
      const started = performance.now();
      service.child.kill(signal);
      const { code, output } = await service.ended;
      assert.equal(code, 0);
      assert.ok(performance.now() - started < 5_000, 'an idle connection does not delay it');
      assert.match(output, /"msg":"stopped"/);
    });
  }

  test('accepts no connections after half the grace period, completes requests in flight, closes their connections and exits with 0', async (context) => {
    const { service, port, url } = await startListening(context, { SHUTDOWN_GRACE_SECONDS: '5' });
    const { row, response, path } = await startWaitingRequest(context, url);
    service.child.kill('SIGTERM');
    await eventually('the process stops', () => service.output().includes('"stopping"'));
    await eventually('nothing listens', async () => !(await isListening(port)));
    assert.equal(service.child.exitCode, null, 'the process waits for the request');
    await row.release();
    const { status, headers, body } = await response;
    assert.equal(status, 200);
    assert.partialDeepStrictEqual(body, { title: 'after' });
    assert.equal(headers['connection'], 'close');
    const { code } = await service.ended;
    assert.equal(code, 0);
    assert.deepEqual(await database.query('select title from tasks where id = $1', [path.split('/').at(-1)]), [{ title: 'after' }]);
  });

  test('continues to serve while requests arrive, each the last on its connection, and reports that it is not ready', async (context) => {
    const { service, port, url } = await startListening(context);
    const { token } = newUser();
    const idle = await openSocket(context, port);
    idle.write('GET /livez HTTP/1.1\r\nHost: api.test\r\n\r\n');
    const [first] = await once(idle, 'data');
    assert.doesNotMatch(String(first), /\r\nConnection: close/i);
    service.child.kill('SIGTERM');
    await eventually('it is not ready', async () => (await send(url, 'GET', '/health')).status === 503);
    idle.write('GET /livez HTTP/1.1\r\nHost: api.test\r\n\r\n');
    assert.match(await text(idle), /^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n/i, 'a connection that looks idle may be in use');
    for (let time = 0; time < 20; time += 1) {
      const response = await send(url, 'POST', TASKS, { token, json: { title: 'late' } });
      assert.deepEqual([response.status, response.headers['connection']], [201, 'close']);
      await sleep(100);
    }
    const { status, headers, body } = await send(url, 'GET', '/health');
    assert.deepEqual([status, headers['connection']], [503, 'close']);
    assert.partialDeepStrictEqual(body, { status: 'unhealthy', database: 'connected' });
    assert.equal((await service.ended).code, 0);
  });

  test('exits in time with 0 although requests continue to arrive', async (context) => {
    const { service, url } = await startListening(context, { SHUTDOWN_GRACE_SECONDS: '10' });
    service.child.kill('SIGTERM');
    const started = performance.now();
    await eventually('nothing listens', async () => {
      const connection = await send(url, 'GET', '/livez').then(
        () => false,
        () => true,
      );
      return connection;
    });
    const tookMs = performance.now() - started;
    assert.ok(tookMs > 4_000 && tookMs < 9_000, `it stopped listening after ${tookMs} ms, half of the grace period`);
    assert.equal((await service.ended).code, 0);
  });

  test('does not wait for a request that never completes', async (context) => {
    const { service, port } = await startListening(context);
    const socket = await openSocket(context, port);
    socket.write('GET /livez HTTP/1.1\r\nHost: ');
    const started = performance.now();
    service.child.kill('SIGTERM');
    const { code } = await service.ended;
    assert.deepEqual([code, performance.now() - started < 5_000], [0, true], `took ${performance.now() - started} ms`);
  });

  test('does not wait for a connection without any bytes', async (context) => {
    const { service, port } = await startListening(context, { SHUTDOWN_GRACE_SECONDS: '20' });
    const socket = await openSocket(context, port);
    const closed = once(socket.resume(), 'close');
    const started = performance.now();
    service.child.kill('SIGTERM');
    const { code } = await service.ended;
    await closed;
    assert.deepEqual([code, performance.now() - started < 5_000], [0, true], `took ${performance.now() - started} ms`);
  });

  test('exits with 1 when a request outlasts the grace period', async (context) => {
    const { service, url } = await startListening(context, { SHUTDOWN_GRACE_SECONDS: '1' });
    const { response } = await startWaitingRequest(context, url);
    service.child.kill('SIGTERM');
    const { code, output } = await service.ended;
    assert.equal(code, 1);
    assert.match(output, /requests were still running when the grace ended/);
    await assert.rejects(response);
  });

  test('exits with 1 at once on a second signal', async (context) => {
    const { service, url } = await startListening(context);
    const { response } = await startWaitingRequest(context, url);
    service.child.kill('SIGTERM');
    await eventually('the process stops', () => service.output().includes('"stopping"'));
    const started = performance.now();
    service.child.kill('SIGTERM');
    assert.equal((await service.ended).code, 1);
    assert.ok(performance.now() - started < 5_000, 'long before the grace period ends');
    await assert.rejects(response);
  });
});
