import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import pMap from 'p-map';
import { RESULTS_FILE } from '../audit/run/proving-results.ts';
import { preferThisNode, repository } from '../rehearsal/process/repository-root.ts';
import { type Deployments, openDeployments } from './deployment/deployments.ts';
import { auditFaults, faults, soundVariants } from './cases/all-cases.ts';
import { type CaseResult, proveCase, type Provable } from './judgment/prove-case.ts';
import { withChecks } from './judgment/checks-of.ts';
import { isExpected, renderResults, summaryOf, textMatrix, unseen } from './judgment/results.ts';

const reference = (when: string): Provable => ({
  id: `reference-${when}`,
  what: `the deployment without differences, ${when}`,
  expected: { must: 'prove' },
});

const cases: readonly Provable[] = [
  ...withChecks(faults).map((fault) => ({
    ...fault,
    expected: { must: 'fail', of: fault.caughtBy, oneIsEnough: fault.sometimes !== undefined } as const,
  })),
  ...auditFaults.map((fault) => ({ ...fault, expected: { must: 'not pass', of: fault.noticedBy } as const })),
  ...soundVariants.map((each) => ({ ...each, expected: { must: 'prove' } as const })),
];

/** A few, in the time that a test may take. `npm test` rehearses the reference as well. */
const SAMPLE = ['audit-check-removed', 'task-update-without-owner'];

/** Not more than there are cores: an audit of all checks uses one, and must stay within its time budget. */
const AT_ONCE = availableParallelism();

const variants = [...faults, ...soundVariants].flatMap(({ id, variant }) => (variant === true ? [id] : []));

/** Runs one case of each kind, all variants, a sample, or the named cases. @returns whether all rulings are the expected ones */
async function main(args: readonly string[]): Promise<boolean> {
  preferThisNode();
  const names = args.includes('--sample') ? SAMPLE : args.includes('--variants') ? variants : args;
  const unknown = names.filter((name) => !cases.some(({ id }) => id === name));
  if (unknown.length > 0) throw new Error(`There is no case ${unknown.join(', ')}. There are:\n${cases.map(({ id }) => `  ${id}`).join('\n')}`);
  const isWhole = names.length === 0;
  const chosen = isWhole ? cases.filter(({ id }) => !variants.includes(id)) : cases.filter(({ id }) => names.includes(id));
  const deployments = await openDeployments();
  try {
    const results = isWhole ? await proveAll(chosen, deployments) : await proveSome(chosen, deployments);
    for (const { report } of results.length === 1 ? results : []) console.log(`\n${report}`);
    if (results.length > 1) console.log(`\n${textMatrix(results)}`);
    const missing = isWhole ? unseen(results) : [];
    const hasPassed = !isWhole || testAudits();
    if (isWhole) writeFileSync(RESULTS_FILE, renderResults(results, [...faults, ...auditFaults, ...soundVariants], hasPassed, new Date()));
    console.log(`\n${summaryOf(results)}`);
    if (missing.length > 0) console.log(`Checks that never failed: ${missing.join(', ')}`);
    return results.every(isExpected) && missing.length === 0 && hasPassed;
  } finally {
    await deployments.close();
  }
}

/** The reference is first, in the middle and last. */
async function proveAll(chosen: readonly Provable[], deployments: Deployments): Promise<CaseResult[]> {
  const middle = Math.ceil(chosen.length / 2);
  const rest = [...chosen.slice(0, middle), reference('between'), ...chosen.slice(middle), reference('after')];
  const prove = announcing(rest.length + 1, deployments);
  const { bundle, ...first } = await prove(reference('before'));
  return [first, ...(await pMap(rest, (next) => prove(next, bundle), { concurrency: AT_ONCE }))];
}

/** The reference is built to be compared, and not audited. */
async function proveSome(chosen: readonly Provable[], deployments: Deployments): Promise<CaseResult[]> {
  const { bundle, stop } = await deployments.deploy({});
  await stop();
  const prove = announcing(chosen.length, deployments);
  return pMap(chosen, (next) => prove(next, bundle), { concurrency: AT_ONCE });
}

/** Prints a line for each case when it has ended. */
function announcing(total: number, deployments: Deployments): (next: Provable, referenceBundle?: string) => ReturnType<typeof proveCase> {
  const started = performance.now();
  let done = 0;
  return async (next, referenceBundle) => {
    const result = await proveCase(next, deployments, referenceBundle);
    done += 1;
    const left = ((performance.now() - started) / done) * (total - done);
    const why = result.why === undefined ? '' : `: ${result.why}`;
    console.log(`${String(done).padStart(3)}/${total} ${result.ruling.padEnd(11)} ${result.id} (${result.seconds} s)${why}, ${minutes(left)} left`);
    return result;
  };
}

/** All tests of whole audits, of which `npm test` runs one of each kind. */
function testAudits(): boolean {
  const env = { ...process.env, WHOLE_AUDITS: 'true' };
  return spawnSync(process.execPath, ['tools/unit-tests.ts', 'audit/runner'], { cwd: repository, env, stdio: 'inherit' }).status === 0;
}

function minutes(ms: number): string {
  return ms < 60_000 ? `${Math.ceil(ms / 1_000)} s` : `${Math.ceil(ms / 60_000)} min`;
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
