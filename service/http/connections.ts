import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** After this time without a request, clients are assumed to use another instance. */
const QUIET_MS = 1_000;
const POLL_MS = 50;

export type Exchange = { req: IncomingMessage; res: ServerResponse };

/** A server's open connections, each with one request at a time. */
export type Connections = {
  /** The latest exchange on a connection; undefined after it ended and its request was read completely. */
  latest(socket: Duplex): Exchange | undefined;
  begin(exchange: Exchange): void;
  /**
   * Closes the servers without failing a request. While requests arrive, for at most `maxMs`, it accepts them, each the last on its
   * connection: a request may be on its way to a connection that is idle here. Then it stops listening and closes idle connections.
   * Resolves after the last response.
   */
  close(servers: readonly NetServer[], maxMs: number): Promise<void>;
};

export function watchConnections(server: Server): Connections {
  // One entry per connection, mutated per request. Adding each request to a Set or WeakMap would promote them to the old generation.
  const open = new Map<Duplex, { latest: Exchange | undefined }>();
  let lastActive = 0;

  server.on('connection', (socket) => {
    open.set(socket, { latest: undefined });
    socket.once('close', () => open.delete(socket));
  });

  const inFlight = (): Exchange[] => [...open.values()].flatMap(({ latest }) => (latest?.res.closed === false ? [latest] : []));

  async function untilQuiet(maxMs: number): Promise<void> {
    const quietMs = Math.min(QUIET_MS, maxMs);
    const deadline = performance.now() + maxMs;
    lastActive = performance.now();
    while (performance.now() < deadline && performance.now() - lastActive < quietMs) {
      await sleep(POLL_MS);
      if (inFlight().length > 0) lastActive = performance.now();
    }
  }

  /** Not server.closeIdleConnections(): it skips a connection on which an incomplete request has begun. */
  function closeIdle(): void {
    for (const [socket, { latest }] of open) if (latest?.res.closed !== false) socket.destroy();
  }

  return {
    latest: (socket) => open.get(socket)?.latest,
    begin: (exchange) => {
      lastActive = performance.now();
      const connection = open.get(exchange.req.socket);
      if (connection === undefined) return;
      connection.latest = exchange;
      // Retaining a finished exchange until the next request costs a quarter more time at 1,000 connections (garbage collection).
      exchange.res.once('close', () => {
        if (exchange.req.complete) connection.latest = undefined;
      });
    },
    close: async (servers, maxMs) => {
      // For requests without a response so far; the drain middleware handles later ones.
      for (const { res } of inFlight()) if (!res.headersSent) res.setHeader('Connection', 'close');
      await untilQuiet(maxMs);
      const closed = Promise.all(servers.map((each) => new Promise<void>((resolve) => each.close(() => resolve()))));
      // Repeatedly, because connections become idle after their last response.
      const timer = setInterval(closeIdle, POLL_MS);
      await closed;
      clearInterval(timer);
    },
  };
}
