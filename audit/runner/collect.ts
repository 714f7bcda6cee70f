import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type CheckId, checkOf, measures, isCheckId } from '../checks/catalog.ts';
import type { RequirementId } from '../checks/requirements.ts';
import { type AuditConfig, contractOptions, decisionFolder, deviationOf } from '../settings/config.ts';
import { readContract, type Variable } from '../contract/contract.ts';
import type { LedgerEntry } from '../model/exchange.ts';
import { isLoopback } from '../model/loopback.ts';
import { liveCommit, timeToHealthy } from '../checks/health/judge-release.ts';
import { rateLimitOf } from '../model/rate-limit.ts';
import type { Observation } from '../model/verdict.ts';
import { requestsOf, waitedMs } from '../gather/ledger.ts';
import { readDecisions } from '../checks/configuration/gather.ts';
import { secretsEvidence } from '../checks/secrets/gather.ts';
import type { RunRecord } from '../gather/run-record.ts';
import { areaOf, foundIn, type Session, timeByArea } from './session.ts';
import { browserCorsEvidence } from '../checks/cors-browser/gather.ts';
import { type ReleaseEvidence, releaseEvidence } from '../checks/health/gather-release.ts';
import { warmUpEvidence } from '../checks/preconditions/gather-warm-up.ts';
import { isolationEvidence } from '../checks/isolation/gather.ts';
import { listsEvidence } from '../checks/isolation/gather-lists.ts';
import { referencesEvidence } from '../checks/isolation/gather-references.ts';
import { isOwnContract, REPOSITORY, type Target } from '../settings/target.ts';
import { corsRows, isolationRows } from '../run/matrices.ts';
import { countRejectedOrigins } from '../run/rejected-origins.ts';
import { ownReferences, statedReferences } from '../run/references.ts';
import { type Figures, requirementRows, statedRequirements } from '../run/requirement-rows.ts';
import { type Acceptance, budgetOf, changesSince, type Made, resultsOf, type Run, verdictOf } from '../run/run.ts';
import { readProvingResults } from '../run/proving-results.ts';
import { readEarlierRun } from '../run/run-file.ts';

/** Collects what is saved of a run, from the record of the run. */
export async function collectRun({ target, config, runRecord, startedAt }: Session, selected: number | undefined): Promise<Run> {
  const ledger = runRecord.readLedger();
  const made = runRecord.verdicts();
  const contract = readContract(target.contractFile, contractOptions(target, config));
  const decisions = await readDecisions(decisionFolder({ config, target }));
  const ownContract = isOwnContract(target);
  const checks = resultsOf(
    new Map([...made].filter(([id]) => isCheckId(id))),
    ledger,
    (id) =>
      ownContract ? ownReferences(id, decisions, config.requirements) : statedReferences(id, decisions, config.requirements, target.contractFile),
    (id) => acceptanceOf(config, id, startedAt),
  );
  const waited = waitedMs(ledger);
  const commandMs = Math.round(performance.now());
  const historyScanMs = foundIn(runRecord, secretsEvidence)?.inspection.ms ?? 0;
  const cors = foundIn(runRecord, browserCorsEvidence);
  const audited: Run['target'] = {
    api_url: target.apiUrl,
    app_origin: target.appOrigin,
    loopback: isLoopback(target.apiUrl),
    private_ca: target.ca !== undefined,
  };
  const release = foundIn(runRecord, releaseEvidence);
  const deploymentMs = release?.waitedMs ?? 0;
  const figures: Figures = {
    loopback: audited.loopback,
    healthProperties: Object.keys(contract.health?.properties ?? {}),
    origins: countRejectedOrigins(observationsFor('SC-003', made), ledger, target.apiUrl, [target.appOrigin, ...config.origins]),
    command: { ms: commandMs, deploymentMs, limiterMs: waited, historyMs: historyScanMs },
    released: release && timeToHealthy(release),
    unknownSecrets: unknownSecrets(contract.variables, target, config),
    listed: { endpoints: contract.operations.length, variables: contract.variables.length, measures: measures.length },
    hasFile: (file) => existsSync(path.join(REPOSITORY, file)),
  };
  const requirements = [...(ownContract ? requirementRows(checks, figures) : []), ...statedRequirements(checks, config.requirements)];
  return {
    version: 1,
    verdict: verdictOf(checks, requirements),
    target: audited,
    commit: currentCommit(),
    live_commit: lastCommit(runRecord, release),
    selected: selected ?? made.size,
    own_contract: ownContract,
    browser: cors?.version ?? null,
    started_at: new Date(startedAt).toISOString(),
    duration_ms: Date.now() - startedAt,
    waited_ms: waited,
    command_ms: commandMs,
    deployment_wait_ms: deploymentMs,
    history_scan_ms: historyScanMs,
    proving: readProvingResults(),
    warm_up_ms: foundIn(runRecord, warmUpEvidence)?.ms ?? null,
    budget_seconds: config.budget.seconds,
    requests: ledger.reduce((sum, entry) => sum + requestsOf(entry), 0),
    anonymous_requests: ledger.filter(isCountedAnonymous).length,
    browser_requests: ledger.reduce((sum, entry) => sum + (entry.kind === 'browser' ? requestsOf(entry) : 0), 0),
    areas: budgetOf(ledger, timeByArea(runRecord), areaOf),
    checks,
    requirements,
    changes: changesSince(readEarlierRun(target.runFile), { target: audited, checks }),
    cors: cors === undefined ? [] : corsRows(cors),
    isolation: isolationRows(
      {
        byId: foundIn(runRecord, isolationEvidence)?.byId ?? [],
        lists: foundIn(runRecord, listsEvidence) ?? [],
        references: foundIn(runRecord, referencesEvidence) ?? [],
      },
      contract.resources,
    ),
    operations: contract.operations.map(({ id, method, path, protected: isProtected }) => ({ id, method, path, protected: isProtected })),
    variables: contract.variables.map(({ name, required_in, secret, description, default: defaults }) => ({
      name,
      required_in,
      secret,
      description,
      default: defaults,
    })),
    decisions,
  };
}

/** Everything observed by the checks that prove a requirement. */
function observationsFor(requirement: RequirementId, made: ReadonlyMap<string, Made>): Observation[] {
  return [...made].flatMap(([id, { verdict }]) => (isCheckId(id) && checkOf(id).requirements.includes(requirement) ? [...verdict.observations] : []));
}

/** AUDIT_JWT_SECRET is the deployment's JWT_SECRET. */
function unknownSecrets(variables: readonly Variable[], { issuer, secrets }: Target, { sharedSecretTokens }: AuditConfig): string[] {
  const known = new Set(Object.keys(secrets).map((name) => (name === 'AUDIT_JWT_SECRET' ? 'JWT_SECRET' : name)));
  const hasNoSharedSecret = issuer !== undefined && sharedSecretTokens === false;
  return variables
    .filter(({ name, secret, required_in }) => secret && required_in.includes('production') && !known.has(name))
    .filter(({ required_unless }) => required_unless === undefined || !hasNoSharedSecret)
    .map(({ name }) => name);
}

/** As health reported it last before the other checks began. */
function lastCommit(runRecord: RunRecord, release: ReleaseEvidence | undefined): string | null {
  const last = foundIn(runRecord, warmUpEvidence)?.first ?? release?.polls.at(-1);
  return last === undefined ? null : liveCommit(last);
}

/** A deviation that has not expired, or a check that is only warned of. */
function acceptanceOf(config: AuditConfig, id: CheckId, now: number): Acceptance | null {
  const { reason, owner, expires } = deviationOf(config, id, now) ?? { reason: undefined, owner: null, expires: null };
  if (reason !== undefined) return { reason, owner, expires };
  return config.checks[id] === 'warn' ? { reason: 'the config file sets it to warn', owner: null, expires: null } : null;
}

/** Requests without a valid token that the limiter counts by address. */
function isCountedAnonymous(entry: LedgerEntry): boolean {
  return (
    entry.kind !== 'inspection' &&
    entry.actor === 'anonymous' &&
    (entry.kind === 'http' ? rateLimitOf(entry.response) !== undefined : entry.requestLeft && entry.read?.headers['ratelimit'] !== undefined)
  );
}

function currentCommit(): string | null {
  try {
    return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}
