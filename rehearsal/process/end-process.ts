import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** How a process ended: with its own exit code or by a signal. */
export type ExitStatus = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
};

/** Whether the process has exited or could not be spawned. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
}

/** Sends `signal`, then SIGKILL after `graceMs`, and resolves when the process is gone. */
export async function endProcess(child: ChildProcess, signal: NodeJS.Signals, graceMs: number): Promise<ExitStatus> {
  if (!hasEnded(child)) {
    const exited = once(child, 'exit');
    const kill = setTimeout(() => child.kill('SIGKILL'), graceMs);
    child.kill(signal);
    await exited;
    clearTimeout(kill);
  }
  return { code: child.exitCode, signal: child.signalCode };
}

export function describeExit({ code, signal }: ExitStatus): string {
  return signal ?? (code === null ? 'not found' : `exit code ${code}`);
}
