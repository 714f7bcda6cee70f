import { join } from 'node:path';
import { createCertificates } from './certificates.ts';
import { startEdge } from './edge.ts';
import type { Leash } from './leash.ts';
import { runNpmScript } from './npm-script.ts';
import { startOutageControl } from './outage-control.ts';
import { startPostgres } from './postgres.ts';
import { say, step } from './progress.ts';
import { repository } from './repository.ts';
import { createSecret } from './secret.ts';
import { startService } from './service-process.ts';
import { createThrowAway } from './throw-away.ts';

const APP_ORIGIN = 'https://tasks-app.vercel.app';

/** The service in production mode between a stand-in for Railway's edge and a real PostgreSQL. */
export interface Stack {
  /** What the edge serves: `https://localhost:<port>`. */
  readonly apiUrl: string;
  /** The one origin whose pages may call the API. */
  readonly appOrigin: string;
  /** The `AUDIT_*` settings that point the audit at this stack. */
  readonly auditEnvironment: Readonly<Record<string, string>>;
  /** What must appear in no answer, log or report. */
  readonly secrets: Readonly<Record<'JWT_SECRET' | 'BETTER_AUTH_SECRET' | 'DATABASE_URL', string>>;
  /** For what is started beside the stack and must not outlive this process. */
  readonly leash: Leash;
  /** Stops everything, last started first, and deletes what was written. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts everything; what was started is stopped again when a part fails or `signal` aborts.
 * @throws the first failure, or the signal's reason
 */
export async function startStack(signal?: AbortSignal): Promise<Stack> {
  await using scope = new AsyncDisposableStack();
  const place = await createThrowAway();
  scope.defer(() => place.remove());
  const { directory, leash } = place;

  const [postgres, certificates] = await allOrFirstFailure(
    step('PostgreSQL started', async () => {
      const started = await startPostgres({ directory: join(directory, 'postgres'), leash });
      scope.defer(() => started.close());
      await started.createDatabase('tasks');
      return started;
    }),
    step('certificates made', () => createCertificates(directory)),
    step('service built', () => runNpmScript('build', repository)),
  );
  signal?.throwIfAborted();

  const secrets = { JWT_SECRET: createSecret(), BETTER_AUTH_SECRET: createSecret(), DATABASE_URL: postgres.url('tasks') };
  const databases = { NODE_ENV: 'production', DATABASE_URL: secrets.DATABASE_URL, DATABASE_URL_UNPOOLED: secrets.DATABASE_URL };
  await step('database migrated', () => runNpmScript('migrate', repository, databases));
  signal?.throwIfAborted();

  const logFile = join(directory, 'service.log');
  const environment = { NODE_ENV: 'production', ...secrets, CORS_ORIGINS: APP_ORIGIN, TRUST_PROXY: '2' };
  const service = await step('service healthy', () => startService({ repository, environment, logFile, leash }));
  let stopping = false;
  void service.ended.then(({ code, signal: by }) => {
    if (!stopping) say(`the service ended by itself: ${by ?? `exit code ${code}`}`);
  });
  scope.defer(async () => {
    stopping = true;
    await service.stop();
  });
  signal?.throwIfAborted();

  const edge = await startEdge({ key: certificates.key, chain: certificates.chain, servicePort: service.port });
  scope.defer(() => edge.close());
  const outage = await startOutageControl(postgres);
  scope.defer(() => outage.close());
  say(`the API is at ${edge.url}`);

  const started = scope.move();
  return {
    apiUrl: edge.url,
    appOrigin: APP_ORIGIN,
    auditEnvironment: {
      AUDIT_API_URL: edge.url,
      AUDIT_APP_ORIGIN: APP_ORIGIN,
      AUDIT_CA_FILE: certificates.authorityFile,
      AUDIT_JWT_SECRET: secrets.JWT_SECRET,
      AUDIT_OUTAGE_CONTROL: outage.url,
    },
    secrets,
    leash,
    stop: () => started.disposeAsync(),
  };
}

/** Unlike Promise.all it fails only when all have come to an end, so that what they started can be stopped. */
async function allOrFirstFailure<Results extends unknown[]>(...work: { [Key in keyof Results]: Promise<Results[Key]> }): Promise<Results> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
