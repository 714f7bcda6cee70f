import { checkOf, checksToRun } from '../checks/catalog.ts';
import { LONGEST_RELEASE_MS } from '../checks/health/gather-release.ts';
import { secretsEvidence } from '../checks/secrets/gather.ts';
import type { Target } from '../settings/target.ts';

/** With the waits for the limits of a contract with hundreds of operations. */
const LONGEST_CHECK_MS = 600_000;
/** The first scan of a history with millions of objects. */
const LONGEST_SCAN_MS = 3_600_000;

/** The checks in the order in which they run, and how long each may take. */
export type TestsToRun = { checks: readonly { id: string; area: string; timeoutMs: number }[] };

/**
 * Without users only the checks that need none, so that the run is partial. The first check that needs the target waits until the expected
 * release is live; with --grep that can be any of them.
 */
export function testsToRun({ release, tenants }: Pick<Target, 'release' | 'tenants'>): TestsToRun {
  const timeoutMs = LONGEST_CHECK_MS + (release === undefined ? 0 : LONGEST_RELEASE_MS);
  return {
    checks: checksToRun
      .filter((id) => !('none' in tenants && checkOf(id).needsUsers))
      .map((id) => {
        const { area, evidence } = checkOf(id);
        return { id, area, timeoutMs: evidence.includes(secretsEvidence) ? LONGEST_SCAN_MS : timeoutMs };
      }),
  };
}
