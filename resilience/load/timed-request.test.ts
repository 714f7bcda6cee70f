import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import { exchange, isShed, isSuccess, type Answer } from './timed-request.ts';

async function ask(context: TestContext, handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<Answer> {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const agent = new Agent();
  context.after(() => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  });
  return exchange({
    port: address.port,
    agent,
    method: 'POST',
    path: '/things/7',
    kind: '/things/{id}',
    token: 't',
    headers: { 'x-one': '1' },
    json: { a: 1 },
  });
}

describe('an exchange', () => {
  test('tells status, Retry-After, body and duration, and sends what it was given', async (context) => {
    const answer = await ask(context, (request, response) => {
      void text(request).then((body) => {
        const { authorization, 'x-one': one, 'content-type': type } = request.headers;
        response.writeHead(503, { 'retry-after': '2' });
        setTimeout(() => response.end(JSON.stringify([request.method, request.url, authorization, one, type, body])), 50);
      });
    });
    assert.partialDeepStrictEqual(answer, { what: 'POST /things/{id}', outcome: 503, retryAfter: '2' });
    assert.deepEqual(answer.body, ['POST', '/things/7', 'Bearer t', '1', 'application/json', '{"a":1}']);
    assert.ok(answer.ended - answer.began >= 45);
  });

  test('is cut when the connection ends before the answer, in its middle, or is refused', async (context) => {
    assert.equal((await ask(context, (_request, response) => response.destroy())).outcome, 'cut');
    const half = await ask(context, (_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half');
      setTimeout(() => response.destroy(), 50);
    });
    assert.equal(half.outcome, 'cut');
    assert.equal((await exchange({ port: 1, agent: new Agent(), method: 'GET', path: '/' })).outcome, 'cut');
  });

  test('hangs when nothing comes in 30 s', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const asked = ask(context, (request) => void request.resume().on('end', () => context.mock.timers.tick(30_000)));
    assert.equal((await asked).outcome, 'hung');
  });

  test('succeeds with 2xx, is shed with 503 and Retry-After, and is neither otherwise', () => {
    const kinds = (outcome: Answer['outcome'], retryAfter?: string): boolean[] => {
      const answer = { what: '', began: 0, ended: 0, outcome, retryAfter };
      return [isSuccess(answer), isShed(answer)];
    };
    for (const outcome of [200, 201, 204]) assert.deepEqual(kinds(outcome), [true, false]);
    assert.deepEqual(kinds(503, '2'), [false, true]);
    for (const retryAfter of [undefined, '', '0', '-1', 'soon']) assert.deepEqual(kinds(503, retryAfter), [false, false], `${retryAfter}`);
    for (const outcome of [304, 404, 429, 500, 'cut', 'hung'] as const) assert.deepEqual(kinds(outcome, '2'), [false, false], `${outcome}`);
  });
});
