import type { Exchange } from '../../model/exchange.ts';
import type { ExhaustionEvidence, LimitHeadersEvidence } from './gather.ts';
import { type RateLimit, rateLimitWithPolicyOf } from '../../model/rate-limit.ts';
import { cannotTell, expectStatus, header, isProblem } from '../../model/response.ts';
import {
  conclude,
  isSilent,
  type Observation,
  requireAttempts,
  type Verdict,
  expect,
  observe,
  observePass,
  observeFailure,
  observeDoubt,
  underPolicy,
} from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';

export function judgeLimitHeaders({ before, first, write, second, after }: LimitHeadersEvidence): Verdict {
  const exchanges = [before, first, second, after];
  const doubt = [...exchanges, write].map((exchange) => cannotTell(exchange)).find((observation) => observation !== undefined);
  if (doubt) return conclude(doubt);
  const [otherBefore, one, two, otherAfter] = exchanges.map(({ response }) => rateLimitWithPolicyOf(response));
  if (!otherBefore || !one || !two || !otherAfter)
    return conclude(
      [
        underPolicy(
          'rate-limit-headers',
          observeFailure('limit-headers-missing', 'A response has no RateLimit or no RateLimit-Policy header', ...exchanges),
        ),
      ],
      '',
    );
  return conclude(
    [
      expect(
        one.remaining < one.quota && one.reset <= one.window && one.remaining >= 0,
        'arithmetic-wrong',
        `The RateLimit headers are inconsistent: ${one.remaining} of ${counted(one.quota, 'request')} remaining, reset in ${one.reset} of ${one.window} s`,
        first,
      ),
      falls(one, two, 2, 'not-counted', 'A write and a read should take one request each', first, write, second),
      falls(
        otherBefore,
        otherAfter,
        1,
        'tenants-mixed',
        "The other tenant's own request should be the only one that its bucket counts",
        before,
        first,
        second,
        after,
      ),
    ],
    "A write and a read took one request each from the tenant's bucket, and nothing from the bucket of another tenant. Quota, window and reset are consistent.",
  );
}

/** The remaining requests fell by this many from one response to the other. */
export function falls(from: RateLimit, to: RateLimit, by: number, code: string, expected: string, ...evidence: Exchange[]): Observation {
  if (to.reset > from.reset) return observeDoubt('window-turned', 'The rate limit window ended between two requests', ...evidence);
  return expect(
    to.remaining === from.remaining - by,
    code,
    `${expected}, but the remaining requests went from ${from.remaining} to ${to.remaining}`,
    ...evidence,
  );
}

export function judgeExhaustion({ appOrigin, remaining, responses, limited, afterwards }: ExhaustionEvidence, largest: number): Verdict {
  if (remaining === undefined)
    return conclude(
      observeDoubt('limit-headers-missing', 'The response has no RateLimit header, so the limit was not exhausted', afterwards.otherTenant),
    );
  if (remaining > largest)
    return conclude(
      observeDoubt('bucket-too-large', `${remaining} requests remain, more than the ${largest} that the audit sends at most`, afterwards.otherTenant),
    );
  if (limited === undefined) {
    const outcome = responses.other > 0 ? 'inconclusive' : 'fail';
    return conclude(
      observe(
        outcome,
        'limit-not-enforced',
        `${counted(remaining, 'request')} remained and ${remaining + 3} were sent: ${responses.accepted} returned 200, none 429, ${responses.other} another status or nothing`,
        afterwards.otherTenant,
      ),
    );
  }
  return conclude(
    [
      ...complete429(limited, appOrigin),
      expect(
        responses.accepted <= remaining,
        'too-many-accepted',
        `${counted(remaining, 'request')} remained and ${responses.accepted} were accepted`,
        limited,
      ),
      responses.other === 0
        ? observePass('all-accounted', limited)
        : observeDoubt('other-statuses', `${counted(responses.other, 'request')} returned neither 200 nor 429`, limited),
      ...othersUnaffected(afterwards),
    ],
    'The limit was exhausted: 429 with Retry-After, CORS and security headers. Another tenant was not limited, nor were health and preflights with the same token.',
  );
}

/** The 429 has everything that the app needs to read it and to wait. */
function complete429(limited: Exchange, appOrigin: string): Observation[] {
  return [
    expectStatus(limited, 429),
    expect(Number(header(limited, 'retry-after') ?? 0) > 0, 'retry-after-missing', 'The 429 has no Retry-After header', limited),
    underPolicy('problem-details', expect(isProblem(limited), 'not-a-problem', 'The 429 is not problem+json', limited)),
    expect(
      header(limited, 'access-control-allow-origin') === appOrigin && /\borigin\b/i.test(header(limited, 'vary') ?? ''),
      'cors-missing',
      `The app cannot rely on reading the 429: Access-Control-Allow-Origin is ${header(limited, 'access-control-allow-origin') ?? 'absent'}, Vary is ${header(limited, 'vary') ?? 'absent'}`,
      limited,
    ),
    expect(
      header(limited, 'x-content-type-options') === 'nosniff' && header(limited, 'strict-transport-security') !== undefined,
      'security-header-missing',
      'The 429 lacks X-Content-Type-Options: nosniff or Strict-Transport-Security',
      limited,
    ),
  ];
}

/** Other callers and requests that do not count are served, and another spelling of the path is not a way around the limit. */
function othersUnaffected({ otherTenant, health, preflight, otherCase }: ExhaustionEvidence['afterwards']): Observation[] {
  return [
    expect(otherTenant.response?.status !== 429, 'others-limited', 'Another tenant is limited too', otherTenant),
    expectStatus(otherTenant, 200),
    ...(health === undefined
      ? []
      : [expect(health.response?.status !== 429, 'others-limited', 'Health is limited too', health), expectStatus(health, 200)]),
    expect(preflight.response?.status !== 429, 'others-limited', 'Preflights are limited too', preflight),
    cannotTell(preflight) ??
      expect(
        [200, 204].includes(preflight.response?.status ?? 0),
        'preflight-rejected',
        `A preflight returned ${preflight.response?.status}`,
        preflight,
      ),
    expect(
      [301, 302, 307, 308, 404, 429].includes(otherCase.response?.status ?? 0),
      'limit-evaded',
      `The same path in upper case returned ${otherCase.response?.status} although the limit was exhausted`,
      otherCase,
    ),
  ];
}

/** Every concurrent read gets 200, or 429 where the limit is exhausted. */
export function judgeConcurrentReads({ remaining = 0, burst }: ExhaustionEvidence, atOnce: number): Verdict {
  const served = burst.filter(({ response }) => response?.status === 200);
  const slowest = Math.max(0, ...served.map(({ ms }) => ms));
  return conclude(
    [
      ...requireAttempts('concurrent reads', burst),
      ...burst.map((exchange) => {
        const status = exchange.response?.status ?? 0;
        if (status >= 500 && !isSilent(exchange))
          return observeFailure('server-error', `One of ${counted(burst.length, 'concurrent read')} returned ${status}`, exchange);
        if (status === 429)
          return underPolicy(
            'problem-details',
            expect(
              isProblem(exchange),
              'read-failed',
              `One of ${counted(burst.length, 'concurrent read')} got a 429 that is not problem+json`,
              exchange,
            ),
          );
        return (
          cannotTell(exchange, 200) ??
          expect(status === 200, 'read-failed', `One of ${counted(burst.length, 'concurrent read')} returned ${status}`, exchange)
        );
      }),
      ...(burst.length === 0 || served.length >= Math.min(remaining, atOnce)
        ? []
        : [
            observeFailure(
              'too-few-served',
              `${counted(remaining, 'request')} remained, and ${served.length} of ${counted(burst.length, 'concurrent read')} returned 200`,
              ...burst.slice(0, 1),
            ),
          ]),
    ],
    `All ${counted(burst.length, 'concurrent read')} got a response: ${served.length} got 200, the slowest within ${Math.max(1, Math.ceil(slowest / 1_000))} s.`,
  );
}
