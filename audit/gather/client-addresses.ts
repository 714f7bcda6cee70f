import { lookup } from 'node:dns/promises';
import net from 'node:net';
import { bare, type Route } from './http-client.ts';

/** On Linux all of 127.0.0.0/8 works; on macOS only addresses that were added as an alias. */
const SECOND_LOOPBACK = '127.0.0.2';
const CONNECT_TIMEOUT_MS = 1_000;

/** Two routes on which the target sees two client addresses; without `first` it is the route of every connection. */
export type TwoRoutes = { first?: Route; second: Route };

/**
 * A second loopback address to a stage on this machine; IPv4 and IPv6 to any other target. Undefined where this machine has one address to
 * the target.
 */
export async function twoRoutesTo(apiUrl: string): Promise<TwoRoutes | undefined> {
  const { hostname, port } = new URL(apiUrl);
  const host = bare(hostname);
  const addresses = await lookup(host, { all: true }).catch(() => []);
  const has = (wanted: number): boolean => addresses.some(({ family }) => family === wanted);
  const isLoopback = addresses.length > 0 && addresses.every(({ address }) => address === '::1' || address.startsWith('127.'));
  const routes: TwoRoutes = isLoopback ? { second: { family: 4, localAddress: SECOND_LOOPBACK } } : { first: { family: 4 }, second: { family: 6 } };
  const both = Object.values(routes);
  if (!both.every(({ family }) => has(family))) return undefined;
  const usable = await Promise.all(both.map((route) => connects({ host, port: Number(port) || 443, ...route })));
  return usable.every(Boolean) ? routes : undefined;
}

/** Whether a TCP connection succeeds. A route that this machine does not have fails immediately or times out. */
function connects(options: net.TcpNetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ ...options, timeout: CONNECT_TIMEOUT_MS });
    const end = (isConnected: boolean) => (): void => {
      socket.destroy();
      resolve(isConnected);
    };
    socket.once('connect', end(true));
    socket.once('timeout', end(false));
    socket.once('error', end(false));
  });
}
