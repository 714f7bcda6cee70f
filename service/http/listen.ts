import { once } from 'node:events';
import type { Server } from 'node:net';

/** IPv4 connections arrive on it too, with addresses such as ::ffff:203.0.113.9. */
const ALL = '::';
const ALL_IPV4 = '0.0.0.0';
/** The kernel has no IPv6, or no IPv6 address. */
const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/**
 * Listens on all addresses of IPv6 and IPv4, or of IPv4 where the host has no IPv6. Node without a host does the same, but also falls
 * back to IPv4 when only the IPv6 port is taken: IPv6 clients would then reach another process.
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
