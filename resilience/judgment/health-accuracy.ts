import type { Answer, Exchange } from '../load/timed-request.ts';
import { endOf, placeOf, RECOVERY_MS, type Timeline } from '../trial/timeline.ts';

/** A request may be written this long before the service reads it, while both processes compete for two cores. */
const GRACE_MS = 500;
/** Its own deadline is 5 s. */
const ANSWER_MS = 7_000;
/** While the database is slow or occupied, a database route must have fared as badly at most this long before or after. */
const COMPANY_MS = 1_000;
/** A request that takes this long shows what health's deadline of 5 s is about. */
const LONG_MS = 4_500;

/**
 * Each answer of /health that was not true, as a sentence. True is:
 * - 503 while nobody could reach the database: for every check that began (0.5 s of grace) and ended within that time;
 * - 200 before the fault, and for every check that began later than 2 s after the database's return;
 * - in between, where the database was unreachable or back for less than 2 s: either;
 * - where it was slow or occupied: 200, or 503 in the company of a database route that failed, or waited for nearly 5 s, within a
 *   second of the check;
 * - where it took no writes: 503 and connected, for every check that began (0.5 s of grace) and ended within that time;
 * - where it was there all along: 200.
 * Every check is answered within 7 s, and its body says what its status says.
 * @param requests those for database routes
 */
export function findUntruths(checks: readonly Answer[], timeline: Timeline, requests: readonly Exchange[]): string[] {
  return checks.flatMap((check) => {
    const untruth = untruthOf(check, timeline, requests);
    return untruth === undefined ? [] : [`health asked at ${placeOf(check.began, timeline)}: ${untruth}`];
  });
}

function untruthOf(check: Answer, timeline: Timeline, requests: readonly Exchange[]): string | undefined {
  const { outcome, body, began, ended } = check;
  if (outcome !== 200 && outcome !== 503) return typeof outcome === 'string' ? outcome : `status ${outcome}`;
  if (ended - began > ANSWER_MS) return `answered ${outcome} after ${((ended - began) / 1000).toFixed(1)} s`;
  const { unreachable, unwritable, strained } = timeline;
  const unhealthy = unwritable === undefined ? 'unhealthy, disconnected' : 'unhealthy, connected';
  const expected = outcome === 200 ? 'ok, connected' : unhealthy;
  if (sayingOf(body) !== expected) return `${outcome} with the body of another answer: ${sayingOf(body)}`;

  if (outcome === 200) {
    const isWithin = (time: Timeline['unreachable']): boolean => time !== undefined && began >= time.from + GRACE_MS && ended <= time.until;
    if (isWithin(unwritable)) return '200, and the database took no writes';
    return isWithin(unreachable) ? '200, and nobody could reach the database' : undefined;
  }
  if (ended < timeline.began) return '503 before anything had happened';
  if (began > endOf(timeline) + RECOVERY_MS) return '503, and the database was back for more than 2 s';
  if (unreachable !== undefined || unwritable !== undefined) return undefined;
  if (!strained) return '503, and the database was there all along';
  const hasCompany = requests.some((request) => faredBadly(request) && request.ended >= began - COMPANY_MS && request.began <= ended + COMPANY_MS);
  return hasCompany ? undefined : '503, and every database route was served at the time';
}

/** Whether a request fared as health says that requests do. */
function faredBadly({ outcome, began, ended }: Exchange): boolean {
  return outcome === 503 || ended - began > LONG_MS;
}

function sayingOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('status' in body) || !('database' in body)) return 'no health report';
  return `${String(body.status)}, ${String(body.database)}`;
}
