import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { listenOnFreePort } from '../process/listen-on-free-port.ts';
import type { Certificates } from './edge/certificates.ts';

export const ISSUER = 'https://tenant.auth.example/';
export const AUDIENCE = 'https://api.example';

/** A signing key of an issuer; `jwk` is the public one. */
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

/** A stand-in for an identity provider, as far as an API sees it: its JWK set. */
export type Issuer = {
  jwksUrl: string;
  /** Requests for the key set so far. */
  requests: number;
  publish(keys: readonly object[]): void;
  respond: (request: IncomingMessage, response: ServerResponse) => void;
  close(): void;
};

/** Publishes a key set on a free port, over TLS where there is a certificate. */
export async function startIssuer(keys: readonly object[], tls?: Pick<Certificates, 'key' | 'chain'>): Promise<Issuer> {
  let published = keys;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    issuer.requests += 1;
    issuer.respond(request, response);
  };
  const server = tls === undefined ? http.createServer(listener) : https.createServer({ key: tls.key, cert: tls.chain }, listener);
  const port = await listenOnFreePort(server);
  const issuer: Issuer = {
    jwksUrl: `${tls === undefined ? 'http' : 'https'}://localhost:${port}/jwks`,
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
