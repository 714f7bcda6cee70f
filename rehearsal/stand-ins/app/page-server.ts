import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import { listenOnFreePort } from '../../process/listen-on-free-port.ts';
import type { Certificates } from '../edge/certificates.ts';

/** Serves a web app's page over TLS, for checks that need more than the app's origin. */
export type PageServer = {
  /** `https://localhost:<port>` */
  readonly origin: string;
  close(): void;
};

export async function startPageServer(page: RequestListener, { key, chain }: Pick<Certificates, 'key' | 'chain'>): Promise<PageServer> {
  const server = createServer({ key, cert: chain }, page);
  const port = await listenOnFreePort(server);
  return {
    origin: `https://localhost:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
