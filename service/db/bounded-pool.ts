import type { PostgresCursor, PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { Pool, PoolClient, QueryConfig, QueryResultRow, Submittable } from 'pg';
import { classifyFailure, isFatal, isOutdatedPlan, isUnknownName, NoAnswerError, NotConnectedError } from './failures.ts';
import type { Sessions } from './sessions.ts';
import type { StatementNames } from './statement-names.ts';

/** What one operation has of the pool. */
export type Bounds = {
  pool: Pool;
  sessions: Sessions;
  names: StatementNames;
  answerMs: number;
  /** Aborts when the operation is given up. */
  givenUp: AbortSignal;
  /** Called when a statement has changed rows, which may still be rolled back. */
  onChange(): void;
};

/**
 * The pool as one operation may use it. A client that does not answer a query in time, or that is still held when the operation
 * is given up, is destroyed at once, so that whatever comes next on it (a ROLLBACK) fails instead of waiting too. pg's own
 * query_timeout would leave the client waiting for the late answer, and Kysely would hand it to the next one.
 */
export function boundPool(bounds: Bounds): PostgresPool {
  const { pool, sessions, givenUp } = bounds;
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      givenUp.throwIfAborted();
      const client = await sessions.connect().catch((cause: unknown) => {
        throw new NotConnectedError(cause);
      });
      if (givenUp.aborted) client.release();
      givenUp.throwIfAborted();
      return boundClient(client, bounds);
    },
  };
}

function boundClient(client: PoolClient, { names, answerMs, givenUp, onChange }: Bounds): PostgresPoolClient {
  let held = true;
  let broken: unknown;

  function release(destroy?: boolean): void {
    // After a client has been destroyed Kysely releases it as well; pg would throw.
    if (!held) return;
    held = false;
    givenUp.removeEventListener('abort', destroyClient);
    // One that is about to be closed must not go to the next operation.
    client.release(destroy === true || broken !== undefined);
  }

  function destroyClient(): void {
    release(true);
  }

  async function ask<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    // Kysely throws what the ROLLBACK after a lost COMMIT failed with: were that "nothing was sent", the transaction would happen twice.
    if (broken !== undefined) throw broken;
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      destroyClient();
    }, answerMs);
    const statement = names.statementOf(sql);
    try {
      const result = await queried<R>(client, { ...statement, values: [...parameters] });
      if (result.command !== 'SELECT' && result.rowCount > 0) onChange();
      return result;
    } catch (error) {
      // As pg's promise does: the trace leads to who asked, not to the socket.
      if (error instanceof Error) Error.captureStackTrace(error);
      if (isUnknownName(error)) names.giveUp();
      if (isOutdatedPlan(error)) names.renew(sql, statement);
      const reason = late ? new NoAnswerError('a query', answerMs) : error;
      if (endsConnection(reason)) broken = reason;
      throw reason;
    } finally {
      clearTimeout(timer);
    }
  }

  function query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  function query<R>(what: string | PostgresCursor<R>, parameters: readonly unknown[] = []): Promise<PostgresQueryResult<R>> | PostgresCursor<R> {
    return typeof what === 'string' ? ask(what, parameters) : client.query(what as PostgresCursor<R> & Submittable);
  }

  givenUp.addEventListener('abort', destroyClient);
  return { query, release };
}

/** By a callback: the promise of pg's own query keeps what waits for it alive far longer than it takes. */
function queried<R>(client: PoolClient, query: QueryConfig): Promise<PostgresQueryResult<R>> {
  return new Promise((resolve, reject) => {
    client.query<R & QueryResultRow>(query, (error: Error | undefined, result) => {
      if (error) reject(error);
      else resolve(result as PostgresQueryResult<R>);
    });
  });
}

function endsConnection(error: unknown): boolean {
  return isFatal(error) || classifyFailure(error) === 'interrupted';
}
