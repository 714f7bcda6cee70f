import { writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import path from 'node:path';
import { createCertificates } from '../../rehearsal/stand-ins/edge/certificates.ts';
import { startEdge } from '../../rehearsal/stand-ins/edge/edge.ts';
import { createSecret } from '../../rehearsal/process/credentials.ts';
import { startPageServer } from '../../rehearsal/stand-ins/app/page-server.ts';
import { createThrowAway } from '../../rehearsal/process/temporary-directory.ts';
import type { ForeignApi, ForeignSettings } from './third-party-api.ts';

const APP_ORIGIN = 'https://pages.example.net';
const REQUESTS_PER_MINUTE = 120;

/** An API of another make behind the stand-in for the edge. */
export type Stand = {
  /** An empty directory that goes when all is stopped. */
  readonly directory: string;
  /** The `AUDIT_*` settings that point the audit at it. */
  readonly auditEnvironment: Readonly<Record<string, string>>;
  count: ForeignApi['count'];
  stop(): Promise<void>;
};

export type StandOptions = {
  /** Answers at the app's origin, over TLS; without it that origin is a name alone. */
  readonly page?: (settings: Pick<ForeignSettings, 'jwtSecret'>) => RequestListener;
  /** Default 120. */
  readonly requestsPerMinute?: number;
};

export async function startStand(
  create: (settings: ForeignSettings) => ForeignApi | Promise<ForeignApi>,
  { page, requestsPerMinute = REQUESTS_PER_MINUTE }: StandOptions = {},
): Promise<Stand> {
  await using scope = new AsyncDisposableStack();
  const { directory, remove } = await createThrowAway();
  scope.defer(remove);
  const jwtSecret = createSecret();
  const certificates = await createCertificates(directory);
  const shown = page === undefined ? undefined : await startPageServer(page({ jwtSecret }), certificates);
  scope.defer(() => shown?.close());
  const appOrigin = shown?.origin ?? APP_ORIGIN;
  const api = await create({ jwtSecret, appOrigin, requestsPerMinute });
  scope.defer(() => api.close());
  const edge = await startEdge({ ...certificates, servicePort: await api.listen() });
  scope.defer(() => edge.close());
  const contractFile = path.join(directory, 'openapi.json');
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
