import { setTimeout as sleep } from 'node:timers/promises';
import type { Health } from '../../contract/contract.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Evidence } from '../../gather/context.ts';

const OUTAGE_DEADLINE_MS = 10_000;
const RECOVERY_DEADLINE_MS = 20_000;
const ASK_AGAIN_MS = 150;

export const healthEvidence: Evidence<HealthEvidence> = { name: 'health', area: 'health', gather: gatherHealth };

export const outageEvidence: Evidence<OutageEvidence> = { name: 'outage', area: 'health', gather: gatherOutage };

export type HealthEvidence = {
  /** What the contract says of the answer. */
  properties: Health['properties'];
  time: Health['time'];
  first: Exchange;
  second: Exchange;
  head: Exchange;
  /** By a method that is safe, so that it changes nothing, and undocumented. */
  undocumented: Exchange;
  /** Ten calls at once, and the live check. */
  burst: readonly Exchange[];
  /** Absent where the contract has no such path; with what the contract says of its answer. */
  livez?: Exchange;
  livezProperties: Health['properties'];
  /** A write and a read, while health says connected, and the random text that was written. */
  roundTrip: readonly Exchange[];
  written: string;
};

export async function gatherHealth(context: GatherContext): Promise<HealthEvidence> {
  const { health, liveness } = context.contract;
  const ask = (purpose: string, method = 'GET', path = health.path): Promise<Exchange> =>
    context.http.send({ actor: 'anonymous', purpose, method, path });
  const first = await ask('health');
  const [head, undocumented, ...burst] = await Promise.all([
    ask('health by HEAD', 'HEAD'),
    ask('health by an undocumented method', 'PROPFIND'),
    ...Array.from({ length: 10 }, () => ask('one of ten at once')),
  ]);
  const livez = liveness === undefined ? undefined : await ask('liveness', 'GET', liveness.path);
  const canary = await context.objects.tryToCreate('tenant A', 'write while healthy');
  const read = await context.objects.read('tenant A', canary.id, 'read while healthy');
  const second = await ask('health again');
  return {
    properties: health.properties,
    time: health.time,
    first,
    second,
    head,
    undocumented,
    burst,
    ...(livez && { livez }),
    livezProperties: liveness?.properties ?? {},
    roundTrip: [canary.created, read],
    written: canary.text,
  };
}

export type OutageEvidence = {
  properties: Health['properties'];
  before: Exchange;
  /** The first health answer that was not 200, or the last one before the deadline. */
  during: Exchange;
  secondsToNotice: number;
  livez?: Exchange;
  tasks: Exchange;
  after: Exchange;
  afterTasks: Exchange;
  secondsToRecover: number;
  control: { stopped: boolean; started: boolean };
};

/** Takes the database away through the stage's own control and brings it back, whatever happens in between. */
export async function gatherOutage(context: GatherContext): Promise<OutageEvidence> {
  const control = context.target.outageControl;
  if (control === undefined) throw new Error('AUDIT_OUTAGE_CONTROL is not set.');
  const health = (purpose: string): Promise<Exchange> => context.http.send({ actor: 'anonymous', purpose, path: context.contract.health.path });
  const list = (purpose: string): Promise<Exchange> =>
    context.http.send({ actor: 'tenant A', purpose, path: context.contract.resource.list.path, headers: [['Origin', context.target.appOrigin]] });
  const before = await health('health before the outage');
  let started = false;
  try {
    const stopped = await command(control, 'stop');
    const noticing = Date.now();
    const during = await until(
      () => health('health while the database is away'),
      (exchange) => exchange.response?.status !== 200,
      OUTAGE_DEADLINE_MS,
    );
    const secondsToNotice = (Date.now() - noticing) / 1_000;
    const { liveness } = context.contract;
    const [tasks, livez] = await Promise.all([
      list('a list while the database is away'),
      liveness === undefined
        ? undefined
        : context.http.send({ actor: 'anonymous', purpose: 'liveness while the database is away', path: liveness.path }),
    ]);
    started = await command(control, 'start');
    const recovering = Date.now();
    const after = await until(
      () => health('health after the outage'),
      (exchange) => exchange.response?.status === 200,
      RECOVERY_DEADLINE_MS,
    );
    const afterTasks = await list('a list after the outage');
    return {
      properties: context.contract.health.properties,
      before,
      during,
      secondsToNotice,
      ...(livez && { livez }),
      tasks,
      after,
      afterTasks,
      secondsToRecover: (Date.now() - recovering) / 1_000,
      control: { stopped, started },
    };
  } finally {
    if (!started) await command(control, 'start');
  }
}

async function until(ask: () => Promise<Exchange>, enough: (exchange: Exchange) => boolean, deadlineMs: number): Promise<Exchange> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const exchange = await ask();
    if (enough(exchange) || Date.now() > deadline) return exchange;
    await sleep(ASK_AGAIN_MS);
  }
}

/** Tells the stage's outage control to take the database away or to bring it back; answers whether it did. Never throws. */
export async function command(control: string, what: 'stop' | 'start'): Promise<boolean> {
  const response = await fetch(`${control.replace(/\/$/, '')}/${what}`, { method: 'POST', signal: AbortSignal.timeout(30_000) }).catch(
    () => undefined,
  );
  return response?.ok === true;
}
