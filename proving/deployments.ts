import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import path from 'node:path';
import { Client } from 'pg';
import { createCertificates } from '../rehearsal/stand-ins/edge/certificates.ts';
import { copySources, type Slip } from './changed-copy.ts';
import { type EdgeDifferences, startEdge } from '../rehearsal/stand-ins/edge/edge.ts';
import { type MigratedPostgres, startMigratedPostgres } from '../rehearsal/stand-ins/postgres/migrated-postgres.ts';
import { runNpmScript } from '../rehearsal/process/npm-script.ts';
import { startOutageControl } from '../rehearsal/stand-ins/outage-control.ts';
import { startPageServer } from '../rehearsal/stand-ins/app/page-server.ts';
import { startProxy } from '../rehearsal/stand-ins/tcp-proxy.ts';
import { createSecret } from '../rehearsal/process/credentials.ts';
import { startService } from '../rehearsal/process/service-process.ts';

const APP_ORIGIN = 'https://tasks-app.vercel.app';
/** The commit that every deployment reports: changed copies of the sources have none of their own. */
const COMMIT = '5eed'.repeat(10);
/** The database that every deployment gets a copy of. */
const TEMPLATE = 'migrated';

/** Where one deployment is to differ from what stands in the repository. Nothing: the reference. */
export type Difference = {
  /** Of the sources of the service, before they are bundled. */
  readonly source?: readonly Slip[];
  /** Settings besides or in place of those of a deployment; undefined takes one away. */
  readonly settings?: Readonly<Record<string, string | undefined>>;
  /** Statements run in the deployment's database before it starts. */
  readonly database?: readonly string[];
  readonly edge?: EdgeDifferences;
  readonly certificate?: Parameters<typeof createCertificates>[1];
  /** The app's real page, in place of a name alone. */
  readonly page?: (secrets: Readonly<Record<string, string>>) => RequestListener;
};

export type Deployment = {
  /** An empty directory that goes with it. */
  readonly directory: string;
  /** The `AUDIT_*` settings that point the audit at it, and the secrets it must not show. */
  readonly auditEnvironment: Readonly<Record<string, string>>;
  /** SHA-256 of what is served: two deployments with one hash run the same code. */
  readonly bundle: string;
  stop(): Promise<void>;
};

export type Deployments = {
  /** @throws {SlipError} when a change cannot be made; any other error when the deployment does not come up */
  deploy(difference: Difference): Promise<Deployment>;
  close(): Promise<void>;
};

/** One PostgreSQL for many deployments at a time, each with a database, a bundle and an edge of its own. */
export async function openDeployments(): Promise<Deployments> {
  const ground = await startMigratedPostgres(TEMPLATE);
  const built = new Map<string, Promise<Built>>();
  let count = 0;
  return {
    deploy: (difference) => {
      const name = `deployment_${(count += 1)}`;
      const { source = [] } = difference;
      const changes = JSON.stringify(source);
      // Most differences are not in what is bundled.
      const building = built.get(changes) ?? build(path.join(ground.directory, `sources_${built.size}`), source);
      built.set(changes, building);
      return deploy(difference, name, { ...ground, building });
    },
    close: () => ground.close(),
  };
}

async function deploy(
  { settings = {}, database = [], edge: otherwise = {}, certificate = {}, page }: Difference,
  name: string,
  { directory: place, leash, postgres, building }: MigratedPostgres & { building: Promise<Built> },
): Promise<Deployment> {
  await using scope = new AsyncDisposableStack();
  const directory = path.join(place, name);
  await mkdir(directory);
  const [{ sources, bundle }, certificates] = await Promise.all([building, createCertificates(directory, certificate)]);

  await postgres.createDatabase(name, TEMPLATE);
  await runStatements(postgres.url(name), database);
  // Others use the server meanwhile: what goes away is the way there.
  const way = await startProxy(postgres.port);
  scope.defer(() => way.close());
  const databaseUrl = new URL(postgres.url(name));
  databaseUrl.port = String(way.port);

  const secrets = { JWT_SECRET: createSecret(), BETTER_AUTH_SECRET: createSecret(), DATABASE_URL: databaseUrl.href };
  const shown = page === undefined ? undefined : await startPageServer(page(secrets), certificates);
  scope.defer(() => shown?.close());
  const appOrigin = shown?.origin ?? APP_ORIGIN;
  const deployedAt = new Date().toISOString();
  const service = await startService({
    repository: sources,
    environment: definite({ NODE_ENV: 'production', ...secrets, CORS_ORIGINS: appOrigin, TRUST_PROXY: '2', COMMIT_SHA: COMMIT, ...settings }),
    logFile: path.join(directory, 'service.log'),
    leash,
  });
  scope.defer(async () => void (await service.stop()));
  const edge = await startEdge({ ...certificates, servicePort: service.port, otherwise });
  scope.defer(() => edge.close());
  const outage = await startOutageControl({ stop: () => way.refuse(), start: () => way.accept() });
  scope.defer(() => outage.close());

  const started = scope.move();
  return {
    directory,
    auditEnvironment: {
      AUDIT_API_URL: edge.url,
      AUDIT_APP_ORIGIN: appOrigin,
      AUDIT_CA_FILE: certificates.authorityFile,
      AUDIT_JWT_SECRET: secrets.JWT_SECRET,
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

/** @throws {SlipError} when a change cannot be made */
async function build(sources: string, changes: readonly Slip[]): Promise<Built> {
  await mkdir(sources);
  await copySources(sources, changes);
  await runNpmScript('build', sources);
  const hash = createHash('sha256').update(await readFile(path.join(sources, 'dist', 'service.js')));
  return { sources, bundle: hash.digest('hex') };
}

async function runStatements(url: string, statements: readonly string[]): Promise<void> {
  if (statements.length === 0) return;
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

function definite(settings: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
