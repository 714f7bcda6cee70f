import { DatabaseError } from 'pg';

/** How to treat a failed database operation. */
export type Failure =
  /** Nothing reached the database: any operation may be retried. */
  | 'not-sent'
  /** The database undid the whole operation: any operation may be retried. */
  | 'rolled-back'
  /** The connection broke during the operation: only an idempotent one may be retried. */
  | 'interrupted'
  /** The database or its pool is at its limit: a retry would make it worse. */
  | 'overloaded'
  /** Retries fail until an operator acts: wrong password, database or quota. */
  | 'misconfigured'
  /** This session accepts no writes, another one may. Reads work. */
  | 'read-only'
  /** There is no space left for writes. Reads work. */
  | 'full'
  /** Not about availability. */
  | 'other';

/** A time limit of this service passed. The connection is still open. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
  readonly code = 'ETIMEDOUT';

  constructor(what: string, afterMs: number) {
    super(`No response to ${what} within ${afterMs / 1_000} s`);
  }
}

/** The pool could not connect, so no query was sent. */
export class NotConnectedError extends Error {
  override readonly name = 'NotConnectedError';

  constructor(cause: unknown) {
    super('No connection to the database', { cause });
  }
}

/** The database cannot be used at the moment. `cause` is the driver's error. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';
  readonly failure: Failure;

  constructor(failure: Failure, cause: unknown) {
    super(`The database is unavailable (${failure})`, { cause });
    this.failure = failure;
  }
}

/** Node's codes for errors of sockets and of the resolver. */
const SOCKETS: Readonly<Record<string, Failure>> = {
  ECONNREFUSED: 'not-sent',
  EAI_AGAIN: 'not-sent',
  ENOTFOUND: 'not-sent',
  EHOSTUNREACH: 'not-sent',
  ENETUNREACH: 'not-sent',
  ECONNRESET: 'interrupted',
  EPIPE: 'interrupted',
  ETIMEDOUT: 'interrupted',
};

/**
 * SQLSTATE classes that are about availability. All others (00 to 03, 09 to 27, 2B to 2F, 34 to 3B, 42, 44, 54, 55, HV, P0,
 * XX) mean a wrong statement or value, except for the codes below: 500. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const CLASSES: Readonly<Record<string, Failure>> = {
  '08': 'interrupted', // Connection exception.
  28: 'misconfigured', // Invalid authorization: the URL is wrong.
  '3D': 'misconfigured', // Invalid catalog name.
  '3F': 'misconfigured', // Invalid schema name.
  40: 'rolled-back', // Transaction rollback.
  53: 'overloaded', // Insufficient resources.
  57: 'interrupted', // Operator intervention.
  58: 'misconfigured', // System error: a file is missing or exists. Reading and writing files is an exception below.
  F0: 'misconfigured', // Configuration file error.
};

/** Codes that differ from their class. */
const CODES: Readonly<Record<string, Failure>> = {
  '08001': 'not-sent', // The server was unreachable.
  '08004': 'not-sent', // The server rejected the client.
  '08P01': 'misconfigured', // Protocol violation. Poolers use this code for many errors: see POOLER_MESSAGES.
  23503: 'rolled-back', // The parent row was deleted after it was looked up.
  25006: 'read-only',
  '25P03': 'interrupted', // idle_in_transaction_session_timeout ended the session.
  '25P04': 'interrupted', // transaction_timeout ended the session.
  26000: 'rolled-back', // The session does not know a statement's name: the statement was not executed.
  '42P05': 'rolled-back', // The session already knows a statement's name: the statement was not executed.
  40002: 'other', // A retry would violate the constraint again.
  40003: 'interrupted', // The server does not know whether the statement completed.
  42501: 'misconfigured', // A privilege is missing: migrations ran as another role.
  '42P01': 'misconfigured', // A table is missing: migrations have not run.
  53100: 'full',
  53300: 'not-sent', // Too many connections.
  '55P02': 'misconfigured', // The URL has a setting that cannot be set there.
  '55P03': 'overloaded', // lock_timeout.
  57014: 'overloaded', // statement_timeout or pg_cancel_backend().
  '57P03': 'not-sent', // The server is starting, stopping or recovering.
  '57P04': 'misconfigured', // The database was dropped.
  58000: 'rolled-back', // An I/O error, on Neon also of the network to its storage: the statement was rolled back.
  58030: 'rolled-back', // As 58000.
};

/**
 * PgBouncer uses 08P01 for nearly all of its own errors and Neon's proxy XX000, so only the message tells them apart. The first match counts.
 * https://github.com/pgbouncer/pgbouncer (src/objects.c, client.c, janitor.c), https://neon.com/docs/connect/connection-errors
 */
const POOLER_MESSAGES: readonly (readonly [message: RegExp, failure: Failure])[] = [
  // Precedes "login has been failing, cached error: ...", whose cached error is one of these.
  [/password|authentication failed|does not exist|no such (user|database)|is disabled|startup parameter/i, 'misconfigured'],
  // Nothing was sent, but the pooler's queue is long.
  [/query_wait_timeout|query timeout/, 'overloaded'],
  [/server conn crashed|transaction timeout|client_idle_timeout/, 'interrupted'],
  [/login has been failing|cannot connect|connect failed|connect timeout|DNS lookup failed|client_login_timeout/, 'not-sent'],
  [/no more connections|connections exceeded|too many (clients|connections)|slots are reserved|starting up|shutting down|recovery/, 'not-sent'],
  [/couldn't connect to compute node|control plane request failed|failed to acquire permit/i, 'not-sent'],
  [/endpoint|quota|project/i, 'misconfigured'],
];

/** Whether a pooler handed out a connection without its prepared statements. */
export function isUnknownName(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '26000' || error.code === '42P05');
}

/** Whether a statement was prepared before one of its columns changed its type. It fails until it is prepared again. */
export function isOutdatedPlan(error: unknown): boolean {
  // lc_messages translates the message, but not the name of the function in PostgreSQL's source.
  return (
    error instanceof DatabaseError &&
    error.code === '0A000' &&
    (error.routine === 'RevalidateCachedQuery' || error.message.includes('cached plan must not change result type'))
  );
}

/** Whether the server ended the connection with this error. */
export function isFatal(error: unknown): boolean {
  return error instanceof DatabaseError && (error.severity === 'FATAL' || error.severity === 'PANIC');
}

/** Classifies an error of pg by SQLSTATE or socket code, else by its message. */
export function classifyFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return 'other';
  if (error instanceof AggregateError) return classifyFailure(error.errors[0]);
  if (error instanceof NotConnectedError) {
    const failure = classifyFailure(error.cause);
    return failure === 'interrupted' ? 'not-sent' : failure;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const failure = SOCKETS[code] ?? (code === '' ? classifyMessage(error.message) : classifyCode(code, error));
  // The session may have ended between a COMMIT and its confirmation.
  return isFatal(error) && (failure === 'other' || failure === 'rolled-back') ? 'interrupted' : failure;
}

function classifyCode(code: string, error: Error): Failure {
  if (isOutdatedPlan(error)) return 'rolled-back';
  const fromPooler = code === '08P01' || code === 'XX000' ? POOLER_MESSAGES.find(([message]) => message.test(error.message))?.[1] : undefined;
  if (fromPooler !== undefined) return fromPooler;
  // OpenSSL's and Node's codes for an untrusted certificate.
  if (/CERT|LEAF_SIGNATURE/.test(code)) return 'misconfigured';
  return CODES[code] ?? CLASSES[code.slice(0, 2)] ?? 'other';
}

function classifyMessage(message: string): Failure {
  if (message.includes('due to connection timeout') || message.includes('is not queryable')) return 'not-sent';
  if (message.includes('timeout exceeded when trying to connect')) return 'overloaded';
  if (message.includes('does not support SSL')) return 'misconfigured';
  if (message.includes('error establishing an SSL connection')) return 'not-sent';
  return /Connection terminated|Client was closed/.test(message) ? 'interrupted' : 'other';
}
