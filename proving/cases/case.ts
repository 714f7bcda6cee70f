import type { CheckId } from '../../audit/checks/catalog.ts';
import type { Mutation } from '../deployment/changed-copy.ts';
import type { Difference } from '../deployment/deployments.ts';
import type { ThirdPartyApi, ThirdPartySettings } from '../third-party/third-party-api.ts';

/** By name, such as JWT_SECRET. */
export type Secrets = Readonly<Record<string, string>>;

/** Text by file; undefined removes it. */
export type CommittedFiles = Readonly<Record<string, string | undefined>>;

/** A deployment to audit. */
export type ProvingCase = {
  /** In kebab-case; never changes. */
  id: string;
  /** The fault, or what is unusual but sound, in one line. */
  what: string;
  /** Another form of the same fault: runs only when it is named or with --variants, so that a full run stays short. */
  variant?: true;
  /** Differences of the service, its settings, its database or its edge. */
  deployment?: Difference;
  /** Another API instead, with its own contract. */
  api?: (settings: ThirdPartySettings) => ThirdPartyApi | Promise<ThirdPartyApi>;
  /** Differences of the audit's repository: mutations of files, then files to commit (undefined: removed). */
  repository?: { mutations?: readonly Mutation[]; commits?: (secrets: Secrets) => readonly CommittedFiles[] };
  /** Settings of the audit. */
  settings?: Readonly<Record<string, string>>;
};

/** A deployment, or its repository, with exactly one fault. */
export type Fault = ProvingCase & {
  /** The checks that must fail; one of them is enough for an intermittent fault. Other failures are listed. */
  caughtBy: readonly [CheckId, ...CheckId[]];
  /** Where the fault has happened. */
  seenIn?: string;
  /** An intermittent fault: the share of responses that show it, and the fault that always shows it. */
  sometimes?: { share: number; of: string };
};

/** A fault of the audit itself, against a sound deployment: the verdict must not be proven, and these checks must not pass. */
export type AuditFault = ProvingCase & { noticedBy: readonly [CheckId, ...CheckId[]]; seenIn?: string };

export const mutate = (file: string, from: string, to: string): Mutation => ({ file, from, to });
