import path from 'node:path';
import { createCertificates } from './stand-ins/edge/certificates.ts';
import { readCommit } from './process/git-commit.ts';
import { startEdge } from './stand-ins/edge/edge.ts';
import type { Leash } from './process/watchdog.ts';
import { runNpmScript } from './process/npm-script.ts';
import { startOutageControl } from './stand-ins/outage-control.ts';
import { startPostgres } from './stand-ins/postgres/postgres.ts';
import { say, step } from './process/progress.ts';
import { startProxy } from './stand-ins/tcp-proxy.ts';
import { repository } from './process/repository-root.ts';
import { createSecret } from './process/credentials.ts';
import { startService } from './process/service-process.ts';
import { createThrowAway } from './process/temporary-directory.ts';

const APP_ORIGIN = 'https://tasks-app.vercel.app';

/** The service in production mode between a stand-in for Railway's edge and a real PostgreSQL. */
export type Stack = {
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
};

/**
 * Starts everything; what was started is stopped again when a part fails or `signal` aborts.
 * @param roundTripMs what a way to the edge and back takes, as across an ocean
 * @throws the first failure, or the signal's reason
 */
export async function startStack(signal?: AbortSignal, roundTripMs = 0): Promise<Stack> {
  await using scope = new AsyncDisposableStack();
  const place = await createThrowAway();
  scope.defer(() => place.remove());
  const { directory, leash } = place;

  const [postgres, certificates] = await allOrFirstFailure(
    step('PostgreSQL started', async () => {
      const started = await startPostgres({ directory: path.join(directory, 'postgres'), leash });
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

  const logFile = path.join(directory, 'service.log');
  const commit = await readCommit(repository);
  const environment = {
    NODE_ENV: 'production',
    ...secrets,
    CORS_ORIGINS: APP_ORIGIN,
    TRUST_PROXY: '2',
    ...(commit !== undefined && { COMMIT_SHA: commit }),
  };
  const deployedAt = new Date().toISOString();
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
  const apiUrl = roundTripMs === 0 ? edge.url : await moveAway(edge.port, roundTripMs, scope);
  const outage = await startOutageControl(postgres);
  scope.defer(() => outage.close());
  say(`the API is at ${apiUrl}${roundTripMs === 0 ? '' : `, ${roundTripMs} ms there and back`}`);

  const started = scope.move();
  return {
    apiUrl,
    appOrigin: APP_ORIGIN,
    auditEnvironment: {
      AUDIT_API_URL: apiUrl,
      AUDIT_APP_ORIGIN: APP_ORIGIN,
      AUDIT_CA_FILE: certificates.authorityFile,
      AUDIT_JWT_SECRET: secrets.JWT_SECRET,
      AUDIT_OUTAGE_CONTROL: outage.url,
      ...(commit !== undefined && { AUDIT_COMMIT: commit, AUDIT_DEPLOYED_AT: deployedAt }),
    },
    secrets,
    leash,
    stop: () => started.disposeAsync(),
  };
}

/** @returns the URL from which the edge is that far away */
async function moveAway(edgePort: number, roundTripMs: number, scope: AsyncDisposableStack): Promise<string> {
  const proxy = await startProxy(edgePort);
  scope.defer(() => proxy.close());
  proxy.slowDown(roundTripMs / 2, roundTripMs);
  return `https://localhost:${proxy.port}`;
}

/** REHEARSAL_ROUND_TRIP_MS. @throws when it is no number from 0 to 5000 */
export function readRoundTrip(value = process.env['REHEARSAL_ROUND_TRIP_MS'] ?? '0'): number {
  const ms = Number(value);
  if (value.trim() !== '' && ms >= 0 && ms <= 5_000) return ms;
  throw new Error('REHEARSAL_ROUND_TRIP_MS is not a number from 0 to 5000: give milliseconds, or leave it out.');
}

/** Unlike Promise.all it fails only when all have come to an end, so that what they started can be stopped. */
async function allOrFirstFailure<Results extends unknown[]>(...work: { [Key in keyof Results]: Promise<Results[Key]> }): Promise<Results> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
