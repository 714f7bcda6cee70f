import { execFileSync } from 'node:child_process';
import { type CheckId, checkIds, checkOf } from '../../audit/checks/catalog.ts';
import { code, table as tableOf } from '../../audit/report/markdown-text.ts';
import { fingerprintOfChecks } from '../../audit/run/proving-results.ts';
import type { ProvingCase, Fault } from '../cases/case.ts';
import type { CaseResult } from './prove-case.ts';

const REFERENCE = /^reference-/;
/** An audit must catch a fault that shows in this share of responses, with this probability. */
const RARE = 1 / 3;
const OFTEN = 0.99;

export function isExpected({ ruling }: Pick<CaseResult, 'ruling'>): boolean {
  return ruling === 'caught' || ruling === 'noticed' || ruling === 'sound';
}

/** Checks that no fault has made fail, except those that do not apply to the reference. */
export function unseen(results: readonly CaseResult[]): CheckId[] {
  const faulty = results.filter(({ expected }) => expected.must !== 'prove');
  const seen = new Set(
    faulty.flatMap((result) =>
      checkIds.filter((id) => result.outcomes[id] === 'fail' || (requiredChecks(result).includes(id) && result.outcomes[id] === 'inconclusive')),
    ),
  );
  return checkIds.filter((id) => !seen.has(id) && results[0]?.outcomes[id] !== 'not applicable');
}

export function summaryOf(results: readonly CaseResult[]): string {
  const count = (must: CaseResult['expected']['must']): string => {
    const all = results.filter(({ id, expected }) => expected.must === must && !REFERENCE.test(id));
    return `${all.filter(isExpected).length} of ${all.length}`;
  };
  return `Caught ${count('fail')} faults, noticed ${count('not pass')} broken audits and deployments, and proved ${count('prove')} sound variants.`;
}

/** How often each check that must catch it has observed a fault that always shows, in one audit. */
function triesPerCheck(caughtBy: readonly CheckId[], always: Pick<CaseResult, 'shownBy'> | undefined): number[] {
  return caughtBy.map((id) => always?.shownBy[id] ?? 0);
}

/** For each of the checks to observe it. */
export function triesOfEach(caughtBy: readonly CheckId[], always: Pick<CaseResult, 'shownBy'> | undefined): number {
  return Math.min(...triesPerCheck(caughtBy, always));
}

/** For any of the checks to observe it. */
export function triesOfAll(caughtBy: readonly CheckId[], always: Pick<CaseResult, 'shownBy'> | undefined): number {
  return triesPerCheck(caughtBy, always).reduce((sum, tries) => sum + tries, 0);
}

/** The probability that one audit misses a fault that shows in this share of responses. */
export function chanceOfMissing(share: number, tries: number): number {
  return (1 - share) ** tries;
}

const SIGN = { pass: '·', fail: '+', inconclusive: '?', 'not applicable': ' ', 'not run': '-' } as const;

/** One line per case, one column per check: `#` as required, `+` also failed, `?` inconclusive, `-` not run, `·` passed. */
export function textMatrix(results: readonly CaseResult[]): string {
  const width = Math.max(...results.map(({ id }) => id.length));
  const heads = [0, 1].map((digit) => `${' '.repeat(width)}  ${checkIds.map((_, index) => String(index + 1).padStart(2)[digit]).join('')}`);
  const lines = results.map((result) => {
    const wanted = requiredChecks(result);
    const cells = checkIds.map((check) => {
      const outcome = result.outcomes[check];
      return outcome === undefined ? '-' : wanted.includes(check) && outcome !== 'pass' ? '#' : SIGN[outcome];
    });
    return `${result.id.padEnd(width)}  ${cells.join('')}`;
  });
  return [...heads, ...lines].join('\n');
}

/**
 * RESULTS.md.
 * @param haveTestsPassed the tests of whole audits
 */
export function renderResults(
  results: readonly CaseResult[],
  cases: readonly (ProvingCase & Partial<Fault>)[],
  haveTestsPassed: boolean,
  now: Date,
): string {
  const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim();
  const sourceOf = (id: string): string => {
    const seenIn = cases.find((each) => each.id === id)?.seenIn;
    return seenIn === undefined ? '' : ` ([seen](${seenIn}))`;
  };
  /** Tries matter only for deployed faults, which may be intermittent; a file of the repository is searched once. */
  const deployed = new Map(
    cases.flatMap(({ id, deployment, caughtBy, sometimes }): [string, number][] => {
      const result = results.find((each) => each.id === id);
      return deployment === undefined || caughtBy === undefined || sometimes || result === undefined ? [] : [[id, triesOfEach(caughtBy, result)]];
    }),
  );
  const thorough = [...deployed.values()].filter((tries) => 1 - chanceOfMissing(RARE, tries) >= OFTEN).length;
  const rows = (must: CaseResult['expected']['must']): string[][] =>
    results
      .filter(({ expected }) => expected.must === must)
      .map((result) => [
        code(result.id),
        `${result.what}${sourceOf(result.id)}`,
        rulingOf(result),
        list(requiredChecks(result)),
        ...(must === 'fail' ? [deployed.get(result.id)?.toString() ?? ''] : []),
        list(alsoFailed(result)),
      ]);
  const intermittent = cases.flatMap(({ id, sometimes, caughtBy = [] }) => {
    if (sometimes === undefined || !results.some((result) => result.id === id)) return [];
    const tries = triesOfAll(
      caughtBy,
      results.find((result) => result.id === sometimes.of),
    );
    return [[code(id), `${Math.round(sometimes.share * 100)} in 100 responses`, String(tries), percent(chanceOfMissing(sometimes.share, tries))]];
  });
  const missing = unseen(results);
  return `# What the audit catches

**${summaryOf(results)}**

Checks: \`${fingerprintOfChecks()}\`, commit \`${commit}\`, ${now.toISOString().slice(0, 10)}, written by \`npm run prove\`.

Each line is a deployment with exactly one fault, audited by the unmodified audit: by all checks for the first fault of each
area and where the responses to all checks are judged, otherwise by those that share evidence. A fault is caught when every check that must catch it has
failed; inconclusive is not enough. A sound variant is proved when every applicable check passes; \`time-budget\` may fail, because several audits run at once.
${missing.length === 0 ? 'Every applicable check has failed at least once.' : `Checks that never failed: ${list(missing)}.`}
The tests of audits of other APIs, of killed audits and of users that are limited ${haveTestsPassed ? 'passed' : '**failed**'}.

## Faults

${table(['Fault', 'Description', 'Ruling', 'Caught by', 'Tries', 'Also failed'], rows('fail'))}

## Intermittent faults

Tries are how often one audit observed a fault that always shows. If it showed in one response of three, as when one of three instances runs an old
release, an audit would miss it with a probability of (2/3)^tries: 12 tries reduce that to less than 1 %, and cost as many requests. ${thorough} of ${deployed.size} deployed
faults have 12 tries or more. Seeded with that share:

${table(['Fault', 'Shows in', 'Tries', 'Survival probability'], intermittent)}

## Broken audits and deployments

The audit itself has a fault, or the deployment is so broken that not everything can be observed: the verdict must not be proven.

${table(['Fault', 'Description', 'Ruling', 'Noticed by', 'Also failed'], rows('not pass'))}

## Sound variants

${table(
  ['Deployment', 'Difference', 'Ruling'],
  rows('prove').map((row) => row.slice(0, 3)),
)}

## Checks

A check that often fails together with others may be too broad.

${table(
  ['No.', 'Check', 'Faults it must catch', 'Also failed'],
  checkIds.map((id, index) => [
    String(index + 1),
    `[${code(id)}](../docs/checks/${id}.md) (${checkOf(id).severity})`,
    list(results.filter((result) => requiredChecks(result).includes(id)).map((result) => result.id)),
    String(results.filter((result) => alsoFailed(result).includes(id)).length),
  ]),
)}

## Matrix

One line per deployment, one column per check: \`#\` as required, \`+\` also failed, \`?\` inconclusive, \`-\` not run, \`·\` passed.

\`\`\`text
${textMatrix(results)}
\`\`\`
`;
}

function requiredChecks({ expected }: Pick<CaseResult, 'expected'>): readonly CheckId[] {
  return expected.must === 'prove' ? [] : expected.of;
}

function alsoFailed(result: CaseResult): CheckId[] {
  return checkIds.filter((id) => result.outcomes[id] === 'fail' && !requiredChecks(result).includes(id));
}

function percent(share: number): string {
  return share < 0.000_05 ? 'less than 0.01 %' : `${(share * 100).toFixed(2)} %`;
}

function rulingOf({ ruling, why }: CaseResult): string {
  return why === undefined ? ruling : `${ruling}: ${why.split('\n')[0]}`;
}

function list(ids: readonly string[]): string {
  return ids.map(code).join(', ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? 'None.' : tableOf([head, ...rows]);
}
