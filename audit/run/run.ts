import { type CheckId, checkIds, checkOf } from '../checks/catalog.ts';
import { severityOf } from '../checks/check.ts';
import type { Severity } from '../model/severity.ts';
import type { Area } from '../model/area.ts';
import type { Variable } from '../contract/contract.ts';
import type { Operation } from '../contract/operations.ts';
import type { ProvingResults } from './proving-results.ts';
import type { LedgerEntry } from '../model/exchange.ts';
import type { Coverage, Observation, Outcome, Verdict } from '../model/verdict.ts';
import { requestsOf } from '../gather/ledger.ts';
import type { DecisionFile } from '../checks/configuration/gather.ts';

export type RunVerdict = 'proven' | 'failed' | 'not proven';

export type CheckResult = {
  id: string;
  area: Area;
  /** That of the most severe failure; that of the check where there is none. */
  severity: Severity;
  outcome: Outcome;
  code: string;
  summary: string;
  /** Ids of the requirements that it proves. */
  requirement: readonly string[];
  /** The id of the decision record that it confirms; null if none names it. */
  adr: string | null;
  /** The file of the repository to open first: where the fix belongs, or the decision record. */
  file: string;
  /** Milliseconds, including gathering its evidence. Evidence that checks share counts for the first of them. */
  duration_ms: number;
  /** Why a failure is accepted for now; null for a failure that is not, and for every other outcome. */
  accepted: Acceptance | null;
  /** Of a check over a matrix: how many of its cells were tried, and why the others were not; null for every other check. */
  coverage: Coverage | null;
  /** How many observations there were. */
  observations: number;
  /** Those that did not pass. */
  evidence: readonly Evidence[];
};

/** From the config file: a deviation, or a check that is set to `warn`, which has no owner and no expiry. */
export type Acceptance = { reason: string; owner: string | null; expires: string | null };

/** An observation with its requests, redacted. */
export type Evidence = Pick<Observation, 'outcome' | 'code' | 'says' | 'policy'> & { exchanges: readonly ShownExchange[] };

export type ShownExchange = {
  method: string;
  path: string;
  /** The origin of the page, for a request from a browser. */
  from?: string;
  headers: readonly (readonly [string, string])[];
  body?: string;
  answer: string;
};

/** `not observable`, `not measured` and `not met` do not change the verdict; nothing proves a requirement that is `not proven`. */
export type RequirementOutcome = Outcome | 'pass in part' | 'not observable' | 'not measured' | 'not met' | 'not proven';

/** One requirement of the specification and its proof. */
export type RequirementRow = { id: string; demand: string; outcome: RequirementOutcome; proof: readonly Proof[] };

/** A sentence with code in backticks. A list of checks or test files continues it, unless both are empty. */
export type Proof = { says: string; checks: readonly string[]; tests: readonly string[] };

export type AreaBudget = { area: string; requests: number; ms: number };

export type CorsRow = { kind: string; origin: string; method: string; purpose: string; ruling: string };

/** One attempt of another tenant on an existing object. */
export type IsolationRow = {
  /** The collection of the object, such as tasks. */
  collection: string;
  operation: string;
  method: string;
  path: string;
  /** The responses for another tenant's object, for an unknown id, and to the owner afterwards; empty where no request was sent. */
  foreign: string;
  unknown: string;
  ownerAfter: string;
};

/** The saved run, from which every report is rendered. `run.schema.json` is its JSON schema. */
export type Run = {
  version: 1;
  verdict: RunVerdict;
  target: { api_url: string; app_origin: string; loopback: boolean; private_ca: boolean };
  /** The abbreviated commit of the checkout. */
  commit: string | null;
  /** The commit that the health endpoint reported; null if it reported none. */
  live_commit: string | null;
  /** How many checks were selected: fewer than there are in a partial run. */
  selected: number;
  /** Whether the contract is that of the API in the audit's own repository. */
  own_contract: boolean;
  browser: string | null;
  started_at: string;
  duration_ms: number;
  waited_ms: number;
  /** Since the start of the command's process; null in a run that was saved before this was measured. */
  command_ms: number | null;
  /** How long the audit waited for the expected release. */
  deployment_wait_ms: number;
  /** How long the scan of the repository's files and history took. */
  history_scan_ms: number;
  /** The latest results of mutation testing; null if there are none. */
  proving: ProvingResults | null;
  /** Until the first response of the health endpoint; null if no request was sent. */
  warm_up_ms: number | null;
  /** The time budget without waits. */
  budget_seconds: number;
  requests: number;
  anonymous_requests: number;
  browser_requests: number;
  areas: readonly AreaBudget[];
  checks: readonly CheckResult[];
  /** In the order of the specification; for another API those of the config file. Empty in a run that was saved before reports stated them. */
  requirements: readonly RequirementRow[];
  changes: {
    /** The start of the previous run; null if there is none. */
    since: string | null;
    /** The target of the previous run, if it was another one. */
    elsewhere: string | null;
    worse: readonly string[];
    better: readonly string[];
    /** Checks that only one of the two runs has. */
    other: readonly string[];
  };
  cors: readonly CorsRow[];
  isolation: readonly IsolationRow[];
  operations: readonly Pick<Operation, 'id' | 'method' | 'path' | 'protected'>[];
  variables: readonly Pick<Variable, 'name' | 'required_in' | 'secret' | 'description' | 'default'>[];
  decisions: readonly DecisionFile[];
};

/** An accepted failure makes a run `not proven` rather than `failed`. A requirement that nothing proves also makes it `not proven`. */
export function verdictOf(
  checks: readonly (Pick<CheckResult, 'outcome'> & Partial<Pick<CheckResult, 'accepted'>>)[],
  requirements: readonly Pick<RequirementRow, 'outcome'>[] = [],
): RunVerdict {
  if (checks.some(({ outcome, accepted }) => outcome === 'fail' && !accepted)) return 'failed';
  if (requirements.some(({ outcome }) => outcome === 'not proven')) return 'not proven';
  const settled = checks.every(({ outcome }) => outcome === 'pass' || outcome === 'not applicable');
  return settled && checks.some(({ outcome }) => outcome === 'pass') ? 'proven' : 'not proven';
}

/** The verdict of a check that ran, and its duration in milliseconds. */
export type Made = { verdict: Verdict; ms: number };

export const NOT_MADE: Made = { verdict: { outcome: 'not run', code: 'not-run', summary: 'The check did not run.', observations: [] }, ms: 0 };

/**
 * One result for each check, in the order of the catalog. A check without a verdict is `not run`.
 * @param referencesOf the requirements, the decision and the file of a check
 * @param acceptanceOf why a failure of a check is accepted
 */
export function resultsOf(
  made: ReadonlyMap<string, Made>,
  ledger: readonly LedgerEntry[],
  referencesOf: (id: CheckId) => References,
  acceptanceOf: (id: CheckId) => Acceptance | null = () => null,
): CheckResult[] {
  const entries = new Map(ledger.map((entry) => [entry.id, entry]));
  return checkIds.map((id: CheckId) => {
    const { area } = checkOf(id);
    const { verdict, ms } = made.get(id) ?? NOT_MADE;
    const notPassed = verdict.observations.filter(({ outcome }) => outcome !== 'pass');
    return {
      id,
      area,
      severity: verdict.outcome === 'fail' ? severityOf(checkOf(id), verdict.code) : checkOf(id).severity,
      outcome: verdict.outcome,
      code: verdict.code,
      summary: verdict.summary,
      ...referencesOf(id),
      duration_ms: Math.round(ms),
      accepted: verdict.outcome === 'fail' ? acceptanceOf(id) : null,
      coverage: verdict.coverage ?? null,
      observations: verdict.observations.length,
      evidence: notPassed.map(({ outcome, code, says, policy, evidence }) => ({
        outcome,
        code,
        says,
        ...(outcome === 'advice' && policy && { policy }),
        exchanges: evidence.flatMap((entry) => exchangesOf(entries.get(entry))),
      })),
    };
  });
}

/** Requests and milliseconds of each area, in the order in which the areas ran. */
export function budgetOf(ledger: readonly LedgerEntry[], ms: ReadonlyMap<string, number>, areaOf: (evidence: string) => string): AreaBudget[] {
  const requests = Map.groupBy(ledger, ({ evidence }) => areaOf(evidence));
  return [...ms].map(([area, spent]) => ({
    area,
    requests: (requests.get(area) ?? []).reduce((sum, entry) => sum + requestsOf(entry), 0),
    ms: Math.round(spent),
  }));
}

function exchangesOf(entry: LedgerEntry | undefined): ShownExchange[] {
  if (entry === undefined || entry.kind === 'inspection') return [];
  const { method, url, headers, body } = entry.request;
  return [
    {
      method,
      path: url.replace(/^https:\/\/[^/]*/, ''),
      ...(entry.kind === 'browser' && { from: entry.pageOrigin }),
      headers,
      ...(body !== undefined && { body: body.slice(0, 300) }),
      answer:
        entry.kind === 'http'
          ? responseText(entry.response?.status, entry.response?.body ?? entry.error)
          : entry.read
            ? responseText(entry.read.status, entry.read.body)
            : `not readable by the page (${entry.blockedBecause ?? 'no reason given'})`,
    },
  ];
}

function responseText(status: number | undefined, text: string | undefined): string {
  const excerpt = (text ?? '').replaceAll(/\s+/g, ' ').slice(0, 160);
  return `${status ?? 'none'}${excerpt === '' ? '' : `: ${excerpt}`}`;
}

/** What a check belongs to in the repository of the audited API. */
export type References = Pick<CheckResult, 'requirement' | 'adr' | 'file'>;

/** From best to worst. */
export const RANK: Readonly<Record<Outcome, number>> = { pass: 0, 'not applicable': 1, 'not run': 2, inconclusive: 3, fail: 4 };

/** Compares two runs check by check. */
export function changesSince(before: Pick<Run, 'started_at' | 'target' | 'checks'> | undefined, now: Pick<Run, 'target' | 'checks'>): Run['changes'] {
  if (before === undefined) return { since: null, elsewhere: null, worse: [], better: [], other: [] };
  const old = new Map(before.checks.map(({ id, outcome }) => [id, outcome]));
  const current = new Set(now.checks.map(({ id }) => id));
  const changed = now.checks.flatMap(({ id, outcome }) => {
    const previous = old.get(id);
    return previous === undefined || previous === outcome
      ? []
      : [{ line: `${id}: ${previous} -> ${outcome}`, worse: RANK[outcome] > RANK[previous] }];
  });
  // Every rehearsal has another port.
  const isSame = before.target.api_url === now.target.api_url || (before.target.loopback && now.target.loopback);
  return {
    since: before.started_at,
    elsewhere: isSame ? null : before.target.api_url,
    worse: changed.filter(({ worse }) => worse).map(({ line }) => line),
    better: changed.filter(({ worse }) => !worse).map(({ line }) => line),
    other: [
      ...now.checks.filter(({ id }) => !old.has(id)).map(({ id, outcome }) => `${id}: new -> ${outcome}`),
      ...before.checks.filter(({ id }) => !current.has(id)).map(({ id, outcome }) => `${id}: ${outcome} -> gone`),
    ],
  };
}

/** The combined outcome of several checks: an open check is never hidden behind one that passed. */
export function combine(results: readonly CheckResult[]): { outcome: Outcome; inPart: boolean } {
  const order: readonly Outcome[] = ['fail', 'inconclusive', 'not run', 'pass', 'not applicable'];
  const outcome = order.find((each) => results.some((result) => result.outcome === each)) ?? 'not run';
  return { outcome, inPart: outcome === 'pass' && results.some((result) => result.outcome === 'not applicable') };
}
