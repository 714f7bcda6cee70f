import { rmSync } from 'node:fs';
import type { FullConfig, FullResult, Reporter, Suite, TestCase, TestError, TestResult } from '@playwright/test/reporter';
import { checkOf } from '../checks/catalog.ts';
import { readConfig } from '../settings/config.ts';
import { endAs, EXIT_CODE, INTERRUPTED } from '../run/exit-code.ts';
import type { Verdict } from '../model/verdict.ts';
import type { CleanupEvidence } from '../checks/self-check/gather-cleanup.ts';
import { createRedactor, type Redactor } from '../gather/redactor.ts';
import { openRunDirectory } from '../gather/run-directory.ts';
import { RUN_DIRECTORY, secretNames, STARTED_AT } from './session.ts';
import { auditEnvironment, readTarget, type Target } from '../settings/target.ts';
import { VERDICT_ATTACHMENT } from './verdict-attachment.ts';
import { collectRun } from './collect.ts';
import { annotationsOf, renderSummary } from '../report/github.ts';
import { oneLine } from '../report/plain-text.ts';
import { appendOutput, writeOutputs } from '../report/output-files.ts';
import { renderAll, withTexts } from '../report/outputs.ts';
import { isCheckId, type Made, RANK, type Run } from '../run/run.ts';
import { endLine } from '../report/sentences.ts';

const SIGNS = { pass: '✓', fail: '✗', inconclusive: '?', 'not applicable': '-', 'not run': '○' } as const;

/** Collects the verdicts, prints them as they come, and at the end writes the run and the reports. It judges nothing. */
// oxlint-disable-next-line no-default-export -- Playwright demands one here.
export default class AuditReporter implements Reporter {
  private readonly made = new Map<string, Made>();
  private readonly errors: string[] = [];
  private titles: readonly string[] = [];
  private outputDir = '';

  onBegin(config: FullConfig, suite: Suite): void {
    this.outputDir = config.projects[0]?.outputDir ?? '';
    this.titles = suite.allTests().map(({ title }) => title);
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    // Whatever becomes of this reporter from here on, it has not called anything proven.
    endAs('not proven');
    const verdict = verdictFrom(result);
    const area = isCheckId(test.title) ? checkOf(test.title).area : 'unknown';
    // The worst of several tries counts; there are none unless somebody asks Playwright for retries.
    const earlier = this.made.get(test.title);
    if (earlier === undefined || RANK[verdict.outcome] > RANK[earlier.verdict.outcome])
      this.made.set(test.title, { verdict, ms: (earlier?.ms ?? 0) + result.duration });
    const line = `${SIGNS[verdict.outcome]} ${String(this.made.size).padStart(2)}/${this.titles.length} ${area.padEnd(13)} ${test.title}`;
    console.log(verdict.outcome === 'pass' ? line : `${line}\n    ${verdict.outcome}: ${oneLine(verdict.summary)}`);
  }

  onError(error: TestError): void {
    this.errors.push(error.message ?? error.value ?? 'unknown error');
  }

  /** Playwright prints nothing where a reporter throws, and its exit code is lost. */
  async onEnd(result: FullResult): Promise<{ status: FullResult['status'] } | undefined> {
    const directory = process.env[RUN_DIRECTORY];
    if (directory === undefined || this.made.size === 0) return this.endWithoutRun();
    try {
      return await this.report(directory, result);
    } catch (error) {
      const kind = [...this.made.values()].some(({ verdict }) => verdict.outcome === 'fail') ? 'failed' : 'not proven';
      endAs(kind);
      console.error(`The report could not be made: ${error instanceof Error ? error.message : 'unknown reason'}`);
      console.log(`\n${kind.toUpperCase()} (exit code ${EXIT_CODE[kind]}): no report; the lines above state the outcome of each check`);
      return { status: 'failed' };
    }
  }

  private async report(directory: string, result: FullResult): Promise<{ status: FullResult['status'] }> {
    const env = auditEnvironment(process.env);
    const target = readTarget(env, secretNames(env));
    const redactor = createRedactor(target.secrets);
    const run = await collectRun(
      target,
      openRunDirectory(directory),
      this.made,
      Number(process.env[STARTED_AT]),
      readConfig(env, Number(process.env[STARTED_AT])),
    );
    const unwritten = write(run, target, redactor);
    for (const error of this.errors) console.error(redactor.redact(error));
    const earlier = (openRunDirectory(directory).recall('leftovers') as { found?: CleanupEvidence['earlier'] } | undefined)?.found;
    if (earlier !== undefined && earlier.removed > 0) console.log(`Removed ${earlier.removed} objects that an earlier run had left.`);
    removeDirectory(directory);
    const isProven = run.verdict === 'proven' && unwritten.length === 0 && this.errors.length === 0;
    const kind = isProven ? 'proven' : run.verdict === 'failed' ? 'failed' : 'not proven';
    endAs(kind);
    const isInterrupted = result.status === 'interrupted';
    console.log(`\n${endLine(run, isInterrupted ? INTERRUPTED : EXIT_CODE[kind], target.reportFile, unwritten)}`);
    return { status: isInterrupted ? 'interrupted' : isProven ? 'passed' : 'failed' };
  }

  /** Playwright leaves a folder for each test and a note of the last run; neither is of use here. */
  async onExit(): Promise<void> {
    rmSync(this.outputDir, { recursive: true, force: true });
  }

  printsToStdio(): boolean {
    return true;
  }

  private endWithoutRun(): { status: 'failed' } | undefined {
    for (const error of this.errors) console.error(error.replace(/^\w*Error: /, ''));
    if (this.errors.length > 0) {
      console.error(`\nNothing was audited (exit code ${EXIT_CODE['cannot start']}).`);
      return { status: 'failed' };
    }
    // `--list` runs nothing.
    console.log(`${this.titles.join('\n')}\nTotal: ${this.titles.length} checks`);
    return undefined;
  }
}

/**
 * Writes every file, or, should any of them hold a secret after all, none; and tells GitHub where it is asked to.
 * @returns the files that were not written
 */
function write(run: Run, target: Target, redactor: Redactor): readonly string[] {
  const files = { [target.runFile]: `${JSON.stringify(run, null, 2)}\n`, ...renderAll(run, target) };
  const summary = renderSummary(run);
  const annotations = annotationsOf(run);
  const texts = [...Object.values(files), summary, ...annotations];
  // What looks like a token is sought in the run itself: all the rest is rendered from it, and markup can look like one.
  const saved = files[target.runFile] ?? '';
  const leaked = [...texts.flatMap((text) => redactor.find(text)), ...(redactor.redact(saved) === saved ? [] : ['a token'])];
  if (leaked.length > 0) {
    console.error(`The report is not written: it would hold ${[...new Set(leaked)].join(', ')}.`);
    return Object.keys(files);
  }
  const failed = writeOutputs(withTexts(target, files));
  for (const message of failed.values()) console.error(message);
  if (failed.size > 0 && !failed.has(target.runFile))
    console.error(`The run is saved in ${target.runFile}: npm run report renders the others again.`);
  if (process.env['GITHUB_ACTIONS'] === 'true') for (const command of annotations) console.log(command);
  const summaryFile = process.env['GITHUB_STEP_SUMMARY'];
  // A summary that cannot be written does not change the verdict: the report says the same.
  const problem = summaryFile ? appendOutput({ setting: 'GITHUB_STEP_SUMMARY', file: summaryFile }, summary) : undefined;
  if (problem !== undefined) console.error(problem);
  return [...failed.keys()];
}

/** One that stays is removed by the next run. */
function removeDirectory(directory: string): void {
  try {
    openRunDirectory(directory).remove();
  } catch (error) {
    console.error(`${directory} could not be removed: ${error instanceof Error ? error.message : 'unknown reason'}`);
  }
}

function verdictFrom(result: TestResult): Verdict {
  const body = result.attachments.find(({ name }) => name === VERDICT_ATTACHMENT)?.body;
  const verdict = body === undefined ? undefined : (JSON.parse(body.toString()) as Verdict);
  // A test that ended otherwise than its verdict says was not made to its end.
  if (verdict !== undefined && (verdict.outcome === 'pass' ? result.status === 'passed' : ['failed', 'skipped'].includes(result.status)))
    return verdict;
  if (result.status === 'skipped') return { outcome: 'not run', code: 'skipped', summary: 'The check was skipped.', observations: [] };
  return { outcome: 'inconclusive', code: 'crashed', summary: `The check ended as ${result.status} before it had a verdict.`, observations: [] };
}
