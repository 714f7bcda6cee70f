import type { Exchange } from '../../model/exchange.ts';
import type { LimitKeysEvidence, Series } from './gather-keys.ts';
import type { WhileLimitedEvidence } from './gather-while-limited.ts';
import { cannotTell, isRejected } from '../../model/response.ts';
import { isInLaterWindow, type RateLimit, rateLimitOf } from '../../model/rate-limit.ts';
import { counted } from '../../model/wording.ts';
import { falls } from './judge.ts';
import { anonymousStaysLimited, OF_ANOTHER_PATH, othersNotLimited, summaryWhileLimited, tenantStaysLimited } from './judge-while-limited.ts';
import { conclude, type Observation, requireAttempts, type Verdict, expect, observeDoubt } from '../../model/verdict.ts';

/** Nothing that a caller chooses gives it another bucket, and two client addresses have two. */
export function judgeForgedAddress({ chosen, forged, otherClient, named }: LimitKeysEvidence, limited: WhileLimitedEvidence): Verdict {
  const { tenant, anonymous } = limited;
  return conclude(
    [
      ...requireAttempts('forged headers, paths and tokens', forged.attempts, chosen.attempts),
      ...(anonymous === undefined ? [...inOneBucket(forged), untouched(named, forged.attempts)] : anonymousStaysLimited(anonymous)),
      ...(tenant === undefined ? [...inOneBucket(chosen), ...countedOnce(chosen)] : tenantStaysLimited(tenant)),
      ...(anonymous === undefined ? sharing(forged, otherClient).observations : othersNotLimited(limited)),
    ],
    [
      ...inBuckets(anonymous === undefined ? forged : undefined, tenant === undefined ? chosen : undefined),
      summaryWhileLimited(limited),
      ...(anonymous === undefined
        ? ['A forged token took nothing from the bucket of the tenant that it names.', sharing(forged, otherClient).summary]
        : []),
    ]
      .filter(Boolean)
      .join(' '),
  );
}

/** How many requests counted in the buckets of their callers; nothing for callers whose responses state no limit. */
function inBuckets(forged: Series | undefined, chosen: Series | undefined): string[] {
  const all = [forged, chosen].filter((series) => series !== undefined);
  if (all.length === 0) return [];
  const count = ({ attempts, spellings }: Series): number => attempts.length + spellings.length;
  const rejected = all.reduce((sum, series) => sum + count(series) - countable(series).length, 0);
  const sent = [
    forged && counted(count(forged), 'anonymous request'),
    chosen && `${forged ? count(chosen) : counted(count(chosen), 'request')} of a tenant`,
  ];
  const except = rejected > 0 ? ` (except ${rejected} that the API rejected as another path or credential)` : '';
  return [
    `${sent.filter((each) => each !== undefined).join(' and ')}, with forged or other addresses, headers, paths, methods and tokens, counted in the caller's bucket${except}.`,
  ];
}

/** The bucket of the tenant that a forged token names counts only its own request. */
function untouched({ before, after }: LimitKeysEvidence['named'], attempts: readonly Exchange[]): Observation {
  const doubt = cannotTell(before) ?? cannotTell(after);
  if (doubt) return doubt;
  const [first, last] = [limitOf(before), limitOf(after)];
  return first && last
    ? falls(first, last, 1, 'bucket-of-another', 'A forged token should not count for the user that it names', before, ...attempts, after)
    : withoutHeaders(before, after);
}

function withoutHeaders(...exchanges: readonly Exchange[]): Observation {
  return observeDoubt('limit-headers-missing', 'A response states no limit, so the bucket of its request is unknown', ...exchanges);
}

/** Each attempt counted in the bucket of the plain requests around it. */
function inOneBucket(series: Series): Observation[] {
  const { before, attempts, spellings, after } = series;
  const doubt = [before, ...attempts, ...spellings, after].map((exchange) => cannotTell(exchange)).find((observation) => observation !== undefined);
  if (doubt) return [doubt];
  const [first, last] = [limitOf(before), limitOf(after)];
  if (!first || !last) return [withoutHeaders(before, after)];
  if (isInLaterWindow(last, first)) return [observeDoubt('window-turned', 'The rate limit window ended between the requests', before, after)];
  const counting = countable(series);
  const fell = first.remaining - last.remaining;
  const least = counting.length + 1;
  return [
    ...counting.map((attempt) => {
      const left = limitOf(attempt)?.remaining;
      const broken =
        left === undefined
          ? `The response to ${attempt.purpose} states no limit, so it did not count in the caller's bucket`
          : `${counted(left, 'request')} remained after ${attempt.purpose} and ${first.remaining} before it, so it did not count in the caller's bucket`;
      return expect(left !== undefined && left < first.remaining, 'fresh-bucket', broken, before, attempt);
    }),
    expect(
      fell >= least,
      'fresh-bucket',
      `${least} requests of one caller (${before.actor}) took ${fell} from its bucket, so some did not count in it`,
      before,
      ...(fell >= least ? [] : counting),
      after,
    ),
  ];
}

/** Only the audit uses the bucket of its tenant: the remaining requests fall by one for each request. */
function countedOnce({ before, attempts, spellings, after }: Series): Observation[] {
  const [first, last] = [limitOf(before), limitOf(after)];
  if (!first || !last || isInLaterWindow(last, first)) return [];
  const [most, fell] = [attempts.length + spellings.length + 1, first.remaining - last.remaining];
  return [expect(fell <= most, 'counted-twice', `${counted(most, 'request')} took ${fell} from the caller's bucket`, before, after)];
}

/** All but those that the API rejected as another path or as a credential. */
function countable({ before, attempts, spellings }: Series): Exchange[] {
  const status = ({ response }: Exchange): number => response?.status ?? 0;
  return [
    ...attempts.filter((each) => !isRejected(each) || isRejected(before)),
    ...spellings.filter((each) => !OF_ANOTHER_PATH.includes(status(each))),
  ];
}

/**
 * A request from another client address, sent between two of the first address: where the remaining requests fall by one from each to
 * the next, all three count in one bucket. With two buckets there is no number left between those of the first.
 */
function sharing(
  { before, attempts, spellings, after }: Series,
  otherClient: Exchange | undefined,
): { observations: Observation[]; summary: string } {
  const result = (observation?: Observation, summary = ''): ReturnType<typeof sharing> => ({
    observations: observation ? [observation] : [],
    summary,
  });
  if (otherClient === undefined) return result(undefined, 'Sharing between clients was not examined: this machine has one address to the target.');
  const doubt = cannotTell(otherClient);
  if (doubt) return result(doubt);
  const last = [before, ...attempts, ...spellings].findLast((exchange) => limitOf(exchange) !== undefined) ?? before;
  const [first, second, third] = [last, otherClient, after].map(limitOf);
  if (!first || !second || !third)
    return result(undefined, 'Sharing between clients was not examined: the response to another client address states no limit.');
  const numbers = `${first.remaining}, ${second.remaining} for ${otherClient.purpose}, ${third.remaining}`;
  const [toOther, fromOther] = [step(first, second), step(second, third)];
  if (toOther > 0 && fromOther > 0 && toOther + fromOther > 2) {
    const unclear = `Whether clients share a bucket is unknown, because other callers use it at the same time: the remaining requests were ${numbers}`;
    return result(observeDoubt('sharing-unclear', unclear, last, otherClient, after));
  }
  const broken = `Clients share one bucket: the remaining requests were ${numbers}. Set TRUST_PROXY to the number of proxies in front of the service`;
  const isShared = toOther === 1 && fromOther === 1;
  const observation = expect(!isShared, 'clients-share-a-bucket', broken, last, otherClient, after);
  return result(observation, 'Another client address had another bucket.');
}

function limitOf({ response }: Exchange): RateLimit | undefined {
  return rateLimitOf(response);
}

/** By how much the remaining requests fell within one window. */
function step(from: RateLimit, to: RateLimit): number {
  return isInLaterWindow(to, from) ? 0 : Math.max(0, from.remaining - to.remaining);
}
