import type { Exchange } from '../../model/exchange.ts';
import type { StatusClassesEvidence } from '../headers/gather.ts';
import type { HttpCorsEvidence } from './gather.ts';
import { requestLine, cannotTell, expectStatus, header, notReached, promised } from '../../model/response.ts';
import {
  conclude,
  isSilent,
  type Observation,
  requireAttempts,
  type Verdict,
  expect,
  observePass,
  observeFailure,
  observeDoubt,
} from '../../model/verdict.ts';
import { unchanged } from '../unchanged.ts';

export function judgeUnlistedWrites({ victims, refusedText, creations, simpleWrites, everyOperation }: HttpCorsEvidence): Verdict {
  const executed = everyOperation.flatMap(({ exchange }) => exchange ?? []);
  const refusals = [...creations, ...executed].map((exchange) => expectStatus(exchange, 403, 'write-not-refused'));
  return conclude(
    [
      ...requireAttempts('foreign writes', creations, simpleWrites, executed, victims),
      ...victims.flatMap(({ victim, after, listAfter }) => unchanged(victim, after, listAfter, [refusedText])),
      ...refusals,
      ...simpleWrites.map(refusedSomehow),
    ],
    `${refusals.length} requests with the owner's token from a disallowed origin, ${executed.length} of ${everyOperation.length} protected operations among them, got 403; ${simpleWrites.length} sent as a form, as text or to the path in upper case were rejected; the owner found everything unchanged.${notExecuted(everyOperation)}`,
  );
}

/** Operations that were tried by preflight only, for the end of a summary. */
function notExecuted(operations: HttpCorsEvidence['everyOperation']): string {
  const left = operations.filter(({ exchange }) => exchange === undefined).map(({ endpoint }) => endpoint);
  return left.length === 0 ? '' : ` Tried by preflight only, because they write to objects that the audit did not create: ${left.join(', ')}.`;
}

/** Which refusal it is to be depends on what is looked at first. */
function refusedSomehow(exchange: Exchange): Observation {
  const status = exchange.response?.status ?? 0;
  const what = `${requestLine(exchange)} (${exchange.purpose}) answered ${status}`;
  return cannotTell(exchange) ?? expect({ holds: status >= 400 && status < 500, code: 'write-not-refused', otherwise: what, evidence: [exchange] });
}

/** Each listed origin gets exactly itself back, on an answer and on a preflight. */
export function judgeListedOrigins({ listed }: HttpCorsEvidence): Verdict {
  return conclude(
    [
      ...requireAttempts('listed origins', listed),
      ...listed.flatMap(({ origin, get, preflight }) => [
        expectStatus(get, 200),
        ...[get, preflight].map(
          (exchange) =>
            cannotTell(exchange) ??
            expect({
              holds: header(exchange, 'access-control-allow-origin') === origin,
              code: 'listed-origin-refused',
              otherwise: `${exchange.purpose}: ${header(exchange, 'access-control-allow-origin') ?? 'nothing'} is allowed, not ${origin}`,
              evidence: [exchange],
            }),
        ),
      ]),
    ],
    `${listed.map(({ origin }) => origin).join(', ')}: each allowed by name.`,
  );
}

export function judgePreflight({ appOrigin, neededHeaders, preflights, greedyPreflight, privateNetwork }: HttpCorsEvidence): Verdict {
  const observations = preflights.flatMap(({ method, exchange }): Observation[] => {
    if (exchange.response?.status === 429) return [observeFailure('preflight-counted', `the preflight for ${method} was limited`, exchange)];
    const doubt = cannotTell(exchange);
    if (doubt) return [doubt];
    const methods = listOf(header(exchange, 'access-control-allow-methods'));
    const headers = listOf(header(exchange, 'access-control-allow-headers'));
    const maxAge = Number(header(exchange, 'access-control-max-age') ?? 5);
    const credentials = header(exchange, 'access-control-allow-credentials');
    return [
      expect({
        holds: header(exchange, 'ratelimit') === undefined,
        code: 'preflight-counted',
        otherwise: `the preflight for ${method} counts against the limit`,
        evidence: [exchange],
      }),
      expect({
        holds: credentials === undefined,
        code: 'credentials-allowed',
        otherwise: 'the preflight allows credentials, which bearer tokens do not need',
        evidence: [exchange],
      }),
      expect({
        holds: [200, 204].includes(exchange.response?.status ?? 0),
        code: 'preflight-refused',
        otherwise: `preflight for ${method} answered ${exchange.response?.status}`,
        evidence: [exchange],
      }),
      expect({
        holds: header(exchange, 'access-control-allow-origin') === appOrigin,
        code: 'origin-not-exact',
        otherwise: `preflight for ${method} allows ${header(exchange, 'access-control-allow-origin') ?? 'no origin'}`,
        evidence: [exchange],
      }),
      expect({
        holds: methods.includes(method.toLowerCase()),
        code: 'method-not-allowed',
        otherwise: `the preflight does not allow ${method}`,
        evidence: [exchange],
      }),
      expect({
        holds: neededHeaders.length > 0 && neededHeaders.every((name) => headers.includes(name)),
        code: 'header-not-allowed',
        otherwise: `the preflight does not allow ${neededHeaders.filter((name) => !headers.includes(name)).join(', ') || 'any header'}`,
        evidence: [exchange],
      }),
      expect({ holds: maxAge <= 86_400, code: 'max-age-too-long', otherwise: `Max-Age is ${maxAge} s, more than a day`, evidence: [exchange] }),
    ];
  });
  const greedyMethods = listOf(header(greedyPreflight, 'access-control-allow-methods'));
  const greedyHeaders = listOf(header(greedyPreflight, 'access-control-allow-headers'));
  const tooMuch = [...greedyMethods, ...greedyHeaders].filter((value) => ['*', 'trace', 'connect', 'x-evil'].includes(value));
  observations.push(
    cannotTell(greedyPreflight) ??
      expect({
        holds: tooMuch.length === 0,
        code: 'preflight-too-generous',
        otherwise: `the preflight allows ${tooMuch.join(', ')}`,
        evidence: [greedyPreflight],
      }),
    cannotTell(privateNetwork) ??
      expect({
        holds: [greedyPreflight, privateNetwork].every((exchange) => header(exchange, 'access-control-allow-private-network') === undefined),
        code: 'private-network',
        otherwise: 'the preflight allows private network access',
        evidence: [greedyPreflight, privateNetwork],
      }),
  );
  return conclude(
    [...requireAttempts('preflights', preflights), ...observations],
    `Preflights for ${preflights.map(({ method }) => method).join(', ')} got the exact origin, the needed headers and no more.`,
  );
}

export function judgeUnlistedOrigins({ refused, twoOrigins, everyOperation }: HttpCorsEvidence): Verdict {
  const single = refused.flatMap(({ kind, get, preflight }) => [
    ...noPermission(get, kind),
    refusedWith403(get),
    ...noPermission(preflight, kind),
    cannotTell(preflight) ?? observePass('preflight-refused', preflight),
  ]);
  const double = [...noPermission(twoOrigins, 'two Origin headers'), refusedWith403(twoOrigins)];
  const everywhere = everyOperation.flatMap(({ operation, exchange, preflight }) => [
    ...(exchange ? noPermission(exchange, `a foreign page asking for ${operation}`) : []),
    ...noPermission(preflight, `a foreign page's preflight of ${operation}`),
    cannotTell(preflight) ?? observePass('preflight-refused', preflight),
  ]);
  return conclude(
    [...requireAttempts('origins that are to be refused', refused, everyOperation), ...single, ...double, ...everywhere],
    `${refused.length} origins and two at once: each got 403 and no permission, their preflights neither.`,
  );
}

export function judgeVary({ refused, preflights }: HttpCorsEvidence, { classes }: StatusClassesEvidence, others: readonly Exchange[]): Verdict {
  const exchanges = [
    ...classes.map(({ exchange }) => exchange),
    ...refused.flatMap(({ get, preflight }) => [get, preflight]),
    ...preflights.map(({ exchange }) => exchange),
    ...others,
  ];
  const observations = exchanges.map((exchange) =>
    exchange.response === undefined
      ? (cannotTell(exchange) ?? observeDoubt('no-answer', 'no answer', exchange))
      : expect({
          holds: listOf(header(exchange, 'vary')).some((value) => value === 'origin' || value === '*'),
          code: 'vary-missing',
          otherwise: `${requestLine(exchange)} (${exchange.purpose}) answered ${exchange.response.status} without Vary: Origin`,
          evidence: [exchange],
        }),
  );
  return conclude(
    observations,
    `Every answer of the audit, of ${new Set(exchanges.map(({ response }) => response?.status)).size} statuses, carries Vary: Origin.`,
  );
}

/**
 * @param listed every origin that is to be allowed, the app's among them
 * @param documented names of the headers that the contract has in answers, in lower case
 */
export function judgeCorsOnEveryStatus(
  { appOrigin, classes }: StatusClassesEvidence,
  listed: readonly string[],
  others: readonly Exchange[] = [],
  documented: readonly string[] = [],
): Verdict {
  const observations = classes.map(
    ({ status, kind, exchange }) => notReached(exchange, status) ?? policyHolds(exchange, kind === 'refused origin' ? [[]] : [[appOrigin]]),
  );
  if (classes.length > 0) {
    observations.push(
      ...others.flatMap((exchange) => {
        const asking = originsOf(exchange);
        // Who asks without an origin may be told one that is allowed.
        if (asking.length === 0) return [policyHolds(exchange, [[], ...listed.map((origin) => [origin])])];
        const isListed = asking.length === 1 && listed.includes(asking[0] ?? '');
        return isListed ? [policyHolds(exchange, [asking]), ...exposes(exchange, documented)] : [policyHolds(exchange, [[]])];
      }),
    );
  }
  return conclude(
    observations,
    `Answers of ${classes.length} kinds, and every other one of the audit: the exact origin for the app, to which documented headers are exposed, and none for anybody else.`,
  );
}

function policyHolds(exchange: Exchange, wanted: readonly (readonly string[])[]): Observation {
  const { response } = exchange;
  const allowed = response?.headers['access-control-allow-origin'] ?? [];
  const holds = wanted.some((list) => list.join() === allowed.join()) && response?.headers['timing-allow-origin']?.includes('*') !== true;
  const got = `answered ${response?.status} with Access-Control-Allow-Origin ${allowed.join(', ') || 'absent'}`;
  return expect({ holds: holds, code: 'policy-differs', otherwise: `${requestLine(exchange)} (${exchange.purpose}) ${got}`, evidence: [exchange] });
}

/** What the contract promises in an answer is promised to the app's scripts too; a browser shows them what is exposed by name. */
function exposes(exchange: Exchange, documented: readonly string[]): Observation[] {
  const exposed = listOf(header(exchange, 'access-control-expose-headers'));
  const carried = promised(exchange, documented);
  if (carried.length === 0 || exchange.request.method === 'OPTIONS' || exposed.includes('*')) return [];
  const hidden = carried.filter((name) => !exposed.includes(name));
  const broken = `${requestLine(exchange)} (${exchange.purpose}) answered ${exchange.response?.status} and does not expose ${hidden.join(', ')}`;
  return [expect({ holds: hidden.length === 0, code: 'header-not-exposed', otherwise: broken, evidence: [exchange] })];
}

/** An API that fails on an unlisted origin does not refuse it: it breaks. */
function refusedWith403(exchange: Exchange): Observation {
  const status = exchange.response?.status ?? 0;
  if (status >= 500 && !isSilent(exchange))
    return observeFailure('origin-breaks-api', `${requestLine(exchange)} (${exchange.purpose}) made the API fail with ${status}`, exchange);
  return expectStatus(exchange, 403, 'origin-not-refused');
}

function noPermission(exchange: Exchange, kind: string): Observation[] {
  const allowed = exchange.response?.headers['access-control-allow-origin'] ?? [];
  if (allowed.length === 0) return [];
  const from = `${kind} (${originsOf(exchange).join(', ')})`;
  return [observeFailure('origin-allowed', `${requestLine(exchange)} from ${from} got Access-Control-Allow-Origin: ${allowed.join(', ')}`, exchange)];
}

function originsOf({ request }: Exchange): string[] {
  return request.headers.filter(([name]) => name.toLowerCase() === 'origin').map(([, value]) => value);
}

function listOf(value: string | undefined): string[] {
  return (value ?? '')
    .toLowerCase()
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);
}
