import assert from 'node:assert/strict';
import http from 'node:http';
import https from 'node:https';
import { json } from 'node:stream/consumers';
import { createSecret } from '../../../process/credentials.ts';

export type ScriptResponse = { status: number; headers: http.IncomingHttpHeaders; body: unknown };
export type ScriptUser = { userId: string; token: string; cookie: string };

/** Calls the app without a browser. */
export type Script = {
  send(method: string, path: string, sending?: { headers?: Readonly<Record<string, string>>; body?: unknown }): Promise<ScriptResponse>;
  /** @returns the id of a new user, a token for the API, and the cookies of the session */
  signUp(email: string): Promise<ScriptUser>;
};

/**
 * @param url where the app listens
 * @param origin its public origin, which each request names
 * @param authority PEM of the authority that signs its certificate
 */
export function createScript(url: string, origin: string, authority?: Buffer): Script {
  const isTls = url.startsWith('https:');

  async function send(...[method, path, { headers = {}, body } = {}]: Parameters<Script['send']>): Promise<ScriptResponse> {
    const own = { host: new URL(origin).host, ...(body !== undefined && { 'content-type': 'application/json', origin }) };
    const options = { method, headers: { ...own, ...headers } };
    const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>();
    const target = new URL(path, url);
    const sent = isTls
      ? https.request(target, { ...options, ca: authority, servername: 'localhost' }, resolve)
      : http.request(target, options, resolve);
    sent.on('error', reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const response = await promise;
    const isJson = response.headers['content-type']?.startsWith('application/json') === true;
    if (!isJson) response.resume();
    return { status: response.statusCode ?? 0, headers: response.headers, body: isJson ? await json(response) : undefined };
  }

  async function signUp(email: string): Promise<ScriptUser> {
    const signedUp = await send('POST', '/api/auth/sign-up/email', { body: { email, password: createSecret(), name: 'Ada' } });
    assert.equal(signedUp.status, 200, `sign-up: ${JSON.stringify(signedUp.body)}`);
    const { user } = signedUp.body as { user: { id: string } };
    const cookie = (signedUp.headers['set-cookie'] ?? []).map((each) => each.split(';')[0]).join('; ');
    const { body } = await send('GET', '/api/auth/token', { headers: { cookie } });
    return { userId: user.id, token: (body as { token: string }).token, cookie };
  }

  return { send, signUp };
}
