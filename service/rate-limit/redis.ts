import type { RedisReply } from 'rate-limit-redis';
import { isLoopback } from '../db/url.ts';
import { passwordProblem } from '../db/url-password.ts';

/** For a whole attempt to connect, and for its TCP part, which node-redis can be told. */
const CONNECT_MS = 2_000;
const TCP_MS = 1_500;
/** Within one region Redis answers in about a millisecond. */
const ANSWER_MS = 500;

/** One connection to Redis. It is never mended: once it is broken, every command fails. */
export type Redis = {
  /** @throws when Redis refuses the command, or does not answer it within 500 ms */
  send(command: readonly string[]): Promise<RedisReply>;
  /** Resolves with the cause when a command got no answer or an unforeseen error, or the connection was lost or closed. */
  broken: Promise<unknown>;
  close(): void;
};

/**
 * Of node-redis only the protocol is used. Its queue would make requests wait for Redis to come back, its own reconnecting has
 * no time limit for the handshake, and its time limit of a command ends once the command is written.
 * @throws when there is no connection within 2 s
 */
export async function connectToRedis(url: string): Promise<Redis> {
  // Loading it takes longer than the rest of the service, and most deployments have no Redis.
  const { createClient } = await import('@redis/client');
  const client = createClient({
    url,
    name: 'tasks-api',
    disableOfflineQueue: true,
    // Its own limit, beside ours, would keep a timer for each command.
    commandOptions: { timeout: 0 },
    maintNotifications: 'disabled',
    socket: { connectTimeout: TCP_MS, reconnectStrategy: false },
  });
  const { promise: broken, resolve } = Promise.withResolvers<unknown>();
  function breakOff(cause: unknown): void {
    client.destroy();
    resolve(cause);
  }
  client.on('error', breakOff);
  try {
    await inTime(client.connect(), CONNECT_MS);
  } catch (error) {
    breakOff(error);
    throw error;
  }
  return {
    send: async (command) => {
      try {
        return await inTime(client.sendCommand<RedisReply>([...command]), ANSWER_MS);
      } catch (error) {
        if (!saysToLoadTheScript(error)) breakOff(error);
        throw error;
      }
    },
    broken,
    close: () => breakOff(undefined),
  };
}

/** What keeps a text from being a usable Redis URL; empty when nothing does. Never repeats the text. */
export function redisUrlProblems(value: string): string[] {
  const url = URL.parse(value);
  const ofPassword = /^rediss?:/.test(value) ? passwordProblem(value) : undefined;
  if (ofPassword !== undefined) return [ofPassword];
  if (url === null || !/^rediss?:$/.test(url.protocol)) return ['is not a redis:// or rediss:// URL'];
  if (url.hostname === '') return ['has no host'];
  const problems: string[] = [];
  if (!/^\/?\d*$/.test(url.pathname)) problems.push('has a path that is no number of a database');
  if (url.protocol === 'redis:' && !isLoopback(url.hostname) && !isOnPrivateNetwork(url.hostname)) {
    problems.push('points at a remote host without TLS: write rediss:// instead of redis://');
  }
  return problems;
}

/** Railway encrypts what its services send each other there, and its Redis speaks no TLS. https://docs.railway.com/reference/private-networking */
function isOnPrivateNetwork(hostname: string): boolean {
  return hostname.endsWith('.railway.internal');
}

/** Redis forgets scripts when it restarts; whoever asked for one sends it again. */
function saysToLoadTheScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}

async function inTime<T>(answer: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  // One more turn of the loop: an answer that has come while this process was busy is not late.
  const timer = setTimeout(() => setImmediate(reject, new Error(`Redis did not answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
