import { once } from 'node:events';
import { Agent, request as httpRequest, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { createEdgeAddresses, createRequestId, edgeResponseHeaders, toRequestHeaders, toResponseHeaders, type Hop } from './forwarded-headers.ts';

/** Railway closes a connection that has been idle for 60 s. */
const IDLE_TIMEOUT_MS = 60_000;

export interface EdgeOptions {
  /** PEM. */
  readonly key: string;
  /** PEM: the server's certificate and those it was issued by. */
  readonly chain: string;
  /** The service's plain-http port on 127.0.0.1. */
  readonly servicePort: number;
}

/** A TLS server on 127.0.0.1 that passes requests on as Railway's edge does. */
export interface Edge {
  /** `https://localhost:<port>` */
  readonly url: string;
  readonly port: number;
  /** Sends requests from now on to the service on this port, as when a replacement is healthy; those under way are not touched. */
  forwardTo(servicePort: number): void;
  close(): Promise<void>;
}

export async function startEdge({ key, chain, servicePort: firstPort }: EdgeOptions): Promise<Edge> {
  let servicePort = firstPort;
  const agent = new Agent({ keepAlive: true, timeout: IDLE_TIMEOUT_MS });
  const nextEdgeAddress = createEdgeAddresses();
  // Room for more headers than the service takes: it is the service's own 431 that a client should meet.
  const options = {
    key,
    cert: chain,
    minVersion: 'TLSv1.2',
    // Of TLS 1.2 what RFC 9325 section 4.2 recommends.
    ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20',
    ALPNProtocols: ['http/1.1'],
    maxHeaderSize: 64 * 1024,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
  } as const;
  const server = createServer(options, (request, response) => {
    const hop = { client: request.socket.remoteAddress ?? '', edge: nextEdgeAddress(), requestId: createRequestId() };
    forward(request, response, { agent, servicePort, hop });
  });
  server.on('upgrade', refuse);
  server.on('connect', refuse);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the edge has no TCP address');

  return {
    url: `https://localhost:${address.port}`,
    port: address.port,
    forwardTo: (port) => {
      servicePort = port;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}

interface Passage {
  readonly agent: Agent;
  readonly servicePort: number;
  readonly hop: Hop;
}

function forward(request: IncomingMessage, response: ServerResponse, { agent, servicePort, hop }: Passage): void {
  const upstream = httpRequest({ agent, host: '127.0.0.1', port: servicePort, method: request.method, path: request.url, setHost: false });
  for (const [name, value] of toRequestHeaders(request.rawHeaders, hop)) upstream.appendHeader(name, value);
  frameAs(request, upstream);

  upstream.on('response', (answer) => {
    response.sendDate = false;
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, toResponseHeaders(answer.rawHeaders, hop.requestId));
    answer.pipe(response);
    // A body that the service cut short must not look complete to the client.
    answer.on('error', () => response.destroy());
  });
  upstream.on('error', () => {
    if (response.headersSent) response.destroy();
    else answerUnreachable(response, hop.requestId);
  });
  response.on('close', () => {
    if (!response.writableFinished) upstream.destroy();
  });
  request.pipe(upstream);
}

/** Delimits the body as the client did; left alone, Node would announce a body for a POST that has none. */
function frameAs(request: IncomingMessage, upstream: ClientRequest): void {
  if (request.headers['transfer-encoding'] !== undefined) {
    upstream.setHeader('Transfer-Encoding', 'chunked');
  } else if (request.headers['content-length'] === undefined) {
    upstream.removeHeader('Transfer-Encoding');
    upstream.removeHeader('Content-Length');
  }
}

/** As Railway words it. Like there, a browser sees a CORS error, since these answers carry no CORS headers. */
function answerUnreachable(response: ServerResponse, requestId: string): void {
  const headers = [['Content-Type', 'application/json'], ['X-Railway-Fallback', 'true'], ...edgeResponseHeaders(requestId)];
  response.writeHead(502, headers.flat());
  response.end(JSON.stringify({ status: 'error', code: 502, message: 'Application failed to respond', request_id: requestId }));
}

function refuse(_request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => undefined);
  socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
