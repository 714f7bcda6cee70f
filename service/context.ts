import { createVerifyToken, type VerifyToken } from './auth/verify-token.ts';
import type { Config } from './config.ts';
import { createDatabase, type Database } from './db/database.ts';
import { createPool } from './db/pool.ts';
import { createLog, type Logger } from './log.ts';
import { createSharedLimit, type SharedLimit } from './rate-limit/redis-store.ts';

/** What the application is built from. Creating it connects to nothing. */
export type Context = {
  config: Config;
  log: Logger;
  database: Database;
  verifyToken: VerifyToken;
  /** Absent where the instance limits for itself. */
  sharedLimit: SharedLimit | undefined;
  /** Set by the process when it begins to stop. */
  lifecycle: { draining: boolean };
  /** Ends every connection to the outside. */
  close(): Promise<void>;
};

export function createContext(config: Config): Context {
  const log = createLog(config.logLevel);
  const database = createDatabase(createPool(config, log), log);
  const sharedLimit = config.redisUrl === undefined ? undefined : createSharedLimit(config.redisUrl, log);
  return {
    config,
    log,
    database,
    verifyToken: createVerifyToken(config),
    sharedLimit,
    lifecycle: { draining: false },
    close: async () => {
      sharedLimit?.close();
      await database.close();
    },
  };
}
