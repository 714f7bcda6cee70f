import { type Check, check } from '../check.ts';
import { OUTCOMES, VALUES } from './counted-requests.ts';
import { countedOutcomesEvidence, countedValuesEvidence } from './gather-counting.ts';
import { limitKeysEvidence } from './gather-keys.ts';
import { whileLimitedEvidence } from './gather-while-limited.ts';
import { declaredLoad, LARGEST_BUCKET, exhaustionEvidence, limitHeadersEvidence } from './gather.ts';
import { judgeCounting } from './judge-counting.ts';
import { judgeForgedAddress } from './judge-keys.ts';
import { judgeConcurrentReads, judgeExhaustion, judgeLimitHeaders } from './judge.ts';

const common = { area: 'limits', measure: 'Rate limit by user or client address', phase: 'disturb others', needs: 'access' } as const;
const byLimiter = { ...common, adr: '0012', requirements: ['ASVS'], file: 'service/middleware/rate-limit.ts' } as const;

const NO_LOAD_DECLARED =
  'Neither the contract (x-concurrent-requests) nor the config file (concurrentRequests) states how many requests at once the API serves.';

export const limits = {
  'limit-headers': check({
    ...byLimiter,
    phase: 'probe',
    severity: 'medium',
    title: 'Responses state how many requests remain; each request counts once, in the bucket of its tenant',
    failed: 'The limiter omits its headers, counts wrongly or mixes tenants',
    why: 'Clients need these headers to slow down in time, and one user must not use up the limit of another.',
    fix: 'Send draft-8 RateLimit headers and key the bucket by the verified user.',
    sends: 'Two reads of one tenant on two paths with a write between them, and one read of another tenant before and after.',
    proof:
      'The remaining requests of the tenant fall by one with each of its reads and writes, and not with requests of the other tenant. The stated numbers are consistent. They are read from RateLimit headers of drafts 6 to 8 and from X-RateLimit headers; only the policy rate-limit-headers requires draft 8.',
    general: 'Key the limiter by the verified user, count all paths in one bucket, and send the remaining requests with every response.',
    sources: ['ratelimit-draft', 'asvs-2.4.1', 'api4-2023'],
    evidence: { limitHeaders: limitHeadersEvidence },
    judge: ({ limitHeaders }) => judgeLimitHeaders(limitHeaders),
  }),
  'limit-forged-address': check({
    ...byLimiter,
    severity: 'high',
    title: 'No forged address or token, and nothing else that a caller chooses, selects its bucket',
    failed: 'A caller can select its bucket, or clients share one',
    why: 'A caller that selects its bucket has no limit, and clients that share a bucket use up the limit of each other.',
    fix: 'Set TRUST_PROXY to the number of proxies in front of the service (2 on Railway), and key the limiter by the verified user or else by the client address.',
    sends:
      'Without a token: a made-up address in 15 headers; another path with 15 other headers and a forged token of a made-up user; a forged token of another tenant; the path in upper case. With a token: other paths, spellings and methods, each header, another token of the same user. Where this machine has two addresses to the target, one request from the second. Where no response states a limit: at most 600 reads of a tenant and 300 without a token until one gets 429, then the same variations.',
    proof:
      'Each takes one from the bucket of the requests around it; where no response states a limit, it gets 429 while its caller is limited. What the API rejects as another path or credential need not count. The tenant that a forged token names loses nothing. A second address has another bucket; with one address the result states that sharing was not examined. Where 300 requests without a token reach no limit, they have no bucket. A limit of tenants that is neither stated nor reached is inconclusive.',
    general:
      "Count by a user only after the token is verified. Take the client's address from the hop you trust, counted from your own end, and no part of the key from what a client can send: no header, path, query or token.",
    sources: ['asvs-15.3.4', 'asvs-4.1.3', 'rfc7239'],
    evidence: { limitKeys: limitKeysEvidence, whileLimited: whileLimitedEvidence },
    judge: ({ limitKeys, whileLimited }) => judgeForgedAddress(limitKeys, whileLimited),
  }),
  'limit-every-operation': check({
    ...byLimiter,
    phase: 'probe',
    severity: 'medium',
    title: 'Every operation counts in the bucket of its tenant, whatever its method and outcome, and the bucket refills as stated',
    failed: 'Some requests do not count in the bucket of their tenant, or the bucket refills too fast',
    why: 'A limit that leaves out failures, deletions or one collection does not slow down a caller that guesses ids or deletes.',
    fix: 'Let the limiter run before the routes, for every method, and count failures as well.',
    sends:
      'One tenant sends every operation of a collection: valid, with HEAD, for an object that does not exist, with an invalid body and with one that is not JSON. Plain requests before and after them, and once more after a pause of two seconds.',
    proof:
      'The remaining requests fall by at least one for each. Within the pause no more come back than the stated quota and window allow. Each response states the limit (policy rate-limit-headers). A 405, 501 or redirect need not count.',
    general: 'Count each request once, before it is routed.',
    sources: ['asvs-2.4.1', 'api4-2023', 'ratelimit-draft'],
    classes: OUTCOMES.map(({ name }) => ({ name, source: 'api4-2023' as const })),
    evidence: { outcomes: countedOutcomesEvidence },
    judge: ({ outcomes }) => judgeCounting(outcomes, 'all methods and outcomes'),
    cells: ({ outcomes }) => outcomes.flatMap(({ cells }) => cells),
  }),
  'limit-exemptions': check({
    ...byLimiter,
    phase: 'probe',
    severity: 'high',
    title: 'No address, header, query or token of a caller exempts one of its operations from the limit or selects a bucket',
    failed: 'A caller can exempt its requests from the limit, or select its bucket',
    why: 'Exemptions for monitors, internal callers and previews are recognized by values that every caller can send.',
    fix: 'Remove the exemption, and key the limiter by the verified user or else by the client address.',
    sends:
      'One tenant sends requests with internal addresses, monitors as user agent, headers of internal requests and prefetches, the origin of the app, other formats and hosts, another query or another token of the same user: each of these with a read and a write of every collection, so that every operation is sent. No request creates or deletes an object.',
    proof: 'The remaining requests of its bucket fall by at least one for each. Where no response states a limit, the check does not apply.',
    general: 'Exempt nothing by what a caller can send. Monitors use a path that does not count.',
    sources: ['asvs-2.4.1', 'asvs-4.1.3', 'api4-2023'],
    classes: VALUES.map(({ name }) => ({ name, source: 'asvs-4.1.3' as const })),
    evidence: { values: countedValuesEvidence },
    judge: ({ values }) => judgeCounting(values, 'internal addresses, monitors, headers, queries and tokens'),
    cells: ({ values }) => values.flatMap(({ cells }) => cells),
  }),
  'limit-exhaustion': check({
    ...byLimiter,
    severity: 'high',
    title: 'An exhausted limit returns 429 with Retry-After and all headers, and affects its owner only',
    failed: 'The limit is not enforced, or affects other callers',
    lesser: { 'wait-too-long': { severity: 'medium', failed: 'The 429 states a wait that is longer than the window' } },
    why: 'A limit that no test reaches may not exist.',
    fix: 'Check the limiter, its key and its position: after CORS, before the routes.',
    sends:
      'Requests of one tenant until its limit is exhausted, three more, and a request of another tenant. Where no response states a limit, at most 600 reads until one gets 429. With the token of the limited tenant: health, a preflight and the same path in upper case.',
    proof:
      'No more requests are accepted than a response stated as remaining. Then 429 as problem+json with Retry-After (at most the window, in seconds), CORS and security headers. The other tenant, health and preflights are not limited, and the path in upper case is not a way around the limit.',
    general: 'Run the limiter after CORS and before the routes and everything else that is expensive.',
    sources: ['rfc6585', 'asvs-2.4.1', 'api4-2023'],
    evidence: { exhaustion: exhaustionEvidence },
    judge: ({ exhaustion }) => judgeExhaustion(exhaustion, LARGEST_BUCKET),
  }),
  'concurrent-reads': check({
    ...common,
    severity: 'critical',
    adr: '0006',
    requirements: ['PLAN-100'],
    title: 'Concurrent reads all get a response, as many as the contract declares, each for its own caller',
    failed: 'The API mixes up concurrent callers',
    lesser: Object.fromEntries(
      ['server-error', 'read-failed', 'too-few-served'].map((code) => [
        code,
        { severity: 'medium', failed: 'Some of the concurrent reads that the contract declares fail' },
      ]),
    ),
    why: 'Concurrent requests expose a connection pool that is too small, lends its connections for too long, or stores the caller of one request in a connection for the next.',
    fix: 'Check the pool: its size, how long a request holds a connection, and which requests are shed. Take the caller from the request, never from a connection.',
    notApplicable: (context) => (declaredLoad(context) === undefined ? NO_LOAD_DECLARED : undefined),
    sends:
      'As many concurrent reads of a small page by one tenant as the contract declares in x-concurrent-requests, or the config in concurrentRequests, at most a hundred, sent when all of their connections are open. Every fifth request reads an object of one of two other tenants, with the token of its owner. Without such a declaration the check does not apply.',
    proof:
      'Every read gets a response, none 5xx, and those of the two other tenants return their own objects. As many get 200 as a response stated as remaining, and the others 429. Where no response states how many remain, a 429 makes the result inconclusive.',
    general:
      'Bound how long a request holds a connection, let callers wait for one for a short time, and shed the others. Set what belongs to one caller within the transaction that uses it.',
    sources: ['asvs-13.2.6', 'api4-2023', 'pg-pool'],
    evidence: { exhaustion: exhaustionEvidence },
    judge: ({ exhaustion }, context) => judgeConcurrentReads(exhaustion, declaredLoad(context) ?? 0),
  }),
} satisfies Record<string, Check>;
