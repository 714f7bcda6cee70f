import { counted, seconds } from '../model/wording.ts';
import { type Outcome, STOPPED } from '../model/verdict.ts';
import { oneLine } from './plain-text.ts';
import type { CorsRow, RequirementOutcome, RequirementRow, Run } from '../run/run.ts';

/** Sentences that appear in more than one report. Code is in backticks. */
export const MEANING: Readonly<Record<Run['verdict'], string>> = {
  proven: 'Every applicable check ran and passed.',
  failed: 'At least one check failed.',
  'not proven': 'At least one check or requirement is not proven: see the findings and the requirements.',
};

export const ORIGINS_EXPLAINED = 'How a real browser treated each request from a page at each origin, read from the DevTools protocol.';
export const NO_ORIGINS = 'No browser request was made.';
export const ISOLATION_EXPLAINED =
  "Each operation is called with another tenant's token, once on an existing object and once on an id that never existed. The owner then reads the object again. Both tenants read the lists, and writes that refer to another tenant's object are tried as well.";
export const NO_ISOLATION = 'Isolation was not checked.';
export const REQUIREMENTS_MISSING = 'This run was saved before reports stated the requirements. Run the audit again.';
export const NO_REQUIREMENTS = 'The config file states no requirements of this API.';
export const COVERAGE_EXPLAINED =
  'Checks over a matrix try each class of attack on every operation, collection or route that it can meet. A cell is one class on one of them.';
export const RENDERED =
  'Generated from the saved run of `npx playwright test --project=prod`; `npm run report` renders it again. Each check is explained in `docs/checks/` of the audit.';

/** How to read the outcome of a requirement. */
export function requirementsExplained({ target, own_contract }: Pick<Run, 'target' | 'own_contract'>): string {
  if (!own_contract) return STATED_REQUIREMENTS;
  const rehearsed = target.loopback
    ? ' The target is a rehearsal: where a requirement names the live or production URL, Railway or Neon, the outcome is that of the rehearsal.'
    : '';
  return `${OUTCOMES_EXPLAINED}${rehearsed}`;
}

const STATED_REQUIREMENTS =
  'The requirements of the config file, each with the outcome of its checks. `not proven`: none of its checks applies to this API, so the verdict is NOT PROVEN.';
const OUTCOMES_EXPLAINED =
  'Every requirement in the words of the specification. `pass`: this run observed it. `pass in part`, `not observable`, `not measured` and `not met`: the proof states what was observed and what proves the rest; these outcomes do not change the verdict. `not proven`: nothing proves it, so the verdict is NOT PROVEN.';

const OTHER_OUTCOMES = ['fail', 'inconclusive', 'not applicable', 'not run'] as const;

/** Such as: 55 pass, 1 fail of 56 checks */
export function countsOf({ checks }: Run): string {
  const count = (outcome: Outcome): number => checks.filter((check) => check.outcome === outcome).length;
  const others = OTHER_OUTCOMES.filter((outcome) => count(outcome) > 0).map((outcome) => `${count(outcome)} ${outcome}`);
  return `${[`${count('pass')} pass`, ...others].join(', ')} of ${counted(checks.length, 'check')}`;
}

export function targetOf({ target }: Pick<Run, 'target'>): string {
  const trusted = target.private_ca ? ' Its certificate is trusted through `AUDIT_CA_FILE`.' : '';
  return target.loopback
    ? `Target: **rehearsal** (the service on this machine, not a public deployment).${trusted}`
    : `Target: \`${target.api_url}\`.${trusted}`;
}

/** The commit that is live, and whether the checkout is at another one. */
export function liveRelease({ live_commit, commit, own_contract }: Pick<Run, 'live_commit' | 'commit' | 'own_contract'>): string {
  if (live_commit === null) return 'Live commit: unknown.';
  const live = `Live commit: \`${live_commit}\`.`;
  if (!own_contract || commit === null || live_commit.startsWith(commit)) return live;
  return `${live} The checkout is at \`${commit}\`: its contract, settings and decisions may differ from those of the live commit.`;
}

/** The heading of the checks that one reason kept from beginning. */
export function blockedTitle(count: number): string {
  return `${counted(count, 'check')} could not begin`;
}

/** What the section on advice is about. */
export const ADVICE_EXPLAINED =
  'Neither the contract nor the config file declares these policies, so what differs from them changes no verdict. A policy that `x-policies` of the contract or `policies` of the config file declares is checked.';

/** What a reader must know before anything else: that the run is partial, and which requirements are not proven or not met. */
export function notesOf({ requirements, selected, checks }: Pick<Run, 'requirements' | 'selected' | 'checks'>): string[] {
  const of = (outcome: RequirementOutcome): RequirementRow[] => requirements.filter((row) => row.outcome === outcome);
  const unproven = of('not proven').map(({ id }) => id);
  return [
    ...(selected < checks.length ? [`${selected} of ${counted(checks.length, 'check')} selected.`] : []),
    ...(unproven.length > 0 ? [`${unproven.join(', ')} not proven: see the requirements.`] : []),
    ...of('not met').map(({ id, proof: [first] }) => `${id} ${first?.says ?? 'not met in this run'}`),
  ];
}

/** What the audit itself may have stopped or left at the target, which a reader must know first. */
export function harmOf({ checks }: Pick<Run, 'checks'>): string[] {
  const stopped = checks.flatMap(({ evidence }) => evidence).filter(({ code }) => code === STOPPED);
  const left = checks.filter(({ id, outcome }) => id === 'nothing-left-behind' && outcome === 'fail');
  return [
    ...stopped.map(({ says }) => `This audit may have stopped the API. ${oneLine(says)}.`),
    ...left.map(({ summary }) => `This audit left objects at the target. ${oneLine(summary)}`),
  ];
}

/** The last line on a terminal. */
export function endLine(run: Run, exitCode: number, reportFile: string, unwritten: readonly string[]): string {
  const where = unwritten.length === 0 ? `; see ${reportFile}` : `; not written: ${unwritten.join(', ')}`;
  const notes = notesOf(run).map((note) => `; ${note.replace(/\.$/, '')}`);
  return `${run.verdict.toUpperCase()} (exit code ${exitCode}): ${countsOf(run)}; ${counted(run.requests, 'request')} in ${seconds(run.duration_ms)}${notes.join('')}${where}`;
}

/** What differs between two runs of an unchanged target, as names and values. */
export function factsOf(run: Run): (readonly [name: string, value: string])[] {
  const { since, elsewhere } = run.changes;
  return [
    ['Started', run.started_at],
    ['Duration', durationOf(run)],
    ['Warm-up', warmUpOf(run)],
    ['Mutation testing', mutationTestingOf(run)],
    ['Requests', `${run.requests} (${run.browser_requests} from the browser, ${run.anonymous_requests} limited by client address)`],
    ['Target', `\`${run.target.api_url}\``],
    ['App', `\`${run.target.app_origin}\``],
    ['Commit of the repository', run.commit === null ? 'unknown' : `\`${run.commit}\``],
    ['Browser', run.browser ?? 'not started'],
    ['Compared with', `${since ?? 'no earlier run'}${elsewhere === null ? '' : `, target \`${elsewhere}\``}`],
  ];
}

/** The duration of a run and its budget. */
export function durationOf({
  duration_ms,
  waited_ms,
  deployment_wait_ms,
  budget_seconds,
}: Pick<Run, 'duration_ms' | 'waited_ms' | 'deployment_wait_ms' | 'budget_seconds'>): string {
  const waits = [
    ...(deployment_wait_ms > 0 ? [`${seconds(deployment_wait_ms)} waiting for the deployment`] : []),
    ...(waited_ms > 0 ? [`${seconds(waited_ms)} waiting for the rate limit`] : []),
  ];
  return `${seconds(duration_ms)}${waits.length === 0 ? '' : `, including ${waits.join(' and ')}`}; budget ${budget_seconds} s without waits`;
}

function warmUpOf({ warm_up_ms }: Pick<Run, 'warm_up_ms'>): string {
  return warm_up_ms === null ? 'no request was sent' : `${seconds(warm_up_ms)} until the first response of the health endpoint`;
}

function mutationTestingOf({ proving }: Pick<Run, 'proving'>): string {
  if (proving === null) return 'no results: run `npm run prove`';
  return proving.stale ? `${proving.summary} Stale: the checks have changed since.` : proving.summary;
}

/** A simple GET has a separate column; the other requests are grouped by method. */
export function columnOf({ purpose, method }: CorsRow): string {
  return purpose === 'simple GET' ? purpose : method;
}

/** The checks over a matrix, with how many cells they tried and why they left the others. */
export function coverageRows({ checks }: Pick<Run, 'checks'>): { id: string; tried: string; left: string }[] {
  return checks.flatMap(({ id, coverage }) =>
    coverage === null
      ? []
      : [{ id, tried: `${coverage.tried} of ${coverage.cells}`, left: coverage.left.map(({ reason, cells }) => `${cells}: ${reason}`).join('; ') }],
  );
}
