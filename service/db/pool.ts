import pg from 'pg';
import type { Logger } from '../log.ts';

export type PoolSettings = { databaseUrl: string; databasePoolMax: number };

/**
 * A pool tuned for Neon: idle clients are recycled long before it suspends (300 s), no client outlives its welcome,
 * and connecting may take as long as waking does. https://neon.com/docs/connect/connection-latency
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
  // Without these listeners a connection cut by the server ends the process; they stay until the process does.
  pool.on('error', (err) => log.warn({ err }, 'idle database connection lost'));
  pool.on('connect', (client) => client.on('error', (err) => log.debug({ err }, 'database connection lost')));
  return pool;
}

/** What pg needs to connect to a URL; of channel binding it reads nothing there. */
export function connectionTo(url: string): { connectionString: string; enableChannelBinding: boolean } {
  return { connectionString: url, enableChannelBinding: new URL(url).searchParams.get('channel_binding') === 'require' };
}
