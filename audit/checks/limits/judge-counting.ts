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
  if (evidence.every(({ plain: [first] }) => limitOf(first) === undefined && cannotTell(first) === undefined))
    return notApplicable('No response states a limit, so what counts in a bucket is unknown. The check limit-forged-address states that.');
  const count = evidence.reduce((sum, { cells }) => sum + cells.filter(isTried).length, 0);
  return conclude(
    evidence.flatMap((series) => [...requireAttempts(`${series.collection}: ${what}`, series.cells.filter(isTried)), ...inOneBucket(series, what)]),
    `${counted(count, 'request')} (${what}) each took one from the bucket of their tenant, which did not refill faster than stated.`,
  );
}

function inOneBucket({ collection, plain, cells, after }: CountingOf, what: string): Observation[] {
  const sent = cells.filter(isTried).map(({ exchange }) => exchange);
  const doubt = [...plain, ...sent, after].map((exchange) => unreachable(exchange)).find((each) => each !== undefined);
  if (doubt) return [doubt];
  const [first, second, third] = plain;
  const [one, two, three, last] = [first, second, third, after].map(limitOf);
  if (!one || !two || !three || !last)
    return [observeDoubt('limit-unknown', `${collection}: some plain requests state a limit and others do not`, ...plain, after)];
  if (isInLaterWindow(last, one)) return [observeDoubt('window-turned', 'The rate limit window ended between the requests', first, after)];
  const counting = sent.filter((each) => !BEFORE_A_LIMITER.includes(each.response?.status ?? 0) && (!isRejected(each) || isRejected(first)));
  const refilled = Math.max(0, three.remaining - two.remaining + 1);
  const perMs = refilled / Math.max(1, third.at - second.at);
  const least = counting.length + 1 - Math.ceil(perMs * (after.at - third.at));
  const fell = three.remaining - last.remaining;
  const missing = counting.filter((each) => limitOf(each) === undefined);
  const fresh = counting.filter((each) => (limitOf(each)?.remaining ?? -1) >= Math.max(one.remaining, 0));
  const [example] = [...fresh, ...missing];
  const hint = example === undefined ? '' : `, such as ${described(example)} (${statusOf(example)})`;
  return [
    refill(one, refilled, { second, third }),
    expect(
      fell >= least && fresh.length === 0,
      'not-counted',
      `${collection}: ${least} requests (${what}) took ${fell} from the bucket of their tenant, so some did not count in it${hint}`,
      third,
      ...(fell >= least && fresh.length === 0 ? [] : [...fresh, ...missing].slice(0, 3)),
      after,
    ),
    ...(fell >= least && missing.length > 0 && example !== undefined
      ? [
          underPolicy(
            'rate-limit-headers',
            expect(
              false,
              'limit-headers-missing',
              `${described(example)} returned ${statusOf(example)} without the limit that other responses state`,
              example,
            ),
          ),
        ]
      : []),
  ];
}

/** A bucket that refills while its window lasts must not do so faster than its quota and window state. */
function refill({ quota, window }: RateLimit, refilled: number, { second, third }: { second: Exchange; third: Exchange }): Observation {
  const seconds = (third.at - second.at) / 1_000;
  const allowed = quota === undefined || window === undefined ? refilled : Math.ceil((seconds * quota) / window) + 1;
  const tooFast = `${counted(refilled, 'request')} came back within ${seconds.toFixed(1)} s, although the response states ${quota} in ${window} s`;
  return expect(refilled <= allowed, 'refills-too-fast', tooFast, second, third);
}

/** Requests may be rejected by a page of a framework. */
function unreachable(exchange: Exchange): Observation | undefined {
  const { status = 0 } = exchange.response ?? {};
  return status >= 400 && status < 500 && status !== 429 ? undefined : cannotTell(exchange);
}

function limitOf({ response }: Exchange): RateLimit | undefined {
  return rateLimitOf(response);
}
