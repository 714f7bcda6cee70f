import { DatabaseError } from 'pg';

/** How a failed database operation is to be treated. */
export type Failure =
  /** Nothing reached the database: any operation may be tried again. */
  | 'not-sent'
  /** The database undid the whole operation and asks to repeat it. */
  | 'rolled-back'
  /** The connection broke on the way: only an operation that may safely happen twice can be tried again. */
  | 'interrupted'
  /** The database or its pool has no room: trying again would make it worse. */
  | 'overloaded'
  /** Retrying cannot help until somebody acts: wrong password, database or quota. */
  | 'misconfigured'
  /** This session accepts no writes, another one may. Reads work. */
  | 'read-only'
  /** There is no space left for writes. Reads work. */
  | 'full'
  /** Not about availability. */
  | 'other';

/** Whoever was asked is silent, and nobody has closed the connection: what is done with it is our own doing. */
export class NoAnswerError extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(what: string, afterMs: number) {
    super(`${what} had no answer within ${afterMs / 1_000} s`);
    this.name = 'NoAnswerError';
  }
}

/** The pool could not give a client: whatever happened on the way, no query was sent. */
export class NotConnectedError extends Error {
  constructor(cause: unknown) {
    super('no connection to the database', { cause });
    this.name = 'NotConnectedError';
  }
}

/** The database cannot be used at the moment. `cause` is the driver's error. */
export class DatabaseUnavailableError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, cause: unknown) {
    super(`The database is unavailable (${failure})`, { cause });
    this.name = 'DatabaseUnavailableError';
    this.failure = failure;
  }
}

/** Errors of sockets and of the resolver, as Node names them. */
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
  // Connection exception.
  '08': 'interrupted',
  // Invalid authorization, catalog name and schema name: the URL or the database is not as it should be.
  28: 'misconfigured',
  '3D': 'misconfigured',
  '3F': 'misconfigured',
  // Transaction rollback.
  40: 'rolled-back',
  // Insufficient resources.
  53: 'overloaded',
  // Operator intervention.
  57: 'interrupted',
  // System error: a file is missing or exists. Reading and writing files is an exception below.
  58: 'misconfigured',
  // Configuration file error.
  F0: 'misconfigured',
};

/** Codes that differ from their class. */
const CODES: Readonly<Record<string, Failure>> = {
  // The server was not there, or did not let the client in.
  '08001': 'not-sent',
  '08004': 'not-sent',
  // The protocol is broken. Poolers use this code for many errors: see SAID_BY_POOLERS.
  '08P01': 'misconfigured',
  // The parent row was deleted after it was looked up.
  23503: 'rolled-back',
  25006: 'read-only',
  // The server ended the session because of idle_in_transaction_session_timeout or transaction_timeout.
  '25P03': 'interrupted',
  '25P04': 'interrupted',
  // A statement's name is unknown to the session, or known already: it was not executed.
  26000: 'rolled-back',
  '42P05': 'rolled-back',
  // It would violate the constraint again.
  40002: 'other',
  // The server cannot tell whether it was carried out.
  40003: 'interrupted',
  // A missing privilege or table: migrations have not run, or ran as another role.
  42501: 'misconfigured',
  '42P01': 'misconfigured',
  53100: 'full',
  53300: 'not-sent',
  // A setting in the URL that cannot be set there.
  '55P02': 'misconfigured',
  // lock_timeout; statement_timeout or pg_cancel_backend().
  '55P03': 'overloaded',
  57014: 'overloaded',
  // It is starting, stopping or recovering.
  '57P03': 'not-sent',
  '57P04': 'misconfigured',
  // An I/O error, on Neon also of the network to its storage: the statement was rolled back.
  58000: 'rolled-back',
  58030: 'rolled-back',
};

/**
 * What only words tell: PgBouncer gives nearly everything of its own the code 08P01, Neon's proxy XX000. The first match counts.
 * https://github.com/pgbouncer/pgbouncer (src/objects.c, client.c, janitor.c), https://neon.com/docs/connect/connection-errors
 */
const SAID_BY_POOLERS: readonly (readonly [words: RegExp, failure: Failure])[] = [
  // Before "login has been failing, cached error: ...", where the error is one of these.
  [/password|authentication failed|does not exist|no such (user|database)|is disabled|startup parameter/i, 'misconfigured'],
  // In its queue there is no connection to the server yet, but hundreds of others are waiting.
  [/query_wait_timeout|query timeout/, 'overloaded'],
  [/server conn crashed|transaction timeout|client_idle_timeout/, 'interrupted'],
  [/login has been failing|cannot connect|connect failed|connect timeout|DNS lookup failed|client_login_timeout/, 'not-sent'],
  [/no more connections|connections exceeded|too many (clients|connections)|slots are reserved|starting up|shutting down|recovery/, 'not-sent'],
  [/couldn't connect to compute node|control plane request failed|failed to acquire permit/i, 'not-sent'],
  [/endpoint|quota|project/i, 'misconfigured'],
];

/** Whether connections are handed out without the statements that were named on them. */
export function isUnknownName(error: unknown): boolean {
  return error instanceof DatabaseError && (error.code === '26000' || error.code === '42P05');
}

/** Whether a named statement was planned before a column that it returns changed its type. It fails until it is prepared again. */
export function isOutdatedPlan(error: unknown): boolean {
  // The message is translated by lc_messages, the name of the function in PostgreSQL's source is not.
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

/** Classifies an error of pg by SQLSTATE, socket code or, where there is neither or it says nothing, its message. */
export function classifyFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return 'other';
  if (error instanceof AggregateError) return classifyFailure(error.errors[0]);
  if (error instanceof NotConnectedError) {
    const failure = classifyFailure(error.cause);
    return failure === 'interrupted' ? 'not-sent' : failure;
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const failure = SOCKETS[code] ?? (code === '' ? classifyMessage(error.message) : classifyCode(code, error));
  // The session may have ended after a COMMIT took effect and before it was reported.
  return isFatal(error) && (failure === 'other' || failure === 'rolled-back') ? 'interrupted' : failure;
}

function classifyCode(code: string, error: Error): Failure {
  if (isOutdatedPlan(error)) return 'rolled-back';
  const said = code === '08P01' || code === 'XX000' ? SAID_BY_POOLERS.find(([words]) => words.test(error.message))?.[1] : undefined;
  if (said !== undefined) return said;
  // OpenSSL's and Node's codes for a certificate that is not to be trusted.
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
