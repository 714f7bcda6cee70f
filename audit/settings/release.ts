import * as z from 'zod/v4';
import { parseJson } from '../model/json.ts';

/** The expected release and its deployment. Times are in milliseconds since the epoch. */
export type Release = {
  /** 40 hex digits in lower case. */
  commit: string;
  /** When the deployment was created. */
  deployedAt: number | undefined;
  /** What was observed before the audit was installed. */
  firstHealthy: z.infer<typeof observation> | undefined;
};

/** The largest tolerated difference between two clocks. */
const CLOCK_TOLERANCE_MS = 60_000;

const commit = z
  .string()
  .regex(/^[0-9a-f]{40}$/i)
  .toLowerCase();
const time = z.iso.datetime({ offset: true }).transform((value) => Date.parse(value));
const observation = z.strictObject({
  commit: commit.nullable(),
  /** When the health endpoint first returned 200; null if it never did. */
  at: time.nullable(),
  polls: z.int().nonnegative(),
  last_status: z.int().min(100).max(599).nullable(),
});

/**
 * Reads AUDIT_COMMIT, AUDIT_DEPLOYED_AT and AUDIT_FIRST_HEALTHY. Without a commit no release is expected.
 * @param problems receives a sentence for each invalid value, without the value
 */
export function readRelease(value: (name: string) => string | undefined, problems: string[], now: number): Release | undefined {
  const wanted = readCommit(value('AUDIT_COMMIT'), problems);
  const deployedAt = readDeployedAt(value('AUDIT_DEPLOYED_AT'), problems, now);
  const firstHealthy = readFirstHealthy(value('AUDIT_FIRST_HEALTHY'), problems, now);
  return wanted === undefined ? undefined : { commit: wanted, deployedAt, firstHealthy };
}

function readCommit(text: string | undefined, problems: string[]): string | undefined {
  if (text === undefined) return undefined;
  const { data } = commit.safeParse(text);
  if (data === undefined) problems.push('AUDIT_COMMIT is not a full Git commit: give all 40 hex digits, as git rev-parse HEAD prints them.');
  return data;
}

function readDeployedAt(text: string | undefined, problems: string[], now: number): number | undefined {
  if (text === undefined) return undefined;
  const { data } = time.safeParse(text);
  if (data === undefined)
    problems.push(
      'AUDIT_DEPLOYED_AT is not an ISO 8601 time with a zone: give the time at which the deployment was created, such as 2026-11-28T09:00:00Z.',
    );
  else if (data > now + CLOCK_TOLERANCE_MS)
    problems.push('AUDIT_DEPLOYED_AT is in the future: give the time at which the deployment was created, and check the clock of this machine.');
  return data;
}

function readFirstHealthy(text: string | undefined, problems: string[], now: number): Release['firstHealthy'] {
  if (text === undefined) return undefined;
  const { data, error } = observation.safeParse(parseJson(text));
  if (data === undefined) {
    const places = [...new Set(error.issues.map(({ path }) => path.join('.') || 'the value'))];
    problems.push(
      `AUDIT_FIRST_HEALTHY is invalid (${places.join(', ')}): give one line such as {"commit": "<40 hex digits>", "at": "2026-11-28T09:00:00Z", "polls": 3, "last_status": 200}, or leave it unset.`,
    );
  } else if (data.at !== null && data.at > now + CLOCK_TOLERANCE_MS)
    problems.push('AUDIT_FIRST_HEALTHY is in the future (at): check the clocks of this machine and of the one that polled.');
  return data;
}
