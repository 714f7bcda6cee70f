import { existsSync, statSync } from 'node:fs';
import * as z from 'zod/v4';
import { policyIds } from '../model/policy.ts';
import { isOwnContract, originOf, SettingsError, type Target } from './target.ts';
import { readText } from '../contract/text-file.ts';

const origin = z.string().transform((value, context) => {
  const { origin: read, problem } = originOf(value.trim());
  if (problem !== undefined) context.addIssue({ code: 'custom', message: `${problem}: give an origin such as https://app.example.com` });
  return read ?? z.NEVER;
});
const day = z.iso.date();
const apiPath = z.string().regex(/^\/[^?#]*$/, 'must be a path such as /api/v1/tasks');

/** Options that differ between teams. Secrets and URLs are settings (AUDIT_*) and do not belong here. */
const schemaFor = (checkId: z.ZodEnum<Record<string, string>>) =>
  z.strictObject({
    $schema: z.string().optional(),
    /** Origins that the API allows in addition to AUDIT_APP_ORIGIN. The audit also tests lookalike origins of each. */
    origins: z.array(origin).default([]),
    /** Request headers that the app's pages send in addition to those of the contract, such as sentry-trace. Preflights must allow them. */
    requestHeaders: z.array(z.string().regex(/^[!#$%&'*+.^_`|~0-9a-z-]+$/i, 'must be a header name')).default([]),
    /** Whether this deployment accepts tokens signed with a shared secret (HS256) besides those of an issuer. By default as its contract states. */
    sharedSecretTokens: z.boolean().optional(),
    /**
     * Operations that the audit would leave out because of their names, or because they write to something that it did not create, such as
     * "POST /reports". They are executed many times, some with another user's token.
     */
    safeOperations: z
      .array(z.string().regex(/^(GET|POST|PUT|PATCH|DELETE) \/\S*$/, 'must be a method and a path, such as POST /reports'))
      .default([]),
    /** Policies that the API follows in addition to those that its contract declares in x-policies. */
    policies: z.array(z.enum(policyIds)).default([]),
    /** How many requests at once the API serves, where its contract does not state it. The audit then sends as many, at most a hundred. */
    concurrentRequests: z.int().positive().optional(),
    /** Whether the audit may create objects that the API cannot delete. They stay after the audit. */
    leftovers: z.boolean().default(false),
    /** The path in which objects of the main collection are created, where the audit should not choose it. */
    collection: apiPath.optional(),
    /** The path of health, where the contract does not document one that needs no credentials. */
    health: apiPath.optional(),
    /** Requirements by id, for this repository's API in addition to its own. The report states the outcome of each. */
    requirements: z
      .record(
        z.string().regex(/^[\w.-]+$/, 'must be an id of letters, digits, points and hyphens'),
        z.strictObject({ text: z.string().trim().min(1), checks: z.array(checkId).min(1, 'must name at least one check') }),
      )
      .default({}),
    /** The folder of the decision records. A record confirms the checks that it names under Confirmation. For this repository's API: adr. */
    decisions: z.string().refine(isFolder, 'must be an existing folder').optional(),
    budget: z
      .strictObject({
        /** Seconds without waits for the rate limit; at most a minute (SC-004). */
        seconds: z.int().positive().max(60).default(60),
        /** By default as many as the contract needs. */
        requests: z.int().positive().max(100_000).optional(),
        /**
         * The most seconds of waiting for rate limits. What needs a longer wait is not sent, apart from deletions of what the audit created, and
         * the checks that need it are inconclusive. By default the audit waits as long as it needs.
         */
        waitSeconds: z.int().nonnegative().max(3_600).optional(),
      })
      .default({ seconds: 60 }),
    /** `off`: the check does not run. `warn`: a failure makes the audit not proven. `error`: a failure fails the audit. */
    checks: z.partialRecord(checkId, z.enum(['off', 'warn', 'error'])).default({}),
    /** Known failures that are accepted for a time. They stay in the report, count as not proven, and fail the audit after they expire. */
    deviations: z
      .array(
        z.strictObject({
          check: checkId,
          reason: z.string().trim().min(10, 'must state the reason in ten characters or more'),
          owner: z.string().trim().min(2, 'must name the owner'),
          /** The last day on which the failure is accepted. */
          expires: day,
        }),
      )
      .default([]),
    /** Findings of the secret scanner that were reviewed and are not secrets. They stay in the report. The value of a configured secret cannot be settled. */
    settledSecrets: z
      .array(
        z.strictObject({
          fingerprint: z.string().regex(/^[0-9a-f]{16}$/, 'must be the fingerprint that the report states, 16 hexadecimal digits'),
          reason: z.string().trim().min(10, 'must state the reason in ten characters or more'),
          owner: z.string().trim().min(2, 'must name the owner'),
          /** The day of the review. */
          date: day,
        }),
      )
      .default([]),
  });

export type AuditConfig = z.infer<ReturnType<typeof schemaFor>>;
export type Deviation = AuditConfig['deviations'][number];
export type SettledSecret = AuditConfig['settledSecrets'][number];

/** Deviations must be reviewed at least once a year. */
const LONGEST_DEVIATION_DAYS = 366;
const DAY_MS = 86_400_000;

/** What the settings state about the contract: without users it may have no collection of their objects. */
export function contractOptions({ tenants }: Pick<Target, 'tenants'>, config: AuditConfig): AuditConfig & { hasUsers: boolean } {
  return { ...config, hasUsers: !('none' in tenants) };
}

/** Whatever the contract has: exhausting a large limit may need 1,200 requests. */
const REQUESTS_OF_ANY = 5_000;
/** Each operation meets classes of attack. */
const REQUESTS_PER_OPERATION = 60;

/** How many requests an audit may send, apart from those that delete objects. */
export function requestBudget({ budget }: Pick<AuditConfig, 'budget'>, { operations }: { operations: readonly unknown[] }): number {
  return budget.requests ?? REQUESTS_OF_ANY + REQUESTS_PER_OPERATION * operations.length;
}

/** The folder of the decision records; undefined where the config file of another API names none. */
export function decisionFolder({
  config,
  target,
}: {
  config: Pick<AuditConfig, 'decisions'>;
  target: Pick<Target, 'contractFile'>;
}): string | undefined {
  return config.decisions ?? (isOwnContract(target) ? 'adr' : undefined);
}

/** The path in AUDIT_CONFIG, or `audit.config.json` in the working directory. */
export function configFile(env: Readonly<Record<string, string | undefined>>): string {
  return env['AUDIT_CONFIG']?.trim() || 'audit.config.json';
}

/**
 * Reads the config file. Without one, every option has its default, unless AUDIT_CONFIG names a file.
 * @throws {SettingsError} naming each unknown key and each invalid value
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>, now: number, checkIds: readonly string[]): AuditConfig {
  const schema = schemaFor(z.enum(checkIds));
  const file = configFile(env);
  if (!existsSync(file)) {
    if (env['AUDIT_CONFIG']?.trim())
      throw new SettingsError([`AUDIT_CONFIG: no file ${file}. Give the path of an existing file, or leave it unset.`]);
    return schema.parse({});
  }
  let content: unknown;
  try {
    content = JSON.parse(readText(file));
  } catch (error) {
    throw new SettingsError([error instanceof SyntaxError ? `${file} is not JSON.` : `${file} cannot be read: ${(error as Error).message}.`]);
  }
  const result = schema.safeParse(content);
  if (!result.success) throw new SettingsError(result.error.issues.map((issue) => `${file}: ${place(issue.path)} ${explain(issue)}.`));
  const late = result.data.deviations.filter(({ expires }) => Date.parse(expires) - now > LONGEST_DEVIATION_DAYS * DAY_MS);
  if (late.length > 0) throw new SettingsError(late.map(({ check }) => `${file}: the deviation of ${check} expires in more than a year.`));
  const future = result.data.settledSecrets.filter(({ date }) => Date.parse(date) > now + DAY_MS);
  if (future.length > 0)
    throw new SettingsError(future.map(({ fingerprint }) => `${file}: the date of the settled secret ${fingerprint} is in the future.`));
  return result.data;
}

/** The deviation that covers a check at this time, unless it has expired. */
export function deviationOf({ deviations }: Pick<AuditConfig, 'deviations'>, check: string, now: number): Deviation | undefined {
  return deviations.find((deviation) => deviation.check === check && Date.parse(deviation.expires) + DAY_MS > now);
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}

function place(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'the file' : path.join('.');
}

function explain(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `has unknown keys: ${issue.keys.join(', ')}`;
  return issue.code === 'custom' ? issue.message : `is invalid: ${issue.message}`;
}
