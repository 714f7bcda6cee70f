import type { Pool, PoolClient } from 'pg';

const RENEWED_EVERY_MS = 1_000;

/** The pool's clients. What a session got at its start, such as being read-only, it keeps when the database's setting changes. */
export type Sessions = {
  connect(): Promise<PoolClient>;
  /**
   * Lets only clients be handed out that are opened from now on, at most once a second.
   * @returns whether this has happened since a moment of `performance.now()`: what was begun then may fare otherwise now
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
