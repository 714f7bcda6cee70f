import type { Pool, PoolClient } from 'pg';

const RENEW_INTERVAL_MS = 1_000;

/** The pool's clients. A session keeps the settings it started with, such as being read-only, when those of the database change. */
export type Sessions = {
  connect(): Promise<PoolClient>;
  /**
   * Replaces every client opened before now, when it is next used. Takes effect at most once a second.
   * @returns whether it took effect after `startedAt` (of `performance.now()`): an operation started then is worth retrying
   */
  renewSince(startedAt: number): boolean;
};

export function createSessions(pool: Pool): Sessions {
  const openedAt = new WeakMap<PoolClient, number>();
  let renewedAt = Number.NEGATIVE_INFINITY;
  pool.on('connect', (client) => openedAt.set(client, performance.now()));

  async function connect(): Promise<PoolClient> {
    const client = await pool.connect();
    if ((openedAt.get(client) ?? 0) >= renewedAt) return client;
    client.release(true);
    return connect();
  }

  return {
    connect,
    renewSince: (startedAt) => {
      const now = performance.now();
      if (now - renewedAt >= RENEW_INTERVAL_MS) renewedAt = now;
      return renewedAt >= startedAt;
    },
  };
}
