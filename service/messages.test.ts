import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import express from 'express';
import { messagesOf } from './messages.ts';

test('messages keep the prototypes they are made with, and are what Express says they are', async (context) => {
  const app = express();
  const seen: unknown[] = [];
  app.get('/', (req, res) => {
    seen.push(Object.getPrototypeOf(req), Object.getPrototypeOf(res));
    res.json({ query: req.query, isApp: req.app === app && res.app === app });
  });
  const server = createServer(messagesOf(app), (req, res) => {
    seen.push(Object.getPrototypeOf(req), Object.getPrototypeOf(res));
    app(req, res);
  });
  context.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/?a=b`);
  assert.deepEqual(await answer.json(), { query: { a: 'b' }, isApp: true });
  const [request, response, requestInApp, responseInApp] = seen;
  assert.equal(request, requestInApp);
  assert.equal(response, responseInApp);
});
