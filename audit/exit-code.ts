/** What the process ends with. */
export const EXIT_CODE = { proven: 0, failed: 1, 'not proven': 2, 'cannot start': 3 } as const;
/** By a signal, as Playwright and shells have it. */
export const INTERRUPTED = 130;

let said: keyof typeof EXIT_CODE | 'as Playwright says' | undefined;

/**
 * Playwright knows success and failure alone, and of its tests none fails. Which it was is said at the very end, when its own
 * tidying up is done; the last who says it counts. A success that nobody calls proven is none, and a failure stays one.
 */
export function endAs(reason: NonNullable<typeof said>): void {
  if (said === undefined) {
    process.once('exit', (code) => {
      if (said === 'as Playwright says' || said === 'proven' || said === undefined || code > EXIT_CODE.failed) return;
      process.exitCode = EXIT_CODE[said];
    });
  }
  said = reason;
}
