import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type { Pool, PoolClient, QueryConfig, QueryResultRow } from 'pg';
import { classifyFailure, isFatal, isOutdatedPlan, isUnknownName, NotConnectedError, TimeoutError } from './failures.ts';
import type { Sessions } from './sessions.ts';
import type { StatementNames } from './statement-names.ts';

export type Bounds = {
  pool: Pool;
  sessions: Sessions;
  names: StatementNames;
  queryMs: number;
  /** Aborts when the operation times out. */
  signal: AbortSignal;
  /** Called when a statement has changed rows, which may still be rolled back. */
  onChange: (() => void) | undefined;
};

/**
 * The pool for one operation. A client is destroyed when a query or the operation times out, so that whatever follows on it (a ROLLBACK)
 * fails at once. pg's query_timeout would keep the client waiting, and Kysely would give it to the next operation.
 */
export function boundPool(bounds: Bounds): PostgresPool {
  const { pool, sessions, signal } = bounds;
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      signal.throwIfAborted();
      const client = await sessions.connect().catch((cause: unknown) => {
        throw new NotConnectedError(cause);
      });
      if (signal.aborted) client.release();
      signal.throwIfAborted();
      return boundClient(client, bounds);
    },
  };
}

function boundClient(client: PoolClient, { names, queryMs, signal, onChange }: Bounds): PostgresPoolClient {
  let isReleased = false;
  let fatalError: unknown;

  function release(destroy?: boolean): void {
    // Kysely also releases a client that was destroyed; pg would throw.
    if (isReleased) return;
    isReleased = true;
    signal.removeEventListener('abort', destroyClient);
    client.release(destroy === true || fatalError !== undefined);
  }

  function destroyClient(): void {
    release(true);
  }

  async function query<R>(sql: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>> {
    // If a COMMIT is lost, Kysely throws the error of the ROLLBACK that follows. It must not look as if nothing was sent.
    if (fatalError !== undefined) throw fatalError;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      destroyClient();
    }, queryMs);
    const statement = names.statementOf(sql);
    try {
      const result = await send<R>(client, { ...statement, values: [...parameters] });
      if (result.command !== 'SELECT' && result.rowCount > 0) onChange?.();
      return result;
    } catch (error) {
      // Like pg's promise API: the stack names the caller instead of the socket.
      if (error instanceof Error) Error.captureStackTrace(error);
      if (isUnknownName(error)) names.disable();
      if (isOutdatedPlan(error)) names.renew(sql, statement);
      const reason = isLate ? new TimeoutError('a query', queryMs) : error;
      if (isFatal(reason) || classifyFailure(reason) === 'interrupted') fatalError = reason;
      throw reason;
    } finally {
      clearTimeout(timer);
    }
  }

  signal.addEventListener('abort', destroyClient);
  // Without the overload for cursors: nothing streams.
  return { query: query as PostgresPoolClient['query'], release };
}

/** With a callback: pg's own promise keeps its awaiters reachable long after it settles. */
function send<R>(client: PoolClient, query: QueryConfig): Promise<PostgresQueryResult<R>> {
  return new Promise((resolve, reject) => {
    client.query<R & QueryResultRow>(query, (error: Error | undefined, result) => {
      if (error) reject(error);
      else resolve(result as PostgresQueryResult<R>);
    });
  });
}
