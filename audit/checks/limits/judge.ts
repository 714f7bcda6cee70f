import type { Exchange } from '../../model/exchange.ts';
import type { ExhaustionEvidence, LimitHeadersEvidence } from './gather.ts';
import { tokens } from '../../model/header-fields.ts';
import { isDraft8, isInLaterWindow, type RateLimit, rateLimitOf, retryAfterOf } from '../../model/rate-limit.ts';
import { cannotTell, expectStatus, header, isLimited, isProblem } from '../../model/response.ts';
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

/** Where no response states the window: a longer one is rather a time or a number of milliseconds. */
const LONGEST_WINDOW_SECONDS = 3_600;
/** Rounded up, and of clocks that differ. */
const LEAST_WINDOW_SECONDS = 2;

export function judgeLimitHeaders({ before, first, write, second, after }: LimitHeadersEvidence): Verdict {
  const exchanges = [before, first, second, after];
  const doubt = [...exchanges, write].map((exchange) => cannotTell(exchange)).find((observation) => observation !== undefined);
  if (doubt) return conclude(doubt);
  const limits = exchanges.map(({ response }) => rateLimitOf(response));
  const [otherBefore, one, two, otherAfter] = limits;
  const isComplete = otherBefore && one && two && otherAfter;
  const format = underPolicy(
    'rate-limit-headers',
    limits.every(isDraft8)
      ? observePass('limit-headers', ...exchanges)
      : observeFailure(
          'limit-headers-missing',
          isComplete
            ? `The responses do not have complete RateLimit and RateLimit-Policy headers of draft 8 (their format: ${one.format})`
            : 'A response states no limit in RateLimit or X-RateLimit headers',
          ...exchanges,
        ),
  );
  if (!isComplete) return conclude([format], '');
  const { remaining, reset = 0, quota = Infinity, window = Infinity } = one;
  return conclude(
    [
      format,
      expect(remaining < quota, 'arithmetic-wrong', `After a request ${remaining} of ${counted(quota, 'request')} remain`, first),
      expect(reset <= window, 'arithmetic-wrong', `A window of ${window} s ends in ${reset} s`, first),
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
    "A write and a read took one request each from the tenant's bucket, and nothing from the bucket of another tenant. The stated numbers are consistent.",
  );
}

/** The remaining requests fell by this many from one response to the other. */
export function falls(from: RateLimit, to: RateLimit, by: number, code: string, expected: string, ...evidence: Exchange[]): Observation {
  if (isInLaterWindow(to, from)) return observeDoubt('window-turned', 'The rate limit window ended between two requests', ...evidence);
  return expect(
    to.remaining === from.remaining - by,
    code,
    `${expected}, but the remaining requests went from ${from.remaining} to ${to.remaining}`,
    ...evidence,
  );
}

export function judgeExhaustion(evidence: ExhaustionEvidence, largest: number): Verdict {
  const { appOrigin, remaining, responses, limited, afterwards } = evidence;
  if (remaining !== undefined && remaining > largest)
    return conclude(
      observeDoubt('bucket-too-large', `${remaining} requests remain, more than the ${largest} that the audit sends at most`, afterwards.otherTenant),
    );
  if (limited === undefined) return conclude(neverLimited(evidence));
  return conclude(
    [
      ...complete429(limited, appOrigin),
      ...(remaining === undefined
        ? []
        : [
            expect(
              responses.accepted <= remaining,
              'too-many-accepted',
              `${counted(remaining, 'request')} remained and ${responses.accepted} were accepted`,
              limited,
            ),
          ]),
      responses.other === 0
        ? observePass('all-accounted', limited)
        : observeDoubt('other-statuses', `${counted(responses.other, 'request')} returned neither 200 nor 429`, limited),
      ...othersUnaffected(afterwards),
    ],
    `The limit was exhausted${remaining === undefined ? ', although no response stated it' : ''}: 429 with Retry-After, CORS and security headers. Another tenant was not limited, nor were health and preflights with the same token.`,
  );
}

/** No request got a 429, although more were sent than remained, or as many as the audit sends where no response states a limit. */
function neverLimited({ remaining, responses, failed, afterwards }: ExhaustionEvidence): Observation {
  const { accepted, other } = responses;
  const sent = counted(accepted + other, 'request');
  const got = `${accepted} returned 200, none 429, ${other} another status or nothing`;
  if (remaining === undefined)
    return observeDoubt('limit-not-observed', `No response states a limit, and none was reached by ${sent}: ${got}`, afterwards.otherTenant);
  const what = `${counted(remaining, 'request')} remained and ${sent} were sent: ${got}`;
  if (failed !== undefined && !isSilent(failed) && accepted === remaining)
    return observeFailure('error-instead-of-429', `${what}. Those beyond the limit got ${failed.response?.status} instead of 429`, failed);
  return observe(other > 0 ? 'inconclusive' : 'fail', 'limit-not-enforced', what, afterwards.otherTenant);
}

/** The 429 has everything that the app needs to read it and to wait. */
function complete429(limited: Exchange, appOrigin: string): Observation[] {
  return [
    expectStatus(limited, 429),
    expect(
      limited.response !== undefined && (retryAfterOf(limited.response) ?? 0) > 0,
      'retry-after-missing',
      'The 429 states no time to wait in a Retry-After header',
      limited,
    ),
    waitIsInSeconds(limited),
    underPolicy('problem-details', expect(isProblem(limited), 'not-a-problem', 'The 429 is not problem+json', limited)),
    expect(
      header(limited, 'access-control-allow-origin') === appOrigin &&
        tokens(header(limited, 'vary')).some((name) => name === 'origin' || name === '*'),
      'cors-missing',
      `The app cannot rely on reading the 429: Access-Control-Allow-Origin is ${header(limited, 'access-control-allow-origin') ?? 'absent'}, Vary is ${header(limited, 'vary') ?? 'absent'}`,
      limited,
    ),
    expect(
      tokens(header(limited, 'x-content-type-options'))[0] === 'nosniff' && header(limited, 'strict-transport-security') !== undefined,
      'security-header-missing',
      'The 429 lacks X-Content-Type-Options: nosniff or Strict-Transport-Security',
      limited,
    ),
  ];
}

/** RFC 9110 section 10.2.3: a number of seconds, not of milliseconds and not a time; or a date. */
function waitIsInSeconds(limited: Exchange): Observation {
  const text = header(limited, 'retry-after') ?? '';
  const wait = /^\d+$/.test(text) ? Number(text) : ((limited.response && retryAfterOf(limited.response)) ?? 0);
  const { window } = rateLimitOf(limited.response) ?? {};
  const longest = Math.max(window ?? LONGEST_WINDOW_SECONDS, LEAST_WINDOW_SECONDS);
  const tooLong = `Retry-After of the 429 is ${text}, more than ${longest} s: it is a number of seconds or a date`;
  return expect(wait <= longest, 'wait-too-long', tooLong, limited);
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

/** Every concurrent read gets 200, or 429 where a response stated before that fewer requests remain; and each caller gets its own object. */
export function judgeConcurrentReads({ remaining, burst, readers }: ExhaustionEvidence, atOnce: number): Verdict {
  const reads = [...burst, ...readers.flatMap((reader) => reader.reads)];
  const served = reads.filter(({ response }) => response?.status === 200);
  const slowest = Math.max(0, ...served.map(({ ms }) => ms));
  const others = readers.length === 0 ? '' : ` ${counted(reads.length - burst.length, 'read')} of two other tenants returned their own objects.`;
  return conclude(
    [
      ...requireAttempts('concurrent reads', burst),
      ...reads.map((exchange) => {
        const status = exchange.response?.status ?? 0;
        if (status >= 500 && !isSilent(exchange))
          return observeFailure('server-error', `One of ${counted(reads.length, 'concurrent read')} returned ${status}`, exchange);
        if (isLimited(exchange))
          return underPolicy(
            'problem-details',
            expect(
              isProblem(exchange),
              'read-failed',
              `One of ${counted(reads.length, 'concurrent read')} got a 429 that is not problem+json`,
              exchange,
            ),
          );
        return (
          cannotTell(exchange, 200) ??
          expect(status === 200, 'read-failed', `One of ${counted(reads.length, 'concurrent read')} returned ${status}`, exchange)
        );
      }),
      ...readers.flatMap(ownObjectOnly),
      ...tooFewServed(burst, served.filter((exchange) => burst.includes(exchange)).length, atOnce, remaining),
    ],
    `All ${counted(reads.length, 'concurrent read')} got a response: ${served.length} got 200, the slowest within ${Math.max(1, Math.ceil(slowest / 1_000))} s.${others}`,
  );
}

/** A tenant reads its own object each time. Where it gets 404 or another object, the API took it for another caller. */
function ownObjectOnly({ own, reads, after }: ExhaustionEvidence['readers'][number]): Observation[] {
  const isShown = ({ response }: Exchange): boolean => response?.status === 200 && response.body.includes(own.text);
  if (!isShown(after))
    return [cannotTell(after) ?? observeDoubt('control-failed', `${own.actor} could not read its own object after the concurrent reads`, after)];
  return reads.map((read) => {
    const what = `One of ${counted(reads.length, 'concurrent read')} of its own object by ${own.actor} did not return that object (status ${read.response?.status})`;
    return cannotTell(read) ?? expect(isShown(read), 'callers-mixed', what, read, after);
  });
}

function tooFewServed(burst: readonly Exchange[], served: number, atOnce: number, remaining: number | undefined): Observation[] {
  if (burst.length === 0 || served >= Math.min(remaining ?? burst.length, burst.length, atOnce)) return [];
  const what = `${served} of ${counted(burst.length, 'concurrent read')} returned 200`;
  if (remaining !== undefined)
    return [observeFailure('too-few-served', `${counted(remaining, 'request')} remained, and ${what}`, ...burst.slice(0, 1))];
  const limited = burst.filter(isLimited).slice(0, 1);
  return limited.map((exchange) =>
    observeDoubt(
      'limit-unknown',
      `${what}, and others 429. No response states how many requests remained, so whether the API serves the declared load is unknown`,
      exchange,
    ),
  );
}
