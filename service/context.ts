import { createVerifyToken, type VerifyToken } from './auth/verify-token.ts';
import type { Config } from './config.ts';
import { createDatabase, type Database } from './db/database.ts';
import { createPool } from './db/pool.ts';
import { createLog, type Logger } from './log.ts';

/** What the application is built from. Creating it connects to nothing. */
export type Context = {
  config: Config;
  log: Logger;
  database: Database;
  verifyToken: VerifyToken;
  /** Set by the process when it begins to stop. */
  lifecycle: { draining: boolean };
};

export function createContext(config: Config): Context {
  const log = createLog(config.logLevel);
  return {
    config,
    log,
    database: createDatabase(createPool(config, log), log),
    verifyToken: createVerifyToken(config),
    lifecycle: { draining: false },
  };
}
