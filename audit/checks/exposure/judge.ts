import type { Exchange } from '../../model/exchange.ts';
import type { StatusClassesEvidence } from '../headers/gather.ts';
import type { ForcedErrorsEvidence } from './gather-errors.ts';
import type { PathsEvidence } from './gather.ts';
import { internalsIn } from './internals.ts';
import { record } from '../../model/json.ts';
import { described, requestLine, cannotTell, comparable, expectStatus, header, isProblem, json, notReached, pathOf } from '../../model/response.ts';
import { variationOf } from '../../model/variation.ts';
import { counted } from '../../model/wording.ts';
import type { Policy } from '../../model/policy.ts';
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
  underPolicy,
} from '../../model/verdict.ts';

/** A path is absent when it gets the same response as a random path, at the root or below the base path. */
export function judgeAbsent(controls: readonly Exchange[], exchanges: readonly Exchange[], passed: string): Verdict {
  const failed = controls.map((control) => expectStatus(control, 404, 'control-failed')).find(({ outcome }) => outcome !== 'pass');
  if (failed) return conclude({ ...failed, outcome: 'inconclusive' });
  const variation = variationOf(controls);
  const expected = new Set(controls.map((control) => comparable(control, variation)));
  const observations = exchanges.map((exchange) => {
    // Interactive docs are HTML, so an HTML response is the finding here, unless an edge or a failure produced it.
    const doubt = cannotTell(exchange, 404);
    if (doubt && doubt.code !== 'html-answer') return doubt;
    const { status } = exchange.response ?? {};
    if (isSlashRemoved(exchange, exchanges)) return observePass('slash-removed', exchange);
    return expect(
      status === 404 && expected.has(comparable(exchange, variation)),
      'not-absent',
      `${requestLine(exchange)} returned ${status === 404 ? 'another 404 than' : `${status}, not the 404 of`} a random path.`,
      exchange,
      ...controls,
    );
  });
  return conclude(observations, passed);
}

/** A redirect to the same path without the slash at its end, which is judged too. */
export function isSlashRemoved(exchange: Exchange, all: readonly Exchange[]): boolean {
  const [path, location] = [pathOf(exchange.request.url), header(exchange, 'location')];
  if (![301, 302, 307, 308].includes(exchange.response?.status ?? 0) || location === undefined || !URL.canParse(location, exchange.request.url))
    return false;
  const target = new URL(location, exchange.request.url).pathname;
  return path === `${target}/` && all.some(({ request }) => pathOf(request.url) === target);
}

export function judgeDocs({ controls, documentation }: PathsEvidence): Verdict {
  return judgeAbsent(controls, documentation, absent(documentation, 'documentation path'));
}

export function judgeContractAbsent({ controls, contract }: PathsEvidence): Verdict {
  return judgeAbsent(controls, contract, absent(contract, 'contract path'));
}

function absent({ length }: readonly Exchange[], singular: string): string {
  return length === 1 ? `1 ${singular} returns the same 404 as a random path.` : `${length} ${singular}s return the same 404 as a random path.`;
}

export function judgeErrors(
  { forced, permitted, byPolicy }: ForcedErrorsEvidence,
  { classes }: StatusClassesEvidence,
  others: readonly Exchange[] = [],
): Verdict {
  const documented = classes.filter(({ status }) => status >= 400);
  const elsewhere = others.filter(
    ({ response, request }) => (response?.status ?? 0) >= 400 || request.headers.some(([name]) => name === 'X-Forwarded-Host'),
  );
  return conclude(
    [
      ...requireAttempts('requests that provoke errors', forced),
      ...judgeDocumentedErrors(classes),
      ...forced.map((exchange) => judgeForced(exchange, forced)),
      ...permitted.map((exchange) => judgePermitted(exchange, permitted)),
      ...byPolicy.map(({ policy, exchange }) => judgeByPolicy(policy, exchange, byPolicy)),
      ...elsewhere.map((exchange) => expect(internalsIn(exchange) === undefined, 'internals-shown', showsInternals(exchange), exchange)),
    ],
    `${counted(forced.length, 'request')} with forbidden input and ${counted(documented.length, 'request')} for documented errors got a client error.${permitted.length === 0 ? '' : ` ${counted(permitted.length, 'request')} with permitted input succeeded or got such an error.`} No error of the audit shows a stack trace, file path, SQL or driver text.`,
  );
}

function judgeDocumentedErrors(classes: StatusClassesEvidence['classes']): Observation[] {
  const exchanges = classes.map(({ exchange }) => exchange);
  // An API that rejects the app's origin returns 403 to every request. The checks of origins judge that.
  const isAppRejected = classes.some(({ status, exchange }) => status < 300 && exchange.response?.status === 403);
  return classes
    .filter(({ status, required }) => (required?.status ?? status) >= 400)
    .flatMap(({ status, kind, exchange, required }) => {
      if (isServerError(exchange)) return [judgeServerError(exchange, exchanges)];
      // The checks of origins judge whether an unlisted origin is rejected.
      const doubt = kind === 'disallowed origin' || isAppRejected ? notReached(exchange, status) : undefined;
      if (doubt) return [doubt];
      const expected =
        required === undefined ? expectStatus(exchange, status) : underPolicy(required.policy, expectStatus(exchange, required.status));
      const isError = (exchange.response?.status ?? 0) >= 400;
      return [expected, ...(isError ? [judgeProblem(exchange), ...judgeEcho(exchange)] : [])];
    });
}

/** 501 is the status for a method that a server does not know (RFC 9110 section 15.6.2). */
const USUAL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

function isUnknownMethod({ request, response }: Exchange): boolean {
  return response?.status === 501 && !USUAL_METHODS.includes(request.method);
}

function isServerError(exchange: Exchange): boolean {
  return (exchange.response?.status ?? 0) >= 500 && !isSilent(exchange);
}

function idOfFirst({ id, retryOf }: Exchange): string {
  return retryOf ?? id;
}

/** A repeated 5xx is a bug; a single one may be a short outage. */
function judgeServerError(exchange: Exchange, all: readonly Exchange[]): Observation {
  const failures = all.filter((each) => idOfFirst(each) === idOfFirst(exchange) && isServerError(each));
  const isRepeated = failures.length > 1;
  const says = `${described(exchange)} returned ${exchange.response?.status} ${isRepeated ? `${failures.length} times` : 'once'}.`;
  return observe(isRepeated ? 'fail' : 'inconclusive', 'server-error', says, ...failures);
}

/** A 404 must not contain the requested path, except as the instance of the problem (RFC 9457 section 3.1.5). */
function judgeEcho(exchange: Exchange): Observation[] {
  if (exchange.response?.status !== 404) return [];
  const { instance: _, ...rest } = record(json(exchange));
  return [
    expect(
      !JSON.stringify(rest).includes(pathOf(exchange.request.url)),
      'path-echoed',
      `The 404 response to ${described(exchange)} contains the requested path.`,
      exchange,
    ),
  ];
}

export function judgeForced(exchange: Exchange, all: readonly Exchange[]): Observation {
  const status = exchange.response?.status ?? 0;
  if (isUnknownMethod(exchange) && internalsIn(exchange) === undefined) return observePass('unknown-method', exchange);
  if (isServerError(exchange)) return judgeServerError(exchange, all);
  // The default error page of Express is HTML with a stack trace, so it must not become a doubt.
  if (!isSilent(exchange) && internalsIn(exchange) !== undefined) return judgeProblem(exchange);
  const doubt = cannotTell(exchange);
  if (doubt) return doubt;
  return status >= 400
    ? judgeProblem(exchange)
    : observeFailure('bad-input-accepted', `${described(exchange)} returned ${status}, not a client error.`, exchange);
}

/** Input that an API without the policy may accept. */
function judgeByPolicy(policy: Policy, exchange: Exchange, all: ForcedErrorsEvidence['byPolicy']): Observation {
  const observation = judgeForced(
    exchange,
    all.map((each) => each.exchange),
  );
  return observation.code === 'bad-input-accepted' ? underPolicy(policy, observation) : observation;
}

/** Permitted input may succeed without showing internals. Otherwise it is judged like forbidden input. */
export function judgePermitted(exchange: Exchange, all: readonly Exchange[]): Observation {
  const status = exchange.response?.status ?? 0;
  if (status < 200 || status > 299 || internalsIn(exchange) !== undefined) return judgeForced(exchange, all);
  return cannotTell(exchange) ?? observePass('permitted', exchange);
}

function judgeProblem(exchange: Exchange): Observation {
  if (internalsIn(exchange) !== undefined) return observeFailure('internals-shown', showsInternals(exchange), exchange);
  const type = header(exchange, 'content-type') ?? 'no content type';
  const otherwise = `${described(exchange)} returned ${exchange.response?.status} as ${type}, which is not a valid problem+json document.`;
  return underPolicy('problem-details', expect(isProblem(exchange), 'not-a-problem', otherwise, exchange));
}

function showsInternals(exchange: Exchange): string {
  return `${described(exchange)} returned ${exchange.response?.status} with ${internalsIn(exchange)}.`;
}
