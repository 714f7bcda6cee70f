import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Exchange } from './exchange.ts';
import { response, exchange, problem } from '../test/exchanges.ts';
import { record } from './json.ts';
import {
  requestLine,
  cannotTell,
  comparable,
  differencesOf,
  expectStatus,
  header,
  isProblem,
  isUnchanged,
  json,
  mayBeOfProxy,
  notReached,
  pathOf,
} from './response.ts';

const html = { body: '<h1>Hello</h1>', headers: { 'content-type': 'text/html' } };
const { response: _, ...withoutResponse } = exchange({ path: '/health', purpose: 'health' });

describe('cannotTell', () => {
  test('is undefined for a response of the API, expected or not', () => {
    for (const status of [200, 201, 204, 301, 400, 401, 403, 404, 422]) assert.equal(cannotTell(exchange({}, { status })), undefined);
  });

  test('is a doubt without a response, and names the reason', () => {
    assert.equal(cannotTell({ ...withoutResponse, error: 'ECONNRESET' })?.outcome, 'inconclusive');
    assert.match(cannotTell({ ...withoutResponse, error: 'ECONNRESET' })?.says ?? '', /GET \/health \(health\): no response \(ECONNRESET\)/);
    assert.equal(cannotTell(withoutResponse, 200)?.code, 'no-answer');
  });

  test("is a doubt for the platform's own page, also with the expected status", () => {
    for (const expected of [undefined, 200, 404])
      assert.equal(cannotTell(exchange({}, { status: 404, headers: { 'x-railway-fallback': 'true' } }), expected)?.code, 'edge-fallback');
  });

  test('is a doubt for 429 and every 5xx, unless that status is expected', () => {
    assert.equal(cannotTell(exchange({}, { status: 429 }), 401)?.code, 'rate-limited');
    assert.equal(cannotTell(exchange({}, { status: 429 }), 429), undefined);
    for (const status of [500, 502, 503, 504]) assert.equal(cannotTell(exchange({}, { status }), 404)?.code, 'server-error');
    assert.equal(cannotTell(exchange({}, { status: 503 }), 503), undefined);
  });

  test('is a doubt for an HTML page of another status', () => {
    for (const status of [200, 403, 404]) assert.equal(cannotTell(exchange({}, { status, ...html }), 401)?.code, 'html-answer');
  });

  test('is a doubt for an HTML page of the expected status', () => {
    for (const status of [200, 401, 403, 404]) assert.equal(cannotTell(exchange({}, { status, ...html }), status)?.code, 'html-answer');
  });
});

describe('expectStatus', () => {
  test('passes on the status, fails on another, and is a doubt where the response cannot be judged', () => {
    assert.equal(expectStatus(exchange({}, problem(401)), 401).outcome, 'pass');
    assert.equal(expectStatus(exchange({}, problem(404)), 401).outcome, 'fail');
    assert.equal(expectStatus(exchange({}, { status: 200 }), 401).outcome, 'fail');
    for (const fields of [{ status: 429 }, { status: 503 }, { status: 200, ...html }])
      assert.equal(expectStatus(exchange({}, fields), 401).outcome, 'inconclusive');
    assert.equal(expectStatus(withoutResponse, 401).outcome, 'inconclusive');
  });

  test('refers to the exchange it judged', () => {
    const judged = exchange({}, problem(401));
    for (const status of [401, 404]) assert.deepEqual(expectStatus(judged, status).evidence, [judged.id]);
    assert.deepEqual(expectStatus({ ...judged, response: response({ status: 503 }) }, 404).evidence, [judged.id]);
  });
});

describe('notReached', () => {
  test('is undefined for the status itself', () => {
    for (const status of [200, 404, 429, 503]) assert.equal(notReached(exchange({}, { status }), status), undefined);
  });

  test('is a doubt for another status, and for a response that cannot be judged', () => {
    assert.deepEqual(
      [notReached(exchange({}, problem(400)), 413)].map((doubt) => [doubt?.outcome, doubt?.code]),
      [['inconclusive', 'status-not-reached']],
    );
    assert.equal(notReached(exchange({}, { status: 404, ...html }), 404)?.code, 'html-answer');
    assert.equal(notReached(exchange({}, problem(429)), 413)?.code, 'rate-limited');
    assert.equal(notReached(withoutResponse, 413)?.code, 'no-answer');
  });
});

describe('isUnchanged', () => {
  test('compares the bodies, or the objects in their envelopes', () => {
    const [before, after, changed] = [
      { success: true, message: 'Created', data: { id: 1, text: 'a' } },
      { success: true, timestamp: '2026-11-20T08:00:00Z', data: { id: 1, text: 'a' } },
      { success: true, message: 'Created', data: { id: 1, text: 'b' } },
    ].map((body) => exchange({}, { body }));
    assert.ok(before && after && changed);
    assert.deepEqual([isUnchanged(after, before), isUnchanged(changed, before), isUnchanged(after, changed)], [true, false, false]);
    const bare = (text: string): Exchange => exchange({}, { body: `{"id":1, "text":"${text}"}` });
    assert.deepEqual([isUnchanged(bare('a'), bare('a')), isUnchanged(bare('a'), bare('b')), isUnchanged(after, bare('b'))], [true, false, false]);
    assert.equal(isUnchanged(exchange({}, { ...problem(404) }), exchange({}, problem(404))), false);
    const text = (body: string): Exchange => exchange({}, { body });
    assert.deepEqual([isUnchanged(text('a'), text('a')), isUnchanged(text('a'), text('b'))], [true, false]);
  });

  test('ignores properties that vary, and no others', () => {
    const read = (served_at: number, title = 'a'): Exchange => exchange({}, { body: { title, meta: { served_at, version: 1 } } });
    assert.deepEqual(differencesOf(read(1), read(2)), ['meta.served_at']);
    assert.equal(isUnchanged(read(1), read(2)), false);
    assert.equal(isUnchanged(read(1), read(2), ['meta.served_at']), true);
    assert.equal(isUnchanged(read(1, 'b'), read(2), ['meta.served_at']), false);
    assert.deepEqual(differencesOf(read(1), exchange({}, { body: '[1]' })), ['']);
  });
});

describe('parts of a response', () => {
  test('a header that is sent twice has both values', () => {
    assert.equal(header(exchange({}, { headers: { vary: ['Origin', 'Accept'] } }), 'vary'), 'Origin, Accept');
    assert.equal(header(exchange({}), 'x-absent'), undefined);
    assert.equal(header(withoutResponse, 'vary'), undefined);
  });

  test('a body that is not JSON, or not an object, has no properties', () => {
    assert.equal(json(exchange({}, { body: '<h1>' })), undefined);
    assert.equal(json(withoutResponse), undefined);
    for (const value of [null, [1], 'text', 1, undefined]) assert.deepEqual(record(value), {});
  });

  test('a problem has the type, its own status and a title', () => {
    assert.equal(isProblem(exchange({}, problem(404))), true);
    assert.equal(isProblem(exchange({}, problem(404, { 'content-type': 'application/problem+json' }))), true);
    for (const type of ['application/json', 'application/problem+jsonp', 'text/html'])
      assert.equal(isProblem(exchange({}, problem(404, { 'content-type': type }))), false);
    assert.equal(isProblem(exchange({}, { ...problem(404), status: 400 })), false);
    assert.equal(isProblem(exchange({}, { ...problem(404), body: { status: 404 } })), false);
  });

  test('two responses are compared without their request ids and times', () => {
    const body = (id: string, time: string, detail: string): string => JSON.stringify({ request_id: id, time, detail });
    const one = exchange({}, { body: body('7c9e6679-7425-40de-944b-e07fc1f90ae7', '2026-11-20T08:00:00.000Z', 'x') });
    const two = exchange({}, { body: body('550e8400-e29b-41d4-a716-446655440000', '2026-11-20T09:30:00Z', 'x') });
    const three = exchange({}, { body: body('550e8400-e29b-41d4-a716-446655440000', '2026-11-20T09:30:00Z', 'y') });
    assert.equal(comparable(one), comparable(two));
    assert.notEqual(comparable(one), comparable(three));
  });

  test('two responses are compared without members that identify one response', () => {
    const body = (id: string, time: string | number, detail = 'x'): Exchange => exchange({}, { body: { traceId: id, timestamp: time, detail } });
    assert.equal(comparable(body('4bf92f35', 1_795_161_600)), comparable(body('00f067aa', 1_795_161_604)));
    assert.equal(comparable(body('a', '2026-11-20T08:00:00.123456+00:00')), comparable(body('b', '2026-11-20 08:00:09')));
    assert.equal(comparable(exchange({}, { body: 'at 2026-11-20T08:00:00.12' })), comparable(exchange({}, { body: 'at 2026-11-20T08:00:09.3' })));
    assert.notEqual(comparable(body('a', 1)), comparable(body('a', 1, 'y')));
  });

  test('two responses are compared without the requested paths', () => {
    const found = (path: string, detail: string): Exchange => exchange({ path }, problem(404, {}, detail));
    assert.equal(comparable(found('/docs', 'Nothing at /docs')), comparable(found('/never', 'Nothing at /never')));
    assert.notEqual(comparable(found('/docs', 'Nothing at /docs')), comparable(found('/never', 'Nothing at /docs')));
    assert.equal(comparable(found('/docs?a=b', 'Nothing at /docs')), comparable(found('/never', 'Nothing at /never')));
    assert.equal(comparable(found('/', 'a/b')), found('/', 'a/b').response?.body);
  });

  test('a request is named by method and path', () => {
    assert.equal(requestLine(exchange({ method: 'PUT', path: '/a?b=c' })), 'PUT /a?b=c');
    assert.equal(pathOf('https://api.example.com'), '/');
  });

  test("may be a proxy's where another spelling is rejected or redirected", () => {
    const spelled = (status: number): Exchange => exchange({ step: 'spelling' }, { status });
    for (const status of [308, 400, 404, 501]) assert.equal(mayBeOfProxy(spelled(status)), true, String(status));
    for (const status of [200, 204, 500, 502]) assert.equal(mayBeOfProxy(spelled(status)), false, String(status));
    assert.equal(mayBeOfProxy(exchange({}, { status: 404 })), false);
  });
});
