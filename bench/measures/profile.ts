import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ServiceProcess } from '../../rehearsal/process/service-process.ts';
import { preferThisNode } from '../../rehearsal/process/repository-root.ts';
import { runMain } from '../../rehearsal/process/run-main.ts';
import { listenForTermination } from '../../rehearsal/process/termination.ts';
import { type BenchEnvironment, openBenchEnvironment } from '../host/bench-environment.ts';
import { report } from '../host/bench-progress.ts';
import { requestsOf, type RouteName } from '../host/benchmark-routes.ts';
import { measureUnderLoad } from '../host/measured-load.ts';
import { STANDARD } from '../host/population.ts';
import { cpuOf } from '../host/processes.ts';
import { writeScript } from '../host/wrk.ts';
import { type CpuProfile, meanOf, ownersOfLines, type Profiled, renderProfile, sharesOf } from './profile-table.ts';

// Profiles a route, or the start, by package, in this build or in several: npm run profile [-- read|create|update|list|start] [name=bundle ...]
// A bundle is the file that starts a server, which `npm run build` wrote in this clone or in another one, or the bench for a peer.

/** A shorter interval slows the process. */
const INTERVAL_MICROSECONDS = 400;
/** A start is brief. */
const INTERVAL_OF_START_MICROSECONDS = 100;
/** After one that fills the system's file cache. */
const STARTS = 5;
const LOAD = { connections: 100, warmUpSeconds: 4, seconds: 15 };
/** Node writes a profile when a process exits by itself, which the peers do not at a signal. */
const EXIT_AT_SIGTERM = "process.on('SIGTERM', () => process.exit());";
/** Packages below this share one line. */
const LEAST_MICROSECONDS = 10;
const LEAST_OF_START_MICROSECONDS = 2_000;

type Build = { readonly name: string; readonly bundle: string };

async function profileOfRoute(build: Build, route: RouteName, environment: BenchEnvironment): Promise<Profiled> {
  const script = await writeScript(path.join(environment.directory, `${route}.lua`), requestsOf(route, environment));
  return profileOf(build, 'load', INTERVAL_MICROSECONDS, environment, async (server) => {
    const measured = await measureUnderLoad(server, environment.databasePid, { ...LOAD, script, signal: environment.signal });
    return measured.cpuMicroseconds ?? Number.NaN;
  });
}

async function profileOfStart(build: Build, environment: BenchEnvironment): Promise<Profiled> {
  const starts: Profiled[] = [];
  for (let count = 0; count <= STARTS; count += 1) {
    const started = await profileOf(build, `start-${count}`, INTERVAL_OF_START_MICROSECONDS, environment, ({ pid }) => cpuOf(pid));
    if (count > 0) starts.push(started);
  }
  return meanOf(build.name, starts);
}

/** @param measure uses the server, and returns microseconds of processor time */
async function profileOf(
  { name, bundle }: Build,
  run: string,
  intervalMicroseconds: number,
  environment: BenchEnvironment,
  measure: (server: ServiceProcess) => Promise<number>,
): Promise<Profiled> {
  const directory = path.join(environment.directory, `profile-of-${name}-${run}`);
  await mkdir(directory);
  const exit = path.join(directory, 'exit-at-sigterm.cjs');
  await writeFile(exit, EXIT_AT_SIGTERM);
  const flags = `--require '${exit}' --cpu-prof --cpu-prof-interval ${intervalMicroseconds} --cpu-prof-dir '${directory}'`;
  await writeFile(path.join(directory, 'Procfile'), `web: node ${flags} '${bundle}'\n`);
  // What one build writes must not grow the data of the next.
  const database = await environment.copy(await environment.filled('standard', [STANDARD]));
  const server = await environment.start({ name, title: name, directory }, database);
  let cpuMicroseconds = Number.NaN;
  try {
    cpuMicroseconds = await measure(server);
  } finally {
    await server.stop();
  }
  const [file] = (await readdir(directory)).filter((each) => each.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error(`${name} wrote no profile, because it did not exit cleanly`);
  const profile = JSON.parse(await readFile(path.join(directory, file), 'utf8')) as CpuProfile;
  return { name, cpuMicroseconds, shares: sharesOf(profile, ownersOfLines(await readFile(codeOf(bundle), 'utf8'))) };
}

/** The service's `server.js` loads its code from `service.js` in the same directory. */
function codeOf(bundle: string): string {
  const loaded = path.join(path.dirname(bundle), 'service.js');
  return existsSync(loaded) ? loaded : bundle;
}

const ROUTES: readonly RouteName[] = ['list', 'read', 'create', 'update'];
const START = 'start';

/** @throws with the usage */
function chooseBuilds(args: readonly string[]): Build[] {
  return (args.length === 0 ? ['service=dist/server.js'] : args).map((argument) => {
    const [, name, bundle] = /^([\w-]+)=(.+)$/.exec(argument) ?? [];
    if (name === undefined || bundle === undefined)
      throw new Error(`${argument}: give a route (${ROUTES.join(', ')}), start, or name=bundle, such as before=../before/dist/server.js`);
    return { name, bundle: path.resolve(bundle) };
  });
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const profiles = [...ROUTES, START] as const;
  const chosen = profiles.find((each) => each === args[0]);
  const builds = chooseBuilds(chosen === undefined ? args : args.slice(1));
  preferThisNode();
  const environment = await openBenchEnvironment(listenForTermination());
  try {
    const profiled: Profiled[] = [];
    for (const build of builds) {
      report(`profile: ${build.name}`);
      profiled.push(await (chosen === START ? profileOfStart(build, environment) : profileOfRoute(build, chosen ?? 'list', environment)));
    }
    process.stdout.write(
      `${chosen === START ? renderProfile(profiled, 'start', LEAST_OF_START_MICROSECONDS) : renderProfile(profiled, 'request', LEAST_MICROSECONDS)}\n`,
    );
    return 0;
  } finally {
    await environment.close();
  }
}

await runMain(main, report);
