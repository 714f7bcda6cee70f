import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect, PostgresQueryCompiler } from 'kysely';
import { DatabaseError, type Pool } from 'pg';
import type { Logger } from '../log.ts';
import { boundPool } from './bounded-pool.ts';
import { classifyFailure, DatabaseUnavailableError, type Failure, NoAnswerError } from './failures.ts';
import { createSessions } from './sessions.ts';
import { createStatementNames } from './statement-names.ts';
import { migrations } from './migrations.ts';
import type { Schema } from './schema.ts';

export type Db = Kysely<Schema>;

const RETRY_DELAYS_MS = [100, 400, 1_200];
/** An attempt that would have less than this before the deadline is not begun. */
const ATTEMPT_ROOM_MS = 1_000;
const PROBE_DEADLINE_MS = 5_000;
/** So long a database that was found ready is taken to be: however many ask, it is asked five times a second. */
const READY_MS = 200;

const ONCE: ReadonlySet<Failure> = new Set(['not-sent', 'rolled-back']);
const REPEATABLE: ReadonlySet<Failure> = new Set([...ONCE, 'interrupted']);
/** An operator has to act. */
const LOUD: ReadonlySet<Failure> = new Set(['read-only', 'full', 'misconfigured']);

/** How long things may take, in milliseconds. */
export type Bounds = {
  /** From a query to its answer. The role's statement_timeout (8 s) comes first wherever the database can still be heard. */
  answer: number;
  /** A whole operation: waiting for a client, connecting, all attempts and the pauses between them. */
  operation: number;
  /** How long a write that found no space left counts for the state: there is no harmless way to try another. */
  full: number;
};

const BOUNDS: Bounds = { answer: 9_000, operation: 12_000, full: 60_000 };

/**
 * Behind: it answers, but lacks migrations that this release needs. One that has more is ready: an older release may come back.
 * Unwritable: it is read-only, or a write has found no space left in the last 60 s and none has succeeded since.
 */
export type DatabaseState = 'ready' | 'behind' | 'unwritable' | 'unreachable';

const UNDEFINED_TABLE = '42P01';

const compiler = new PostgresQueryCompiler();

/** Its compiler keeps nothing from one query to the next, and to build one for each operation would cost more than all else of the handle. */
class Dialect extends PostgresDialect {
  override createQueryCompiler(): PostgresQueryCompiler {
    return compiler;
  }
}

/** The database as the routes see it: whole operations, retried where that is safe, failing with 503. */
export type Database = {
  /** Runs an operation that only reads; tried again, with backoff, when the connection drops. */
  read<T>(operation: (db: Db) => Promise<T>): Promise<T>;
  /**
   * Runs an operation that changes data, in one statement or one transaction; tried again only where nothing can have reached
   * the database, or where it may safely happen twice.
   */
  write<T>(operation: (db: Db) => Promise<T>, options?: { repeatable?: boolean }): Promise<T>;
  /**
   * What the database answers within 5 s, the wait for a client included: where no request gets one, that is the truth.
   * Callers at the same time share one query, and those of the 200 ms after it has found the database ready. Never throws.
   */
  state(): Promise<DatabaseState>;
  close(): Promise<void>;
};

export function createDatabase(pool: Pool, log: Logger, own: Partial<Bounds> = {}): Database {
  const bounds = { ...BOUNDS, ...own };
  const names = createStatementNames();
  const sessions = createSessions(pool);
  let probe: Promise<DatabaseState> | undefined;
  let told = '';
  let wasReadOnly = false;
  /** Known to this process only: another one finds it by its own writes. */
  let fullUntil = 0;

  async function run<T>(operation: (db: Db) => Promise<T>, retryable: ReadonlySet<Failure>, onChange = (): void => undefined): Promise<T> {
    const deadline = performance.now() + bounds.operation;
    const patience = new AbortController();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const error = new NoAnswerError('an operation', bounds.operation);
      patience.abort(error);
      reject(error);
    }, bounds.operation);
    // A handle of its own, so that nothing of the operation reaches the database once its caller has been told 503.
    const bounded = boundPool({ pool, sessions, names, answerMs: bounds.answer, givenUp: patience.signal, onChange });
    const db: Db = new Kysely<Schema>({ dialect: new Dialect({ pool: bounded }) });
    // Only this session may be read-only: one that is opened now has the database's present setting.
    const mayRepeat = (failure: Failure, began: number): boolean => retryable.has(failure) || (failure === 'read-only' && sessions.renewSince(began));
    try {
      return await Promise.race([repeat(() => operation(db), mayRepeat, deadline), late]);
    } catch (error) {
      const failure = classifyFailure(error);
      if (failure === 'other') throw error;
      log[LOUD.has(failure) ? 'error' : 'warn']({ err: error, failure }, 'database unavailable');
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
      if (error instanceof DatabaseUnavailableError && error.failure === 'full') fullUntil = performance.now() + bounds.full;
      throw error;
    }
  }

  function compare(applied: ReadonlySet<string>): DatabaseState {
    const pending = Object.keys(migrations).filter((name) => !applied.has(name));
    const names = pending.join(', ');
    if (names !== '' && names !== told) log.error({ pending }, 'migrations are pending: run npm run migrate');
    told = names;
    return names === '' ? 'ready' : 'behind';
  }

  async function lookUp(): Promise<{ names: string[]; read_only: boolean }> {
    const client = await sessions.connect();
    try {
      const text = "select array(select name from kysely_migration) as names, current_setting('transaction_read_only')::boolean as read_only";
      const { rows } = await client.query({ text, query_timeout: PROBE_DEADLINE_MS } as { text: string });
      client.release();
      return rows[0];
    } catch (error) {
      // After its query_timeout a client still waits for the answer: it must not go to the next operation.
      client.release(true);
      throw error;
    }
  }

  async function query(): Promise<DatabaseState> {
    for (let stale = 0; ; stale += 1) {
      const began = performance.now();
      try {
        const { names: applied, read_only: isReadOnly } = await lookUp();
        // Only this session may be so: one that is opened now has the database's present setting.
        if (isReadOnly && sessions.renewSince(began)) continue;
        if (isReadOnly && !wasReadOnly) log.error('the database is read-only: writes fail');
        wasReadOnly = isReadOnly;
        const state = compare(new Set(applied));
        return isReadOnly && state === 'ready' ? 'unwritable' : state;
      } catch (err) {
        if (err instanceof DatabaseError && err.code === UNDEFINED_TABLE) return compare(new Set());
        // A client that was cut while idle tells nothing of now, and is gone from the pool: the next one does.
        if (classifyFailure(err) === 'interrupted' && stale < pool.options.max) continue;
        log.warn({ err }, 'database probe failed');
        return 'unreachable';
      }
    }
  }

  async function queryInTime(): Promise<DatabaseState> {
    const timer = new AbortController();
    const deadline = sleep<DatabaseState>(PROBE_DEADLINE_MS, 'unreachable', { signal: timer.signal }).catch((): DatabaseState => 'unreachable');
    return Promise.race([query(), deadline]).finally(() => timer.abort());
  }

  async function probeOnce(): Promise<DatabaseState> {
    const state = await queryInTime();
    if (state === 'ready') setTimeout(() => (probe = undefined), READY_MS).unref();
    else probe = undefined;
    return state;
  }

  return {
    read: (operation) => run(operation, REPEATABLE),
    write: (operation, { repeatable = false } = {}) => write(operation, repeatable ? REPEATABLE : ONCE),
    state: async () => {
      const state = await (probe ??= probeOnce());
      return state === 'ready' && performance.now() < fullUntil ? 'unwritable' : state;
    },
    // Not db.destroy(): Kysely ends a pool only after it has run a query of its own.
    close: () => pool.end(),
  };
}

async function repeat<T>(attempt: () => Promise<T>, mayRepeat: (failure: Failure, began: number) => boolean, deadline: number): Promise<T> {
  for (const delay of RETRY_DELAYS_MS) {
    const began = performance.now();
    try {
      return await attempt();
    } catch (error) {
      // Jitter keeps the requests of a dropped connection from coming back in step.
      const pause = delay * (0.5 + Math.random());
      const room = deadline - performance.now() - pause;
      if (room < ATTEMPT_ROOM_MS || !mayRepeat(classifyFailure(error), began)) throw error;
      await sleep(pause);
    }
  }
  return attempt();
}
