import { type Logger, pino } from 'pino';

export type { Logger };

/** JSON lines on stdout. Nothing logged should hold a credential; redaction is the second line of defence. */
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
    serializers: { err: describeError },
  });
}

/** Errors of the driver carry row values in `detail` and `where`: only name, code, message and stack are logged. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return { type: typeof error };
  const code = 'code' in error ? error.code : undefined;
  return {
    type: error.name,
    code,
    message: error.message,
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}
