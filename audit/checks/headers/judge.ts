import parsePolicy from 'content-security-policy-parser';
import type { Exchange } from '../../model/exchange.ts';
import type { StatusClassesEvidence } from './gather.ts';
import { described, header, notReached, redirectOf, requestLine } from '../../model/response.ts';
import { conclude, type Observation, type Verdict, expect, underPolicy } from '../../model/verdict.ts';

const YEAR_SECONDS = 31_536_000;

export function judgeHsts(evidence: StatusClassesEvidence, others: readonly Exchange[] = []): Verdict {
  return judgeEveryResponse(evidence, others, 'HSTS for at least a year', 'hsts-missing', (exchange) => {
    const maxAge = /max-age="?(\d+)/i.exec(header(exchange, 'strict-transport-security') ?? '')?.[1];
    return Number(maxAge ?? 0) >= YEAR_SECONDS ? [] : ['no HSTS for at least a year'];
  });
}

export function judgeSecurityHeaders(evidence: StatusClassesEvidence, others: readonly Exchange[] = []): Verdict {
  const what = "nosniff, a CSP of 'none', X-Frame-Options and a private referrer policy";
  return judgeEveryResponse(evidence, others, what, 'security-header-missing', (exchange) =>
    faultsOf({
      'no nosniff': /^nosniff(, nosniff)*$/.test(header(exchange, 'x-content-type-options') ?? ''),
      'a CSP that permits something': forbidsEverything(header(exchange, 'content-security-policy') ?? ''),
      'no X-Frame-Options': /^(deny|sameorigin)$/i.test(header(exchange, 'x-frame-options') ?? ''),
      'no private referrer policy': /^(no-referrer|same-origin|strict-origin(-when-cross-origin)?)$/.test(header(exchange, 'referrer-policy') ?? ''),
    }),
  );
}

export function judgePrivateResponses(evidence: StatusClassesEvidence, others: readonly Exchange[] = []): Verdict {
  const what = 'no-store, the exact content type and no cookie';
  const { observations, passed = '' } = judgeEveryResponse(evidence, others, what, 'storable', (exchange) => {
    // A 204 has no body, and the response to a preflight cannot be stored (RFC 9110 section 9.3.7).
    const isPreflight = exchange.request.method === 'OPTIONS' && exchange.response?.status === 200;
    // A redirect without a body has nothing to store.
    const isBare = redirectOf(exchange) !== undefined && exchange.response?.body === '';
    const isExempt = exchange.response?.status === 204 || isPreflight || isBare;
    return faultsOf({
      [`content type ${header(exchange, 'content-type') ?? '(none)'}`]: isPreflight || isBare || hasExactType(exchange),
      'no Cache-Control: no-store': isExempt || /\bno-store\b/.test(header(exchange, 'cache-control') ?? ''),
      // Content delivery networks obey these before Cache-Control (RFC 9213).
      'no no-store for content delivery networks': ['cdn-cache-control', 'surrogate-control'].every((name) =>
        /^$|\bno-store\b/.test(header(exchange, name) ?? ''),
      ),
      'a cookie': header(exchange, 'set-cookie') === undefined,
    });
  });
  const errors = [...evidence.classes.map(({ exchange }) => exchange), ...(evidence.classes.length > 0 ? others : [])].filter(isClientError);
  return conclude([...observations, ...errors.map(isTypedAsProblem)], passed);
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
  return type === expected || type.startsWith(`${expected};`);
}

/** The names of the faults that an exchange has. */
function faultsOf(soundness: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(soundness).filter((fault) => soundness[fault] === false);
}

/** Directives of a Content-Security-Policy that name no sources. */
const SOURCELESS = /^(upgrade-insecure-requests|block-all-mixed-content|sandbox|report-uri|report-to|trusted-types|require-trusted-types-for)$/i;

/** Nothing may be loaded, and no page may frame the response. Browsers ignore 'none' where another source is beside it. */
function forbidsEverything(policy: string): boolean {
  const directives = parsePolicy(policy);
  const isNone = (name: string): boolean => directives.get(name)?.join(' ') === "'none'";
  const allowsNothing = [...directives.keys()].every((name) => isNone(name) || SOURCELESS.test(name));
  return isNone('default-src') && isNone('frame-ancestors') && allowsNothing;
}

/** Each documented status must be observed with its headers, and every other response of the audit must have them too. */
function judgeEveryResponse(
  { classes }: StatusClassesEvidence,
  others: readonly Exchange[],
  what: string,
  code: string,
  faultsIn: (exchange: Exchange) => readonly string[],
): Verdict {
  const judge = (exchange: Exchange): Observation => {
    const faults = faultsIn(exchange);
    const otherwise = `${described(exchange)} returned ${exchange.response?.status} with ${faults.join(', ')}.`;
    return expect(faults.length === 0, code, otherwise, exchange);
  };
  const observations = classes.map(({ status, exchange }) => notReached(exchange, status) ?? judge(exchange));
  if (classes.length > 0) observations.push(...others.map(judge));
  const statuses = [...new Set(classes.map(({ status }) => status))].toSorted((a, b) => a - b);
  return conclude(observations, `Responses with status ${statuses.join(', ')} and all other responses of the audit have ${what}.`);
}

/** Application servers and frameworks. The name of an edge or a proxy is allowed. */
const FRAMEWORK =
  /\b(express|fastify|hono|koa|hapi|nest(js)?|next\.?js|uvicorn|gunicorn|hypercorn|daphne|waitress|werkzeug|flask|django|fastapi|starlette|puma|phusion|kestrel|jetty|tomcat|undertow|netty|php|actix|axum|gin)\b/i;

export function judgeBanner(exchanges: readonly Exchange[]): Verdict {
  const observations = exchanges.map((exchange) => {
    const banner = Object.entries(exchange.response?.headers ?? {}).find(([name, values]) => isBanner(name, values.join(', ')));
    const named = banner === undefined ? '' : `${banner[0]}: ${banner[1].join(', ')}`;
    return expect(banner === undefined, 'banner', `${requestLine(exchange)} returned ${named}.`, exchange);
  });
  return conclude(observations, 'No response of the audit names a framework or a version.');
}

/** X-API-Version and the protocol version in Via (RFC 9110 section 7.6.3) are allowed. */
function isBanner(name: string, value: string): boolean {
  if (name === 'server') return /\d/.test(value) || FRAMEWORK.test(value);
  if (name === 'via') return /\b(?!HTTP\/)[\w-]+\/\d/i.test(value);
  return name === 'x-powered-by' || /^x-(?!api-).*version$/.test(name);
}
