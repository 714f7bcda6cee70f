import { durationOf, isShed, isSuccess, type TimedRequest } from '../load/timed-request.ts';
import type { ScenarioFigures } from '../trial/scenario.ts';

/** The numbers of requests by outcome, and the longest duration. */
export function countOutcomes(
  requests: readonly TimedRequest[],
): Pick<ScenarioFigures, 'requests' | 'succeeded' | 'unavailable' | 'other' | 'slowestMs'> {
  const succeeded = requests.filter(isSuccess).length;
  const unavailable = requests.filter(isShed).length;
  const other = requests.length - succeeded - unavailable;
  return { requests: requests.length, succeeded, unavailable, other, slowestMs: Math.max(0, ...requests.map(durationOf)) };
}
