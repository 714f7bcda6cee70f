import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { createSecret } from '../../rehearsal/process/credentials.ts';
import { startService } from '../../rehearsal/process/service-process.ts';
import type { Ending } from '../../rehearsal/process/end-process.ts';
import { describeEnding, judge } from '../judgment/trial-bounds.ts';
import { type Ground, serviceSettings } from './test-environment.ts';
import { startLoad } from '../load/user-load.ts';
import type { Figures } from './scenario.ts';
import { countSessions, readTasks } from './sessions.ts';
import { endOf, RECOVERY_MS, type Timeline } from './timeline.ts';
import { startWatch } from '../load/monitor.ts';

/** Load before the fault. */
const BEFORE_MS = 1_000;
/** How long everybody may take to have sent something before or after. */
const PATIENCE_MS = 10_000;
/** So many of each kind of request are seen when nothing may fail any more. */
const AFTERWARDS = 3;
const QUIET_DEADLINE_MS = 20_000;

/** How the service reaches the database: the URL it is given, and whatever stands behind that. */
export type Way = {
  readonly url: string;
  close(): Promise<void>;
};

export type Plan<Chosen extends Way> = {
  /** Names the log. */
  readonly name: string;
  /** Settings of the service besides those every trial has. */
  readonly settings?: Readonly<Record<string, string>>;
  open(ground: Ground): Promise<Chosen>;
  /** Does the damage and undoes it; the service is under load meanwhile. */
  disturb(way: Chosen, ground: Ground): Promise<Timeline>;
};

/** Starts the service, puts it under load, disturbs it, and judges what was seen. */
export async function runTrial<Chosen extends Way>(ground: Ground, { name, settings = {}, open, disturb }: Plan<Chosen>): Promise<Figures> {
  const { databaseUrl, leash, signal } = ground;
  await using scope = new AsyncDisposableStack();
  // A scenario that failed may have left it stopped.
  await ground.postgres.start();
  const way = await open(ground);
  scope.defer(() => way.close());
  signal.throwIfAborted();

  const jwtSecret = createSecret();
  const logFile = path.join(ground.directory, `${name}.log`);
  const environment = serviceSettings(ground, jwtSecret, { DATABASE_URL: way.url, ...settings });
  const service = await startService({ repository, environment, logFile, leash });
  scope.defer(async () => void (await service.stop()));
  let endedByItself: Ending | undefined;
  void service.ended.then((how) => (endedByItself = how));

  const load = startLoad(service.port, jwtSecret);
  scope.defer(() => load.abandon());
  const watch = startWatch(service.port, jwtSecret);
  scope.defer(() => watch.abandon());
  const sides = [load.exchanges, watch.probes, watch.health, watch.liveness];
  await sleep(BEFORE_MS, undefined, { signal });
  await until(() => sides.every((exchanges) => exchanges.length > 0), signal);
  const timeline = await disturb(way, ground).catch((error: unknown) => {
    throw endedByItself === undefined ? error : new Error(`the service ended by itself: ${describeEnding(endedByItself)}`, { cause: error });
  });
  const settled = endOf(timeline) + RECOVERY_MS;
  await until(() => sides.every((exchanges) => exchanges.filter(({ began }) => began > settled).length >= AFTERWARDS), signal);
  await Promise.all([load.stop(), watch.stop()]);

  const ended = endedByItself;
  const ending = await service.stop();
  await way.close();
  await untilQuiet(databaseUrl);
  return judge({
    timeline,
    load: load.exchanges,
    probes: watch.probes,
    health: watch.health,
    liveness: watch.liveness,
    ledger: load.ledger,
    rows: await readTasks(databaseUrl, load.users),
    endedByItself: ended !== undefined,
    ending,
    log: await readFile(logFile, 'utf8'),
  });
}

/** What does not come in time is missed by the judge, who tells. */
async function until(condition: () => boolean, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!condition() && performance.now() < deadline) await sleep(50, undefined, { signal });
}

/** A statement whose client is gone runs on: what it does must be done before anybody counts. */
async function untilQuiet(databaseUrl: string): Promise<void> {
  const deadline = performance.now() + QUIET_DEADLINE_MS;
  while ((await countSessions(databaseUrl)) > 0) {
    if (performance.now() > deadline) throw new Error(`sessions of the stopped service are still there after ${QUIET_DEADLINE_MS / 1000} s`);
    await sleep(50);
  }
}
