import { accessSync, constants } from 'node:fs';
import { succeeds } from '../succeeds.ts';
import { passwordProblem } from './url-password.ts';

/** In libpq it means the certificate authorities of the machine; pg would look for a file with this name. */
const SYSTEM = 'system';

/** Why a text is not a usable PostgreSQL URL; empty if it is one. Never quotes the text. */
export function databaseUrlProblems(value: string): string[] {
  const url = URL.parse(value);
  if (/^postgres(ql)?\+/.test(value)) return ['has a SQLAlchemy scheme such as postgresql+asyncpg: paste the same URL with postgresql:// instead'];
  const badPassword = /^postgres(ql)?:/.test(value) ? passwordProblem(value) : undefined;
  if (badPassword !== undefined) return [badPassword];
  if (url === null || !/^postgres(ql)?:$/.test(url.protocol)) return ['is not a postgresql:// URL'];
  const problems: string[] = [];
  if (url.hostname === '') problems.push('has no host');
  if (url.pathname.length < 2) problems.push('has no database name');
  // pg prefers it to the host that is checked below.
  if (url.searchParams.has('host')) problems.push('has its host in a parameter: put it after the @');
  if (!isLoopback(url.hostname) && !['require', 'verify-ca', 'verify-full'].includes(url.searchParams.get('sslmode') ?? '')) {
    problems.push('points at a remote host without TLS: append ?sslmode=require');
  }
  const authority = url.searchParams.get('sslrootcert');
  if (authority !== null && authority !== SYSTEM && !succeeds(() => accessSync(authority, constants.R_OK)))
    problems.push('has an unreadable file in sslrootcert');
  return problems;
}

/**
 * Makes verify-full explicit: pg treats `require` as verify-full, with a warning, and will weaken it in version 9. Without a file in
 * `sslrootcert` pg uses the authorities that Node trusts, which is what `sslrootcert=system` means.
 */
export function normalizeDatabaseUrl(value: string): string {
  const url = new URL(value);
  url.searchParams.delete('sslrootcert', SYSTEM);
  if (url.searchParams.has('sslmode') && url.searchParams.get('sslmode') !== 'disable') url.searchParams.set('sslmode', 'verify-full');
  return url.href;
}

/** Neon's direct host is its pooled one without -pooler. https://neon.com/docs/connect/connection-pooling */
export function directUrl(value: string): string {
  const url = new URL(value);
  url.hostname = url.hostname.replace(/-pooler(?=\.|$)/, '');
  return url.href;
}

/** Neon's pooled hosts carry -pooler after the endpoint's id. https://neon.com/docs/connect/connection-pooling */
export function isPooledHost(value: string): boolean {
  return /-pooler(\.|$)/.test(URL.parse(value)?.hostname ?? '');
}

/** Whether a URL's host is this machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
