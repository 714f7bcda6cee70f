import type { Area } from '../model/area.ts';
import type { Cell } from '../model/matrix.ts';
import type { Policy } from '../model/policy.ts';
import type { Contract } from '../contract/contract.ts';
import type { Resource } from '../contract/operations.ts';
import type { AuditConfig } from '../settings/config.ts';
import type { Target } from '../settings/target.ts';
import type { AuditBrowser } from './browser/chromium.ts';
import type { InstalledBrowser } from './browser/find-browser.ts';
import type { PageBrowser } from './browser/page.ts';
import type { HttpClient } from './http-client.ts';
import type { Journal } from './journal.ts';
import type { Ledger } from './ledger.ts';
import type { Redactor } from './redactor.ts';
import type { RunRecord } from './run-record.ts';
import type { Credentials } from './credentials.ts';
import type { Issuer } from './issuer.ts';
import type { TenantObjects } from './tenants.ts';
import type { WriteRule } from './write-rule.ts';

/** The tools of a gather function. */
export type GatherContext = {
  target: Target;
  config: AuditConfig;
  contract: Contract;
  /** The policies that the contract or the config file declares. */
  policies: ReadonlySet<Policy>;
  http: HttpClient;
  writes: WriteRule;
  /** A second client of the same target. The caller closes it. */
  newHttpClient(): HttpClient;
  credentials: Credentials;
  /** Where the target verifies tokens with an issuer's public keys. */
  issuer: Issuer | undefined;
  /** Objects of the main collection. */
  objects: TenantObjects;
  objectsOf(resource: Resource): TenantObjects;
  ledger: Ledger;
  journal: Journal;
  redactor: Redactor;
  runRecord: RunRecord;
  /** Milliseconds since the epoch when the audit started. */
  startedAt: number;
  /** Aborted when the run ends: loops stop then, and nothing more is sent. */
  ending: AbortSignal;
  /** Whether the audit may wait for so many milliseconds for a rate limit. */
  mayWait(ms: number): boolean;
  /** Launched on first use. */
  browser(): Promise<AuditBrowser>;
  /** A second Chromium without host rules. The caller closes it. */
  liveBrowser(trustedKeyHashes: readonly string[]): Promise<AuditBrowser>;
  /** A second engine, from which only the API and the pages of these origins can be reached. The caller closes it. */
  otherBrowser(installed: InstalledBrowser, origins: readonly string[]): Promise<PageBrowser>;
  /** The name of the evidence being gathered. */
  evidenceName(): string;
  /** On which collections the evidence being gathered tries its matrix: of few on all, of many on some, which differ between pieces of evidence. */
  collections(): readonly Resource[];
  /** Omits cells of a collection where all of them would be too many requests. */
  select<Tried extends object>(cells: readonly Cell<Tried>[], resource: Resource): readonly Cell<Tried>[];
  /** Runs with own tenants where the audit can mint them, so that a part of the evidence has its own buckets and lists. */
  withOwnTenants<T>(part: string, run: () => Promise<T>): Promise<T>;
  /** Gathers a piece of evidence, or returns the stored one. @throws {Error} where gathering it failed */
  evidence<T>(evidence: Evidence<T>): Promise<T>;
};

/**
 * Gathered once per run, whichever checks use it. Its requests have the tenants of its name, and its time counts for its area. The result of
 * `gather` is plain JSON.
 */
export type Evidence<T> = {
  name: string;
  /** The evidence of whose tenants these requests are, if not its own. */
  tenantsOf?: string;
  area: Area;
  /** Nothing else is sent while it is gathered. */
  alone?: true;
  /** Only this may be gathered at the same time: it changes nothing that is observed here. */
  besides?: Evidence<unknown>;
  /** Its first part, gathered alone at the beginning of the phase. */
  begins?: Evidence<unknown>;
  /** It waits between its requests, so it begins before the others of its phase. */
  pauses?: true;
  /** It sends nothing to the target. */
  local?: true;
  /** It tries a matrix, and not on every one of many collections. */
  isMatrix?: true;
  /** Its requests have tokens that the issuer made, where the audit was given them and could mint others. */
  genuine?: true;
  /**
   * About how many requests tenant A and tenant B (who is the limited tenant too) send, cleanup included. Several pairs of users share the
   * evidence by it.
   */
  requests?: readonly [a: number, b: number];
  gather: (context: GatherContext) => Promise<T>;
};
