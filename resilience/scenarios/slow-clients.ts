import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { createSecret, signToken } from '../../rehearsal/process/credentials.ts';
import { describeExit } from '../../rehearsal/process/end-process.ts';
import { report } from '../../rehearsal/process/progress.ts';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { startService } from '../../rehearsal/process/service-process.ts';
import { countOutcomes } from '../judgment/count-outcomes.ts';
import { startMonitor } from '../load/monitor.ts';
import { judgeClosed, judgeOpen, openSlowClients } from '../load/slow-connections.ts';
import { durationOf, isSuccess, sendTimed } from '../load/timed-request.ts';
import type { Scenario, ScenarioFigures } from '../trial/scenario.ts';
import { serviceSettings, type TestEnvironment } from '../trial/test-environment.ts';

/** The longest bound of the service is 20 s; it checks every 2 s, and the machine may be busy. */
const LASTS_MS = 30_000;
/** How long other clients may wait meanwhile. */
const PROMPT_MS = 5_000;
/** The memory of a small instance. */
const MOST_MEMORY_MB = 512;
const SETTLING_MS = 2_000;

export const slowClients: Scenario = {
  name: 'slow-clients',
  title: '10,000 idle connections, 1,000 slow requests, 20 clients that send 100 requests and read nothing',
  run,
};

async function run(environment: TestEnvironment): Promise<ScenarioFigures> {
  const { directory, watchdog, signal } = environment;
  await using scope = new AsyncDisposableStack();
  await environment.postgres.start();
  const jwtSecret = createSecret();
  const settings = serviceSettings(environment, jwtSecret);
  const service = await startService({ repository, settings, logFile: path.join(directory, 'slow-clients.log'), watchdog });
  scope.defer(async () => void (await service.stop()));
  const token = signToken(randomBytes(16).toString('hex'), jwtSecret, '1h');
  await createLargeTasks(service.port, token);
  const monitor = startMonitor(service.port, jwtSecret);
  scope.defer(() => monitor.abandon());
  await sleep(SETTLING_MS, undefined, { signal });
  const before = await memoryOf(service.pid);

  const clients = await openSlowClients(service.port, token);
  scope.defer(() => clients.close());
  let peak = 0;
  for (const end = performance.now() + LASTS_MS; performance.now() < end; await sleep(500, undefined, { signal })) {
    peak = Math.max(peak, await memoryOf(service.pid));
  }
  const breaches = [...judgeClosed(clients.all), ...(await judgeOpen(clients.all))];
  await monitor.stop();
  report(`slow-clients: ${clients.all.length} connections; the service used ${before} MB before, ${peak} MB at most`);
  clients.close();
  const exit = await service.stop();

  const all = [...monitor.probes, ...monitor.health, ...monitor.liveness];
  const late = all.filter((request) => !isSuccess(request) || durationOf(request) > PROMPT_MS);
  return {
    ...countOutcomes(monitor.probes),
    slowestMs: Math.max(...all.map(durationOf)),
    acknowledged: 0,
    lost: 0,
    doubled: 0,
    recoveryMs: 0,
    healthWrong: monitor.health.filter((request) => !isSuccess(request)).length,
    breaches: [
      ...breaches,
      ...(late.length === 0 ? [] : [`${late.length} requests of other clients failed or took longer than ${PROMPT_MS} ms`]),
      ...(peak > MOST_MEMORY_MB ? [`the service used ${peak} MB (bound: ${MOST_MEMORY_MB} MB)`] : []),
      ...(exit.code === 0 ? [] : [`the process did not stop cleanly: ${describeExit(exit)}`]),
    ],
  };
}

/** 100 tasks of maximum length, which make a list of 300 KB. */
async function createLargeTasks(port: number, token: string): Promise<void> {
  const agent = new Agent();
  for (let index = 0; index < 100; index += 1) {
    const json = { title: `task ${index}`, description: '€'.repeat(1_000) };
    const { outcome } = await sendTimed({ port, agent, method: 'POST', path: '/api/v1/tasks', token, json });
    if (outcome !== 201) throw new Error(`POST /api/v1/tasks: ${outcome}`);
  }
}

/** In MB. */
async function memoryOf(pid: number): Promise<number> {
  const { stdout } = await execa('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Math.round(Number(stdout) / 1024);
}
