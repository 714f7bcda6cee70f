import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

type Direction = 'requests' | 'answers';

/** A TCP relay on 127.0.0.1 that can lose its power to forward, as a network does, without closing anything. */
export type Proxy = {
  readonly port: number;
  /** Connections open at the moment. */
  connections(): number;
  /** From now on nothing passes: no data, no end, no refusal. Connections are still accepted. */
  freeze(direction?: 'both' | 'answers'): void;
  /** All that was held back goes on its way, in order. */
  thaw(): void;
  /** As a firewall that has forgotten its connections: those there are get reset, what was held back is lost, new ones pass. */
  reset(): void;
  /** Resets every connection and takes no other: nobody listens there until `accept`. Both do nothing in the state they lead to. */
  refuse(): Promise<void>;
  accept(): Promise<void>;
  /**
   * Each piece of data is delayed this long in each direction; 0 for none.
   * @param handshakeMs how much longer the first piece of a new connection waits, as for the handshake of TCP
   */
  slowDown(ms: number, handshakeMs?: number): void;
  close(): Promise<void>;
};

/** @param target port on 127.0.0.1 */
export async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let [delayMs, handshakeMs] = [0, 0];
  const frozen: Record<Direction, PromiseWithResolvers<void> | undefined> = { requests: undefined, answers: undefined };

  /** Passes everything on in the order in which it came, the end included. */
  function relay(from: Socket, to: Socket, direction: Direction): void {
    let last: Promise<unknown> = direction === 'requests' && handshakeMs > 0 ? sleep(handshakeMs) : Promise.resolve();
    const pass = (deliver: () => void): void => {
      const due = performance.now() + delayMs;
      last = last.then(async () => {
        const early = due - performance.now();
        if (early > 0) await sleep(early);
        await frozen[direction]?.promise;
        if (!to.destroyed) deliver();
      });
    };
    from.on('data', (piece) => pass(() => to.write(piece)));
    from.on('end', () => pass(() => to.end()));
    from.on('error', () => pass(() => refuse(to)));
    from.on('close', () => {
      sockets.delete(from);
      pass(() => to.end());
    });
  }

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    // Whoever listens there sees the client's own address.
    const localAddress = client.remoteAddress ?? '127.0.0.1';
    const upstream = connect({ host: '127.0.0.1', port: target, localAddress, allowHalfOpen: true, noDelay: true });
    for (const socket of [client, upstream]) sockets.add(socket);
    relay(client, upstream, 'requests');
    relay(upstream, client, 'answers');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no TCP address');

  function thaw(): void {
    for (const direction of ['requests', 'answers'] as const) {
      frozen[direction]?.resolve();
      frozen[direction] = undefined;
    }
  }
  function reset(): void {
    for (const socket of sockets) refuse(socket);
    thaw();
  }
  const { port } = address;
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
    freeze: (direction = 'both') => {
      frozen.answers ??= Promise.withResolvers();
      if (direction === 'both') frozen.requests ??= Promise.withResolvers();
    },
    thaw,
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

/** Node never ends a process in which a socket was reset while its end was on the way (26.10): that one is just closed. */
function refuse(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
