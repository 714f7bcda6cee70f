import { checkOf, checksToRun } from '../checks/catalog.ts';
import { LONGEST_RELEASE_MS } from '../checks/health/gather-release.ts';
import type { Target } from '../settings/target.ts';

const LONGEST_CHECK_MS = 120_000;

/** The checks in the order in which they run, and how long each may take. */
export type TestsToRun = { timeoutMs: number; checks: readonly { id: string; area: string }[] };

/** The first check that needs the target waits until the expected release is live; with --grep that can be any of them. */
export function testsToRun({ release }: Pick<Target, 'release'>): TestsToRun {
  return {
    timeoutMs: LONGEST_CHECK_MS + (release === undefined ? 0 : LONGEST_RELEASE_MS),
    checks: checksToRun.map((id) => ({ id, area: checkOf(id).area })),
  };
}
