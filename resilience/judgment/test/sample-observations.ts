import type { TimedResponse, TimedRequest } from '../../load/timed-request.ts';
import type { Timeline } from '../../trial/timeline.ts';

const OK = { status: 'ok', database: 'connected' };
const UNHEALTHY = { status: 'unhealthy', database: 'disconnected' };

/** A request of 100 ms that began at this second. */
export function at(seconds: number, outcome: TimedRequest['outcome'], changes: Partial<TimedResponse> = {}): TimedResponse {
  const began = seconds * 1_000;
  const retryAfter = outcome === 503 ? '2' : undefined;
  const body = outcome === 200 ? OK : outcome === 503 ? UNHEALTHY : undefined;
  return { what: 'GET /health', began, ended: began + 100, outcome, retryAfter, repeats: false, body, ...changes };
}

/** Unreachable from 10 s to 20 s. */
export const outage: Timeline = { began: 9_900, unreachable: { from: 10_000, until: 20_000 }, strained: false, returns: [20_200] };
/** Slow from 10 s to 20 s. */
export const strain: Timeline = { began: 10_000, unreachable: undefined, strained: true, returns: [20_000] };
/** Cut at 10 s and at 11 s. */
export const cuts: Timeline = { began: 10_000, unreachable: undefined, strained: false, returns: [10_050, 11_050] };
/** Rejecting writes from 10 s to 20 s. */
export const unwritable: Timeline = {
  began: 9_900,
  unreachable: undefined,
  unwritable: { from: 10_000, until: 20_000 },
  strained: false,
  returns: [20_200],
};
