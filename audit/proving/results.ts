import { execFileSync } from 'node:child_process';
import { type CheckId, checkIds } from '../catalog.ts';
import type { CaseResult } from './prove-case.ts';

export function isAsItShouldBe({ ruling }: CaseResult): boolean {
  return ruling === 'caught' || ruling === 'sound';
}

/** Checks that no fault has made fail, save those that the reference has no use for. */
export function unseen(results: readonly CaseResult[]): CheckId[] {
  const [reference] = results;
  const seen = new Set(results.flatMap(({ demand, outcomes }) => (demand.must === 'prove' ? [] : demand.of.filter((id) => outcomes[id] !== 'pass'))));
  return checkIds.filter((id) => !seen.has(id) && reference?.outcomes[id] !== 'not applicable');
}

/** "104 faults caught of 104, 11 of the audit itself noticed of 11, 22 sound look-alikes green of 22". */
export function summaryOf(results: readonly CaseResult[]): string {
  const count = (must: CaseResult['demand']['must']): string => {
    const all = results.filter(({ id, demand }) => demand.must === must && !id.startsWith('reference-'));
    return `${all.filter(isAsItShouldBe).length} of ${all.length}`;
  };
  return `Caught ${count('fail')} faults, noticed ${count('not pass')} faults of the audit itself, left ${count('prove')} sound look-alikes green.`;
}

const SIGN = { pass: '·', fail: '+', inconclusive: '?', 'not applicable': ' ', 'not run': '-' } as const;

/** One line a case, one column a check: `#` failed as demanded, `+` failed as well, `?` could not tell, `·` passed. */
export function textMatrix(results: readonly CaseResult[]): string {
  const width = Math.max(...results.map(({ id }) => id.length));
  const heads = [0, 1].map((digit) => `${' '.repeat(width)}  ${checkIds.map((_, index) => String(index + 1).padStart(2)[digit]).join('')}`);
  const lines = results.map(({ id, demand, outcomes }) => {
    const wanted: readonly CheckId[] = demand.must === 'prove' ? [] : demand.of;
    const cells = checkIds.map((check) => {
      const outcome = outcomes[check];
      return outcome === undefined ? '-' : wanted.includes(check) && outcome !== 'pass' ? '#' : SIGN[outcome];
    });
    return `${id.padEnd(width)}  ${cells.join('')}`;
  });
  return [...heads, ...lines].join('\n');
}

export function renderResults(results: readonly CaseResult[]): string {
  const commit = execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim();
  return `# Results\n\n${summaryOf(results)}\n\nCommit ${commit}.\n\n\`\`\`text\n${textMatrix(results)}\n\`\`\`\n`;
}
