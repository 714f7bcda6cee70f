import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pWaitFor from 'p-wait-for';
import { createSecret } from '../../rehearsal/process/credentials.ts';
import { describeExit, type ExitStatus } from '../../rehearsal/process/end-process.ts';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { startService } from '../../rehearsal/process/service-process.ts';
import { judgeTrial } from '../judgment/trial-bounds.ts';
import { startMonitor } from '../load/monitor.ts';
import { startUserLoad } from '../load/user-load.ts';
import type { DatabaseRoute } from './database-routes.ts';
import { countSessions, readTasks } from './database-sessions.ts';
import type { Scenario, ScenarioFigures } from './scenario.ts';
import { serviceSettings, type TestEnvironment } from './test-environment.ts';
import { endOf, RECOVERY_MS, type Timeline } from './timeline.ts';

/** Load before the fault. */
const BEFORE_MS = 1_000;
const REQUEST_DEADLINE_MS = 10_000;
/** Requests of each kind to observe after the recovery. */
const AFTERWARDS = 3;
const QUIET_DEADLINE_MS = 20_000;

export type TrialPlan<Route extends DatabaseRoute> = Omit<Scenario, 'run'> & {
  /** Settings of the service that differ from other trials. */
  readonly settings?: Readonly<Record<string, string>>;
  connect(environment: TestEnvironment): Promise<Route>;
  /** Causes the fault and ends it, while the service is under load. */
  injectFault(route: Route, environment: TestEnvironment): Promise<Timeline>;
};

export function trialScenario<Route extends DatabaseRoute>(plan: TrialPlan<Route>): Scenario {
  return { ...plan, run: (environment) => runTrial(environment, plan) };
}

/** Puts the service under load, injects a fault, and judges the responses, the log and the database. */
async function runTrial<Route extends DatabaseRoute>(
  environment: TestEnvironment,
  { name, settings: changes = {}, connect, injectFault }: TrialPlan<Route>,
): Promise<ScenarioFigures> {
  const { databaseUrl, watchdog, signal } = environment;
  await using scope = new AsyncDisposableStack();
  // A failed scenario may have left PostgreSQL stopped.
  await environment.postgres.start();
  const route = await connect(environment);
  scope.defer(() => route.close());
  signal.throwIfAborted();

  const jwtSecret = createSecret();
  const logFile = path.join(environment.directory, `${name}.log`);
  const settings = serviceSettings(environment, jwtSecret, { DATABASE_URL: route.url, ...changes });
  const service = await startService({ repository, settings, logFile, watchdog });
  scope.defer(async () => void (await service.stop()));
  let unexpectedExit: ExitStatus | undefined;
  void service.ended.then((exit) => (unexpectedExit = exit));

  const load = startUserLoad(service.port, jwtSecret);
  scope.defer(() => load.abandon());
  const monitor = startMonitor(service.port, jwtSecret);
  scope.defer(() => monitor.abandon());
  const kinds = [load.requests, monitor.probes, monitor.health, monitor.liveness];
  await sleep(BEFORE_MS, undefined, { signal });
  await waitForRequests(() => kinds.every((requests) => requests.length > 0), signal);
  const timeline = await injectFault(route, environment).catch((error: unknown) => {
    throw unexpectedExit === undefined ? error : new Error(`The service exited unexpectedly: ${describeExit(unexpectedExit)}`, { cause: error });
  });
  const recovered = endOf(timeline) + RECOVERY_MS;
  await waitForRequests(() => kinds.every((requests) => requests.filter(({ began }) => began > recovered).length >= AFTERWARDS), signal);
  await Promise.all([load.stop(), monitor.stop()]);

  const exitedUnexpectedly = unexpectedExit !== undefined;
  const exit = await service.stop();
  await route.close();
  await waitForNoSessions(databaseUrl);
  return judgeTrial({
    timeline,
    load: load.requests,
    probes: monitor.probes,
    health: monitor.health,
    liveness: monitor.liveness,
    writeLog: load.writeLog,
    rows: await readTasks(databaseUrl, load.users),
    exitedUnexpectedly,
    exit,
    log: await readFile(logFile, 'utf8'),
  });
}

/** Gives up silently: the judge reports missing requests. */
async function waitForRequests(areThere: () => boolean, signal: AbortSignal): Promise<void> {
  await pWaitFor(areThere, { interval: 50, signal, timeout: { milliseconds: REQUEST_DEADLINE_MS, fallback: () => undefined } });
}

/** A statement whose client is gone continues, and must end before the rows are counted. */
async function waitForNoSessions(databaseUrl: string): Promise<void> {
  const message = new Error(`Sessions of the stopped service remain after ${QUIET_DEADLINE_MS / 1000} s`);
  await pWaitFor(async () => (await countSessions(databaseUrl)) === 0, { interval: 50, timeout: { milliseconds: QUIET_DEADLINE_MS, message } });
}
