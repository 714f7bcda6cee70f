import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { MemoryStore, type Options, type Store } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
import type { Logger } from '../log.ts';
import { connectToRedis, type Redis } from './redis.ts';

const PREFIX = 'tasks-api:limit:';
const RETRY_MS = 1_000;

/** A store that the limiters of all replicas share. */
export type SharedLimit = Store & {
  /** Starts connecting before the first request, which then need not wait; a wrong setting is logged at once. */
  connect(): void;
  close(): void;
};

/**
 * Counts in Redis, and in memory as well. While Redis is unavailable each replica applies the limit to its own count, and no request waits
 * for Redis.
 */
export function createSharedLimit(url: string, log: Logger): SharedLimit {
  const memory = new MemoryStore();
  const firstAttempt = Promise.withResolvers<void>();
  let options: Options;
  let connection: Redis | undefined;
  /** Undefined while Redis is unavailable. */
  let counters: RedisStore | undefined;
  let isStarted = false;
  let isUnavailable = false;
  let isClosed = false;

  /** Counts over one connection. Resolves with the reason why the connection failed or ended. */
  async function countInRedis(): Promise<unknown> {
    try {
      connection = await connectToRedis(url);
      if (isClosed) return undefined;
      const { broken, send } = connection;
      const store = new RedisStore({ prefix: PREFIX, sendCommand: (...command) => send(command) });
      await store.init(options);
      // A Redis that is read-only, full or forbids scripts accepts connections, so this counts once.
      await store.increment('probe');
      await store.resetKey('probe');
      counters = store;
      firstAttempt.resolve();
      if (isUnavailable) log.info('redis is available again: replicas share the rate limit');
      isUnavailable = false;
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
    if (isStarted) return;
    isStarted = true;
    while (!isClosed) {
      const err = await countInRedis();
      if (isClosed) return;
      if (!isUnavailable) log.warn({ err }, 'redis is unavailable: each replica has its own rate limit');
      isUnavailable = true;
      await sleep(RETRY_MS, undefined, { ref: false });
    }
  }

  return {
    init: (given) => {
      options = given;
      memory.init(given);
    },
    increment: async (key) => {
      // A copy: the store mutates the object that it returns.
      const own = { ...(await memory.increment(key)) };
      void stayConnected();
      // Waits only after the start: counting in memory until the first connection would let a burst through.
      await firstAttempt.promise;
      // Hashed, so that Redis holds no user ids or addresses, and keys are short.
      const shared = counters?.increment(hash('sha256', key, 'base64url'));
      return (await shared?.catch(() => undefined)) ?? own;
    },
    // The limiter does not call these two.
    decrement: (key) => memory.decrement(key),
    resetKey: (key) => memory.resetKey(key),
    connect: () => void stayConnected(),
    close: () => {
      isClosed = true;
      connection?.close();
    },
  };
}
