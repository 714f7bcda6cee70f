import { execFileSync } from 'node:child_process';
import { type CheckId, checkIds, checkOf } from '../catalog.ts';
import { code, table as tableOf } from '../report/markdown-text.ts';
import { fingerprintOfChecks } from '../report/proving-ground.ts';
import type { Case, Fault } from './case.ts';
import type { CaseResult } from './prove-case.ts';

const REFERENCE = /^reference-/;

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

/** The chance that an audit misses what shows itself now and then: as many tries as the fault had that is always there. */
export function oddsOf(
  { sometimes, caughtBy }: Pick<Fault, 'sometimes' | 'caughtBy'>,
  always: CaseResult | undefined,
): { tries: number; missed: number } {
  const tries = Math.min(...caughtBy.map((id) => always?.shownBy[id] ?? 0));
  return { tries, missed: (1 - (sometimes?.share ?? 1)) ** tries };
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
  const rows = (must: CaseResult['demand']['must']): string[][] =>
    results
      .filter(({ demand }) => demand.must === must)
      .map((result) => [code(result.id), `${result.what}${sourceOf(result.id)}`, rulingOf(result), list(demanded(result)), list(besides(result))]);
  const sometimes = cases.flatMap((each) => {
    const result = results.find(({ id }) => id === each.id);
    if (each.sometimes === undefined || each.caughtBy === undefined || result === undefined) return [];
    const { tries, missed } = oddsOf(
      { sometimes: each.sometimes, caughtBy: each.caughtBy },
      results.find(({ id }) => id === each.sometimes?.of),
    );
    return [
      [
        code(each.id),
        `${Math.round(each.sometimes.share * 100)} in 100 answers`,
        String(tries),
        missed < 0.000_05 ? 'less than 0.01 %' : `${(missed * 100).toFixed(2)} %`,
      ],
    ];
  });
  const missing = unseen(results);
  return `# What the audit catches

**${summaryOf(results)}**

Checks: \`${fingerprintOfChecks()}\`, commit \`${commit}\`, ${now.toISOString().slice(0, 10)}, written by \`npm run prove\`.

Each line is a deployment with exactly one fault, audited by the unmodified audit. A fault is caught when every check that must catch it has failed; a doubt
is not enough. ${missing.length === 0 ? 'Every check that applies here has been seen to fail.' : `Never seen to fail: ${list(missing)}.`}

## Faults

${table(['Fault', 'What went wrong', 'Ruling', 'Caught by', 'Failed as well'], rows('fail'))}

## Faults that show now and then

Missed is the chance that one audit sees nothing of it: as many tries as the fault gets that always shows.

${table(['Fault', 'Shows in', 'Tries of one audit', 'Missed'], sometimes)}

## Broken audits and deployments

The audit itself has a fault, or the deployment is broken so that not everything can be seen: the audit must not say proven.

${table(['Fault', 'What went wrong', 'Ruling', 'Noticed by', 'Failed as well'], rows('not pass'))}

## Sound look-alikes

${table(
  ['Deployment', 'What is unusual', 'Ruling'],
  rows('prove').map((row) => row.slice(0, 3)),
)}

## Checks

${table(
  ['No.', 'Check', 'Faults it must catch'],
  checkIds.map((id, index) => [
    String(index + 1),
    `[${code(id)}](../../docs/checks/${id}.md) (${checkOf(id).severity})`,
    list(results.filter((result) => demanded(result).includes(id)).map((result) => result.id)),
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

function rulingOf({ ruling, why }: CaseResult): string {
  return why === undefined ? ruling : `${ruling}: ${why.split('\n')[0]}`;
}

function list(ids: readonly string[]): string {
  return ids.map(code).join(', ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? 'None.' : tableOf([head, ...rows]);
}
