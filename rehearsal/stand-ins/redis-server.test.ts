import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import { isPortFree } from '../process/free-port.ts';
import { findRedis, type Redis, startRedis } from './redis-server.ts';
import { createThrowAway } from '../process/temporary-directory.ts';

const program = findRedis();

async function start(context: TestContext): Promise<Redis> {
  const place = await createThrowAway();
  context.after(() => place.remove());
  const redis = await startRedis(program ?? '', place.leash);
  context.after(() => redis.stop());
  return redis;
}

/** What Redis says to these lines, up to the end of the connection. */
function tell(redis: Redis, ...lines: string[]): Promise<string> {
  const socket = connect(redis.port, '127.0.0.1');
  socket.end(lines.map((line) => `${line}\r\n`).join(''));
  return text(socket);
}

const login = (redis: Redis): string => `AUTH ${new URL(redis.url).password}`;

describe('a throw-away Redis', { skip: program === undefined && 'redis-server is not installed', concurrency: true }, () => {
  test('answers those who know the password, over TCP on loopback alone', async (context) => {
    const redis = await start(context);
    assert.match(await tell(redis, 'GET x'), /^-NOAUTH/);
    assert.match(await tell(redis, 'AUTH other'), /^-WRONGPASS/);
    assert.equal(await tell(redis, login(redis), 'CONFIG GET bind'), '+OK\r\n*2\r\n$4\r\nbind\r\n$9\r\n127.0.0.1\r\n');
  });

  test('is gone while stopped and empty once started again, whatever the order of calls', async (context) => {
    const redis = await start(context);
    assert.equal(await tell(redis, login(redis), 'SET x 1'), '+OK\r\n+OK\r\n');
    await redis.stop();
    await redis.stop();
    assert.equal(await isPortFree(redis.port), true);
    await redis.start();
    await redis.start();
    assert.equal(await tell(redis, login(redis), 'EXISTS x'), '+OK\r\n:0\r\n');
  });

  test('accepts connections and says nothing while frozen, and answers all of it afterwards', async (context) => {
    const redis = await start(context);
    redis.freeze();
    const socket = connect(redis.port, '127.0.0.1');
    context.after(() => socket.destroy());
    await once(socket, 'connect');
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    socket.write('PING\r\n');
    await sleep(300);
    assert.equal(received, '');
    redis.thaw();
    await once(socket, 'data');
    assert.match(received, /^-NOAUTH/);
  });

  test('can be stopped while frozen', async (context) => {
    const redis = await start(context);
    redis.freeze();
    await redis.stop();
    assert.equal(await isPortFree(redis.port), true);
  });
});
