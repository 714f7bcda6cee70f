import { startDaemon } from './daemon.ts';
import type { ExitStatus } from './end-process.ts';
import { startOnFreePort } from './free-port.ts';
import { healthStatus } from './health-status.ts';
import { readWebCommand } from './procfile.ts';
import type { Watchdog } from './watchdog.ts';

const START_DEADLINE_MS = 20_000;
const STOP_GRACE_MS = 20_000;

export type ServiceOptions = {
  /** The directory with the Procfile. */
  readonly repository: string;
  /** The whole environment of the service, apart from PATH and PORT. */
  readonly settings: Readonly<Record<string, string>>;
  /** Receives the output of the service. */
  readonly logFile: string;
  readonly watchdog: Watchdog;
};

/** The healthy service, run as Railway would run it. */
export type ServiceProcess = {
  readonly port: number;
  readonly pid: number;
  /** Resolves when the process is gone, for whatever reason. */
  readonly ended: Promise<ExitStatus>;
  /** SIGTERM, then SIGKILL after 20 s. */
  stop(): Promise<ExitStatus>;
};

/**
 * Starts the Procfile's `web` line on a free port and waits for `GET /health` to return 200.
 * @throws with the last lines of its output when it exits, or is unhealthy for 20 s
 */
export async function startService({ repository, settings, logFile, watchdog }: ServiceOptions): Promise<ServiceProcess> {
  const [command, ...args] = await readWebCommand(repository);
  return startOnFreePort(async (port) => {
    let status: number | undefined;
    const { child, exited, stop } = await startDaemon(command, args, {
      name: 'The service',
      cwd: repository,
      env: { ...settings, PATH: process.env['PATH'], PORT: String(port) },
      logFile,
      watchdog,
      stopSignal: 'TERM',
      graceMs: STOP_GRACE_MS,
      deadlineMs: START_DEADLINE_MS,
      isReady: async () => (status = await healthStatus(port)) === 200,
      lastPoll: () => `GET /health: ${status ?? 'no response'}`,
    });
    return { port, pid: child.pid ?? 0, ended: exited, stop };
  });
}
