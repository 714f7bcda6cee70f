import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test, type TestContext } from 'node:test';
import fc from 'fast-check';
import { ORIGIN } from '../test/app.ts';
import { createTestDatabase } from '../test/databases.ts';
import { eventually } from '../test/eventually.ts';
import { type ServiceProcess, startService } from '../test/processes.ts';
import { type HttpResponse, problemOf, send } from '../test/requests.ts';
import { newUser } from '../test/tokens.ts';

const TASKS = '/api/v1/tasks';
const canary = `canary${randomBytes(8).toString('hex')}`;

let service: ServiceProcess;
let port: number;
let url: string;
before(async () => {
  const { url: databaseUrl } = await createTestDatabase();
  const started = await startService({ DATABASE_URL: databaseUrl, CORS_ORIGINS: ORIGIN, RATE_LIMIT_PER_MINUTE: '10000' });
  service = started;
  ({ port, url } = started);
});
after(() => void service.child.kill('SIGKILL'));

async function open(context: TestContext): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  context.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Everything received until the service closes the connection. */
async function exchange(context: TestContext, bytes: string | Buffer): Promise<string> {
  const socket = await open(context);
  socket.write(bytes, 'latin1');
  return text(socket);
}

const request = (line: string, ...headers: string[]): string => [line, 'Host: api.test', ...headers, '', ''].join('\r\n');

/** Parses one response. @throws unless there is exactly one, with the length it announces */
function parse(received: string): HttpResponse {
  const end = received.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = received.slice(0, end).split('\r\n');
  const pairs = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const);
  const headers: Record<string, string> = Object.fromEntries(pairs);
  assert.equal(pairs.length, Object.keys(headers).length, 'a header occurs twice');
  const body = received.slice(end + 4);
  assert.equal(headers['content-length'], String(Buffer.byteLength(body)), received);
  return { status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]), headers, text: body, body: body === '' ? undefined : JSON.parse(body) };
}

type Line = Record<string, unknown>;

const requestLines = (): Line[] =>
  service
    .output()
    .split('\n')
    .filter((line) => line.includes('"msg":"request"'))
    .map((line): Line => JSON.parse(line));

/** The log lines of this response. */
async function linesOf({ headers }: HttpResponse): Promise<Line[]> {
  const own = (): Line[] => requestLines().filter(({ request_id }) => request_id === headers['x-request-id']);
  await eventually('the request is logged', () => own().length > 0);
  return own();
}

const VARYING_HEADERS = /^(date|x-request-id|content-(length|type)|connection|keep-alive|ratelimit.*|access-control-.*|www-authenticate|allow)$/;

const common = ({ headers }: HttpResponse): unknown => Object.fromEntries(Object.entries(headers).filter(([name]) => !VARYING_HEADERS.test(name)));

describe('what Node cannot parse as a request', { concurrency: 4 }, () => {
  const huge = 'x'.repeat(20_000);
  const rejections: Record<string, [bytes: string | Buffer, status: number, code: string]> = {
    'a bearer token of 20 KB': [request(`GET ${TASKS} HTTP/1.1`, `Authorization: Bearer ${canary}${huge}`), 431, 'headers_too_large'],
    'a path of 20 KB': [request(`GET /${canary}${huge} HTTP/1.1`), 431, 'headers_too_large'],
    'headers of 2 MB, all of them sent before the response is read': [
      request('GET / HTTP/1.1', ...Array.from({ length: 100 }, () => `X: ${canary}${huge}`)),
      431,
      'headers_too_large',
    ],
    'bytes that are not HTTP': [`${canary}\r\n\r\n`, 400, 'malformed'],
    'a TLS handshake': [Buffer.from('16030100c5010000c10303', 'hex'), 400, 'malformed'],
    'the preface of HTTP/2': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'malformed'],
    'an unknown method': [request(`${canary.toUpperCase()} / HTTP/1.1`), 400, 'malformed'],
    'a control character in the path': [request(`GET /${canary}\u0001 HTTP/1.1`), 400, 'malformed'],
    'a header without a colon': [request('GET / HTTP/1.1', canary), 400, 'malformed'],
    'a space before the colon of a header': [request('GET / HTTP/1.1', `X-Canary : ${canary}`), 400, 'malformed'],
    'a NUL in a header': [request('GET / HTTP/1.1', `X-Canary: ${canary}\0`), 400, 'malformed'],
    'a header line that is folded': [request('GET / HTTP/1.1', 'X-Canary: a', ` ${canary}`, 'X:y', `: ${canary}`), 400, 'malformed'],
    'both a length and chunks': [
      request(`POST ${TASKS} HTTP/1.1`, 'Content-Length: 5', 'Transfer-Encoding: chunked') + '0\r\n\r\n',
      400,
      'malformed',
    ],
    'two lengths that differ': [request(`POST ${TASKS} HTTP/1.1`, 'Content-Length: 5', 'Content-Length: 6') + canary, 400, 'malformed'],
    'a length that is not a number': [request(`POST ${TASKS} HTTP/1.1`, `Content-Length: ${canary}`), 400, 'malformed'],
    CONNECT: [request(`CONNECT ${canary}.test:443 HTTP/1.1`), 400, 'malformed'],
    'CONNECT with tunneled bytes': [request(`CONNECT ${canary}.test:443 HTTP/1.1`) + canary.repeat(1_000), 400, 'malformed'],
    'a target that is not a URL': [request(`GET http://[${canary} HTTP/1.1`), 400, 'malformed'],
    'a path that the router cannot decode': [request(`GET //a\u00a0@${canary}#[ HTTP/1.1`), 400, 'malformed'],
    'HTTP/1.1 without a Host': [`GET ${TASKS} HTTP/1.1\r\nConnection: close\r\nX: ${canary}\r\n\r\n`, 400, 'malformed'],
  };
  for (const [what, [bytes, status, code]] of Object.entries(rejections)) {
    test(`gets a problem like any other error, and is logged once: ${what}`, async (context) => {
      const response = parse(await exchange(context, bytes));
      assert.deepEqual([response.status, problemOf(response).code], [status, code]);
      assert.equal(response.headers['connection'], 'close');
      assert.deepEqual(common(response), common(await send(url, 'GET', '/livez')));
      assert.doesNotMatch(response.text, /canary|HPE_|Parse|\\n|node:/i);
      const lines = await linesOf(response);
      assert.equal(lines.length, 1);
      assert.equal(lines[0]?.['status'], status);
      assert.ok(!service.output().toLowerCase().includes(canary));
    });
  }

  test('gets no response if the client has closed the connection', async (context) => {
    const before = requestLines().length;
    const socket = await open(context);
    socket.end('GET / HTT');
    assert.equal(await text(socket), '');
    const reset = await open(context);
    reset.write('GET / HTT');
    reset.resetAndDestroy();
    const silent = await open(context);
    silent.end();
    assert.equal(await text(silent), '');
    await send(url, 'GET', '/livez');
    assert.ok(requestLines().length >= before);
    assert.equal(service.child.exitCode, null);
  });
});

describe('an unusual request gets a response, and its connection stays open', { concurrency: 4 }, () => {
  const last = 'Connection: close';
  const responses: Record<string, [bytes: string, status: number]> = {
    'HTTP/1.0, without a Host': ['GET /livez HTTP/1.0\r\n\r\n', 200],
    'an absolute target': [request('GET http://api.test/livez HTTP/1.1', last), 200],
    'an absolute target of another server, which needs a token too': [request(`GET https://other.test${TASKS} HTTP/1.1`, last), 401],
    'a target that begins with two slashes': [request(`GET //other.test${TASKS} HTTP/1.1`, last), 404],
    'a path that cannot be decoded': [request(`GET ${TASKS}/%ff HTTP/1.1`, last), 401],
    'OPTIONS *': [request('OPTIONS * HTTP/1.1', last), 204],
    'GET *': [request('GET * HTTP/1.1', last), 404],
    'an upgrade': [request('GET /livez HTTP/1.1', 'Upgrade: websocket', 'Connection: Upgrade, close', 'Sec-WebSocket-Key: x'), 200],
    'an upgrade to HTTP/2': [request('GET /livez HTTP/1.1', 'Upgrade: h2c', 'HTTP2-Settings: x', 'Connection: Upgrade, HTTP2-Settings, close'), 200],
    'an unknown expectation': [request('GET /livez HTTP/1.1', 'Expect: the-unexpected', last), 200],
    TRACE: [request('TRACE /livez HTTP/1.1', last), 405],
    'two Hosts': [request('GET /livez HTTP/1.1', 'Host: other.test', last), 200],
  };
  for (const [what, [bytes, status]] of Object.entries(responses)) {
    test(what, async (context) => {
      const received = await exchange(context, bytes);
      assert.match(received, new RegExp(`^HTTP/1\\.1 ${status} `), received);
      assert.match(received, /\r\nStrict-Transport-Security: max-age=63072000/);
    });
  }

  test('100-continue is sent before the body', async (context) => {
    const socket = await open(context);
    const body = '{"title":"after 100"}';
    const { token } = newUser();
    const head = request(
      `POST ${TASKS} HTTP/1.1`,
      `Authorization: Bearer ${token}`,
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      'Expect: 100-continue',
      last,
    );
    socket.write(head);
    const [first] = await once(socket, 'data');
    assert.equal(String(first), 'HTTP/1.1 100 Continue\r\n\r\n');
    socket.write(body);
    assert.match(await text(socket), /^HTTP\/1\.1 201 /);
  });
});

describe('a request that is cut off', { concurrency: 4 }, () => {
  const post = (...headers: string[]): string =>
    request(`POST ${TASKS} HTTP/1.1`, `Authorization: Bearer ${newUser().token}`, 'Content-Type: application/json', `Origin: ${ORIGIN}`, ...headers);

  test('in its body gets a response that a page of an allowed origin can read, and is logged once', async (context) => {
    const response = parse(await exchange(context, post('Transfer-Encoding: chunked') + `4\r\n{"ti\r\n${canary}\r\n`));
    assert.deepEqual([response.status, problemOf(response).code], [400, 'malformed']);
    assert.equal(response.headers['access-control-allow-origin'], ORIGIN);
    assert.deepEqual(common(response), common(await send(url, 'GET', '/livez')));
    const lines = await linesOf(response);
    assert.deepEqual(
      lines.map(({ status, method }) => [status, method]),
      [[400, 'POST']],
    );
    assert.ok(!service.output().includes(canary));
  });

  test('in its body before the app reads it gets a response too', async (context) => {
    const response = parse(
      await exchange(context, request(`POST ${TASKS} HTTP/1.1`, 'Content-Type: application/json', 'Transfer-Encoding: chunked') + 'x\r\n'),
    );
    assert.deepEqual([response.status, problemOf(response).code], [400, 'malformed']);
  });

  test('in its body after its response gets no second one', async (context) => {
    const received = await exchange(context, request('POST /livez HTTP/1.1', 'Transfer-Encoding: chunked') + 'x\r\n');
    assert.equal(received.match(/HTTP\/1\.1/g)?.length, 1, received);
    assert.match(received, /^HTTP\/1\.1 405 /);
  });

  test('because the client closes the connection is logged once, as 499', async (context) => {
    const { id, token } = newUser();
    const socket = await open(context);
    socket.end(request(`POST ${TASKS} HTTP/1.1`, `Authorization: Bearer ${token}`, 'Content-Type: application/json', 'Content-Length: 9') + '{');
    assert.equal(await text(socket), '');
    const own = (): Line[] => requestLines().filter(({ user_id }) => user_id === id);
    await eventually('it is logged', () => own().length > 0);
    await sleep(100);
    assert.deepEqual(
      own().map(({ status }) => status),
      [499],
    );
  });

  test('after another that gets its response at once gets none itself', async (context) => {
    const received = await exchange(context, request('GET /livez HTTP/1.1') + 'GARBAGE\r\n\r\n');
    assert.deepEqual([parse(received).status, received.match(/HTTP\/1\.1/g)?.length], [200, 1]);
  });

  test("after another on its connection leaves that one's response complete, and last", async (context) => {
    const { token } = newUser();
    const received = await exchange(context, request(`GET ${TASKS} HTTP/1.1`, `Authorization: Bearer ${token}`) + 'GARBAGE\r\n\r\n');
    const response = parse(received);
    assert.deepEqual([response.status, response.headers['connection']], [200, 'close']);
    assert.partialDeepStrictEqual(response.body, { tasks: [], total: 0 });
  });

  test('because the client did not wait is executed only if it gets a response', async (context) => {
    const { token } = newUser();
    const create = (title: string): string => {
      const body = JSON.stringify({ title });
      const headers = [`Authorization: Bearer ${token}`, 'Content-Type: application/json', `Content-Length: ${body.length}`];
      return request(`POST ${TASKS} HTTP/1.1`, ...headers) + body;
    };
    const response = parse(await exchange(context, ['first', 'second', 'third'].map(create).join('')));
    assert.deepEqual([response.status, response.headers['connection']], [201, 'close']);
    assert.partialDeepStrictEqual((await send(url, 'GET', TASKS, { token })).body, { total: 1, tasks: [{ title: 'first' }] });
  });

  test('after another on its connection gets its response in turn', async (context) => {
    const socket = await open(context);
    let received = '';
    socket.on('data', (chunk) => (received += String(chunk)));
    socket.write(request('GET /livez HTTP/1.1'));
    await eventually('the first has a response', () => received.endsWith('{"status":"ok"}'));
    received = '';
    socket.write('GARBAGE\r\n\r\n');
    await once(socket, 'close');
    assert.equal(problemOf(parse(received)).status, 400);
  });
});

describe('arbitrary bytes', () => {
  test('get a status below 500 or no response, end their connection, and do not crash the process', { timeout: 100_000 }, async (context) => {
    const { token } = newUser();
    const fragments = [
      request('GET /livez HTTP/1.1'),
      request(`GET ${TASKS} HTTP/1.1`, `Authorization: Bearer ${token}`),
      request(`POST ${TASKS} HTTP/1.1`, `Authorization: Bearer ${token}`, 'Content-Type: application/json', 'Content-Length: 13') + '{"title":"x"}',
      request(`POST ${TASKS} HTTP/1.1`, 'Transfer-Encoding: chunked', 'Expect: 100-continue'),
      request('OPTIONS * HTTP/1.1', `Origin: ${ORIGIN}`, 'Access-Control-Request-Method: GET'),
      request('CONNECT a:1 HTTP/1.1'),
      request('GET /livez HTTP/1.1', 'Upgrade: websocket', 'Connection: Upgrade'),
      'GET ',
      'POST ',
      '/',
      ' HTTP/1.1',
      'HTTP/1.0',
      '\r\n',
      '\r\n\r\n',
      '\n',
      'Host: a',
      'Content-Length: 3',
      'Transfer-Encoding: chunked',
      ': ',
      ';',
      '0\r\n\r\n',
      '3\r\nabc\r\n',
      'PRI * HTTP/2.0',
      'http://[',
      '\0',
      '\u00ff',
      '%',
      'x'.repeat(17_000),
    ];
    const run = async (parts: readonly string[], pauseMs: number): Promise<void> => {
      const socket = await open(context);
      socket.write(parts.join(''), 'latin1');
      await sleep(pauseMs);
      socket.end();
      const received = await text(socket).catch(() => '');
      for (const [, status] of received.matchAll(/HTTP\/1\.1 (\d{3}) /g)) assert.ok(Number(status) < 500, received);
    };
    const parts = fc.array(fc.constantFrom(...fragments), { minLength: 1, maxLength: 6 });
    await fc.assert(fc.asyncProperty(parts, fc.constantFrom(0, 5), run), { numRuns: 1_500 });
    assert.equal(service.child.exitCode, null);
    assert.equal((await send(url, 'GET', '/livez')).status, 200);
    assert.doesNotMatch(service.output(), /"level":"(error|fatal)"/);
  });
});

// Each test takes as long as its time limit.
describe('a request that takes too long to arrive', { concurrency: true }, () => {
  /** Sends a byte each half second until the service closes. @returns the response, and after how long */
  async function trickle(context: TestContext, start: string, byte: string): Promise<{ received: string; tookMs: number }> {
    const socket = await open(context);
    const started = performance.now();
    socket.write(start);
    const drip = setInterval(() => socket.write(byte), 500);
    context.after(() => clearInterval(drip));
    const received = await text(socket);
    return { received, tookMs: performance.now() - started };
  }

  test('in its headers gets 408 and is closed after 10 s', async (context) => {
    const { received, tookMs } = await trickle(context, 'GET / HTTP/1.1\r\nX: ', 'x');
    const response = parse(received);
    assert.deepEqual([response.status, problemOf(response).code], [408, 'request_timeout']);
    assert.deepEqual(common(response), common(await send(url, 'GET', '/livez')));
    assert.ok(tookMs > 9_000 && tookMs < 16_000, `took ${tookMs} ms`);
  });

  test('in its body gets 408 and is closed after 20 s', async (context) => {
    const { token } = newUser();
    const head = [`Authorization: Bearer ${token}`, 'Content-Type: application/json', 'Content-Length: 10000', `Origin: ${ORIGIN}`];
    const { received, tookMs } = await trickle(context, request(`POST ${TASKS} HTTP/1.1`, ...head), ' ');
    const response = parse(received);
    assert.deepEqual([response.status, problemOf(response).code], [408, 'request_timeout']);
    assert.equal(response.headers['access-control-allow-origin'], ORIGIN);
    assert.ok(tookMs > 19_000 && tookMs < 27_000, `took ${tookMs} ms`);
  });

  test('is not an idle connection, which serves the next request long after', async (context) => {
    const socket = await open(context);
    let received = '';
    socket.on('data', (chunk) => (received += String(chunk)));
    for (const waitMs of [0, 15_000]) {
      await sleep(waitMs);
      received = '';
      socket.write(request('GET /livez HTTP/1.1'));
      await eventually('it has a response', () => received.endsWith('{"status":"ok"}'));
    }
  });

  test('without a single byte is closed without a response, which a request in transit could mistake for its own', async (context) => {
    const socket = await open(context);
    assert.equal(await text(socket), '');
  });
});
