import path from 'node:path';
import type { CheckId } from '../../audit/checks/catalog.ts';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { assess, type Assessed, type Expectation } from './assess.ts';
import { runAudit } from './audited.ts';
import type { ProvingCase } from '../cases/case.ts';
import { cloneRepository, commitFiles } from '../deployment/changed-copy.ts';
import type { Deployment, Deployments, Difference } from '../deployment/deployments.ts';
import { startThirdPartyDeployment } from '../third-party/deployment.ts';

export type Provable = ProvingCase & {
  expected: Expectation;
  /** The checks to run; all of them where none are given. */
  checks?: readonly CheckId[];
};

export type CaseResult = Assessed & { id: string; what: string; expected: Expectation; seconds: number; requests: number; report: string };

/** Deploys a case, audits it, and stops it. A case that cannot be deployed is invalid. */
export async function proveCase(
  given: Provable,
  deployments: Deployments,
  referenceBundle: string | undefined,
): Promise<CaseResult & { bundle?: string }> {
  const started = performance.now();
  const { id, what, expected } = given;
  const end = (assessed: Assessed, report: string, requests: number): CaseResult => ({
    ...assessed,
    id,
    what,
    expected,
    report,
    requests,
    seconds: Math.round((performance.now() - started) / 100) / 10,
  });
  const invalid = (why: string, report = ''): CaseResult => end({ ruling: 'invalid', why, outcomes: {}, shownBy: {} }, report, 0);
  try {
    const { difference, used } = countingUses(given.deployment ?? {});
    await using deployment = disposable(given.api === undefined ? await deployments.deploy(difference) : await startThirdParty(given.api));
    if (difference.source !== undefined && deployment.bundle === referenceBundle) return invalid('the mutation does not change the bundle');
    const settings = { ...deployment.auditEnvironment, ...withoutDeploymentWait(deployment.auditEnvironment), ...given.settings };
    const { code, output, report, run } = await runAudit(await repositoryOf(given, deployment), deployment.directory, settings, given.checks);
    if (!used()) return invalid('the edge changed no response', output);
    const shown = run === undefined ? output : report;
    return { ...end(assess(expected, run, code), shown, run?.requests ?? 0), bundle: deployment.bundle };
  } catch (error) {
    return invalid(error instanceof Error ? error.message : String(error));
  }
}

/** The audit waits for a deployment that is not healthy until five minutes after it. */
function withoutDeploymentWait({ AUDIT_DEPLOYED_AT: deployed }: Deployment['auditEnvironment']): Record<string, string> {
  return deployed === undefined ? {} : { AUDIT_DEPLOYED_AT: new Date(Date.now() - 300_000).toISOString() };
}

/** The repository itself, or a clone with the changes of the case. */
async function repositoryOf(
  { repository: changes }: ProvingCase,
  { directory, auditEnvironment }: Pick<Deployment, 'directory' | 'auditEnvironment'>,
): Promise<string> {
  if (changes === undefined) return repository;
  const clone = path.join(directory, 'repository');
  await cloneRepository(clone, changes.mutations ?? []);
  for (const [index, files] of (changes.commits?.(auditEnvironment) ?? []).entries()) await commitFiles(clone, files, `Change ${index + 1}`);
  return clone;
}

async function startThirdParty(create: NonNullable<ProvingCase['api']>): Promise<Deployment> {
  const { directory, auditEnvironment, stop } = await startThirdPartyDeployment(create);
  return { directory, auditEnvironment, bundle: '', stop };
}

/** Observes whether the edge's rewrite changes any response. */
function countingUses(difference: Difference): { difference: Difference; used: () => boolean } {
  const { rewrite } = difference.edge ?? {};
  if (rewrite === undefined) return { difference, used: () => true };
  let isUsed = false;
  const counting: typeof rewrite = (headers, response) => {
    const rewritten = rewrite(headers, response);
    isUsed ||= JSON.stringify(rewritten) !== JSON.stringify(headers);
    return rewritten;
  };
  return { difference: { ...difference, edge: { ...difference.edge, rewrite: counting } }, used: () => isUsed };
}

function disposable<T extends { stop(): Promise<void> }>(value: T): T & AsyncDisposable {
  return Object.assign(value, { [Symbol.asyncDispose]: () => value.stop() });
}
