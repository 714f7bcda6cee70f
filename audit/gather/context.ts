import type { AuditConfig } from '../settings/config.ts';
import type { Contract, Resource } from '../contract/contract.ts';
import type { Target } from '../settings/target.ts';
import type { AuditBrowser } from './browser/chromium.ts';
import type { InstalledBrowser } from './browser/find-browser.ts';
import type { Journal } from './journal.ts';
import type { Ledger } from './ledger.ts';
import type { PageBrowser } from './browser/page.ts';
import type { Redactor } from './redactor.ts';
import type { RunDirectory } from './run-directory.ts';
import type { Credentials, TenantObjects } from './tenants.ts';
import type { Wire } from './http-client.ts';
import type { WriteRule } from './write-rule.ts';

/** What a probe works with. */
export type Kit = {
  target: Target;
  config: AuditConfig;
  contract: Contract;
  wire: Wire;
  writes: WriteRule;
  /** A second client of the same target. The caller closes it. */
  newWire(): Wire;
  credentials: Credentials;
  /** Objects of the collection that stands for all. */
  objects: TenantObjects;
  objectsOf(resource: Resource): TenantObjects;
  ledger: Ledger;
  journal: Journal;
  redactor: Redactor;
  directory: RunDirectory;
  /** Started on first use. */
  browser(): Promise<AuditBrowser>;
  /** Another, in which every name leads where it really does. The caller closes it. */
  liveBrowser(trustedKeyHashes: readonly string[]): Promise<AuditBrowser>;
  /** A second engine, from which only the API and the pages of these origins can be reached. The caller closes it. */
  otherBrowser(installed: InstalledBrowser, origins: readonly string[]): Promise<PageBrowser>;
  /** The name of the probe at work. */
  probe(): string;
};
