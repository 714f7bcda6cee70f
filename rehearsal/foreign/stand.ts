import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
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

export async function startStand(create: (settings: ForeignSettings) => ForeignApi | Promise<ForeignApi>): Promise<Stand> {
  await using scope = new AsyncDisposableStack();
  const { directory, remove } = await createThrowAway();
  scope.defer(remove);
  const jwtSecret = randomBytes(48).toString('base64url');
  const certificates = await createCertificates(directory);
  const api = await create({ jwtSecret, appOrigin: APP_ORIGIN, requestsPerMinute: REQUESTS_PER_MINUTE });
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
      AUDIT_APP_ORIGIN: APP_ORIGIN,
      AUDIT_CA_FILE: certificates.authorityFile,
      AUDIT_CONTRACT: contractFile,
      AUDIT_JWT_SECRET: jwtSecret,
    },
    count: api.count,
    stop: () => started.disposeAsync(),
  };
}
