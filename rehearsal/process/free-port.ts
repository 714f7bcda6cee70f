import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ephemeral port range of Linux (from 32768) and macOS (from 49152), so that no outgoing connection takes a port that
 * must be bound again after an outage.
 */
const LOWEST = 18_000;
const HIGHEST = 31_999;
const ATTEMPTS = 50;
const PORTS = 5;

/** A TCP port on which nothing listens now, on any address. It is not reserved: the caller binds it and retries on a clash. */
export async function findFreePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST + 1);
    if (await isPortFreeOnAllAddresses(port)) return port;
  }
  throw new Error(`No free port found between ${LOWEST} and ${HIGHEST} in ${ATTEMPTS} attempts`);
}

/** On macOS a check of one address family does not see a listener of the other. */
async function isPortFreeOnAllAddresses(port: number): Promise<boolean> {
  return (await isPortFree(port)) && (await isPortFree(port, '::'));
}

/** Whether a listener could bind this port on this address now. `::` covers all addresses, or all of IPv4 on a host without IPv6. */
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
 * Starts a process that listens on a port, and retries with another port, up to five times, when another process took the first.
 * @param start must leave nothing running when it fails; its error is rethrown when the port is free
 */
export async function startOnFreePort<Started>(start: (port: number) => Promise<Started>): Promise<Started> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    try {
      return await start(port);
    } catch (error) {
      if (attempt === PORTS || (await isPortFreeOnAllAddresses(port))) throw error;
    }
  }
}
