import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How a process ended: by its own exit code or by a signal. */
export type Ending = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
};

/** Whether the process is gone, or never came to be. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** Asks the process to end with `signal`, kills it when it has not within `graceMs`, and resolves when it is gone. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals, graceMs: number): Promise<Ending> {
  if (!hasEnded(child)) {
    const exited = once(child, 'exit');
    const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
    child.kill(signal);
    await exited;
    clearTimeout(kill);
  }
  return { code: child.exitCode, signal: child.signalCode };
}
