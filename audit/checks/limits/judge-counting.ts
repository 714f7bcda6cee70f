import type { Exchange } from '../../model/exchange.ts';
import { isTried } from '../../model/matrix.ts';
import { isInLaterWindow, type RateLimit, rateLimitOf } from '../../model/rate-limit.ts';
import { cannotTell, described, isRejected, statusOf } from '../../model/response.ts';
import { conclude, expect, notApplicable, type Observation, observeDoubt, requireAttempts, underPolicy, type Verdict } from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import type { CountingOf } from './gather-counting.ts';

/** Of a router or a proxy in front of the limiter. */
const BEFORE_A_LIMITER = [301, 302, 307, 308, 405, 501];

/** Every request took one from the bucket of its tenant, and the bucket did not refill faster than stated. */
export function judgeCounting(evidence: readonly CountingOf[], what: string): Verdict {
  const isStated = ({ before }: CountingOf): boolean => limitOf(before) !== undefined;
  if (!evidence.some(isStated) && evidence.every(({ before }) => cannotTell(before) === undefined))
    return notApplicable(
      'No response states a limit, so what counts in a bucket is unknown. The check limit-forged-address examines a caller while it is limited.',
    );
  const count = evidence.reduce((sum, { cells }) => sum + cells.filter(isTried).length, 0);
  return conclude(
    evidence.flatMap((series) => [...requireAttempts(`${series.collection}: ${what}`, series.cells.filter(isTried)), ...inOneBucket(series, what)]),
    `${counted(count, 'request')} (${what}) each took one from the bucket of their tenant, which did not refill faster than stated.`,
  );
}

function inOneBucket({ collection, before, cells, after, later }: CountingOf, what: string): Observation[] {
  const sent = cells.filter(isTried).map(({ exchange }) => exchange);
  const doubt = [before, ...sent, after, later].map((exchange) => unreachable(exchange)).find((each) => each !== undefined);
  if (doubt) return [doubt];
  const [first, last, afterPause] = [before, after, later].map(limitOf);
  if (!first || !last || !afterPause) return withoutLimit(collection, [before, after, later]);
  if (isInLaterWindow(last, first)) return [observeDoubt('window-turned', 'The rate limit window ended between the requests', before, after)];
  const counting = sent.filter((each) => !BEFORE_A_LIMITER.includes(each.response?.status ?? 0) && (!isRejected(each) || isRejected(before)));
  const refilled = isInLaterWindow(afterPause, last) ? 0 : Math.max(0, afterPause.remaining - last.remaining + 1);
  const perMs = refilled / Math.max(1, later.at - after.at);
  const least = counting.length + 1 - Math.ceil(perMs * (after.at - before.at));
  const fell = first.remaining - last.remaining;
  const missing = counting.filter((each) => limitOf(each) === undefined);
  const fresh = counting.filter((each) => (limitOf(each)?.remaining ?? -1) >= first.remaining);
  const holds = fell >= least && fresh.length === 0;
  const [example] = [...fresh, ...missing];
  const hint = example === undefined ? '' : `, such as ${described(example)} (${statusOf(example)})`;
  const short = `${collection}: ${least} requests (${what}) took ${fell} from the bucket of their tenant, so some did not count in it${hint}`;
  return [
    refill(first, refilled, { after, later }),
    expect(holds, 'not-counted', short, before, ...(holds ? [] : [...fresh, ...missing].slice(0, 3)), after),
    ...(holds ? missing.slice(0, 1).map((each) => statesNoLimit(`${described(each)} returned ${statusOf(each)}`, [each])) : []),
  ];
}

function statesNoLimit(what: string, exchanges: readonly Exchange[]): Observation {
  return underPolicy(
    'rate-limit-headers',
    expect(false, 'limit-headers-missing', `${what} without the limit that other responses state`, ...exchanges),
  );
}

function withoutLimit(collection: string, exchanges: readonly Exchange[]): Observation[] {
  const unknown = `${collection}: some lists state no limit, so whether their requests count is unknown`;
  return [statesNoLimit(`${collection}: a list was returned`, exchanges), observeDoubt('limit-unknown', unknown, ...exchanges)];
}

/** A bucket that refills while its window lasts must not do so faster than its quota and window state. */
function refill({ quota, window }: RateLimit, refilled: number, { after, later }: { after: Exchange; later: Exchange }): Observation {
  const seconds = (later.at - after.at) / 1_000;
  const allowed = quota === undefined || window === undefined ? refilled : Math.ceil((seconds * quota) / window) + 1;
  const tooFast = `${counted(refilled, 'request')} came back within ${seconds.toFixed(1)} s, although the response states ${quota} in ${window} s`;
  return expect(refilled <= allowed, 'refills-too-fast', tooFast, after, later);
}

/** Requests may be rejected by a page of a framework. */
function unreachable(exchange: Exchange): Observation | undefined {
  const { status = 0 } = exchange.response ?? {};
  return status >= 400 && status < 500 && status !== 429 ? undefined : cannotTell(exchange);
}

function limitOf({ response }: Exchange): RateLimit | undefined {
  return rateLimitOf(response);
}
