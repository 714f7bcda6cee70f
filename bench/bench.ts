import { writeFile } from 'node:fs/promises';
import { constants, loadavg, platform } from 'node:os';
import path from 'node:path';
import { preferThisNode, repository } from '../rehearsal/process/repository-root.ts';
import { listenForTermination, Terminated } from '../rehearsal/process/termination.ts';
import { measureAudit } from './measures/audit-time.ts';
import { measureCold } from './measures/cold.ts';
import { type Ground, openGround } from './host/bench-environment.ts';
import { measureGrowth } from './measures/growth.ts';
import { measureLoad } from './measures/load.ts';
import { type Circumstances, describeCircumstances } from './host/machine.ts';
import { type AllMeasured, type Figures, keep, type PartName, PARTS, readKept } from './measures/stored-figures.ts';
import { say } from './host/bench-progress.ts';
import { renderPart, renderResults } from './results.ts';
import { prepareServers, type Servers } from './host/servers.ts';
import { measureSoak } from './measures/soak.ts';
import { versionOfWrk } from './host/wrk.ts';

/** Figures of each part and what they are made with are kept between runs; git-ignored. */
const KEPT = path.join(repository, '.bench');
const RESULTS = path.join(import.meta.dirname, 'RESULTS.md');

const MEASURE: { readonly [Name in PartName]: (ground: Ground, servers: Servers) => Promise<Figures[Name]> } = {
  load: (ground, servers) => measureLoad(ground, servers),
  growth: (ground) => measureGrowth(ground),
  cold: (ground, servers) => measureCold(ground, servers.all),
  audit: (ground) => measureAudit(path.join(KEPT, 'audit'), ground.signal),
  soak: (ground) => measureSoak(ground),
};

/** Measures everything, or the parts that are named. */
async function main(names: readonly string[]): Promise<void> {
  const parts = chooseParts(names);
  if (platform() !== 'linux') throw new Error('processor time and memory are read from /proc, which only Linux has');
  const loadBefore = loadavg()[0] ?? Number.NaN;
  preferThisNode();
  const generator = parts.includes('load') ? { wrk: await versionOfWrk() } : {};
  const signal = listenForTermination();
  const servers = await prepareServers(KEPT);
  for (const line of servers.leftOut) say(line);
  const ground = await openGround(signal);
  try {
    const circumstances = await describeCircumstances(loadBefore, { postgresql: ground.version, ...generator, ...servers.versions });
    for (const name of parts) await measure(name, circumstances, ground, servers);
  } catch (error) {
    // What an interruption breaks off says so less clearly.
    signal.throwIfAborted();
    throw error;
  } finally {
    await ground.close();
  }
  await writeResults();
}

async function measure<Name extends PartName>(name: Name, circumstances: Circumstances, ground: Ground, servers: Servers): Promise<void> {
  const figures = await MEASURE[name](ground, servers);
  const measured = { circumstances, leftOut: servers.leftOut, figures };
  await keep(KEPT, name, measured);
  process.stdout.write(`${renderPart(name, measured)}\n`);
}

/** Where a part is missing, the results of an earlier run, here or elsewhere, say more than a page with gaps. */
async function writeResults(): Promise<void> {
  const kept = await readKept(KEPT);
  if (!isComplete(kept)) {
    const missing = PARTS.filter((name) => kept[name] === undefined);
    return say(`bench/RESULTS.md stays as it is: not measured in this clone yet: ${missing.join(', ')}`);
  }
  await writeFile(RESULTS, renderResults(kept));
  say('bench/RESULTS.md written');
}

function isComplete(kept: Partial<AllMeasured>): kept is AllMeasured {
  return PARTS.every((name) => kept[name] !== undefined);
}

/** @throws naming the parts there are */
function chooseParts(names: readonly string[]): readonly PartName[] {
  const unknown = names.filter((name) => !PARTS.some((part) => part === name));
  if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(', ')}. There are ${PARTS.join(', ')}; without a name all are measured`);
  return names.length === 0 ? PARTS : PARTS.filter((part) => names.includes(part));
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  // A shell's convention for a command that a signal has ended.
  process.exitCode = error instanceof Terminated ? 128 + constants.signals[error.signal] : 1;
}
