import path from 'node:path';
import { startPgBouncer, type PgBouncer } from '../../rehearsal/stand-ins/postgres/pgbouncer.ts';
import { startProxy, type Proxy } from '../../rehearsal/stand-ins/tcp-proxy.ts';
import type { TestEnvironment } from './test-environment.ts';

/** How the service reaches the database. */
export type DatabaseRoute = {
  /** The service's DATABASE_URL. */
  readonly url: string;
  close(): Promise<void>;
};

/** Straight to PostgreSQL. */
export async function connectDirectly({ databaseUrl }: TestEnvironment): Promise<DatabaseRoute> {
  return { url: databaseUrl, close: async () => undefined };
}

/** Through a proxy that simulates network failures. */
export async function connectThroughProxy({ databaseUrl, postgres }: TestEnvironment): Promise<DatabaseRoute & { readonly proxy: Proxy }> {
  const proxy = await startProxy(postgres.port);
  const url = new URL(databaseUrl);
  url.port = String(proxy.port);
  let closing: Promise<void> | undefined;
  return { url: url.href, proxy, close: () => (closing ??= proxy.close()) };
}

/**
 * Through a PgBouncer configured as on Neon, except for its pause after a failed connection to the server: the default of 15 s
 * would only prolong the outage, which ends when PgBouncer accepts queries again.
 */
export async function connectThroughPgBouncer({
  databaseUrl,
  directory,
  watchdog,
}: TestEnvironment): Promise<DatabaseRoute & { readonly pgBouncer: PgBouncer }> {
  const settings = { server_login_retry: '1' };
  const pgBouncer = await startPgBouncer({ directory: path.join(directory, 'pgbouncer'), watchdog, target: databaseUrl, settings });
  return { url: pgBouncer.url(), pgBouncer, close: () => pgBouncer.close() };
}
