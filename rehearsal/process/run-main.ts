import { constants } from 'node:os';
import { messageOf } from './progress.ts';
import { Terminated } from './termination.ts';

/** Sets the exit code to what `main` returns, to 1 for an error, and to 128 plus the number of the signal that ended the run. */
export async function runMain(main: () => Promise<number>, report: (line: string) => void): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    report(messageOf(error));
    process.exitCode = error instanceof Terminated ? 128 + constants.signals[error.signal] : 1;
  }
}
