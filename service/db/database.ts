import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import type { Pool } from 'pg';
import { unavailable } from '../errors.ts';
import type { Logger } from '../log.ts';
import { classifyFailure, type Failure } from './failures.ts';
import type { Schema } from './schema.ts';

export type Db = Kysely<Schema>;

const RETRY_DELAYS_MS = [100, 400, 1_200];
/** After this long an operation is not tried again: a caller is still waiting, but not for ever. */
const RETRY_BUDGET_MS = 5_000;
const PROBE_DEADLINE_MS = 5_000;

const ONCE: ReadonlySet<Failure> = new Set(['not-sent', 'rolled-back']);
const REPEATABLE: ReadonlySet<Failure> = new Set([...ONCE, 'interrupted']);

/** The database as the routes see it: whole operations, retried where that is safe, failing with 503. */
export type Database = {
  /** Runs an operation that only reads; tried again, with backoff, when the connection drops. */
  read<T>(operation: (db: Db) => Promise<T>): Promise<T>;
  /** Runs an operation that changes data; tried again only where nothing can have reached the database, or where it may safely happen twice. */
  write<T>(operation: (db: Db) => Promise<T>, options?: { repeatable?: boolean }): Promise<T>;
  /** Whether the database answers a query within 5 s. Concurrent callers share one query. Never throws. */
  isReachable(): Promise<boolean>;
  close(): Promise<void>;
};

export function createDatabase(pool: Pool, log: Logger): Database {
  const db: Db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
  let probe: Promise<boolean> | undefined;

  async function run<T>(operation: (db: Db) => Promise<T>, retryable: ReadonlySet<Failure>): Promise<T> {
    const started = performance.now();
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await operation(db);
      } catch (error) {
        const failure = classifyFailure(error);
        if (failure === 'other') throw error;
        const delay = RETRY_DELAYS_MS[attempt];
        if (delay === undefined || !retryable.has(failure) || performance.now() - started > RETRY_BUDGET_MS) {
          log[failure === 'misconfigured' ? 'error' : 'warn']({ err: error, failure }, 'database unavailable');
          throw unavailable(error);
        }
        // Jitter keeps the requests of a dropped connection from coming back in step.
        await sleep(delay * (0.5 + Math.random()));
      }
    }
  }

  async function query(): Promise<boolean> {
    for (let stale = 0; ; stale += 1) {
      try {
        // query_timeout is safe on pool.query alone: it destroys the client instead of handing it on.
        await pool.query({ text: 'select 1', query_timeout: PROBE_DEADLINE_MS } as { text: string });
        return true;
      } catch (err) {
        // A client that was cut while idle tells nothing of now, and is gone from the pool: the next one does.
        if (classifyFailure(err) === 'interrupted' && stale < pool.options.max) continue;
        log.warn({ err }, 'database probe failed');
        return false;
      }
    }
  }

  async function queryInTime(): Promise<boolean> {
    const timer = new AbortController();
    const deadline = sleep(PROBE_DEADLINE_MS, false, { signal: timer.signal }).catch(() => false);
    return Promise.race([query(), deadline]).finally(() => timer.abort());
  }

  return {
    read: (operation) => run(operation, REPEATABLE),
    write: (operation, { repeatable = false } = {}) => run(operation, repeatable ? REPEATABLE : ONCE),
    isReachable: () => (probe ??= queryInTime().finally(() => (probe = undefined))),
    // Not db.destroy(): Kysely ends a pool only after it has run a query of its own.
    close: () => pool.end(),
  };
}
