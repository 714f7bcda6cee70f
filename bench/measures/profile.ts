import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { preferThisNode } from '../../rehearsal/process/repository-root.ts';
import { listenForTermination } from '../../rehearsal/process/termination.ts';
import { STANDARD } from '../host/population.ts';
import { type Ground, openGround } from '../host/bench-environment.ts';
import { cpuOf, untilIdle } from '../host/processes.ts';
import { type CpuProfile, ownersOfLines, type Profiled, renderProfile, sharesOf } from './profile-table.ts';
import { say } from '../host/bench-progress.ts';
import { requestsOf } from '../host/benchmark-routes.ts';
import { findWrk, load, writeScript } from '../host/wrk.ts';

// Where the processor time of the list goes, in this build or in several: npm run profile [-- name=bundle ...]
// A bundle is what `npm run build` made in this clone or in another one: the file with the code.

/** Finer samples slow what they are taken of. */
const INTERVAL_MICROSECONDS = 400;
const CONNECTIONS = 100;
const WARM_UP_SECONDS = 4;
const SECONDS = 15;
/** Of a request: what takes less is not worth a line. */
const LEAST_MICROSECONDS = 5;

async function profileOf(name: string, bundle: string, ground: Ground): Promise<Profiled> {
  const directory = path.join(ground.directory, `profile-of-${name}`);
  await mkdir(directory);
  const flags = `--cpu-prof --cpu-prof-interval ${INTERVAL_MICROSECONDS} --cpu-prof-dir '${directory}'`;
  await writeFile(path.join(directory, 'Procfile'), `web: node ${flags} '${bundle}'\n`);
  const server = await ground.start({ name, title: name, directory }, await ground.filled('standard', [STANDARD]));
  let cpuMicroseconds = Number.NaN;
  try {
    const script = await writeScript(path.join(ground.directory, 'list.lua'), requestsOf('list', ground));
    const under = { port: server.port, script, connections: CONNECTIONS, signal: ground.signal };
    await load(findWrk(), { ...under, seconds: WARM_UP_SECONDS });
    await untilIdle(server.pid);
    const before = await cpuOf(server.pid);
    const { requests } = await load(findWrk(), { ...under, seconds: SECONDS });
    cpuMicroseconds = ((await cpuOf(server.pid)) - before) / requests;
  } finally {
    await server.stop();
  }
  const [file] = (await readdir(directory)).filter((each) => each.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error(`${name} left no profile: it has not ended in order`);
  const profile = JSON.parse(await readFile(path.join(directory, file), 'utf8')) as CpuProfile;
  return { name, cpuMicroseconds, shares: sharesOf(profile, ownersOfLines(await readFile(bundle, 'utf8'))) };
}

/** @throws saying how it is called */
function chooseBuilds(args: readonly string[]): { name: string; bundle: string }[] {
  return (args.length === 0 ? ['service=dist/service.js'] : args).map((argument) => {
    const [, name, bundle] = /^([\w-]+)=(.+)$/.exec(argument) ?? [];
    if (name === undefined || bundle === undefined) throw new Error(`${argument}: write name=bundle, such as before=../before/dist/service.js`);
    return { name, bundle: path.resolve(bundle) };
  });
}

async function main(args: readonly string[]): Promise<void> {
  const builds = chooseBuilds(args);
  preferThisNode();
  const ground = await openGround(listenForTermination());
  try {
    const profiled: Profiled[] = [];
    for (const { name, bundle } of builds) {
      say(`profile: ${name}`);
      profiled.push(await profileOf(name, bundle, ground));
    }
    process.stdout.write(`${renderProfile(profiled, LEAST_MICROSECONDS)}\n`);
  } finally {
    await ground.close();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
