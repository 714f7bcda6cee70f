import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { generate } from 'selfsigned';
import { readContract } from '../contract/contract.ts';
import type { LedgerEntry } from '../model/exchange.ts';
import { judgeCleanup } from '../checks/self-check/judge.ts';
import { gatherWarmUp } from '../checks/preconditions/gather-warm-up.ts';
import { MARKER } from '../model/marker.ts';
import { createBurst } from './burst.ts';
import { createLedger, type Ledger, waitedMs } from './ledger.ts';
import { createLoad, type Load } from './load.ts';
import { createRedactor } from './redactor.ts';
import { startProxy } from '../../rehearsal/stand-ins/tcp-proxy.ts';
import { createRunRecord, type RunRecord } from './run-record.ts';
import { createTenantObjects } from './tenants.ts';
import { createHttpClient, type HttpClient } from './http-client.ts';
import { createWriteRule } from './write-rule.ts';

const TOKENS: Readonly<Record<string, string>> = { 'tenant A': 'opaque-token-of-a', 'tenant B': 'opaque-token-of-b' };
const contract = readContract('contract/openapi.json');
const { create } = contract.resource;
const writes = createWriteRule(contract, ['/api/v1/tasks/7'], { beforeCreation: () => {}, created: () => {} });
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let authority: string;
let server: https.Server;
let folder: string;
let handle: Handler;

before(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'http-client-'));
  const pem = await certificateFor('localhost');
  authority = pem.cert;
  server = https.createServer({ key: pem.private, cert: pem.cert }, (request, response) => handle(request, response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
});
after(() => {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
});

function certificateFor(host: string): ReturnType<typeof generate> {
  return generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: host }] }],
  });
}

const urlOf = (port: number): string => `https://localhost:${port}`;
const apiUrl = (): string => urlOf((server.address() as AddressInfo).port);

type Opened = { http: HttpClient; ledger: Ledger; runRecord: RunRecord; waits: () => LedgerEntry[] };

function open(
  context: TestContext,
  handler: Handler = (_, response) => response.end('{}'),
  options: { apiUrl?: string; ca?: string | undefined; load?: Load } = {},
): Opened {
  handle = handler;
  const runRecord = createRunRecord('run');
  const ledger = createLedger(runRecord, createRedactor(TOKENS), '0-');
  const http = createHttpClient(
    {
      apiUrl: options.apiUrl ?? apiUrl(),
      ca: 'ca' in options ? options.ca : authority,
      ending: new AbortController().signal,
      scope: () => ({ evidence: 'tokens' }),
      tokenOf: (actor) => TOKENS[actor],
      load: options.load ?? createLoad(),
      writes,
    },
    ledger,
  );
  context.after(() => http.close());
  // A timer can end a millisecond early, and the rest of the wait is then recorded too.
  const isWait = (entry: LedgerEntry): boolean => entry.evidence === 'waiting' && 'ms' in entry && entry.ms > 5;
  return { http, ledger, runRecord, waits: () => runRecord.readLedger().filter(isWait) };
}

const HAS_SECOND_ADDRESS = process.platform === 'linux';
const REQUEST = { actor: 'anonymous', purpose: 'a test', path: '/' } as const;

describe('a request', () => {
  test('uses a new connection after a pause in which servers close idle ones', async (context) => {
    const ports: (number | undefined)[] = [];
    const { http } = open(context, (request, response) => {
      ports.push(request.socket.remotePort);
      response.end('{}');
    });
    await http.send(REQUEST);
    await http.send(REQUEST);
    await sleep(4_500);
    await http.send(REQUEST);
    assert.equal(ports[0], ports[1]);
    assert.notEqual(ports[1], ports[2]);
  });

  test('shows the load by the time of its response, without the opening of its connection', async (context) => {
    const proxy = await startProxy(Number(new URL(apiUrl()).port));
    context.after(() => proxy.close());
    proxy.slowDown(50);
    const shown: number[] = [];
    const load: Load = {
      async run(send, observed) {
        const result = await send();
        shown.push(observed(result).ms ?? Number.NaN);
        return result;
      },
      count: () => shown.length,
    };
    const { http } = open(context, undefined, { apiUrl: urlOf(proxy.port), load });
    const { ms } = await http.send(REQUEST);
    // The TLS handshake takes at least one round trip of 100 ms.
    assert.ok((shown[0] ?? 0) >= 95 && (shown[0] ?? 0) <= ms - 95, `${shown[0]} of ${ms} ms`);
  });

  test('pauses within its body where it should: another request gets its response meanwhile', async (context) => {
    const received: string[] = [];
    const { http } = open(context, (request, response) => {
      received.push(`${request.url} begins`);
      let body = '';
      request.on('data', (piece: Buffer) => (body += piece.toString()));
      request.on('end', () => (received.push(`${request.url} ends: ${body}`), response.end('{}')));
    });
    context.mock.timers.enable({ apis: ['setTimeout'] });
    let hasResponse = false;
    const splitBody = http.send({ ...REQUEST, method: 'POST', path: `${create.path}?splitBody`, body: { title: `${MARKER}ä` }, splitBody: true });
    void splitBody.then(() => (hasResponse = true));
    while (received.length === 0) await new Promise(setImmediate);
    await http.send({ ...REQUEST, method: 'POST', path: `${create.path}?other`, body: MARKER });
    while (!hasResponse) {
      context.mock.timers.tick(100);
      await new Promise(setImmediate);
    }
    const at = (query: string): string => `${create.path}?${query}`;
    assert.deepEqual(received, [
      `${at('splitBody')} begins`,
      `${at('other')} begins`,
      `${at('other')} ends: ${MARKER}`,
      `${at('splitBody')} ends: {"title":"${MARKER}ä"}`,
    ]);
  });

  test('of a burst is sent when the connections of all are open', async (context) => {
    // The burst's own timer must not end it, however long the handshakes take.
    context.mock.timers.enable({ apis: ['setTimeout'] });
    let connections = 0;
    const count = (): void => void (connections += 1);
    server.on('secureConnection', count);
    context.after(() => server.off('secureConnection', count));
    const opened: number[] = [];
    const { http } = open(context, (_, response) => (opened.push(connections), response.end('{}')));
    await http.send(REQUEST);
    const sendBurst = async (): Promise<void> => {
      const burst = createBurst(40);
      await Promise.all(Array.from({ length: 40 }, () => http.send({ ...REQUEST, burst })));
    };
    await sendBurst();
    assert.equal(connections, 41);
    // The handshake of the last one ends at the server with its request.
    assert.deepEqual([...new Set(opened)], [1, 40, 41]);
    await sendBurst();
    assert.deepEqual([connections, opened.length], [41, 81]);
  });

  test('does not follow a redirect, to another origin or another path', async (context) => {
    const received: string[] = [];
    for (const location of ['https://evil.example/tasks', `${create.path}/`]) {
      const { http } = open(context, (request, response) => (received.push(request.url ?? ''), response.writeHead(307, { location }).end()));
      const { response } = await http.send({ ...REQUEST, actor: 'tenant A', path: create.path });
      assert.deepEqual([response?.status, response?.headers['location']], [307, [location]]);
    }
    assert.deepEqual(received, [create.path, create.path]);
  });

  test('is sent unchanged: raw path, headers in order and twice, the token of its actor', async (context) => {
    let received: IncomingMessage | undefined;
    const { http } = open(context, (request, response) => ((received = request), response.end()));
    const raw = '/a/../b//./%2e%2E/;x?q=[1]&q=%E0%A4%A&Q';
    await http.send({
      actor: 'tenant A',
      purpose: 'raw',
      path: raw,
      headers: [
        ['Origin', 'https://one.example'],
        ['origin', 'null'],
      ],
    });
    assert.deepEqual([received?.method, received?.url], ['GET', raw]);
    assert.deepEqual(
      received?.rawHeaders.filter((_, index, all) => /^origin$/i.test(all[index - (index % 2)] ?? '')),
      ['Origin', 'https://one.example', 'origin', 'null'],
    );
    assert.deepEqual(received?.headersDistinct['authorization'], ['Bearer opaque-token-of-a']);
    assert.equal(received?.headers.host, new URL(apiUrl()).host);
    await http.send({ ...REQUEST, method: 'DELETE', path: '/api/v1/tasks/7' });
    assert.equal(received?.headers['content-length'], '0', 'as browsers do');
  });

  test('with an Authorization header carries no other token of its actor', async (context) => {
    const received: string[][] = [];
    const { http } = open(context, (request, response) => (received.push(request.headersDistinct['authorization'] ?? []), response.end()));
    await http.send({ ...REQUEST, actor: 'tenant A', headers: [['Authorization', 'bearer opaque-token-of-a']] });
    assert.deepEqual(received, [['bearer opaque-token-of-a']]);
  });

  test('uses the given route, and counts in the bucket of that address', { skip: !HAS_SECOND_ADDRESS }, async (context) => {
    const received: (string | undefined)[] = [];
    const { http, waits } = open(context, (request, response) => {
      received.push(request.socket.remoteAddress);
      const left = request.socket.remoteAddress === '127.0.0.2' ? 0 : 9;
      response.setHeader('RateLimit', `"x"; r=${left}; t=60`).setHeader('RateLimit-Policy', '"x"; q=10; w=60').end('{}');
    });
    await http.send({ ...REQUEST, route: { family: 4, localAddress: '127.0.0.2' } });
    await http.send(REQUEST);
    assert.deepEqual([received, waits()], [['127.0.0.2', '127.0.0.1'], []]);
  });

  test('without an actor has no token; its own Authorization header is the only one', async (context) => {
    const received: string[][] = [];
    const { http } = open(context, (request, response) => (received.push(request.headersDistinct['authorization'] ?? []), response.end()));
    await http.send(REQUEST);
    await http.send({
      ...REQUEST,
      headers: [
        ['Authorization', 'Bearer broken'],
        ['Authorization', 'Bearer other'],
      ],
    });
    assert.deepEqual(received, [[], ['Bearer broken', 'Bearer other']]);
  });

  test('is not sent where it writes to something that this run did not create', async (context) => {
    let arrived = 0;
    const { http, runRecord } = open(context, (_, response) => ((arrived += 1), response.end()));
    await assert.rejects(http.send({ actor: 'tenant A', purpose: 'a test', method: 'DELETE', path: '/users/me' }), /DELETE \/users\/me is neither/);
    assert.deepEqual([arrived, runRecord.readLedger()], [0, []]);
  });

  test('has a JSON body and content type, unless another or none is given', async (context) => {
    const received: [string | undefined, string][] = [];
    const { http } = open(context, (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => (received.push([request.headers['content-type'], body]), response.end()));
    });
    const post = { ...REQUEST, method: 'POST', path: create.path };
    await http.send({ ...post, body: { title: `${MARKER}ü` } });
    await http.send({ ...post, body: '{"', headers: [['content-type', 'text/plain']] });
    await http.send(post);
    await http.send({ ...post, body: MARKER, untyped: true });
    assert.deepEqual(received, [
      ['application/json', `{"title":"${MARKER}ü"}`],
      ['text/plain', '{"'],
      [undefined, ''],
      [undefined, MARKER],
    ]);
  });
});

describe('a response', () => {
  test('has every value of a header that was sent twice, with its name in lower case', async (context) => {
    const { http } = open(context, (_, response) => {
      response.setHeader('Access-Control-Allow-Origin', ['https://one.example', 'https://two.example']);
      response.setHeader('Vary', ['Origin', 'Accept']);
      response.writeHead(418).end('{"tea":true}');
    });
    const { response, error } = await http.send(REQUEST);
    assert.deepEqual([response?.status, response?.body, error], [418, '{"tea":true}', undefined]);
    assert.deepEqual(response?.headers['access-control-allow-origin'], ['https://one.example', 'https://two.example']);
    assert.deepEqual(response?.headers['vary'], ['Origin', 'Accept']);
  });

  test('is the redirect itself, which is not followed', async (context) => {
    const { http } = open(context, (_, response) => response.writeHead(302, { location: 'https://elsewhere.example/' }).end());
    assert.equal((await http.send(REQUEST)).response?.status, 302);
  });

  test('that is very large is read to its end, and truncated', async (context) => {
    const { http } = open(context, (_, response) => {
      for (let megabyte = 0; megabyte < 3; megabyte += 1) response.write('x'.repeat(1_000_000));
      response.end();
    });
    const { response } = await http.send(REQUEST);
    assert.equal(response?.status, 200);
    assert.ok((response?.body.length ?? 0) <= 1_000_000);
  });

  test('is in the ledger with its request, without the token', async (context) => {
    const { http, runRecord } = open(context, (_, response) => response.end('you are opaque-token-of-a'));
    const sent = await http.send({ actor: 'tenant A', purpose: 'a test', path: '/x' });
    assert.deepEqual(sent.leaked, ['tenant A']);
    const [entry] = runRecord.readLedger();
    assert.deepEqual([entry?.id, entry?.kind], [sent.id, 'http']);
    assert.doesNotMatch(JSON.stringify(entry), /opaque-token/);
    assert.match(JSON.stringify(entry), /<tenant A>/);
  });
});

describe('a network error is part of the exchange', () => {
  const failures: Readonly<Record<string, Handler>> = {
    'a connection closed before the response': (request) => request.socket.destroy(),
    'a connection closed during the response': (request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"half":', () => request.socket.destroy());
    },
    'a response that is not HTTP': (request) => request.socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
  };
  for (const [name, handler] of Object.entries(failures)) {
    test(name, async (context) => {
      const { http, runRecord } = open(context, handler);
      const exchange = await http.send(REQUEST);
      assert.equal(exchange.response, undefined);
      assert.ok(exchange.error !== undefined && exchange.error !== '');
      assert.equal(runRecord.readLedger().length, 1);
    });
  }

  test('a closed port', async (context) => {
    const closed = net.createServer();
    await new Promise<void>((resolve) => void closed.listen(0, '127.0.0.1', resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const exchange = await open(context, undefined, { apiUrl: urlOf(port) }).http.send(REQUEST);
    assert.deepEqual([exchange.response, /ECONNREFUSED/.test(exchange.error ?? '')], [undefined, true]);
  });

  test('an unknown name', async (context) => {
    const exchange = await open(context, undefined, { apiUrl: 'https://no-such-host.invalid' }).http.send(REQUEST);
    assert.equal(exchange.response, undefined);
    assert.ok(exchange.error);
  });

  test('an untrusted certificate', async (context) => {
    const exchange = await open(context, undefined, { ca: undefined }).http.send(REQUEST);
    assert.equal(exchange.response, undefined);
    assert.match(exchange.error ?? '', /self-signed|certificate/);
  });

  test('a certificate of another name', async (context) => {
    const { cert, private: key } = await certificateFor('other.example');
    const other = https.createServer({ key, cert }, (_, response) => response.end());
    await new Promise<void>((resolve) => void other.listen(0, '127.0.0.1', resolve));
    context.after(() => other.close());
    const exchange = await open(context, undefined, { apiUrl: urlOf((other.address() as AddressInfo).port), ca: cert }).http.send(REQUEST);
    assert.equal(exchange.response, undefined);
    assert.match(exchange.error ?? '', /altnames/);
  });

  test('a target that is an address', async (context) => {
    const exchange = await open(context, undefined, { apiUrl: apiUrl().replace('localhost', '127.0.0.1') }).http.send(REQUEST);
    assert.equal(exchange.response, undefined);
  });
});

describe('pacing', () => {
  const limited: Handler = (_, response) =>
    response.setHeader('RateLimit', '"3-in-1s"; r=0; t=1').setHeader('RateLimit-Policy', '"3-in-1s"; q=3; w=1').end('{}');

  test('waits for the next window, and records the wait', async (context) => {
    const { http, waits } = open(context, limited);
    await http.send(REQUEST);
    const started = Date.now();
    await http.send(REQUEST);
    assert.ok(Date.now() - started >= 900, 'the second request was sent into an empty bucket');
    assert.equal(waits().length, 1);
  });

  test('does not wait for another tenant, a preflight, or the check that exhausts the limit', async (context) => {
    const { http, waits } = open(context, limited);
    await http.send(REQUEST);
    await Promise.all([
      http.send({ ...REQUEST, actor: 'tenant B' }),
      http.send({ ...REQUEST, method: 'OPTIONS' }),
      http.send({ ...REQUEST, unpaced: true }),
    ]);
    assert.deepEqual(waits(), []);
  });

  test('does not wait while requests remain', async (context) => {
    const { http, waits } = open(context, (_, response) =>
      response.setHeader('RateLimit', '"9-in-1s"; r=5; t=1').setHeader('RateLimit-Policy', '"9-in-1s"; q=9; w=1').end('{}'),
    );
    for (let time = 0; time < 3; time += 1) await http.send(REQUEST);
    assert.deepEqual(waits(), []);
  });

  test('waits for the responses to requests in flight, and not for the next window, while requests remain', async (context) => {
    const { http, waits } = open(context, (_, response) =>
      response.setHeader('RateLimit', '"9-in-30s"; r=2; t=30').setHeader('RateLimit-Policy', '"9-in-30s"; q=9; w=30').end('{}'),
    );
    await http.send(REQUEST);
    const preflights = Array.from({ length: 9 }, () => http.send({ ...REQUEST, method: 'OPTIONS' }));
    const found = await Promise.all([...preflights, ...Array.from({ length: 6 }, () => http.send(REQUEST))]);
    assert.ok(found.every(({ response }) => response?.status === 200));
    assert.deepEqual(waits(), []);
  });

  /** Each response in turn; the last one repeats. */
  function inTurn(...responses: readonly (readonly [status: number, headers?: Readonly<Record<string, string>>])[]): Handler {
    let count = 0;
    return (_, response) => {
      const [status, headers] = responses[Math.min(count++, responses.length - 1)] ?? [500];
      response.writeHead(status, headers).end('{}');
    };
  }
  const statuses = (runRecord: RunRecord): (number | undefined)[] =>
    runRecord.readLedger().flatMap((entry) => (entry.kind === 'http' ? [entry.response?.status] : []));
  const CREATION = { actor: 'tenant A', purpose: 'a creation', method: 'POST', path: create.path, body: { title: MARKER } } as const;
  const inASecond = { 'Retry-After': '1' };

  for (const [name, later] of Object.entries({
    'as a number of seconds': () => inASecond,
    'as a date': () => ({ 'Retry-After': new Date(Date.now() + 1_500).toUTCString() }),
  }))
    test(`waits for a Retry-After that is all that states a limit, ${name}, and sends the request again`, async (context) => {
      const { http, runRecord, waits } = open(context, inTurn([429, later()], [201]));
      const { response, retryOf } = await http.send(CREATION);
      const [first] = runRecord.readLedger();
      assert.deepEqual([response?.status, retryOf, statuses(runRecord)], [201, first?.id, [429, 201]]);
      assert.equal(waits().length, 1);
    });

  test('holds back the other requests of the caller meanwhile', async (context) => {
    const { http, runRecord } = open(context, inTurn([429, inASecond], [200]));
    const first = http.send(REQUEST);
    while (runRecord.readLedger().length === 0) await new Promise(setImmediate);
    await Promise.all([first, http.send(REQUEST)]);
    assert.deepEqual(statuses(runRecord), [429, 200, 200]);
  });

  test('waits for the reset of any format, in the first response that has one', async (context) => {
    const unixTime = (): string => String(Math.ceil(Date.now() / 1_000) + 1);
    const { http, runRecord, waits } = open(context, (_, response) =>
      response.setHeader('X-RateLimit-Limit', '3').setHeader('X-RateLimit-Remaining', '0').setHeader('X-RateLimit-Reset', unixTime()).end('{}'),
    );
    await http.send(REQUEST);
    await http.send(REQUEST);
    assert.deepEqual([statuses(runRecord), waits().length], [[200, 200], 1]);
  });

  test('sends a read of a tenant again after a 503, and neither a write nor an anonymous request', async (context) => {
    const { http, runRecord } = open(context, inTurn([503, inASecond], [503, inASecond], [503, inASecond], [200]));
    await http.send(CREATION);
    await http.send(REQUEST);
    const { response } = await http.send({ ...REQUEST, actor: 'tenant B' });
    assert.deepEqual([response?.status, statuses(runRecord)], [200, [503, 503, 503, 200]]);
  });

  test('stops waiting for an API that stays unavailable', async (context) => {
    const { http, runRecord, waits } = open(context, inTurn([503, inASecond]));
    for (let time = 0; time < 3; time += 1) await http.send({ ...REQUEST, actor: 'tenant A' });
    assert.deepEqual([statuses(runRecord).length, waits().length], [6, 3]);
  });

  test('sends nothing again for a check that judges the rejection, without a time to wait, or for longer than a window', async (context) => {
    const { http, runRecord, waits } = open(
      context,
      inTurn([429], [429, { 'Retry-After': '0' }], [429, { 'Retry-After': '3600' }], [429, inASecond], [429, inASecond]),
    );
    for (const more of [{}, {}, {}, { unpaced: true }, { method: 'OPTIONS' }]) await http.send({ ...REQUEST, ...more });
    assert.deepEqual([statuses(runRecord).length, waits().length], [5, 0]);
    await http.send({ ...REQUEST, actor: 'tenant A', once: true });
    assert.equal(statuses(runRecord).length, 6);
  });

  test('counts a wait of concurrent requests once', async (context) => {
    const { http, waits } = open(context, limited);
    await http.send(REQUEST);
    const started = Date.now();
    await Promise.all([http.send(REQUEST), http.send(REQUEST), http.send(REQUEST)]);
    const waited = waitedMs(waits());
    assert.ok(waits().length > 1 && waited >= 900 && waited <= Date.now() - started, `${waited} ms of waiting in ${Date.now() - started} ms`);
  });

  test('adds up successive waits, and not overlapping ones', () => {
    const wait = (at: number, ms: number): LedgerEntry => ({ kind: 'inspection', id: '1', evidence: 'waiting', subject: 'x', at, ms });
    assert.equal(waitedMs([]), 0);
    assert.equal(waitedMs([wait(100, 50), wait(1_000, 50)]), 100);
    assert.equal(waitedMs([wait(140, 60), wait(100, 50), wait(110, 10)]), 100);
    assert.equal(waitedMs([wait(100, 50), { ...wait(1_000, 50), evidence: 'tokens' }]), 50);
  });
});

describe("tenants' objects", () => {
  /** An API with tasks that can reject deletions. */
  function tasksApi(
    titles: readonly string[],
    { deletes }: { deletes: boolean },
  ): { handler: Handler; left: () => number; requestLine: () => number } {
    const tasks = new Map(titles.map((title, index) => [String(index), { id: index, title }]));
    let count = 0;
    return {
      left: () => tasks.size,
      requestLine: () => count,
      handler(request, response) {
        count += 1;
        const id = /\/tasks\/(\d+)/.exec(request.url ?? '')?.[1];
        if (request.method === 'DELETE' && id !== undefined) {
          if (deletes) tasks.delete(id);
          response.writeHead(deletes ? 204 : 503).end();
        } else response.end(JSON.stringify({ tasks: [...tasks.values()], total: tasks.size, page: 1, per_page: 100 }));
      },
    };
  }

  async function cleanUp(
    context: TestContext,
    titles: readonly string[],
    deletes: boolean,
  ): Promise<{ outcome: string; left: number; requestLine: number }> {
    const api = tasksApi(titles, { deletes });
    const { http } = open(context, api.handler);
    const objects = createTenantObjects(http, contract.resource, writes);
    const { removed, left, last } = await objects.removeMarked('tenant A');
    const { outcome } = judgeCleanup(
      {
        lists: [{ actor: 'tenant A', removed, ...(left !== undefined && { left }), last }],
        created: titles.length,
        ownerless: [],
      },
      { removed: 0, unreachable: 0, elsewhere: 0 },
    );
    return { outcome, left: api.left(), requestLine: api.requestLine() };
  }
  const marked = (length: number, padding = ''): string[] => Array.from({ length }, (_, index) => `${MARKER}${index}${padding}`);

  test('removes objects with the marker, and leaves those of a user', async (context) => {
    assert.deepEqual(await cleanUp(context, [...marked(5), 'a task of the user'], true), { outcome: 'pass', left: 1, requestLine: 5 + 2 });
  });

  test('does not report an object as removed that it cannot remove', async (context) => {
    assert.equal((await cleanUp(context, marked(5), false)).outcome, 'fail');
  });

  test('deletes by id what the list does not contain, and reports what it cannot delete', async (context) => {
    for (const deletes of [true, false]) {
      const requestLine: string[] = [];
      const { http } = open(context, ({ method, url }, response) => {
        requestLine.push(`${method} ${url}`);
        response.writeHead(method === 'DELETE' ? (deletes ? 204 : 403) : 200).end(method === 'DELETE' ? undefined : '{"tasks":[],"total":0}');
      });
      const { left } = await createTenantObjects(http, contract.resource, writes).removeMarked('tenant A', ['7']);
      assert.deepEqual([left, requestLine.filter((each) => each.startsWith('DELETE'))], [deletes ? 0 : 1, ['DELETE /api/v1/tasks/7']]);
    }
  });

  test('does not try to delete what another tenant created, though the list contains it', async (context) => {
    const requestLine: string[] = [];
    const list = JSON.stringify({ tasks: [1, 2].map((id) => ({ id, title: `${MARKER}${id}` })), total: 2 });
    const { http } = open(context, ({ method, url }, response) => {
      requestLine.push(`${method} ${url}`);
      response.writeHead(method === 'DELETE' ? 204 : 200).end(method === 'DELETE' ? undefined : list);
    });
    const { left } = await createTenantObjects(http, contract.resource, writes).removeMarked('tenant A', ['1'], new Set(['2']));
    assert.deepEqual([left, requestLine.filter((each) => each.startsWith('DELETE'))], [2, ['DELETE /api/v1/tasks/1']]);
  });

  test('does not report a response that is not a list as empty', async (context) => {
    for (const body of ['<h1>Welcome</h1>', '{}', '[]', '{"tasks":null}', '{"tasks":[{"title":"cut off']) {
      const { http } = open(context, (_, response) => response.end(body));
      const { left, last } = await createTenantObjects(http, contract.resource, writes).removeMarked('tenant A');
      const { outcome } = judgeCleanup(
        {
          lists: [{ actor: 'tenant A', removed: 0, ...(left !== undefined && { left }), last }],
          created: 1,
          ownerless: [],
        },
        { removed: 0, unreachable: 0, elsewhere: 0 },
      );
      assert.deepEqual([left, outcome], [undefined, 'inconclusive'], body);
    }
  });

  test('does not report a list as empty that is too long for the ledger', async (context) => {
    const { outcome, left } = await cleanUp(context, marked(80, 'x'.repeat(400)), true);
    assert.ok(left === 0 || outcome === 'inconclusive', `${left} objects are left, and the verdict is ${outcome}`);
  });

  test('cleans up a list that is too long for the ledger', async (context) => {
    assert.equal((await cleanUp(context, marked(80, 'x'.repeat(400)), true)).left, 0);
  });

  test('sends one deletion per object to an API that rejects deletions', async (context) => {
    assert.equal((await cleanUp(context, marked(10), false)).requestLine, 10 + 2);
  });
});

describe('the warm-up', () => {
  /** Responses of health in sequence; the last one repeats. */
  async function warmUp(
    context: TestContext,
    ...responses: readonly (readonly [status: number, retryAfter?: string])[]
  ): Promise<[number | undefined, number, boolean]> {
    let requestLine = 0;
    const { http } = open(context, (_, response) => {
      const [status, retryAfter] = responses[Math.min(requestLine++, responses.length - 1)] ?? [500];
      if (retryAfter !== undefined) response.setHeader('Retry-After', retryAfter);
      response.writeHead(status).end('{"status":"ok","database":"connected"}');
    });
    const { first, ms } = await gatherWarmUp({ contract, http });
    return [first.response?.status, requestLine, ms >= 990];
  }

  test('is one request where the database is running', async (context) => {
    assert.deepEqual(await warmUp(context, [200]), [200, 1, false]);
  });

  test('sends one more request where it is not, if configured', async (context) => {
    assert.deepEqual(await warmUp(context, [503, '1'], [200]), [200, 2, true]);
  });

  test('does not send a third request', async (context) => {
    assert.deepEqual(await warmUp(context, [503]), [503, 2, true]);
  });

  test('requests a private route and a random path where health does not identify the API', async (context) => {
    assert.deepEqual(await warmUp(context, [500]), [500, 3, false]);
  });
});
