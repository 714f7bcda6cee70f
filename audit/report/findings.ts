import { checkOf, isCheckId } from '../checks/catalog.ts';
import { SEVERITIES } from '../model/severity.ts';
import { curlLine } from './curl.ts';
import { BLOCKED } from '../model/verdict.ts';
import type { CheckResult, Run } from '../run/run.ts';

const SHOWN_OBSERVATIONS = 5;
const SHOWN_REQUESTS = 2;

/** A request as a line for a shell, and the response to it. */
export type ShownRequest = { curl: string; response: string };

/** What every report states about a check that neither passed nor was not applicable. Texts are unescaped. */
export type Finding = {
  result: CheckResult;
  title: string;
  /** Undefined where the only observation states the same. */
  summary: string | undefined;
  /** That a failure is accepted, and until when. */
  acceptance: string | undefined;
  /** The first few, each with the requests that no earlier observation shows. */
  observations: readonly { text: string; requests: readonly ShownRequest[] }[];
  /** How many observations only the run file has. */
  further: string | undefined;
  /** Heading and text; none for a check that this version does not know. */
  advice: readonly (readonly [heading: string, text: string])[];
  /** For this repository's API names its files and settings; for another API, what holds anywhere. */
  remediation: string;
  /** The file to open first; undefined for another API without a decision record about the check. */
  file: string | undefined;
  /** Such as: decision 0012, FR-004. Empty where there is neither. */
  references: string;
};

/** Failures first, then what was not proven; the most severe first. */
export function findingsOf({ checks, own_contract }: Pick<Run, 'checks' | 'own_contract'>): Finding[] {
  const open = SEVERITIES.flatMap((severity) =>
    checks.filter((check) => check.severity === severity && check.outcome !== 'pass' && check.outcome !== 'not applicable'),
  );
  return [...open.filter(({ outcome }) => outcome === 'fail'), ...open.filter(({ outcome }) => outcome !== 'fail')].map((result) =>
    findingOf(result, own_contract),
  );
}

/** Checks that could not begin, by the reason, which is a finding of another check. */
export type Blocked = { reason: string; ids: readonly string[] };

/** For people: what could not begin is stated once for each reason, and not as a finding of each check. */
export function findingsForPeople(run: Pick<Run, 'checks' | 'own_contract'>): { findings: Finding[]; blocked: Blocked[] } {
  const isBlocked = ({ result }: Finding): boolean => result.code === BLOCKED;
  const all = findingsOf(run);
  const reasons = Map.groupBy(all.filter(isBlocked), ({ result }) => result.summary);
  return {
    findings: all.filter((finding) => !isBlocked(finding)),
    blocked: [...reasons].map(([reason, results]) => ({ reason, ids: results.map(({ result }) => result.id) })),
  };
}

/** @param isOwn whether the audited API is this repository's */
export function findingOf(result: CheckResult, isOwn: boolean): Finding {
  const remediation = remediationOf(result, isOwn);
  const decides = ({ outcome }: (typeof result.evidence)[number]): boolean => outcome === result.outcome;
  const open = result.evidence.filter(({ outcome }) => outcome !== 'advice').toSorted((a, b) => Number(decides(b)) - Number(decides(a)));
  const hidden = open.length - SHOWN_OBSERVATIONS;
  return {
    result,
    title: titleOf(result),
    summary: open.length === 1 && open[0]?.says === result.summary ? undefined : result.summary,
    acceptance: acceptanceOf(result),
    observations: observationsOf(open),
    further: hidden > 0 ? `and ${hidden} more in the run file` : undefined,
    advice: isCheckId(result.id)
      ? [
          ['Why it matters', checkOf(result.id).why],
          ['Remediation', remediation],
        ]
      : [],
    remediation,
    file: isOwn || result.adr !== null ? result.file : undefined,
    references: [...(result.adr === null ? [] : [`decision ${result.adr}`]), ...result.requirement].join(', '),
  };
}

/** Deviations from policies that the audited API does not declare, by check and policy. They change no verdict. */
export function deviationsOf({ checks }: Pick<Run, 'checks'>): { id: string; policy: string; says: string }[] {
  return checks.flatMap(({ id, evidence }) => {
    const byPolicy = Map.groupBy(
      evidence.filter(({ outcome }) => outcome === 'advice'),
      ({ policy = '' }) => policy,
    );
    return [...byPolicy].map(([policy, [first, ...others]]) => ({
      id,
      policy,
      says: `${first?.says ?? ''}${others.length === 0 ? '' : ` (and ${others.length} more)`}`,
    }));
  });
}

/** A passed check and a failed one have different titles, so that a title always states the result. */
export function titleOf({ id, outcome, code }: Pick<CheckResult, 'id' | 'outcome' | 'code'>): string {
  if (!isCheckId(id)) return id;
  const { title, failed, lesser } = checkOf(id);
  if (outcome === 'fail') return lesser?.[code]?.failed ?? failed;
  return outcome === 'pass' ? title : `${outcome === 'not applicable' ? 'Not applicable' : 'Not proven'}: ${title}`;
}

function observationsOf(evidence: CheckResult['evidence']): Finding['observations'] {
  const shown = new Set<string>();
  return evidence.slice(0, SHOWN_OBSERVATIONS).map(({ says, exchanges }) => ({
    text: says,
    requests: exchanges
      .slice(0, SHOWN_REQUESTS)
      .map((exchange) => ({ curl: curlLine(exchange), response: exchange.answer }))
      .filter(({ curl }) => !shown.has(curl) && shown.add(curl)),
  }));
}

function acceptanceOf({ accepted }: CheckResult): string | undefined {
  if (accepted === null) return undefined;
  const until = accepted.expires === null ? '' : ` until ${accepted.expires}`;
  const owner = accepted.owner === null ? '' : ` by ${accepted.owner}`;
  return `Accepted${until}${owner}: ${accepted.reason.replace(/\.$/, '')}. An accepted failure counts as not proven.`;
}

function remediationOf({ id }: CheckResult, isOwn: boolean): string {
  if (!isCheckId(id)) return '';
  return isOwn ? checkOf(id).fix : checkOf(id).general;
}

/** The differences from the previous run: a sentence, and the lists that are not empty. */
export function changesOf({ changes: { since, elsewhere, worse, better, other } }: Pick<Run, 'changes'>): {
  sentence: string;
  lists: readonly { name: string; lines: readonly string[] }[];
} {
  if (since === null) return { sentence: 'There is no earlier run to compare with.', lists: [] };
  const before = `the previous run${elsewhere === null ? '' : ', which had another target'}`;
  const lists = [
    { name: 'Worse', lines: worse },
    { name: 'Better', lines: better },
    { name: 'Added or removed', lines: other },
  ].filter(({ lines }) => lines.length > 0);
  return { sentence: lists.length === 0 ? `No changes since ${before}.` : `Since ${before}:`, lists };
}
