import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pWaitFor from 'p-wait-for';
import { listenOnFreePort } from '../process/listen-on-free-port.ts';
import { startProxy, type Proxy } from './tcp-proxy.ts';

/** Long enough for data to pass. */
const A_WHILE_MS = 200;
/** So long that a busy machine takes less for anything else. */
const HANDSHAKE_MS = 2_000;

type ProxyClient = {
  send(text: string): void;
  end(): void;
  /** What it received, then `end`, `close` or the code of an error. */
  events(): string;
};

type ProxySetup = {
  readonly proxy: Proxy;
  open(): Promise<ProxyClient>;
  /** What the server has received. */
  received(): string;
};

/** A proxy with an echo server that ends when its client does. */
async function start(context: TestContext): Promise<ProxySetup> {
  let received = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      received += String(chunk);
      socket.write(chunk);
    });
  });
  const proxy = await startProxy(await listenOnFreePort(server));
  context.after(async () => {
    await proxy.close();
    server.close();
  });

  async function open(): Promise<ProxyClient> {
    const socket = connect(proxy.port, '127.0.0.1');
    context.after(() => socket.destroy());
    let events = '';
    const record = (event: string): void => {
      events += event;
    };
    socket.on('data', (chunk) => record(String(chunk)));
    socket.on('error', (error: NodeJS.ErrnoException) => record(` ${error.code}`));
    for (const event of ['end', 'close']) socket.on(event, () => record(` ${event}`));
    await once(socket, 'connect');
    return { send: (text) => socket.write(text), end: () => socket.end(), events: () => events };
  }
  return { proxy, open, received: () => received };
}

async function until(expected: string, actual: () => string): Promise<void> {
  await pWaitFor(() => actual() === expected, { interval: 5, timeout: { milliseconds: 10_000, fallback: () => undefined } });
  assert.equal(actual(), expected);
}

describe('the proxy', () => {
  test('forwards data and ends in both directions', async (context) => {
    const { proxy, open } = await start(context);
    const client = await open();
    client.send('hello');
    await until('hello', client.events);
    assert.equal(proxy.connections(), 1);
    client.end();
    await until('hello end close', client.events);
    await until('0', () => String(proxy.connections()));
  });

  test('forwards nothing while paused, neither an end nor a new connection, and delivers everything in order when resumed', async (context) => {
    const { proxy, open, received } = await start(context);
    const client = await open();
    proxy.pause();
    const late = await open();
    client.send('one ');
    await sleep(A_WHILE_MS);
    client.send('two');
    client.end();
    await sleep(A_WHILE_MS);
    assert.deepEqual([received(), client.events()], ['', '']);
    proxy.resume();
    await until('one two end close', client.events);
    late.send('late');
    await until('late', late.events);
    assert.equal(received(), 'one twolate');
  });

  test('withholds only responses where only they are paused', async (context) => {
    const { proxy, open, received } = await start(context);
    const client = await open();
    proxy.pause('responses');
    client.send('text');
    await until('text', received);
    await sleep(A_WHILE_MS);
    assert.equal(client.events(), '');
    proxy.resume();
    await until('text', client.events);
  });

  test('resets open connections, drops what was held back, and accepts new ones', async (context) => {
    const { proxy, open, received } = await start(context);
    const client = await open();
    proxy.pause();
    client.send('lost');
    await sleep(A_WHILE_MS);
    proxy.reset();
    await until(' ECONNRESET close', client.events);
    const next = await open();
    next.send('next');
    await until('next', next.events);
    assert.equal(received(), 'next');
  });

  test('delays each chunk, preserves the order when the delay ends, and then delays no more', async (context) => {
    const { proxy, open } = await start(context);
    const client = await open();
    proxy.slowDown(A_WHILE_MS);
    const began = performance.now();
    client.send('slow');
    await sleep(A_WHILE_MS / 2);
    proxy.slowDown(0);
    client.send(' quick');
    await until('slow quick', client.events);
    const took = performance.now() - began;
    assert.ok(took >= A_WHILE_MS - 5, `${took} ms`);
  });

  test("connects from the client's own address", { skip: process.platform !== 'linux' }, async (context) => {
    // The proxy resets what is open when the test ends.
    const server = createServer((socket) => socket.on('error', () => undefined).end(socket.remoteAddress ?? ''));
    const proxy = await startProxy(await listenOnFreePort(server));
    context.after(async () => {
      await proxy.close();
      server.close();
    });
    let received = '';
    const client = connect({ host: '127.0.0.1', port: proxy.port, localAddress: '127.0.0.2' }).on('error', () => undefined);
    client.on('data', (chunk) => (received += String(chunk)));
    await until('127.0.0.2', () => received);
  });

  test('delays in both directions', async (context) => {
    const { proxy, open } = await start(context);
    const client = await open();
    proxy.slowDown(A_WHILE_MS);
    const began = performance.now();
    client.send('there and back');
    await until('there and back', client.events);
    const took = performance.now() - began;
    assert.ok(took >= 2 * A_WHILE_MS - 5, `${took} ms`);
  });

  test('delays only the first chunk of a new connection by the handshake', async (context) => {
    const { proxy, open } = await start(context);
    proxy.slowDown(0, HANDSHAKE_MS);
    const opened = performance.now();
    const client = await open();
    client.send('first');
    await until('first', client.events);
    const arrived = performance.now();
    client.send(' second');
    await until('first second', client.events);
    const [first, second] = [arrived - opened, performance.now() - arrived];
    assert.ok(first >= HANDSHAKE_MS - 5 && second < HANDSHAKE_MS, `${first} ms, then ${second} ms`);
  });

  test('refuses connections until it accepts again, on the same port', async (context) => {
    const { proxy, open } = await start(context);
    const client = await open();
    client.send('before');
    await until('before', client.events);
    await proxy.refuse();
    await proxy.refuse();
    await assert.rejects(once(connect(proxy.port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
    await proxy.accept();
    await proxy.accept();
    const again = await open();
    again.send('after');
    await until('after', again.events);
  });
});
