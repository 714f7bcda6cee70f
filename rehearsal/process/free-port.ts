import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the range from which Linux (32768 and up) and macOS (49152 and up) take the source ports of outgoing connections: a
 * port that must be bound again after an outage is not taken meanwhile by somebody's connection.
 */
const LOWEST = 18_000;
const BEYOND = 32_000;
const ATTEMPTS = 50;
const PORTS = 5;

/** A TCP port on which nothing listens now, on any address. It is not reserved: the caller binds it and tries again on a clash. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, BEYOND);
    // On macOS a check of one family does not see a listener of the other.
    if ((await isPortFree(port)) && (await isPortFree(port, '::'))) return port;
  }
  throw new Error(`no free port found between ${LOWEST} and ${BEYOND - 1} in ${ATTEMPTS} attempts`);
}

/** Whether a listener could bind this port on this address at this moment; `::` means all addresses, only those of IPv4 on a host without IPv6. */
export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host, exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    const hasNoIpv6 = error instanceof Error && 'code' in error && ['EAFNOSUPPORT', 'EADDRNOTAVAIL'].includes(String(error.code));
    return host === '::' && hasNoIpv6 ? isPortFree(port, '0.0.0.0') : false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/**
 * Starts what listens on a port, on other ones when somebody else was faster to take it.
 * @param start is given the port; what it throws is passed on when the port is free, or after five ports
 */
export async function startOnFreePort(start: (port: number) => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    try {
      return await start(port);
    } catch (error) {
      if (attempt === PORTS || (await isPortFree(port))) throw error;
    }
  }
}
