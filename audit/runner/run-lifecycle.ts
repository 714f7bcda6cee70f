import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CheckId, checkIds, isCheckId } from '../checks/catalog.ts';
import { cleanupEvidence, leftoversEvidence } from '../checks/self-check/gather-cleanup.ts';
import type { Redactor } from '../gather/redactor.ts';
import { createRunRecord } from '../gather/run-record.ts';
import { BLOCKED, notRun, type Verdict } from '../model/verdict.ts';
import { counted } from '../model/wording.ts';
import { annotationsOf, renderSummary } from '../report/github.ts';
import { appendOutput, writeOutputs } from '../report/output-files.ts';
import { renderAll, withTexts } from '../report/outputs.ts';
import { endLine, harmOf } from '../report/sentences.ts';
import { endAs, EXIT_CODE, INTERRUPTED } from '../run/exit-code.ts';
import type { Run } from '../run/run.ts';
import type { Target } from '../settings/target.ts';
import { collectRun } from './collect.ts';
import { runCheck } from './conclude.ts';
import { foundIn, openSession, type Preparation, type Session } from './session.ts';
import { testsToRun } from './tests-to-run.ts';
import { SOCKET, TESTS } from './verdict-client.ts';
import { startVerdictServer, type VerdictServer } from './verdict-server.ts';

/** Of the cleanup, whose ids in the ledger differ from those of the checks. */
const CLEANUP = 'cleanup';
/** The longest wait for gather functions to end. The outage control has its own timeout of 30 s to start the database again. */
const SETTLE_MS = 35_000;
/** The target may process a request this long after its connection was closed. */
const IN_FLIGHT_MS = 500;

/** How a run ended, as far as Playwright reports it. */
export type RunEnd = {
  isInterrupted: boolean;
  /** Checks that were selected to run; undefined where only those that were made are known. */
  selected: number | undefined;
  errors: readonly string[];
};

type RunningAudit = {
  session: Session;
  server: VerdictServer;
  requested: Map<string, Promise<Verdict>>;
  /** The first check that each reason kept from beginning. */
  blocked: Map<string, string>;
  selected: readonly CheckId[];
};
let current: RunningAudit | undefined;
/** Of the last set-up: UI mode and editors set up once and run many times. */
let preparation: Preparation = {};

/**
 * Starts a run in this process: Playwright's workers request the verdicts from it. Nothing is sent before a check does so.
 * @throws {SettingsError} where settings are missing or wrong
 */
export function beginRun(prepared: Preparation = preparation): void {
  preparation = prepared;
  const runRecord = createRunRecord(`${process.pid}-${randomBytes(6).toString('hex')}`);
  const session = openSession(process.env, preparation, runRecord, 'checks', Date.now());
  const server = startVerdictServer(async (id) => ({ ...(await requestCheck(id)), isRepeated: isBlockedAgain(id) }));
  process.env[SOCKET] = server.socket;
  process.env[TESTS] = JSON.stringify(testsToRun(session.target));
  current = { session, server, requested: new Map(), blocked: new Map(), selected: checkIds };
}

/** States which checks the run consists of; without it, it may consist of all. */
export function selectChecks(ids: readonly string[]): void {
  if (current !== undefined) current.selected = ids.filter(isCheckId);
}

export function hasBegun(): boolean {
  return current !== undefined;
}

/** Runs a check, once in a run however often it is requested (--retries, --repeat-each). Never throws. */
export async function requestCheck(id: string): Promise<Verdict> {
  if (current === undefined) return notRun('No run has begun.');
  const verdict = current.requested.get(id) ?? runCheck(current.session, id, current.selected);
  current.requested.set(id, verdict);
  const { blocked } = current;
  const { code, summary } = await verdict;
  if (code === BLOCKED && !blocked.has(summary)) blocked.set(summary, id);
  return verdict;
}

/** Whether the check could not begin for a reason that kept an earlier one from beginning: its test is skipped, which replaces no worker. */
export function isBlockedAgain(id: string): boolean {
  const { code, summary = '' } = verdictOfCheck(id) ?? {};
  const first = code === BLOCKED ? current?.blocked.get(summary) : undefined;
  return first !== undefined && first !== id;
}

/** The verdict of a check in the current run; undefined where it has none. */
export function verdictOfCheck(id: string): Verdict | undefined {
  return current?.session.runRecord.verdicts().get(id)?.verdict;
}

/**
 * Ends the current run: cleans up, writes the reports, sets the exit code and prints the verdict. Never throws, because
 * Playwright prints nothing for an error here and loses its exit code.
 * @param print receives what belongs to the result
 * @returns whether the run is proven; undefined where no check ran
 */
export async function endRun(end: RunEnd, print: (line: string) => void): Promise<boolean | undefined> {
  if (current === undefined) return undefined;
  const { session, server } = current;
  current = undefined;
  const { runRecord } = session;
  server.close();
  try {
    await session.close();
    const patience = new AbortController();
    await Promise.race([session.settled(), sleep(SETTLE_MS, undefined, { signal: patience.signal })]);
    patience.abort();
    if (runRecord.verdicts().size === 0) return undefined;
    // The target may still be processing a request that was cut off.
    if (end.isInterrupted) await sleep(IN_FLIGHT_MS);
    await cleanUp(session, print);
    return await report(session, end, print);
  } catch (error) {
    const kind = [...runRecord.verdicts().values()].some(({ verdict }) => verdict.outcome === 'fail') ? 'failed' : 'not proven';
    endAs(kind);
    console.error(`The report could not be made: ${error instanceof Error ? error.message : 'unknown reason'}`);
    print(`\n${kind.toUpperCase()} (exit code ${EXIT_CODE[kind]}): no report; the lines above state the outcome of each check`);
    return false;
  }
}

/**
 * Removes what this run created, whichever checks were selected and however they ended. Where `nothing-left-behind` ran, it has
 * done so: what it could not remove stays in the journal for the next run.
 */
async function cleanUp({ runRecord, startedAt, journal }: Session, print: (line: string) => void): Promise<void> {
  if (!journal.isOpen() || runRecord.recall(cleanupEvidence.name) !== undefined) return;
  const session = openSession(process.env, preparation, runRecord, CLEANUP, startedAt);
  try {
    const { lists } = await session.evidence(cleanupEvidence);
    const removed = lists.reduce((sum, list) => sum + list.removed, 0);
    print(`Removed ${counted(removed, 'object')} that this run had created.`);
  } catch (error) {
    // An error here would hide the verdict.
    console.error(`Cleanup failed: ${session.redactor.redact(error instanceof Error ? error.message : 'unknown reason')}`);
  } finally {
    if (session.journal.isOpen()) console.error('Objects of this run may be left: the next audit of this target removes them.');
    await session.close();
  }
}

async function report(session: Session, { isInterrupted, selected, errors }: RunEnd, print: (line: string) => void): Promise<boolean> {
  const { target, redactor, runRecord } = session;
  const run = await collectRun(session, selected);
  const unwritten = write(run, target, redactor, print);
  for (const error of errors) console.error(redactor.redact(error));
  const earlier = foundIn(runRecord, leftoversEvidence);
  if (earlier !== undefined && earlier.removed > 0) print(`Removed ${counted(earlier.removed, 'object')} that an earlier run had left.`);
  const isProven = run.verdict === 'proven' && unwritten.length === 0 && errors.length === 0;
  const kind = isProven ? 'proven' : run.verdict === 'failed' ? 'failed' : 'not proven';
  endAs(kind);
  for (const harm of harmOf(run)) print(`\n${harm}`);
  print(`\n${endLine(run, isInterrupted ? INTERRUPTED : EXIT_CODE[kind], target.reportFile, unwritten)}`);
  return isProven;
}

/**
 * Writes every file, or none where any of them would contain a secret, and prints the annotations in GitHub Actions.
 * @returns the files that were not written
 */
function write(run: Run, target: Target, redactor: Redactor, print: (line: string) => void): readonly string[] {
  const files = { [target.runFile]: `${JSON.stringify(run, null, 2)}\n`, ...renderAll(run, target) };
  const summary = renderSummary(run);
  const annotations = annotationsOf(run);
  const texts = [...Object.values(files), summary, ...annotations];
  // What looks like a token is searched for in the run itself: all the rest is rendered from it, and markup can look like one.
  const saved = files[target.runFile] ?? '';
  const leaked = [...texts.flatMap((text) => redactor.find(text)), ...(redactor.redact(saved) === saved ? [] : ['a token'])];
  if (leaked.length > 0) {
    console.error(`The report is not written, because it would contain ${[...new Set(leaked)].join(', ')}.`);
    return Object.keys(files);
  }
  const failed = writeOutputs(withTexts(target, files));
  for (const message of failed.values()) console.error(message);
  if (failed.size > 0 && !failed.has(target.runFile))
    console.error(`The run is saved in ${target.runFile}: npm run report renders the others again.`);
  if (process.env['GITHUB_ACTIONS'] === 'true') for (const command of annotations) print(command);
  const summaryFile = process.env['GITHUB_STEP_SUMMARY'];
  // A summary that cannot be written does not change the verdict: the report states the same.
  const problem = summaryFile ? appendOutput({ setting: 'GITHUB_STEP_SUMMARY', file: summaryFile }, summary) : undefined;
  if (problem !== undefined) console.error(problem);
  return [...failed.keys()];
}
