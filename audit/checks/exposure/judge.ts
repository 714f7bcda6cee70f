import type { Exchange } from '../../model/exchange.ts';
import type { PathsEvidence } from './gather.ts';
import type { ForcedErrorsEvidence, StatusClassesEvidence } from '../headers/gather.ts';
import { requestLine, cannotTell, comparable, expectStatus, header, isProblem, json, notReached, pathOf, record } from '../../model/response.ts';
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
} from '../../model/verdict.ts';

const YEAR_SECONDS = 31_536_000;
const INTERNALS: readonly (readonly [string, RegExp])[] = [
  ['a stack trace', /\bat .{0,120}[(\s/][\w.-]+\.(ts|js|mjs|cjs):\d+|Traceback \(most recent call last\)|File "[^"]+", line \d+/],
  ['what the parser said', /Unexpected (token|end)|in JSON at|is not valid JSON|JSON decode error|Expecting (value|property name)/],
  ['a forged host', /forged-host\.example/],
  ['a file path', /node_modules|\/(app|home|usr|srv|workspace|var)\/[\w./-]+|[A-Z]:\\\\/],
  [
    'SQL',
    /\b(select|insert into|update|delete from)\b.{1,200}\b(from|where|values|set|returning)\b|syntax error at|invalid input syntax|\b(relation|column|constraint) "|violates [a-z-]+ constraint/i,
  ],
  [
    'a driver or library',
    /\b(postgres(ql)?|pg_|kysely|express|fastify|FST_ERR_\w+|hono|zod|jsonwebtoken|pydantic\w*|starlette|fastapi|sqlalchemy|asyncpg|psycopg\d?|ECONNREFUSED|ENOTFOUND|neon\.tech|railway\.internal)\b/i,
  ],
];

/** Absent means: the very answer an impossible path gets. */
export function judgeAbsent(control: Exchange, exchanges: readonly Exchange[], passed: string): Verdict {
  const sound = expectStatus(control, 404, 'control-failed');
  if (sound.outcome !== 'pass') return conclude([{ ...sound, outcome: 'inconclusive' }], '');
  const observations = exchanges.map((exchange) => {
    // A page of HTML is what interactive docs are: here it is the finding, unless the edge or a failure made it.
    const doubt = cannotTell(exchange, 404);
    if (doubt && doubt.code !== 'html-answer') return doubt;
    const same = exchange.response?.status === 404 && comparable(exchange) === comparable(control);
    return expect({
      holds: same,
      code: 'something-there',
      otherwise: `${requestLine(exchange)} answered ${exchange.response?.status}, not as an impossible path does`,
      evidence: [exchange, control],
    });
  });
  return conclude(observations, passed);
}

export function judgeDocs({ control, documentation }: PathsEvidence): Verdict {
  return judgeAbsent(control, documentation, `${documentation.length} paths of documentation answer like one that cannot exist.`);
}

export function judgeContractAbsent({ control, contract }: PathsEvidence): Verdict {
  return judgeAbsent(control, contract, `${contract.length} paths of contracts answer like one that cannot exist.`);
}

export function judgeFiles({ control, files }: PathsEvidence): Verdict {
  return judgeAbsent(control, files, `${files.length} files and endpoints of operations answer like one that cannot exist.`);
}

export function judgeErrors(
  { forced, permitted }: ForcedErrorsEvidence,
  { classes }: StatusClassesEvidence,
  others: readonly Exchange[] = [],
): Verdict {
  const answers = classes.map(({ exchange }) => exchange);
  const clientErrors = classes.filter(({ status }) => status >= 400);
  // An API that refuses the app itself says so to everything: that is for the checks of origins to demand.
  const isAppRefused = classes.some(({ status, exchange }) => status < 300 && exchange.response?.status === 403);
  const elsewhere = others.filter(
    ({ response, request }) => (response?.status ?? 0) >= 400 || request.headers.some(([name]) => name === 'X-Forwarded-Host'),
  );
  return conclude(
    [
      ...requireAttempts('provoked errors', forced),
      ...clientErrors.flatMap(({ status, kind, exchange }) => {
        if (isServerError(exchange)) return [serverError(exchange, answers)];
        // That an unlisted origin is refused is for the checks of origins to demand.
        const doubt = kind === 'refused origin' || isAppRefused ? notReached(exchange, status) : undefined;
        return doubt ? [doubt] : [expectStatus(exchange, status), ...(exchange.response ? [clearProblem(exchange), ...echo(exchange)] : [])];
      }),
      ...forced.map((exchange) => forcedError(exchange, forced)),
      ...permitted.map((exchange) => permittedInput(exchange, permitted)),
      ...elsewhere.map((exchange) =>
        expect({ holds: internalsIn(exchange) === undefined, code: 'internals-shown', otherwise: showsInternals(exchange), evidence: [exchange] }),
      ),
    ],
    `${forced.length + permitted.length} provoked errors and ${clientErrors.length} ordinary ones: all client errors in problem+json; no error of the whole audit shows a stack, path, SQL or driver text.`,
  );
}

function isServerError(exchange: Exchange): boolean {
  return (exchange.response?.status ?? 0) >= 500 && !isSilent(exchange);
}

function firstOf({ id, retryOf }: Exchange): string {
  return retryOf ?? id;
}

/** Bad input must be refused; an API that fails on it again has a bug, whatever it says. Once may be a moment's outage. */
function serverError(exchange: Exchange, all: readonly Exchange[]): Observation {
  const failures = all.filter((each) => firstOf(each) === firstOf(exchange) && isServerError(each));
  const [status, times] = [exchange.response?.status, failures.length > 1 ? 'each time' : 'once, and not again'];
  const says = `${requestLine(exchange)} (${exchange.purpose}) made the API fail with ${status}, ${times}`;
  return observe(failures.length > 1 ? 'fail' : 'inconclusive', 'server-error', says, ...failures);
}

/** What nobody has heard of is not repeated to whoever asks; a problem may name it as its instance (RFC 9457 section 3.1.5). */
function echo(exchange: Exchange): Observation[] {
  if (exchange.response?.status !== 404) return [];
  const { instance: _, ...said } = record(json(exchange));
  const isEchoed = JSON.stringify(said).includes(pathOf(exchange.request.url));
  return [
    expect({
      holds: !isEchoed,
      code: 'path-echoed',
      otherwise: `${requestLine(exchange)} (${exchange.purpose}) comes back in its 404`,
      evidence: [exchange],
    }),
  ];
}

function forcedError(exchange: Exchange, all: readonly Exchange[]): Observation {
  const status = exchange.response?.status ?? 0;
  if (isServerError(exchange)) return serverError(exchange, all);
  // Express's own error page is HTML with a stack: the very leak looked for.
  if (!isSilent(exchange) && internalsIn(exchange) !== undefined) return clearProblem(exchange);
  const accepted = (): Observation =>
    observeFailure('bad-input-accepted', `${requestLine(exchange)} (${exchange.purpose}) answered ${status}`, exchange);
  return cannotTell(exchange) ?? (status >= 400 ? clearProblem(exchange) : accepted());
}

/** What the contract does not forbid may be taken, without a word of the inside; otherwise it is refused like anything else. */
function permittedInput(exchange: Exchange, all: readonly Exchange[]): Observation {
  const status = exchange.response?.status ?? 0;
  if (status < 200 || status > 299 || internalsIn(exchange) !== undefined) return forcedError(exchange, all);
  return cannotTell(exchange) ?? observePass('permitted', exchange);
}

/** Servers of applications, which an edge never is. */
const FRAMEWORK =
  /\b(express|fastify|hono|koa|hapi|nest(js)?|next\.?js|uvicorn|gunicorn|hypercorn|daphne|waitress|werkzeug|flask|django|fastapi|starlette|puma|phusion|kestrel|jetty|tomcat|undertow|netty|php|actix|axum|gin)\b/i;

export function judgeBanner(exchanges: readonly Exchange[]): Verdict {
  const observations = exchanges.map((exchange) => {
    const banner = Object.entries(exchange.response?.headers ?? {}).find(([name, values]) => isBanner(name, values.join(', ')));
    const named = banner === undefined ? '' : `${banner[0]}: ${banner[1].join(', ')}`;
    return expect({
      holds: banner === undefined,
      code: 'banner',
      otherwise: `${requestLine(exchange)} is answered with ${named}`,
      evidence: [exchange],
    });
  });
  return conclude(observations, 'No answer of the whole audit names a framework or a version.');
}

/** The version of the interface itself is no secret, and neither is that of the protocol in Via (RFC 9110 section 7.6.3). */
function isBanner(name: string, value: string): boolean {
  if (name === 'server') return /\d/.test(value) || FRAMEWORK.test(value);
  if (name === 'via') return /\b(?!HTTP\/)[\w-]+\/\d/i.test(value);
  return name === 'x-powered-by' || /^x-(?!api-).*version$/.test(name);
}

export function judgeHsts(evidence: StatusClassesEvidence, others: readonly Exchange[] = []): Verdict {
  return everywhere(evidence, others, 'HSTS of a year or more', 'hsts-missing', (exchange) => {
    const maxAge = /max-age="?(\d+)/i.exec(header(exchange, 'strict-transport-security') ?? '')?.[1];
    return Number(maxAge ?? 0) >= YEAR_SECONDS ? [] : ['HSTS of a year or more'];
  });
}

export function judgeSecurityHeaders(evidence: StatusClassesEvidence, others: readonly Exchange[] = []): Verdict {
  const what = 'nosniff, CSP none without framing, no framing and a private referrer policy';
  return everywhere(evidence, others, what, 'security-header-missing', (exchange) => {
    const holds = {
      nosniff: /^nosniff(, nosniff)*$/.test(header(exchange, 'x-content-type-options') ?? ''),
      'a CSP that forbids everything': forbidsEverything(header(exchange, 'content-security-policy') ?? ''),
      'X-Frame-Options': /^(deny|sameorigin)$/i.test(header(exchange, 'x-frame-options') ?? ''),
      'a private referrer policy': /^(no-referrer|same-origin|strict-origin(-when-cross-origin)?)$/.test(header(exchange, 'referrer-policy') ?? ''),
    };
    return namesOf(holds);
  });
}

export function judgePrivateResponses(evidence: StatusClassesEvidence, others: readonly Exchange[] = []): Verdict {
  return everywhere(evidence, others, 'no-store, no cookie and the exact type', 'storable', (exchange) => {
    const { status } = exchange.response ?? { status: 0 };
    const type = header(exchange, 'content-type') ?? '';
    // Health answers its own shape at 503 too.
    const types =
      status >= 500 ? ['application/problem+json', 'application/json'] : [status >= 400 ? 'application/problem+json' : 'application/json'];
    // What answers a preflight is read by nobody and cannot be stored (RFC 9110 section 9.3.7).
    const isPreflight = exchange.request.method === 'OPTIONS' && status === 200;
    return namesOf({
      'the exact type': status === 204 ? type === '' : isPreflight || types.some((wanted) => type === wanted || type.startsWith(`${wanted};`)),
      'no-store': status === 204 || isPreflight || /\bno-store\b/.test(header(exchange, 'cache-control') ?? ''),
      // Content delivery networks obey these before Cache-Control (RFC 9213).
      'no-store for networks': ['cdn-cache-control', 'surrogate-control'].every((name) => /^$|\bno-store\b/.test(header(exchange, name) ?? '')),
      'being free of cookies': header(exchange, 'set-cookie') === undefined,
    });
  });
}

/** What does not hold. */
function namesOf(holds: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(holds).filter((name) => holds[name] === false);
}

/** Directives of a Content-Security-Policy that name no sources. */
const SOURCELESS = /^(upgrade-insecure-requests|block-all-mixed-content|sandbox|report-uri|report-to|trusted-types|require-trusted-types-for)$/i;

/** Nothing may be loaded and nobody may frame it; a source beside 'none' makes browsers ignore 'none'. */
function forbidsEverything(policy: string): boolean {
  const directives = policy.split(';').flatMap((directive) => {
    const [name = '', ...values] = directive.trim().split(/\s+/);
    return name === '' ? [] : [{ name: name.toLowerCase(), values: values.join(' ') }];
  });
  const isNone = (wanted: string): boolean => directives.find(({ name }) => name === wanted)?.values === "'none'";
  const allowsNothing = directives.every(({ name, values }) => values === "'none'" || SOURCELESS.test(name));
  return isNone('default-src') && isNone('frame-ancestors') && allowsNothing;
}

/** Each documented status must have been seen with its headers; what else the audit was answered must have them too. */
function everywhere(
  { classes }: StatusClassesEvidence,
  others: readonly Exchange[],
  what: string,
  code: string,
  missing: (exchange: Exchange) => readonly string[],
): Verdict {
  const judge = (exchange: Exchange): Observation => {
    const lacks = missing(exchange);
    const broken = `${requestLine(exchange)} (${exchange.purpose}) answered ${exchange.response?.status} without ${lacks.join(', ')}`;
    return expect({ holds: lacks.length === 0, code: code, otherwise: broken, evidence: [exchange] });
  };
  const observations = classes.map(({ status, exchange }) => notReached(exchange, status) ?? judge(exchange));
  if (classes.length > 0) observations.push(...others.map(judge));
  const statuses = [...new Set(classes.map(({ status }) => status))].toSorted((a, b) => a - b);
  return conclude(observations, `On answers with ${statuses.join(', ')}, and on every other answer of the audit: ${what}.`);
}

function clearProblem(exchange: Exchange): Observation {
  if (internalsIn(exchange) !== undefined) return observeFailure('internals-shown', showsInternals(exchange), exchange);
  const got = `${requestLine(exchange)} (${exchange.purpose}) answered ${exchange.response?.status} as ${header(exchange, 'content-type') ?? 'nothing'}`;
  return expect({ holds: isProblem(exchange), code: 'not-a-problem', otherwise: `${got}, not as problem+json`, evidence: [exchange] });
}

/** The kind of internals an answer shows in its body or headers. */
function internalsIn(exchange: Exchange): string | undefined {
  // In JSON a quote stands escaped.
  const body = (exchange.response?.body ?? '').replaceAll('\\"', '"');
  const text = `${body} ${JSON.stringify(exchange.response?.headers ?? {})}`;
  return INTERNALS.find(([, pattern]) => pattern.test(text))?.[0];
}

function showsInternals(exchange: Exchange): string {
  return `${requestLine(exchange)} (${exchange.purpose}) answered ${exchange.response?.status} and shows ${internalsIn(exchange)}`;
}
