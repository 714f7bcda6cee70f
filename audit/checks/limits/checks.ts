import { check } from '../check.ts';
import { limitKeysEvidence } from './gather-keys.ts';
import { AT_ONCE, LARGEST_BUCKET, exhaustionEvidence, limitHeadersEvidence } from './gather.ts';
import { judgeForgedAddress } from './judge-keys.ts';
import { judgeConcurrentReads, judgeExhaustion, judgeLimitHeaders } from './judge.ts';
import type { Check } from '../check.ts';

export const limits = {
  'limit-headers': check({
    area: 'limits',
    severity: 'medium',
    adr: '0012',
    requirements: ['ASVS'],
    measure: 'Rate limit by user or client address',
    file: 'service/middleware/rate-limit.ts',
    title: 'The limiter tells what is left, counts by one, and keeps tenants apart',
    failed: 'The limiter does not tell, does not count, or mixes tenants',
    why: 'Clients can only behave when they are told, and one user must not use up the limit of another.',
    fix: 'Send draft-8 RateLimit headers and key the bucket by the verified user.',
    sends: 'Two reads of one tenant, on two paths, with a write in between, and a request of another tenant before and after.',
    proof:
      "What is left falls by one with each request of the tenant itself, reads and writes alike, and by none of the other's; quota, window and reset are consistent.",
    general: 'Key the limiter by the verified user, count all paths in one bucket, and say in every answer what is left.',
    sources: ['ratelimit-draft', 'asvs-2.4.1', 'api4-2023'],
    phase: 'exhaust a limit',
    needs: 'access',
    evidence: { limitHeaders: limitHeadersEvidence },
    ahead: [limitKeysEvidence],
    judge: ({ limitHeaders }) => judgeLimitHeaders(limitHeaders),
  }),
  'limit-forged-address': check({
    area: 'limits',
    severity: 'high',
    adr: '0012',
    requirements: ['ASVS'],
    measure: 'Rate limit by user or client address',
    file: 'service/middleware/rate-limit.ts',
    title: 'A forged address or token, or anything else that a caller chooses, does not select its bucket',
    failed: 'A caller can select its bucket, or clients share one',
    why: 'A caller that selects its bucket has no limit, and clients that share a bucket use up the limit of each other.',
    fix: 'Set TRUST_PROXY to the number of proxies in front of the service (2 on Railway), and key the limiter by the verified user or else the client address alone.',
    sends:
      'Without a token: a made-up address in 15 headers; another path with 15 other headers and a forged token of a made-up user; a forged token of another tenant; the path in upper case, with a slash and a query. With a token: other spellings of the path, another path and method, the scheme in lower case, each of the headers, another token of the same user. Where this machine has two addresses to the target (two loopback addresses, or IPv4 and IPv6), one request from the second.',
    proof:
      'Each of these requests takes one from the bucket of the plain requests before and after them. A path or a credential that the API rejects need not count. The tenant that a forged token names loses nothing. The second client address has another bucket; with one address, or without a RateLimit header in the response to the second, the result says that sharing between clients was not examined. A bucket for each machine of the edge is not detected where IPv4 and IPv6 lead to different ones.',
    general:
      "Count by a user only after the token is verified. Take the client's address from the hop you trust, counted from your own end, and nothing of the key from what a client can send: no header, path, query or token.",
    sources: ['asvs-15.3.4', 'asvs-4.1.3', 'rfc7239'],
    phase: 'exhaust a limit',
    needs: 'access',
    evidence: { limitKeys: limitKeysEvidence },
    judge: ({ limitKeys }) => judgeForgedAddress(limitKeys),
  }),
  'limit-exhaustion': check({
    area: 'limits',
    severity: 'high',
    adr: '0012',
    requirements: ['ASVS'],
    measure: 'Rate limit by user or client address',
    file: 'service/middleware/rate-limit.ts',
    title: 'An empty bucket answers 429 with Retry-After and all headers, and concerns its owner alone',
    failed: 'The limit does not hold, or hits others',
    why: 'A limit that is never reached in a test may not exist.',
    fix: 'Check the limiter, its key and its place: after CORS, before the routes.',
    sends:
      "One tenant's requests until its bucket is empty, a few more, and then another tenant; with the token whose bucket is empty health, a preflight and the same path in other letters.",
    proof:
      'No more are accepted than were left; then 429 as problem+json with Retry-After, CORS and security headers. The others are not concerned, and no spelling has a bucket of its own.',
    general: 'Put the limiter behind CORS and before the routes, in front of everything that costs.',
    sources: ['rfc6585', 'asvs-2.4.1', 'api4-2023'],
    phase: 'exhaust a limit',
    needs: 'access',
    evidence: { exhaustion: exhaustionEvidence },
    judge: ({ exhaustion }) => judgeExhaustion(exhaustion, LARGEST_BUCKET),
  }),
  'concurrent-reads': check({
    area: 'limits',
    severity: 'medium',
    adr: '0006',
    requirements: ['PLAN-100'],
    measure: 'Rate limit by user or client address',
    title: 'A hundred reads at once are all answered',
    failed: 'Under a hundred reads at once some fail',
    why: 'A pool that is too small, or held too long, shows under concurrent requests.',
    fix: 'Look at the pool: its size, how long a request holds a connection, and what sheds load.',
    sends: 'A hundred reads of a small page at the same moment, by one tenant, on a hundred connections that are open already.',
    proof: 'All are answered, as many with 200 as the bucket had left, the rest with 429; none with 5xx.',
    general: 'Bound how long a request holds a connection, let callers wait for one for a short time, and shed what comes after.',
    sources: ['asvs-13.2.6', 'api4-2023', 'pg-pool'],
    phase: 'exhaust a limit',
    needs: 'access',
    evidence: { exhaustion: exhaustionEvidence },
    judge: ({ exhaustion }) => judgeConcurrentReads(exhaustion, AT_ONCE),
  }),
} satisfies Record<string, Check>;
