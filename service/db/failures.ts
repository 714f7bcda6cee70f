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

const NOT_SENT = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', '57P03', '08001', '08004', '53300']);
const INTERRUPTED = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', '57P01', '57P02', '08000', '08003', '08006']);
// A foreign key violation (23503): what is referred to was there when it was looked up, and is gone.
const ROLLED_BACK = new Set(['40001', '40P01', '23503']);
// A named statement that the connection does not know, or knows already: it was not executed.
const UNKNOWN_NAME = new Set(['26000', '42P05']);
const OVERLOADED = new Set(['53400', '57014', '55P03']);
const MISCONFIGURED = new Set(['28P01', '28000', '3D000', '3F000', '42P01', '42501']);

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
  return error instanceof DatabaseError && UNKNOWN_NAME.has(error.code ?? '');
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
  if (NOT_SENT.has(code)) return 'not-sent';
  if (ROLLED_BACK.has(code) || UNKNOWN_NAME.has(code)) return 'rolled-back';
  if (INTERRUPTED.has(code)) return 'interrupted';
  if (OVERLOADED.has(code)) return 'overloaded';
  if (MISCONFIGURED.has(code)) return 'misconfigured';
  // OpenSSL's and Node's codes for a certificate that is not to be trusted.
  if (/CERT|LEAF_SIGNATURE/.test(code)) return 'misconfigured';
  const { message } = error;
  if (code === '08P01' || code === 'XX000') {
    const said = SAID_BY_POOLERS.find(([words]) => words.test(message))?.[1];
    return said ?? (code === '08P01' ? 'misconfigured' : 'other');
  }
  if (message.includes('due to connection timeout') || message.includes('is not queryable')) return 'not-sent';
  if (message.includes('timeout exceeded when trying to connect')) return 'overloaded';
  if (message.includes('does not support SSL')) return 'misconfigured';
  if (message.includes('error establishing an SSL connection')) return 'not-sent';
  if (/Connection terminated|Client was closed/.test(message)) return 'interrupted';
  return 'other';
}
