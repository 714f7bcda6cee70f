/** The exit codes of the process. */
export const EXIT_CODE = { proven: 0, failed: 1, 'not proven': 2, 'cannot start': 3 } as const;
/** After a signal, as with Playwright and shells. */
export const INTERRUPTED = 130;

let latest: keyof typeof EXIT_CODE | undefined;

/**
 * Playwright only exits with 0 or 1, so the code is set when the process exits, after Playwright's own teardown. The latest call
 * counts. A failure stays a failure, and a run that started exits with 0 only if it is proven.
 */
export function endAs(reason: keyof typeof EXIT_CODE): void {
  if (latest === undefined) process.once('exit', setExitCode);
  latest = reason;
}

/** Exit codes of signals stay, and so does the success of a command that audits nothing, such as `--list`. */
function setExitCode(code: number): void {
  if (latest === undefined || latest === 'proven' || code > EXIT_CODE.failed) return;
  if (code === EXIT_CODE.failed || latest !== 'cannot start') process.exitCode = EXIT_CODE[latest];
}
