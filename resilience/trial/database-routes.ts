import path from 'node:path';
import { startPgBouncer, type PgBouncer } from '../../rehearsal/stand-ins/postgres/pgbouncer.ts';
import type { Ground } from './test-environment.ts';
import { startProxy, type Proxy } from '../../rehearsal/stand-ins/tcp-proxy.ts';
import type { Way } from './trial.ts';

/** Straight to PostgreSQL. */
export async function goDirectly({ databaseUrl }: Ground): Promise<Way> {
  return { url: databaseUrl, close: async () => undefined };
}

/** Through a relay that can be disturbed. */
export async function goThroughProxy({ databaseUrl, postgres }: Ground): Promise<Way & { readonly proxy: Proxy }> {
  const proxy = await startProxy(postgres.port);
  const url = new URL(databaseUrl);
  url.port = String(proxy.port);
  let closing: Promise<void> | undefined;
  return { url: url.href, proxy, close: () => (closing ??= proxy.close()) };
}

/**
 * Through a PgBouncer as Neon has it. Its own pause after a failed connection to the server, 15 s by default, is shortened: it
 * would only prolong the outage, which ends when PgBouncer answers again.
 */
export async function goThroughPgBouncer({ databaseUrl, directory, leash }: Ground): Promise<Way & { readonly pgBouncer: PgBouncer }> {
  const settings = { server_login_retry: '1' };
  const pgBouncer = await startPgBouncer({ directory: path.join(directory, 'pgbouncer'), leash, target: databaseUrl, settings });
  return { url: pgBouncer.url(), pgBouncer, close: () => pgBouncer.close() };
}
