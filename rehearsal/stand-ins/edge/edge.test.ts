import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { get } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { gunzipSync } from 'node:zlib';
import { listenOnFreePort } from '../../process/listen-on-free-port.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../process/temporary-directory.ts';
import { createCertificates, type Certificates } from './certificates.ts';
import { startEdge, type Edge, type EdgeOverrides } from './edge.ts';

type ServiceHandler = (request: IncomingMessage, response: ServerResponse) => void;

/** What the service received, as the response body. */
type ReceivedRequest = {
  readonly method: string;
  readonly url: string;
  readonly raw: [name: string, value: string][];
  readonly body: string;
};

let temporary: TemporaryDirectory;
let certificates: Certificates;
let authority: string;

before(async () => {
  temporary = await createTemporaryDirectory();
  certificates = await createCertificates(temporary.directory);
  authority = await readFile(certificates.authorityFile, 'utf8');
});
after(() => temporary.remove());

const echo: ServiceHandler = (request, response) => {
  void text(request).then((body) => {
    const raw = request.rawHeaders.flatMap((name, index, all) => (index % 2 === 0 ? [[name.toLowerCase(), all[index + 1]]] : []));
    response.setHeader('Set-Cookie', ['a=1', 'b=2']);
    response.end(JSON.stringify({ method: request.method, url: request.url, raw, body }));
  });
};

async function startEdgeAndService(
  context: TestContext,
  handler: ServiceHandler,
  overrides: EdgeOverrides = {},
): Promise<{ edge: Edge; service: Server }> {
  const service = createServer(handler);
  const edge = await startEdge({ ...certificates, servicePort: await listenOnFreePort(service), overrides });
  context.after(async () => {
    await edge.close();
    service.closeAllConnections();
    service.close();
  });
  return { edge, service };
}

/** Sends these bytes over TLS and reads until the edge closes. */
async function exchange(edge: Edge, lines: readonly string[], body = ''): Promise<{ head: string; body: string }> {
  const socket = connect({ host: '127.0.0.1', port: edge.port, servername: 'localhost', ca: authority });
  await once(socket, 'secureConnect');
  socket.write([...lines, 'Connection: close', '', body].join('\r\n'));
  const received = await text(socket);
  const end = received.indexOf('\r\n\r\n');
  return { head: received.slice(0, end), body: received.slice(end + 4) };
}

function parseReceived(body: string): ReceivedRequest {
  // The echo has no Content-Length, so its body is between the size of one chunk and the final chunk.
  return JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)) as ReceivedRequest;
}

function valuesOf(received: ReceivedRequest, wanted: string): string[] {
  return received.raw.filter(([name]) => name === wanted).map(([, value]) => value);
}

describe('the edge', () => {
  test('appends to X-Forwarded-For and replaces the headers that only it may set', async (context) => {
    const { edge } = await startEdgeAndService(context, echo);
    const lines = [
      'GET / HTTP/1.1',
      'Host: api.test',
      'X-Forwarded-For: 9.9.9.9',
      'x-forwarded-for: 8.8.8.8',
      'X-Real-IP: 9.9.9.9',
      'X-Forwarded-Proto: http',
      'X-Forwarded-Host: evil.test',
      'X-Railway-Request-Id: forged',
    ];
    const [first, second] = [parseReceived((await exchange(edge, lines)).body), parseReceived((await exchange(edge, lines)).body)];

    const forwarded = valuesOf(first, 'x-forwarded-for');
    assert.equal(forwarded.length, 1);
    assert.match(forwarded[0] ?? '', /^9\.9\.9\.9, 8\.8\.8\.8, 127\.0\.0\.1, 100\.64\.0\.\d+$/);
    assert.notDeepEqual(valuesOf(second, 'x-forwarded-for'), forwarded, 'the edge address rotates');
    assert.deepEqual(valuesOf(first, 'x-real-ip'), ['127.0.0.1']);
    assert.deepEqual(valuesOf(first, 'x-forwarded-proto'), ['https']);
    assert.deepEqual(valuesOf(first, 'x-forwarded-host'), ['api.test']);
    assert.deepEqual(valuesOf(first, 'host'), ['api.test']);
    assert.notDeepEqual(valuesOf(first, 'x-railway-request-id'), ['forged']);
  });

  test('forwards raw paths, methods and duplicate headers unchanged and drops hop-by-hop headers', async (context) => {
    const { edge } = await startEdgeAndService(context, echo);
    const path = '/a//b/%2e%2e/../c?x=%00&x=[1]';
    const { head, body } = await exchange(edge, [
      `DELETE ${path} HTTP/1.1`,
      'Host: h',
      'X-Twice: one',
      'X-Other: 0',
      'X-Twice: two',
      'Keep-Alive: timeout=9',
      'TE: trailers',
      'Connection: x-secret-hop',
      'X-Secret-Hop: 1',
    ]);
    const received = parseReceived(body);
    assert.equal(received.method, 'DELETE');
    assert.equal(received.url, path);
    assert.deepEqual(valuesOf(received, 'x-twice'), ['one', 'two']);
    assert.deepEqual([...valuesOf(received, 'keep-alive'), ...valuesOf(received, 'te'), ...valuesOf(received, 'x-secret-hop')], []);
    assert.deepEqual(head.match(/^Set-Cookie: .*$/gim), ['Set-Cookie: a=1', 'Set-Cookie: b=2']);
  });

  test('frames the body as the client did', async (context) => {
    const { edge } = await startEdgeAndService(context, echo);
    const framing = (received: ReceivedRequest): unknown => ({
      length: valuesOf(received, 'content-length'),
      encoding: valuesOf(received, 'transfer-encoding'),
      body: received.body,
    });
    for (const method of ['POST', 'PATCH', 'DELETE']) {
      const none = await exchange(edge, [`${method} / HTTP/1.1`, 'Host: h']);
      assert.deepEqual(framing(parseReceived(none.body)), { length: [], encoding: [], body: '' }, `${method} without a body`);
      const counted = await exchange(edge, [`${method} / HTTP/1.1`, 'Host: h', 'Content-Length: 2'], 'hi');
      assert.deepEqual(framing(parseReceived(counted.body)), { length: ['2'], encoding: [], body: 'hi' }, `${method} with a length`);
      const chunked = await exchange(edge, [`${method} / HTTP/1.1`, 'Host: h', 'Transfer-Encoding: chunked'], '2\r\nhi\r\n0\r\n\r\n');
      assert.deepEqual(framing(parseReceived(chunked.body)), { length: [], encoding: ['chunked'], body: 'hi' }, `${method} in chunks`);
    }
  });

  test('forwards status, reason and responses without a body, and adds no CORS headers', async (context) => {
    const { edge } = await startEdgeAndService(context, (_request, response) => {
      response.writeHead(204, 'Nothing Here', ['Vary', 'Origin', 'X-Powered-By', 'me']);
      response.end();
    });
    const { head, body } = await exchange(edge, ['OPTIONS / HTTP/1.1', 'Host: h', 'Origin: https://a.test']);
    assert.match(head, /^HTTP\/1\.1 204 Nothing Here\r\n/);
    assert.match(head, /\r\nX-Powered-By: me(\r\n|$)/);
    assert.doesNotMatch(head, /access-control|content-length|transfer-encoding/i);
    assert.equal(body, '');
  });

  test('reuses its connections to the service', async (context) => {
    const { edge, service } = await startEdgeAndService(context, echo);
    let connections = 0;
    service.on('connection', () => {
      connections += 1;
    });
    for (let count = 0; count < 5; count += 1) await exchange(edge, ['POST / HTTP/1.1', 'Host: h']);
    assert.equal(connections, 1);
  });

  test('forwards new requests to the port given to forwardTo, while pending requests stay with the previous one', async (context) => {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { edge } = await startEdgeAndService(context, (_request, response) => {
      arrive();
      void released.then(() => response.end('the first'));
    });
    const replacement = createServer((_request, response) => response.end('the second'));
    const port = await listenOnFreePort(replacement);
    context.after(() => {
      replacement.closeAllConnections();
      replacement.close();
    });
    const lines = ['GET / HTTP/1.1', 'Host: h'];
    const pending = exchange(edge, lines);
    await arrived;
    edge.forwardTo(port);
    assert.match((await exchange(edge, lines)).body, /the second/);
    release();
    assert.match((await pending).body, /the first/);
  });

  test('streams: the first part of a response arrives before the last is written', async (context) => {
    const { edge } = await startEdgeAndService(context, (_request, response) => {
      response.write('first');
      setTimeout(() => response.end('last'), 300);
    });
    const socket = connect({ host: '127.0.0.1', port: edge.port, servername: 'localhost', ca: authority });
    socket.write('GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    let received = '';
    socket.on('data', (part) => {
      received += String(part);
    });
    while (!received.includes('first')) await once(socket, 'data');
    assert.doesNotMatch(received, /last/);
    await once(socket, 'close');
    assert.match(received, /last/);
  });

  test('returns 502 with x-railway-fallback and without CORS headers when the service is gone', async (context) => {
    const { edge, service } = await startEdgeAndService(context, echo);
    await exchange(edge, ['GET / HTTP/1.1', 'Host: h']);
    service.closeAllConnections();
    service.close();
    await once(service, 'close');
    const { head, body } = await exchange(edge, ['POST / HTTP/1.1', 'Host: h', 'Origin: https://a.test', 'Content-Length: 2'], 'hi');
    assert.match(head, /^HTTP\/1\.1 502 /);
    assert.match(head, /\r\nx-railway-fallback: true/i);
    assert.doesNotMatch(head, /access-control/i);
    assert.match(body, /Application failed to respond/);
  });

  test('cuts the response when the service does', async (context) => {
    const { edge } = await startEdgeAndService(context, (_request, response) => {
      response.write('part');
      setTimeout(() => response.destroy(), 50);
    });
    const { body } = await exchange(edge, ['GET / HTTP/1.1', 'Host: h']);
    assert.match(body, /part/);
    assert.doesNotMatch(body, /\r\n0\r\n/);
  });

  test('rejects upgrades and CONNECT', async (context) => {
    const { edge } = await startEdgeAndService(context, echo);
    const upgraded = await exchange(edge, ['GET / HTTP/1.1', 'Host: h', 'Upgrade: websocket', 'Connection: Upgrade']);
    assert.match(upgraded.head, /^HTTP\/1\.1 400 /);
    const connected = await exchange(edge, ['CONNECT h:443 HTTP/1.1', 'Host: h:443']);
    assert.match(connected.head, /^HTTP\/1\.1 400 /);
  });

  test('does not respond to plain HTTP, and survives it', async (context) => {
    const { edge } = await startEdgeAndService(context, echo);
    const socket = connectPlain(edge.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
    assert.doesNotMatch(await text(socket).catch(() => ''), /HTTP/);
    assert.match((await exchange(edge, ['GET / HTTP/1.1', 'Host: h'])).head, /^HTTP\/1\.1 200 /);
  });
});

describe('an edge with overrides', () => {
  const GET = ['GET /a?b HTTP/1.1', 'Host: api.test'];

  test('serves plain HTTP and TLS on one port', async (context) => {
    const { edge } = await startEdgeAndService(context, echo, { plainHttp: true });
    const socket = connectPlain(edge.port, '127.0.0.1');
    socket.write([...GET, 'Connection: close', '', ''].join('\r\n'));
    assert.match(await text(socket), /^HTTP\/1\.1 200 /);
    assert.equal(parseReceived((await exchange(edge, GET)).body).url, '/a?b');
  });

  test('serves HTTP/2, and HTTP/1.1 to clients that prefer it', async (context) => {
    const { edge } = await startEdgeAndService(context, echo, { http2: true });
    const session = connectHttp2(edge.url, { ca: authority });
    const stream = session.request({ ':path': '/a?b', ':method': 'POST' });
    stream.end('sent');
    const [[headers], body] = await Promise.all([once(stream, 'response') as Promise<[Record<string, unknown>]>, text(stream)]);
    session.close();
    const received = parseReceived(body);
    assert.deepEqual(
      [headers[':status'], headers['set-cookie'], received.method, received.url, received.body],
      [200, ['a=1', 'b=2'], 'POST', '/a?b', 'sent'],
    );
    assert.deepEqual(valuesOf(received, 'host'), [`localhost:${edge.port}`]);
    assert.equal(parseReceived((await exchange(edge, GET)).body).url, '/a?b');
  });

  test('compresses for clients that accept gzip, with Vary: Accept-Encoding', async (context) => {
    const { edge } = await startEdgeAndService(context, echo, { compress: true });
    const response = await fetchWith(edge, { 'accept-encoding': 'gzip' });
    assert.deepEqual(
      [response.headers['content-encoding'], response.headers['content-length'], response.headers.vary],
      ['gzip', undefined, 'Accept-Encoding'],
    );
    assert.equal(parseReceived(gunzipSync(await buffer(response)).toString()).url, '/a?b');
    const plain = await fetchWith(edge, {});
    assert.equal(plain.headers['content-encoding'], undefined);
    plain.resume();
  });

  test('rewrites headers, and describes their response', async (context) => {
    const rewritten: unknown[] = [];
    const { edge } = await startEdgeAndService(context, echo, {
      rewrite: (headers, response) => {
        rewritten.push(response);
        return [...headers.filter(([name]) => name !== 'Set-Cookie'), ['X-Added', 'yes']];
      },
    });
    const { head } = await exchange(edge, [...GET, 'Origin: https://app.test']);
    assert.match(head, /^X-Added: yes$/m);
    assert.doesNotMatch(head, /Set-Cookie/);
    assert.deepEqual(rewritten, [{ method: 'GET', path: '/a?b', origin: 'https://app.test', status: 200 }]);
  });

  test('delays requests', async (context) => {
    const { edge } = await startEdgeAndService(context, echo, { hold: () => sleep(80) });
    const began = performance.now();
    await exchange(edge, GET);
    assert.ok(performance.now() - began >= 75);
  });
});

function fetchWith(edge: Edge, headers: Record<string, string>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => void get(`${edge.url}/a?b`, { ca: authority, agent: false, headers }, resolve).on('error', reject));
}
