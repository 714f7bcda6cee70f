import { randomUUID } from 'node:crypto';
import { IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connections, Exchange } from './connections.ts';
import { Problem } from '../errors.ts';
import type { Logger } from '../log.ts';
import { securityHeaders } from '../middleware/security-headers.ts';

/** How long a rejected client may continue to send. If the connection is closed at once, the client's kernel discards the response. */
const LINGER_MS = 1_000;

/** An Express app. It calls the last argument when it has no response. */
type App = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * Passes requests to the app, and responds to those that never reach it, for which Node and Express would omit our headers: malformed
 * request lines, headers, targets and bodies, no Host, CONNECT (400), headers too large (431), timeouts (408).
 */
export function serveApp(server: Server, connections: Connections, app: App, log: Logger): void {
  const setSecurityHeaders = securityHeaders();
  const rejected = new WeakSet<Duplex>();

  function reject({ req, res }: Exchange, reason: string): void {
    const problem = toProblem(reason);
    const requestId = randomUUID();
    setSecurityHeaders(req, res, () => {});
    // As on every response, so that caches keep it separate for each origin.
    res.setHeader('Vary', 'Origin');
    res.setHeader('X-Request-Id', requestId);
    respond(res, problem);
    const line = { request_id: requestId, method: req.method ?? null, route: null, status: problem.status, ms: null, user_id: null, reason };
    log.info(line, 'request');
  }

  /** Responds on a connection whose bytes are not a request. */
  function rejectConnection(socket: Socket, reason: string): void {
    const req = new IncomingMessage(socket);
    const res = new ServerResponse(req);
    res.assignSocket(socket);
    res.once('finish', () => socket.end());
    const lingering = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(lingering));
    reject({ req, res }, reason);
  }

  /** Handles a connection whose next bytes are not a request, or not the rest of one. */
  function rejectRest(socket: Duplex, reason: string): void {
    // Node keeps parsing what a rejected client sends, and reports each error.
    if (rejected.has(socket)) return;
    rejected.add(socket);
    const exchange = connections.latest(socket);
    // A client that has sent nothing may have a request on its way, and would take a response for that request's.
    const hasSentNothing = socket instanceof Socket && socket.bytesRead === 0;
    if (!(socket instanceof Socket) || !socket.writable || hasSentNothing || reason === 'HPE_INVALID_EOF_STATE') socket.destroy();
    else if (exchange === undefined || (exchange.req.complete && exchange.res.closed)) rejectConnection(socket, reason);
    else if (exchange.req.complete || exchange.res.headersSent) closeAfter(exchange.res, socket);
    else rejectBody(exchange, reason, socket);
  }

  server.on('request', (req, res) => {
    if (rejected.has(req.socket)) return;
    // One request at a time: a client that pipelines without reading would fill our memory with responses. A client must be able to
    // retry unanswered requests (RFC 9112 section 9.3.2).
    if (connections.latest(req.socket)?.res.closed === false) {
      rejectRest(req.socket, 'pipelined');
      return;
    }
    connections.begin({ req, res });
    // RFC 9112 section 3.2.
    if (req.httpVersion === '1.1' && req.headers.host === undefined) {
      reject({ req, res }, 'no Host');
      return;
    }
    // Express calls this for targets that it cannot parse, and when a response was aborted.
    app(req, res, (error) => {
      if (res.headersSent || error) res.destroy();
      else reject({ req, res }, 'target');
    });
  });
  // A server may ignore expectations (RFC 9110 section 10.1.1); Node handles 100-continue.
  server.on('checkExpectation', (req, res) => server.emit('request', req, res));
  server.on('connect', (_req, socket) => {
    // Node has detached the socket: without these its errors would crash the process, and its bytes would stay unread.
    socket.on('error', () => {}).resume();
    rejectRest(socket, 'CONNECT');
  });
  server.on('clientError', ({ code = 'unknown' }: NodeJS.ErrnoException, socket) => rejectRest(socket, code));
}

/** The app would wait forever for the rest of the body. If it does not read the body, its own response is sent. */
function rejectBody({ req, res }: Exchange, reason: string, socket: Socket): void {
  const respondOnce = (): void => {
    if (!res.headersSent) respond(res, toProblem(reason));
  };
  if (req.readableFlowing === true) respondOnce();
  else req.once('resume', respondOnce);
  closeAfter(res, socket);
}

/** Closes the connection after a response that does not depend on the malformed bytes. */
function closeAfter(res: ServerResponse, socket: Socket): void {
  if (res.closed) {
    socket.destroy();
    return;
  }
  if (!res.headersSent) res.setHeader('Connection', 'close');
  res.once('close', () => socket.destroy());
}

/** Keeps the headers that are already set, so that a page of an allowed origin can read the problem. */
function respond(res: ServerResponse, problem: Problem): void {
  const body = JSON.stringify({ ...problem.toJSON(), request_id: res.getHeader('X-Request-Id') });
  res
    .writeHead(problem.status, {
      'Content-Type': 'application/problem+json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
      Connection: 'close',
    })
    .end(body);
}

function toProblem(reason: string): Problem {
  switch (reason) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem(431, 'headers_too_large', 'The request line and the headers must not exceed 16 KiB.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'request_timeout', 'The request took too long to arrive.');
    default:
      return new Problem(400, 'malformed', 'The request is not well-formed HTTP.');
  }
}
