import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { repository } from '../../rehearsal/process/repository-root.ts';

const run = promisify(execFile);

/** What the figures of one part were measured on, when, and of which code. */
export type Circumstances = {
  readonly date: string;
  /** Of the clone, with a plus where files had been changed since: these results aside. */
  readonly commit: string;
  readonly machine: string;
  /** Processes that wanted to run, on average over the minute before the run: well above 0 something else was at work. */
  readonly loadBefore: number;
  readonly versions: Readonly<Record<string, string>>;
};

const PACKAGES = ['express', 'kysely', 'pg', 'fastify', 'hono', 'postgres'];

/**
 * @param loadBefore as the system told it before anything of this run had begun
 * @param others versions of what is neither Node nor one of its packages
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
  const git = async (...args: string[]): Promise<string> => (await run('git', args, { cwd: repository })).stdout.trim();
  try {
    return `${await git('rev-parse', '--short=12', 'HEAD')}${(await git('status', '--porcelain', '--', '.', ':!bench/RESULTS.md')) === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}

/** Read from its file: not every package lets its package.json be imported. */
async function versionOf(name: string): Promise<string> {
  const text = await readFile(path.join(repository, 'node_modules', name, 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
