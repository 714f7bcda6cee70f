import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { listenOnAll } from './listen.ts';

test('several connections are accepted in one turn of the event loop', { skip: process.platform !== 'linux' }, async (context) => {
  const server = createServer();
  const { servers } = await listenOnAll(server, 0);
  context.after(() => servers.forEach((each) => each.close()));
  let accepted = 0;
  server.on('connection', () => (accepted += 1));
  const { port } = server.address() as AddressInfo;
  const clients = Array.from({ length: 64 }, () => connect(port, '127.0.0.1'));
  context.after(() => clients.forEach((client) => client.destroy()));
  let turns = 0;
  for (; accepted < clients.length; turns += 1) await nextTurn();
  assert.ok(turns < 40, `${turns} turns for ${clients.length} connections`);
});

test('a server is closed when the connections of all its sockets have ended', async (context) => {
  const server = createServer((_req, res) => void res.end('done'));
  const { servers } = await listenOnAll(server, 0);
  const { port } = server.address() as AddressInfo;
  const clients = Array.from({ length: 32 }, () => connect(port, '127.0.0.1'));
  context.after(() => clients.forEach((client) => client.destroy()));
  await Promise.all(
    clients.map(async (client) => {
      client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
      assert.match(String(await once(client, 'data')), /^HTTP\/1\.1 200 OK/);
    }),
  );
  await Promise.all(servers.map(async (each) => once(each.close(), 'close')));
  assert.ok(servers.every((each) => !each.listening));
});
