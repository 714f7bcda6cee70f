import { setTimeout as sleep } from 'node:timers/promises';
import { Kysely, PostgresDialect, PostgresQueryCompiler } from 'kysely';
import { DatabaseError, type Pool } from 'pg';
import { unavailable } from '../errors.ts';
import type { Logger } from '../log.ts';
import { boundPool } from './bounded-pool.ts';
import { classifyFailure, type Failure, NoAnswerError } from './failures.ts';
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

/** How long things may take, in milliseconds. */
export type Bounds = {
  /** From a query to its answer. The role's statement_timeout (8 s) comes first wherever the database can still be heard. */
  answer: number;
  /** A whole operation: waiting for a client, connecting, all attempts and the pauses between them. */
  operation: number;
};

const BOUNDS: Bounds = { answer: 9_000, operation: 12_000 };

/** Behind: it answers, but lacks migrations that this release needs. One that has more is ready: an older release may come back. */
export type DatabaseState = 'ready' | 'behind' | 'unreachable';

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

export function createDatabase(pool: Pool, log: Logger, bounds: Bounds = BOUNDS): Database {
  const names = createStatementNames();
  let probe: Promise<DatabaseState> | undefined;
  let told = '';

  async function run<T>(operation: (db: Db) => Promise<T>, retryable: ReadonlySet<Failure>): Promise<T> {
    const deadline = performance.now() + bounds.operation;
    const patience = new AbortController();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      const error = new NoAnswerError('an operation', bounds.operation);
      patience.abort(error);
      reject(error);
    }, bounds.operation);
    // A handle of its own, so that nothing of the operation reaches the database once its caller has been told 503.
    const db: Db = new Kysely<Schema>({ dialect: new Dialect({ pool: boundPool(pool, bounds.answer, patience.signal, names) }) });
    try {
      return await Promise.race([repeat(() => operation(db), retryable, deadline), late]);
    } catch (error) {
      const failure = classifyFailure(error);
      if (failure === 'other') throw error;
      log[failure === 'misconfigured' ? 'error' : 'warn']({ err: error, failure }, 'database unavailable');
      throw unavailable(error);
    } finally {
      clearTimeout(timer);
    }
  }

  function compare(applied: ReadonlySet<string>): DatabaseState {
    const pending = Object.keys(migrations).filter((name) => !applied.has(name));
    const names = pending.join(', ');
    if (names !== '' && names !== told) log.error({ pending }, 'migrations are pending: run npm run migrate');
    told = names;
    return names === '' ? 'ready' : 'behind';
  }

  async function query(): Promise<DatabaseState> {
    for (let stale = 0; ; stale += 1) {
      try {
        // query_timeout is safe on pool.query alone: it destroys the client instead of handing it on.
        const text = { text: 'select name from kysely_migration', query_timeout: PROBE_DEADLINE_MS } as { text: string };
        const { rows } = await pool.query<{ name: string }>(text);
        return compare(new Set(rows.map(({ name }) => name)));
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
    write: (operation, { repeatable = false } = {}) => run(operation, repeatable ? REPEATABLE : ONCE),
    state: () => (probe ??= probeOnce()),
    // Not db.destroy(): Kysely ends a pool only after it has run a query of its own.
    close: () => pool.end(),
  };
}

async function repeat<T>(attempt: () => Promise<T>, retryable: ReadonlySet<Failure>, deadline: number): Promise<T> {
  for (const delay of RETRY_DELAYS_MS) {
    try {
      return await attempt();
    } catch (error) {
      // Jitter keeps the requests of a dropped connection from coming back in step.
      const pause = delay * (0.5 + Math.random());
      const room = deadline - performance.now() - pause;
      if (!retryable.has(classifyFailure(error)) || room < ATTEMPT_ROOM_MS) throw error;
      await sleep(pause);
    }
  }
  return attempt();
}
