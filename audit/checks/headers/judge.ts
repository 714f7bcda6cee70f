import parsePolicy from 'content-security-policy-parser';
import type { Exchange } from '../../model/exchange.ts';
import type { StatusClassesEvidence } from './gather.ts';
import { directives, mediaType, members, tokens } from '../../model/header-fields.ts';
import type { Policy } from '../../model/policy.ts';
import { described, header, notReached, redirectOf } from '../../model/response.ts';
import { conclude, type Observation, type Verdict, expect, underPolicy } from '../../model/verdict.ts';

const YEAR_SECONDS = 31_536_000;

const PRIVATE_REFERRERS = ['no-referrer', 'same-origin', 'strict-origin', 'strict-origin-when-cross-origin'];
/** Of several policies the last known one applies (Referrer Policy section 8.1). */
const REFERRERS = [...PRIVATE_REFERRERS, 'no-referrer-when-downgrade', 'origin', 'origin-when-cross-origin', 'unsafe-url'];

/** What a response lacks or has; under a policy where only a team can require it. */
type Fault = { code: string; what: string; policy?: Policy };

export function judgeHsts(evidence: StatusClassesEvidence, others: readonly Exchange[] = []): Verdict {
  return judgeEveryResponse(evidence, others, 'HSTS for at least a year', (exchange) => {
    // Browsers process the first of several lines only (RFC 6797 section 8.1).
    const maxAge = directives(exchange.response?.headers['strict-transport-security']?.[0], ';').get('max-age') ?? '';
    const isLong = /^\d+$/.test(maxAge) && Number(maxAge) >= YEAR_SECONDS;
    return isLong ? [] : [{ code: 'hsts-missing', what: 'no HSTS for at least a year' }];
  });
}

export function judgeSecurityHeaders(evidence: StatusClassesEvidence, others: readonly Exchange[] = []): Verdict {
  const what = 'nosniff, and what the policy security-headers requires where it is declared';
  const ofPolicy = { code: 'security-header-missing', policy: 'security-headers' } as const;
  return judgeEveryResponse(evidence, others, what, (exchange) =>
    faultsOf([
      [isBareError(exchange) || tokens(header(exchange, 'x-content-type-options'))[0] === 'nosniff', { code: 'nosniff-missing', what: 'no nosniff' }],
      [members(header(exchange, 'content-security-policy')).some(forbidsEverything), { ...ofPolicy, what: 'a CSP that permits something' }],
      [isFramingForbidden(tokens(header(exchange, 'x-frame-options'))), { ...ofPolicy, what: 'no X-Frame-Options' }],
      [
        PRIVATE_REFERRERS.includes(tokens(header(exchange, 'referrer-policy')).findLast((name) => REFERRERS.includes(name)) ?? ''),
        { ...ofPolicy, what: 'no private referrer policy' },
      ],
    ]),
  );
}

export function judgePrivateResponses(evidence: StatusClassesEvidence, others: readonly Exchange[] = []): Verdict {
  const what = 'no-store, the exact content type and no cookie';
  const { observations, passed = '' } = judgeEveryResponse(evidence, others, what, (exchange) => {
    // A 204 has no body, and the response to a preflight cannot be stored (RFC 9110 section 9.3.7).
    const isPreflight = exchange.request.method === 'OPTIONS' && exchange.response?.status === 200;
    // Without a body there is nothing to store.
    const isBare = isBareError(exchange) || (redirectOf(exchange) !== undefined && exchange.response?.body === '');
    const isExempt = exchange.response?.status === 204 || isPreflight || isBare;
    const permission = sharedCachePermission(exchange);
    return faultsOf([
      [isPreflight || isBare || hasExactType(exchange), { code: 'wrong-type', what: `content type ${header(exchange, 'content-type') ?? '(none)'}` }],
      [permission === undefined, { code: 'shared-cache-allowed', what: `${permission}, which lets shared caches store it` }],
      [
        isExempt || permission !== undefined || directives(header(exchange, 'cache-control')).has('no-store'),
        { code: 'no-store-missing', what: 'no Cache-Control: no-store' },
      ],
      [header(exchange, 'set-cookie') === undefined, { code: 'cookie-set', what: 'a cookie' }],
    ]);
  });
  const errors = [...evidence.classes.map(({ exchange }) => exchange), ...(evidence.classes.length > 0 ? others : [])].filter(isClientError);
  return conclude([...observations, ...errors.map(isTypedAsProblem)], passed);
}

/** An error of the HTTP server, before the application, has no body and so no type: of a header that is too large, for example. */
function isBareError({ request, response }: Exchange): boolean {
  return response !== undefined && response.status >= 400 && response.body === '' && request.method !== 'HEAD';
}

/**
 * The header that lets shared caches store the response to a caller with credentials: without public or s-maxage they must not
 * (RFC 9111 section 3.5), and content delivery networks obey their own headers first (RFC 9213).
 */
function sharedCachePermission(exchange: Exchange): string | undefined {
  if (exchange.actor === 'anonymous') return undefined;
  const values = ['cdn-cache-control', 'surrogate-control', 'cache-control'].map((name) => [name, header(exchange, name) ?? ''] as const);
  const permits = ([name, value]: (typeof values)[number]): boolean => {
    const given = directives(value);
    if (given.size === 0 || given.has('no-store')) return false;
    return name !== 'cache-control' || given.has('public') || /^0*[1-9]/.test(given.get('s-maxage') ?? '');
  };
  return values.filter(permits).map(([name, value]) => `${name}: ${value}`)[0];
}

/** At 503 health returns its own body, which is not a problem document. */
function isClientError({ response }: Exchange): boolean {
  return response !== undefined && response.status >= 400 && response.status < 500;
}

function isTypedAsProblem(exchange: Exchange): Observation {
  const type = header(exchange, 'content-type') ?? '(none)';
  const otherwise = `${described(exchange)} returned ${exchange.response?.status} with content type ${type}.`;
  return underPolicy('problem-details', expect(isType(type, 'application/problem+json'), 'not-a-problem', otherwise, exchange));
}

function hasExactType(exchange: Exchange): boolean {
  const { status } = exchange.response ?? { status: 0 };
  const type = header(exchange, 'content-type') ?? '';
  if (status === 204) return type === '';
  return isType(type, 'application/json') || (status >= 400 && isType(type, 'application/problem+json'));
}

function isType(type: string, expected: string): boolean {
  return mediaType(type) === expected;
}

function faultsOf(soundness: readonly (readonly [isSound: boolean, otherwise: Fault])[]): Fault[] {
  return soundness.flatMap(([isSound, fault]) => (isSound ? [] : [fault]));
}

function isFramingForbidden(values: readonly string[]): boolean {
  return values.length > 0 && values.every((value) => value === 'deny' || value === 'sameorigin');
}

/** Directives of a Content-Security-Policy that name no sources. */
const SOURCELESS = /^(upgrade-insecure-requests|block-all-mixed-content|sandbox|report-uri|report-to|trusted-types|require-trusted-types-for)$/i;

/** Nothing may be loaded, and no page may frame the response. Browsers ignore 'none' in a list with other sources. */
function forbidsEverything(policy: string): boolean {
  const found = parsePolicy(policy);
  const isNone = (name: string): boolean => found.get(name)?.join(' ').toLowerCase() === "'none'";
  const allowsNothing = [...found.keys()].every((name) => isNone(name) || SOURCELESS.test(name));
  return isNone('default-src') && isNone('frame-ancestors') && allowsNothing;
}

/** Each documented status must be observed with its headers, and every other response of the audit must have them too. */
function judgeEveryResponse(
  { classes }: StatusClassesEvidence,
  others: readonly Exchange[],
  what: string,
  faultsIn: (exchange: Exchange) => readonly Fault[],
): Verdict {
  const judge = (exchange: Exchange): Observation[] => {
    const found = faultsIn(exchange);
    const failures = [...Map.groupBy(found, ({ code }) => code)].map(([code, faults]) => {
      const otherwise = `${described(exchange)} returned ${exchange.response?.status} with ${faults.map((fault) => fault.what).join(', ')}.`;
      const observation = expect(false, code, otherwise, exchange);
      const policy = faults[0]?.policy;
      return policy === undefined ? observation : underPolicy(policy, observation);
    });
    return found.every(({ policy }) => policy !== undefined) ? [expect(true, 'as-required', '', exchange), ...failures] : failures;
  };
  const observations = classes.flatMap(({ status, exchange }) => notReached(exchange, status) ?? judge(exchange));
  if (classes.length > 0) observations.push(...others.flatMap(judge));
  const statuses = [...new Set(classes.map(({ status }) => status))].toSorted((a, b) => a - b);
  return conclude(observations, `Responses with status ${statuses.join(', ')} and all other responses of the audit have ${what}.`);
}
