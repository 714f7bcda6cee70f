import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import jwt from 'jsonwebtoken';
import { type RunningApp, startApp } from '../test/app.ts';
import { eventually } from '../test/eventually.ts';
import { AUDIENCE, ISSUER, newIssuerKey, signToken, startIssuer } from '../../rehearsal/stand-ins/issuer.ts';
import { comparable, type HttpResponse, problemOf, send } from '../test/requests.ts';
import { betterAuthSecret, jwtSecret, mintToken, newSecret, newUser } from '../test/tokens.ts';

let app: RunningApp;
before(async () => {
  app = await startApp();
});
after(() => app.close());

const listTasks = (authorization?: string | string[]): Promise<HttpResponse> =>
  send(app.url, 'GET', '/api/v1/tasks', authorization === undefined ? {} : { headers: { authorization } });

describe('a caller', () => {
  test('is identified by a bearer token of the app or of Better Auth', async () => {
    const tokens = [mintToken({ sub: 'ada' }), mintToken({ sub: 'ada' }, betterAuthSecret), mintToken({ user: { id: 'ada' } }, betterAuthSecret)];
    for (const token of tokens) {
      const created = await send(app.url, 'POST', '/api/v1/tasks', { token, json: { title: 'mine' } });
      assert.equal(created.status, 201);
      assert.partialDeepStrictEqual(created.body, { user_id: 'ada' });
    }
  });

  test('may write the scheme in any case (RFC 9110 section 11.1)', async () => {
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) assert.equal((await listTasks(`${scheme} ${newUser().token}`)).status, 200);
  });

  test('gets the same 401 for every invalid credential, without its cause', async () => {
    const { token } = newUser();
    const now = Math.floor(Date.now() / 1_000);
    const bad: (string | string[] | undefined)[] = [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      token,
      `Basic ${token}`,
      `Token ${token}`,
      `Bearer  ${token}`,
      `Bearer ${token} ${token}`,
      `Bearer ${token},Bearer ${token}`,
      `Bearer ${token}.`,
      `Bearer ${token.slice(0, -4)}`,
      'Bearer not-a-token',
      'Bearer undefined',
      `Bearer ${mintToken({ sub: 'ada', exp: now - 1 })}`,
      `Bearer ${jwt.sign({ sub: 'ada' }, jwtSecret)}`,
      `Bearer ${mintToken({ sub: 'ada' }, newSecret())}`,
      `Bearer ${jwt.sign({ sub: 'ada', exp: now + 300 }, jwtSecret, { algorithm: 'HS512' })}`,
      `Bearer ${jwt.sign({ sub: 'ada', exp: now + 300 }, '', { algorithm: 'none' })}`,
      `Bearer ${mintToken({})}`,
      `Bearer ${mintToken({ sub: 7 })}`,
      `Bearer ${'a'.repeat(6_000)}.${'b'.repeat(4_000)}.c`,
    ];
    const expected = await listTasks();
    assert.equal(expected.status, 401);
    assert.equal(expected.headers['www-authenticate'], 'Bearer');
    assert.deepEqual(problemOf(expected), {
      status: 401,
      code: 'unauthenticated',
      title: 'Unauthorized',
      detail: 'A valid bearer token is required.',
      errors: [],
    });
    for (const authorization of bad)
      assert.deepEqual(comparable(await listTasks(authorization)), comparable(expected), String(authorization).slice(0, 80));
    assert.equal((await listTasks(`Bearer ${token}`)).status, 200);
  });

  test('is unauthenticated with two Authorization headers, even if both are valid', async () => {
    const { token } = newUser();
    for (const pair of [
      [`Bearer ${token}`, `Bearer ${token}`],
      [`Bearer ${token}`, 'Bearer x'],
      ['Bearer x', `Bearer ${token}`],
    ]) {
      assert.equal((await listTasks(pair)).status, 401);
    }
  });

  test('is identified only by the Authorization header', async () => {
    const { token } = newUser();
    for (const headers of [
      { cookie: `better-auth.session_token=${token}; token=${token}` },
      { 'x-authorization': `Bearer ${token}` },
      { 'proxy-authorization': `Bearer ${token}` },
    ]) {
      assert.equal((await send(app.url, 'GET', '/api/v1/tasks', { headers })).status, 401);
    }
    assert.equal((await send(app.url, 'GET', `/api/v1/tasks?access_token=${token}&token=${token}`)).status, 401);
  });

  test('is required on every path below /api/v1, known or not, in any spelling', async () => {
    for (const path of [
      '/api/v1',
      '/api/v1/',
      '/api/v1/unknown',
      '/api/v1/tasks/',
      '/API/V1/TASKS',
      '/api/v1/tasks/1',
      '/api/v1/tasks/1/complete',
      '/api/v1/tasks/%E0%A4%A',
    ]) {
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
        assert.equal((await send(app.url, method, path)).status, 401, `${method} ${path}`);
    }
  });

  test('is not required for health, where an invalid token has no effect', async () => {
    for (const path of ['/health', '/livez']) assert.equal((await send(app.url, 'GET', path, { token: 'bad' })).status, 200);
  });
});

describe("a caller with a token of the issuer's key", () => {
  test('is identified, and gets the same 401 as any other for a tampered one', async (context) => {
    const key = await newIssuerKey('ES256');
    const issuer = await startIssuer([key.jwk]);
    context.after(() => issuer.close());
    const authIssuer = { jwksUrl: issuer.jwksUrl, issuer: ISSUER, audience: AUDIENCE };
    const { url } = await startApp({ authIssuer }, context);
    const token = await signToken(key);
    for (const time of ['first', 'cached']) {
      const created = await send(url, 'POST', '/api/v1/tasks', { token, json: { title: time } });
      assert.partialDeepStrictEqual([created.status, created.body], [201, { user_id: 'auth0|ada' }]);
    }
    const list = (authorization: string): Promise<HttpResponse> => send(url, 'GET', '/api/v1/tasks', { headers: { authorization } });
    assert.deepEqual(comparable(await list(`Bearer ${token.slice(0, -4)}AAAA`)), comparable(await list('Bearer none')));
    assert.equal((await list(`Bearer ${newUser().token}`)).status, 200, 'a token of a shared secret is accepted beside it');
  });

  test('gets 503 with Retry-After, never 401, until the keys are fetched', async (context) => {
    const key = await newIssuerKey('EdDSA');
    const issuer = await startIssuer([key.jwk]);
    const working = issuer.respond;
    issuer.respond = (_, response) => void response.writeHead(500).end();
    context.after(() => issuer.close());
    const authIssuer = { jwksUrl: issuer.jwksUrl, issuer: ISSUER, audience: AUDIENCE };
    const { url } = await startApp({ authIssuer }, context);
    const token = await signToken(key);
    const unavailable = await send(url, 'GET', '/api/v1/tasks', { token });
    assert.deepEqual([unavailable.status, problemOf(unavailable).code], [503, 'unavailable']);
    assert.match(String(unavailable.headers['retry-after']), /^\d+$/);
    assert.equal((await send(url, 'GET', '/livez', { token })).status, 200, 'an open route needs no keys');
    issuer.respond = working;
    await eventually('the keys are fetched', async () => (await send(url, 'GET', '/api/v1/tasks', { token })).status === 200);
  });
});
