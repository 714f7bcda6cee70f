import { once } from 'node:events';
import type { Server } from 'node:net';

/** The kernel has no IPv6, or no IPv6 address. */
const NO_IPV6 = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/**
 * Listens on all addresses of IPv6 and IPv4, or only of IPv4 if the host has no IPv6. Without a host Node does the same, but also falls
 * back to IPv4 if the IPv6 port is in use: IPv6 clients would then reach another process.
 * @returns the address
 * @throws the system's error, such as EADDRINUSE
 */
export async function listenOnAll(server: Server, port: number): Promise<'::' | '0.0.0.0'> {
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

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.listen({ port, host, ipv6Only: false });
  await once(server, 'listening');
}
