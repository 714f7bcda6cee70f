import assert from 'node:assert/strict';
import { generate } from 'selfsigned';
import { after, before, describe, test } from 'node:test';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import { PERMISSIVE_ORIGIN } from '../../model/permissive-host.ts';
import { keyHashOf, type OriginServer, startOriginServer } from './origin-server.ts';

let server: OriginServer;
before(async () => void (server = await startOriginServer()));
after(() => server.close());

type HttpResponse = { status: number; headers: Readonly<Record<string, string | string[] | undefined>>; body: string; keyHash: string };

/** A request as from a browser that resolves the host to this server, and trusts its key and not its certificate. */
function send(host: string, method = 'GET', path = '/', headers: Record<string, string> = {}): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const request = https.request(
      { port: server.port, host: '127.0.0.1', method, path, headers: { host, ...headers }, rejectUnauthorized: false },
      (response) => {
        const keyHash = keyHashOf((response.socket as TLSSocket).getPeerCertificate().raw);
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body, keyHash }));
      },
    );
    request.on('error', reject);
    request.end();
  });
}

const { host: PERMISSIVE } = new URL(PERMISSIVE_ORIGIN);

describe('the server of origins', () => {
  test('has the key with its hash', async () => {
    assert.equal((await send('tasks-app.vercel.app')).keyHash, server.keyHash);
  });

  test('serves a page for every host, without CORS permission', async () => {
    for (const host of ['tasks-app.vercel.app', 'foreign-site.example', `${PERMISSIVE}.evil.example`]) {
      const { status, headers } = await send(host, 'GET', '/', { origin: 'https://foreign-site.example' });
      assert.deepEqual([status, headers['content-type'], headers['access-control-allow-origin']], [200, 'text/html; charset=utf-8', undefined]);
    }
  });

  test('has an opaque origin at /sandboxed only', async () => {
    assert.equal((await send('tasks-app.vercel.app', 'GET', '/sandboxed')).headers['content-security-policy'], 'sandbox allow-scripts');
    assert.equal((await send('tasks-app.vercel.app')).headers['content-security-policy'], undefined);
  });

  test('the permissive host allows every origin, and counts only preflights', async () => {
    const before = server.preflightsSeen();
    const simple = await send(PERMISSIVE, 'GET', '/simple', { origin: 'null' });
    assert.deepEqual([simple.body, simple.headers['access-control-allow-origin']], ['readable', 'null']);
    assert.equal(server.preflightsSeen(), before);
    const preflight = await send(PERMISSIVE, 'OPTIONS', '/preflighted', { origin: 'https://foreign-site.example' });
    assert.match(String(preflight.headers['access-control-allow-methods']), /DELETE/);
    assert.match(String(preflight.headers['access-control-allow-headers']), /authorization/);
    assert.equal(server.preflightsSeen(), before + 1);
    await send('foreign-site.example', 'OPTIONS');
    assert.equal(server.preflightsSeen(), before + 1, 'preflights of other hosts do not count');
  });

  test('two servers have two keys', async () => {
    const { cert } = await generate([{ name: 'commonName', value: 'other' }], { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' });
    assert.notEqual(keyHashOf(cert), server.keyHash);
    assert.match(server.keyHash, /^[A-Za-z0-9+/]{43}=$/);
  });
});
