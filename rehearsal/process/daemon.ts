import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import pWaitFor from 'p-wait-for';
import { describeExit, endProcess, type ExitStatus, hasEnded } from './end-process.ts';
import type { Watchdog } from './watchdog.ts';

/** A process that runs until it is stopped, or until the watchdog finds this process gone. */
export type Daemon = {
  readonly child: ChildProcess;
  /** Resolves when the process is gone, for whatever reason. */
  readonly exited: Promise<ExitStatus>;
  /** Sends the stop signal, or another one, then SIGKILL after the grace period. */
  stop(signal?: NodeJS.Signals): Promise<ExitStatus>;
};

export type DaemonOptions = Omit<SpawnOptions, 'detached' | 'stdio'> & {
  /** Names the process in errors. */
  readonly name: string;
  readonly watchdog: Watchdog;
  readonly stopSignal: 'INT' | 'TERM';
  readonly graceMs: number;
  /** Receives stdout and stderr. */
  readonly logFile: string;
  /** For the start. */
  readonly deadlineMs: number;
  isReady(): Promise<boolean>;
  /** What the last poll found, for the error. */
  lastPoll?(): string;
};

/**
 * Starts a daemon and polls until it is ready.
 * @throws with the last lines of its log when it exits first or exceeds the deadline; it is stopped then
 */
export async function startDaemon(command: string, args: readonly string[], options: DaemonOptions): Promise<Daemon> {
  const daemon = await spawnDaemon(command, args, options);
  try {
    await untilReady(daemon.child, options);
  } catch (error) {
    await daemon.stop();
    throw error;
  }
  return daemon;
}

async function spawnDaemon(command: string, args: readonly string[], options: DaemonOptions): Promise<Daemon> {
  const { watchdog, stopSignal, graceMs, logFile, cwd, env, uid, gid } = options;
  const log = await open(logFile, 'w', 0o600);
  // Detached: the terminal's Ctrl-C reaches whole process groups, and a daemon must outlast what uses it.
  const child = spawn(command, args, { cwd, env, uid, gid, detached: true, stdio: ['ignore', log.fd, log.fd] });
  child.on('error', () => undefined);
  if (child.pid !== undefined) watchdog.watch(child.pid, stopSignal);
  await log.close();
  return {
    child,
    exited: new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal }))),
    stop: async (signal = `SIG${stopSignal}`) => {
      const exit = await endProcess(child, signal, graceMs);
      if (child.pid !== undefined) {
        killGroup(child.pid);
        watchdog.unwatch(child.pid);
      }
      return exit;
    },
  };
}

/** A command that does not forward signals, such as npm, leaves the server it started running. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // The group is empty: the usual case.
  }
}

async function untilReady(child: ChildProcess, { name, logFile, deadlineMs, isReady, lastPoll }: DaemonOptions): Promise<void> {
  const fail = async (problem: string): Promise<never> => {
    throw new Error(`${name} ${problem}. Last output:\n${await tailOf(logFile)}`);
  };
  const details = (): string => (lastPoll === undefined ? '' : ` (${lastPoll()})`);
  await pWaitFor(
    async () => (await isReady()) || (hasEnded(child) && fail(`did not start: ${describeExit({ code: child.exitCode, signal: child.signalCode })}`)),
    { timeout: { milliseconds: deadlineMs, fallback: () => fail(`was not ready within ${deadlineMs / 1_000} s${details()}`) } },
  );
}

async function tailOf(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-20).join('\n') || '(no output)';
}

/** Makes start and stop of a daemon idempotent. They must not overlap. */
export function createRestartable(launch: () => Promise<Daemon>): { start(): Promise<void>; stop(signal?: NodeJS.Signals): Promise<void> } {
  let daemon: Daemon | undefined;
  async function stop(signal?: NodeJS.Signals): Promise<void> {
    await daemon?.stop(signal);
    daemon = undefined;
  }
  async function start(): Promise<void> {
    if (daemon !== undefined && !hasEnded(daemon.child)) return;
    await stop();
    daemon = await launch();
  }
  return { start, stop };
}
