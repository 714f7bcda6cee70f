import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { type Deployments, openDeployments } from './deployments.ts';
import { preferThisNode } from '../rehearsal/process/repository-root.ts';
import { auditFaults, faults, lookAlikes } from './faults.ts';
import { RESULTS_FILE } from '../audit/run/proving-results.ts';
import { type CaseResult, proveCase, type Provable } from './prove-case.ts';
import { isAsItShouldBe, renderResults, summaryOf, textMatrix, unseen } from './results.ts';

const reference = (when: string): Provable => ({ id: `reference-${when}`, what: `the deployment as it is, ${when}`, demand: { must: 'prove' } });

const cases: readonly Provable[] = [
  ...faults.map((fault) => ({ ...fault, demand: { must: 'fail', of: fault.caughtBy, oneIsEnough: fault.sometimes !== undefined } as const })),
  ...auditFaults.map((fault) => ({ ...fault, demand: { must: 'not pass', of: fault.noticedBy } as const })),
  ...lookAlikes.map((each) => ({ ...each, demand: { must: 'prove' } as const })),
];

/** A few from everywhere, in the time that a test may take. */
const SAMPLE = ['cors-wildcard', 'token-exp-ignored', 'task-update-without-owner', 'audit-check-removed', 'sound-header-case'];

/** More than there are cores: an audit waits for its answers half of the time. */
const AT_ONCE = availableParallelism() * 2;

const variants = [...faults, ...lookAlikes].flatMap(({ id, variant }) => (variant === true ? [id] : []));

/** One case of each kind, all variants, a sample, or the cases that are named. @returns whether everything is as it should be */
async function main(args: readonly string[]): Promise<boolean> {
  preferThisNode();
  const names = args.includes('--sample') ? SAMPLE : args.includes('--variants') ? variants : args;
  const unknown = names.filter((name) => !cases.some(({ id }) => id === name));
  if (unknown.length > 0) throw new Error(`There is no case ${unknown.join(', ')}. There are:\n${cases.map(({ id }) => `  ${id}`).join('\n')}`);
  const chosen = names.length === 0 ? cases.filter(({ id }) => !variants.includes(id)) : cases.filter(({ id }) => names.includes(id));
  const deployments = await openDeployments();
  try {
    const results = await proveAll(chosen, deployments, names.length === 0);
    for (const { report } of names.length === 1 ? results.slice(1) : []) console.log(`\n${report}`);
    if (names.length !== 1) console.log(`\n${textMatrix(results)}`);
    const missing = names.length === 0 ? unseen(results) : [];
    if (names.length === 0) writeFileSync(RESULTS_FILE, renderResults(results, [...faults, ...auditFaults, ...lookAlikes], new Date()));
    console.log(`\n${summaryOf(results)}`);
    if (missing.length > 0) console.log(`Never seen to fail: ${missing.join(', ')}`);
    return results.every(isAsItShouldBe) && missing.length === 0;
  } finally {
    await deployments.close();
  }
}

/** The reference first; of a whole run also in the middle and last. */
async function proveAll(chosen: readonly Provable[], deployments: Deployments, isWhole: boolean): Promise<CaseResult[]> {
  const started = performance.now();
  const middle = Math.ceil(chosen.length / 2);
  const rest = isWhole ? [...chosen.slice(0, middle), reference('between'), ...chosen.slice(middle), reference('after')] : [...chosen];
  const total = rest.length + 1;
  const results: CaseResult[] = [];
  const report = (result: CaseResult): void => {
    results.push(result);
    const left = ((performance.now() - started) / results.length) * (total - results.length);
    const why = result.why === undefined ? '' : `: ${result.why}`;
    console.log(
      `${String(results.length).padStart(3)}/${total} ${result.ruling.padEnd(7)} ${result.id} (${result.seconds} s)${why}, ${minutes(left)} left`,
    );
  };

  const first = await proveCase(reference('before'), deployments, undefined);
  report(first);
  const waiting = [...rest];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) report(await proveCase(next, deployments, first.bundle));
    }),
  );
  const order = [first.id, ...rest.map(({ id }) => id)];
  return results.toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
}

function minutes(ms: number): string {
  return ms < 60_000 ? `${Math.ceil(ms / 1_000)} s` : `${Math.ceil(ms / 60_000)} min`;
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
