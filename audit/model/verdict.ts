import type { Exchange } from './exchange.ts';

/** Only `pass` and `not applicable` let the audit end PROVEN. */
export type Outcome = 'pass' | 'fail' | 'inconclusive' | 'not applicable' | 'not run';

/** One thing that was seen, and the ledger entries that show it. */
export type Observation = {
  outcome: 'pass' | 'fail' | 'inconclusive';
  /** Closed vocabulary in kebab-case, such as origin-allowed. */
  code: string;
  says: string;
  evidence: readonly string[];
};

export type Verdict = {
  outcome: Outcome;
  code: string;
  summary: string;
  observations: readonly Observation[];
};

/**
 * The worst observation decides: one failure fails, one doubt leaves it open. Nothing observed is never a pass, and
 * neither is an observation without evidence.
 */
export function conclude(observations: readonly Observation[], passed: string): Verdict {
  const worst = observations.find(({ outcome }) => outcome === 'fail') ?? observations.find(({ outcome }) => outcome === 'inconclusive');
  if (worst) {
    const alike = observations.filter(({ outcome }) => outcome === worst.outcome).length;
    return { outcome: worst.outcome, code: worst.code, summary: alike > 1 ? `${worst.says} (and ${alike - 1} more)` : worst.says, observations };
  }
  if (observations.length === 0) return inconclusive('nothing-observed', 'Nothing was observed, so nothing is proven.');
  if (observations.some(({ evidence }) => evidence.length === 0)) {
    return { ...inconclusive('no-evidence', 'An observation has no evidence in the ledger, so nothing is proven.'), observations };
  }
  return { outcome: 'pass', code: 'proven', summary: passed, observations };
}

/** One verdict about several things of a kind: the worst of them. */
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

type Seen = { id: string } | Exchange;

/** Nobody answered, or something in front of the API did: such an exchange says nothing about the API, good or bad. */
export function isSilent(seen: Seen): boolean {
  if (!('request' in seen) || 'wantedOrigin' in seen) return false;
  const { answer } = seen;
  if (answer === undefined || answer.headers['x-railway-fallback'] !== undefined) return true;
  // A gateway's own: no API says of itself that it is unreachable.
  if (answer.status === 502 || answer.status === 504) return true;
  // Judged by its body, because a wrong type is a finding.
  return answer.status === 503 && !/\bjson\b/.test(answer.headers['content-type']?.[0] ?? '') && !/^\s*[{[]/.test(answer.body);
}

export function saw(outcome: Observation['outcome'], code: string, says: string, ...evidence: readonly Seen[]): Observation {
  return { outcome, code, says, evidence: evidence.map(({ id }) => id) };
}

/** A group in which nothing was tried proves nothing, however much the other groups do. */
export function requireAttempts(what: string, ...groups: readonly (readonly unknown[])[]): Observation[] {
  return groups.some(({ length }) => length === 0) ? [saw('inconclusive', 'nothing-tried', `${what}: nothing was tried, so nothing is proven`)] : [];
}

/** Passes when `holds` and fails otherwise, unless one of the exchanges it rests on is silent. */
export function demand(holds: boolean, code: string, held: string, broken: string, ...evidence: readonly Seen[]): Observation {
  const silent = evidence.find(isSilent);
  if (silent)
    return saw(
      'inconclusive',
      'no-answer',
      `it cannot be told whether ${held}: the API did not answer${'purpose' in silent ? ` (${silent.purpose})` : ''}`,
      ...evidence,
    );
  return holds ? saw('pass', code, held, ...evidence) : saw('fail', code, broken, ...evidence);
}
