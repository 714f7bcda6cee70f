import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Run } from '../../audit/run/run.ts';
import { startAudit, untilEnded } from '../../audit/runner/audit-process.ts';

/** An audit that waits for a rate limit takes a minute; one that takes longer than this hangs. */
const LONGEST_MS = 150_000;

export type AuditRun = { code: number | null; output: string; report: string; run?: Run };

/**
 * Runs the audit as a user would.
 * @param repository where it runs, and whose audit it is
 * @param results an existing directory for the run and all reports
 * @param checks all of them where none are given
 */
export async function runAudit(
  repository: string,
  results: string,
  settings: Readonly<Record<string, string>>,
  checks?: readonly string[],
): Promise<AuditRun> {
  const [runFile, reportFile] = [path.join(results, 'run.json'), path.join(results, 'report.md')];
  const child = startAudit({
    cwd: repository,
    config: path.join(repository, 'playwright.config.ts'),
    settings: { ...settings, AUDIT_RUN: runFile, AUDIT_REPORT: reportFile },
    args: checks === undefined ? [] : ['--grep', ` (${checks.join('|')})$`],
  });
  const tooLong = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), LONGEST_MS);
  const ended = await untilEnded(child);
  clearTimeout(tooLong);
  return {
    ...ended,
    report: existsSync(reportFile) ? readFileSync(reportFile, 'utf8') : '',
    ...(existsSync(runFile) && { run: JSON.parse(readFileSync(runFile, 'utf8')) as Run }),
  };
}
