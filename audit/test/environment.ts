import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { startAudit, startScript, untilEnded } from '../runner/audit-process.ts';
import type { Run } from '../run/run.ts';

/** Options of a test that `npm test` skips, because it runs another whole audit of the same kind: `npm run prove` runs it. */
export const onlyInProve = { skip: process.env['WHOLE_AUDITS'] === 'true' ? false : 'npm run prove runs it' };

type Start = typeof startAudit;

/** Without Playwright, in which each failing check costs a new worker. */
export const startAuditScript: Start = ({ cwd, settings, args = [] }) =>
  startScript(path.join(import.meta.dirname, 'audit-without-playwright.ts'), args, { cwd, settings });

/** A deployment to audit: its directory, and the settings for it. */
type Deployment = { directory: string; auditEnvironment: Readonly<Record<string, string>> };

export type AuditedDeployment = { code: number | null; output: string; run: Run };

/** Runs the audit as a process, in a repository without the API. */
export async function auditDeployment(
  context: TestContext,
  deployment: Deployment,
  settings: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
  start: Start = startAudit,
): Promise<AuditedDeployment> {
  const { code, output } = await untilEnded(startAuditOf(context, deployment, settings, args, start));
  assert.ok(existsSync(runFileOf(deployment)), `the run was not saved:\n${output}`);
  return { code, output, run: JSON.parse(readFileSync(runFileOf(deployment), 'utf8')) as Run };
}

export function startAuditOf(
  context: TestContext,
  deployment: Deployment,
  settings: Readonly<Record<string, string>> = {},
  args: readonly string[] = [],
  start: Start = startAudit,
): ReturnType<Start> {
  const cwd = path.join(deployment.directory, 'repository');
  if (!existsSync(cwd)) createRepository(cwd);
  const own = { AUDIT_RUN: runFileOf(deployment), AUDIT_REPORT: path.join(deployment.directory, 'report.md') };
  const child = start({ cwd, settings: { ...deployment.auditEnvironment, ...own, ...settings }, args });
  context.after(() => child.kill('SIGINT'));
  return child;
}

function runFileOf({ directory }: Deployment): string {
  return path.join(directory, 'run.json');
}

function createRepository(folder: string): void {
  const git = (...args: string[]): Buffer => execFileSync('git', args, { cwd: folder });
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'README.md'), 'The repository of the auditor.\n');
  mkdirSync(path.join(folder, 'decisions'));
  writeFileSync(
    path.join(folder, 'decisions', '0007-list-the-origins.md'),
    '# List the origins\n\n## Status\n\nAccepted\n\n### Confirmation\n\n- `wire-refused-origins`\n',
  );
  git('init', '--quiet');
  git('add', '.');
  git('-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '--quiet', '--message', 'Begin');
}
