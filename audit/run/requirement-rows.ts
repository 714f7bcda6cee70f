import { checkOf, isCheckId } from '../checks/catalog.ts';
import { type RequirementId, requirementIds, requirementOf } from '../checks/requirements.ts';
import type { TimeToHealthy } from '../checks/health/judge-release.ts';
import type { Outcome } from '../model/verdict.ts';
import type { AuditConfig } from '../settings/config.ts';
import type { RejectedOrigins } from './rejected-origins.ts';
import { type CheckResult, combine, type Proof, type RequirementOutcome, type RequirementRow } from './run.ts';
import { capital, counted, seconds } from '../model/wording.ts';

/** The facts of a run besides the outcomes of its checks. */
export type Figures = {
  loopback: boolean;
  healthProperties: readonly string[];
  origins: RejectedOrigins;
  command: CommandTime;
  /** When the expected release became healthy; undefined if none was expected, or it is not live and healthy. */
  released: TimeToHealthy | undefined;
  /** Secrets that production requires and whose values the audit does not have. */
  unknownSecrets: readonly string[];
  listed: { endpoints: number; variables: number; measures: number };
  /** Whether a file of this repository exists. */
  hasFile: (file: string) => boolean;
};

/** Milliseconds of the whole command and of the waits in it. */
export type CommandTime = { ms: number; deploymentMs: number; limiterMs: number; historyMs: number };

/** SC-004. */
const LONGEST_COMMAND_MS = 60_000;

/** The requirements of another API, as its config file states them. Checks that do not apply to it prove nothing. */
export function statedRequirements(checks: readonly CheckResult[], stated: AuditConfig['requirements']): RequirementRow[] {
  return Object.entries(stated).map(([id, { text, checks: named }]) => {
    const proving = checks.filter((check) => named.some((each) => each === check.id));
    return { id, demand: text, outcome: outcomeOf(proving, []), proof: observedBy(proving) };
  });
}

/** One row for each requirement of this repository's API, in the order of the specification. What nothing proves is `not proven`. */
export function requirementRows(checks: readonly CheckResult[], figures: Figures): RequirementRow[] {
  return requirementIds.map((id) => {
    const proving = checks.filter(({ requirement }) => requirement.includes(id));
    return { id, demand: requirementOf(id).demand, ...measured(id, fromChecks(id, proving, figures), proving, figures) };
  });
}

type State = { outcome: RequirementOutcome; proof: readonly Proof[] };
type Part = Proof & { shown: boolean };

function fromChecks(id: RequirementId, proving: readonly CheckResult[], figures: Figures): State {
  const { health = [] } = requirementOf(id);
  const absent = health.filter((property) => !figures.healthProperties.includes(property));
  if (absent.length > 0) {
    const text = `The contract's health response lacks ${absent.map((name) => `\`${name}\``).join(', ')}.`;
    return { outcome: 'not proven', proof: [proof(text)] };
  }
  const waiting = proving.filter((result) => isForStage(result) && result.outcome === 'not applicable');
  const run = proving.filter((result) => !waiting.includes(result));
  const onStage = stagePart(id, waiting);
  const parts = [...onStage, ...testedPart(id, run, onStage.length > 0, figures)];
  return {
    outcome: outcomeOf(proving, parts),
    proof: [...observedBy(run), ...parts.map(({ says, checks, tests }) => ({ says, checks, tests }))],
  };
}

function outcomeOf(proving: readonly CheckResult[], parts: readonly Part[]): RequirementOutcome {
  const observed: Outcome = proving.length === 0 ? 'not applicable' : combine(proving).outcome;
  if (observed !== 'pass' && observed !== 'not applicable') return observed;
  if (parts.some(({ shown }) => !shown)) return 'not proven';
  if (observed === 'pass') return parts.length > 0 ? 'pass in part' : 'pass';
  return parts.length > 0 ? 'not observable' : 'not proven';
}

const WORDS: readonly (readonly [Outcome, string])[] = [
  ['fail', 'Failed:'],
  ['inconclusive', 'Inconclusive:'],
  ['not run', 'Not run:'],
  ['pass', 'Passed:'],
  ['not applicable', 'Not applicable:'],
];

function observedBy(results: readonly CheckResult[]): Proof[] {
  return WORDS.flatMap(([outcome, text]) => {
    const ids = results.filter((result) => result.outcome === outcome).map(({ id }) => id);
    return ids.length === 0 ? [] : [proof(text, ids)];
  });
}

/** The part that needs an outage control, which the rehearsal has. */
function stagePart(id: RequirementId, waiting: readonly CheckResult[]): Part[] {
  const { onStage } = requirementOf(id);
  if (waiting.length === 0 || onStage === undefined) return [];
  const checks = waiting.map((result) => result.id);
  return [{ ...proof(`${notObservable(onStage)}: proven by the rehearsal's check`, checks), shown: true }];
}

function testedPart(id: RequirementId, run: readonly CheckResult[], follows: boolean, { loopback, hasFile }: Figures): Part[] {
  const { tested } = requirementOf(id);
  if (tested === undefined) return [];
  // Tests of the whole requirement are not needed if this run observed it.
  if (tested.part === '' && run.some(({ outcome }) => outcome === 'pass')) return [];
  // A live run proves what a rehearsal cannot.
  if (id === 'FR-007' && !loopback) return [];
  const files = [...new Set(tested.tests.map(({ file }) => file))];
  const missing = files.filter((file) => !hasFile(file));
  if (missing.length > 0)
    return [{ ...proof(`${capital(tested.part) || 'This'} is not proven, because these tests do not exist:`, [], missing), shown: false }];
  const text =
    follows && tested.part === ''
      ? 'Also tested by'
      : `${notObservable(tested.part, id === 'FR-007' ? 'in a rehearsal' : 'from outside')}: tested by`;
  return [{ ...proof(text, [], files), shown: true }];
}

function notObservable(part: string, where = 'from outside'): string {
  return part === '' ? `Not observable ${where}` : `${capital(part)} is not observable ${where}`;
}

/** Requirements that need more than outcomes: a rate, a duration or a list. */
function measured(id: RequirementId, state: State, proving: readonly CheckResult[], figures: Figures): State {
  switch (id) {
    case 'SC-001':
      return timeOfDeployment(state, proving, figures);
    case 'SC-002':
      return valuesSearched(state, figures);
    case 'SC-003':
      return rateOf(state, figures);
    case 'SC-004':
      return commandTime(state, figures);
    case 'US3.2':
      return listed(state, figures);
    default:
      return state.outcome === 'not proven' && state.proof.length === 0
        ? { ...state, proof: [proof('Nothing in this run or in a test proves it.')] }
        : state;
  }
}

function timeOfDeployment(state: State, proving: readonly CheckResult[], { released }: Figures): State {
  const [check] = proving;
  if (check?.outcome === 'not applicable') {
    return {
      outcome: 'not measured',
      proof: [proof(`Not measured in this run. ${check.summary}`), proof("Measured by the rehearsal's check", [check.id])],
    };
  }
  if (check?.outcome !== 'pass' || released === undefined) return { ...state, outcome: check?.outcome === 'pass' ? 'not measured' : state.outcome };
  if ('seconds' in released) {
    const text = `${released.seconds.toFixed(1)} s from the creation of the deployment to the first healthy response seen of its commit.`;
    return { outcome: 'pass', proof: [proof(text), ...state.proof] };
  }
  return { outcome: 'not measured', proof: [proof(`${capital(released.notMeasured)}.`), ...state.proof] };
}

function valuesSearched({ outcome, proof: shown }: State, { unknownSecrets }: Figures): State {
  if (unknownSecrets.length === 0) return { outcome, proof: shown };
  const text = `Not searched by value, because the audit does not have the values of ${unknownSecrets.map((name) => `\`${name}\``).join(', ')}.`;
  return { outcome: outcome === 'pass' ? 'pass in part' : outcome, proof: [...shown, proof(text)] };
}

function rateOf({ outcome, proof: shown }: State, { origins: { tried, rejected, inBrowser, overHttp } }: Figures): State {
  const text =
    tried === 0
      ? 'No disallowed origin was tested.'
      : `${rejected} of ${counted(tried, 'disallowed origin')} rejected (${inBrowser} in a browser, ${overHttp} over raw HTTP).`;
  // The checks judge the same requests: if they pass and the rate is below 100 %, one of the two is wrong.
  const isFull = tried > 0 && rejected === tried;
  return { outcome: outcome === 'pass' && !isFull ? 'not proven' : outcome, proof: [proof(text), ...shown] };
}

function commandTime({ outcome, proof: shown }: State, { command: { ms, deploymentMs, limiterMs, historyMs } }: Figures): State {
  const own = ms - deploymentMs;
  const waits = `rate limit ${seconds(limiterMs)}, first history scan ${seconds(historyMs)}`;
  if (own < LONGEST_COMMAND_MS) {
    const text = `${seconds(ms)} for the whole command, of which wait for the deployment ${seconds(deploymentMs)}, ${waits}${deploymentMs > 0 ? `; ${seconds(own)} without the wait for the deployment` : ''}.`;
    return { outcome, proof: [proof(text), ...shown] };
  }
  const uncounted = deploymentMs > 0 ? ` The wait for the deployment (${seconds(deploymentMs)}) is not counted.` : '';
  const text = `not met in this run: ${seconds(own)}, of which ${waits}.${uncounted}`;
  return { outcome: outcome === 'pass' ? 'not met' : outcome, proof: [proof(text), ...shown] };
}

/** The report with this row also contains the lists. */
function listed({ outcome, proof: tests }: State, { listed: { endpoints, variables, measures } }: Figures): State {
  const [one, two, three] = [counted(endpoints, 'endpoint'), counted(variables, 'environment variable'), counted(measures, 'security measure')];
  const text = variables === 0 ? `${one} and ${three}. The contract has no inventory of environment variables.` : `${one}, ${two} and ${three}.`;
  const isWhole = variables > 0 && tests.length === 0;
  return {
    outcome: endpoints === 0 || (outcome === 'not proven' && tests.length > 0) ? 'not proven' : isWhole ? 'pass' : 'pass in part',
    proof: [proof(`The Markdown report lists ${text}`), ...tests],
  };
}

function isForStage({ id }: CheckResult): boolean {
  return isCheckId(id) && checkOf(id).onStageOnly;
}

function proof(says: string, checks: readonly string[] = [], tests: readonly string[] = []): Proof {
  return { says, checks, tests };
}
