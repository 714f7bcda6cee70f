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

const NOT_SENT = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', '57P03', '08001', '08004', '53300']);
const INTERRUPTED = new Set(['ECONNRESET', 'EPIPE', 'ETIMEDOUT', '57P01', '57P02', '08000', '08003', '08006']);
const ROLLED_BACK = new Set(['40001', '40P01']);
const OVERLOADED = new Set(['53400', '57014', '55P03']);
const MISCONFIGURED = new Set(['28P01', '28000', '3D000', '08P01', '3F000', '42P01', '42501']);

/**
 * Classifies an error of pg by SQLSTATE, socket code or, where pg gives neither, its message.
 * Neon's proxy reports its own errors as XX000. https://neon.com/docs/connect/connection-errors
 */
export function classifyFailure(error: unknown): Failure {
  if (!(error instanceof Error)) return 'other';
  if (error instanceof AggregateError) return classifyFailure(error.errors[0]);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (NOT_SENT.has(code)) return 'not-sent';
  if (ROLLED_BACK.has(code)) return 'rolled-back';
  if (INTERRUPTED.has(code)) return 'interrupted';
  if (OVERLOADED.has(code)) return 'overloaded';
  if (MISCONFIGURED.has(code)) return 'misconfigured';
  const { message } = error;
  if (message.includes('due to connection timeout') || message.includes('is not queryable') || message.includes("Couldn't connect to compute node"))
    return 'not-sent';
  if (message.includes('timeout exceeded when trying to connect')) return 'overloaded';
  if (/Connection terminated|Client was closed/.test(message)) return 'interrupted';
  if (code === 'XX000' && /password|endpoint|quota|project/i.test(message)) return 'misconfigured';
  return 'other';
}
