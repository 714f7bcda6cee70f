import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createSecret } from './process/credentials.ts';
import { describeExit } from './process/end-process.ts';
import { readCommit } from './process/git-commit.ts';
import { runNpmScript } from './process/npm-script.ts';
import { report, step } from './process/progress.ts';
import { repository } from './process/repository-root.ts';
import { startService, type ServiceOptions, type ServiceProcess } from './process/service-process.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from './process/temporary-directory.ts';
import type { Watchdog } from './process/watchdog.ts';
import { type App, type AppOptions, startApp } from './stand-ins/app/app.ts';
import { createCertificates } from './stand-ins/edge/certificates.ts';
import { startEdge } from './stand-ins/edge/edge.ts';
import { startOutageControl } from './stand-ins/outage-control.ts';
import { startPostgres, type Postgres } from './stand-ins/postgres/postgres.ts';
import { startProxy } from './stand-ins/tcp-proxy.ts';

const APP_ORIGIN = 'https://tasks-app.vercel.app';
/** The `aud` of tokens for the API. */
const API_IDENTIFIER = 'tasks-api';
const TOKEN_SCRIPT = 'audit/recipes/better-auth-token.ts';

/** The service in production mode between a stand-in for Railway's edge and a real PostgreSQL, and the app whose tokens it accepts. */
export type Stack = {
  /** The `AUDIT_*` settings that point the audit at this stack. */
  readonly auditEnvironment: Readonly<Record<string, string>>;
  /** Must not appear in any response, log or report. */
  readonly secrets: Readonly<Record<'DATABASE_URL', string>>;
  /** For other processes that must not outlive this one. */
  readonly watchdog: Watchdog;
  /** Stops everything in reverse order and deletes all files. May be called again. */
  stop(): Promise<void>;
};

/**
 * Starts everything; when a part fails or `signal` aborts, it stops what it has started.
 * REHEARSAL_ROUND_TRIP_MS adds a round trip to the edge, as across an ocean. REHEARSAL_USERS withholds the issuer's private key from the
 * audit: so many users sign up instead, as in an audit of production.
 * @throws the first failure, or the signal's reason
 */
export async function startStack(signal: AbortSignal): Promise<Stack> {
  const roundTripMs = readRoundTrip(process.env['REHEARSAL_ROUND_TRIP_MS'] ?? '0');
  const users = readUsers(process.env['REHEARSAL_USERS']);
  await using scope = new AsyncDisposableStack();
  const temporary = await createTemporaryDirectory();
  scope.defer(() => temporary.remove());
  const { directory, watchdog } = temporary;

  const [postgres, certificates] = await allOrFirstFailure(
    step('PostgreSQL started', () => startDatabase(temporary, scope)),
    step('certificates created', () => createCertificates(directory)),
    step('service built', () => runNpmScript('build', repository)),
  );
  signal.throwIfAborted();

  const secrets = { DATABASE_URL: postgres.url('tasks') };
  const databases = { NODE_ENV: 'production', DATABASE_URL: secrets.DATABASE_URL, DATABASE_URL_UNPOOLED: secrets.DATABASE_URL };
  await step('database migrated', () => runNpmScript('migrate', repository, databases));
  signal.throwIfAborted();

  // The page is built with the URL of the API, and the service is configured with the URL of the app's keys.
  const edge = await startEdge({ key: certificates.key, chain: certificates.chain, servicePort: 0 });
  scope.defer(() => edge.close());
  const apiUrl = roundTripMs === 0 ? edge.url : await startDistantUrl(edge.port, roundTripMs, scope);
  const { app, auditEnvironment: ofIssuer } = await step('app started', () =>
    startAppWithKeys({ apiUrl, databaseUrl: postgres.url('app'), tls: certificates, directory, users }, scope),
  );
  signal.throwIfAborted();

  const commit = await readCommit(repository);
  const settings = {
    ...secrets,
    NODE_ENV: 'production',
    AUTH_JWKS_URL: app.jwksUrl,
    AUTH_ISSUER: APP_ORIGIN,
    AUTH_AUDIENCE: API_IDENTIFIER,
    NODE_EXTRA_CA_CERTS: certificates.authorityFile,
    CORS_ORIGINS: APP_ORIGIN,
    TRUST_PROXY: '2',
    ...(commit !== undefined && { COMMIT_SHA: commit }),
  };
  const deployedAt = new Date().toISOString();
  const service = await step('service healthy', () =>
    startReportedService({ repository, settings, logFile: path.join(directory, 'service.log'), watchdog }, scope),
  );
  signal.throwIfAborted();
  edge.forwardTo(service.port);

  const outage = await startOutageControl(postgres);
  scope.defer(() => outage.close());
  report(`the API is at ${apiUrl}${roundTripMs === 0 ? '' : `, with a round trip of ${roundTripMs} ms`}`);

  const started = scope.move();
  return {
    auditEnvironment: {
      AUDIT_API_URL: apiUrl,
      AUDIT_APP_ORIGIN: APP_ORIGIN,
      AUDIT_APP_PAGE: app.url,
      AUDIT_CA_FILE: certificates.authorityFile,
      ...ofIssuer,
      AUDIT_OUTAGE_CONTROL: outage.url,
      ...(commit !== undefined && { AUDIT_COMMIT: commit, AUDIT_DEPLOYED_AT: deployedAt }),
    },
    secrets,
    watchdog,
    stop: () => started.disposeAsync(),
  };
}

async function startDatabase({ directory, watchdog }: TemporaryDirectory, scope: AsyncDisposableStack): Promise<Postgres> {
  const postgres = await startPostgres({ directory: path.join(directory, 'postgres'), watchdog });
  scope.defer(() => postgres.close());
  await Promise.all([postgres.createDatabase('tasks'), postgres.createDatabase('app')]);
  return postgres;
}

/** `users` sign up; undefined for two users and the issuer's key, which signs for all others. */
type AppSettings = Pick<AppOptions, 'apiUrl' | 'databaseUrl' | 'tls'> & { directory: string; users: number | undefined };

/** Starts the app, which has withdrawn one signing key, and writes what the audit needs to sign in, and as the issuer. */
async function startAppWithKeys(
  { directory, users, ...options }: AppSettings,
  scope: AsyncDisposableStack,
): Promise<{ app: App; auditEnvironment: Readonly<Record<string, string>> }> {
  const app = await startApp({ ...options, origin: APP_ORIGIN, audience: API_IDENTIFIER, secret: createSecret() });
  scope.defer(() => app.close());
  const withdrawn = await app.issuerKeyJwk();
  await app.replaceIssuerKey();
  const [keyFile, configFile] = ['issuer-keys.json', 'audit.config.json'].map((name) => path.join(directory, name)) as [string, string];
  await writeFile(keyFile, JSON.stringify({ keys: [await app.issuerKeyJwk(), withdrawn] }), { mode: 0o600 });
  await writeFile(configFile, JSON.stringify({ sharedSecretTokens: false }));
  return {
    app,
    auditEnvironment: {
      AUDIT_CONFIG: configFile,
      AUDIT_JWKS_URL: app.jwksUrl,
      ...(users === undefined ? { AUDIT_ISSUER_KEY: keyFile } : { AUDIT_TOKEN_USERS: String(users) }),
      AUDIT_TOKEN_COMMAND: JSON.stringify([process.execPath, path.join(repository, TOKEN_SCRIPT), app.url, `--origin=${APP_ORIGIN}`, '--sign-up']),
      AUDIT_EMAIL: 'audit-{user}@example.com',
      AUDIT_PASSWORD: createSecret(),
    },
  };
}

/** Reports when the service exits before the stack stops it. */
async function startReportedService(options: ServiceOptions, scope: AsyncDisposableStack): Promise<ServiceProcess> {
  const service = await startService(options);
  let isStopping = false;
  void service.ended.then((exit) => {
    if (!isStopping) report(`the service exited unexpectedly: ${describeExit(exit)}`);
  });
  scope.defer(async () => {
    isStopping = true;
    await service.stop();
  });
  return service;
}

/** @returns a URL from which the edge has this round trip */
async function startDistantUrl(edgePort: number, roundTripMs: number, scope: AsyncDisposableStack): Promise<string> {
  const proxy = await startProxy(edgePort);
  scope.defer(() => proxy.close());
  proxy.slowDown(roundTripMs / 2, roundTripMs);
  return `https://localhost:${proxy.port}`;
}

/** @throws when it is not a number from 0 to 5000 */
function readRoundTrip(value: string): number {
  const ms = Number(value);
  if (value.trim() !== '' && ms >= 0 && ms <= 5_000) return ms;
  throw new Error(`REHEARSAL_ROUND_TRIP_MS: ${JSON.stringify(value)} is not a number from 0 to 5000. Give milliseconds, or unset it.`);
}

/** @throws when it is not an even number from 2 to 26 */
function readUsers(value: string | undefined): number | undefined {
  if (value === undefined || value.trim() === '') return undefined;
  const users = Number(value);
  if (Number.isInteger(users / 2) && users >= 2 && users <= 26) return users;
  throw new Error(`REHEARSAL_USERS: ${JSON.stringify(value)} is not an even number from 2 to 26. Give the number of users, or unset it.`);
}

/** Unlike Promise.all, it rejects only after all promises have settled, so that everything they started can be stopped. */
async function allOrFirstFailure<Results extends unknown[]>(...work: { [Key in keyof Results]: Promise<Results[Key]> }): Promise<Results> {
  await Promise.allSettled(work);
  return Promise.all(work);
}
