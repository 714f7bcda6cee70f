import { createHash, X509Certificate } from 'node:crypto';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { generate } from 'selfsigned';
import { PERMISSIVE_BODY, PERMISSIVE_ORIGIN } from '../../model/permissive-host.ts';

export type OriginServer = {
  port: number;
  /** Base64 SHA-256 of its public key, for Chromium's --ignore-certificate-errors-spki-list. */
  keyHash: string;
  /** Preflights that the permissive host received, which shows that the browser sends them. */
  preflightsSeen(): number;
  close(): Promise<void>;
};

/** Serves an empty page for every host. `/sandboxed` has an opaque origin, which browsers send as `Origin: null`. */
export async function startOriginServer(): Promise<OriginServer> {
  const pem = await generate([{ name: 'commonName', value: 'origin pages of the audit' }], { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' });
  let preflights = 0;
  const server = https.createServer({ key: pem.private, cert: pem.cert }, (request, response) => {
    if (request.headers.host === new URL(PERMISSIVE_ORIGIN).host) {
      if (request.method === 'OPTIONS') preflights += 1;
      response.setHeader('Access-Control-Allow-Origin', request.headers.origin ?? '*');
      response.setHeader('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE');
      response.setHeader('Access-Control-Allow-Headers', 'authorization, content-type');
      response.setHeader('Content-Type', 'text/plain');
      response.end(PERMISSIVE_BODY);
      return;
    }
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    if (request.url === '/sandboxed') response.setHeader('Content-Security-Policy', 'sandbox allow-scripts');
    response.end('<!doctype html><title>origin page</title>');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    keyHash: keyHashOf(pem.cert),
    preflightsSeen: () => preflights,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function keyHashOf(certificate: string | Buffer): string {
  return createHash('sha256')
    .update(new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');
}
