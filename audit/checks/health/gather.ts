import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Health } from '../../contract/contract.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { GatherContext } from '../../gather/context.ts';
import type { Evidence } from '../../gather/context.ts';

const OUTAGE_DEADLINE_MS = 10_000;
const RECOVERY_DEADLINE_MS = 20_000;
const ASK_AGAIN_MS = 150;

/** The longest that Retry-After is obeyed: databases wake in seconds. */
const LONGEST_WAKING_MS = 5_000;

export type WarmUpEvidence = {
  first: Exchange;
  ms: number;
  /** A private route without credentials, called where health did not respond at 200 or 503 with what the contract has. */
  challenged?: Exchange;
};

export const warmUpEvidence: Evidence<WarmUpEvidence> = { name: 'warm-up', area: 'preconditions', gather: gatherWarmUp };

export const healthEvidence: Evidence<HealthEvidence> = { name: 'health', area: 'health', gather: gatherHealth };

export const outageEvidence: Evidence<OutageEvidence> = { name: 'outage', area: 'health', gather: gatherOutage };

/** The first request of all: it wakes a database that sleeps, and asks once more where that takes longer than health waits. */
export async function gatherWarmUp({ contract, http }: Pick<GatherContext, 'contract' | 'http'>): Promise<WarmUpEvidence> {
  const at = Date.now();
  const ask = (purpose: string): Promise<Exchange> => http.send({ actor: 'anonymous', purpose, path: contract.health.path });
  let first = await ask('is it the API');
  if (first.response?.status === 503) {
    const seconds = Number(first.response.headers['retry-after']?.[0] ?? 1) || 1;
    await sleep(Math.min(seconds * 1_000, LONGEST_WAKING_MS));
    first = await ask('is it the API, now that its database may have woken');
  }
  const names = Object.keys(contract.health.properties);
  const known = names.filter((name) => first.response?.body.includes(`"${name}"`)).length;
  const isHealth = [200, 503].includes(first.response?.status ?? 0) && known >= Math.min(2, names.length);
  const ms = Date.now() - at;
  if (isHealth) return { first, ms };
  const challenged = await http.send({ actor: 'anonymous', purpose: 'is it the API, by a private route', path: contract.resource.list.path });
  return { first, ms, challenged };
}

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

const CONTROL_TIMEOUT_MS = 30_000;

/** Makes the stage's outage control stop or start the database. Never throws. @returns whether it did */
export function command(control: string, what: 'stop' | 'start'): Promise<boolean> {
  const url = new URL(`${control.replace(/\/$/, '')}/${what}`);
  const { request, Agent } = url.protocol === 'https:' ? https : http;
  return new Promise((resolve) => {
    // With its own agent: fetch and the global agent use the environment's proxy where Node was started with it.
    const agent = new Agent();
    request(url, { method: 'POST', agent, signal: AbortSignal.timeout(CONTROL_TIMEOUT_MS) }, (response) => {
      response.resume();
      resolve(response.statusCode !== undefined && response.statusCode >= 200 && response.statusCode < 300);
    })
      .on('error', () => resolve(false))
      .on('close', () => agent.destroy())
      .end();
  });
}
