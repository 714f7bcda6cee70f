import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import type { Pool } from 'pg';
import type { Logger } from '../log.ts';
import { boundPool } from './bounded-pool.ts';
import { classifyFailure, DatabaseUnavailableError, type Failure, TimeoutError } from './failures.ts';
import { createProbe, type DatabaseState } from './probe.ts';
import type { Schema } from './schema.ts';
import { createSessions } from './sessions.ts';
import { createStatementNames } from './statement-names.ts';

export type Db = Kysely<Schema>;

const RETRY_DELAYS_MS = [100, 400, 1_200];
/** No attempt starts with less than this left before the deadline. */
const MIN_ATTEMPT_MS = 1_000;

const RETRYABLE: ReadonlySet<Failure> = new Set(['not-sent', 'rolled-back']);
const RETRYABLE_IF_IDEMPOTENT: ReadonlySet<Failure> = new Set([...RETRYABLE, 'interrupted']);
const NEEDS_OPERATOR: ReadonlySet<Failure> = new Set(['read-only', 'full', 'misconfigured']);

/** In milliseconds. */
export type TimeLimits = {
  /** One query. The role's statement_timeout (8 s) comes first while the connection works. */
  query: number;
  /** One operation: waiting for a client, connecting, all attempts and the pauses between them. */
  operation: number;
  /** How long a write that found the disk full counts as the state of the database: no harmless query can test it. */
  full: number;
};

const TIME_LIMITS: TimeLimits = { query: 9_000, operation: 12_000, full: 60_000 };

/** The database as the routes use it: whole operations, which reject with a DatabaseUnavailableError when it cannot be used. */
export type Database = {
  /** Runs an operation that only reads. Retries it, with backoff, when the connection drops. */
  read<T>(operation: (db: Db) => Promise<T>): Promise<T>;
  /** Runs an operation that writes, in one statement or one transaction. Retries it only if nothing was written, or if it is idempotent. */
  write<T>(operation: (db: Db) => Promise<T>, options?: { idempotent?: boolean }): Promise<T>;
  /** The state within 5 s, including the wait for a client. Concurrent calls share one query. Never rejects. */
  state(): Promise<DatabaseState>;
  close(): Promise<void>;
};

export function createDatabase(pool: Pool, log: Logger, limits: Partial<TimeLimits> = {}): Database {
  const { query: queryMs, operation: operationMs, full: fullMs } = { ...TIME_LIMITS, ...limits };
  const names = createStatementNames();
  const sessions = createSessions(pool);
  const probe = createProbe(sessions, pool.options.max, log);
  /** Of this process only: every other one finds it by its own writes. */
  let fullUntil = 0;

  async function run<T>(operation: (db: Db) => Promise<T>, retryable: ReadonlySet<Failure>, onChange?: () => void): Promise<T> {
    const deadline = performance.now() + operationMs;
    const controller = new AbortController();
    const { promise: timeout, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const error = new TimeoutError('an operation', operationMs);
      controller.abort(error);
      reject(error);
    }, operationMs);
    // A separate handle, so that an operation that timed out sends nothing more.
    const bounded = boundPool({ pool, sessions, names, queryMs, signal: controller.signal, onChange });
    const db: Db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool: bounded }) });
    // Only this session may be read-only: a new one has the database's current setting.
    const mayRetry = (failure: Failure, startedAt: number): boolean =>
      retryable.has(failure) || (failure === 'read-only' && sessions.renewSince(startedAt));
    try {
      return await Promise.race([retry(() => operation(db), mayRetry, deadline), timeout]);
    } catch (error) {
      const failure = classifyFailure(error);
      if (failure === 'other') throw error;
      log[NEEDS_OPERATOR.has(failure) ? 'error' : 'warn']({ err: error, failure }, 'database unavailable');
      throw new DatabaseUnavailableError(failure, error);
    } finally {
      clearTimeout(timer);
    }
  }

  async function write<T>(operation: (db: Db) => Promise<T>, retryable: ReadonlySet<Failure>): Promise<T> {
    let hasChanged = false;
    try {
      const result = await run(operation, retryable, () => (hasChanged = true));
      if (hasChanged) fullUntil = 0;
      return result;
    } catch (error) {
      if (error instanceof DatabaseUnavailableError && error.failure === 'full') fullUntil = performance.now() + fullMs;
      throw error;
    }
  }

  return {
    read: (operation) => run(operation, RETRYABLE_IF_IDEMPOTENT),
    write: (operation, { idempotent = false } = {}) => write(operation, idempotent ? RETRYABLE_IF_IDEMPOTENT : RETRYABLE),
    state: async () => {
      const state = await probe();
      return state === 'ready' && performance.now() < fullUntil ? 'unwritable' : state;
    },
    // Not db.destroy(): Kysely ends only a pool on which it has run a query.
    close: () => pool.end(),
  };
}

async function retry<T>(attempt: () => Promise<T>, mayRetry: (failure: Failure, startedAt: number) => boolean, deadline: number): Promise<T> {
  for (const delay of RETRY_DELAYS_MS) {
    const startedAt = performance.now();
    try {
      return await attempt();
    } catch (error) {
      // Jitter, so that the requests of a dropped connection do not retry in step.
      const pause = delay * (0.5 + Math.random());
      const remaining = deadline - performance.now() - pause;
      if (remaining < MIN_ATTEMPT_MS || !mayRetry(classifyFailure(error), startedAt)) throw error;
      await sleep(pause);
    }
  }
  return attempt();
}
