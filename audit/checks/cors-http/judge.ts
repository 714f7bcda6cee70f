import type { Exchange } from '../../model/exchange.ts';
import type { StatusClassesEvidence } from '../headers/gather.ts';
import type { HttpCorsEvidence } from './gather.ts';
import { isTried } from '../../model/matrix.ts';
import { rateLimitOf } from '../../model/rate-limit.ts';
import { described, requestLine, cannotTell, expectStatus, header, notReached, promised } from '../../model/response.ts';
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
  underPolicy,
} from '../../model/verdict.ts';
import { counted } from '../../model/wording.ts';
import { unchanged } from '../unchanged.ts';

export function judgeUnlistedWrites({ victims, rejectedText, creations, inUpperCase, simpleWrites, everyOperation }: HttpCorsEvidence): Verdict {
  const executed = everyOperation.flatMap(({ exchange }) => exchange ?? []);
  const simple = simpleWrites.filter(isTried).map(({ exchange }) => exchange);
  const rejections = [...creations, ...executed].map((exchange) => expectStatus(exchange, 403, 'write-not-rejected'));
  return conclude(
    [
      ...requireAttempts('writes from a disallowed origin', creations, inUpperCase, simple, executed, victims),
      ...victims.flatMap(({ victim, after, listAfter }) => unchanged(victim, after, listAfter, [rejectedText])),
      ...rejections,
      ...[...inUpperCase, ...simple].map(rejectedWithClientError),
    ],
    `${counted(rejections.length, 'request')} with the owner's token from a disallowed origin got 403, including ${executed.length} of ${counted(everyOperation.length, 'protected operation')}. ${counted(simple.length, 'creation')} in media types that need no preflight and ${inUpperCase.length} to the path in upper case got a client error. The owner found its objects unchanged.${notExecuted(everyOperation)}`,
  );
}

/** The end of a summary: operations that were tried by preflight only. */
function notExecuted(operations: HttpCorsEvidence['everyOperation']): string {
  const left = operations.filter(({ exchange }) => exchange === undefined).map(({ endpoint }) => endpoint);
  return left.length === 0 ? '' : ` Tried by preflight only, because the audit does not execute them: ${left.join(', ')}.`;
}

/** The status depends on what the API checks first. */
function rejectedWithClientError(exchange: Exchange): Observation {
  const status = exchange.response?.status ?? 0;
  const otherwise = `${described(exchange)} returned ${status}`;
  return cannotTell(exchange) ?? expect(status >= 400 && status < 500, 'write-not-rejected', otherwise, exchange);
}

/** The response and the preflight of each listed origin allow it. */
export function judgeListedOrigins({ listed }: HttpCorsEvidence): Verdict {
  return conclude(
    [
      ...requireAttempts('listed origins', listed),
      ...listed.flatMap(({ origin, get, preflight }) => [
        expectStatus(get, 200),
        ...[get, preflight].map(
          (exchange) =>
            cannotTell(exchange) ??
            allowsOrigin(
              exchange,
              origin,
              'listed-origin-rejected',
              `The response to ${exchange.purpose} has Access-Control-Allow-Origin ${header(exchange, 'access-control-allow-origin') ?? 'absent'} instead of ${origin}`,
            ),
        ),
      ]),
    ],
    `Allowed by name: ${listed.map(({ origin }) => origin).join(', ')}.`,
  );
}

/** An asterisk allows this origin too. It is wrong only where other origins must be rejected. */
function allowsOrigin(exchange: Exchange, origin: string, code: string, otherwise: string): Observation {
  const allowed = header(exchange, 'access-control-allow-origin');
  const observed = expect(allowed === origin, code, otherwise, exchange);
  return allowed === '*' ? underPolicy('other-origins-rejected', observed) : observed;
}

export function judgePreflight({ appOrigin, neededHeaders, preflights, excessivePreflight, privateNetwork, unlisted }: HttpCorsEvidence): Verdict {
  return conclude(
    [
      ...requireAttempts('preflights', preflights),
      ...preflights.flatMap(({ method, exchange }) => sufficientPreflight(exchange, method, appOrigin, neededHeaders)),
      ...restrictivePreflights(excessivePreflight, privateNetwork),
      ...unlisted.flatMap(({ origin, kind, preflight }) => withoutCredentials(preflight, origin, kind)),
    ],
    `Preflights for ${preflights.map(({ method }) => method).join(', ')} allow the exact origin and the needed headers. TRACE, an unknown header and private network access are not allowed.`,
  );
}

/** Allows the method and the headers of the app, and no long cache. Credentials are sound with an exact origin. */
function sufficientPreflight(exchange: Exchange, method: string, appOrigin: string, neededHeaders: readonly string[]): Observation[] {
  if (exchange.response?.status === 429) return [observeFailure('preflight-counted', `The preflight for ${method} was rate limited`, exchange)];
  const doubt = cannotTell(exchange);
  if (doubt) return [doubt];
  const methods = listOf(header(exchange, 'access-control-allow-methods'));
  const headers = listOf(header(exchange, 'access-control-allow-headers'));
  const missing = neededHeaders.filter((name) => !headers.includes(name));
  const maxAge = header(exchange, 'access-control-max-age');
  const origin = header(exchange, 'access-control-allow-origin');
  const status = exchange.response?.status ?? 0;
  const expectations: (readonly [holds: boolean, code: string, otherwise: string])[] = [
    [rateLimitOf(exchange.response) === undefined, 'preflight-counted', 'has a RateLimit header, so it counts against the limit'],
    [[200, 204].includes(status), 'preflight-rejected', `returned ${exchange.response?.status}`],
    [methods.includes(method.toLowerCase()), 'method-not-allowed', 'does not allow the method'],
    [neededHeaders.length > 0 && missing.length === 0, 'header-not-allowed', `does not allow ${missing.join(', ') || 'any header'}`],
  ];
  const tooLong = `The preflight for ${method} has Access-Control-Max-Age ${maxAge} instead of at most 86400`;
  return [
    ...expectations.map(([holds, code, otherwise]) => expect(holds, code, `The preflight for ${method} ${otherwise}`, exchange)),
    allowsOrigin(exchange, appOrigin, 'origin-not-exact', `The preflight for ${method} allows ${origin ?? 'no origin'} instead of ${appOrigin}`),
    underPolicy('exact-preflights', expect(Number(maxAge ?? 5) <= 86_400, 'max-age-too-long', tooLong, exchange)),
  ];
}

/** Browsers send cookies only to a page whose exact origin the response names. */
function withoutCredentials(exchange: Exchange, origin: string, kind: string): Observation[] {
  const isAllowed = header(exchange, 'access-control-allow-origin') === origin && header(exchange, 'access-control-allow-credentials') === 'true';
  return isAllowed ? [observeFailure('credentials-allowed', `The preflight of a disallowed origin (${kind}) allows credentials`, exchange)] : [];
}

/** Allows nothing that no page needs. A page of an allowed origin may also send what it does not need. */
function restrictivePreflights(excessivePreflight: Exchange, privateNetwork: Exchange): Observation[] {
  const excessMethods = listOf(header(excessivePreflight, 'access-control-allow-methods'));
  const excessHeaders = listOf(header(excessivePreflight, 'access-control-allow-headers'));
  const tooMuch = [...excessMethods, ...excessHeaders].filter((value) => ['*', 'trace', 'connect', 'x-evil'].includes(value));
  return [
    cannotTell(excessivePreflight) ??
      underPolicy(
        'exact-preflights',
        expect(tooMuch.length === 0, 'preflight-too-generous', `The preflight allows ${tooMuch.join(', ')}`, excessivePreflight),
      ),
    cannotTell(privateNetwork) ??
      expect(
        [excessivePreflight, privateNetwork].every((exchange) => header(exchange, 'access-control-allow-private-network') === undefined),
        'private-network',
        'The preflight allows private network access',
        excessivePreflight,
        privateNetwork,
      ),
  ];
}

export function judgeUnlistedOrigins({ appOrigin, unlisted, twoOrigins, everyOperation }: HttpCorsEvidence): Verdict {
  const single = unlisted.flatMap(({ kind, get, preflight }) => [
    ...noPermission(get, kind),
    rejectedWith403(get),
    ...noPermission(preflight, kind),
    cannotTell(preflight) ?? observePass('preflight-rejected', preflight),
  ]);
  const namesAppOnly = header(twoOrigins, 'access-control-allow-origin') === appOrigin;
  const permission = noPermission(twoOrigins, 'two Origin headers');
  // No browser sends two, so naming the allowed one of them lets no other page read the response.
  const double = [
    ...(namesAppOnly ? permission.map((each) => underPolicy('other-origins-rejected', each)) : permission),
    rejectedWith403(twoOrigins),
  ];
  const everywhere = everyOperation.flatMap(({ operation, exchange, preflight }) => [
    ...(exchange ? noPermission(exchange, `a disallowed origin calling ${operation}`) : []),
    ...noPermission(preflight, `the preflight of a disallowed origin for ${operation}`),
    cannotTell(preflight) ?? observePass('preflight-rejected', preflight),
  ]);
  return conclude(
    [...requireAttempts('disallowed origins', unlisted, everyOperation), ...single, ...double, ...everywhere],
    `${counted(unlisted.length, 'disallowed origin')} and one request with two Origin headers got no Access-Control-Allow-Origin. No preflight from them or for ${counted(everyOperation.length, 'protected operation')} got CORS permission.`,
  );
}

export function judgeVary({ unlisted, preflights }: HttpCorsEvidence, { classes }: StatusClassesEvidence, others: readonly Exchange[]): Verdict {
  const exchanges = [
    ...classes.map(({ exchange }) => exchange),
    ...unlisted.flatMap(({ get, preflight }) => [get, preflight]),
    ...preflights.map(({ exchange }) => exchange),
    ...others,
  ];
  const observations = exchanges.map((exchange) =>
    exchange.response === undefined ? (cannotTell(exchange) ?? observeDoubt('no-answer', 'No response', exchange)) : variesByOrigin(exchange),
  );
  return conclude(
    observations,
    `Every response of the audit that must have it, of ${counted(new Set(exchanges.map(({ response }) => response?.status)).size, 'status', 'statuses')}, has Vary: Origin.`,
  );
}

/** A cache may store a response that names an origin; for any other response it is a matter of policy. */
function variesByOrigin(exchange: Exchange): Observation {
  const varies = expect(
    listOf(header(exchange, 'vary')).some((value) => value === 'origin' || value === '*'),
    'vary-missing',
    `${described(exchange)} returned ${exchange.response?.status} without Vary: Origin`,
    exchange,
  );
  const isNamed = !['*', undefined].includes(header(exchange, 'access-control-allow-origin'));
  return isNamed ? varies : underPolicy('vary-on-every-response', varies);
}

/**
 * @param listed every allowed origin, the app's among them
 * @param documented names of the response headers that the contract documents, in lower case
 */
export function judgeCorsOnEveryStatus(
  { appOrigin, classes }: StatusClassesEvidence,
  listed: readonly string[],
  others: readonly Exchange[] = [],
  documented: readonly string[] = [],
): Verdict {
  const observations = classes.map(
    ({ status, exchange }) => notReached(exchange, status) ?? policyHolds(exchange, originsOf(exchange).includes(appOrigin) ? [[appOrigin]] : [[]]),
  );
  if (classes.length > 0) {
    observations.push(
      ...others.flatMap((exchange) => {
        const origins = originsOf(exchange);
        // The response to a request without an origin may name any allowed one.
        if (origins.length === 0) return [policyHolds(exchange, [[], ...listed.map((origin) => [origin])])];
        const isListed = origins.length === 1 && listed.includes(origins[0] ?? '');
        if (isListed) return [policyHolds(exchange, [origins]), ...exposes(exchange, documented)];
        // As in judgeUnlistedOrigins.
        const namesOneOfTwo = origins.length > 1 && listed.includes(header(exchange, 'access-control-allow-origin') ?? '');
        const observation = policyHolds(exchange, [[]]);
        return [namesOneOfTwo ? underPolicy('other-origins-rejected', observation) : observation];
      }),
    );
  }
  return conclude(
    observations,
    `${counted(classes.length, 'response')} of documented statuses, and every other response of the audit: those to a listed origin name it and expose documented headers, and those to other origins name none.`,
  );
}

function policyHolds(exchange: Exchange, expected: readonly (readonly string[])[]): Observation {
  const { response } = exchange;
  const allowed = response?.headers['access-control-allow-origin'] ?? [];
  const holds = expected.some((list) => list.join() === allowed.join()) && response?.headers['timing-allow-origin']?.includes('*') !== true;
  const timing = response?.headers['timing-allow-origin']?.includes('*') === true ? ' and Timing-Allow-Origin: *' : '';
  const otherwise = `${described(exchange)} returned ${response?.status} with Access-Control-Allow-Origin ${allowed.join(', ') || 'absent'}${timing}`;
  return expect(holds, 'policy-differs', otherwise, exchange);
}

/** The app's scripts need the documented response headers, and a browser gives them only those that are exposed by name. */
function exposes(exchange: Exchange, documented: readonly string[]): Observation[] {
  const exposed = listOf(header(exchange, 'access-control-expose-headers'));
  const present = promised(exchange, documented);
  if (present.length === 0 || exchange.request.method === 'OPTIONS' || exposed.includes('*')) return [];
  const hidden = present.filter((name) => !exposed.includes(name));
  const broken = `${described(exchange)} returned ${exchange.response?.status} and does not expose ${hidden.join(', ')}`;
  return [expect(hidden.length === 0, 'header-not-exposed', broken, exchange)];
}

/** A server error is not a rejection of the origin. */
function rejectedWith403(exchange: Exchange): Observation {
  const status = exchange.response?.status ?? 0;
  if (status >= 500 && !isSilent(exchange))
    return observeFailure('origin-breaks-api', `${described(exchange)} caused a server error (${status})`, exchange);
  return underPolicy('other-origins-rejected', expectStatus(exchange, 403, 'origin-not-rejected'));
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
