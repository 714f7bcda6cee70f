import type { Difference } from './deployments.ts';
import type { Slip } from './changed-copy.ts';
import type { ThirdPartyApi, ThirdPartySettings } from './third-party/third-party-api.ts';
import type { CheckId } from '../audit/checks/catalog.ts';

/** By name, such as JWT_SECRET. */
export type Secrets = Readonly<Record<string, string>>;

/** Text by file; undefined takes it away. */
export type Files = Readonly<Record<string, string | undefined>>;

/** A deployment that the audit is made of, and what must come of it. */
export type Case = {
  /** In kebab-case, for ever the same. */
  id: string;
  /** What went wrong, or what is unusual and yet sound, in one line. */
  what: string;
  /** Another way to the same kind of thing: tried on demand, so that a run of all kinds stays short. */
  variant?: true;
  /** Of the service, its settings, its database or its edge. */
  deployment?: Difference;
  /** Another API in its place, with a contract of its own. */
  api?: (settings: ThirdPartySettings) => ThirdPartyApi | Promise<ThirdPartyApi>;
  /** Of the repository the audit stands in: changes of files, then files that are committed (undefined: taken away). */
  repository?: { slips?: readonly Slip[]; commits?: (secrets: Secrets) => readonly Files[] };
  /** Settings of the audit. */
  settings?: Readonly<Record<string, string>>;
};

/** A deployment, or the repository it is made from, with exactly one fault. */
export type Fault = Case & {
  /** The checks that must fail; one of them where the fault shows now and then. Whatever else fails is listed. */
  caughtBy: readonly [CheckId, ...CheckId[]];
  /** Where such a thing happened in the world. */
  seenIn?: string;
  /** The same fault, but now and then: the share of answers that show it, and the fault of which all do. */
  sometimes?: { share: number; of: string };
};

/** The audit itself with a fault, against a sound deployment: it must not say proven, and these checks must not say pass. */
export type AuditFault = Case & { noticedBy: readonly [CheckId, ...CheckId[]]; seenIn?: string };

export const slip = (file: string, from: string, to: string): Slip => ({ file, from, to });
