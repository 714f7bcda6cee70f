import http from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export type Tunnel = { port: number; close(): Promise<void> };

/** The address for a name. */
export type Exit = { host: string; port: number };

/**
 * A proxy that forwards TLS unchanged (CONNECT, https://www.rfc-editor.org/rfc/rfc9110#CONNECT), because not every browser takes host
 * rules. It rejects unknown names, so nothing else leaves the browser.
 * @param exits the address for each "name:port"
 */
export async function startTunnel(exits: ReadonlyMap<string, Exit>): Promise<Tunnel> {
  const sockets = new Set<Socket>();
  const server = http.createServer((_request, response) => void response.writeHead(403).end());
  server.on('connect', (request: http.IncomingMessage, socket: Socket, head: Buffer) => {
    const exit = exits.get(request.url ?? '');
    // A closing browser resets its connections.
    if (exit === undefined) return void socket.on('error', () => {}).end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const through = connect(exit, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      through.write(head);
      through.pipe(socket).pipe(through);
    });
    for (const [end, other] of [
      [socket, through],
      [through, socket],
    ] as const) {
      sockets.add(end);
      end.on('error', () => other.destroy());
      end.on('close', () => (sockets.delete(end), other.destroy()));
    }
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
  };
}
