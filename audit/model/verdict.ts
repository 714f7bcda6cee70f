import type { Exchange } from './exchange.ts';
import { isJsonType } from './header-fields.ts';
import { POLICIES, type Policy } from './policy.ts';

/** The verdict is PROVEN only where every check has `pass` or `not applicable`. */
export type Outcome = 'pass' | 'fail' | 'inconclusive' | 'not applicable' | 'not run';

/** The code of what the audit itself may have stopped, which every report states first. */
export const STOPPED = 'api-stopped';

/** The code of a check that could not begin, because a check before it found the target or the credentials unusable. */
export const BLOCKED = 'precondition-failed';

/** One expectation, whether it held, and the ledger entries that show it. */
export type Observation = {
  /** `advice`: a deviation from a policy that this API does not declare. It changes no verdict. */
  outcome: 'pass' | 'fail' | 'inconclusive' | 'advice';
  /** The policy that the expectation belongs to; without one it applies to any API. */
  policy?: Policy;
  /** Closed vocabulary in kebab-case, such as origin-allowed. */
  code: string;
  says: string;
  evidence: readonly string[];
};

/** How much of a matrix was tried. `left` has each reason with the number of its cells. */
export type Coverage = { cells: number; tried: number; left: readonly { reason: string; cells: number }[] };

export type Verdict = {
  outcome: Outcome;
  code: string;
  summary: string;
  observations: readonly Observation[];
  /** The summary of a pass, also where the outcome is another one. */
  passed?: string;
  /** Of a check over a matrix: how much of it was tried. */
  coverage?: Coverage;
};

/**
 * The worst observation decides: one failure fails the check, one doubt makes it inconclusive. No observation is never a pass,
 * and neither is an observation without evidence.
 * @param given what was observed, with the summary of a pass; or one failure or doubt
 */
export function conclude(given: Observation): Verdict;
export function conclude(given: readonly Observation[], passed: string): Verdict;
export function conclude(given: Observation | readonly Observation[], passed = ''): Verdict {
  const observations = 'outcome' in given ? [given] : given;
  for (const outcome of ['fail', 'inconclusive'] as const) {
    const [worst, ...others] = observations.filter((observation) => observation.outcome === outcome);
    if (worst === undefined) continue;
    const summary = others.length > 0 ? `${worst.says} (and ${others.length} more)` : worst.says;
    return { outcome, code: worst.code, summary, observations, passed };
  }
  if (observations.every(({ outcome }) => outcome === 'advice') && observations.length > 0)
    return { ...notApplicable(undeclared(observations[0]?.policy)), observations };
  if (observations.length === 0) return inconclusive('nothing-observed', 'Nothing was observed, so nothing is proven.');
  if (observations.some(({ evidence }) => evidence.length === 0)) {
    return { ...inconclusive('no-evidence', 'An observation has no evidence in the ledger, so nothing is proven.'), observations };
  }
  return { outcome: 'pass', code: 'proven', summary: passed, observations };
}

/** Belongs to a policy, which an API may have or not. */
export function underPolicy(policy: Policy, observation: Observation): Observation {
  return { ...observation, policy };
}

/**
 * The verdict for an API that declares these policies: a failure under another one is advice.
 * @param ofCheck the policy that the whole check is about
 */
export function withDeclared(declared: ReadonlySet<Policy>, verdict: Verdict, ofCheck?: Policy): Verdict {
  const isUndeclared = (policy: Policy | undefined): boolean => policy !== undefined && !declared.has(policy);
  const observations = verdict.observations.map((observation): Observation => {
    const { policy = ofCheck, outcome } = observation;
    return outcome === 'fail' && isUndeclared(policy) ? { ...observation, outcome: 'advice', ...(policy && { policy }) } : observation;
  });
  if (isUndeclared(ofCheck)) return { ...notApplicable(undeclared(ofCheck)), observations };
  const isChanged = observations.some(({ outcome }, index) => outcome !== verdict.observations[index]?.outcome);
  return isChanged ? conclude(observations, verdict.passed ?? '') : verdict;
}

/**
 * The same verdict, with the code and the summary of its most severe failure.
 * @param rankOf 0 for the most severe
 */
export function worstFirst(verdict: Verdict, rankOf: (failure: Observation) => number): Verdict {
  const isFailure = ({ outcome }: Observation): boolean => outcome === 'fail';
  const observations = verdict.observations.toSorted((a, b) => rankOf(a) - rankOf(b));
  const isSame = observations.find(isFailure) === verdict.observations.find(isFailure);
  return isSame ? verdict : conclude(observations, verdict.passed ?? '');
}

function undeclared(policy: Policy | undefined): string {
  return `Neither the contract (x-policies) nor the config file declares the policy ${policy}: ${policy === undefined ? '' : POLICIES[policy]}.`;
}

/** One verdict from several: the worst of them. */
export function combine(verdicts: readonly Verdict[]): Verdict {
  const open = verdicts.find(({ outcome, observations }) => outcome !== 'pass' && observations.length === 0);
  return (
    open ??
    conclude(
      verdicts.flatMap(({ observations }) => observations),
      [...new Set(verdicts.map(({ summary }) => summary))].join(' '),
    )
  );
}

export function inconclusive(code: string, summary: string): Verdict {
  return { outcome: 'inconclusive', code, summary, observations: [] };
}

export function notApplicable(summary: string): Verdict {
  return { outcome: 'not applicable', code: 'not-applicable', summary, observations: [] };
}

export function notRun(summary: string): Verdict {
  return { outcome: 'not run', code: 'setting-missing', summary, observations: [] };
}

type Entry = { id: string } | Exchange;

/** Without a response, or with one of something in front of the API: such an exchange shows nothing about the API. */
export function isSilent(entry: Entry): boolean {
  if (!('request' in entry) || 'expectedOrigin' in entry) return false;
  const { response } = entry;
  if (response === undefined || response.headers['x-railway-fallback'] !== undefined) return true;
  // Sent by a gateway: an API does not report itself as unreachable.
  if (response.status === 502 || response.status === 504) return true;
  // Judged by the body, because a wrong content type is a finding.
  return response.status === 503 && !isJsonType(response.headers['content-type']?.[0]) && !/^\s*[{[]/.test(response.body);
}

export function observe(outcome: Observation['outcome'], code: string, says: string, ...evidence: readonly Entry[]): Observation {
  return { outcome, code, says, evidence: evidence.map(({ id }) => id) };
}

/** A pass needs no sentence: reports show only what failed or is in doubt. */
export function observePass(code: string, ...evidence: readonly Entry[]): Observation {
  return observe('pass', code, '', ...evidence);
}

export function observeFailure(code: string, says: string, ...evidence: readonly Entry[]): Observation {
  return observe('fail', code, says, ...evidence);
}

export function observeDoubt(code: string, says: string, ...evidence: readonly Entry[]): Observation {
  return observe('inconclusive', code, says, ...evidence);
}

/** A group without attempts is a doubt, whatever the other groups show. */
export function requireAttempts(what: string, ...groups: readonly (readonly unknown[])[]): Observation[] {
  return groups.some(({ length }) => length === 0) ? [observeDoubt('nothing-tried', `Not tried: ${what}. Without attempts nothing is proven.`)] : [];
}

/**
 * A pass where the expectation holds, a failure where it does not, and a doubt where the target did not respond.
 * @param otherwise what is wrong where it does not hold
 */
export function expect(holds: boolean, code: string, otherwise: string, ...evidence: readonly Entry[]): Observation {
  const silent = evidence.find(isSilent);
  if (silent !== undefined) return observeDoubt('no-answer', `${nameOf(silent)} got no response from the API`, ...evidence);
  return holds ? observePass(code, ...evidence) : observeFailure(code, otherwise, ...evidence);
}

function nameOf(entry: Entry): string {
  return 'request' in entry ? `${entry.request.method} ${new URL(entry.request.url).pathname} (${entry.purpose})` : 'The inspected connection';
}
