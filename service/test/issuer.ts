import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export const ISSUER = 'https://tenant.auth.example/';
export const AUDIENCE = 'https://api.example';

export type IssuerKey = { alg: string; kid: string; privateKey: CryptoKey; publicKey: CryptoKey; jwk: JWK };

export async function newIssuerKey(alg: string, kid = `key-${alg}`): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg } };
}

/** A token of the issuer that expires in five minutes, unless the claims differ; undefined removes a claim or a header parameter. */
export function signToken(key: IssuerKey, changes: Record<string, unknown> = {}, header: Record<string, unknown> = {}): Promise<string> {
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'auth0|ada', exp: Math.floor(Date.now() / 1_000) + 300, ...changes };
  const defined = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
  return new SignJWT(defined).setProtectedHeader({ alg: key.alg, kid: key.kid, typ: 'JWT', ...header }).sign(key.privateKey);
}

export type TestIssuer = {
  jwksUrl: string;
  /** Requests for the key set so far. */
  requests: number;
  publish(keys: readonly object[]): void;
  respond: (request: IncomingMessage, response: ServerResponse) => void;
  close(): void;
};

/** Publishes a key set on a free port of 127.0.0.1. */
export async function startIssuer(keys: readonly object[]): Promise<TestIssuer> {
  let published = keys;
  const server = http.createServer((request, response) => {
    issuer.requests += 1;
    issuer.respond(request, response);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const issuer: TestIssuer = {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`,
    requests: 0,
    publish: (next) => (published = next),
    respond: (_, response) => void response.setHeader('Content-Type', 'application/json').end(JSON.stringify({ keys: published })),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return issuer;
}
