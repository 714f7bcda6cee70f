import { type CheckId, checkIds, checkOf } from '../checks/catalog.ts';
import type { Severity } from '../checks/check.ts';
import type { Area } from '../model/area.ts';
import type { Variable } from '../contract/contract.ts';
import type { Operation } from '../contract/operations.ts';
import type { ProvingGround } from './proving-results.ts';
import type { LedgerEntry } from '../model/exchange.ts';
import type { Observation, Outcome, Verdict } from '../model/verdict.ts';
import { requestsOf } from '../gather/ledger.ts';
import type { DecisionFile } from '../checks/configuration/gather.ts';

export type RunVerdict = 'proven' | 'failed' | 'not proven';

export type CheckResult = {
  id: string;
  area: Area;
  severity: Severity;
  outcome: Outcome;
  code: string;
  summary: string;
  requirement: readonly string[];
  adr: string;
  /** File of the repository that a reader would open first: where it would be mended, or the decision. */
  file: string;
  /** Milliseconds, with the evidence that was gathered for it: the first of several that share evidence pays for all. */
  duration_ms: number;
  /** Why a failure is accepted for now; null where it is not, and for every other outcome. */
  accepted: Acceptance | null;
  /** How many observations there were. */
  observations: number;
  /** Those that did not pass. */
  evidence: readonly Evidence[];
};

/** From the config file: a deviation, or a check of which it only wants to be warned (then nobody answers for it, and for ever). */
export type Acceptance = { reason: string; owner: string | null; expires: string | null };

/** What was seen, with the requests that show it, redacted. */
export type Evidence = Pick<Observation, 'outcome' | 'code' | 'says'> & { exchanges: readonly ShownExchange[] };

export type ShownExchange = {
  method: string;
  path: string;
  /** Origin of the page, where a browser sent it. */
  from?: string;
  headers: readonly (readonly [string, string])[];
  body?: string;
  answer: string;
};

/** `not observable`, `not measured` and `not met` change no verdict; `not proven` is a demand that nothing proves. */
export type RequirementOutcome = Outcome | 'pass in part' | 'not observable' | 'not measured' | 'not met' | 'not proven';

/** One demand of the specification, and what proves it. */
export type RequirementRow = { id: string; demand: string; outcome: RequirementOutcome; proof: readonly Proof[] };

/** A sentence; with code in backticks, and continued by a list of checks or of test files where there is one. */
export type Proof = { says: string; checks: readonly string[]; tests: readonly string[] };

export type AreaBudget = { area: string; requests: number; ms: number };

export type CorsRow = { kind: string; origin: string; method: string; purpose: string; ruling: string };

/** One thing another tenant tried on an object that existed. */
export type IsolationRow = {
  /** Of which the object was, such as tasks. */
  collection: string;
  operation: string;
  method: string;
  path: string;
  /** What was answered for another's object, for one that never existed, and to the owner afterwards; empty where it was not asked. */
  foreign: string;
  unknown: string;
  ownerAfter: string;
};

/** The saved run: everything the reports are rendered from. `run.schema.json` says the same to machines. */
export type Run = {
  version: 1;
  verdict: RunVerdict;
  target: { api_url: string; app_origin: string; loopback: boolean; private_ca: boolean };
  /** Of the checkout, in short. */
  commit: string | null;
  /** That health reported; null where it reports none. */
  live_commit: string | null;
  /** How many checks were selected: fewer than there are in a partial run. */
  selected: number;
  /** Whether the contract is that of the repository the audit ran in. */
  own_contract: boolean;
  browser: string | null;
  started_at: string;
  duration_ms: number;
  waited_ms: number;
  /** From the start of the command's process; null in a run that was saved before this was measured. */
  command_ms: number | null;
  /** How long the audit waited for the release that is to be live. */
  deployment_wait_ms: number;
  /** How long the scan of the repository's files and history took. */
  history_scan_ms: number;
  /** What the proving ground said of these checks; null where it has said nothing. */
  proving: ProvingGround | null;
  /** Until health answered for the first time; null where nothing was sent. */
  warm_up_ms: number | null;
  /** Of the time that is not waited. */
  budget_seconds: number;
  requests: number;
  anonymous_requests: number;
  browser_requests: number;
  areas: readonly AreaBudget[];
  checks: readonly CheckResult[];
  /** Every demand in the order of the specification; empty in a run that was saved before they were stated. */
  requirements: readonly RequirementRow[];
  changes: {
    /** When the run that this one is compared with was started; null where there is none. */
    since: string | null;
    /** What that run had audited, where it was another target. */
    elsewhere: string | null;
    worse: readonly string[];
    better: readonly string[];
    /** Checks that only one of the two runs knows. */
    other: readonly string[];
  };
  cors: readonly CorsRow[];
  isolation: readonly IsolationRow[];
  operations: readonly Pick<Operation, 'id' | 'method' | 'path' | 'protected'>[];
  variables: readonly Pick<Variable, 'name' | 'required_in' | 'secret' | 'description' | 'default'>[];
  decisions: readonly DecisionFile[];
};

/** A failure that is accepted does not fail the run, and never lets it be proven; neither does a demand that nothing proves. */
export function verdictOf(
  checks: readonly (Pick<CheckResult, 'outcome'> & Partial<Pick<CheckResult, 'accepted'>>)[],
  requirements: readonly Pick<RequirementRow, 'outcome'>[] = [],
): RunVerdict {
  if (checks.some(({ outcome, accepted }) => outcome === 'fail' && !accepted)) return 'failed';
  if (requirements.some(({ outcome }) => outcome === 'not proven')) return 'not proven';
  const settled = checks.every(({ outcome }) => outcome === 'pass' || outcome === 'not applicable');
  return settled && checks.some(({ outcome }) => outcome === 'pass') ? 'proven' : 'not proven';
}

/** A check that was made: its verdict, and the milliseconds it took. */
export type Made = { verdict: Verdict; ms: number };

export const NOT_MADE: Made = { verdict: { outcome: 'not run', code: 'not-run', summary: 'The check was not run.', observations: [] }, ms: 0 };

/**
 * One result for each check of the catalogue, in its order; a check nobody ran is `not run`.
 * @param fileOf the file of the repository that belongs to a check.
 * @param acceptanceOf why a failure of a check is accepted.
 */
export function resultsOf(
  made: ReadonlyMap<string, Made>,
  ledger: readonly LedgerEntry[],
  fileOf: (id: CheckId) => string,
  acceptanceOf: (id: CheckId) => Acceptance | null = () => null,
): CheckResult[] {
  const entries = new Map(ledger.map((entry) => [entry.id, entry]));
  return checkIds.map((id: CheckId) => {
    const { area, severity, requirements, adr } = checkOf(id);
    const { verdict, ms } = made.get(id) ?? NOT_MADE;
    const telling = verdict.observations.filter(({ outcome }) => outcome !== 'pass');
    return {
      id,
      area,
      severity,
      outcome: verdict.outcome,
      code: verdict.code,
      summary: verdict.summary,
      requirement: requirements,
      adr,
      file: fileOf(id),
      duration_ms: Math.round(ms),
      accepted: verdict.outcome === 'fail' ? acceptanceOf(id) : null,
      observations: verdict.observations.length,
      evidence: telling.map(({ outcome, code, says, evidence }) => ({
        outcome,
        code,
        says,
        exchanges: evidence.flatMap((entry) => shown(entries.get(entry))),
      })),
    };
  });
}

/** Requests and milliseconds of each area, in the order they were first run. */
export function budgetOf(ledger: readonly LedgerEntry[], ms: ReadonlyMap<string, number>, areaOf: (evidence: string) => string): AreaBudget[] {
  const requests = Map.groupBy(ledger, ({ evidence }) => areaOf(evidence));
  return [...ms].map(([area, spent]) => ({
    area,
    requests: (requests.get(area) ?? []).reduce((sum, entry) => sum + requestsOf(entry), 0),
    ms: Math.round(spent),
  }));
}

function shown(entry: LedgerEntry | undefined): ShownExchange[] {
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
          ? answered(entry.response?.status, entry.response?.body ?? entry.error)
          : entry.read
            ? answered(entry.read.status, entry.read.body)
            : `not readable: ${entry.blockedBecause ?? 'no reason given'}`,
    },
  ];
}

function answered(status: number | undefined, text: string | undefined): string {
  const excerpt = (text ?? '').replaceAll(/\s+/g, ' ').slice(0, 160);
  return `${status ?? 'no answer'}${excerpt === '' ? '' : `: ${excerpt}`}`;
}

/** From best to worst. */
export const RANK: Readonly<Record<Outcome, number>> = { pass: 0, 'not applicable': 1, 'not run': 2, inconclusive: 3, fail: 4 };

/** Compares two runs check by check. */
export function changesSince(before: Pick<Run, 'started_at' | 'target' | 'checks'> | undefined, now: Pick<Run, 'target' | 'checks'>): Run['changes'] {
  if (before === undefined) return { since: null, elsewhere: null, worse: [], better: [], other: [] };
  const old = new Map(before.checks.map(({ id, outcome }) => [id, outcome]));
  const known = new Set(now.checks.map(({ id }) => id));
  const changed = now.checks.flatMap(({ id, outcome: is }) => {
    const was = old.get(id);
    return was === undefined || was === is ? [] : [{ line: `${id}: ${was} -> ${is}`, worse: RANK[is] > RANK[was] }];
  });
  // Every rehearsal has a port of its own.
  const isSame = before.target.api_url === now.target.api_url || (before.target.loopback && now.target.loopback);
  return {
    since: before.started_at,
    elsewhere: isSame ? null : before.target.api_url,
    worse: changed.filter(({ worse }) => worse).map(({ line }) => line),
    better: changed.filter(({ worse }) => !worse).map(({ line }) => line),
    other: [
      ...now.checks.filter(({ id }) => !old.has(id)).map(({ id, outcome }) => `${id}: new -> ${outcome}`),
      ...before.checks.filter(({ id }) => !known.has(id)).map(({ id, outcome }) => `${id}: ${outcome} -> gone`),
    ],
  };
}

/** How several checks read together: what could not be made here is not hidden behind what could. */
export function combine(results: readonly CheckResult[]): { outcome: Outcome; inPart: boolean } {
  const order: readonly Outcome[] = ['fail', 'inconclusive', 'not run', 'pass', 'not applicable'];
  const outcome = order.find((each) => results.some((result) => result.outcome === each)) ?? 'not run';
  return { outcome, inPart: outcome === 'pass' && results.some((result) => result.outcome === 'not applicable') };
}
