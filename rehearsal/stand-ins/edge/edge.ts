import { once } from 'node:events';
import {
  Agent,
  createServer as createPlainServer,
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createSecureServer, Http2ServerRequest, Http2ServerResponse, type SecureServerOptions } from 'node:http2';
import { createServer, type Server } from 'node:https';
import { createServer as createNetServer, type Server as NetServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';
import { createGzip } from 'node:zlib';
import {
  createEdgeAddresses,
  createRequestId,
  edgeResponseHeaders,
  toRequestHeaders,
  toResponseHeaders,
  type HeaderPair,
  type Hop,
} from './forwarded-headers.ts';

/** Railway closes a connection that has been idle for 60 s. */
const IDLE_TIMEOUT_MS = 60_000;
/** The content type of a record with a handshake (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16;

export type EdgeOptions = {
  /** PEM. */
  readonly key: string;
  /** PEM: the server's certificate and those it was issued by. */
  readonly chain: string;
  /** The service's plain-http port on 127.0.0.1. */
  readonly servicePort: number;
  /** What makes an edge another one than Railway's. */
  readonly otherwise?: EdgeDifferences;
};

export type EdgeDifferences = {
  /** Other options of TLS. */
  readonly tls?: Pick<SecureContextOptions, 'minVersion' | 'ciphers' | 'ecdhCurve'>;
  /** Serves plain http on the same port as well. */
  readonly plainHttp?: boolean;
  /** Offers HTTP/2 by ALPN. */
  readonly http2?: boolean;
  /** Rewrites an answer's headers, or what it says. */
  readonly rewrite?: (headers: readonly HeaderPair[], answer: PassingAnswer) => readonly HeaderPair[];
  /** Compresses the bodies of answers for whoever accepts gzip. */
  readonly compress?: boolean;
  /** Holds each request back before it is passed on. */
  readonly hold?: (request: PassingRequest) => Promise<void>;
};

export type PassingRequest = {
  readonly method: string;
  readonly path: string;
  readonly origin: string | undefined;
};

export type PassingAnswer = PassingRequest & {
  readonly status: number;
};

/** A TLS server on 127.0.0.1 that passes requests on as Railway's edge does. */
export type Edge = {
  /** `https://localhost:<port>` */
  readonly url: string;
  readonly port: number;
  /** Sends requests from now on to the service on this port, as when a replacement is healthy; those under way are not touched. */
  forwardTo(servicePort: number): void;
  close(): Promise<void>;
};

export async function startEdge({ key, chain, servicePort: firstPort, otherwise = {} }: EdgeOptions): Promise<Edge> {
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
    maxHeaderSize: 64 * 1024,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    ...otherwise.tls,
  } as const;
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const hop = { client: request.socket.remoteAddress ?? '', edge: nextEdgeAddress(), requestId: createRequestId() };
    await otherwise.hold?.(passing(request));
    forward(request, response, { agent, servicePort, hop, otherwise });
  }
  const server = otherwise.http2 === true ? createHttp2Server(options, take) : createServer({ ...options, ALPNProtocols: ['http/1.1'] }, take);
  server.on('upgrade', refuse);
  server.on('connect', refuse);
  const door = otherwise.plainHttp === true ? withPlainHttp(server, take) : server;
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const address = door.address();
  if (address === null || typeof address === 'string') throw new Error('the edge has no TCP address');
  const sockets = new Set<Socket>();
  door.on('connection', (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket))));

  return {
    url: `https://localhost:${address.port}`,
    port: address.port,
    forwardTo: (port) => {
      servicePort = port;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => void door.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      await closed;
    },
  };
}

type Passage = {
  readonly agent: Agent;
  readonly servicePort: number;
  readonly hop: Hop;
  readonly otherwise: EdgeDifferences;
};

function passing({ method = '', url = '', headers }: IncomingMessage): PassingRequest {
  return { method, path: url, origin: headers.origin };
}

function forward(request: IncomingMessage, response: ServerResponse, { agent, servicePort, hop, otherwise }: Passage): void {
  const upstream = httpRequest({ agent, host: '127.0.0.1', port: servicePort, method: request.method, path: request.url, setHost: false });
  for (const [name, value] of toRequestHeaders(plainHeaders(request.rawHeaders), hop)) upstream.appendHeader(name, value);
  frameAs(request, upstream);

  upstream.on('response', (answer) => {
    response.sendDate = false;
    const { statusCode: status = 502 } = answer;
    const received = toResponseHeaders(answer.rawHeaders, hop.requestId);
    const headers = otherwise.rewrite?.(received, { ...passing(request), status }) ?? received;
    const isCompressed =
      otherwise.compress === true && hasBody(request, status) && /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '');
    write(response, status, answer.statusMessage, isCompressed ? compressed(headers) : headers);
    (isCompressed ? answer.pipe(createGzip()) : answer).pipe(response);
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

function hasBody({ method }: IncomingMessage, status: number): boolean {
  return method !== 'HEAD' && status !== 204 && status !== 304;
}

function compressed(headers: readonly HeaderPair[]): HeaderPair[] {
  return [...headers.filter(([name]) => name.toLowerCase() !== 'content-length'), ['Content-Encoding', 'gzip'], ['Vary', 'Accept-Encoding']];
}

/** HTTP/2 has no reason phrases, and takes headers by name alone. */
function write(response: ServerResponse, status: number, reason: string | undefined, headers: readonly HeaderPair[]): void {
  if (!(response instanceof Http2ServerResponse)) {
    response.writeHead(status, reason, headers.flat());
    return;
  }
  const byName = Map.groupBy(headers, ([name]) => name.toLowerCase());
  response.writeHead(status, Object.fromEntries([...byName].map(([name, pairs]) => [name, pairs.map(([, value]) => value)])));
}

/** What HTTP/2 says in pseudo-headers stands elsewhere in HTTP/1.1: the host in a header, the rest in the request line. */
function plainHeaders(raw: readonly string[]): string[] {
  return raw.flatMap((text, index) => {
    const name = index % 2 === 0 ? text : (raw[index - 1] ?? '');
    if (!name.startsWith(':')) return [text];
    return name === ':authority' ? [index % 2 === 0 ? 'Host' : text] : [];
  });
}

type Take = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Its compatibility layer has the shape of node:http, but not the type. */
function createHttp2Server(options: SecureServerOptions, take: Take): Server {
  return createSecureServer({ ...options, allowHTTP1: true }, take as never) as unknown as Server;
}

/** Tells TLS from plain http by a connection's first byte. */
function withPlainHttp(server: Server, take: Take): NetServer {
  const plain = createPlainServer(take);
  return createNetServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      (first[0] === TLS_HANDSHAKE ? server : plain).emit('connection', socket);
      // Not before TLS has taken what was put back.
      process.nextTick(() => socket.resume());
    });
  });
}

/** Delimits the body as the client did; left alone, Node would announce a body for a POST that has none. */
function frameAs(request: IncomingMessage, upstream: ClientRequest): void {
  // HTTP/2 frames every body, and need not say how long it is.
  const isFramed = request instanceof Http2ServerRequest && !request.stream.endAfterHeaders && request.headers['content-length'] === undefined;
  if (request.headers['transfer-encoding'] !== undefined || isFramed) {
    upstream.setHeader('Transfer-Encoding', 'chunked');
  } else if (request.headers['content-length'] === undefined) {
    upstream.removeHeader('Transfer-Encoding');
    upstream.removeHeader('Content-Length');
  }
}

/** As Railway words it. Like there, a browser sees a CORS error, since these answers carry no CORS headers. */
function answerUnreachable(response: ServerResponse, requestId: string): void {
  const headers: HeaderPair[] = [['Content-Type', 'application/json'], ['X-Railway-Fallback', 'true'], ...edgeResponseHeaders(requestId)];
  write(response, 502, undefined, headers);
  response.end(JSON.stringify({ status: 'error', code: 502, message: 'Application failed to respond', request_id: requestId }));
}

function refuse(_request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => undefined);
  socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
