import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Health } from '../../contract/health.ts';
import type { Exchange } from '../../model/exchange.ts';
import type { Evidence, GatherContext } from '../../gather/context.ts';

const OUTAGE_DEADLINE_MS = 10_000;
const RECOVERY_DEADLINE_MS = 20_000;
const POLL_AGAIN_MS = 150;

export type HealthEvidence = {
  /** As the contract documents the response. */
  properties: Health['properties'];
  time: Health['time'];
  first: Exchange;
  second: Exchange;
  head: Exchange;
  /** By an undocumented method that is safe, so that it changes nothing. */
  undocumented: Exchange;
  /** Ten parallel requests. */
  burst: readonly Exchange[];
  /** Absent where the contract has no liveness path. */
  livez?: Exchange;
  /** As the contract documents the liveness response. */
  livezProperties: Health['properties'];
  /** A write and a read before the second health request, and the random text that was written; neither without users. */
  roundTrip: readonly Exchange[];
  written: string;
};

export const healthEvidence: Evidence<HealthEvidence> = { name: 'health', area: 'health', gather: gatherHealth };

export const outageEvidence: Evidence<OutageEvidence> = { name: 'outage', area: 'health', alone: true, gather: gatherOutage };

export async function gatherHealth(context: GatherContext): Promise<HealthEvidence> {
  const { health, liveness } = documentedHealth(context);
  const request = (purpose: string, method = 'GET', path = health.path): Promise<Exchange> =>
    context.http.send({ actor: 'anonymous', purpose, method, path, once: true });
  const first = await request('health');
  const [head, undocumented, ...burst] = await Promise.all([
    request('health by HEAD', 'HEAD'),
    request('health by an undocumented method', 'PROPFIND'),
    ...Array.from({ length: 10 }, () => request('one of ten parallel health requests')),
  ]);
  const livez = liveness === undefined ? undefined : await request('liveness', 'GET', liveness.path);
  const { written, roundTrip } = 'none' in context.target.tenants ? { written: '', roundTrip: [] } : await writeAndRead(context);
  const second = await request('health again');
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
    roundTrip,
    written,
  };
}

async function writeAndRead({ objects }: GatherContext): Promise<Pick<HealthEvidence, 'roundTrip' | 'written'>> {
  const { id, text, created } = await objects.tryToCreate('tenant A', 'write while healthy');
  return { written: text, roundTrip: [created, await objects.read('tenant A', id, 'read while healthy')] };
}

export type OutageEvidence = {
  properties: Health['properties'];
  before: Exchange;
  /** The first health response other than 200, or the last one before the deadline. */
  during: Exchange;
  secondsToNotice: number;
  /** Absent where the contract has no liveness path. */
  livez?: Exchange;
  tasks: Exchange;
  after: Exchange;
  afterTasks: Exchange;
  secondsToRecover: number;
  control: { stopped: boolean; started: boolean };
};

/** Stops the database through the outage control, and starts it again whatever happens in between. */
export async function gatherOutage(context: GatherContext): Promise<OutageEvidence> {
  const control = context.target.outageControl;
  if (control === undefined) throw new Error('AUDIT_OUTAGE_CONTROL is not set.');
  const before = await requestHealth(context, 'health before the outage');
  let started = false;
  try {
    const stopped = await commandOutage(control, 'stop');
    const observed = await observeOutage(context);
    started = await commandOutage(control, 'start');
    const recovered = await observeRecovery(context);
    return { properties: documentedHealth(context).health.properties, before, ...observed, ...recovered, control: { stopped, started } };
  } finally {
    if (!started) await commandOutage(control, 'start');
  }
}

async function observeOutage(context: GatherContext): Promise<Pick<OutageEvidence, 'during' | 'secondsToNotice' | 'tasks' | 'livez'>> {
  const startedAt = Date.now();
  const requestStoppedList = (): Promise<Exchange> => requestList(context, 'list while the database is stopped');
  // At once, because an API may retry for seconds.
  const firstList = requestStoppedList();
  const during = await pollHealth(context, 'health while the database is stopped', (status) => status !== 200, OUTAGE_DEADLINE_MS);
  const secondsToNotice = (Date.now() - startedAt) / 1_000;
  const { liveness } = context.contract;
  const [tasks, livez] = await Promise.all([
    // It may have been sent while the control was still stopping the database.
    firstList.then((list) => (list.response?.status === 200 ? requestStoppedList() : list)),
    liveness && context.http.send({ actor: 'anonymous', purpose: 'liveness while the database is stopped', path: liveness.path, duringOutage: true }),
  ]);
  return { during, secondsToNotice, tasks, ...(livez && { livez }) };
}

async function observeRecovery(context: GatherContext): Promise<Pick<OutageEvidence, 'after' | 'afterTasks' | 'secondsToRecover'>> {
  const startedAt = Date.now();
  const after = await pollHealth(context, 'health after the outage', (status) => status === 200, RECOVERY_DEADLINE_MS);
  const afterTasks = await requestList(context, 'list after the outage');
  return { after, afterTasks, secondsToRecover: (Date.now() - startedAt) / 1_000 };
}

function requestHealth(context: GatherContext, purpose: string): Promise<Exchange> {
  return context.http.send({ actor: 'anonymous', purpose, path: documentedHealth(context).health.path, duringOutage: true });
}

function documentedHealth({ contract: { health, liveness } }: GatherContext): { health: Health; liveness: Health | undefined } {
  if (health === undefined) throw new Error('unreachable: these checks do not apply to an API without health');
  return { health, liveness };
}

/** Without the pause that a 503 asks for: the audit ended the outage itself. */
function requestList({ http, contract, target }: GatherContext, purpose: string): Promise<Exchange> {
  const headers = [['Origin', target.appOrigin]] as const;
  return http.send({ actor: 'tenant A', purpose, path: contract.resource.list.path, headers, duringOutage: true, unpaced: true });
}

async function pollHealth(
  context: GatherContext,
  purpose: string,
  isWanted: (status: number | undefined) => boolean,
  deadlineMs: number,
): Promise<Exchange> {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const exchange = await requestHealth(context, purpose);
    // An audit that ends must bring the database back without delay.
    if (isWanted(exchange.response?.status) || Date.now() > deadline || context.ending.aborted) return exchange;
    await sleep(POLL_AGAIN_MS);
  }
}

const CONTROL_TIMEOUT_MS = 30_000;

/** Commands the outage control of the stage to stop or start the database. Never throws. @returns whether it succeeded */
export function commandOutage(control: string, what: 'stop' | 'start'): Promise<boolean> {
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
