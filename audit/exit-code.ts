/** What the process ends with. */
export const EXIT_CODE = { proven: 0, failed: 1, 'not proven': 2, 'cannot start': 3 } as const;
/** By a signal, as Playwright and shells have it. */
export const INTERRUPTED = 130;

/**
 * Playwright ends with 1 for whatever went wrong. Which it was is said at the very end, when its own tidying up is done;
 * the last who says it counts. A success is never made of a failure, nor the other way round.
 */
export function endAs(reason: Exclude<keyof typeof EXIT_CODE, 'proven'>): void {
  process.once('exit', (code) => {
    if (code === EXIT_CODE.failed) process.exitCode = EXIT_CODE[reason];
  });
}
