import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** So long without a request, and clients are taken to have gone elsewhere. */
const QUIET_MS = 1_000;
const LOOK_EVERY_MS = 50;

/**
 * Watches a server's connections, and answers the function that closes it without failing a request. For as long as requests
 * come, at most `longestMs`, it goes on accepting them, each the last on its connection: a connection that looks idle here may
 * have a request under way. Then it stops listening, closes what is idle, and resolves when the last answer is given.
 */
export function watchConnections(server: Server): (longestMs: number) => Promise<void> {
  const open = new Set<Socket>();
  const inFlight = new Set<ServerResponse>();
  let lastActive = 0;

  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  server.on('request', (_req, res) => {
    inFlight.add(res);
    res.once('close', () => {
      inFlight.delete(res);
      lastActive = performance.now();
    });
  });

  async function untilQuiet(longestMs: number): Promise<void> {
    const quietMs = Math.min(QUIET_MS, longestMs);
    const deadline = performance.now() + longestMs;
    lastActive = performance.now();
    while (performance.now() < deadline && (inFlight.size > 0 || performance.now() - lastActive < quietMs)) await sleep(LOOK_EVERY_MS);
  }

  /** Not server.closeIdleConnections(): it spares a connection on which a request has begun, and may never end. */
  function closeIdle(): void {
    const busy = new Set([...inFlight].map((res) => res.req.socket));
    for (const socket of open) if (!busy.has(socket)) socket.destroy();
  }

  return async function close(longestMs) {
    // Those that have not begun their answer; the drain middleware sees to those still to come.
    for (const res of inFlight) if (!res.headersSent) res.setHeader('Connection', 'close');
    await untilQuiet(longestMs);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    // A connection that answers its last request becomes idle later, so it is looked for again.
    const looking = setInterval(closeIdle, LOOK_EVERY_MS);
    await closed;
    clearInterval(looking);
  };
}
