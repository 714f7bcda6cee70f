import { AsyncLocalStorage } from 'node:async_hooks';
import type { Area } from '../checks/catalog.ts';
import { readConfig } from '../settings/config.ts';
import { type Contract, readContract, readVariables, type Resource } from '../contract/contract.ts';
import { type AuditBrowser, launchBrowser } from '../gather/browser/chromium.ts';
import { pagesToAskFrom } from '../checks/cors-browser/gather.ts';
import { createdPath, ownerOf } from '../checks/self-check/gather-cleanup.ts';
import { createJournal, type JournalEntry } from '../gather/journal.ts';
import type { Kit } from '../gather/context.ts';
import { createLedger } from '../gather/ledger.ts';
import { launchOtherBrowser } from '../gather/browser/firefox-webkit.ts';
import { createRedactor } from '../gather/redactor.ts';
import type { ReleaseEvidence } from '../checks/health/gather-release.ts';
import { openRunDirectory, type RunDirectory } from '../gather/run-directory.ts';
import { createCredentials, createTenantObjects, tenantId, type TenantObjects } from '../gather/tenants.ts';
import type { TransportEvidence } from '../checks/transport/gather.ts';
import { createWire, type Wire } from '../gather/http-client.ts';
import { createWriteRule } from '../gather/write-rule.ts';
import { auditEnvironment, contractFile, journalFolder, readTarget } from '../settings/target.ts';

/** What global set-up hands to the workers, through their environment. */
export const RUN_DIRECTORY = 'AUDIT_INTERNAL_RUN_DIRECTORY';
export const STARTED_AT = 'AUDIT_INTERNAL_STARTED_AT';
export const BROWSER = 'AUDIT_INTERNAL_BROWSER';
export const UNUSED_PROXIES = 'AUDIT_INTERNAL_UNUSED_PROXIES';

/** One worker's share of a run. Evidence is gathered once and kept on disk, so that a new worker goes on where the last one ended. */
export type Session = Kit & {
  startedAt: number;
  /** Variables of the environment that name a proxy. */
  unusedProxies: readonly string[];
  /** Runs the probe, or answers what it found when it ran before. A probe that crashed crashes every check that needs it. */
  evidence<T>(name: EvidenceName, probe: (kit: Kit) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

type Kept = { area: Area; ms: number } & ({ found: unknown } | { crashed: string });

/** Every piece of evidence, and the area its requests and time are counted under. */
const AREA_OF_EVIDENCE = {
  transport: 'transport',
  release: 'health',
  'warm-up': 'preconditions',
  credentials: 'preconditions',
  leftovers: 'honesty',
  configuration: 'configuration',
  secrets: 'secrets',
  keys: 'secrets',
  conformance: 'leaks',
  health: 'health',
  outage: 'health',
  'status-classes': 'headers',
  'browser-cors': 'cors-browser',
  'app-page': 'cors-browser',
  firefox: 'cors-browser',
  webkit: 'cors-browser',
  'wire-cors': 'cors-wire',
  'method-override': 'cors-wire',
  tokens: 'tokens',
  operations: 'tokens',
  isolation: 'isolation',
  lists: 'isolation',
  references: 'isolation',
  leaks: 'leaks',
  'forced-errors': 'leaks',
  'limit-headers': 'limits',
  'limit-keys': 'limits',
  exhaustion: 'limits',
  cleanup: 'honesty',
} as const satisfies Record<string, Area>;
export type EvidenceName = keyof typeof AREA_OF_EVIDENCE;

export function openSession(environment: Readonly<Record<string, string | undefined>>, workerIndex: number): Session {
  const env = auditEnvironment(environment);
  const target = readTarget(env, secretNames(env));
  const config = readConfig(env, Number(env[STARTED_AT]) || Date.now());
  const contract: Contract = readContract(target.contractFile);
  const directory = openRunDirectory(env[RUN_DIRECTORY] ?? '');
  const redactor = createRedactor(target.secrets);
  // Of several that are under way at once, each knows which one it is.
  const underWay = new AsyncLocalStorage<EvidenceName>();
  const probe = (): string => underWay.getStore() ?? 'none';
  const credentials = createCredentials(target.tenants, directory.id, probe, (actor, token) => redactor.protect(`token of ${actor}`, token));
  const ledger = createLedger(directory, redactor, `${workerIndex}-`);
  const journal = createJournal(journalFolder(target), directory.id);
  // A worker that replaces another must know what that one created.
  const created = directory.readLedger().flatMap((entry) => createdPath(entry, contract.resources));
  const writes = createWriteRule(contract, created, {
    beforeCreation() {
      if (directory.recall('cleanup') !== undefined) throw new Error('Nothing may be created after the cleanup.');
      journal.open({ apiUrl: target.apiUrl, pid: Number(env['AUDIT_INTERNAL_PID']), ...whoseObjects() });
    },
    created: ({ name }, id, actor) => journal.add({ collection: name, id, userId: credentials.subjectOf(ownerOf(actor)) ?? null }),
  });
  const newWire = (): Wire => createWire({ apiUrl: target.apiUrl, ca: target.ca, probe, tokenOf: credentials.tokenOf, writes }, ledger);
  const wire = newWire();
  const objectsOf = (resource: Resource): TenantObjects => createTenantObjects(wire, resource, writes);
  const pageOptions = { probe, tokenOf: credentials.tokenOf, apiUrl: target.apiUrl, writes };
  const memory = new Map<string, Promise<unknown>>();
  let browser: Promise<AuditBrowser> | undefined;

  const kit: Kit = {
    target,
    config,
    contract,
    wire,
    writes,
    newWire,
    credentials,
    objects: objectsOf(contract.resource),
    objectsOf,
    ledger,
    journal,
    redactor,
    directory,
    probe,
    browser: () => (browser ??= launchForMatrix()),
    liveBrowser: (trusted) => launch([], undefined, trusted),
    otherBrowser: (installed, origins) => launchOtherBrowser(installed, { origins, ...pageOptions }, ledger),
  };

  /** @param origins live on a local server of the audit */
  function launch(origins: readonly string[], onlyUrl: string | undefined, trusted: readonly string[] = []): Promise<AuditBrowser> {
    const ofTarget = privateKeyHash(directory.recall('transport'));
    const trustedKeyHashes = ofTarget === undefined ? trusted : [...trusted, ofTarget];
    return launchBrowser({ executablePath: env[BROWSER] ?? '', origins, onlyUrl, trustedKeyHashes, ...pageOptions }, ledger);
  }

  async function launchForMatrix(): Promise<AuditBrowser> {
    const pages = pagesToAskFrom(target.appOrigin);
    const launched = await launch(
      pages.map(({ origin }) => origin),
      target.apiUrl,
    );
    launched.openAhead(pages);
    return launched;
  }

  /** Every tenant that may own something before this run is over. */
  function whoseObjects(): Pick<JournalEntry, 'minted' | 'userIds'> {
    const actors = ['tenant A', 'tenant B'] as const;
    if (!('jwtSecret' in target.tenants)) return { minted: false, userIds: actors.flatMap((actor) => credentials.subjectOf(actor) ?? []) };
    return { minted: true, userIds: Object.keys(AREA_OF_EVIDENCE).flatMap((each) => actors.map((actor) => tenantId(directory.id, each, actor))) };
  }

  async function gather<T>(name: EvidenceName, probe: (kit: Kit) => Promise<T>): Promise<T> {
    const kept = (directory.recall(name) as Kept | undefined) ?? (await attempt(name, probe));
    directory.store(name, kept);
    if ('crashed' in kept) throw new Error(kept.crashed);
    return kept.found as T;
  }

  async function attempt(name: EvidenceName, run: (kit: Kit) => Promise<unknown>): Promise<Kept> {
    const started = Date.now();
    const area = AREA_OF_EVIDENCE[name];
    const end = directory.begin(name);
    try {
      const found = await underWay.run(name, () => run(kit));
      return { area, ms: Date.now() - started, found };
    } catch (error) {
      return { area, ms: Date.now() - started, crashed: redactor.redact(error instanceof Error ? error.message : String(error)) };
    } finally {
      end();
    }
  }

  /** A private authority is trusted by Chromium through the key Node has verified with it; a public one needs no help. */
  function privateKeyHash(transport: unknown): string | undefined {
    const kept = transport as { found?: TransportEvidence } | undefined;
    return target.ca !== undefined && kept?.found?.authorized === true ? kept.found.keyHash : undefined;
  }

  return {
    ...kit,
    startedAt: Number(env[STARTED_AT]),
    unusedProxies: (env[UNUSED_PROXIES] ?? '').split(',').filter(Boolean),
    evidence: <T>(name: EvidenceName, probe: (kit: Kit) => Promise<T>) => {
      const known = memory.get(name) ?? gather(name, probe);
      memory.set(name, known);
      return known as Promise<T>;
    },
    async close() {
      wire.close();
      // Why there is no browser stands in the verdict of each check that needed one.
      await (await browser?.catch(() => undefined))?.close();
    },
  };
}

/** The area a probe's requests are counted under. */
export function areaOf(probe: string): string {
  return Object.hasOwn(AREA_OF_EVIDENCE, probe) ? AREA_OF_EVIDENCE[probe as EvidenceName] : probe;
}

/** Milliseconds spent on evidence, by area. */
export function timeByArea(directory: RunDirectory): Map<string, number> {
  const spent = new Map<string, number>();
  for (const name of Object.keys(AREA_OF_EVIDENCE)) {
    const kept = directory.recall(name) as Kept | undefined;
    if (kept !== undefined) spent.set(kept.area, (spent.get(kept.area) ?? 0) + kept.ms);
  }
  return spent;
}

/** Milliseconds the audit waited for the release that is to be live. */
export function waitedForRelease(directory: RunDirectory): number {
  const { found } = (directory.recall('release') ?? {}) as { found?: ReleaseEvidence };
  return found?.waitedMs ?? 0;
}

/** Variables the contract calls secret, where there is such an inventory. */
export function secretNames(env: Readonly<Record<string, string | undefined>>): string[] {
  return readVariables(contractFile(env))
    .filter(({ secret }) => secret)
    .map(({ name }) => name);
}
