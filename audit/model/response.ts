import type { Exchange } from './exchange.ts';
import { isJsonType, mediaType } from './header-fields.ts';
import { parseJson, record } from './json.ts';
import { payload } from './payload.ts';
import { type Variation, wordsOf } from './words.ts';
import { type Observation, observePass, observeFailure, observeDoubt } from './verdict.ts';

/** A header's only value; undefined when it is absent, every value joined when it was sent more than once. */
export function header(exchange: Exchange, name: string): string | undefined {
  return exchange.response?.headers[name]?.join(', ');
}

export function json(exchange: Exchange): unknown {
  return parseJson(exchange.response?.body);
}

export function isProblem(exchange: Exchange): boolean {
  const body = record(json(exchange));
  return (
    mediaType(header(exchange, 'content-type')) === 'application/problem+json' &&
    body['status'] === exchange.response?.status &&
    typeof body['title'] === 'string'
  );
}

/** Readable always (Fetch standard, CORS-safelisted response-header name), or only meant for browsers and caches. */
const NOT_FOR_SCRIPTS =
  /^(cache-control|content-[\w-]+|expires|last-modified|pragma|age|date|allow|vary|set-cookie|www-authenticate|strict-transport-security|referrer-policy|x-content-type-options|x-frame-options|access-control-[\w-]+)$/;

/** Of the headers that the contract documents for responses, those that this one has and that scripts can read only where they are exposed. */
export function promised(exchange: Exchange, documented: readonly string[]): string[] {
  return documented.filter((name) => !NOT_FOR_SCRIPTS.test(name) && header(exchange, name) !== undefined);
}

/** Contracts document one of these statuses for a creation; the check that sends it requires the documented one. */
export function isCreated(exchange: Exchange): boolean {
  return [200, 201, 202].includes(exchange.response?.status ?? 0) && isJsonType(header(exchange, 'content-type'));
}

/** "GET /health", for sentences. */
export function requestLine({ request }: { request: Exchange['request'] }): string {
  return `${request.method} ${pathOf(request.url)}`;
}

/** Such as: GET /api/v1/tasks (a negative page size) */
export function described(exchange: Exchange): string {
  return `${requestLine(exchange)} (${exchange.purpose})`;
}

export function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/]*/, '') || '/';
}

/**
 * Why an exchange shows nothing about the API's own rules: it has no response, one of something in front of the API, a server
 * error or a 429. Undefined when the response can be judged.
 */
export function cannotTell(exchange: Exchange, expected?: number): Observation | undefined {
  const { response, error } = exchange;
  const doubt = (code: string, why: string): Observation => observeDoubt(code, `${described(exchange)}: ${why}`, exchange);
  if (response === undefined) return doubt('no-answer', `no response (${error ?? 'unknown reason'})`);
  if (response.headers['x-railway-fallback'] !== undefined)
    return doubt('edge-fallback', `the platform's edge returned ${response.status} in place of the API`);
  if (isHtmlPage(header(exchange, 'content-type'), response.body)) return doubt('html-answer', `returned ${response.status} with an HTML page`);
  if (response.status === expected) return undefined;
  if (response.status === 429) return doubt('rate-limited', 'the rate limiter returned 429');
  if (response.status >= 500) return doubt('server-error', `the API returned ${response.status}`);
  return undefined;
}

/** JSON with the content type of a page is the API's own response with a wrong type: a finding, and not a doubt about the rest. */
export function isHtmlPage(type: string | undefined, body: string): boolean {
  return mediaType(type) === 'text/html' && !/^\s*[{[]/.test(body);
}

/** Expects an exact status; an exchange that cannot be judged is a doubt. */
export function expectStatus(exchange: Exchange, status: number, code = 'wrong-status'): Observation {
  return (
    cannotTell(exchange, status) ??
    (exchange.response?.status === status
      ? observePass(code, exchange)
      : observeFailure(code, `${described(exchange)} returned ${exchange.response?.status} instead of ${status}`, exchange))
  );
}

/** Why a response does not represent its status class: the request did not cause that status. */
export function notReached(exchange: Exchange, status: number): Observation | undefined {
  const got = exchange.response?.status;
  const what = `${described(exchange)} returned ${got} instead of ${status}, so no response with that status was checked`;
  return cannotTell(exchange, status) ?? (got === status ? undefined : observeDoubt('status-not-reached', what, exchange));
}

/**
 * The body without what differs between any two responses: the requested path, request ids and times.
 * @param variation what was learned from responses that are alike
 */
export function comparable(exchange: Exchange, variation: Variation = new Set()): string {
  const pathAndQuery = pathOf(exchange.request.url);
  const [path = ''] = pathAndQuery.split('?');
  const body = (exchange.response?.body ?? '')
    .replaceAll(pathAndQuery.length > 1 ? pathAndQuery : '\0', '<path>')
    .replaceAll(path.length > 1 ? path : '\0', '<path>')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d([.,]\d+)?( ?(Z|UTC|[+-]\d\d:?\d\d))?/g, '<time>')
    .replaceAll(OF_ONE_RESPONSE, '$1"<varies>"');
  if (variation.size === 0) return body;
  return JSON.stringify(wordsOf(body).map(([place, word]) => [place, variation.has(place) ? '<varies>' : word]));
}

/** Members of error documents that identify one response or state its time. */
const OF_ONE_RESPONSE = /("(?:(?:request|trace|correlation|error|incident|event)_?-?id|trace|timestamp|time)" ?: ?)("[^"]*"|\d+)/gi;

/** Whether a read returned 200 with the text. */
export function isFound({ response }: Exchange, text: string): boolean {
  return response?.status === 200 && response.body.includes(text);
}

/** The properties of an object that differ between two reads although it did not change, such as the time of the read. */
export type Varying = readonly string[];

/**
 * Whether a read returned 200 with the same object as an earlier read. What is around the object in an envelope may differ.
 */
export function isUnchanged(exchange: Exchange, before: Exchange, varying: Varying = []): boolean {
  return exchange.response?.status === 200 && differencesOf(exchange, before).every((name) => varying.includes(name));
}

/** The properties in which the objects of two responses differ, such as meta.served_at; an empty name where they are not objects. */
export function differencesOf(one: Exchange, other: Exchange): string[] {
  if (one.response?.body === other.response?.body) return [];
  return differences(payload(json(one)), payload(json(other)));
}

function differences(one: unknown, other: unknown, at: readonly string[] = []): string[] {
  const names = [...new Set([one, other].flatMap((each) => Object.keys(record(each))))];
  const areObjects = [one, other].every((each) => record(each) === each);
  if (areObjects) return names.flatMap((name) => differences(record(one)[name], record(other)[name], [...at, name]));
  return one !== undefined && JSON.stringify(one) === JSON.stringify(other) ? [] : [at.join('.')];
}

/** Where the response redirects to; undefined where it does not. */
export function redirectOf(exchange: Exchange): URL | undefined {
  const isRedirect = [301, 302, 303, 307, 308].includes(exchange.response?.status ?? 0);
  return (isRedirect ? URL.parse(header(exchange, 'location') ?? '', exchange.request.url) : undefined) ?? undefined;
}

/** Routers redirect to the path that they know, with or without a last slash. The audit requests that path with the same credentials. */
export function isSameOriginRedirect(exchange: Exchange): boolean {
  return redirectOf(exchange)?.origin === new URL(exchange.request.url).origin;
}

/** Whether a proxy in front of the target may have rejected or redirected another spelling itself, without the headers of the target. */
export function mayBeOfProxy({ step, response }: Exchange): boolean {
  const status = response?.status ?? 0;
  return step === 'spelling' && ((status >= 300 && status <= 499) || status === 501);
}

/** The status of the response, or why there is none, for sentences. */
export function statusOf({ response, error }: Exchange): string {
  return String(response?.status ?? error ?? 'no response');
}

export function isLimited({ response }: Exchange): boolean {
  return response?.status === 429;
}

/** The target rejects the credentials of the request. Other checks judge any other response. */
export function isRejected({ response }: Exchange): boolean {
  return [401, 403].includes(response?.status ?? 0);
}

/** Expects a rejection of the credentials. That 403 is the wrong status for it is the finding of one check only. */
export function expectRejected(exchange: Exchange): Observation {
  const otherwise = `${described(exchange)} returned ${exchange.response?.status} instead of 401`;
  return cannotTell(exchange) ?? (isRejected(exchange) ? observePass('rejected', exchange) : observeFailure('not-rejected', otherwise, exchange));
}

/** Of a process that reports an error or is not there; 503 means that the target sheds load or waits for its database. */
const BROKEN = [500, 502, 504];
/** Reasons that lie on the way to the target. */
const ON_THE_WAY = /ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ENETDOWN|^not sent/;

/** Whether the exchange shows that the target broke or hangs. */
export function isBroken({ response, error = '' }: Pick<Exchange, 'response' | 'error'>): boolean {
  return response === undefined ? !ON_THE_WAY.test(error) : BROKEN.includes(response.status);
}
