import { durationOf, type TimedRequest, type TimedResponse } from '../load/timed-request.ts';
import { endOf, placeOf, RECOVERY_MS, type Timeline } from '../trial/timeline.ts';

/** The service may read a request this long after it was written, because both processes compete for two cores. */
const GRACE_MS = 500;
/** The service's own deadline is 5 s. */
const DEADLINE_MS = 7_000;
/** A 503 of a strained database needs a failed or slow database request at most this long before or after it. */
const NEARBY_MS = 1_000;
/** A request that takes this long reaches health's deadline of 5 s. */
const SLOW_MS = 4_500;

/**
 * One sentence for each wrong response of /health. Correct are:
 * - 503 while the database was unreachable, for every check that began (with 0.5 s of grace) and ended in that period;
 * - 200 before the fault, and for every check that began more than 2 s after the database's return;
 * - either in between, while the database became unreachable or had returned for less than 2 s;
 * - 200 while the database was slow or busy, or 503 when a database route failed or took nearly 5 s within a second of the check;
 * - 503 and connected while the database rejected writes, for every check that began (with 0.5 s of grace) and ended in that period;
 * - 200 when the database was available throughout.
 * Every check must end within 7 s, and its body must agree with its status.
 * @param requests those for database routes
 */
export function findFalseHealthReports(checks: readonly TimedResponse[], timeline: Timeline, requests: readonly TimedRequest[]): string[] {
  return checks.flatMap((check) => {
    const problem = problemOf(check, timeline, requests);
    return problem === undefined ? [] : [`health checked at ${placeOf(check.began, timeline)}: ${problem}`];
  });
}

function problemOf(check: TimedResponse, timeline: Timeline, requests: readonly TimedRequest[]): string | undefined {
  const { outcome, body, began, ended } = check;
  if (outcome !== 200 && outcome !== 503) return typeof outcome === 'string' ? outcome : `status ${outcome}`;
  if (durationOf(check) > DEADLINE_MS) return `${outcome} after ${(durationOf(check) / 1000).toFixed(1)} s`;
  const { unreachable, unwritable, strained } = timeline;
  const unhealthy = unwritable === undefined ? 'unhealthy, disconnected' : 'unhealthy, connected';
  const expected = outcome === 200 ? 'ok, connected' : unhealthy;
  if (describeBody(body) !== expected) return `${outcome} with a body that does not match: ${describeBody(body)}`;

  if (outcome === 200) {
    const isWithin = (period: Timeline['unreachable']): boolean => period !== undefined && began >= period.from + GRACE_MS && ended <= period.until;
    if (isWithin(unwritable)) return '200 while the database rejected writes';
    return isWithin(unreachable) ? '200 while the database was unreachable' : undefined;
  }
  if (ended < timeline.began) return '503 before the fault';
  if (began > endOf(timeline) + RECOVERY_MS) return '503 more than 2 s after the return of the database';
  if (unreachable !== undefined || unwritable !== undefined) return undefined;
  if (!strained) return '503 although the database was available throughout';
  const hasNearbyFailure = requests.some(
    (request) => isFailedOrSlow(request) && request.ended >= began - NEARBY_MS && request.began <= ended + NEARBY_MS,
  );
  return hasNearbyFailure ? undefined : '503 while every database route succeeded';
}

function isFailedOrSlow(request: TimedRequest): boolean {
  return request.outcome === 503 || durationOf(request) > SLOW_MS;
}

function describeBody(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('status' in body) || !('database' in body)) return 'not a health report';
  return `${String(body.status)}, ${String(body.database)}`;
}
