import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { JWK } from 'jose';
import { findFreePort } from '../../process/free-port.ts';
import type { Certificates } from '../edge/certificates.ts';
import { createPageHandler } from './pages.ts';
import { responseHeaders } from './response-headers.ts';
import { SIGN_IN_PATH, startSignIn, type SignInOptions } from './sign-in.ts';

export type AppOptions = SignInOptions & {
  /** Where the page calls the API. */
  readonly apiUrl: string;
  /** PEM. Without it the app is served over plain HTTP. */
  readonly tls?: Pick<Certificates, 'key' | 'chain'>;
  /** On 127.0.0.1; by default a free one. */
  readonly port?: number;
};

/** A web app as it would run on Vercel: pages, and the sign-in that issues tokens for the API. */
export type App = {
  /** Where it listens: `https://localhost:<port>`, or `http://`. Browsers open it at its origin, which they map to this port. */
  readonly url: string;
  readonly port: number;
  /** For the API's AUTH_JWKS_URL. */
  readonly jwksUrl: string;
  /** The private key that signs the tokens, for the audit of a stage. A deployment never exposes it. */
  issuerKeyJwk(): Promise<JWK>;
  /** Withdraws the signing key, and signs with a new one. */
  replaceIssuerKey(): Promise<void>;
  close(): Promise<void>;
};

/**
 * Starts the app. It sends requests to its database only.
 * @throws when the database cannot be reached or the port is in use
 */
export async function startApp(options: AppOptions): Promise<App> {
  const { origin, apiUrl, tls } = options;
  const servePage = await createPageHandler(apiUrl);
  const signIn = await startSignIn(options);
  const headers = responseHeaders(apiUrl, tls !== undefined);
  const listener: RequestListener = (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (!isForApp(request, origin)) response.writeHead(421).end();
    else if (request.url?.startsWith(`${SIGN_IN_PATH}/`) === true) signIn.handle(fromEdge(request), response);
    else servePage(request, response);
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer({ key: tls.key, cert: tls.chain }, listener);
  try {
    const port = await listen(server, options.port ?? (await findFreePort()));
    const url = `${tls === undefined ? 'http' : 'https'}://localhost:${port}`;
    const { issuerKeyJwk, replaceIssuerKey } = signIn;
    return { url, port, jwksUrl: `${url}${SIGN_IN_PATH}/jwks`, issuerKeyJwk, replaceIssuerKey, close: () => closeAll(server, signIn.close) };
  } catch (error) {
    await signIn.close();
    throw error;
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return port;
}

async function closeAll(server: Server, closeSignIn: () => Promise<void>): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
  await closeSignIn();
}

/** Other names could lead here by DNS rebinding. */
function isForApp({ headers: { host = '' } }: IncomingMessage, origin: string): boolean {
  return host === new URL(origin).host || /^localhost(:\d+)?$/.test(host);
}

/** Vercel's edge states the client's address, and overwrites what the client states. */
function fromEdge(request: IncomingMessage): IncomingMessage {
  request.headers['x-real-ip'] = request.socket.remoteAddress ?? '';
  return request;
}
