import { spawn, type ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess, hasEnded, type Ending } from './end-process.ts';
import { findFreePort, isPortFree } from './free-port.ts';
import { healthStatus } from './health-status.ts';
import type { Leash } from './watchdog.ts';
import { tailOf } from './log-tail.ts';
import { readWebCommand } from './procfile.ts';

const START_DEADLINE_MS = 20_000;
const STOP_GRACE_MS = 20_000;
const PORT_ATTEMPTS = 3;

export type ServiceOptions = {
  /** The directory with the Procfile. */
  readonly repository: string;
  /** All the service gets, besides PATH and PORT. */
  readonly environment: Readonly<Record<string, string>>;
  /** Receives what the service prints. */
  readonly logFile: string;
  readonly leash: Leash;
};

/** The service, healthy, as Railway would run it. */
export type ServiceProcess = {
  readonly port: number;
  readonly pid: number;
  /** Resolves when the process is gone, whoever ended it. */
  readonly ended: Promise<Ending>;
  /** SIGTERM; SIGKILL when it is still there after 20 s. */
  stop(): Promise<Ending>;
};

/**
 * Starts the Procfile's `web` line on a free port and waits for `GET /health` to answer 200.
 * @throws with the last lines it printed when it ends, or stays unhealthy for 20 s
 */
export async function startService(options: ServiceOptions): Promise<ServiceProcess> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const child = await launch(options, port);
    try {
      await untilHealthy(child, port, options.logFile);
      return present(child, port, options.leash);
    } catch (error) {
      const lostRace = hasEnded(child) && !(await isPortFree(port, '::'));
      await present(child, port, options.leash).stop();
      if (!lostRace || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function launch({ repository, environment, logFile, leash }: ServiceOptions, port: number): Promise<ChildProcess> {
  const [command, ...args] = await readWebCommand(repository);
  const log = await open(logFile, 'w', 0o600);
  // Detached: the terminal's Ctrl-C reaches whole process groups, and the service must outlast the audit.
  const child = spawn(command, args, {
    cwd: repository,
    detached: true,
    env: { ...environment, PATH: process.env['PATH'], PORT: String(port) },
    stdio: ['ignore', log.fd, log.fd],
  });
  child.on('error', () => undefined);
  if (child.pid !== undefined) leash.hold(child.pid, 'TERM');
  await log.close();
  return child;
}

function present(child: ChildProcess, port: number, leash: Leash): ServiceProcess {
  const ended = new Promise<Ending>((resolve) => {
    if (hasEnded(child)) resolve({ code: child.exitCode, signal: child.signalCode });
    else child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return {
    port,
    pid: child.pid ?? 0,
    ended,
    stop: async () => {
      const ending = await endProcess(child, 'SIGTERM', STOP_GRACE_MS);
      if (child.pid !== undefined) {
        killGroup(child.pid);
        leash.release(child.pid);
      }
      return ending;
    },
  };
}

/** A command that does not pass signals on, as npm does not, leaves the server it started behind. */
function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Nobody is left in it: the usual case.
  }
}

async function untilHealthy(child: ChildProcess, port: number, logFile: string): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  let status: number | undefined;
  while ((status = await healthStatus(port)) !== 200) {
    if (hasEnded(child)) {
      const how = child.signalCode ?? (child.exitCode === null ? 'not found' : `exit code ${child.exitCode}`);
      throw new Error(`the service ended before it was healthy (${how}). The last it printed:\n${await tailOf(logFile)}`);
    }
    if (Date.now() > deadline) {
      const answer = status === undefined ? 'no answer' : `status ${status}`;
      throw new Error(
        `the service was not healthy within ${START_DEADLINE_MS / 1000} s (${answer} from /health). The last it printed:\n${await tailOf(logFile)}`,
      );
    }
    await sleep(25);
  }
}
