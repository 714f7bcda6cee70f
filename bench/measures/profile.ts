import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { preferThisNode } from '../../rehearsal/process/repository-root.ts';
import { runMain } from '../../rehearsal/process/run-main.ts';
import { listenForTermination } from '../../rehearsal/process/termination.ts';
import { type BenchEnvironment, openBenchEnvironment } from '../host/bench-environment.ts';
import { report } from '../host/bench-progress.ts';
import { requestsOf, type RouteName } from '../host/benchmark-routes.ts';
import { measureUnderLoad } from '../host/measured-load.ts';
import { STANDARD } from '../host/population.ts';
import { writeScript } from '../host/wrk.ts';
import { type CpuProfile, ownersOfLines, type Profiled, renderProfile, sharesOf } from './profile-table.ts';

// Profiles a route by package, in this build or in several: npm run profile [-- read|create|update|list] [name=bundle ...]
// A bundle is the file with the code that `npm run build` wrote in this clone or in another one.

/** A shorter interval slows the process. */
const INTERVAL_MICROSECONDS = 400;
const LOAD = { connections: 100, warmUpSeconds: 4, seconds: 15 };
/** Node writes a profile when a process exits by itself, which the peers do not at a signal. */
const EXIT_AT_SIGTERM = "data:text/javascript,process.on('SIGTERM',()=>process.exit())";
/** Packages below this share one line. */
const LEAST_MICROSECONDS = 5;

async function profileOf(name: string, bundle: string, route: RouteName, environment: BenchEnvironment): Promise<Profiled> {
  const directory = path.join(environment.directory, `profile-of-${name}`);
  await mkdir(directory);
  const flags = `--cpu-prof --cpu-prof-interval ${INTERVAL_MICROSECONDS} --cpu-prof-dir '${directory}'`;
  await writeFile(path.join(directory, 'Procfile'), `web: node --import "${EXIT_AT_SIGTERM}" ${flags} '${bundle}'\n`);
  // What one build writes must not grow the data of the next.
  const database = await environment.copy(await environment.filled('standard', [STANDARD]));
  const server = await environment.start({ name, title: name, directory }, database);
  let cpuMicroseconds = Number.NaN;
  try {
    const script = await writeScript(path.join(environment.directory, `${route}.lua`), requestsOf(route, environment));
    const measured = await measureUnderLoad(server, environment.databasePid, { ...LOAD, script, signal: environment.signal });
    cpuMicroseconds = measured.cpuMicroseconds ?? Number.NaN;
  } finally {
    await server.stop();
  }
  const [file] = (await readdir(directory)).filter((each) => each.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error(`${name} wrote no profile, because it did not exit cleanly`);
  const profile = JSON.parse(await readFile(path.join(directory, file), 'utf8')) as CpuProfile;
  return { name, cpuMicroseconds, shares: sharesOf(profile, ownersOfLines(await readFile(bundle, 'utf8'))) };
}

const ROUTES: readonly RouteName[] = ['list', 'read', 'create', 'update'];

/** @throws with the usage */
function chooseBuilds(args: readonly string[]): { name: string; bundle: string }[] {
  return (args.length === 0 ? ['service=dist/service.js'] : args).map((argument) => {
    const [, name, bundle] = /^([\w-]+)=(.+)$/.exec(argument) ?? [];
    if (name === undefined || bundle === undefined)
      throw new Error(`${argument}: give a route (${ROUTES.join(', ')}), or name=bundle, such as before=../before/dist/service.js`);
    return { name, bundle: path.resolve(bundle) };
  });
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const route = ROUTES.find((each) => each === args[0]);
  const builds = chooseBuilds(route === undefined ? args : args.slice(1));
  preferThisNode();
  const environment = await openBenchEnvironment(listenForTermination());
  try {
    const profiled: Profiled[] = [];
    for (const { name, bundle } of builds) {
      report(`profile: ${name}`);
      profiled.push(await profileOf(name, bundle, route ?? 'list', environment));
    }
    process.stdout.write(`${renderProfile(profiled, LEAST_MICROSECONDS)}\n`);
    return 0;
  } finally {
    await environment.close();
  }
}

await runMain(main, report);
