import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** So long without a request, and clients are taken to have gone elsewhere. */
const QUIET_MS = 1_000;
const LOOK_EVERY_MS = 50;

export type Exchange = { req: IncomingMessage; res: ServerResponse };

/** A server's open connections, on each of which there is one request at a time. */
export type Connections = {
  /** The latest exchange on a connection; undefined once it is over, with nothing of it still to come. */
  latest(socket: Duplex): Exchange | undefined;
  begin(exchange: Exchange): void;
  /**
   * Closes the server without failing a request. For as long as requests come, at most `longestMs`, it goes on accepting them,
   * each the last on its connection: a connection that looks idle here may have a request under way. Then it stops listening,
   * closes what is idle, and resolves when the last answer is given.
   */
  close(longestMs: number): Promise<void>;
};

export function watchConnections(server: Server): Connections {
  // Written to once a request, and never added to: of a Set or a WeakMap that requests come into and leave, each copy that
  // grew old would keep those in it from the young generation's collector, and the next copy with them.
  const open = new Map<Duplex, { latest: Exchange | undefined }>();
  let lastActive = 0;

  server.on('connection', (socket) => {
    open.set(socket, { latest: undefined });
    socket.once('close', () => open.delete(socket));
  });

  const underWay = (): Exchange[] => [...open.values()].flatMap(({ latest }) => (latest?.res.closed === false ? [latest] : []));

  async function untilQuiet(longestMs: number): Promise<void> {
    const quietMs = Math.min(QUIET_MS, longestMs);
    const deadline = performance.now() + longestMs;
    lastActive = performance.now();
    while (performance.now() < deadline && performance.now() - lastActive < quietMs) {
      await sleep(LOOK_EVERY_MS);
      if (underWay().length > 0) lastActive = performance.now();
    }
  }

  /** Not server.closeIdleConnections(): it spares a connection on which a request has begun, and may never end. */
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
      // Kept until the next request, what is over would outlive young collections: with 1,000 connections, a quarter more time.
      exchange.res.once('close', () => {
        if (exchange.req.complete) connection.latest = undefined;
      });
    },
    close: async (longestMs) => {
      // Those that have not begun their answer; the drain middleware sees to those still to come.
      for (const { res } of underWay()) if (!res.headersSent) res.setHeader('Connection', 'close');
      await untilQuiet(longestMs);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A connection that answers its last request becomes idle later, so it is looked for again.
      const looking = setInterval(closeIdle, LOOK_EVERY_MS);
      await closed;
      clearInterval(looking);
    },
  };
}
