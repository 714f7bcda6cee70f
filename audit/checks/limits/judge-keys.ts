import type { Exchange } from '../../model/exchange.ts';
import type { LimitKeysEvidence, Series } from './gather-keys.ts';
import { cannotTell } from '../../model/response.ts';
import { falls, type Limit, limitOf } from './judge.ts';
import { conclude, type Observation, requireAttempts, type Verdict, expect, observeDoubt } from '../../model/verdict.ts';

/** Nothing that a caller chooses gives it another bucket, and two client addresses have two. */
export function judgeForgedAddress({ chosen, forged, otherClient, named }: LimitKeysEvidence): Verdict {
  const { observations, says } = sharing(forged, otherClient);
  const count = ({ attempts, spellings }: Series): number => attempts.length + spellings.length;
  const rejected = [forged, chosen].reduce((sum, series) => sum + count(series) - countable(series).length, 0);
  return conclude(
    [
      ...requireAttempts('forged headers, paths and tokens', forged.attempts, chosen.attempts),
      ...inOneBucket(forged),
      ...inOneBucket(chosen),
      ...countedOnce(chosen),
      untouched(named, forged.attempts),
      ...observations,
    ],
    `${count(forged)} anonymous requests and ${count(chosen)} of a tenant, with forged or other addresses, headers, paths, methods and tokens, had no bucket but the caller's${rejected > 0 ? ` (the API rejected ${rejected} of them as another path or credential)` : ''}. The tenant that a forged token named lost nothing. ${says}`,
  );
}

/** The tenant that forged tokens name has one request less in its bucket: its own. */
function untouched({ before, after }: LimitKeysEvidence['named'], attempts: readonly Exchange[]): Observation {
  const doubt = cannotTell(before) ?? cannotTell(after);
  if (doubt) return doubt;
  const [first, last] = [limitOf(before), limitOf(after)];
  return first && last
    ? falls(first, last, 1, 'bucket-of-another', 'a forged token does not count for the user it names', before, ...attempts, after)
    : withoutHeaders(before, after);
}

function withoutHeaders(...exchanges: readonly Exchange[]): Observation {
  return observeDoubt('limit-headers-missing', 'responses have no RateLimit headers, so the bucket of a request is unknown', ...exchanges);
}

/** Each attempt counted in the bucket of the plain requests around it. */
function inOneBucket(series: Series): Observation[] {
  const { before, attempts, spellings, after } = series;
  const doubt = [before, ...attempts, ...spellings, after].map((exchange) => cannotTell(exchange)).find((observation) => observation !== undefined);
  if (doubt) return [doubt];
  const [first, last] = [limitOf(before), limitOf(after)];
  if (!first || !last) return [withoutHeaders(before, after)];
  if (last.reset > first.reset) return [observeDoubt('window-turned', 'the window ended between the requests', before, after)];
  const counted = countable(series);
  const fell = first.remaining - last.remaining;
  const least = counted.length + 1;
  return [
    ...counted.map((attempt) => {
      const left = limitOf(attempt)?.remaining;
      const broken = `${attempt.purpose}: ${left ?? 'an unknown number of'} requests are left where ${first.remaining} were, so it did not count in this bucket`;
      return expect({ holds: left !== undefined && left < first.remaining, code: 'fresh-bucket', otherwise: broken, evidence: [before, attempt] });
    }),
    expect({
      holds: fell >= least,
      code: 'fresh-bucket',
      otherwise: `${least} requests of one caller (${before.actor}) took ${fell} from its bucket: some did not count in this bucket`,
      evidence: [before, ...(fell >= least ? [] : counted), after],
    }),
  ];
}

/** A tenant of the audit alone uses its bucket: what is left falls by one for each of its requests. */
function countedOnce({ before, attempts, spellings, after }: Series): Observation[] {
  const [first, last] = [limitOf(before), limitOf(after)];
  if (!first || !last || last.reset > first.reset) return [];
  const [most, fell] = [attempts.length + spellings.length + 1, first.remaining - last.remaining];
  return [
    expect({
      holds: fell <= most,
      code: 'counted-twice',
      otherwise: `${most} requests took ${fell} from the bucket of their caller`,
      evidence: [before, after],
    }),
  ];
}

/** All but those that the API rejected as another path or as a credential: it served nothing then. */
function countable({ before, attempts, spellings }: Series): Exchange[] {
  const status = ({ response }: Exchange): number => response?.status ?? 0;
  return [
    ...attempts.filter((each) => status(each) !== 401 || status(before) === 401),
    ...spellings.filter((each) => ![301, 302, 307, 308, 400, 404, 405, 422].includes(status(each))),
  ];
}

/**
 * A request from another client address, sent between two of the first address: where what is left falls by one from each to the next,
 * all three count in one bucket. With two buckets the numbers of the first leave no room in between.
 */
function sharing({ before, attempts, spellings, after }: Series, otherClient: Exchange | undefined): { observations: Observation[]; says: string } {
  const open = (observation?: Observation, says = ''): ReturnType<typeof sharing> => ({ observations: observation ? [observation] : [], says });
  if (otherClient === undefined) return open(undefined, 'Sharing between clients was not examined: this machine has one address to the target.');
  const doubt = cannotTell(otherClient);
  if (doubt) return open(doubt);
  const last = [before, ...attempts, ...spellings].findLast((exchange) => limitOf(exchange) !== undefined) ?? before;
  const [first, second, third] = [last, otherClient, after].map(limitOf);
  if (!first || !second || !third)
    return open(undefined, 'Sharing between clients was not examined: the response to another client address has no RateLimit header.');
  const numbers = `${first.remaining}, ${second.remaining} for ${otherClient.purpose}, ${third.remaining}`;
  const [toOther, fromOther] = [step(first, second), step(second, third)];
  if (toOther > 0 && fromOther > 0 && toOther + fromOther > 2) {
    const unclear = `it is unknown whether clients share a bucket, because others use it at the same time: requests left were ${numbers}`;
    return open(observeDoubt('sharing-unclear', unclear, last, otherClient, after));
  }
  const broken = `clients share one bucket: requests left were ${numbers}. Set TRUST_PROXY to the number of proxies in front of the service`;
  const isShared = toOther === 1 && fromOther === 1;
  const observation = expect({ holds: !isShared, code: 'clients-share-a-bucket', otherwise: broken, evidence: [last, otherClient, after] });
  return open(observation, 'Another client address had another bucket.');
}

/** By how much what is left fell within one window. */
function step(from: Limit, to: Limit): number {
  return to.reset > from.reset ? 0 : Math.max(0, from.remaining - to.remaining);
}
