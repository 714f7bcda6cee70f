import { rmSync } from 'node:fs';
import type { FullConfig, FullResult, Reporter, Suite, TestCase, TestError, TestResult } from '@playwright/test/reporter';
import { checkOf, isCheckId } from '../checks/catalog.ts';
import { oneLine } from '../report/plain-text.ts';
import { endAs, EXIT_CODE } from '../run/exit-code.ts';
import { NOT_MADE } from '../run/run.ts';
import { beginRun, endRun, hasBegun, isBlockedAgain, selectChecks, verdictOfCheck } from './run-lifecycle.ts';

const SIGNS = { pass: '✓', fail: '✗', inconclusive: '?', 'not applicable': '-', 'not run': '○' } as const;

/** Prints the verdicts as they come, and ends the run. It judges nothing. UI mode and editors create one for each of their runs. */
// oxlint-disable-next-line no-default-export -- Playwright requires one here.
export default class AuditReporter implements Reporter {
  private readonly errors: string[] = [];
  private titles: readonly string[] = [];
  private ended = 0;
  private outputDir = '';
  private readonly mode: string;

  /** @param options Playwright passes `_mode: 'list'` for `--list`. */
  constructor({ _mode = 'test' }: { _mode?: string } = {}) {
    this.mode = _mode;
  }

  onBegin(config: FullConfig, suite: Suite): void {
    this.outputDir = config.projects[0]?.outputDir ?? '';
    this.titles = suite.allTests().map(({ title }) => title);
    // UI mode and editors set up once and run many times. Where set-up failed, Playwright calls this without tests.
    if (this.titles.length > 0 && !hasBegun() && this.mode !== 'list') beginRun();
    selectChecks(this.titles);
  }

  onTestEnd({ title }: TestCase, { status }: TestResult): void {
    // Whatever becomes of this reporter from here on, it has not called anything proven.
    endAs('not proven');
    this.ended += 1;
    const verdict = verdictOfCheck(title) ?? NOT_MADE.verdict;
    // One reason can keep most checks from beginning.
    const isRepeated = isBlockedAgain(title);
    const expected = verdict.outcome === 'pass' ? 'passed' : verdict.outcome === 'not applicable' || isRepeated ? 'skipped' : 'failed';
    if (status !== expected) this.errors.push(`${title}: the test ended as ${status}, and the verdict is ${verdict.outcome}.`);
    const area = isCheckId(title) ? checkOf(title).area : 'unknown';
    const line = `${SIGNS[verdict.outcome]} ${String(this.ended).padStart(2)}/${this.titles.length} ${area.padEnd(13)} ${title}`;
    const reason = isRepeated ? 'for the same reason' : oneLine(verdict.summary);
    console.log(verdict.outcome === 'pass' ? line : `${line}\n    ${verdict.outcome}: ${reason}`);
  }

  onError(error: TestError): void {
    this.errors.push(error.message ?? error.value ?? 'unknown error');
  }

  async onEnd({ status }: FullResult): Promise<{ status: FullResult['status'] } | undefined> {
    const isInterrupted = status === 'interrupted';
    const isProven = await endRun({ isInterrupted, selected: new Set(this.titles).size, errors: this.errors }, (line) => console.log(line));
    if (isProven === undefined) return this.endWithoutRun();
    return { status: isInterrupted ? 'interrupted' : isProven ? 'passed' : 'failed' };
  }

  /** Playwright leaves a folder for each test and a note of the last run; neither is of use here. */
  async onExit(): Promise<void> {
    if (this.outputDir !== '') rmSync(this.outputDir, { recursive: true, force: true });
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
