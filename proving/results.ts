import { execFileSync } from 'node:child_process';
import { type CheckId, checkIds, checkOf } from '../audit/checks/catalog.ts';
import { code, table as tableOf } from '../audit/report/markdown-text.ts';
import { fingerprintOfChecks } from '../audit/run/proving-results.ts';
import type { Case, Fault } from './case.ts';
import type { CaseResult } from './prove-case.ts';

const REFERENCE = /^reference-/;
/** Of the answers: how rare a fault may be that an audit is to catch, and how often it must. */
const RARE = 1 / 3;
const OFTEN = 0.99;

export function isAsItShouldBe({ ruling }: Pick<CaseResult, 'ruling'>): boolean {
  return ruling === 'caught' || ruling === 'sound';
}

/** Checks that no fault has made fail, save those that have nothing to look at here: the reference says so. */
export function unseen(results: readonly CaseResult[]): CheckId[] {
  const faulty = results.filter(({ demand }) => demand.must !== 'prove');
  const seen = new Set(
    faulty.flatMap((result) =>
      checkIds.filter((id) => result.outcomes[id] === 'fail' || (demanded(result).includes(id) && result.outcomes[id] === 'inconclusive')),
    ),
  );
  return checkIds.filter((id) => !seen.has(id) && results[0]?.outcomes[id] !== 'not applicable');
}

export function summaryOf(results: readonly CaseResult[]): string {
  const count = (must: CaseResult['demand']['must']): string => {
    const all = results.filter(({ id, demand }) => demand.must === must && !REFERENCE.test(id));
    return `${all.filter(isAsItShouldBe).length} of ${all.length}`;
  };
  return `Caught ${count('fail')} faults, noticed ${count('not pass')} broken audits and deployments, left ${count('prove')} sound look-alikes green.`;
}

/** How often each of the checks that must catch it has seen a fault that always shows, in one audit. */
function sightings(caughtBy: readonly CheckId[], always: Pick<CaseResult, 'shownBy'> | undefined): number[] {
  return caughtBy.map((id) => always?.shownBy[id] ?? 0);
}

/** For every one of the checks to see it. */
export function triesOfEach(caughtBy: readonly CheckId[], always: Pick<CaseResult, 'shownBy'> | undefined): number {
  return Math.min(...sightings(caughtBy, always));
}

/** For any of the checks to see it. */
export function triesOfAll(caughtBy: readonly CheckId[], always: Pick<CaseResult, 'shownBy'> | undefined): number {
  return sightings(caughtBy, always).reduce((sum, tries) => sum + tries, 0);
}

/** The chance that one audit misses what shows in that share of answers: none of its tries shows it. */
export function chanceOfMissing(share: number, tries: number): number {
  return (1 - share) ** tries;
}

const SIGN = { pass: '·', fail: '+', inconclusive: '?', 'not applicable': ' ', 'not run': '-' } as const;

/** One line a case, one column a check: `#` as demanded, `+` failed as well, `?` could not tell, `-` was not made, `·` passed. */
export function textMatrix(results: readonly CaseResult[]): string {
  const width = Math.max(...results.map(({ id }) => id.length));
  const heads = [0, 1].map((digit) => `${' '.repeat(width)}  ${checkIds.map((_, index) => String(index + 1).padStart(2)[digit]).join('')}`);
  const lines = results.map((result) => {
    const wanted = demanded(result);
    const cells = checkIds.map((check) => {
      const outcome = result.outcomes[check];
      return outcome === undefined ? '-' : wanted.includes(check) && outcome !== 'pass' ? '#' : SIGN[outcome];
    });
    return `${result.id.padEnd(width)}  ${cells.join('')}`;
  });
  return [...heads, ...lines].join('\n');
}

/** The page for maintainers. */
export function renderResults(results: readonly CaseResult[], cases: readonly (Case & Partial<Fault>)[], now: Date): string {
  const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim();
  const sourceOf = (id: string): string => {
    const seenIn = cases.find((each) => each.id === id)?.seenIn;
    return seenIn === undefined ? '' : ` ([seen](${seenIn}))`;
  };
  /** A file of the repository is searched once, and found or not; what is deployed may show itself now and then. */
  const deployed = new Map(
    cases.flatMap(({ id, deployment, caughtBy, sometimes }): [string, number][] => {
      const result = results.find((each) => each.id === id);
      return deployment === undefined || caughtBy === undefined || sometimes || result === undefined ? [] : [[id, triesOfEach(caughtBy, result)]];
    }),
  );
  const thorough = [...deployed.values()].filter((tries) => 1 - chanceOfMissing(RARE, tries) >= OFTEN).length;
  const rows = (must: CaseResult['demand']['must']): string[][] =>
    results
      .filter(({ demand }) => demand.must === must)
      .map((result) => [
        code(result.id),
        `${result.what}${sourceOf(result.id)}`,
        rulingOf(result),
        list(demanded(result)),
        ...(must === 'fail' ? [deployed.get(result.id)?.toString() ?? ''] : []),
        list(besides(result)),
      ]);
  const nowAndThen = cases.flatMap(({ id, sometimes, caughtBy = [] }) => {
    if (sometimes === undefined || !results.some((result) => result.id === id)) return [];
    const tries = triesOfAll(
      caughtBy,
      results.find((result) => result.id === sometimes.of),
    );
    return [[code(id), `${Math.round(sometimes.share * 100)} in 100 answers`, String(tries), percent(chanceOfMissing(sometimes.share, tries))]];
  });
  const missing = unseen(results);
  return `# What the audit catches

**${summaryOf(results)}**

Checks: \`${fingerprintOfChecks()}\`, commit \`${commit}\`, ${now.toISOString().slice(0, 10)}, written by \`npm run prove\`.

Each line is a deployment with exactly one fault, audited by the unmodified audit. A fault is caught when every check that must catch it has failed; a doubt
is not enough. ${missing.length === 0 ? 'Every check that applies here has been seen to fail.' : `Never seen to fail: ${list(missing)}.`}

## Faults

${table(['Fault', 'What went wrong', 'Ruling', 'Caught by', 'Tries', 'Failed as well'], rows('fail'))}

## Faults that show now and then

Tries are how often one audit saw a fault that always shows. Did it show in one answer of three, as where one instance of three runs an old
release, an audit would miss it with a chance of (2/3)^tries: 12 tries make that less than one in 100, and cost as many requests. ${thorough} of ${deployed.size} deployed
faults have so many. Planted with that chance:

${table(['Fault', 'Shows in', 'Tries', 'Missed'], nowAndThen)}

## Broken audits and deployments

The audit itself has a fault, or the deployment is broken so that not everything can be seen: the audit must not say proven.

${table(['Fault', 'What went wrong', 'Ruling', 'Noticed by', 'Failed as well'], rows('not pass'))}

## Sound look-alikes

${table(
  ['Deployment', 'What is unusual', 'Ruling'],
  rows('prove').map((row) => row.slice(0, 3)),
)}

## Checks

A check that often fails besides others may say too much.

${table(
  ['No.', 'Check', 'Faults it must catch', 'Failed besides'],
  checkIds.map((id, index) => [
    String(index + 1),
    `[${code(id)}](../docs/checks/${id}.md) (${checkOf(id).severity})`,
    list(results.filter((result) => demanded(result).includes(id)).map((result) => result.id)),
    String(results.filter((result) => besides(result).includes(id)).length),
  ]),
)}

## Matrix

One line a deployment, one column a check: \`#\` as demanded, \`+\` failed as well, \`?\` could not tell, \`-\` was not made, \`·\` passed.

\`\`\`text
${textMatrix(results)}
\`\`\`
`;
}

function demanded({ demand }: Pick<CaseResult, 'demand'>): readonly CheckId[] {
  return demand.must === 'prove' ? [] : demand.of;
}

function besides(result: CaseResult): CheckId[] {
  return checkIds.filter((id) => result.outcomes[id] === 'fail' && !demanded(result).includes(id));
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
