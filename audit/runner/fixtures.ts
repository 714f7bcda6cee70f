import { test as base } from '@playwright/test';
import { type CheckId, checkOf } from '../checks/catalog.ts';
import type { Check } from '../checks/check.ts';
import { LONGEST_RELEASE_MS, releaseEvidence } from '../checks/health/gather-release.ts';
import { warmUpEvidence } from '../checks/health/gather.ts';
import { unmetNeed } from '../checks/preconditions/preconditions.ts';
import { clockNote } from '../model/clock.ts';
import { inconclusive, notRun, type Verdict } from '../model/verdict.ts';
import { openSession, type Session } from './session.ts';

const test = base.extend<object, { session: Session }>({
  session: [
    // Playwright reads the fixtures a function wants from this pattern.
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use, { workerIndex }) => {
      // Without this, Playwright looks up the source location of each of its steps, which every check waits for.
      Reflect.deleteProperty(Error, 'prepareStackTrace');
      const session = openSession(process.env, workerIndex);
      await use(session);
      await session.close();
    },
    { scope: 'worker', timeout: 30_000 },
  ],
});

/**
 * One check of the catalog as one test. A failed, inconclusive or disabled check is a failed test, and one that does not apply is
 * skipped with its reason.
 */
export function testCheck(id: CheckId): void {
  test(id, async ({ session }, testInfo) => {
    // The first check that needs the target waits until the expected release is live.
    if (session.target.release !== undefined && session.directory.recall(releaseEvidence.name) === undefined)
      testInfo.setTimeout(testInfo.timeout + LONGEST_RELEASE_MS);
    const started = performance.now();
    session.directory.storeVerdict(id, UNFINISHED);
    const verdict = await conclude(session, id);
    const { redact } = session.redactor;
    session.directory.storeVerdict(id, { verdict: JSON.parse(redact(JSON.stringify(verdict))) as Verdict, ms: performance.now() - started });
    const sentence = redact(`${verdict.outcome}: ${verdict.summary}`);
    test.skip(verdict.outcome === 'not applicable', sentence);
    if (verdict.outcome !== 'pass') throw new Finding(sentence);
    testInfo.annotations.push({ type: 'observed', description: sentence });
  });
}

const UNFINISHED = { verdict: inconclusive('crashed', 'The check ended before it had a verdict.'), ms: 0 };

/** Fails a test without a stack: where in the audit it was thrown does not help to fix the target. */
class Finding extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'Finding';
    this.stack = sentence;
  }
}

/** What a check throws is inconclusive, never a pass. A check with an unmet need is inconclusive for that reason, and sends nothing. */
async function conclude(session: Session, id: CheckId): Promise<Verdict> {
  const check = checkOf(id);
  try {
    if (session.config.checks[id] === 'off') return notRun('Disabled in the config file.');
    const unmet = await unmetNeed(check.needs, session.evidence, session.judgeContext);
    if (unmet !== undefined) return inconclusive('precondition-failed', unmet);
    launchBrowserAhead(session, check);
    const concluding = check.conclude(session.evidence, session.judgeContext);
    gatherAhead(session, check);
    const verdict = withKnownEvidence(session, await concluding);
    const note = check.clock ? await differenceOfClocks(session) : undefined;
    return note === undefined ? verdict : { ...verdict, summary: `${verdict.summary} ${note}` };
  } catch (error) {
    return inconclusive('crashed', `The check crashed: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown reason'}`);
  }
}

/** Its pages take two seconds to open, and other checks run before the first that uses them. */
function launchBrowserAhead(session: Session, { needs }: Check): void {
  if (needs !== 'nothing' && session.directory.recall('browser-cors') === undefined) void session.browser().catch(() => {});
}

/** With two given tokens all evidence shares two tenants, and what one creates the lists of another never show. */
function gatherAhead(session: Session, { ahead }: Check): void {
  if (session.credentials.sign === undefined) return;
  for (const evidence of ahead) session.evidence(evidence).catch(() => {});
}

async function differenceOfClocks(session: Session): Promise<string | undefined> {
  const { first } = await session.evidence(warmUpEvidence);
  return clockNote(first, session.contract.health.time);
}

/** A pass that refers to nothing in the ledger is not a pass. */
function withKnownEvidence(session: Session, verdict: Verdict): Verdict {
  if (verdict.outcome !== 'pass') return verdict;
  const known = new Set(session.directory.readLedger().map(({ id }) => id));
  const evidence = verdict.observations.flatMap((observation) => observation.evidence);
  return evidence.length > 0 && evidence.every((id) => known.has(id))
    ? verdict
    : { ...verdict, ...inconclusive('evidence-missing', 'The evidence is not in the ledger.') };
}
