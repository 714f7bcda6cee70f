import { createKeySet, type KeySet } from './auth/key-set.ts';
import { createVerifyToken } from './auth/verify-token.ts';
import type { VerifyToken } from './auth/caller.ts';
import type { Config } from './config.ts';
import { createDatabase, type Database } from './db/database.ts';
import { createPool } from './db/pool.ts';
import { createLog, type Logger } from './log.ts';
import { createSharedLimit, type SharedLimit } from './rate-limit/redis-store.ts';

/** The dependencies of the app. Creating them opens no connection. */
export type Context = {
  config: Config;
  log: Logger;
  database: Database;
  verifyToken: VerifyToken;
  /** Absent without AUTH_JWKS_URL. */
  keySet: KeySet | undefined;
  /** Absent without REDIS_URL: each instance then has its own limit. */
  sharedLimit: SharedLimit | undefined;
  /** `draining` is set when the process begins to stop. */
  lifecycle: { draining: boolean };
  /** Closes the connections to the database and Redis. */
  close(): Promise<void>;
};

export function createContext(config: Config): Context {
  const log = createLog(config.logLevel);
  const database = createDatabase(createPool(config, log), log);
  const { authIssuer } = config;
  const keySet = authIssuer && createKeySet(authIssuer.jwksUrl, log);
  const sharedLimit = config.redisUrl === undefined ? undefined : createSharedLimit(config.redisUrl, log);
  return {
    config,
    log,
    database,
    verifyToken: createVerifyToken(config, authIssuer && keySet && { issuer: { ...authIssuer, origins: config.corsOrigins }, keySet, log }),
    keySet,
    sharedLimit,
    lifecycle: { draining: false },
    close: async () => {
      sharedLimit?.close();
      await database.close();
    },
  };
}
