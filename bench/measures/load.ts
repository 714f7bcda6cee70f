import path from 'node:path';
import type { ServiceProcess } from '../../rehearsal/process/service-process.ts';
import type { BenchEnvironment } from '../host/bench-environment.ts';
import { report } from '../host/bench-progress.ts';
import { assertAgreement, assertRejectsBadTokens, assertRejectsInvalid, requestsOf, type RouteName, sample } from '../host/benchmark-routes.ts';
import { type Measurement, measureUnderLoad } from '../host/measured-load.ts';
import { type BenchServers, type Peer, service } from '../host/peers.ts';
import { STANDARD } from '../host/population.ts';
import { memoryOf } from '../host/processes.ts';
import { load, type WrkReport, writeScript } from '../host/wrk.ts';

/** How often and for how long each server is measured. */
export type Pace = {
  readonly rounds: number;
  /** Of one measurement. */
  readonly seconds: number;
  /** Before the first measurement: V8 compiles what runs often, which takes processor time at first. */
  readonly firstWarmUpSeconds: number;
  /** Before each measurement. */
  readonly warmUpSeconds: number;
};

/** Nine scenarios of each server. */
const PACE: Pace = { rounds: 5, seconds: 2, firstWarmUpSeconds: 12, warmUpSeconds: 1 };

export type LoadScenario = {
  readonly route: RouteName;
  readonly connections: number;
};

const SCENARIOS: readonly LoadScenario[] = [
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

export type ServerFigures = {
  readonly peer: string;
  readonly rounds: readonly Measurement[];
  /** Peak resident memory in MB. */
  readonly peakMb: number;
  /** Transactions of the database per second of load, warm-up included; null where servers share a database. */
  readonly queriesPerSecond: number | null;
};

export type LoadFigures = {
  readonly pace: Pace;
  readonly peers: readonly Pick<Peer, 'name' | 'title'>[];
  /** With a server that returns a constant of the length of a list, over 100 connections. */
  readonly generator: { readonly rounds: readonly WrkReport[]; readonly peakMb: number };
  readonly scenarios: readonly (LoadScenario & { readonly outcomes: readonly ServerFigures[] })[];
};

type RunningServer = {
  readonly peer: Peer;
  readonly database: string;
  readonly server: ServiceProcess;
  readonly transactionsBefore: number;
  readonly rounds: Measurement[];
  peakMb: number;
};

/**
 * Loads the servers in turn, round after round, so that other activity of the machine affects all of them. Each scenario starts
 * new servers for all its rounds, so that its memory figures reflect only this load.
 */
export async function measureLoad(environment: BenchEnvironment, { all: peers, constant }: BenchServers): Promise<LoadFigures> {
  const template = await environment.filled('standard', [STANDARD]);
  const setup = { environment, template, peers };
  const generator = await measureGenerator(constant, setup);
  const scenarios = [];
  for (const scenario of SCENARIOS) {
    report(`load: ${nameOf(scenario)}`);
    scenarios.push({ ...scenario, outcomes: await measureScenario(scenario, setup) });
  }
  return { pace: PACE, peers: peers.map(({ name, title }) => ({ name, title })), generator, scenarios };
}

export function nameOf({ route, connections }: LoadScenario): string {
  return `${route}, ${connections.toLocaleString('en')} ${connections === 1 ? 'connection' : 'connections'}`;
}

const WITHOUT_VALIDATION: ReadonlySet<string> = new Set(['baseline', 'baseline-pipelined']);

type LoadSetup = {
  readonly environment: BenchEnvironment;
  readonly template: string;
  readonly peers: readonly Peer[];
};

async function measureScenario(scenario: LoadScenario, setup: LoadSetup): Promise<ServerFigures[]> {
  const { environment, peers } = setup;
  const { route, connections } = scenario;
  const script = await writeScript(path.join(environment.directory, `${route}.lua`), requestsOf(route, environment));
  const running: RunningServer[] = [];
  try {
    for (const peer of peers) running.push(await startServer(peer, scenario, setup));
    for (const { server } of running)
      await load({ port: server.port, script, connections, seconds: PACE.firstWarmUpSeconds, signal: environment.signal });
    for (let round = 1; round <= PACE.rounds; round += 1) {
      const expected = await sampleOf(service.name, scenario, running, environment);
      for (const { peer, server, rounds } of running) {
        environment.signal.throwIfAborted();
        assertAgreement(route, peer.name, await sample(route, environment, server.port), expected);
        rounds.push(await measureUnderLoad(server, environment.databasePid, { ...PACE, script, connections, signal: environment.signal }));
      }
    }
    for (const one of running) one.peakMb = await memoryOf(one.server.pid, 'VmHWM');
  } finally {
    await Promise.all(running.map(({ server }) => server.stop()));
  }
  const outcomes = [];
  for (const one of running) outcomes.push(await finish(one, scenario, environment));
  return outcomes;
}

/** Writes must not grow the data of the next server, and transactions must be those of one server. */
function needsOwnDatabase({ route }: LoadScenario): boolean {
  return route !== 'list' && route !== 'read';
}

async function startServer(peer: Peer, scenario: LoadScenario, { environment, template }: LoadSetup): Promise<RunningServer> {
  const database = needsOwnDatabase(scenario) ? await environment.copy(template) : template;
  const transactionsBefore = needsOwnDatabase(scenario) ? await environment.transactions(database) : 0;
  const server = await environment.start(peer, database);
  try {
    await assertRejectsBadTokens(peer.name, environment, server.port);
    if (!WITHOUT_VALIDATION.has(peer.name)) await assertRejectsInvalid(peer.name, environment, server.port);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { peer, database, server, transactionsBefore, rounds: [], peakMb: 0 };
}

async function sampleOf(name: string, { route }: LoadScenario, running: readonly RunningServer[], environment: BenchEnvironment): Promise<unknown[]> {
  const found = running.find(({ peer }) => peer.name === name);
  if (found === undefined) throw new Error(`${name} is not one of the servers`);
  return sample(route, environment, found.server.port);
}

async function finish(
  { peer, database, transactionsBefore, rounds, peakMb }: RunningServer,
  scenario: LoadScenario,
  environment: BenchEnvironment,
): Promise<ServerFigures> {
  if (!needsOwnDatabase(scenario)) return { peer: peer.name, rounds, peakMb, queriesPerSecond: null };
  const transactions = (await environment.transactions(database)) - transactionsBefore;
  await environment.drop(database);
  const seconds = rounds.reduce((all, round) => all + round.seconds + PACE.warmUpSeconds, PACE.firstWarmUpSeconds);
  return { peer: peer.name, rounds, peakMb, queriesPerSecond: transactions / seconds };
}

/** @param constant a server with a constant response, which gives the generator's upper limit */
async function measureGenerator(constant: Peer, { environment, template }: LoadSetup): Promise<LoadFigures['generator']> {
  const server = await environment.start(constant, template);
  const script = await writeScript(path.join(environment.directory, 'constant.lua'), requestsOf('list', environment));
  const rounds: WrkReport[] = [];
  try {
    for (let round = 1; round <= PACE.rounds; round += 1) {
      environment.signal.throwIfAborted();
      rounds.push(await load({ port: server.port, script, connections: 100, seconds: PACE.seconds, signal: environment.signal }));
    }
    return { rounds, peakMb: await memoryOf(server.pid, 'VmHWM') };
  } finally {
    await server.stop();
  }
}
