import { once } from 'node:events';
import type { Server } from 'node:net';

/** IPv4 connections come to it too, with addresses such as ::ffff:203.0.113.9. */
const ALL = '::';
const ALL_IPV4 = '0.0.0.0';
/** The kernel knows no IPv6, or has no address of it. */
const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/**
 * Listens on all addresses of both families, or of IPv4 where the host has no IPv6. Node does so by itself when it is given no host,
 * but also when the port is taken on `::` alone, where half of the clients would then reach another process.
 * @returns the address
 * @throws what the system says, such as EADDRINUSE
 */
export async function listenOnAll(server: Server, port: number): Promise<string> {
  try {
    await listen(server, port, ALL);
    return ALL;
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && NO_IPV6.has(String(error.code)))) throw error;
    await listen(server, port, ALL_IPV4);
    return ALL_IPV4;
  }
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen({ port, host, ipv6Only: false });
  await once(server, 'listening');
}
