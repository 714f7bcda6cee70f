import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenOnFreePort } from '../process/listen-on-free-port.ts';

const DIRECTIONS = ['requests', 'responses'] as const;
type Direction = (typeof DIRECTIONS)[number];

/** A TCP proxy on 127.0.0.1 that simulates network failures. */
export type Proxy = {
  readonly port: number;
  /** The number of open connections. */
  connections(): number;
  /** Stops forwarding data, ends and errors, without closing anything. Connections are still accepted. */
  pause(direction?: 'both' | 'responses'): void;
  /** Forwards everything that was held back, in order. */
  resume(): void;
  /** Resets the open connections and drops what was held back, as a firewall that lost its state. New connections pass. */
  reset(): void;
  /** Resets every connection and stops listening until `accept`. Both are idempotent. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  /**
   * Delays each chunk this long in each direction; 0 for none.
   * @param handshakeMs how much longer the first chunk of a new connection waits, as for the TCP handshake
   */
  slowDown(ms: number, handshakeMs?: number): void;
  close(): Promise<void>;
};

/** @param target port on 127.0.0.1 */
export async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let [delayMs, handshakeMs] = [0, 0];
  const paused: Record<Direction, PromiseWithResolvers<void> | undefined> = { requests: undefined, responses: undefined };

  /** Forwards everything in order, including the end. */
  function relay(from: Socket, to: Socket, direction: Direction): void {
    let last: Promise<unknown> = direction === 'requests' && handshakeMs > 0 ? sleep(handshakeMs) : Promise.resolve();
    const forward = (deliver: () => void): void => {
      const due = performance.now() + delayMs;
      last = last.then(async () => {
        const early = due - performance.now();
        if (early > 0) await sleep(early);
        await paused[direction]?.promise;
        if (!to.destroyed) deliver();
      });
    };
    from.on('data', (chunk) => forward(() => to.write(chunk)));
    from.on('end', () => forward(() => to.end()));
    from.on('error', () => forward(() => resetSocket(to)));
    from.on('close', () => {
      sockets.delete(from);
      forward(() => to.end());
    });
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    // The target sees the client's own address.
    const localAddress = client.remoteAddress ?? '127.0.0.1';
    const upstream = connect({ host: '127.0.0.1', port: target, localAddress, allowHalfOpen: true, noDelay: true });
    for (const socket of [client, upstream]) sockets.add(socket);
    relay(client, upstream, 'requests');
    relay(upstream, client, 'responses');
  });
  const port = await listenOnFreePort(server);

  function pause(direction: 'both' | 'responses' = 'both'): void {
    paused.responses ??= Promise.withResolvers();
    if (direction === 'both') paused.requests ??= Promise.withResolvers();
  }
  function resume(): void {
    for (const direction of DIRECTIONS) {
      paused[direction]?.resolve();
      paused[direction] = undefined;
    }
  }
  function reset(): void {
    for (const socket of sockets) resetSocket(socket);
    resume();
  }
  async function stopListening(): Promise<void> {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    reset();
    await closed;
  }
  return {
    port,
    connections: () => sockets.size / 2,
    pause,
    resume,
    reset,
    slowDown: (ms, handshake = 0) => {
      [delayMs, handshakeMs] = [ms, handshake];
    },
    refuse: stopListening,
    accept: async () => {
      if (server.listening) return;
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
    },
    close: stopListening,
  };
}

/** In Node 26.10 a process never exits after a reset of a socket whose end is in transit, so that one is closed instead. */
function resetSocket(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
