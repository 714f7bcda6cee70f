import assert from 'node:assert/strict';
import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import { listenOnFreePort } from '../../rehearsal/process/listen-on-free-port.ts';
import { sendTimed, isShed, isSuccess, type TimedResponse } from './timed-request.ts';

async function sendTo(context: TestContext, handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<TimedResponse> {
  const server = createServer(handler);
  const port = await listenOnFreePort(server);
  const agent = new Agent();
  context.after(() => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  });
  return sendTimed({
    port,
    agent,
    method: 'POST',
    path: '/things/7',
    template: '/things/{id}',
    token: 't',
    headers: { 'x-one': '1' },
    json: { a: 1 },
  });
}

describe('a timed request', () => {
  test('returns status, Retry-After, body and duration, and sends all options', async (context) => {
    const response = await sendTo(context, (request, response) => {
      void text(request).then((body) => {
        const { authorization, 'x-one': one, 'content-type': type } = request.headers;
        response.writeHead(503, { 'retry-after': '2' });
        setTimeout(() => response.end(JSON.stringify([request.method, request.url, authorization, one, type, body])), 50);
      });
    });
    assert.partialDeepStrictEqual(response, { what: 'POST /things/{id}', outcome: 503, retryAfter: '2' });
    assert.deepEqual(response.body, ['POST', '/things/7', 'Bearer t', '1', 'application/json', '{"a":1}']);
    assert.ok(response.ended - response.began >= 45);
  });

  test('is cut when the connection ends before or during the response, or is refused', async (context) => {
    assert.equal((await sendTo(context, (_request, response) => response.destroy())).outcome, 'cut');
    const half = await sendTo(context, (_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('half');
      setTimeout(() => response.destroy(), 50);
    });
    assert.equal(half.outcome, 'cut');
    assert.equal((await sendTimed({ port: 1, agent: new Agent(), method: 'GET', path: '/' })).outcome, 'cut');
  });

  test('hangs when there is no response in 30 s', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const sent = sendTo(context, (request) => void request.resume().on('end', () => context.mock.timers.tick(30_000)));
    assert.equal((await sent).outcome, 'hung');
  });

  test('succeeds with 2xx, is shed with 503 and Retry-After, and is neither otherwise', () => {
    const kinds = (outcome: TimedResponse['outcome'], retryAfter?: string): boolean[] => {
      const response = { what: '', began: 0, ended: 0, outcome, retryAfter, repeats: false };
      return [isSuccess(response), isShed(response)];
    };
    for (const outcome of [200, 201, 204]) assert.deepEqual(kinds(outcome), [true, false]);
    assert.deepEqual(kinds(503, '2'), [false, true]);
    for (const retryAfter of [undefined, '', '0', '-1', 'soon']) assert.deepEqual(kinds(503, retryAfter), [false, false], `${retryAfter}`);
    for (const outcome of [304, 404, 429, 500, 'cut', 'hung'] as const) assert.deepEqual(kinds(outcome, '2'), [false, false], `${outcome}`);
  });
});
