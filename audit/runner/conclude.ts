import { type CheckId, checkOf, checksToRun, isCheckId } from '../checks/catalog.ts';
import type { Check } from '../checks/check.ts';
import type { Evidence } from '../gather/context.ts';
import { browserCorsEvidence } from '../checks/cors-browser/gather.ts';
import { warmUpEvidence } from '../checks/preconditions/gather-warm-up.ts';
import { unmetNeed } from '../checks/preconditions/preconditions.ts';
import { clockNote } from '../model/clock.ts';
import { BLOCKED, inconclusive, notRun, type Verdict } from '../model/verdict.ts';
import type { Session } from './session.ts';

const UNFINISHED = { verdict: inconclusive('crashed', 'The check ended before it had a verdict.'), ms: 0 };

/**
 * Runs a check and stores its verdict, redacted. Never throws.
 * @param selected the checks of this run: what they need later may be gathered ahead
 */
export async function runCheck(session: Session, id: string, selected: readonly CheckId[]): Promise<Verdict> {
  if (!isCheckId(id)) return notRun(`There is no check ${id}.`);
  const started = performance.now();
  session.runRecord.storeVerdict(id, UNFINISHED);
  const verdict = JSON.parse(session.redactor.redact(JSON.stringify(await conclude(session, id, selected)))) as Verdict;
  session.runRecord.storeVerdict(id, { verdict, ms: performance.now() - started });
  return verdict;
}

/** What a check throws is inconclusive, never a pass. A check with an unmet need is inconclusive for that reason, and sends nothing. */
async function conclude(session: Session, id: CheckId, selected: readonly CheckId[]): Promise<Verdict> {
  const check = checkOf(id);
  try {
    if (session.config.checks[id] === 'off') return notRun('Disabled in the config file.');
    if (check.needsUsers && 'none' in session.target.tenants) return notRun('AUDIT_USERS is none, and the check acts as a user.');
    const unmet = await unmetNeed(check.needs, session.evidence, session.judgeContext);
    if (unmet !== undefined) return inconclusive(BLOCKED, unmet);
    launchBrowserAhead(session, check, selected);
    if (check.phase !== 'start' && (await hasAccess(session))) gatherAhead(session, id, selected);
    const verdict = withKnownEvidence(session, await check.conclude(session.evidence, session.judgeContext));
    const note = check.clock ? await differenceOfClocks(session) : undefined;
    return note === undefined ? verdict : { ...verdict, summary: `${verdict.summary} ${note}` };
  } catch (error) {
    return inconclusive('crashed', `The check did not end: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown reason'}`);
  }
}

/** Its pages take two seconds to open, and other checks run before the first that uses them. */
function launchBrowserAhead(session: Session, { needs }: Check, selected: readonly CheckId[]): void {
  if (!isUsed(browserCorsEvidence, selected)) return;
  if (needs !== 'nothing' && !('none' in session.target.tenants) && session.runRecord.recall(browserCorsEvidence.name) === undefined)
    void session.browser().catch(() => {});
}

/** Without it, and where gathering what shows it fails, a check that needs less still runs. */
async function hasAccess({ evidence, judgeContext }: Session): Promise<boolean> {
  try {
    return (await unmetNeed('access', evidence, judgeContext)) === undefined;
  } catch {
    return false;
  }
}

/**
 * Begins to gather the evidence of this check and of all later ones of its phase; of what is gathered alone the first part, where it has one.
 * With two given users all evidence shares two tenants, and what one creates the lists of another never show.
 */
function gatherAhead(session: Session, id: CheckId, selected: readonly CheckId[]): void {
  const { phase } = checkOf(id);
  const checks = checksToRun.slice(checksToRun.indexOf(id)).filter((each) => checkOf(each).phase === phase && selected.includes(each));
  const evidence = checks.filter((each) => isExpected(session, each)).flatMap((each) => checkOf(each).evidence);
  const together = session.credentials.mints ? [...new Set(evidence)].filter(({ alone }) => alone !== true) : [];
  const [pausing, others] = [together.filter(({ pauses }) => pauses), together.filter(({ pauses }) => !pauses)];
  const firstParts = evidence.flatMap(({ begins }) => begins ?? []);
  for (const each of [...pausing, ...others, ...firstParts]) session.evidence(each).catch(() => {});
}

function isExpected({ config, judgeContext }: Session, id: CheckId): boolean {
  return config.checks[id] !== 'off' && checkOf(id).notApplicable(judgeContext) === undefined;
}

function isUsed(evidence: Evidence<unknown>, selected: readonly CheckId[]): boolean {
  return selected.some((id) => checkOf(id).evidence.includes(evidence));
}

async function differenceOfClocks(session: Session): Promise<string | undefined> {
  const { first } = await session.evidence(warmUpEvidence);
  return clockNote(first, session.contract.health?.time);
}

/** A pass that refers to nothing in the ledger is not a pass. */
function withKnownEvidence(session: Session, verdict: Verdict): Verdict {
  if (verdict.outcome !== 'pass') return verdict;
  const known = new Set(session.runRecord.readLedger().map(({ id }) => id));
  const evidence = verdict.observations.flatMap((observation) => observation.evidence);
  return evidence.length > 0 && evidence.every((id) => known.has(id))
    ? verdict
    : { ...verdict, ...inconclusive('evidence-missing', 'The evidence is not in the ledger.') };
}
