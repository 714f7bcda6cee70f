import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryStore, type Options, type Store } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
import type { Logger } from '../log.ts';
import { connectToRedis, type Redis } from './redis.ts';

const PREFIX = 'tasks-api:limit:';
const RETRY_MS = 1_000;

/** Where the limiters of all replicas count together. */
export type SharedLimit = Store & {
  /** Begins to connect once the limiter is built, instead of at the first request: it need not wait, and a wrong setting is logged at once. */
  connect(): void;
  close(): void;
};

/**
 * Counts in Redis. Beside that each instance counts what it sees itself, and limits by this while Redis is away, so that an
 * outage makes the limit one of each replica instead of none. No request waits for a Redis that is known to be away.
 */
export function createSharedLimit(url: string, log: Logger): SharedLimit {
  const memory = new MemoryStore();
  const firstAttempt = Promise.withResolvers<void>();
  let options: Options;
  let connection: Redis | undefined;
  /** Absent while Redis is away. */
  let counters: RedisStore | undefined;
  let begun = false;
  let away = false;
  let closed = false;

  /** Counts over one connection, and resolves with what ended it or kept it from beginning. */
  async function countInRedis(): Promise<unknown> {
    try {
      connection = await connectToRedis(url);
      if (closed) return undefined;
      const { broken, send } = connection;
      const store = new RedisStore({ prefix: PREFIX, sendCommand: (...command) => send(command) });
      await store.init(options);
      // A Redis that is read-only, full or forbids scripts lets everybody connect: it is there once it has counted.
      await store.increment('probe');
      await store.resetKey('probe');
      counters = store;
      firstAttempt.resolve();
      if (away) log.info('redis is back: replicas share the rate limit again');
      away = false;
      return await broken;
    } catch (error) {
      return error;
    } finally {
      counters = undefined;
      connection?.close();
      firstAttempt.resolve();
    }
  }

  async function stayConnected(): Promise<void> {
    if (begun) return;
    begun = true;
    while (!closed) {
      const err = await countInRedis();
      if (closed) return;
      if (!away) log.warn({ err }, 'redis is away: each replica limits for itself');
      away = true;
      await sleep(RETRY_MS, undefined, { ref: false });
    }
  }

  return {
    init: (given) => {
      options = given;
      memory.init(given);
    },
    increment: async (key) => {
      // A copy: the store goes on counting in the object it gives away.
      const own = { ...(await memory.increment(key)) };
      void stayConnected();
      // Only at the very start: to count alone until the first connection stands would let a burst through.
      await firstAttempt.promise;
      // Users and addresses are nobody's business who can look into Redis, and a hash is short whatever the key is.
      const shared = counters?.increment(hash('sha256', key, 'base64url'));
      return (await shared?.catch(() => undefined)) ?? own;
    },
    // The limiter only ever counts up.
    decrement: (key) => memory.decrement(key),
    resetKey: (key) => memory.resetKey(key),
    connect: () => void stayConnected(),
    close: () => {
      closed = true;
      connection?.close();
    },
  };
}
