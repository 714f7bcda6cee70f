import { once } from 'node:events';
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** The kernel has no IPv6, or no IPv6 address. */
const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);
/** Listening sockets. In each turn of the event loop Node accepts one connection per socket, and under load a turn takes milliseconds. */
const SOCKETS = 8;

type Address = '::' | '0.0.0.0';
/** The first server receives the connections of all; each must be closed. */
export type Listening = { address: Address; servers: readonly Server[] };

/**
 * Listens on all addresses of IPv6 and IPv4, or only of IPv4 if the host has no IPv6. Without a host Node does the same, but also falls
 * back to IPv4 if the IPv6 port is in use: IPv6 clients would then reach another process.
 * @throws the system's error, such as EADDRINUSE
 */
export async function listenOnAll(server: HttpServer, port: number): Promise<Listening> {
  // Other systems do not distribute connections among the sockets of a port.
  if (process.platform !== 'linux') return { address: await listenOnAny(server, port), servers: [server] };
  // A shared port could be bound by another copy of the service too. The probe does not share it, and fails where it is taken.
  const probe = createServer();
  const address = await listenOnAny(probe, port);
  const { port: free } = probe.address() as AddressInfo;
  await once(probe.close(), 'close');
  const others = Array.from({ length: SOCKETS - 1 }, () =>
    // HTTP servers have the same options.
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.emit('connection', socket)),
  );
  const servers = [server, ...others];
  await Promise.all(servers.map((each) => listen(each, free, address, true)));
  return { address, servers };
}

async function listenOnAny(server: Server, port: number): Promise<Address> {
  try {
    // IPv4 connections arrive here too, with addresses such as ::ffff:203.0.113.9.
    await listen(server, port, '::');
    return '::';
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && NO_IPV6.has(String(error.code)))) throw error;
    await listen(server, port, '0.0.0.0');
    return '0.0.0.0';
  }
}

async function listen(server: Server, port: number, host: Address, reusePort = false): Promise<void> {
  server.listen({ port, host, ipv6Only: false, reusePort });
  await once(server, 'listening');
}
