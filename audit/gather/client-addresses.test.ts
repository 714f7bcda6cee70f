import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { twoRoutesTo } from './client-addresses.ts';

async function listen(context: TestContext, host: string): Promise<number> {
  const server = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => void server.listen(0, host, resolve));
  context.after(() => server.close());
  return (server.address() as AddressInfo).port;
}

test('finds a second loopback address to a stage on this machine', { skip: process.platform !== 'linux' }, async (context) => {
  const port = await listen(context, '127.0.0.1');
  for (const host of ['127.0.0.1', 'localhost'])
    assert.deepEqual(await twoRoutesTo(`https://${host}:${port}`), { second: { family: 4, localAddress: '127.0.0.2' } }, host);
});

test('finds no second address where it cannot reach the target', async (context) => {
  const port = await listen(context, '127.0.0.1');
  assert.deepEqual(await twoRoutesTo(`https://[::1]:${port}`), undefined, 'IPv6 has one loopback address');
  assert.deepEqual(await twoRoutesTo('https://127.0.0.1:1'), undefined, 'nothing listens there');
  assert.deepEqual(await twoRoutesTo('https://api.invalid'), undefined, 'no such name');
  assert.deepEqual(await twoRoutesTo('https://192.0.2.1'), undefined, 'an address of one family');
});
