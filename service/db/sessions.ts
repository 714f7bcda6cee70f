import type { Pool, PoolClient } from 'pg';

const RENEWED_EVERY_MS = 1_000;

/** The pool's clients. What a session got at its start, such as being read-only, it keeps when the database's setting changes. */
export type Sessions = {
  connect(): Promise<PoolClient>;
  /** From now on only clients are handed out that were opened after this. At most once a second; returns whether it took effect. */
  renew(): boolean;
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
    renew: () => {
      const now = performance.now();
      if (now - renewedAt < RENEWED_EVERY_MS) return false;
      renewedAt = now;
      return true;
    },
  };
}
