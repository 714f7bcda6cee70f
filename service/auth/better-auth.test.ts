import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';
import { jwt } from 'better-auth/plugins';
import { createLog } from '../log.ts';
import { createKeySet } from './key-set.ts';
import { createVerifyToken } from './verify-token.ts';

/** The app's sign-in: Better Auth with its defaults, over HTTP. */
let server: http.Server;
let baseURL: string;

before(async () => {
  server = http.createServer((request, response) => void handler(request, response));
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const handler = toNodeHandler(
    betterAuth({
      baseURL,
      secret: randomBytes(48).toString('base64'),
      database: memoryAdapter({ user: [], session: [], account: [], verification: [], jwks: [] }),
      emailAndPassword: { enabled: true },
      plugins: [jwt()],
      telemetry: { enabled: false },
    }),
  );
});
after(() => {
  server.close();
  server.closeAllConnections();
});

/** Signs a new user up. @returns the id of the user and a token from the `jwt()` plugin */
async function signUp(email: string): Promise<{ id: string; token: string }> {
  const password = randomBytes(12).toString('hex');
  const body = JSON.stringify({ email, password, name: 'Ada' });
  const headers = { 'content-type': 'application/json', origin: baseURL };
  const signedUp = await fetch(`${baseURL}/api/auth/sign-up/email`, { method: 'POST', headers, body });
  assert.equal(signedUp.status, 200, await signedUp.clone().text());
  const { user } = (await signedUp.json()) as { user: { id: string } };
  const cookie = signedUp.headers.getSetCookie().map((each) => each.split(';')[0]);
  const issued = await fetch(`${baseURL}/api/auth/token`, { headers: { cookie: cookie.join('; ') } });
  const { token } = (await issued.json()) as { token: string };
  return { id: user.id, token };
}

test("accepts the tokens of Better Auth's jwt() plugin with its defaults, and not their tampered twins", async () => {
  const log = createLog('silent');
  const issuer = { issuer: baseURL, audience: baseURL, origins: [] };
  const verifyToken = createVerifyToken({}, { issuer, keySet: createKeySet(`${baseURL}/api/auth/jwks`, log), log });
  const [ada, bob] = [await signUp('ada@example.com'), await signUp('bob@example.com')];
  assert.deepEqual(await verifyToken(ada.token), { userId: ada.id });
  assert.deepEqual(await verifyToken(bob.token), { userId: bob.id });
  const [header, payload, signature] = ada.token.split('.');
  const [, ofBob] = bob.token.split('.');
  for (const tampered of [`${header}.${ofBob}.${signature}`, `${header}.${payload}.`, `${header}.${payload}.${bob.token.split('.')[2]}`])
    assert.equal(await verifyToken(tampered), undefined);
});
