import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { Run } from './report/run.ts';

const ROOT = path.join(import.meta.dirname, '..');
const PLAYWRIGHT = path.join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
const INHERITED = ['PATH', 'HOME', 'PLAYWRIGHT_BROWSERS_PATH', 'AUDIT_BROWSER', 'AUDIT_FIREFOX'];

/** Where an API is to be audited: a directory that goes with it, and the settings that lead there. */
type Stand = { directory: string; auditEnvironment: Readonly<Record<string, string>> };

export type AuditedStand = { code: number | null; output: string; run: Run };

/** The audit as a process, in a repository that has nothing to do with the API. */
export async function auditStand(
  context: TestContext,
  stand: Stand,
  settings: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): Promise<AuditedStand> {
  const child = startAudit(context, stand, settings, args);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  assert.ok(existsSync(runFileOf(stand)), `the run was not saved:\n${output}`);
  return { code, output, run: JSON.parse(readFileSync(runFileOf(stand), 'utf8')) as Run };
}

/** In a process group of its own, whose id is the child's. */
export function startAudit(
  context: TestContext,
  stand: Stand,
  settings: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
): ChildProcessByStdio<null, Readable, Readable> {
  const cwd = path.join(stand.directory, 'repository');
  if (!existsSync(cwd)) createRepository(cwd);
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.includes(name)));
  const child = spawn(process.execPath, [PLAYWRIGHT, 'test', '--config', path.join(ROOT, 'playwright.config.ts'), '--project=prod', ...args], {
    cwd,
    env: { ...own, ...stand.auditEnvironment, AUDIT_RUN: runFileOf(stand), AUDIT_REPORT: path.join(stand.directory, 'report.md'), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  context.after(() => child.kill('SIGINT'));
  return child;
}

function runFileOf({ directory }: Stand): string {
  return path.join(directory, 'run.json');
}

function createRepository(folder: string): void {
  const git = (...args: string[]): Buffer => execFileSync('git', args, { cwd: folder });
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'README.md'), 'Whoever runs the audit.\n');
  symlinkSync(path.join(ROOT, 'adr'), path.join(folder, 'adr'));
  git('init', '--quiet');
  git('add', '.');
  git('-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message', 'Begin');
}
