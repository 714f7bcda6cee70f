import { writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import path from 'node:path';
import { createSecret } from '../../rehearsal/process/credentials.ts';
import { createTemporaryDirectory } from '../../rehearsal/process/temporary-directory.ts';
import { startPageServer } from '../../rehearsal/stand-ins/app/page-server.ts';
import { createCertificates } from '../../rehearsal/stand-ins/edge/certificates.ts';
import { startEdge } from '../../rehearsal/stand-ins/edge/edge.ts';
import type { ThirdPartyApi, ThirdPartySettings } from './third-party-api.ts';

const APP_ORIGIN = 'https://pages.example.net';
const REQUESTS_PER_MINUTE = 120;

/** An API other than ours behind the stand-in for the edge. */
export type ThirdPartyDeployment = {
  /** An empty directory that `stop` removes. */
  readonly directory: string;
  /** The `AUDIT_*` settings that point the audit at it. */
  readonly auditEnvironment: Readonly<Record<string, string>>;
  count: ThirdPartyApi['count'];
  stop(): Promise<void>;
};

export type ThirdPartyOptions = {
  /** Serves the app's page over TLS; without it nothing listens on the app's origin. */
  readonly page?: (settings: Pick<ThirdPartySettings, 'jwtSecret'>) => RequestListener;
  /** Default 120. */
  readonly requestsPerMinute?: number;
} & Pick<ThirdPartySettings, 'users'>;

export async function startThirdPartyDeployment(
  create: (settings: ThirdPartySettings) => ThirdPartyApi | Promise<ThirdPartyApi>,
  { page, requestsPerMinute = REQUESTS_PER_MINUTE, users }: ThirdPartyOptions = {},
): Promise<ThirdPartyDeployment> {
  await using scope = new AsyncDisposableStack();
  const { directory, remove } = await createTemporaryDirectory();
  scope.defer(remove);
  const jwtSecret = createSecret();
  const certificates = await createCertificates(directory);
  const pageServer = page === undefined ? undefined : await startPageServer(page({ jwtSecret }), certificates);
  scope.defer(() => pageServer?.close());
  const appOrigin = pageServer?.origin ?? APP_ORIGIN;
  const api = await create({ jwtSecret, appOrigin, requestsPerMinute, ...(users && { users }) });
  scope.defer(() => api.close());
  const edge = await startEdge({ ...certificates, servicePort: await api.listen() });
  scope.defer(() => edge.close());
  const { contract } = api;
  const contractFile = path.join(directory, typeof contract === 'string' ? 'openapi.yaml' : 'openapi.json');
  await writeFile(contractFile, typeof contract === 'string' ? contract : JSON.stringify(contract));

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
