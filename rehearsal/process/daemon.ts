import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { open } from 'node:fs/promises';
import pWaitFor from 'p-wait-for';
import { describeExit, endProcess, type ExitStatus, hasEnded } from './end-process.ts';
import { tailOf } from './log-tail.ts';
import type { Watchdog } from './watchdog.ts';

export type Daemon = {
  readonly child: ChildProcess;
  /** Sends the stop signal, or another one, then SIGKILL after the grace period. */
  stop(signal?: NodeJS.Signals): Promise<ExitStatus>;
};

export type DaemonOptions = Omit<SpawnOptions, 'detached' | 'stdio'> & {
  readonly watchdog: Watchdog;
  readonly stopSignal: 'INT' | 'TERM';
  readonly graceMs: number;
  /** Receives stdout and stderr. */
  readonly logFile: string;
};

/** Starts a process that runs until it is stopped, or until the watchdog finds this process gone. */
export async function spawnDaemon(
  command: string,
  args: readonly string[],
  { watchdog, stopSignal, graceMs, logFile, ...options }: DaemonOptions,
): Promise<Daemon> {
  const log = await open(logFile, 'w', 0o600);
  // Detached: the terminal's Ctrl-C reaches whole process groups, and a daemon must outlast what uses it.
  const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', log.fd, log.fd] });
  child.on('error', () => undefined);
  if (child.pid !== undefined) watchdog.watch(child.pid, stopSignal);
  await log.close();
  return {
    child,
    stop: async (signal = `SIG${stopSignal}`) => {
      const exit = await endProcess(child, signal, graceMs);
      if (child.pid !== undefined) watchdog.unwatch(child.pid);
      return exit;
    },
  };
}

export type Readiness = {
  /** Names the process in errors. */
  readonly name: string;
  readonly logFile: string;
  readonly deadlineMs: number;
  isReady(): Promise<boolean>;
  /** What the last poll found, for the error. */
  lastPoll?(): string;
};

/** Polls until the process is ready. @throws with the last lines of its log when it exits first or exceeds the deadline */
export async function untilReady(child: ChildProcess, { name, logFile, deadlineMs, isReady, lastPoll }: Readiness): Promise<void> {
  const fail = async (problem: string): Promise<never> => {
    throw new Error(`${name} ${problem}. Last output:\n${await tailOf(logFile)}`);
  };
  const details = (): string => (lastPoll === undefined ? '' : ` (${lastPoll()})`);
  await pWaitFor(
    async () => (await isReady()) || (hasEnded(child) && fail(`did not start: ${describeExit({ code: child.exitCode, signal: child.signalCode })}`)),
    { timeout: { milliseconds: deadlineMs, fallback: () => fail(`was not ready within ${deadlineMs / 1_000} s${details()}`) } },
  );
}
