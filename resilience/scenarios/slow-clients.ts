import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { say } from '../../rehearsal/process/progress.ts';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { createSecret } from '../../rehearsal/process/credentials.ts';
import { startService } from '../../rehearsal/process/service-process.ts';
import { exchange, isSuccess, type Exchange } from '../load/timed-request.ts';
import { type Ground, serviceSettings } from '../trial/test-environment.ts';
import { mintToken } from '../load/user-load.ts';
import type { Figures, Scenario } from '../trial/scenario.ts';
import { judgeCut, judgeKept, openSlowClients } from '../load/slow-connections.ts';
import { startWatch } from '../load/monitor.ts';

/** The longest bound of the service is 20 s; it looks every 2 s, and the machine may be busy. */
const LASTS_MS = 30_000;
/** What others may wait meanwhile. */
const PROMPT_MS = 5_000;
/** The memory of a small instance. */
const MOST_MEMORY_MB = 512;
const SETTLING_MS = 2_000;

export const slowClients: Scenario = {
  name: 'slow-clients',
  title: '10,000 idle connections, 1,000 slow requests, 20 clients that send 100 requests and read nothing',
  run,
};

async function run(ground: Ground): Promise<Figures> {
  const { directory, leash, signal } = ground;
  await using scope = new AsyncDisposableStack();
  await ground.postgres.start();
  const jwtSecret = createSecret();
  const environment = serviceSettings(ground, jwtSecret);
  const service = await startService({ repository, environment, logFile: path.join(directory, 'slow-clients.log'), leash });
  scope.defer(async () => void (await service.stop()));
  const token = mintToken(randomBytes(16).toString('hex'), jwtSecret);
  await fill(service.port, token);
  const watch = startWatch(service.port, jwtSecret);
  scope.defer(() => watch.abandon());
  await sleep(SETTLING_MS, undefined, { signal });
  const before = await memoryOf(service.pid);

  const clients = await openSlowClients(service.port, token);
  scope.defer(() => clients.close());
  let peak = 0;
  for (const end = performance.now() + LASTS_MS; performance.now() < end; await sleep(500, undefined, { signal })) {
    peak = Math.max(peak, await memoryOf(service.pid));
  }
  const breaches = [...judgeCut(clients.all), ...(await judgeKept(clients.all))];
  await watch.stop();
  say(`slow-clients: ${clients.all.length} connections; the service took ${before} MB before, ${peak} MB at most`);
  clients.close();
  const { code, signal: by } = await service.stop();

  const all = [...watch.probes, ...watch.health, ...watch.liveness];
  const late = all.filter((one) => !isSuccess(one) || lengthOf(one) > PROMPT_MS);
  const failed = watch.probes.filter((one) => !isSuccess(one));
  return {
    requests: watch.probes.length,
    succeeded: watch.probes.length - failed.length,
    unavailable: failed.filter(({ outcome }) => outcome === 503).length,
    other: failed.filter(({ outcome }) => outcome !== 503).length,
    slowestMs: Math.max(...all.map(lengthOf)),
    acknowledged: 0,
    lost: 0,
    doubled: 0,
    recoveryMs: 0,
    healthWrong: watch.health.filter((one) => !isSuccess(one)).length,
    breaches: [
      ...breaches,
      ...(late.length === 0 ? [] : [`${late.length} requests of others failed or took longer than ${PROMPT_MS} ms`]),
      ...(peak > MOST_MEMORY_MB ? [`the service took ${peak} MB (bound: ${MOST_MEMORY_MB} MB)`] : []),
      ...(code === 0 ? [] : [`the process did not stop in order: ${by ?? `exit code ${code}`}`]),
    ],
  };
}

/** 100 tasks as long as they may be: a list of them has 300 KB. */
async function fill(port: number, token: string): Promise<void> {
  const agent = new Agent();
  for (let index = 0; index < 100; index += 1) {
    const json = { title: `task ${index}`, description: '€'.repeat(1_000) };
    const { outcome } = await exchange({ port, agent, method: 'POST', path: '/api/v1/tasks', token, json });
    if (outcome !== 201) throw new Error(`a task was not created: ${outcome}`);
  }
}

/** In MB. */
async function memoryOf(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Math.round(Number(stdout) / 1024);
}

function lengthOf({ began, ended }: Exchange): number {
  return ended - began;
}
