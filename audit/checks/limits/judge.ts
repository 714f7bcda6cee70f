import type { Exchange } from '../../model/exchange.ts';
import type { ExhaustionEvidence, LimitHeadersEvidence } from './gather.ts';
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
} from '../../model/verdict.ts';

/** What the headers say of a bucket, in requests and seconds. */
export type Limit = { quota: number; window: number; remaining: number; reset: number };

export function judgeLimitHeaders({ before, first, write, second, after }: LimitHeadersEvidence): Verdict {
  const exchanges = [before, first, second, after];
  const doubt = [...exchanges, write].map((exchange) => cannotTell(exchange)).find((observation) => observation !== undefined);
  if (doubt) return conclude([doubt], '');
  const [otherBefore, one, two, otherAfter] = exchanges.map(limitOf);
  if (!otherBefore || !one || !two || !otherAfter)
    return conclude([observeFailure('limit-headers-missing', 'answers carry no RateLimit and RateLimit-Policy headers', ...exchanges)], '');
  return conclude(
    [
      expect({
        holds: one.remaining < one.quota && one.reset <= one.window && one.remaining >= 0,
        code: 'arithmetic-wrong',
        otherwise: `remaining ${one.remaining} of ${one.quota}, reset in ${one.reset} of ${one.window} s`,
        evidence: [first],
      }),
      falls(one, two, 2, 'not-counted', 'a write and a read count one each', first, write, second),
      falls(otherBefore, otherAfter, 1, 'tenants-mixed', "another tenant's requests do not count", before, first, second, after),
    ],
    "A write and a read: what is left fell by one each, another tenant's bucket by its own request alone; quota, window and reset are consistent.",
  );
}

/** What is left fell by so many from one response to the other. */
export function falls(from: Limit, to: Limit, by: number, code: string, what: string, ...seen: Exchange[]): Observation {
  if (to.reset > from.reset) return observeDoubt('window-turned', 'the window ended between two requests', ...seen);
  return expect({
    holds: to.remaining === from.remaining - by,
    code: code,
    otherwise: `${what}: remaining went from ${from.remaining} to ${to.remaining}`,
    evidence: seen,
  });
}

export function judgeExhaustion({ appOrigin, left, answers, limited, afterwards }: ExhaustionEvidence, largest: number): Verdict {
  if (left === undefined)
    return conclude(
      [observeDoubt('limit-headers-missing', 'the limiter does not say what is left, so the bucket was not emptied', afterwards.otherTenant)],
      '',
    );
  if (left > largest)
    return conclude(
      [observeDoubt('bucket-too-large', `${left} requests are left, more than the ${largest} the audit will send`, afterwards.otherTenant)],
      '',
    );
  if (limited === undefined) {
    const outcome = answers.other > 0 ? 'inconclusive' : 'fail';
    return conclude(
      [
        observe(
          outcome,
          'limit-not-enforced',
          `${left} requests were left and ${left + 3} were sent: ${answers.accepted} answered 200, none 429, ${answers.other} something else`,
          afterwards.otherTenant,
        ),
      ],
      '',
    );
  }
  const { otherTenant, health, preflight, otherCase } = afterwards;
  return conclude(
    [
      expectStatus(limited, 429),
      expect({
        holds: Number(header(limited, 'retry-after') ?? 0) > 0,
        code: 'retry-after-missing',
        otherwise: 'the 429 has no Retry-After',
        evidence: [limited],
      }),
      expect({ holds: isProblem(limited), code: 'not-a-problem', otherwise: 'the 429 is not problem+json', evidence: [limited] }),
      expect({
        holds: header(limited, 'access-control-allow-origin') === appOrigin && /\borigin\b/i.test(header(limited, 'vary') ?? ''),
        code: 'cors-missing',
        otherwise: `the 429 allows the origin ${header(limited, 'access-control-allow-origin') ?? '(none)'}: the app cannot rely on reading it`,
        evidence: [limited],
      }),
      expect({
        holds: header(limited, 'x-content-type-options') === 'nosniff' && header(limited, 'strict-transport-security') !== undefined,
        code: 'security-header-missing',
        otherwise: 'the 429 lacks security headers',
        evidence: [limited],
      }),
      expect({
        holds: answers.accepted <= left,
        code: 'too-many-accepted',
        otherwise: `${left} requests were left and ${answers.accepted} were accepted`,
        evidence: [limited],
      }),
      answers.other > 0
        ? observeDoubt('other-answers', `${answers.other} requests were neither accepted nor limited`, limited)
        : observePass('all-accounted', limited),
      expect({
        holds: otherTenant.response?.status !== 429,
        code: 'others-limited',
        otherwise: 'another tenant is limited too',
        evidence: [otherTenant],
      }),
      expectStatus(otherTenant, 200),
      expect({ holds: health.response?.status !== 429, code: 'others-limited', otherwise: 'health is limited too', evidence: [health] }),
      expectStatus(health, 200),
      expect({ holds: preflight.response?.status !== 429, code: 'others-limited', otherwise: 'preflights are limited too', evidence: [preflight] }),
      cannotTell(preflight) ??
        expect({
          holds: [200, 204].includes(preflight.response?.status ?? 0),
          code: 'preflight-refused',
          otherwise: `a preflight answered ${preflight.response?.status}`,
          evidence: [preflight],
        }),
      expect({
        holds: [301, 302, 307, 308, 404, 429].includes(otherCase.response?.status ?? 0),
        code: 'limit-evaded',
        otherwise: `the same path in other letters answered ${otherCase.response?.status}: the limit can be evaded`,
        evidence: [otherCase],
      }),
    ],
    'The bucket was emptied: 429 with Retry-After, problem+json, CORS and security headers; another tenant was not concerned, nor were health and preflights with the same token.',
  );
}

/** Many reads at once are answered, all of them: with what was asked for, or, where the bucket is empty, with 429. */
export function judgeConcurrentReads({ left = 0, burst }: ExhaustionEvidence, atOnce: number): Verdict {
  const served = burst.filter(({ response }) => response?.status === 200);
  const slowest = Math.max(0, ...served.map(({ ms }) => ms));
  return conclude(
    [
      ...requireAttempts('reads at once', burst),
      ...burst.map((exchange) => {
        const status = exchange.response?.status ?? 0;
        if (status >= 500 && !isSilent(exchange))
          return observeFailure('server-error', `one of ${burst.length} reads at once answered ${status}`, exchange);
        if (status === 429)
          return expect({
            holds: isProblem(exchange),
            code: 'read-failed',
            otherwise: `one of ${burst.length} reads at once got a 429 that is no problem`,
            evidence: [exchange],
          });
        return (
          cannotTell(exchange, 200) ??
          expect({
            holds: status === 200,
            code: 'read-failed',
            otherwise: `one of ${burst.length} reads at once answered ${status}`,
            evidence: [exchange],
          })
        );
      }),
      ...(served.length >= Math.min(left, atOnce)
        ? []
        : [
            observeFailure(
              'too-few-served',
              `${left} requests were left, and ${served.length} of ${burst.length} reads at once were served`,
              ...burst.slice(0, 1),
            ),
          ]),
    ],
    `${burst.length} reads at once were all answered, ${served.length} of them served, the slowest in ${slowest < 1_000 ? 'less than a second' : `${Math.ceil(slowest / 1_000)} s`}.`,
  );
}

export function limitOf(exchange: Exchange): Limit | undefined {
  const number = (text: string | undefined, key: string): number | undefined => {
    const found = new RegExp(`;\\s*${key}=(\\d+)`).exec(text ?? '')?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const [policy, limit] = [header(exchange, 'ratelimit-policy'), header(exchange, 'ratelimit')];
  const [quota, window, remaining, reset] = [number(policy, 'q'), number(policy, 'w'), number(limit, 'r'), number(limit, 't')];
  if (quota === undefined || window === undefined || remaining === undefined || reset === undefined) return undefined;
  return { quota, window, remaining, reset };
}
