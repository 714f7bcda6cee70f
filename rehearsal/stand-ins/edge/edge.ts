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
import { listenOnFreePort } from '../../process/listen-on-free-port.ts';
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
/** The content type of a handshake record (RFC 8446 section 5.1). */
const TLS_HANDSHAKE = 0x16;

export type EdgeOptions = {
  /** PEM. */
  readonly key: string;
  /** PEM: the server's certificate and its issuers'. */
  readonly chain: string;
  /** The service's HTTP port on 127.0.0.1. */
  readonly servicePort: number;
  /** Differences from Railway's edge. */
  readonly overrides?: EdgeOverrides;
};

export type EdgeOverrides = {
  /** TLS options. */
  readonly tls?: Pick<SecureContextOptions, 'minVersion' | 'ciphers' | 'ecdhCurve'>;
  /** Serves HTTP without TLS on the same port as well. */
  readonly plainHttp?: boolean;
  /** Offers HTTP/2 by ALPN. */
  readonly http2?: boolean;
  /** Rewrites a response's headers. */
  readonly rewrite?: (headers: readonly HeaderPair[], response: ForwardedResponse) => readonly HeaderPair[];
  /** Compresses response bodies for clients that accept gzip. */
  readonly compress?: boolean;
  /** Delays each request before it is forwarded. */
  readonly hold?: (request: ForwardedRequest) => Promise<void>;
};

export type ForwardedRequest = {
  readonly method: string;
  readonly path: string;
  readonly origin: string | undefined;
};

export type ForwardedResponse = ForwardedRequest & {
  readonly status: number;
};

/** A TLS server on 127.0.0.1 that forwards requests as Railway's edge does. */
export type Edge = {
  /** `https://localhost:<port>` */
  readonly url: string;
  readonly port: number;
  /** Forwards new requests to the service on this port, as when a replacement is healthy; pending ones stay where they are. */
  forwardTo(servicePort: number): void;
  close(): Promise<void>;
};

export async function startEdge({ key, chain, servicePort: firstPort, overrides = {} }: EdgeOptions): Promise<Edge> {
  let servicePort = firstPort;
  const agent = new Agent({ keepAlive: true, timeout: IDLE_TIMEOUT_MS });
  const nextEdgeAddress = createEdgeAddresses();
  // More header space than the service has, so that clients get the service's own 431.
  const options = {
    key,
    cert: chain,
    minVersion: 'TLSv1.2',
    // For TLS 1.2, those that RFC 9325 section 4.2 recommends.
    ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE+AESGCM:ECDHE+CHACHA20',
    maxHeaderSize: 64 * 1024,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    ...overrides.tls,
  } as const;
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const hop = { client: request.socket.remoteAddress ?? '', edge: nextEdgeAddress(), requestId: createRequestId() };
    await overrides.hold?.(describeRequest(request));
    forward(request, response, { agent, servicePort, hop, overrides });
  }
  const server = overrides.http2 === true ? createHttp2Server(options, handle) : createServer({ ...options, ALPNProtocols: ['http/1.1'] }, handle);
  server.on('upgrade', rejectConnection);
  server.on('connect', rejectConnection);
  const listener = overrides.plainHttp === true ? withPlainHttp(server, handle) : server;
  const port = await listenOnFreePort(listener);
  const sockets = new Set<Socket>();
  listener.on('connection', (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket))));

  return {
    url: `https://localhost:${port}`,
    port,
    forwardTo: (replacement) => {
      servicePort = replacement;
    },
    close: async () => {
      const closed = new Promise<void>((resolve) => void listener.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      agent.destroy();
      await closed;
    },
  };
}

type Forwarding = {
  readonly agent: Agent;
  readonly servicePort: number;
  readonly hop: Hop;
  readonly overrides: EdgeOverrides;
};

function describeRequest({ method = '', url = '', headers }: IncomingMessage): ForwardedRequest {
  return { method, path: url, origin: headers.origin };
}

function forward(request: IncomingMessage, response: ServerResponse, { agent, servicePort, hop, overrides }: Forwarding): void {
  const upstream = httpRequest({ agent, host: '127.0.0.1', port: servicePort, method: request.method, path: request.url, setHost: false });
  for (const [name, value] of toRequestHeaders(plainHeaders(request.rawHeaders), hop)) upstream.appendHeader(name, value);
  frameAs(request, upstream);

  upstream.on('response', (received) => {
    response.sendDate = false;
    const { statusCode: status = 502 } = received;
    const forwarded = toResponseHeaders(received.rawHeaders, hop.requestId);
    const headers = overrides.rewrite?.(forwarded, { ...describeRequest(request), status }) ?? forwarded;
    const isCompressed =
      overrides.compress === true && hasBody(request, status) && /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '');
    writeHead(response, status, received.statusMessage, isCompressed ? compressed(headers) : headers);
    (isCompressed ? received.pipe(createGzip()) : received).pipe(response);
    // A body that the service cut short must not look complete to the client.
    received.on('error', () => response.destroy());
  });
  upstream.on('error', () => {
    if (response.headersSent) response.destroy();
    else respondUnreachable(response, hop.requestId);
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

/** HTTP/2 has no reason phrases, and its headers are set by name. */
function writeHead(response: ServerResponse, status: number, reason: string | undefined, headers: readonly HeaderPair[]): void {
  if (!(response instanceof Http2ServerResponse)) {
    response.writeHead(status, reason, headers.flat());
    return;
  }
  const byName = Map.groupBy(headers, ([name]) => name.toLowerCase());
  response.writeHead(status, Object.fromEntries([...byName].map(([name, pairs]) => [name, pairs.map(([, value]) => value)])));
}

/** HTTP/1.1 has no pseudo-headers: the host becomes a header, the others are in the request line. */
function plainHeaders(raw: readonly string[]): string[] {
  return raw.flatMap((text, index) => {
    const name = index % 2 === 0 ? text : (raw[index - 1] ?? '');
    if (!name.startsWith(':')) return [text];
    return name === ':authority' ? [index % 2 === 0 ? 'Host' : text] : [];
  });
}

type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** The compatibility layer of node:http2 has the shape of node:http, but not the type. */
function createHttp2Server(options: SecureServerOptions, handle: Handle): Server {
  return createSecureServer({ ...options, allowHTTP1: true }, handle as never) as unknown as Server;
}

/** Distinguishes TLS from plain HTTP by a connection's first byte. */
function withPlainHttp(server: Server, handle: Handle): NetServer {
  const plain = createPlainServer(handle);
  return createNetServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      (first[0] === TLS_HANDSHAKE ? server : plain).emit('connection', socket);
      // Only after TLS has consumed the first chunk.
      process.nextTick(() => socket.resume());
    });
  });
}

/** Frames the body as the client did; by default Node would announce a body for a POST without one. */
function frameAs(request: IncomingMessage, upstream: ClientRequest): void {
  // HTTP/2 frames every body, so Content-Length is optional.
  const isFramed = request instanceof Http2ServerRequest && !request.stream.endAfterHeaders && request.headers['content-length'] === undefined;
  if (request.headers['transfer-encoding'] !== undefined || isFramed) {
    upstream.setHeader('Transfer-Encoding', 'chunked');
  } else if (request.headers['content-length'] === undefined) {
    upstream.removeHeader('Transfer-Encoding');
    upstream.removeHeader('Content-Length');
  }
}

/** Railway's wording. A browser sees a CORS error, as on Railway, because these responses have no CORS headers. */
function respondUnreachable(response: ServerResponse, requestId: string): void {
  const headers: HeaderPair[] = [['Content-Type', 'application/json'], ['X-Railway-Fallback', 'true'], ...edgeResponseHeaders(requestId)];
  writeHead(response, 502, undefined, headers);
  response.end(JSON.stringify({ status: 'error', code: 502, message: 'Application failed to respond', request_id: requestId }));
}

function rejectConnection(_request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => undefined);
  socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
