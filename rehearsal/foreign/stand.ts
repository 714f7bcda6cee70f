import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createCertificates } from '../certificates.ts';
import { startEdge } from '../edge.ts';
import { createThrowAway } from '../throw-away.ts';
import type { ForeignApi, ForeignSettings } from './foreign-api.ts';

const APP_ORIGIN = 'https://pages.example.net';
const REQUESTS_PER_MINUTE = 120;

/** An API of another make behind the stand-in for the edge. */
export interface Stand {
  /** An empty directory that goes when all is stopped. */
  readonly directory: string;
  /** The `AUDIT_*` settings that point the audit at it. */
  readonly auditEnvironment: Readonly<Record<string, string>>;
  count: ForeignApi['count'];
  stop(): Promise<void>;
}

export interface StandOptions {
  /** Answers at the app's origin, over TLS; without it that origin is a name alone. */
  readonly page?: (settings: Pick<ForeignSettings, 'jwtSecret'>) => RequestListener;
  /** Default 120. */
  readonly requestsPerMinute?: number;
}

export async function startStand(
  create: (settings: ForeignSettings) => ForeignApi | Promise<ForeignApi>,
  { page, requestsPerMinute = REQUESTS_PER_MINUTE }: StandOptions = {},
): Promise<Stand> {
  await using scope = new AsyncDisposableStack();
  const { directory, remove } = await createThrowAway();
  scope.defer(remove);
  const jwtSecret = randomBytes(48).toString('base64url');
  const certificates = await createCertificates(directory);
  let appOrigin = APP_ORIGIN;
  if (page !== undefined) {
    const server = createServer({ key: certificates.key, cert: certificates.chain }, page({ jwtSecret }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    scope.defer(() => {
      server.close();
      server.closeAllConnections();
    });
    appOrigin = `https://localhost:${(server.address() as AddressInfo).port}`;
  }
  const api = await create({ jwtSecret, appOrigin, requestsPerMinute });
  scope.defer(() => api.close());
  const edge = await startEdge({ ...certificates, servicePort: await api.listen() });
  scope.defer(() => edge.close());
  const contractFile = join(directory, 'openapi.json');
  await writeFile(contractFile, JSON.stringify(api.contract));

  const started = scope.move();
  return {
    directory,
    auditEnvironment: {
      AUDIT_API_URL: edge.url,
      AUDIT_APP_ORIGIN: appOrigin,
      AUDIT_CA_FILE: certificates.authorityFile,
      AUDIT_CONTRACT: contractFile,
      AUDIT_JWT_SECRET: jwtSecret,
    },
    count: api.count,
    stop: () => started.disposeAsync(),
  };
}
