import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { startTunnel, type Tunnel } from './connect-proxy.ts';

const echo = createServer((socket) => void socket.pipe(socket));
let tunnel: Tunnel;
before(async () => {
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const exit = { host: '127.0.0.1', port: (echo.address() as AddressInfo).port };
  tunnel = await startTunnel(
    new Map([
      ['pages.example:443', exit],
      ['closed.example:443', { host: '127.0.0.1', port: 1 }],
    ]),
  );
});
after(async () => {
  await tunnel.close();
  echo.close();
});

/** @returns the first line of the response, and the socket */
async function connectTo(authority: string): Promise<{ line: string; socket: Socket }> {
  const socket = connect(tunnel.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  const [chunk] = (await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [''])])) as [Buffer | string];
  return { line: chunk.toString().split('\r\n')[0] ?? '', socket };
}

describe('the tunnel', () => {
  test('connects a known name to its address, and forwards every byte', async () => {
    const { line, socket } = await connectTo('pages.example:443');
    assert.equal(line, 'HTTP/1.1 200 Connection Established');
    socket.write('\u0016\u0003 bytes');
    assert.equal(String((await once(socket, 'data'))[0]), '\u0016\u0003 bytes');
    socket.destroy();
  });

  test('rejects an unknown name, another port of a known one, and plain requests', async () => {
    for (const authority of ['elsewhere.example:443', 'pages.example:8443', '127.0.0.1:443']) {
      assert.equal((await connectTo(authority)).line, 'HTTP/1.1 403 Forbidden', authority);
    }
    const [response] = (await once(http.get({ port: tunnel.port, host: '127.0.0.1', path: 'http://pages.example/' }), 'response')) as [
      http.IncomingMessage,
    ];
    assert.equal(response.statusCode, 403);
    response.resume();
  });

  test('survives a client that resets a rejected connection', async () => {
    for (let count = 0; count < 20; count += 1) {
      const socket = connect(tunnel.port, '127.0.0.1');
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write('CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n', () => socket.resetAndDestroy());
      await once(socket, 'close');
    }
    assert.equal((await connectTo('elsewhere.example:443')).line, 'HTTP/1.1 403 Forbidden');
  });

  test('closes the connection without a response where the address does not respond', async () => {
    assert.equal((await connectTo('closed.example:443')).line, '');
  });

  test('closes with connections open', async () => {
    const other = await startTunnel(new Map([['pages.example:443', { host: '127.0.0.1', port: (echo.address() as AddressInfo).port }]]));
    const socket = connect(other.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('CONNECT pages.example:443 HTTP/1.1\r\n\r\n');
    await once(socket, 'data');
    await other.close();
    if (!socket.destroyed) await once(socket, 'close');
  });
});
