import { type Logger, pino } from 'pino';

export type { Logger };

const MAX_CAUSES = 5;

/** JSON lines on stdout. No log call passes a credential; redaction is the second line of defense. */
export function createLog(level: string): Logger {
  return pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: {
      paths: ['*.authorization', '*.cookie', '*.password', '*.connectionString', 'authorization', 'cookie', 'password', 'connectionString'],
      censor: '[redacted]',
    },
    serializers: { err: (error: unknown) => describeError(error, 0) },
  });
}

/** The driver's errors have row values in `detail` and `where`, so only name, code, message and stack frames are logged. */
function describeError(error: unknown, depth: number): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  const inner = error instanceof AggregateError ? error.errors : error.cause === undefined ? [] : [error.cause];
  return {
    type: error.name,
    code,
    message: mayQuote(error.name, code) ? '[hidden: it may quote received values]' : error.message,
    // The first lines of a stack repeat the message.
    stack: error.stack?.split('\n').filter((line) => line.startsWith('    at ')),
    ...(inner.length > 0 && depth < MAX_CAUSES && { cause: inner.map((cause) => describeError(cause, depth + 1)) }),
  };
}

/** PostgreSQL's class 22 quotes the invalid value (invalid input syntax for type integer: "…"), some of Node's warnings quote a URL. */
function mayQuote(name: string, code: string | undefined): boolean {
  return name === 'DeprecationWarning' || (code !== undefined && /^22[0-9A-Z]{3}$/.test(code));
}
