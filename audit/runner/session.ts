import { AsyncLocalStorage } from 'node:async_hooks';
import { allEvidence, checkIds, checkOf } from '../checks/catalog.ts';
import type { JudgeContext } from '../checks/check.ts';
import { pagesOfMatrix } from '../checks/cors-browser/gather.ts';
import { declaredLoad } from '../checks/limits/gather.ts';
import { cleanupEvidence, createdPath, leftoversEvidence, ownerOf } from '../checks/self-check/gather-cleanup.ts';
import { transportEvidence } from '../checks/transport/gather.ts';
import { readContract, readVariables } from '../contract/contract.ts';
import { openPath } from '../contract/health.ts';
import type { Resource } from '../contract/operations.ts';
import { createControls } from '../gather/controls.ts';
import { createCredentials, type Credentials, distributeOverPairs } from '../gather/credentials.ts';
import type { Issuer } from '../gather/issuer.ts';
import { createSecretSigner } from '../gather/signer.ts';
import type { UserTokens } from '../gather/user-tokens.ts';
import type { Exchange, Scope } from '../model/exchange.ts';
import { collectionsFor, GIVEN_TOKENS, MANY_COLLECTIONS, MOST_COLLECTIONS, selectCells } from '../model/selection.ts';
import { mayBeOfProxy } from '../model/response.ts';
import { isSilent } from '../model/verdict.ts';
import { subjectOf } from '../model/token.ts';
import { type AuditBrowser, launchBrowser } from '../gather/browser/chromium.ts';
import { launchOtherBrowser } from '../gather/browser/firefox-webkit.ts';
import type { Evidence, GatherContext } from '../gather/context.ts';
import { createHttpClient, type HttpClient } from '../gather/http-client.ts';
import { createJournal, type JournalEntry } from '../gather/journal.ts';
import { createLedger } from '../gather/ledger.ts';
import { createLoad } from '../gather/load.ts';
import { createRedactor } from '../gather/redactor.ts';
import { createRequestBudget, limitWaits } from '../gather/request-budget.ts';
import type { RunRecord, StoredEvidence } from '../gather/run-record.ts';
import { createTenantObjects, type TenantObjects } from '../gather/tenants.ts';
import { varyingEvidence } from '../gather/varying-properties.ts';
import { createWriteRule, type PlannedRequest } from '../gather/write-rule.ts';
import { contractOptions, readConfig, requestBudget } from '../settings/config.ts';
import { auditEnvironment, contractFile, journalFolder, readTarget } from '../settings/target.ts';

/** What global set-up found, for every run of this process. */
export const BROWSER = 'AUDIT_INTERNAL_BROWSER';
export const UNUSED_PROXIES = 'AUDIT_INTERNAL_UNUSED_PROXIES';

export type Session = GatherContext & {
  judgeContext: JudgeContext;
  /** Nothing is sent from then on. */
  close(): Promise<void>;
  /** Resolves when nothing is being gathered any more. */
  settled(): Promise<void>;
};

type Environment = Readonly<Record<string, string | undefined>>;

/** What was obtained before the run: the tokens of the test users, and the issuer that signed them. */
export type Preparation = { users?: UserTokens; issuer?: Issuer };

const LOCAL: ReadonlySet<string> = new Set(allEvidence.filter(({ local }) => local).map(({ name }) => name));
const MATRICES: readonly string[] = allEvidence.filter(({ isMatrix }) => isMatrix).map(({ name }) => name);
/** The evidence of which each is the first part. */
const WHOLE: ReadonlyMap<string, string> = new Map(allEvidence.flatMap(({ begins, name }) => (begins === undefined ? [] : [[begins.name, name]])));
const CLEANING: ReadonlySet<string> = new Set([cleanupEvidence.name, leftoversEvidence.name]);
const GENUINE: ReadonlySet<string> = new Set(allEvidence.filter(({ genuine }) => genuine).map(({ name }) => name));

/**
 * @param prefix distinguishes the ids in the ledger from those of other sessions of the same run
 * @throws {SettingsError} where settings are missing or wrong
 */
export function openSession(
  environment: Environment,
  { users, issuer }: Preparation,
  runRecord: RunRecord,
  prefix: string,
  startedAt: number,
): Session {
  const env = auditEnvironment(environment);
  const target = readTarget(env, secretNames(env));
  const config = readConfig(env, startedAt, checkIds);
  const contract = readContract(target.contractFile, contractOptions(target, config));
  const policies = new Set([...contract.policies, ...config.policies]);
  const redactor = createRedactor(target.secrets);
  // Several may be gathered at once: each asynchronous call chain knows its own.
  const gathering = new AsyncLocalStorage<Scope>();
  const scope = (): Scope => gathering.getStore() ?? { evidence: 'none' };
  const evidenceName = (): string => scope().evidence;
  const pairs = distributeOverPairs(
    allEvidence.filter(({ local }) => local !== true),
    (users?.users.length ?? 2) / 2,
  );
  const tokens = users?.users.map((user) => users.of(user)) ?? [];
  const { AUDIT_JWT_SECRET: secret } = target.secrets;
  const secretSigner = secret === undefined || issuer !== undefined ? undefined : createSecretSigner(secret, tokens);
  const credentials = createCredentials({
    runId: runRecord.id,
    scope,
    signer: secretSigner ?? issuer?.signer,
    // The issuer's key of a stage can sign for users that did not sign up.
    mints: 'jwtSecret' in target.tenants || issuer?.signer !== undefined,
    users,
    pairOf: (evidence) => pairs.get(evidence) ?? 0,
    genuineIn: GENUINE,
    onToken: (actor, token) => redactor.protect(`token of ${actor}`, token),
  });
  const ledger = createLedger(runRecord, redactor, `${prefix}-`);
  const journal = createJournal(journalFolder(target), runRecord.id);
  // The session that cleans up must know what the checks created.
  const created = runRecord.readLedger().flatMap((entry) => createdPath(entry, contract.resources));
  const writes = createWriteRule(contract, created, {
    beforeCreation() {
      if (runRecord.recall(cleanupEvidence.name) !== undefined) throw new Error('Nothing may be created after the cleanup.');
      journal.open(() => ({ apiUrl: target.apiUrl, pid: process.pid, ...ownersOfObjects(credentials) }));
      journalPart();
    },
    created: ({ name }, id, actor) => journal.add({ collection: name, id, userId: credentials.subjectOf(ownerOf(actor)) ?? null }),
  });
  const journaledParts = new Set<Scope>();
  /** Once for each part: the tenants of all evidence are in the first line of the journal. */
  function journalPart(): void {
    const current = scope();
    if (current.part === undefined || !credentials.mints || journaledParts.has(current)) return;
    journaledParts.add(current);
    journal.addOwners(userIdsIn(credentials, current));
  }
  const load = createLoad(declaredLoad({ config, contract }));
  const most = requestBudget(config, contract);
  const ending = new AbortController();
  const waits = limitWaits((config.budget.waitSeconds ?? Infinity) * 1_000);
  /** What was created is removed, however long it takes. */
  const mayWait = (ms: number): boolean => CLEANING.has(evidenceName()) || waits(ms);
  const budget = createRequestBudget(ledger, ending.signal, mayWait);
  const controlPath = openPath(contract);
  const controls = createControls(
    (purpose, refersTo) => http.send({ actor: 'anonymous', purpose, path: controlPath, unpaced: true, ...refersTo }),
    controlPath,
  );
  /** What was created is removed, whatever was sent before. */
  function objectionTo(request: PlannedRequest): string | undefined {
    if (evidenceName() === cleanupEvidence.name) return undefined;
    return load.count() > most ? `the budget of ${most} requests is used up` : controls.objectionTo(request);
  }
  const clientOptions = {
    apiUrl: target.apiUrl,
    ca: target.ca,
    ending: ending.signal,
    scope,
    writes,
    load,
    budget,
    controls: { ...controls, objectionTo },
  };
  const newHttpClient = (): HttpClient => createHttpClient({ ...clientOptions, tokenOf: credentials.tokenOf }, ledger);
  const http = newHttpClient();
  const objectsOf = (resource: Resource): TenantObjects =>
    createTenantObjects(http, resource, writes, async () => (await context.evidence(varyingEvidence))[resource.name] ?? []);
  const pageOptions = { scope, tokenOf: credentials.tokenOf, apiUrl: target.apiUrl, writes, load, budget };
  const memory = new Map<string, Promise<unknown>>();
  let browser: Promise<AuditBrowser> | undefined;

  const context: GatherContext = {
    target,
    config,
    contract,
    policies,
    http,
    writes,
    newHttpClient,
    credentials,
    issuer,
    get objects() {
      return objectsOf(contract.resource);
    },
    objectsOf,
    ledger,
    journal,
    redactor,
    runRecord,
    startedAt,
    ending: ending.signal,
    mayWait,
    evidenceName,
    browser: () => (browser ??= launchForMatrix()),
    liveBrowser: (trusted) => launch([], undefined, trusted, target.appPage?.servedAt),
    otherBrowser: (installed, origins) => launchOtherBrowser(installed, { origins, ...pageOptions }, ledger),
    collections: () => collectionsFor(contract.resources, MATRICES.indexOf(evidenceName())),
    select(cells, resource) {
      const turn = contract.resources.indexOf(resource);
      if (!credentials.mints) return selectCells(cells, turn, GIVEN_TOKENS);
      const isOneOfMany = turn > 0 && contract.resources.length > MOST_COLLECTIONS;
      return isOneOfMany ? selectCells(cells, turn, MANY_COLLECTIONS) : cells;
    },
    async withOwnTenants(part, run) {
      const scoped = { evidence: evidenceName(), part };
      const end = runRecord.begin(scoped);
      try {
        return await gathering.run(scoped, run);
      } finally {
        end();
      }
    },
    evidence<T>(evidence: Evidence<T>) {
      const known = memory.get(evidence.name) ?? gather(evidence);
      memory.set(evidence.name, known);
      return known as Promise<T>;
    },
  };

  /**
   * @param origins served by a local server of the audit
   * @param appAt where the app's origin is served, if not at its own address
   */
  function launch(origins: readonly string[], onlyUrl: string | undefined, trusted: readonly string[] = [], appAt?: string): Promise<AuditBrowser> {
    const ofTarget = privateKeyHash();
    const trustedKeyHashes = ofTarget === undefined ? trusted : [...trusted, ofTarget];
    return launchBrowser(
      {
        executablePath: env[BROWSER] ?? '',
        origins,
        servedAt: appAt === undefined ? [] : [[target.appOrigin, appAt]],
        onlyUrl,
        trustedKeyHashes,
        ...pageOptions,
      },
      ledger,
    );
  }

  async function launchForMatrix(): Promise<AuditBrowser> {
    const pages = pagesOfMatrix(target.appOrigin);
    const launched = await launch(
      pages.map(({ origin }) => origin),
      target.apiUrl,
    );
    launched.openAhead(pages);
    return launched;
  }

  async function gather<T>(evidence: Evidence<T>): Promise<T> {
    const stored = runRecord.recall(evidence.name) ?? (await attempt(evidence));
    runRecord.store(evidence.name, stored);
    if ('crashed' in stored) throw new Error(stored.crashed);
    return stored.found as T;
  }

  async function attempt({ name, tenantsOf = name, area, alone, besides, gather: run }: Evidence<unknown>): Promise<StoredEvidence> {
    const exempt = new Set([name, WHOLE.get(name), besides?.name, ...LOCAL]);
    if (alone) await Promise.allSettled([...memory].flatMap(([other, found]) => (exempt.has(other) ? [] : [found])));
    const started = Date.now();
    const end = runRecord.begin({ evidence: tenantsOf });
    try {
      const found = await gathering.run({ evidence: tenantsOf }, () => run(context));
      return { area, ms: Date.now() - started, found };
    } catch (error) {
      return { area, ms: Date.now() - started, crashed: redactor.redact(error instanceof Error ? error.message : String(error)) };
    } finally {
      end();
    }
  }

  /** A private authority is trusted by Chromium through the key that Node verified with it; a public one needs no help. */
  function privateKeyHash(): string | undefined {
    const transport = foundIn(runRecord, transportEvidence);
    return target.ca !== undefined && transport?.authorized === true ? transport.keyHash : undefined;
  }

  function exchanges(evidence?: Evidence<unknown>): Exchange[] {
    return runRecord
      .readLedger()
      .filter((entry) => entry.kind === 'http')
      .filter((entry) => evidence === undefined || entry.evidence === evidence.name)
      .filter((entry) => !mayBeOfProxy(entry));
  }

  // Not copied: without a collection there are no objects to copy.
  return Object.assign<GatherContext, Omit<Session, keyof GatherContext>>(context, {
    judgeContext: {
      target,
      config,
      contract,
      policies,
      unusedProxies: (env[UNUSED_PROXIES] ?? '').split(',').filter(Boolean),
      decisions: checkIds.map((id) => ({ id, adr: checkOf(id).adr })),
      entries: runRecord.readLedger,
      exchanges,
      responses: () => exchanges().filter((exchange) => !isSilent(exchange)),
    },
    async close() {
      ending.abort();
      http.close();
      // Why there is no browser is in the verdict of each check that needed one.
      await (await browser?.catch(() => undefined))?.close();
    },
    async settled() {
      await Promise.allSettled(memory.values());
    },
  });
}

/** Every tenant that may own something before this run ends. */
function ownersOfObjects(credentials: Credentials): Pick<JournalEntry, 'minted' | 'userIds'> {
  return {
    minted: credentials.mints,
    userIds: [...new Set(allEvidence.flatMap(({ name, tenantsOf = name }) => userIdsIn(credentials, { evidence: tenantsOf })))],
  };
}

function userIdsIn({ tokenIn }: Credentials, scope: Scope): string[] {
  return (['tenant A', 'tenant B', 'limited tenant'] as const).flatMap((actor) => subjectOf(tokenIn(scope, actor)) ?? []);
}

/** What was gathered in this run; undefined where it was not, or where gathering it failed. */
export function foundIn<T>(runRecord: RunRecord, { name }: Evidence<T>): T | undefined {
  const stored = runRecord.recall(name);
  return stored !== undefined && 'found' in stored ? (stored.found as T) : undefined;
}

/** The area under which requests for a piece of evidence are counted. */
export function areaOf(name: string): string {
  return allEvidence.find((evidence) => evidence.name === name)?.area ?? name;
}

/** Milliseconds spent on evidence, by area. */
export function timeByArea(runRecord: RunRecord): Map<string, number> {
  const spent = new Map<string, number>();
  for (const { name, area } of allEvidence) {
    const stored = runRecord.recall(name);
    if (stored !== undefined) spent.set(area, (spent.get(area) ?? 0) + stored.ms);
  }
  return spent;
}

/** Variables that the contract's inventory calls secret, where there is one. */
export function secretNames(env: Environment): string[] {
  return readVariables(contractFile(env))
    .filter(({ secret }) => secret)
    .map(({ name }) => name);
}
