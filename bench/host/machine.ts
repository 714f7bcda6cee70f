import { readFile } from 'node:fs/promises';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { repository } from '../../rehearsal/process/repository-root.ts';

/** When and on what one part was measured. */
export type Circumstances = {
  readonly date: string;
  /** Of the clone, with a plus for uncommitted changes other than these results. */
  readonly commit: string;
  readonly machine: string;
  /** The load average over the minute before the run: well above 0, something else was running. */
  readonly loadBefore: number;
  readonly versions: Readonly<Record<string, string>>;
};

const PACKAGES = ['express', 'kysely', 'pg', 'fastify', 'hono', 'postgres'];

/**
 * @param loadBefore the load average before the run
 * @param others versions of everything but Node and its packages
 */
export async function describeCircumstances(loadBefore: number, others: Readonly<Record<string, string>>): Promise<Circumstances> {
  const packages = await Promise.all(PACKAGES.map(async (name) => [name, await versionOf(name)] as const));
  return {
    date: new Date().toISOString(),
    commit: await describeCommit(),
    machine: await describeMachine(),
    loadBefore,
    versions: { node: process.versions.node, ...Object.fromEntries(packages), ...others },
  };
}

async function describeMachine(): Promise<string> {
  const processors = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB of memory`;
  return `${processors.length} × ${processors[0]?.model.trim() ?? 'unknown processor'}, ${memory}, ${await describeSystem()}`;
}

async function describeSystem(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const name = /^PRETTY_NAME="?(.*?)"?$/m.exec(text)?.[1];
  return `${name ?? platform()} (${release()}, ${arch()})`;
}

async function describeCommit(): Promise<string> {
  const git = execa({ cwd: repository });
  try {
    const { stdout: commit } = await git('git', ['rev-parse', '--short=12', 'HEAD']);
    const { stdout: changes } = await git('git', ['status', '--porcelain', '--', '.', ':!bench/RESULTS.md']);
    return changes === '' ? commit : `${commit}+`;
  } catch {
    return 'unknown';
  }
}

/** Read from its file: not every package exports its package.json. */
async function versionOf(name: string): Promise<string> {
  const text = await readFile(path.join(repository, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
