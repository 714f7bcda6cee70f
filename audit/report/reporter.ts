import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FullConfig, FullResult, Reporter, Suite, TestCase, TestError, TestResult } from '@playwright/test/reporter';
import { readContract } from '../contract.ts';
import { checkOf } from '../catalog.ts';
import type { Exchange, LedgerEntry } from '../exchange.ts';
import type { Verdict } from '../judge/verdict.ts';
import type { BrowserCorsEvidence } from '../probe/browser-cors.ts';
import type { CleanupEvidence } from '../probe/cleanup.ts';
import type { IsolationEvidence } from '../probe/isolation.ts';
import { waitedMs } from '../probe/ledger.ts';
import { createRedactor, type Redactor } from '../probe/redactor.ts';
import { readDecisions } from '../probe/repository.ts';
import { openRunDirectory } from '../probe/run-directory.ts';
import { RUN_DIRECTORY, STARTED_AT, secretNames, timeByArea, areaOf } from '../session.ts';
import { auditEnvironment, readTarget, type Target } from '../target.ts';
import { VERDICT_ATTACHMENT } from '../verdict-attachment.ts';
import { renderReport } from './markdown.ts';
import { budgetOf, changesSince, RANK, type CorsRow, type IsolationRow, isCheckId, requestsOf, resultsOf, type Run, verdictOf } from './run.ts';

const SIGNS = { pass: '✓', fail: '✗', inconclusive: '?', 'not applicable': '-', 'not run': '○' } as const;

/** Collects the verdicts, prints them as they come, and at the end writes the run and the report. It judges nothing. */
// oxlint-disable-next-line no-default-export -- Playwright demands one here.
export default class AuditReporter implements Reporter {
  private readonly verdicts = new Map<string, Verdict>();
  private readonly errors: string[] = [];
  private titles: readonly string[] = [];
  private outputDir = '';

  onBegin(config: FullConfig, suite: Suite): void {
    this.outputDir = config.projects[0]?.outputDir ?? '';
    this.titles = suite.allTests().map(({ title }) => title);
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    const verdict = verdictFrom(result);
    const area = isCheckId(test.title) ? checkOf(test.title).area : 'unknown';
    // The worst of several tries counts; there are none unless somebody asks Playwright for retries.
    const earlier = this.verdicts.get(test.title);
    if (earlier === undefined || RANK[verdict.outcome] > RANK[earlier.outcome]) this.verdicts.set(test.title, verdict);
    const line = `${SIGNS[verdict.outcome]} ${String(this.verdicts.size).padStart(2)}/${this.titles.length} ${area.padEnd(13)} ${test.title}`;
    console.log(verdict.outcome === 'pass' ? line : `${line}\n    ${verdict.outcome}: ${verdict.summary}`);
  }

  onError(error: TestError): void {
    this.errors.push(error.message ?? error.value ?? 'unknown error');
  }

  async onEnd(result: FullResult): Promise<{ status: FullResult['status'] } | undefined> {
    const directory = process.env[RUN_DIRECTORY];
    if (directory === undefined || this.verdicts.size === 0) {
      for (const error of this.errors) console.error(error.replace(/^\w*Error: /, ''));
      // `--list` runs nothing.
      if (this.errors.length === 0) console.log(`${this.titles.join('\n')}\nTotal: ${this.titles.length} checks`);
      return this.errors.length > 0 ? { status: 'failed' } : undefined;
    }
    const env = auditEnvironment(process.env);
    const target = readTarget(env, secretNames(env));
    const run = await this.collect(target, directory);
    const written = this.write(run, target, createRedactor(target.secrets));
    for (const error of this.errors) console.error(createRedactor(target.secrets).redact(error));
    printEnd(run, written ? target.reportFile : undefined);
    const earlier = (openRunDirectory(directory).recall('leftovers') as { found?: CleanupEvidence['earlier'] } | undefined)?.found;
    if (earlier !== undefined && earlier.removed > 0) console.log(`Removed ${earlier.removed} objects that an earlier run had left.`);
    openRunDirectory(directory).remove();
    if (result.status === 'interrupted') return { status: 'interrupted' };
    return { status: run.verdict === 'proven' && written && this.errors.length === 0 ? 'passed' : 'failed' };
  }

  /** Playwright leaves a folder for each test and a note of the last run; neither is of use here. */
  async onExit(): Promise<void> {
    rmSync(this.outputDir, { recursive: true, force: true });
  }

  printsToStdio(): boolean {
    return true;
  }

  private async collect(target: Target, directoryPath: string): Promise<Run> {
    const directory = openRunDirectory(directoryPath);
    const ledger = directory.readLedger();
    const contract = readContract(target.contractFile);
    const checks = resultsOf(new Map([...this.verdicts].filter(([id]) => isCheckId(id))), ledger);
    const startedAt = Number(process.env[STARTED_AT]);
    const cors = (directory.recall('browser-cors') as { found?: BrowserCorsEvidence } | undefined)?.found;
    const isolation = (directory.recall('isolation') as { found?: IsolationEvidence } | undefined)?.found;
    const { hostname } = new URL(target.apiUrl);
    return {
      verdict: verdictOf(checks),
      target: {
        api_url: target.apiUrl,
        app_origin: target.appOrigin,
        loopback: /^(localhost|127\.|\[::1\])/.test(hostname),
        private_ca: target.ca !== undefined,
      },
      commit: currentCommit(),
      browser: cors?.version ?? null,
      started_at: new Date(startedAt).toISOString(),
      duration_ms: Date.now() - startedAt,
      waited_ms: waitedMs(ledger),
      requests: ledger.reduce((sum, entry) => sum + requestsOf(entry), 0),
      anonymous_requests: ledger.filter(isCountedAnonymous).length,
      browser_requests: ledger.reduce((sum, entry) => sum + (entry.kind === 'browser' ? requestsOf(entry) : 0), 0),
      areas: budgetOf(ledger, timeByArea(directory), areaOf),
      checks,
      changes: changesSince(previousRun(target.runFile), checks),
      cors: cors === undefined ? [] : corsRows(cors),
      isolation: isolation === undefined ? [] : isolationRows(isolation),
      operations: contract.operations.map(({ id, method, path: template, protected: isProtected }) => ({
        id,
        method,
        path: template,
        protected: isProtected,
      })),
      variables: contract.variables,
      decisions: await readDecisions(),
    };
  }

  /** Writes both files, or, should either hold a secret after all, neither. */
  private write(run: Run, target: Target, redactor: Redactor): boolean {
    const files = { [target.runFile]: `${JSON.stringify(run, null, 2)}\n`, [target.reportFile]: renderReport(run) };
    const leaked = Object.values(files).flatMap((text) => [...redactor.find(text), ...(redactor.redact(text) === text ? [] : ['a token'])]);
    if (leaked.length > 0) {
      console.error(`The report is not written: it would hold ${[...new Set(leaked)].join(', ')}.`);
      return false;
    }
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(`${file}.part`, text);
      renameSync(`${file}.part`, file);
    }
    return true;
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

/** Requests without a valid token that the limiter counts by address. */
function isCountedAnonymous(entry: LedgerEntry): boolean {
  return (
    entry.kind !== 'inspection' &&
    entry.actor === 'anonymous' &&
    (entry.kind === 'wire' ? entry.answer?.headers['ratelimit'] !== undefined : entry.requestLeft && entry.read?.headers['ratelimit'] !== undefined)
  );
}

function corsRows({ allowed, refused }: BrowserCorsEvidence): CorsRow[] {
  return [allowed, ...refused].flatMap(({ kind, origin, fetches }) =>
    fetches.map((fetch) => ({
      kind,
      origin,
      method: fetch.request.method,
      purpose: fetch.purpose,
      ruling: fetch.read ? `readable, ${fetch.read.status}` : (fetch.refusedBecause ?? 'unreadable'),
    })),
  );
}

function isolationRows({ byId }: IsolationEvidence): IsolationRow[] {
  const status = ({ answer, error }: Exchange): string => String(answer?.status ?? error ?? 'no answer');
  return byId.map(({ operation, ownerBefore, foreign, unknown, ownerAfter }) => ({
    operation: operation.id,
    method: operation.method,
    path: operation.path,
    foreign: status(foreign),
    unknown: status(unknown),
    ownerAfter: ownerAfter.answer?.body === ownerBefore.answer?.body ? `${status(ownerAfter)}, unchanged` : `${status(ownerAfter)}, changed`,
  }));
}

function previousRun(file: string): Run | undefined {
  try {
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Run) : undefined;
  } catch {
    return undefined;
  }
}

function currentCommit(): string | null {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

function printEnd(run: Run, reportFile: string | undefined): void {
  const count = (outcome: string): number => run.checks.filter((check) => check.outcome === outcome).length;
  const others = (['fail', 'inconclusive', 'not applicable', 'not run'] as const)
    .filter((outcome) => count(outcome) > 0)
    .map((outcome) => `${count(outcome)} ${outcome}`);
  const seconds = (run.duration_ms / 1_000).toFixed(1);
  console.log(
    `\n${run.verdict.toUpperCase()}: ${[`${count('pass')} pass`, ...others].join(', ')} of ${run.checks.length} checks; ${run.requests} requests in ${seconds} s${reportFile === undefined ? '' : `; see ${reportFile}`}`,
  );
}
