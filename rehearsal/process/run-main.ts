import { constants } from 'node:os';
import { messageOf } from './progress.ts';
import { Terminated } from './termination.ts';

/**
 * Runs a program and sets its exit code: what `main` returns, 1 for an error, and 128 plus the number of the signal that ended it.
 * @param onTermination the message of a program that a signal ends normally, with exit code 0
 */
export async function runMain(main: () => Promise<number>, report: (line: string) => void, onTermination?: string): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    const { signal } = error instanceof Terminated ? error : {};
    const isNormal = signal !== undefined && onTermination !== undefined;
    report(isNormal ? onTermination : messageOf(error));
    process.exitCode = isNormal ? 0 : signal === undefined ? 1 : 128 + constants.signals[signal];
  }
}
