import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy, type Proxy } from './tcp-proxy.ts';

/** Long enough for what passes to have passed. */
const A_WHILE_MS = 200;

type Client = {
  send(text: string): void;
  end(): void;
  /** All that has happened to it: what it received, then `end`, `close` or the code of an error. */
  story(): string;
};

type Ends = {
  readonly proxy: Proxy;
  open(): Promise<Client>;
  /** All that the server has received. */
  heard(): string;
};

/** A server behind the proxy that repeats what it hears, and ends when its client does. */
async function start(context: TestContext): Promise<Ends> {
  let heard = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (piece) => {
      heard += String(piece);
      socket.write(piece);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const proxy = await startProxy(address.port);
  context.after(async () => {
    await proxy.close();
    server.close();
  });

  async function open(): Promise<Client> {
    const socket = connect(proxy.port, '127.0.0.1');
    context.after(() => socket.destroy());
    let story = '';
    const tell = (what: string): void => {
      story += what;
    };
    socket.on('data', (piece) => tell(String(piece)));
    socket.on('error', (error: NodeJS.ErrnoException) => tell(` ${error.code}`));
    for (const event of ['end', 'close']) socket.on(event, () => tell(` ${event}`));
    await once(socket, 'connect');
    return { send: (text) => socket.write(text), end: () => socket.end(), story: () => story };
  }
  return { proxy, open, heard: () => heard };
}

async function until(expected: string, actual: () => string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (actual() !== expected && performance.now() < deadline) await sleep(5);
  assert.equal(actual(), expected);
}

describe('the proxy', () => {
  test('passes data and ends on in both directions', async (context) => {
    const { proxy, open } = await start(context);
    const client = await open();
    client.send('hello');
    await until('hello', client.story);
    assert.equal(proxy.connections(), 1);
    client.end();
    await until('hello end close', client.story);
    await until('0', () => String(proxy.connections()));
  });

  test('lets nothing through while frozen, neither an end nor a new connection, and delivers all of it in order when thawed', async (context) => {
    const { proxy, open, heard } = await start(context);
    const client = await open();
    proxy.freeze();
    const late = await open();
    client.send('one ');
    await sleep(A_WHILE_MS);
    client.send('two');
    client.end();
    await sleep(A_WHILE_MS);
    assert.deepEqual([heard(), client.story()], ['', '']);
    proxy.thaw();
    await until('one two end close', client.story);
    late.send('late');
    await until('late', late.story);
    assert.equal(heard(), 'one twolate');
  });

  test('withholds answers alone where only they are frozen', async (context) => {
    const { proxy, open, heard } = await start(context);
    const client = await open();
    proxy.freeze('answers');
    client.send('heard');
    await until('heard', heard);
    await sleep(A_WHILE_MS);
    assert.equal(client.story(), '');
    proxy.thaw();
    await until('heard', client.story);
  });

  test('resets the connections there are, loses what was held back, and passes new ones', async (context) => {
    const { proxy, open, heard } = await start(context);
    const client = await open();
    proxy.freeze();
    client.send('lost');
    await sleep(A_WHILE_MS);
    proxy.reset();
    await until(' ECONNRESET close', client.story);
    const next = await open();
    next.send('next');
    await until('next', next.story);
    assert.equal(heard(), 'next');
  });

  test('delays each piece, keeps the order when the delay ends, and then delays no more', async (context) => {
    const { proxy, open } = await start(context);
    const client = await open();
    proxy.slowDown(A_WHILE_MS);
    const began = performance.now();
    client.send('slow');
    await sleep(A_WHILE_MS / 2);
    proxy.slowDown(0);
    client.send(' quick');
    await until('slow quick', client.story);
    const took = performance.now() - began;
    assert.ok(took >= A_WHILE_MS - 5, `${took} ms`);
  });

  test("connects from the client's own address", { skip: process.platform !== 'linux' }, async (context) => {
    // The proxy resets what is open when the test ends.
    const server = createServer((socket) => socket.on('error', () => undefined).end(socket.remoteAddress ?? '')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = await startProxy((server.address() as AddressInfo).port);
    context.after(async () => {
      await proxy.close();
      server.close();
    });
    let heard = '';
    const client = connect({ host: '127.0.0.1', port: proxy.port, localAddress: '127.0.0.2' }).on('error', () => undefined);
    client.on('data', (piece) => (heard += String(piece)));
    await until('127.0.0.2', () => heard);
  });

  test('delays in both directions', async (context) => {
    const { proxy, open } = await start(context);
    const client = await open();
    proxy.slowDown(A_WHILE_MS);
    const began = performance.now();
    client.send('there and back');
    await until('there and back', client.story);
    const took = performance.now() - began;
    assert.ok(took >= 2 * A_WHILE_MS - 5, `${took} ms`);
  });

  test('lets the first piece of a new connection wait for a handshake, and no other', async (context) => {
    const { proxy, open } = await start(context);
    proxy.slowDown(0, A_WHILE_MS);
    const client = await open();
    const timed = async (text: string, all: string): Promise<number> => {
      const began = performance.now();
      client.send(text);
      await until(all, client.story);
      return performance.now() - began;
    };
    const [first, second] = [await timed('first', 'first'), await timed(' second', 'first second')];
    assert.ok(first >= A_WHILE_MS - 5 && second < A_WHILE_MS, `${first} ms, then ${second} ms`);
  });

  test('refuses everybody until it accepts again, at the same port', async (context) => {
    const { proxy, open } = await start(context);
    const client = await open();
    client.send('before');
    await until('before', client.story);
    await proxy.refuse();
    await proxy.refuse();
    await assert.rejects(once(connect(proxy.port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' });
    await proxy.accept();
    await proxy.accept();
    const again = await open();
    again.send('after');
    await until('after', again.story);
  });
});
