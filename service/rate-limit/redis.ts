import type { RedisReply } from 'rate-limit-redis';
import { isLoopback } from '../db/url.ts';
import { passwordProblem } from '../db/url-password.ts';

/** For connecting as a whole, and for its TCP part, which node-redis can limit itself. */
const CONNECT_MS = 2_000;
const TCP_MS = 1_500;
/** Within one region Redis responds in about a millisecond. */
const COMMAND_MS = 500;

/** One connection to Redis. It does not reconnect: once it is broken, every command fails. */
export type Redis = {
  /** @throws if Redis rejects the command, or does not respond within 500 ms */
  send(command: readonly string[]): Promise<RedisReply>;
  /** Resolves with the cause when the connection was lost or closed, or when a command timed out or failed unexpectedly. */
  broken: Promise<unknown>;
  close(): void;
};

/**
 * Uses only node-redis's protocol. Its queue would make requests wait for Redis, its reconnecting has no time limit for the handshake,
 * and its command timeout ends once the command is written.
 * @throws if there is no connection within 2 s
 */
export async function connectToRedis(url: string): Promise<Redis> {
  // Imported lazily: loading it takes longer than the rest of the service, and most deployments have no Redis.
  const { createClient } = await import('@redis/client');
  const client = createClient({
    url,
    name: 'tasks-api',
    disableOfflineQueue: true,
    // Otherwise node-redis keeps another timer for each command.
    commandOptions: { timeout: 0 },
    maintNotifications: 'disabled',
    socket: { connectTimeout: TCP_MS, reconnectStrategy: false },
  });
  const { promise: broken, resolve } = Promise.withResolvers<unknown>();
  function disconnect(cause: unknown): void {
    client.destroy();
    resolve(cause);
  }
  client.on('error', disconnect);
  try {
    await withTimeout(client.connect(), CONNECT_MS);
  } catch (error) {
    disconnect(error);
    throw error;
  }
  return {
    send: async (command) => {
      try {
        return await withTimeout(client.sendCommand<RedisReply>([...command]), COMMAND_MS);
      } catch (error) {
        // A restarted Redis has lost the script, which the store then sends again.
        if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) disconnect(error);
        throw error;
      }
    },
    broken,
    close: () => disconnect(undefined),
  };
}

/** Why a text is not a usable Redis URL; empty if it is one. Never quotes the text. */
export function redisUrlProblems(value: string): string[] {
  const url = URL.parse(value);
  const badPassword = /^rediss?:/.test(value) ? passwordProblem(value) : undefined;
  if (badPassword !== undefined) return [badPassword];
  if (url === null || !/^rediss?:$/.test(url.protocol)) return ['is not a redis:// or rediss:// URL'];
  if (url.hostname === '') return ['has no host'];
  const problems: string[] = [];
  if (!/^\/?\d*$/.test(url.pathname)) problems.push('has a path that is not a database number');
  // Railway encrypts its private network, and its Redis has no TLS. https://docs.railway.com/reference/private-networking
  const isPrivate = isLoopback(url.hostname) || url.hostname.endsWith('.railway.internal');
  if (url.protocol === 'redis:' && !isPrivate) problems.push('points at a remote host without TLS: write rediss:// instead of redis://');
  return problems;
}

async function withTimeout<T>(response: Promise<T>, ms: number): Promise<T> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  // One more turn of the event loop: a response that arrived while this process was busy is not late.
  const timer = setTimeout(() => setImmediate(reject, new Error(`No response from Redis within ${ms} ms`)), ms);
  try {
    return await Promise.race([response, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
