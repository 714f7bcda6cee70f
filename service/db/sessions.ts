import type { Pool, PoolClient } from 'pg';

const RENEWED_EVERY_MS = 1_000;

/** The pool's clients. A session retains the settings it began with, such as being read-only, when those of the database change. */
export type Sessions = {
  connect(): Promise<PoolClient>;
  /**
   * From now on replaces every client opened before, when it is next used. Takes effect at most once a second.
   * @returns whether this took effect after `began` (of `performance.now()`): an operation begun then is worth repeating
   */
  renewSince(began: number): boolean;
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
    renewSince: (began) => {
      const now = performance.now();
      if (now - renewedAt >= RENEWED_EVERY_MS) renewedAt = now;
      return renewedAt >= began;
    },
  };
}
