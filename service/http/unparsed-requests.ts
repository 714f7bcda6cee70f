import { randomUUID } from 'node:crypto';
import { IncomingMessage, type Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Connections, Exchange } from './connections.ts';
import { Problem } from '../errors.ts';
import type { Logger } from '../log.ts';
import { securityHeaders } from '../middleware/security-headers.ts';

/** How long a refused client may go on sending: with a connection that is closed at once, its kernel drops the answer too. */
const LINGER_MS = 1_000;

/** As Express is, of which it calls the last argument when it has nothing to say. */
type App = (req: IncomingMessage, res: ServerResponse, next: (error?: unknown) => void) => void;

/**
 * Gives the app its requests, and answers what it never sees. Node and Express would do so without our headers: broken request
 * lines, headers, targets and bodies, no Host, CONNECT (400), too many headers (431), too long on the way (408).
 */
export function serveApp(server: Server, connections: Connections, app: App, log: Logger): void {
  const setSecurityHeaders = securityHeaders();
  const refused = new WeakSet<Duplex>();

  function refuse({ req, res }: Exchange, reason: string): void {
    const problem = toProblem(reason);
    const requestId = randomUUID();
    setSecurityHeaders(req, res, () => {});
    // As on every answer: a cache may not give it to a page of another origin.
    res.setHeader('Vary', 'Origin');
    res.setHeader('X-Request-Id', requestId);
    answer(res, problem);
    const line = { request_id: requestId, method: req.method ?? null, route: null, status: problem.status, ms: null, user_id: null, reason };
    log.info(line, 'request');
  }

  /** For what is no request. */
  function refuseConnection(socket: Socket, reason: string): void {
    const req = new IncomingMessage(socket);
    const res = new ServerResponse(req);
    res.assignSocket(socket);
    res.once('finish', () => socket.end());
    const lingering = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(lingering));
    refuse({ req, res }, reason);
  }

  server.on('request', (req, res) => {
    if (refused.has(req.socket)) return;
    // One at a time: whoever sends many without reading would have us keep all the answers. A client may not rely on more
    // (RFC 9112 section 9.3.2), and sends again what was not answered.
    if (connections.latest(req.socket)?.res.closed === false) {
      rejectRest(req.socket, 'pipelined');
      return;
    }
    connections.begin({ req, res });
    // RFC 9112 section 3.2.
    if (req.httpVersion === '1.1' && req.headers.host === undefined) {
      refuse({ req, res }, 'no Host');
      return;
    }
    // Express ends here where it cannot read the target, and where an answer broke off.
    app(req, res, (error) => {
      if (res.headersSent || error) res.destroy();
      else refuse({ req, res }, 'target');
    });
  });
  // A server may ignore what it is expected to do (RFC 9110 section 10.1.1); 100-continue is Node's own affair.
  server.on('checkExpectation', (req, res) => server.emit('request', req, res));
  server.on('connect', (_req, socket) => {
    // It is nobody's now: errors and bytes are for the listener.
    socket.on('error', () => {}).resume();
    rejectRest(socket, 'CONNECT');
  });
  server.on('clientError', ({ code = 'unknown' }: NodeJS.ErrnoException, socket) => rejectRest(socket, code));

  /** What comes next on the connection is no request, or the rest of one is not. */
  function rejectRest(socket: Duplex, reason: string): void {
    // What a refused client goes on sending is read, and is wrong again.
    if (refused.has(socket)) return;
    refused.add(socket);
    const exchange = connections.latest(socket);
    if (!(socket instanceof Socket) || !socket.writable || isSilent(socket) || reason === 'HPE_INVALID_EOF_STATE') socket.destroy();
    else if (exchange === undefined || isOver(exchange)) refuseConnection(socket, reason);
    else if (exchange.req.complete || exchange.res.headersSent) closeAfter(exchange.res, socket);
    else answerReader(exchange, reason, socket);
  }
}

/** Nothing was ever sent: an answer would be taken for that to a request which is on its way. */
const isSilent = (socket: Socket): boolean => socket.bytesRead === 0;

/** What is broken is then a request of its own. */
const isOver = ({ req, res }: Exchange): boolean => req.complete && res.closed;

/** The app would wait for ever for the rest of a body; where it does not ask for it, its own answer is given. */
function answerReader({ req, res }: Exchange, reason: string, socket: Socket): void {
  const answerIfNone = (): void => {
    if (!res.headersSent) answer(res, toProblem(reason));
  };
  if (req.readableFlowing === true) answerIfNone();
  else req.once('resume', answerIfNone);
  closeAfter(res, socket);
}

/** The answer needs nothing of what is broken: it is given, or has been, and is the last on its connection. */
function closeAfter(res: ServerResponse, socket: Socket): void {
  if (res.closed) {
    socket.destroy();
    return;
  }
  if (!res.headersSent) res.setHeader('Connection', 'close');
  res.once('close', () => socket.destroy());
}

/** Keeps the headers that are set: a page of an allowed origin can read what was wrong with its request. */
function answer(res: ServerResponse, problem: Problem): void {
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
      return new Problem(431, 'headers_too_large', 'The request line and the headers may have 16 KiB at most.');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem(408, 'request_timeout', 'The request took too long to arrive.');
    default:
      return new Problem(400, 'malformed', 'The request is not well-formed HTTP.');
  }
}
