import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Run } from '../report/run.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const PLAYWRIGHT = path.join(ROOT, 'node_modules', '@playwright', 'test', 'cli.js');
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'PLAYWRIGHT_BROWSERS_PATH', 'AUDIT_BROWSER', 'AUDIT_FIREFOX'];
/** An audit that waits for a limiter takes a minute; one that takes longer than this hangs. */
const LONGEST_MS = 150_000;

export type Audited = { code: number | null; output: string; report: string; run?: Run };

/**
 * The audit as a process of its own, as anybody would run it.
 * @param repository the one it is made in, and whose audit it is
 * @param results an existing directory for the run and all reports
 */
export async function runAudit(repository: string, results: string, settings: Readonly<Record<string, string>>): Promise<Audited> {
  const [runFile, reportFile] = [path.join(results, 'run.json'), path.join(results, 'report.md')];
  const own = Object.fromEntries(Object.entries(process.env).filter(([name]) => INHERITED.includes(name)));
  const child = spawn(process.execPath, [PLAYWRIGHT, 'test', '--project=prod'], {
    cwd: repository,
    env: { ...own, ...settings, AUDIT_RUN: runFile, AUDIT_REPORT: reportFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const tooLong = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearTimeout(tooLong);
  return {
    code,
    output,
    report: existsSync(reportFile) ? readFileSync(reportFile, 'utf8') : '',
    ...(existsSync(runFile) && { run: JSON.parse(readFileSync(runFile, 'utf8')) as Run }),
  };
}
