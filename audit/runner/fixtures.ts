import { test as base } from '@playwright/test';
import { type CheckId, checkOf } from '../checks/catalog.ts';
import { clockNote } from '../model/clock.ts';
import { inconclusive, notRun, type Verdict } from '../model/verdict.ts';
import { access, identity } from './preconditions.ts';
import { probeWarmUp } from '../checks/health/gather.ts';
import { LONGEST_RELEASE_MS } from '../checks/health/gather-release.ts';
import { openSession, type Session } from './session.ts';
import { VERDICT_ATTACHMENT } from './verdict-attachment.ts';

const test = base.extend<object, { session: Session }>({
  session: [
    // Playwright reads the fixtures a function wants from this pattern.
    // oxlint-disable-next-line no-empty-pattern
    async ({}, use, { workerIndex }) => {
      // With this, Playwright looks up where in the sources each of its steps began. Each check waits for it, and nobody reads it.
      Reflect.deleteProperty(Error, 'prepareStackTrace');
      const session = openSession(process.env, workerIndex);
      await use(session);
      await session.close();
    },
    { scope: 'worker', timeout: 30_000 },
  ],
});

const PRECONDITION_FAILED = 'precondition-failed';

type Needs = 'nothing' | 'target' | 'access';

/**
 * One check of the catalogue as one test. What `examine` throws is inconclusive, never a pass; a check whose precondition
 * does not hold is inconclusive with that reason, and sends nothing.
 */
export function check(id: CheckId, needs: Needs, examine: (session: Session) => Promise<Verdict>): void {
  test(id, async ({ session }, testInfo) => {
    // The first check that needs the target waits for the release that is to be live.
    if (session.target.release !== undefined && session.directory.recall('release') === undefined)
      testInfo.setTimeout(testInfo.timeout + LONGEST_RELEASE_MS);
    const verdict = await conclude(session, id, needs, examine);
    await testInfo.attach(VERDICT_ATTACHMENT, { contentType: 'application/json', body: session.redactor.redact(JSON.stringify(verdict)) });
    const sentence = session.redactor.redact(`${verdict.outcome}: ${verdict.summary}`);
    // Skipped is not passed. What could not begin is skipped too: the precondition that failed is red already.
    test.skip(verdict.outcome === 'not applicable' || verdict.outcome === 'not run' || verdict.code === PRECONDITION_FAILED, sentence);
    if (verdict.outcome === 'pass') return;
    // Failed as foreseen: Playwright would start a new worker and a new browser after each failure. The verdict is the reporter's.
    test.fail();
    throw new Finding(sentence);
  });
}

/** Fails a test without a stack: where the audit's code threw is of no interest. */
class Finding extends Error {
  constructor(sentence: string) {
    super(sentence);
    this.name = 'Finding';
    this.stack = sentence;
  }
}

async function conclude(session: Session, id: CheckId, needs: Needs, examine: (session: Session) => Promise<Verdict>): Promise<Verdict> {
  try {
    if (session.config.checks[id] === 'off') return notRun('Switched off in the config file.');
    const unmet = needs === 'nothing' ? undefined : await unmetPrecondition(session, needs);
    if (unmet !== undefined) return inconclusive(PRECONDITION_FAILED, unmet);
    const verdict = withKnownEvidence(session, await examine(session));
    const note = checkOf(id).clock === true ? await differenceOfClocks(session) : undefined;
    return note === undefined ? verdict : { ...verdict, summary: `${verdict.summary} ${note}` };
  } catch (error) {
    return inconclusive(
      'crashed',
      `The check could not be made: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'unknown reason'}`,
    );
  }
}

async function differenceOfClocks(session: Session): Promise<string | undefined> {
  const { first } = await session.evidence('warm-up', probeWarmUp);
  return clockNote(first, session.contract.health.time);
}

async function unmetPrecondition(session: Session, needs: Needs): Promise<string | undefined> {
  const target = await identity(session);
  if (target.outcome !== 'pass') return `The target is not usable: ${target.summary}`;
  if (needs === 'target') return undefined;
  const credentials = await access(session);
  return credentials.outcome === 'pass' ? undefined : `The credentials are not usable: ${credentials.summary}`;
}

/** Evidence must stand in the ledger: a pass that refers to nothing, or to nothing there, is not one. */
function withKnownEvidence(session: Session, verdict: Verdict): Verdict {
  if (verdict.outcome !== 'pass') return verdict;
  const known = new Set(session.directory.readLedger().map(({ id }) => id));
  const evidence = verdict.observations.flatMap((observation) => observation.evidence);
  return evidence.length > 0 && evidence.every((id) => known.has(id))
    ? verdict
    : { ...verdict, ...inconclusive('evidence-missing', 'The evidence does not stand in the ledger.') };
}
