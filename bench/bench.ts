import { writeFile } from 'node:fs/promises';
import { loadavg, platform } from 'node:os';
import path from 'node:path';
import { preferThisNode, repository } from '../rehearsal/process/repository-root.ts';
import { runMain } from '../rehearsal/process/run-main.ts';
import { listenForTermination } from '../rehearsal/process/termination.ts';
import { type BenchEnvironment, openBenchEnvironment } from './host/bench-environment.ts';
import { report } from './host/bench-progress.ts';
import { type Circumstances, describeCircumstances } from './host/machine.ts';
import { type BenchServers, prepareServers } from './host/peers.ts';
import { versionOfWrk } from './host/wrk.ts';
import { measureAudit } from './measures/audit-time.ts';
import { measureCold } from './measures/cold.ts';
import { measureGrowth } from './measures/growth.ts';
import { measureLoad } from './measures/load.ts';
import { measureSoak } from './measures/soak.ts';
import { type AllMeasured, type PartFigures, type PartName, PARTS, readStoredFigures, storeFigures } from './measures/stored-figures.ts';
import { renderPart, renderResults } from './results.ts';

/** Figures of each part, and the prepared peers; git-ignored. */
const CACHE = path.join(repository, '.bench');
const RESULTS = path.join(import.meta.dirname, 'RESULTS.md');

const MEASURE: { readonly [Name in PartName]: (environment: BenchEnvironment, servers: BenchServers) => Promise<PartFigures[Name]> } = {
  load: (environment, servers) => measureLoad(environment, servers),
  growth: (environment) => measureGrowth(environment),
  cold: (environment, servers) => measureCold(environment, servers.all),
  audit: (environment) => measureAudit(path.join(CACHE, 'audit'), environment.signal),
  soak: (environment) => measureSoak(environment),
};

/** Measures all parts, or the named ones. */
async function main(): Promise<number> {
  const parts = chooseParts(process.argv.slice(2));
  if (platform() !== 'linux') throw new Error('Processor time and memory are read from /proc, which only Linux has');
  const loadBefore = loadavg()[0] ?? Number.NaN;
  preferThisNode();
  const generator = parts.includes('load') ? { wrk: await versionOfWrk() } : {};
  const signal = listenForTermination();
  const servers = await prepareServers(CACHE);
  for (const line of servers.leftOut) report(line);
  const environment = await openBenchEnvironment(signal);
  try {
    const circumstances = await describeCircumstances(loadBefore, { postgresql: environment.version, ...generator, ...servers.versions });
    for (const name of parts) await measure(name, circumstances, environment, servers);
  } catch (error) {
    // The errors of an interrupted measurement are less clear than the signal's reason.
    signal.throwIfAborted();
    throw error;
  } finally {
    await environment.close();
  }
  await writeResults();
  return 0;
}

async function measure<Name extends PartName>(
  name: Name,
  circumstances: Circumstances,
  environment: BenchEnvironment,
  servers: BenchServers,
): Promise<void> {
  const figures = await MEASURE[name](environment, servers);
  const measured = { circumstances, leftOut: servers.leftOut, figures };
  await storeFigures(CACHE, name, measured);
  process.stdout.write(`${renderPart(name, measured)}\n`);
}

/** Without all parts the existing results stay, which are more useful than a page with gaps. */
async function writeResults(): Promise<void> {
  const stored = await readStoredFigures(CACHE);
  if (!isComplete(stored)) {
    const missing = PARTS.filter((name) => stored[name] === undefined);
    return report(`bench/RESULTS.md is unchanged, because this clone has not measured: ${missing.join(', ')}`);
  }
  await writeFile(RESULTS, renderResults(stored));
  report('bench/RESULTS.md written');
}

function isComplete(stored: Partial<AllMeasured>): stored is AllMeasured {
  return PARTS.every((name) => stored[name] !== undefined);
}

/** @throws when a name is unknown */
function chooseParts(names: readonly string[]): readonly PartName[] {
  const unknown = names.filter((name) => !PARTS.some((part) => part === name));
  if (unknown.length > 0) throw new Error(`There is no part ${unknown.join(', ')}. There are: ${PARTS.join(', ')}. Name none to measure all.`);
  return names.length === 0 ? PARTS : PARTS.filter((part) => names.includes(part));
}

await runMain(main, report);
