import type { Contract } from '../contract/contract.ts';
import { type Operation, operationsOf } from '../contract/operations.ts';
import type { Evidence } from '../gather/context.ts';
import type { Area } from '../model/area.ts';
import { type Cell, coverageOf, withMinimum } from '../model/matrix.ts';
import { MOST_COLLECTIONS, OTHER_COLLECTIONS } from '../model/selection.ts';
import type { Exchange, LedgerEntry } from '../model/exchange.ts';
import type { Policy } from '../model/policy.ts';
import { SEVERITIES, type Severity } from '../model/severity.ts';
import { notApplicable, type Verdict, withDeclared, worstFirst } from '../model/verdict.ts';
import type { AuditConfig } from '../settings/config.ts';
import type { Target } from '../settings/target.ts';
import type { SourceId } from './references.ts';
import type { Reference } from './requirements.ts';

/** What a check needs to conclude anything: a target that responds as the API, and credentials that it accepts. */
export type Needs = 'nothing' | 'target' | 'access';

/**
 * When a check runs. Later phases judge or disturb what earlier ones need: malformed input may stop a weak target, and a stopped database or
 * an exhausted limit rejects the requests of every other check.
 */
export const phases = ['start', 'probe', 'send malformed input', 'disturb others', 'judge every response', 'clean up', 'end'] as const;
export type Phase = (typeof phases)[number];

/** What protects the service. */
export type Measure =
  | 'Exact allowlist of origins, preflights included'
  | 'Rejection of unlisted origins before any handler'
  | 'Bearer tokens: one key, one algorithm, an expiry'
  | "The owner's id in every query"
  | 'Rate limit by user or client address'
  | 'Deep health, and recovery from a lost database'
  | 'Security headers and no caching, on every status'
  | 'TLS only'
  | 'Errors as problem details, without internals'
  | 'No docs, contract or files in production'
  | 'Secrets in the environment alone';

/** A class of attack: a row of a matrix, with its source. */
export type AttackClass = { name: string; source: SourceId };

/** The description of a check. */
export type CheckTexts = {
  area: Area;
  severity: Severity;
  /** The headline of the check where it passes, and where it fails. */
  title: string;
  failed: string;
  /** Failures that are less severe, by their code: the severity and the headline of the check where it fails with nothing worse. */
  lesser?: Readonly<Record<string, { severity: Severity; failed: string }>>;
  /** The requirements that it proves. */
  requirements: readonly [Reference, ...Reference[]];
  /** Number of the decision record that the check confirms. */
  adr: string;
  measure?: Measure;
  /** The file of this repository in which the fix belongs; without one it is the decision record. */
  file?: string;
  why: string;
  /** How to fix it in this repository. */
  fix: string;
  /** What is sent or inspected. */
  sends: string;
  /** What a pass requires, besides the common criteria of the area. */
  proof?: string;
  /** How to fix it in any API. */
  general: string;
  sources: readonly SourceId[];
  /** Of a check over a matrix: the classes of attack, each of which is tried on every operation, collection or route that it can meet. */
  classes?: readonly AttackClass[];
};

/** What a judge uses besides the evidence. */
export type JudgeContext = {
  target: Target;
  config: AuditConfig;
  contract: Contract;
  /** The policies that the contract or the config file declares. */
  policies: ReadonlySet<Policy>;
  /** Environment variables that name a proxy, which the audit does not use. */
  unusedProxies: readonly string[];
  /** Everything sent and inspected so far. */
  entries(): readonly LedgerEntry[];
  /** Every exchange of the HTTP client so far, or those of one piece of evidence; without responses that may be a proxy's. */
  exchanges(evidence?: Evidence<unknown>): Exchange[];
  /** Those to which the API responded. */
  responses(): Exchange[];
  /** The decision record of each check. */
  decisions: readonly { id: string; adr: string }[];
};

/** Gathers a piece of evidence, or returns the stored one. */
export type Gather = <T>(evidence: Evidence<T>) => Promise<T>;

export type Check = CheckTexts & {
  phase: Phase;
  needs: Needs;
  /** Whether it acts as a user, and does not run without one. */
  needsUsers: boolean;
  /** Runs against a stage only, never against production. */
  onStageOnly: boolean;
  /** The verdict depends on the clocks of audit and target; its summary states a difference. */
  clock: boolean;
  evidence: readonly Evidence<unknown>[];
  /** Why the check does not apply to this target; undefined where it applies. */
  notApplicable(context: JudgeContext): string | undefined;
  /** Gathers the evidence and judges it. */
  conclude(gather: Gather, context: JudgeContext): Promise<Verdict>;
};

type Options = Partial<Pick<Check, 'phase' | 'onStageOnly' | 'clock' | 'notApplicable' | 'needsUsers'>> & {
  /** A check that needs access acts as a user, unless it declares otherwise. */
  needs: Needs;
  /** The policy that the whole check is about: without it the check does not apply, and its failures are advice. */
  policy?: Policy;
};

type EvidenceMap = Readonly<Record<string, Evidence<unknown>>>;
type Gathered<Map extends EvidenceMap> = { [Name in keyof Map]: Map[Name] extends Evidence<infer T> ? T : never };

type Judged<Map extends EvidenceMap> = {
  evidence: Map;
  judge(evidence: Gathered<Map>, context: JudgeContext): Verdict;
  /** Of a check over a matrix: its cells, from which its coverage is counted. */
  cells?(evidence: Gathered<Map>, context: JudgeContext): readonly Cell<object>[];
};

/** One check: its texts, its needs, its evidence and its judge. */
export function check<const Map extends EvidenceMap>({ evidence, judge, cells: cellsOf, ...declared }: CheckTexts & Options & Judged<Map>): Check {
  return stagedCheck({
    ...declared,
    evidence: Object.values(evidence),
    async conclude(gather, context) {
      const gathered: Record<string, unknown> = {};
      for (const [name, each] of Object.entries(evidence)) gathered[name] = await gather(each);
      const verdict = judge(gathered as Gathered<Map>, context);
      const tried = cellsOf?.(gathered as Gathered<Map>, context);
      if (tried === undefined) return verdict;
      const isReduced = Object.values(evidence).some(({ isMatrix }) => isMatrix);
      const cells = isReduced ? [...tried, ...cellsOfOthers(tried, declared.classes ?? [], context.contract)] : tried;
      return { ...withMinimum(verdict, cells), coverage: coverageOf(cells) };
    },
  });
}

/** The classes on the operations of collections that the check did not try: with many collections it tries some. */
function cellsOfOthers(tried: readonly Cell<object>[], classes: readonly AttackClass[], { resources }: Contract): Cell<object>[] {
  if (resources.length <= MOST_COLLECTIONS) return [];
  const columns = [...new Set(tried.map(({ column }) => column))];
  const isTried = ({ id, method, path }: Operation): boolean =>
    columns.some((column) => column === id || column === `${method} ${path}` || column.startsWith(`${method} ${path}:`));
  const others = resources.map(operationsOf).filter((operations) => !operations.some(isTried));
  return others
    .flat()
    .flatMap(({ id }) => classes.map(({ name }) => ({ row: name, column: id, omitted: OTHER_COLLECTIONS, isWholeColumn: true as const })));
}

/** A check that decides after each step whether to gather more: the preconditions, which send nothing to a target that they do not trust. */
export function stagedCheck({ policy, ...declared }: CheckTexts & Options & Pick<Check, 'evidence' | 'conclude'>): Check {
  const { notApplicable: reasonOf = () => undefined } = declared;
  return {
    phase: 'probe',
    onStageOnly: false,
    clock: false,
    needsUsers: declared.needs === 'access',
    notApplicable: reasonOf,
    ...declared,
    async conclude(gather, context) {
      const reason = reasonOf(context);
      if (reason !== undefined) return notApplicable(reason);
      const { coverage, ...given } = await declared.conclude(gather, context);
      const verdict = worstFirst(withDeclared(context.policies, given, policy), ({ code }) => SEVERITIES.indexOf(severityOf(declared, code)));
      return { ...verdict, ...(coverage && { coverage }) };
    },
  };
}

/** The severity of a failure with this code. */
export function severityOf({ severity, lesser }: Pick<CheckTexts, 'severity' | 'lesser'>, code: string): Severity {
  return lesser?.[code]?.severity ?? severity;
}
