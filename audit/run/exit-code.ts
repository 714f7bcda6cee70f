/** What the process ends with. */
export const EXIT_CODE = { proven: 0, failed: 1, 'not proven': 2, 'cannot start': 3 } as const;
/** By a signal, as Playwright and shells have it. */
export const INTERRUPTED = 130;

let said: keyof typeof EXIT_CODE | undefined;

/**
 * Playwright knows success and failure alone, and of its tests none fails. Which it was is said at the very end, when its own
 * tidying up is done; the last who says it counts. A failure stays one, and once a run has begun a success that nobody calls
 * proven is none.
 */
export function endAs(reason: keyof typeof EXIT_CODE): void {
  if (said === undefined) process.once('exit', settle);
  said = reason;
}

/** Codes of signals are left as they are, and so is the success of what audits nothing, such as a list of the checks. */
function settle(code: number): void {
  if (said === undefined || said === 'proven' || code > EXIT_CODE.failed) return;
  if (code === EXIT_CODE.failed || said !== 'cannot start') process.exitCode = EXIT_CODE[said];
}
