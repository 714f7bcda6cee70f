import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import path from 'node:path';
import { createSecret } from '../../rehearsal/process/credentials.ts';
import { runNpmScript } from '../../rehearsal/process/npm-script.ts';
import { startService } from '../../rehearsal/process/service-process.ts';
import { startPageServer } from '../../rehearsal/stand-ins/app/page-server.ts';
import { createCertificates } from '../../rehearsal/stand-ins/edge/certificates.ts';
import { type EdgeOverrides, startEdge } from '../../rehearsal/stand-ins/edge/edge.ts';
import { startOutageControl } from '../../rehearsal/stand-ins/outage-control.ts';
import { type MigratedPostgres, startMigratedPostgres } from '../../rehearsal/stand-ins/postgres/migrated-postgres.ts';
import { withConnection } from '../../rehearsal/stand-ins/postgres/query.ts';
import { startProxy } from '../../rehearsal/stand-ins/tcp-proxy.ts';
import { copySources, type Mutation } from './changed-copy.ts';
import { deployIssuer, type IssuerDifference } from './issuer.ts';

const APP_ORIGIN = 'https://tasks-app.vercel.app';
/** The commit that every deployment reports: changed copies of the sources have no commit. */
const COMMIT = '5eed'.repeat(10);
/** The template of every deployment's database. */
const TEMPLATE = 'migrated';

/** How one deployment differs from the repository. The reference has no differences. */
export type Difference = {
  /** Mutations of the service's sources, applied before the build. */
  readonly source?: readonly Mutation[];
  /** Settings to add, replace, or (undefined) remove. */
  readonly settings?: Readonly<Record<string, string | undefined>>;
  /** Statements run in the deployment's database before it starts. */
  readonly database?: readonly string[];
  readonly edge?: EdgeOverrides;
  readonly certificate?: Parameters<typeof createCertificates>[1];
  /** Verifies the tokens of an issuer in place of shared secrets. */
  readonly issuer?: IssuerDifference;
  /** The app's page; without it nothing listens on the app's origin. */
  readonly page?: (secrets: Readonly<Record<string, string>>) => RequestListener;
};

export type Deployment = {
  /** An empty directory, removed at the end. */
  readonly directory: string;
  /** The `AUDIT_*` settings that point the audit at it, and the secrets it must not expose. */
  readonly auditEnvironment: Readonly<Record<string, string>>;
  /** SHA-256 of the service's bundle: two deployments with one hash run the same code. */
  readonly bundle: string;
  stop(): Promise<void>;
};

export type Deployments = {
  /** @throws {MutationError} when a mutation is invalid; any other error when the deployment does not start */
  deploy(difference: Difference): Promise<Deployment>;
  close(): Promise<void>;
};

/** One PostgreSQL for many concurrent deployments, each with its own database, bundle and edge. */
export async function openDeployments(): Promise<Deployments> {
  const migrated = await startMigratedPostgres(TEMPLATE);
  const built = new Map<string, Promise<Built>>();
  let count = 0;
  return {
    deploy: (difference) => {
      const name = `deployment_${(count += 1)}`;
      const { source = [] } = difference;
      const changes = JSON.stringify(source);
      // Most deployments share a bundle.
      const building = built.get(changes) ?? build(path.join(migrated.directory, `sources_${built.size}`), source);
      built.set(changes, building);
      return deploy(difference, name, { ...migrated, building });
    },
    close: () => migrated.close(),
  };
}

async function deploy(
  { settings = {}, database = [], edge: overrides = {}, certificate = {}, issuer: issuerDifference, page }: Difference,
  name: string,
  { directory: parent, watchdog, postgres, building }: MigratedPostgres & { building: Promise<Built> },
): Promise<Deployment> {
  await using scope = new AsyncDisposableStack();
  const directory = path.join(parent, name);
  await mkdir(directory);
  const [{ sources, bundle }, certificates] = await Promise.all([building, createCertificates(directory, certificate)]);

  await postgres.createDatabase(name, TEMPLATE);
  await withConnection(postgres.url(name), async (client) => {
    for (const statement of database) await client.query(statement);
  });
  // Other deployments share the server, so an outage interrupts the connection to it.
  const proxy = await startProxy(postgres.port);
  scope.defer(() => proxy.close());
  const databaseUrl = new URL(postgres.url(name));
  databaseUrl.port = String(proxy.port);

  const issuer = issuerDifference && (await deployIssuer(issuerDifference, directory, certificates));
  scope.defer(() => issuer?.close());
  const sharedSecrets = { JWT_SECRET: createSecret(), BETTER_AUTH_SECRET: createSecret() };
  const secrets = { ...(issuer === undefined && sharedSecrets), DATABASE_URL: databaseUrl.href };
  const pageServer = page === undefined ? undefined : await startPageServer(page(secrets), certificates);
  scope.defer(() => pageServer?.close());
  const appOrigin = pageServer?.origin ?? APP_ORIGIN;
  const deployedAt = new Date().toISOString();
  const service = await startService({
    repository: sources,
    settings: definite({
      NODE_ENV: 'production',
      ...secrets,
      CORS_ORIGINS: appOrigin,
      TRUST_PROXY: '2',
      COMMIT_SHA: COMMIT,
      ...issuer?.settings,
      ...settings,
    }),
    logFile: path.join(directory, 'service.log'),
    watchdog,
  });
  scope.defer(async () => void (await service.stop()));
  const edge = await startEdge({ ...certificates, servicePort: service.port, overrides });
  scope.defer(() => edge.close());
  const outage = await startOutageControl({ stop: () => proxy.refuse(), start: () => proxy.accept() });
  scope.defer(() => outage.close());

  const started = scope.move();
  return {
    directory,
    auditEnvironment: {
      AUDIT_API_URL: edge.url,
      AUDIT_APP_ORIGIN: appOrigin,
      AUDIT_CA_FILE: certificates.authorityFile,
      ...(issuer?.auditEnvironment ?? { AUDIT_JWT_SECRET: sharedSecrets.JWT_SECRET }),
      AUDIT_OUTAGE_CONTROL: outage.url,
      AUDIT_COMMIT: COMMIT,
      AUDIT_DEPLOYED_AT: deployedAt,
      ...(page !== undefined && { AUDIT_APP_PAGE: 'live' }),
      ...secrets,
    },
    bundle,
    stop: () => started.disposeAsync(),
  };
}

type Built = { sources: string; bundle: string };

/** @throws {MutationError} when a mutation is invalid */
async function build(sources: string, changes: readonly Mutation[]): Promise<Built> {
  await mkdir(sources);
  await copySources(sources, changes);
  await runNpmScript('build', sources);
  const hash = createHash('sha256').update(await readFile(path.join(sources, 'dist', 'service.js')));
  return { sources, bundle: hash.digest('hex') };
}

function definite(settings: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
