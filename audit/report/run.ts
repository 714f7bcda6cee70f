import type { Area, CheckId, Severity } from '../catalog.ts';
import { catalog, checkIds, checkOf } from '../catalog.ts';
import type { Operation, Variable } from '../contract.ts';
import type { LedgerEntry } from '../exchange.ts';
import type { Observation, Outcome, Verdict } from '../judge/verdict.ts';
import type { DecisionFile } from '../probe/repository.ts';

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
  /** The observations that did not pass, or, where all did, how many there were. */
  observations: number;
  evidence: readonly Evidence[];
};

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

export type AreaBudget = { area: string; requests: number; ms: number };

export type CorsRow = { kind: string; origin: string; method: string; purpose: string; ruling: string };

/** One operation that another tenant tried on an object that existed. */
export type IsolationRow = { operation: string; method: string; path: string; foreign: string; unknown: string; ownerAfter: string };

/** The saved run: everything the report is rendered from. */
export type Run = {
  verdict: RunVerdict;
  target: { api_url: string; app_origin: string; loopback: boolean; private_ca: boolean };
  commit: string | null;
  browser: string | null;
  started_at: string;
  duration_ms: number;
  waited_ms: number;
  requests: number;
  anonymous_requests: number;
  browser_requests: number;
  areas: readonly AreaBudget[];
  checks: readonly CheckResult[];
  changes: { since: string | null; worse: readonly string[]; better: readonly string[]; other: readonly string[] };
  cors: readonly CorsRow[];
  isolation: readonly IsolationRow[];
  operations: readonly Pick<Operation, 'id' | 'method' | 'path' | 'protected'>[];
  variables: readonly Pick<Variable, 'name' | 'required_in' | 'secret' | 'description' | 'default'>[];
  decisions: readonly DecisionFile[];
};

export function verdictOf(checks: readonly Pick<CheckResult, 'outcome'>[]): RunVerdict {
  if (checks.some(({ outcome }) => outcome === 'fail')) return 'failed';
  const settled = checks.every(({ outcome }) => outcome === 'pass' || outcome === 'not applicable');
  return settled && checks.some(({ outcome }) => outcome === 'pass') ? 'proven' : 'not proven';
}

/** One result for each check of the catalogue, in its order; a check nobody ran is `not run`. */
export function resultsOf(verdicts: ReadonlyMap<string, Verdict>, ledger: readonly LedgerEntry[]): CheckResult[] {
  const entries = new Map(ledger.map((entry) => [entry.id, entry]));
  return checkIds.map((id: CheckId) => {
    const { area, severity, requirements, adr } = checkOf(id);
    const verdict = verdicts.get(id) ?? { outcome: 'not run' as const, code: 'not-run', summary: 'The check was not run.', observations: [] };
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

export function isCheckId(id: string): id is CheckId {
  return Object.hasOwn(catalog, id);
}

/** Requests and milliseconds of each area, in the order they were first run. */
export function budgetOf(ledger: readonly LedgerEntry[], ms: ReadonlyMap<string, number>, areaOf: (probe: string) => string): AreaBudget[] {
  const requests = Map.groupBy(ledger, ({ probe }) => areaOf(probe));
  return [...ms].map(([area, spent]) => ({
    area,
    requests: (requests.get(area) ?? []).reduce((sum, entry) => sum + requestsOf(entry), 0),
    ms: Math.round(spent),
  }));
}

/** A browser's preflight is a request of its own. */
export function requestsOf(entry: LedgerEntry): number {
  if (entry.kind === 'inspection') return 0;
  return entry.kind === 'wire' ? 1 : Number(entry.requestLeft) + Number(entry.preflight !== undefined);
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
        entry.kind === 'wire'
          ? answered(entry.answer?.status, entry.answer?.body ?? entry.error)
          : entry.read
            ? answered(entry.read.status, entry.read.body)
            : `not readable: ${entry.refusedBecause ?? 'no reason given'}`,
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
export function changesSince(before: Pick<Run, 'started_at' | 'checks'> | undefined, now: readonly CheckResult[]): Run['changes'] {
  const old = new Map(before?.checks.map(({ id, outcome }) => [id, outcome]));
  const changed = now
    .filter(({ id, outcome }) => before !== undefined && old.get(id) !== outcome)
    .map(({ id, outcome }) => ({ id, was: old.get(id), is: outcome }));
  const line = ({ id, was, is }: { id: string; was: Outcome | undefined; is: Outcome }): string => `${id}: ${was ?? 'new'} -> ${is}`;
  return {
    since: before?.started_at ?? null,
    worse: changed.filter(({ was, is }) => was !== undefined && RANK[is] > RANK[was]).map(line),
    better: changed.filter(({ was, is }) => was !== undefined && RANK[is] < RANK[was]).map(line),
    other: changed.filter(({ was }) => was === undefined).map(line),
  };
}
