import type { Exchange } from '../../model/exchange.ts';
import type { PathsEvidence } from './gather.ts';
import type { StatusClassesEvidence } from '../headers/gather.ts';
import type { ForcedErrorsEvidence } from './gather-errors.ts';
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
