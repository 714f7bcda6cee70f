import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { type Connections, watchConnections } from './connections.ts';

type Watched = {
  readonly connections: Connections;
  /** The server's end of the connection. */
  readonly socket: Socket;
  /** Resolves with the response to write. */
  sends(text: string): Promise<ServerResponse>;
};

async function watched(context: TestContext): Promise<Watched> {
  const server = createServer();
  const connections = watchConnections(server);
  server.on('request', (req, res) => connections.begin({ req, res }));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  context.after(() => {
    client.destroy();
    server.close();
  });
  const [socket] = (await once(server, 'connection')) as [Socket];
  client.resume();
  async function sends(text: string): Promise<ServerResponse> {
    client.write(text);
    const [, res] = (await once(server, 'request')) as [unknown, ServerResponse];
    return res;
  }
  return { connections, socket, sends };
}

async function response(res: ServerResponse): Promise<void> {
  res.end('done');
  await once(res, 'close');
}

test('an exchange is available while it lasts, and released afterwards', async (context) => {
  const { connections, socket, sends } = await watched(context);
  for (const turn of ['first', 'second']) {
    const res = await sends(`GET /${turn} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assert.equal(connections.latest(socket)?.res, res);
    assert.equal(connections.latest(socket)?.req.url, `/${turn}`);
    await response(res);
    assert.equal(connections.latest(socket), undefined);
  }
});

test('an exchange whose response ended before its request was complete is retained', async (context) => {
  const { connections, socket, sends } = await watched(context);
  const res = await sends('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf');
  await response(res);
  assert.equal(connections.latest(socket)?.res, res);
  assert.equal(connections.latest(socket)?.req.complete, false);
});
