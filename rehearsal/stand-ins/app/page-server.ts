import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Certificates } from '../edge/certificates.ts';

/** A web app's page over TLS, in place of a name alone. */
export type PageServer = {
  /** `https://localhost:<port>` */
  readonly origin: string;
  close(): void;
};

export async function startPageServer(page: RequestListener, { key, chain }: Pick<Certificates, 'key' | 'chain'>): Promise<PageServer> {
  const server = createServer({ key, cert: chain }, page);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
