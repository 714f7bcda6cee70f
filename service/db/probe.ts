import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseError } from 'pg';
import type { Logger } from '../log.ts';
import { classifyFailure } from './failures.ts';
import { migrations } from './migrations.ts';
import type { Sessions } from './sessions.ts';

const DEADLINE_MS = 5_000;
/** How long a ready state is reused: at most five queries a second, whatever the number of calls. */
const READY_MS = 200;
const UNDEFINED_TABLE = '42P01';

/**
 * Behind: reachable, but migrations of this release are pending. Additional migrations are fine: an older release may be redeployed.
 * Unwritable: read-only, or a write found the disk full in the last 60 s and none has succeeded since.
 */
export type DatabaseState = 'ready' | 'behind' | 'unwritable' | 'unreachable';

/** @param maxStale how many broken clients the pool may hold, each of which is discarded by one query */
export function createProbe(sessions: Sessions, maxStale: number, log: Logger): () => Promise<DatabaseState> {
  let probe: Promise<DatabaseState> | undefined;
  let loggedPending = '';
  let wasReadOnly = false;

  function compare(applied: ReadonlySet<string>): DatabaseState {
    const pending = Object.keys(migrations).filter((name) => !applied.has(name));
    const names = pending.join(', ');
    if (names !== '' && names !== loggedPending) log.error({ pending }, 'migrations are pending: run npm run migrate');
    loggedPending = names;
    return names === '' ? 'ready' : 'behind';
  }

  async function query(): Promise<DatabaseState> {
    for (let stale = 0; ; stale += 1) {
      const startedAt = performance.now();
      try {
        const { names: applied, read_only: isReadOnly } = await readState(sessions);
        // Only this session may be read-only: a new one has the database's current setting.
        if (isReadOnly && sessions.renewSince(startedAt)) continue;
        if (isReadOnly && !wasReadOnly) log.error('the database is read-only: writes fail');
        wasReadOnly = isReadOnly;
        const state = compare(new Set(applied));
        return isReadOnly && state === 'ready' ? 'unwritable' : state;
      } catch (err) {
        if (err instanceof DatabaseError && err.code === UNDEFINED_TABLE) return compare(new Set());
        // The client's connection was closed while it was idle, which says nothing about the database now.
        if (classifyFailure(err) === 'interrupted' && stale < maxStale) continue;
        log.warn({ err }, 'database probe failed');
        return 'unreachable';
      }
    }
  }

  async function queryWithDeadline(): Promise<DatabaseState> {
    const timer = new AbortController();
    const deadline = sleep<DatabaseState>(DEADLINE_MS, 'unreachable', { signal: timer.signal }).catch((): DatabaseState => 'unreachable');
    const state = await Promise.race([query(), deadline]).finally(() => timer.abort());
    if (state === 'ready') setTimeout(() => (probe = undefined), READY_MS).unref();
    else probe = undefined;
    return state;
  }

  return () => (probe ??= queryWithDeadline());
}

async function readState(sessions: Sessions): Promise<{ names: string[]; read_only: boolean }> {
  const client = await sessions.connect();
  try {
    const text = "select array(select name from kysely_migration) as names, current_setting('transaction_read_only')::boolean as read_only";
    const { rows } = await client.query({ text, query_timeout: DEADLINE_MS } as { text: string });
    client.release();
    return rows[0];
  } catch (error) {
    // After its query_timeout a client still waits for the result, so no other operation may use it.
    client.release(true);
    throw error;
  }
}
