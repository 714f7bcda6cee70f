import path from 'node:path';
import type { ServiceProcess } from '../../rehearsal/process/service-process.ts';
import { STANDARD } from '../host/population.ts';
import type { Ground } from '../host/bench-environment.ts';
import { type Peer, service } from '../peers/peers.ts';
import { cpuOf, memoryOf, untilIdle } from '../host/processes.ts';
import { say } from '../host/bench-progress.ts';
import { assertAgreement, assertRefusal, requestsOf, type RouteName, sample } from '../host/benchmark-routes.ts';
import type { Servers } from '../host/servers.ts';
import { findWrk, load, type Report, writeScript } from '../host/wrk.ts';

/** How often and how long each server is measured. */
export type Pace = {
  readonly rounds: number;
  /** Of one measurement. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
};

/** Six servers and nine scenarios come to 20 minutes. */
export const PACE: Pace = { rounds: 7, seconds: 2, warmUpSeconds: 1 };

export type Scenario = {
  readonly route: RouteName;
  readonly connections: number;
};

const SCENARIOS: readonly Scenario[] = [
  { route: 'list', connections: 1 },
  { route: 'list', connections: 10 },
  { route: 'list', connections: 100 },
  { route: 'list', connections: 500 },
  { route: 'read', connections: 100 },
  { route: 'create', connections: 100 },
  { route: 'update', connections: 100 },
  { route: 'health', connections: 1 },
  { route: 'health', connections: 1_000 },
];

/** One server in one round. */
export type Measurement = Report & {
  /** Processor time of the server's processes for one request, user and system, without PostgreSQL's; null where nothing was answered. */
  readonly cpuMicroseconds: number | null;
};

export type Outcome = {
  readonly peer: string;
  readonly rounds: readonly Measurement[];
  /** The most that was ever resident, in MB. */
  readonly peakMb: number;
  /** Transactions of the database for each second of load, of warming up too; null where servers share a database. */
  readonly queriesPerSecond: number | null;
};

export type LoadFigures = {
  readonly pace: Pace;
  readonly peers: readonly Pick<Peer, 'name' | 'title'>[];
  /** A server that answers a constant, as long as a list, over 100 connections. */
  readonly generator: { readonly rounds: readonly Report[]; readonly peakMb: number };
  readonly scenarios: readonly (Scenario & { readonly outcomes: readonly Outcome[] })[];
};

type Contestant = {
  readonly peer: Peer;
  readonly database: string;
  readonly server: ServiceProcess;
  readonly transactionsBefore: number;
  readonly rounds: Measurement[];
  peakMb: number;
};

/**
 * Loads the servers in turn, round after round, so that what else the machine does meets all of them. Each scenario starts its
 * servers anew and keeps them for all rounds: what it says of memory is of this load alone.
 */
export async function measureLoad(ground: Ground, { all: peers, constant }: Servers, pace: Pace = PACE): Promise<LoadFigures> {
  const wrk = findWrk();
  const template = await ground.filled('standard', [STANDARD]);
  const generator = await measureGenerator(constant, { ground, wrk, template, peers, pace });
  const scenarios = [];
  for (const scenario of SCENARIOS) {
    say(`load: ${nameOf(scenario)}`);
    scenarios.push({ ...scenario, outcomes: await measureScenario(scenario, { ground, wrk, template, peers, pace }) });
  }
  return { pace, peers: peers.map(({ name, title }) => ({ name, title })), generator, scenarios };
}

export function nameOf({ route, connections }: Scenario): string {
  return `${route}, ${connections.toLocaleString('en')} ${connections === 1 ? 'connection' : 'connections'}`;
}

type Setting = {
  readonly ground: Ground;
  readonly wrk: string;
  readonly template: string;
  readonly peers: readonly Peer[];
  readonly pace: Pace;
};

async function measureScenario(scenario: Scenario, setting: Setting): Promise<Outcome[]> {
  const { ground, peers, pace } = setting;
  const script = await writeScript(path.join(ground.directory, `${scenario.route}.lua`), requestsOf(scenario.route, ground));
  const contestants: Contestant[] = [];
  try {
    for (const peer of peers) contestants.push(await enter(peer, scenario, setting));
    for (let round = 1; round <= pace.rounds; round += 1) {
      const ofService = await sampleOf(service.name, scenario, contestants, ground);
      for (const { peer, server, rounds } of contestants) {
        ground.signal.throwIfAborted();
        assertAgreement(scenario.route, peer.name, await sample(scenario.route, ground, server.port), ofService);
        rounds.push(await measure(server, script, scenario.connections, setting));
      }
    }
    for (const contestant of contestants) contestant.peakMb = await memoryOf(contestant.server.pid, 'VmHWM');
  } finally {
    await Promise.all(contestants.map(({ server }) => server.stop()));
  }
  const outcomes = [];
  for (const contestant of contestants) outcomes.push(await conclude(contestant, scenario, setting));
  return outcomes;
}

/** What is written must not grow under the next server, and what a database counts must be one server's doing. */
function isOwn({ route }: Scenario): boolean {
  return route !== 'list' && route !== 'read';
}

async function enter(peer: Peer, scenario: Scenario, { ground, template }: Setting): Promise<Contestant> {
  const database = isOwn(scenario) ? await ground.copy(template) : template;
  const transactionsBefore = isOwn(scenario) ? await ground.transactions(database) : 0;
  const server = await ground.start(peer, database);
  try {
    await assertRefusal(peer.name, ground, server.port);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { peer, database, server, transactionsBefore, rounds: [], peakMb: 0 };
}

async function sampleOf(name: string, { route }: Scenario, contestants: readonly Contestant[], ground: Ground): Promise<unknown[]> {
  const found = contestants.find(({ peer }) => peer.name === name);
  if (found === undefined) throw new Error(`${name} is not among the servers`);
  return sample(route, ground, found.server.port);
}

async function measure({ port, pid }: ServiceProcess, script: string, connections: number, { wrk, ground, pace }: Setting): Promise<Measurement> {
  const under = { port, script, connections, signal: ground.signal };
  await load(wrk, { ...under, seconds: pace.warmUpSeconds });
  // wrk leaves without waiting for what is under way: that work belongs neither to this measurement nor to the next server's.
  await untilIdle(pid);
  const before = await cpuOf(pid);
  const report = await load(wrk, { ...under, seconds: pace.seconds });
  const spent = (await cpuOf(pid)) - before;
  await untilIdle(pid);
  return { ...report, cpuMicroseconds: report.requests === 0 ? null : spent / report.requests };
}

async function conclude({ peer, database, transactionsBefore, rounds, peakMb }: Contestant, scenario: Scenario, setting: Setting): Promise<Outcome> {
  if (!isOwn(scenario)) return { peer: peer.name, rounds, peakMb, queriesPerSecond: null };
  const transactions = (await setting.ground.transactions(database)) - transactionsBefore;
  await setting.ground.drop(database);
  const seconds = rounds.reduce((all, round) => all + round.seconds + setting.pace.warmUpSeconds, 0);
  return { peer: peer.name, rounds, peakMb, queriesPerSecond: transactions / seconds };
}

/** @param constant answers a constant: what the generator does not reach here it reaches nowhere */
async function measureGenerator(constant: Peer, { ground, wrk, template, pace }: Setting): Promise<LoadFigures['generator']> {
  const server = await ground.start(constant, template);
  const script = await writeScript(path.join(ground.directory, 'constant.lua'), requestsOf('list', ground));
  const rounds: Report[] = [];
  try {
    for (let round = 1; round <= pace.rounds; round += 1) {
      ground.signal.throwIfAborted();
      rounds.push(await load(wrk, { port: server.port, script, connections: 100, seconds: pace.seconds, signal: ground.signal }));
    }
    return { rounds, peakMb: await memoryOf(server.pid, 'VmHWM') };
  } finally {
    await server.stop();
  }
}
