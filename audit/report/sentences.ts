import { counted, seconds } from '../model/wording.ts';
import type { Outcome } from '../model/verdict.ts';
import type { CheckResult, RequirementOutcome, RequirementRow, Run } from '../run/run.ts';

/** Words that stand in more than one report, so that all of them say the same. */
export const MEANING: Readonly<Record<Run['verdict'], string>> = {
  proven: 'Every check that applies was made and held.',
  failed: 'At least one check saw the API do what it must not do.',
  'not proven': 'Nothing was seen to be wrong, but not everything could be seen: see the findings.',
};

/** How to read the outcome of a demand. */
export function requirementsExplained({ target }: Pick<Run, 'target'>): string {
  const rehearsed = target.loopback
    ? ' This run audited a rehearsal: where a demand names the live or production URL, Railway or Neon, its outcome is that of the rehearsal.'
    : '';
  return `${OUTCOMES_EXPLAINED}${rehearsed}`;
}

const OUTCOMES_EXPLAINED =
  'Every demand of the specification, in its words. `pass`: this run observed it. `pass in part`, `not observable`, `not measured` and `not met`: the proof says what was observed and what shows the rest; none of them changes the verdict. `not proven`: nothing shows it, and the audit is NOT PROVEN.';
export const REQUIREMENTS_MISSING = 'This run was saved before reports stated the requirements. Run the audit again.';

const OTHER_OUTCOMES = ['fail', 'inconclusive', 'not applicable', 'not run'] as const;
const SEVERITIES = ['critical', 'high', 'medium', 'low'] as const;

/** Such as: 55 pass, 1 fail of 56 checks */
export function countsOf({ checks }: Run): string {
  const count = (outcome: Outcome): number => checks.filter((check) => check.outcome === outcome).length;
  const others = OTHER_OUTCOMES.filter((outcome) => count(outcome) > 0).map((outcome) => `${count(outcome)} ${outcome}`);
  return `${[`${count('pass')} pass`, ...others].join(', ')} of ${checks.length} checks`;
}

/** What a reader must look at: failures first, then what is not known, the most severe first. */
export function openFindings({ checks }: Run): CheckResult[] {
  const open = SEVERITIES.flatMap((severity) =>
    checks.filter((check) => check.severity === severity && check.outcome !== 'pass' && check.outcome !== 'not applicable'),
  );
  return [...open.filter(({ outcome }) => outcome === 'fail'), ...open.filter(({ outcome }) => outcome !== 'fail')];
}

/** Which release was audited, and whether the checkout is of another one. Code is in backticks. */
export function liveRelease({ live_commit, commit, own_contract }: Pick<Run, 'live_commit' | 'commit' | 'own_contract'>): string {
  if (live_commit === null) return 'Live commit: unknown.';
  const live = `Live commit: \`${live_commit}\`.`;
  if (!own_contract || commit === null || live_commit.startsWith(commit)) return live;
  return `${live} The checkout is at \`${commit}\`: its contract, settings and decisions may differ from those of the live commit.`;
}

/** What a reader must know of the demands before anything else. Code is in backticks. */
export function demandNotes({ requirements }: Pick<Run, 'requirements'>): string[] {
  const of = (outcome: RequirementOutcome): RequirementRow[] => requirements.filter((row) => row.outcome === outcome);
  const unproven = of('not proven').map(({ id }) => id);
  return [
    ...(unproven.length > 0 ? [`${unproven.join(', ')} not proven: see the requirements.`] : []),
    ...of('not met').map(({ id, proof: [first] }) => `${id} ${first?.says ?? 'not met in this run'}`),
  ];
}

/** The last line on a terminal. */
export function endLine(run: Run, exitCode: number, reportFile: string, unwritten: readonly string[]): string {
  const where = unwritten.length === 0 ? `; see ${reportFile}` : `; not written: ${unwritten.join(', ')}`;
  const notes = demandNotes(run).map((note) => `; ${note.replace(/\.$/, '')}`);
  return `${run.verdict.toUpperCase()} (exit code ${exitCode}): ${countsOf(run)}; ${counted(run.requests, 'request')} in ${seconds(run.duration_ms)}${notes.join('')}${where}`;
}

/** That a failure is accepted, and until when; undefined where it is not. */
export function acceptance({ accepted }: Pick<CheckResult, 'accepted'>): string | undefined {
  if (accepted === null) return undefined;
  const until = accepted.expires === null ? '' : ` until ${accepted.expires}`;
  return `Accepted${until}${accepted.owner === null ? '' : ` by ${accepted.owner}`}: ${accepted.reason}. It counts as not proven.`;
}

/** The time of a run beside what it may take. */
export function took({
  duration_ms,
  waited_ms,
  deployment_wait_ms,
  budget_seconds,
}: Pick<Run, 'duration_ms' | 'waited_ms' | 'deployment_wait_ms' | 'budget_seconds'>): string {
  const waits = [
    ...(deployment_wait_ms > 0 ? [`, ${seconds(deployment_wait_ms)} of it waiting for the deployment`] : []),
    ...(waited_ms > 0 ? [`, ${seconds(waited_ms)} of it waiting for the limiter`] : []),
  ];
  return `${seconds(duration_ms)} of ${budget_seconds} s allowed${waits.join('')}`;
}

export function warmedUp({ warm_up_ms }: Pick<Run, 'warm_up_ms'>): string {
  return warm_up_ms === null
    ? 'nothing was sent'
    : `${seconds(warm_up_ms)} until health answered for the first time (a sleeping database wakes meanwhile)`;
}

/** What was shown of the checks themselves. */
export function proven({ proving }: Pick<Run, 'proving'>): string {
  if (proving === null) return 'These checks have not been proven yet: npm run prove.';
  return proving.stale ? `${proving.summary} Stale: the checks have changed since.` : proving.summary;
}
