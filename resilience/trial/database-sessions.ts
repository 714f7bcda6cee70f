import { queryOnce } from '../../rehearsal/stand-ins/postgres/query.ts';
import type { TaskRow } from '../load/write-log.ts';

const OTHERS = "datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()";

/** The number of other sessions of the URL's database. */
export async function countSessions(url: string): Promise<number> {
  return (await queryOnce(url, `SELECT 1 FROM pg_stat_activity WHERE ${OTHERS}`)).length;
}

/** Terminates all other sessions of the URL's database and returns their number. */
export async function terminateSessions(url: string): Promise<number> {
  return (await queryOnce(url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${OTHERS}`)).length;
}

/** The number of sessions that wait for a lock. */
export async function countWaiting(url: string): Promise<number> {
  return (await queryOnce(url, `SELECT 1 FROM pg_stat_activity WHERE ${OTHERS} AND wait_event_type = 'Lock'`)).length;
}

export async function readTasks(url: string, users: readonly string[]): Promise<TaskRow[]> {
  return queryOnce<TaskRow>(url, 'SELECT id, user_id, title, description FROM tasks WHERE user_id = ANY($1)', [users]);
}
