import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { decodeJwt, importJWK, SignJWT } from 'jose';
import { createEmptyDatabase, createTestDatabase } from '../../../service/test/databases.ts';
import { startService, type ListeningService } from '../../../service/test/processes.ts';
import { createSecret } from '../../process/credentials.ts';
import { createCertificates } from '../edge/certificates.ts';
import { startApp, type App } from './app.ts';
import { launchBrowser } from './test/environment.ts';
import { leave, openApp, signUp } from './test/person.ts';
import { createScript, type Script, type ScriptResponse } from './test/script.ts';

const ORIGIN = 'https://tasks-app.vercel.app';
const AUDIENCE = 'tasks-api';

let app: App;
let service: ListeningService;
let script: Script;
const scope = new AsyncDisposableStack();
after(() => scope.disposeAsync());

before(async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'app-'));
  scope.defer(() => rm(directory, { recursive: true }));
  const { key, chain, authorityFile } = await createCertificates(directory);
  app = await startApp({
    origin: ORIGIN,
    apiUrl: 'https://tasks-api.up.railway.app',
    audience: AUDIENCE,
    secret: createSecret(),
    databaseUrl: (await createEmptyDatabase()).url,
    tls: { key, chain },
  });
  scope.defer(() => app.close());
  script = createScript(app.url, ORIGIN, await readFile(authorityFile));
  service = await startService({
    DATABASE_URL: (await createTestDatabase()).url,
    CORS_ORIGINS: ORIGIN,
    AUTH_JWKS_URL: app.jwksUrl,
    AUTH_ISSUER: ORIGIN,
    AUTH_AUDIENCE: AUDIENCE,
    NODE_EXTRA_CA_CERTS: authorityFile,
  });
  scope.defer(async () => {
    service.child.kill();
    await service.ended;
  });
});

async function statusOf(token: string): Promise<number> {
  const { status } = await fetch(`${service.url}/api/v1/tasks`, { headers: { authorization: `Bearer ${token}` } });
  return status;
}

describe('the app over TLS', () => {
  test('issues tokens that the API accepts, without an email address', async () => {
    const { token, userId } = await script.signUp('ada@example.com');
    assert.equal(await statusOf(token), 200);
    const { iat, exp, ...claims } = decodeJwt(token);
    assert.deepEqual(claims, { iss: ORIGIN, aud: AUDIENCE, sub: userId });
    assert.equal((exp ?? 0) - (iat ?? 0), 15 * 60);
  });

  test('returns the key that signs its tokens', async () => {
    const { d: _, ...publicKey } = await app.issuerKeyJwk();
    const { body } = await script.send('GET', '/api/auth/jwks');
    assert.deepEqual((body as { keys: object[] }).keys, [publicKey]);

    const jwk = await app.issuerKeyJwk();
    const key = await importJWK(jwk, 'EdDSA');
    const forged = (audience: string): Promise<string> =>
      new SignJWT({})
        .setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid ?? '' })
        .setIssuer(ORIGIN)
        .setAudience(audience)
        .setSubject('forged')
        .setExpirationTime('1m')
        .sign(key);
    assert.equal(await statusOf(await forged(AUDIENCE)), 200);
    assert.equal(await statusOf(await forged('another-api')), 401);
  });

  test('lets a script create many users and tokens from one address', async () => {
    const users = await Promise.all(Array.from({ length: 12 }, (_, index) => script.signUp(`user-${index}@example.com`)));
    assert.equal(new Set(users.map(({ userId }) => userId)).size, 12);
    const headers = { cookie: users[0]?.cookie ?? '' };
    const tokens = await Promise.all(Array.from({ length: 120 }, () => script.send('GET', '/api/auth/token', { headers })));
    assert.deepEqual([...new Set(tokens.map(({ status }) => status))], [200]);
  });

  test('limits guesses of passwords by client address, whatever address the client states', async () => {
    const guess = (index: number): Promise<ScriptResponse> =>
      script.send('POST', '/api/auth/sign-in/email', {
        headers: { 'x-real-ip': `203.0.113.${index}`, 'x-forwarded-for': `203.0.113.${index}` },
        body: { email: 'ada@example.com', password: createSecret() },
      });
    const statuses = [];
    for (const index of [1, 2, 3, 4]) statuses.push((await guess(index)).status);
    assert.deepEqual(statuses, [401, 401, 401, 429]);
  });

  test('rejects a sign-up from a page at another origin', async () => {
    const body = { email: 'eve@example.com', password: createSecret(), name: 'Eve' };
    const headers = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'cors' };
    assert.equal((await script.send('POST', '/api/auth/sign-up/email', { headers, body })).status, 403);
  });

  test('serves its page and its sign-in under its own name and localhost only', async () => {
    for (const path of ['/', '/api/auth/jwks']) {
      for (const host of [new URL(ORIGIN).host, 'localhost', new URL(app.url).host])
        assert.equal((await script.send('GET', path, { headers: { host } })).status, 200, `${host}${path}`);
      assert.equal((await script.send('GET', path, { headers: { host: 'evil.example' } })).status, 421);
    }
  });

  test('opens in a browser at its origin, and stores the session in a cookie that scripts cannot read', async () => {
    const rule = `MAP ${new URL(ORIGIN).host} 127.0.0.1:${app.port}`;
    const browser = await launchBrowser([`--host-resolver-rules=${rule}`, '--ignore-certificate-errors']);
    try {
      const person = await openApp({ browser, app: { url: ORIGIN } });
      await signUp(person);
      const cookies = (await person.context.cookies()).map(({ name, httpOnly, secure, sameSite }) => ({ name, httpOnly, secure, sameSite }));
      assert.deepEqual(cookies, [{ name: '__Secure-better-auth.session_token', httpOnly: true, secure: true, sameSite: 'Lax' }]);
      await leave(person);
    } finally {
      await browser.close();
    }
  });

  test('sends its policies on every response', async () => {
    for (const path of ['/', '/main.js', '/missing', '/api/auth/jwks']) {
      const { headers } = await script.send('GET', path);
      assert.match(String(headers['content-security-policy']), /^default-src 'none'; .*connect-src 'self' https:\/\/tasks-api\.up\.railway\.app;/);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['strict-transport-security'], 'max-age=63072000');
    }
  });
});
