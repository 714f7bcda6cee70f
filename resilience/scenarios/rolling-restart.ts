import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecret } from '../../rehearsal/process/credentials.ts';
import { describeExit, type ExitStatus } from '../../rehearsal/process/end-process.ts';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { startService, type ServiceProcess } from '../../rehearsal/process/service-process.ts';
import { createCertificates } from '../../rehearsal/stand-ins/edge/certificates.ts';
import { startEdge, type Edge } from '../../rehearsal/stand-ins/edge/edge.ts';
import { countOutcomes } from '../judgment/count-outcomes.ts';
import { summarize } from '../judgment/summarize.ts';
import { CONNECTIONS, REQUESTS, startSaturatingLoad, type SaturatingLoad } from '../load/saturating-load.ts';
import { isSuccess } from '../load/timed-request.ts';
import { compareWithWriteLog, type TaskRow } from '../load/write-log.ts';
import { readTasks } from '../trial/database-sessions.ts';
import type { Scenario, ScenarioFigures } from '../trial/scenario.ts';
import { serviceSettings, type TestEnvironment } from '../trial/test-environment.ts';

/** Railway switches before it signals; other platforms signal before the switch has reached their whole edge. */
const RESTARTS = ['switch first', 'signal first', 'switch first', 'signal first'] as const;
const SWITCH_AFTER_SIGNAL_MS = 300;

type Restart = {
  readonly signaled: number;
  readonly exit: ExitStatus;
};

export const rollingRestart: Scenario = {
  name: 'rolling-restart',
  title: `${RESTARTS.length} replacements behind the edge, ${CONNECTIONS} connections`,
  run,
};

async function run(environment: TestEnvironment): Promise<ScenarioFigures> {
  const { databaseUrl, directory, watchdog, signal } = environment;
  await using scope = new AsyncDisposableStack();
  await environment.postgres.start();
  const jwtSecret = createSecret();
  const settings = serviceSettings(environment, jwtSecret, { TRUST_PROXY: '2' });
  const logFiles: string[] = [];
  async function startOne(): Promise<ServiceProcess> {
    const logFile = path.join(directory, `rolling-restart-${logFiles.length}.log`);
    logFiles.push(logFile);
    const service = await startService({ repository, settings, logFile, watchdog });
    scope.defer(async () => void (await service.stop()));
    return service;
  }

  let current = await startOne();
  const certificates = await createCertificates(directory);
  const edge = await startEdge({ ...certificates, servicePort: current.port });
  scope.defer(() => edge.close());
  signal.throwIfAborted();
  const load = startSaturatingLoad(edge.port, await readFile(certificates.authorityFile), jwtSecret);
  scope.defer(() => load.abandon());

  const restarts: Restart[] = [];
  for (const [index, order] of RESTARTS.entries()) {
    await load.reached(((index + 1) * REQUESTS) / (RESTARTS.length + 1), signal);
    const replacement = await startOne();
    restarts.push(await replace(edge, current, replacement, order));
    current = replacement;
  }
  await load.reached(REQUESTS, signal);
  const last = await current.stop();

  const exits = [...restarts.map(({ exit }) => exit), last];
  const logs = await Promise.all(logFiles.map((file) => readFile(file, 'utf8')));
  return judgeRestarts({ ...load, restarts, exits, logs, rows: await readTasks(databaseUrl, load.users) });
}

async function replace(edge: Edge, old: ServiceProcess, replacement: ServiceProcess, order: (typeof RESTARTS)[number]): Promise<Restart> {
  if (order === 'switch first') edge.forwardTo(replacement.port);
  const signaled = performance.now();
  const stopping = old.stop();
  if (order === 'signal first') {
    await sleep(SWITCH_AFTER_SIGNAL_MS);
    edge.forwardTo(replacement.port);
  }
  return { signaled, exit: await stopping };
}

type RestartObservations = Pick<SaturatingLoad, 'requests' | 'writeLog'> & {
  readonly restarts: readonly Restart[];
  readonly exits: readonly ExitStatus[];
  /** One for each process, in order. */
  readonly logs: readonly string[];
  readonly rows: readonly TaskRow[];
};

function judgeRestarts({ requests, writeLog, restarts, exits, logs, rows }: RestartObservations): ScenarioFigures {
  const failed = requests.filter((request) => !isSuccess(request));
  const { lost, doubled, unexpected } = compareWithWriteLog(writeLog, rows);
  const recoveries = restarts.map(({ signaled }) =>
    Math.min(...requests.filter((request) => request.began >= signaled && isSuccess(request)).map(({ ended }) => ended - signaled)),
  );
  return {
    ...countOutcomes(requests),
    acknowledged: requests.filter(({ outcome }) => outcome === 201).length,
    lost: lost.length,
    doubled: doubled.length,
    recoveryMs: Math.max(...recoveries),
    healthWrong: 0,
    breaches: [
      ...summarize(
        'requests failed',
        failed.map(({ what, outcome, ended }) => `${what}: ${outcome} ${placeAmong(restarts, ended)}`),
      ),
      ...summarize('processes did not exit with 0', exits.filter(({ code }) => code !== 0).map(describeExit)),
      ...summarize('acknowledged writes are lost', lost),
      ...summarize('rows are duplicates or match no request', [...doubled, ...unexpected]),
      ...judgeLogs(logs, requests.length),
    ],
  };
}

function judgeLogs(logs: readonly string[], requests: number): string[] {
  const served = logs.map((log) => log.split('\n').filter((line) => line.includes('"msg":"request"') && line.includes('"user_id":"')));
  const whileStopping = logs.map((log) => log.slice(log.indexOf('"msg":"stopping"')).match(/"msg":"request"/g)?.length ?? 0);
  const logged = served.flat().length;
  return [
    ...summarize(
      'log entries are warnings or errors',
      logs.flatMap((log) => log.split('\n').filter((line) => /^\{"level":"(warn|error|fatal)"/.test(line))),
    ),
    ...(logged === requests ? [] : [`${requests} requests were sent, and the logs have ${logged}`]),
    // Without this evidence the other bounds could hold only because nothing tested them.
    ...(served.every((lines) => lines.length > 0) ? [] : ['not observed, so nothing is proven: every process served requests']),
    ...(whileStopping.slice(0, -1).some((count) => count > 0)
      ? []
      : ['not observed, so nothing is proven: a replaced process responded while it stopped']),
  ];
}

function placeAmong(restarts: readonly Restart[], moment: number): string {
  const index = restarts.findLastIndex(({ signaled }) => signaled <= moment);
  const restart = restarts[index];
  return restart === undefined ? 'before the first signal' : `${((moment - restart.signaled) / 1000).toFixed(1)} s after signal ${index + 1}`;
}
