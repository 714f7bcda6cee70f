import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Exchange } from '../../model/exchange.ts';
import type { LimitKeysEvidence, Series } from './gather-keys.ts';
import { setResponse, exchange, examine, found, LIST, nth, problem, setHeader, removeResponse } from '../../test/exchanges.ts';
import type { Verdict } from '../../model/verdict.ts';
import { judgeForgedAddress } from './judge-keys.ts';

const POLICY = { 'ratelimit-policy': '"100-in-1min"; q=100; w=60' };
const limit = (remaining: number, reset: number): string => `"100-in-1min"; r=${remaining}; t=${reset}`;

function anonymous(remaining: number, reset: number, purpose: string): Exchange {
  return exchange({ path: LIST, actor: 'anonymous', purpose }, problem(401, { ratelimit: limit(remaining, reset), ...POLICY }));
}

function ofTenant(remaining: number, purpose: string, actor: Exchange['actor'] = 'limited tenant'): Exchange {
  return exchange({ path: LIST, actor, purpose }, { headers: { ratelimit: limit(remaining, 50), ...POLICY } });
}

/** With one client address. */
function evidence(): LimitKeysEvidence {
  const forged = ['a forged address', 'another browser', 'a forged token of another tenant'];
  const chosen = ['another User-Agent', 'another token of the same user'];
  return {
    forged: {
      before: anonymous(50, 30, 'nothing forged'),
      attempts: forged.map((purpose, index) => anonymous(49 - index, 29 - index, purpose)),
      spellings: [anonymous(46, 26, 'the path in upper case')],
      after: anonymous(45, 25, 'nothing forged again'),
    },
    chosen: {
      before: ofTenant(99, 'a plain request'),
      // Sent at once, counted in any order.
      attempts: chosen.map((purpose, index) => ofTenant(96 + 2 * index, purpose)),
      spellings: [ofTenant(97, 'the path in upper case')],
      after: ofTenant(95, 'a plain request again'),
    },
    named: { before: ofTenant(60, 'before', 'tenant B'), after: ofTenant(59, 'after', 'tenant B') },
  };
}

function withSecondAddress(): LimitKeysEvidence & Required<Pick<LimitKeysEvidence, 'otherClient'>> {
  return { ...evidence(), otherClient: anonymous(99, 60, 'another client address (127.0.0.2)') };
}

type Changed = Parameters<Parameters<typeof examine<LimitKeysEvidence>>[3][number][1]>[0];
const left = (changed: Exchange, remaining: number, reset: number): void => setHeader(changed, 'ratelimit', limit(remaining, reset));
const unlimited = (changed: Exchange): void => (setHeader(changed, 'ratelimit'), setHeader(changed, 'ratelimit-policy'));
const all = ({ before, attempts, spellings, after }: Series): Exchange[] => [before, ...attempts, ...spellings, after];

const judge = (given: LimitKeysEvidence): Verdict => judgeForgedAddress(given, {});

examine('judgeForgedAddress', judge, evidence, [
  ['a forged header gives a fresh bucket', ({ forged }) => left(nth(forged.attempts), 99, 60), 'fail', 'fresh-bucket'],
  ['the last forgery gives a fresh bucket', ({ forged }) => left(nth(forged.attempts, 2), 99, 60), 'fail', 'fresh-bucket'],
  ['a forged header gives a bucket that is just as full', ({ forged }) => left(nth(forged.attempts, 1), 50, 29), 'fail', 'fresh-bucket'],
  [
    'every forgery gives a fresh bucket',
    ({ forged }) => (forged.attempts.forEach((each) => left(each, 99, 60)), left(forged.after, 49, 25)),
    'fail',
    'fresh-bucket',
  ],
  ['another bucket that is emptier: an earlier audit forged the same', ({ forged }) => left(forged.after, 46, 25), 'fail', 'fresh-bucket'],
  ['others at the same address used the bucket too', ({ forged }) => left(forged.after, 30, 25), 'pass'],
  ['the window ended', ({ forged }) => left(forged.after, 98, 60), 'inconclusive', 'window-turned'],
  ['the window of the tenant ended', ({ chosen }) => left(chosen.after, 99, 60), 'inconclusive', 'window-turned'],
  ['no RateLimit headers', ({ forged }) => all(forged).forEach(unlimited), 'inconclusive', 'limit-headers-missing'],
  ['no RateLimit headers in the end', ({ forged }) => unlimited(forged.after), 'inconclusive', 'limit-headers-missing'],
  ['no RateLimit headers for the named tenant', ({ named }) => unlimited(named.after), 'inconclusive', 'limit-headers-missing'],
  ['a forged header switches the limiter off', ({ forged }) => unlimited(nth(forged.attempts, 1)), 'fail', 'fresh-bucket'],
  ['one was rate limited', ({ forged }) => setResponse(nth(forged.attempts), problem(429)), 'inconclusive', 'rate-limited'],
  ['no response to any', ({ forged }) => all(forged).forEach(removeResponse), 'inconclusive', 'no-answer'],
  ['a forged token counts for the user it names', ({ named }) => left(named.after, 58, 49), 'fail', 'bucket-of-another'],
  ['the window of the named tenant ended', ({ named }) => left(named.after, 99, 60), 'inconclusive', 'window-turned'],
  ['nothing was forged', ({ forged }) => (forged.attempts = []), 'inconclusive', 'nothing-tried'],
  ['a tenant chose nothing', ({ chosen }) => ((chosen.attempts = []), left(chosen.after, 97, 50)), 'inconclusive', 'nothing-tried'],
  ['a path in upper case has a bucket', ({ chosen }) => left(nth(chosen.spellings), 99, 60), 'fail', 'fresh-bucket'],
  ['a path in upper case is served without a limit', ({ chosen }) => unlimited(nth(chosen.spellings)), 'fail', 'fresh-bucket'],
  ['an anonymous path in upper case is rejected without a limit', ({ forged }) => unlimited(nth(forged.spellings)), 'fail', 'fresh-bucket'],
  [
    'a path in upper case is another path, and does not count',
    ({ chosen }) => (setResponse(nth(chosen.spellings), problem(404)), left(chosen.after, 96, 50)),
    'pass',
  ],
  ['a path in upper case is another path, and counts', ({ chosen }) => setResponse(nth(chosen.spellings), problem(404)), 'pass'],
  ['a path in upper case is redirected', ({ forged }) => setResponse(nth(forged.spellings), { status: 308 }), 'pass'],
  [
    'a browser has a bucket that was used before',
    ({ chosen }) => (left(nth(chosen.attempts), 80, 50), left(chosen.after, 96, 50)),
    'fail',
    'fresh-bucket',
  ],
  ['each token has a bucket', ({ chosen }) => left(nth(chosen.attempts, 1), 99, 60), 'fail', 'fresh-bucket'],
  [
    'another token is not accepted, and counts for the address',
    ({ chosen }) => (setResponse(nth(chosen.attempts, 1), problem(401, { ratelimit: limit(99, 60), ...POLICY })), left(chosen.after, 96, 50)),
    'pass',
  ],
  ['some requests count twice', ({ chosen }) => left(chosen.after, 93, 50), 'fail', 'counted-twice'],
]);

examine('judgeForgedAddress with a second client address', judge, withSecondAddress, [
  ['clients share a bucket', (e) => share(e, 45, 44), 'fail', 'clients-share-a-bucket'],
  ['clients share a bucket with others, who use it meanwhile', (e) => share(e, 40, 36), 'inconclusive', 'sharing-unclear'],
  ['others at the first address use its bucket meanwhile', ({ forged }) => left(forged.after, 30, 25), 'pass'],
  ['the other address used its bucket before', ({ otherClient }) => left(found(otherClient), 12, 8), 'pass'],
  ['the bucket of the other address is just as full', ({ otherClient }) => left(found(otherClient), 46, 25), 'pass'],
  ['the other address was rate limited', ({ otherClient }) => setResponse(found(otherClient), problem(429)), 'inconclusive', 'rate-limited'],
]);

/** The other client address and the plain request after it continue the bucket of the first address. */
function share({ otherClient, forged }: Changed, other: number, after: number): void {
  left(found(otherClient), other, 25);
  left(forged.after, after, 25);
}

describe('the summary of limit-forged-address', () => {
  const sharing = (changed: LimitKeysEvidence): string => judge(changed).summary.split('tenant that it names. ')[1] ?? '';

  test('states that sharing was not examined where there is one address', () => {
    assert.equal(sharing(evidence()), 'Sharing between clients was not examined: this machine has one address to the target.');
  });

  test('states that sharing was not examined where the response to another address has no limit', () => {
    const changed = withSecondAddress();
    unlimited(changed.otherClient);
    assert.match(sharing(changed), /^Sharing between clients was not examined: the response .* states no limit\.$/);
  });

  test('states that another address has another bucket', () => {
    assert.equal(sharing(withSecondAddress()), 'Another client address had another bucket.');
  });

  test('names TRUST_PROXY where clients share a bucket', () => {
    const changed = withSecondAddress() as Changed;
    share(changed, 45, 44);
    assert.match(judge(changed).summary, /^Clients share one bucket: the remaining requests were 46, 45 for .*, 44\. Set TRUST_PROXY/);
  });
});
