import pg from 'pg';
import type { Logger } from '../log.ts';

export type PoolSettings = { databaseUrl: string; databasePoolMax: number };

/**
 * A pool tuned for Neon: idle clients are closed long before it suspends (300 s), and connecting may take as long as waking it up.
 * https://neon.com/docs/connect/connection-latency
 */
export function createPool(settings: PoolSettings, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    ...connectionTo(settings.databaseUrl),
    application_name: 'tasks-api',
    max: settings.databasePoolMax,
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    maxLifetimeSeconds: 1_800,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // Without these listeners a connection that the server closes ends the process.
  pool.on('error', (err) => log.warn({ err }, 'idle database connection lost'));
  pool.on('connect', (client) => client.on('error', (err) => log.debug({ err }, 'database connection lost')));
  return pool;
}

/** pg's settings for a URL. pg does not read channel_binding from it. */
export function connectionTo(url: string): { connectionString: string; enableChannelBinding: boolean } {
  return { connectionString: url, enableChannelBinding: new URL(url).searchParams.get('channel_binding') === 'require' };
}
