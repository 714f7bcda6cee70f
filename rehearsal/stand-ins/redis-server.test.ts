import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isPortFree } from '../process/free-port.ts';
import { createTemporaryDirectory } from '../process/temporary-directory.ts';
import { findRedis, type Redis, startRedis } from './redis-server.ts';

const program = findRedis();

async function start(context: TestContext): Promise<Redis> {
  const temporary = await createTemporaryDirectory();
  context.after(() => temporary.remove());
  const redis = await startRedis(program ?? '', temporary.watchdog);
  context.after(() => redis.stop());
  return redis;
}

/** Sends these lines and returns everything Redis sends until the connection ends. */
function send(redis: Redis, ...lines: string[]): Promise<string> {
  const socket = connect(redis.port, '127.0.0.1');
  socket.end(lines.map((line) => `${line}\r\n`).join(''));
  return text(socket);
}

const login = (redis: Redis): string => `AUTH ${new URL(redis.url).password}`;

describe('a temporary Redis', { skip: program === undefined && 'redis-server is not installed', concurrency: true }, () => {
  test('accepts only the password, and listens only on loopback', async (context) => {
    const redis = await start(context);
    assert.match(await send(redis, 'GET x'), /^-NOAUTH/);
    assert.match(await send(redis, 'AUTH other'), /^-WRONGPASS/);
    assert.equal(await send(redis, login(redis), 'CONFIG GET bind'), '+OK\r\n*2\r\n$4\r\nbind\r\n$9\r\n127.0.0.1\r\n');
  });

  test('is gone while stopped and empty once restarted, however often each is called', async (context) => {
    const redis = await start(context);
    assert.equal(await send(redis, login(redis), 'SET x 1'), '+OK\r\n+OK\r\n');
    await redis.stop();
    await redis.stop();
    assert.equal(await isPortFree(redis.port), true);
    await redis.start();
    await redis.start();
    assert.equal(await send(redis, login(redis), 'EXISTS x'), '+OK\r\n:0\r\n');
  });

  test('accepts connections but does not respond while paused, and responds to everything afterwards', async (context) => {
    const redis = await start(context);
    redis.pause();
    const socket = connect(redis.port, '127.0.0.1');
    context.after(() => socket.destroy());
    await once(socket, 'connect');
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    socket.write('PING\r\n');
    await sleep(300);
    assert.equal(received, '');
    redis.resume();
    await once(socket, 'data');
    assert.match(received, /^-NOAUTH/);
  });

  test('can be stopped while paused', async (context) => {
    const redis = await start(context);
    redis.pause();
    await redis.stop();
    assert.equal(await isPortFree(redis.port), true);
  });
});
