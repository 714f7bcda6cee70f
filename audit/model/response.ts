import type { Exchange } from './exchange.ts';
import { type Observation, observePass, observeFailure, observeDoubt } from './verdict.ts';

/** A header's only value; undefined when it is absent, every value joined when it was sent more than once. */
export function header(exchange: Exchange, name: string): string | undefined {
  return exchange.response?.headers[name]?.join(', ');
}

export function json(exchange: Exchange): unknown {
  try {
    return JSON.parse(exchange.response?.body ?? '');
  } catch {
    return undefined;
  }
}

export function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

export function isProblem(exchange: Exchange): boolean {
  const body = record(json(exchange));
  return (
    /^application\/problem\+json(;|$)/.test(header(exchange, 'content-type') ?? '') &&
    body['status'] === exchange.response?.status &&
    typeof body['title'] === 'string'
  );
}

/** Readable always (Fetch standard, CORS-safelisted response-header name), or meant for browsers and caches alone. */
const NOT_FOR_SCRIPTS =
  /^(cache-control|content-[\w-]+|expires|last-modified|pragma|age|date|allow|vary|set-cookie|www-authenticate|strict-transport-security|referrer-policy|x-content-type-options|x-frame-options|access-control-[\w-]+)$/;

/** Of the headers that the contract has in answers those which this one carries, and which scripts can read only where they are exposed. */
export function promised(exchange: Exchange, documented: readonly string[]): string[] {
  return documented.filter((name) => !NOT_FOR_SCRIPTS.test(name) && header(exchange, name) !== undefined);
}

/** Contracts have either status for a creation; that it is the documented one is demanded where it is sent. */
export function isCreated(exchange: Exchange): boolean {
  return [200, 201].includes(exchange.response?.status ?? 0) && /\bjson\b/.test(header(exchange, 'content-type') ?? '');
}

/** "GET /health", for sentences. */
export function requestLine({ request }: { request: Exchange['request'] }): string {
  return `${request.method} ${pathOf(request.url)}`;
}

export function pathOf(url: string): string {
  return url.replace(/^[a-z]+:\/\/[^/]*/, '') || '/';
}

/**
 * Why an answer tells nothing about the API's own rules: none came, something in front of the API made it, the API
 * failed, or its limiter spoke. Undefined when the answer can be judged.
 */
export function cannotTell(exchange: Exchange, expected?: number): Observation | undefined {
  const { response, error } = exchange;
  const doubt = (code: string, why: string): Observation => observeDoubt(code, `${requestLine(exchange)} (${exchange.purpose}): ${why}`, exchange);
  if (response === undefined) return doubt('no-answer', `no answer (${error ?? 'unknown reason'})`);
  if (response.headers['x-railway-fallback'] !== undefined)
    return doubt('edge-fallback', `the platform's edge answered ${response.status}, not the API`);
  if (isHtmlPage(header(exchange, 'content-type'), response.body)) return doubt('html-answer', `answered ${response.status} with an HTML page`);
  if (response.status === expected) return undefined;
  if (response.status === 429) return doubt('rate-limited', 'the limiter answered 429 out of turn');
  if (response.status >= 500) return doubt('server-error', `the API answered ${response.status}`);
  return undefined;
}

/** JSON under the type of a page is the API's own response with a wrong type: that is a finding, and not a doubt about the rest. */
export function isHtmlPage(type: string | undefined, body: string): boolean {
  return type?.startsWith('text/html') === true && !/^\s*[{[]/.test(body);
}

/** Demands an exact status; what `cannotTell` says is never a pass. */
export function expectStatus(exchange: Exchange, status: number, code = 'wrong-status'): Observation {
  return (
    cannotTell(exchange, status) ??
    (exchange.response?.status === status
      ? observePass(code, exchange)
      : observeFailure(code, `${requestLine(exchange)} (${exchange.purpose}) answered ${exchange.response?.status}, not ${status}`, exchange))
  );
}

/** Why an answer does not stand for its status class: what was to be provoked did not come. */
export function notReached(exchange: Exchange, status: number): Observation | undefined {
  if (cannotTell(exchange, status)) return cannotTell(exchange, status);
  const got = exchange.response?.status;
  return got === status
    ? undefined
    : observeDoubt(
        'status-not-reached',
        `${requestLine(exchange)} (${exchange.purpose}) answered ${got}, so nothing is known of ${status}`,
        exchange,
      );
}

/** The body with what differs between any two answers taken out: the path that was asked for, request ids and times. */
export function comparable(exchange: Exchange): string {
  const asWhole = pathOf(exchange.request.url);
  const [path = ''] = asWhole.split('?');
  return (exchange.response?.body ?? '')
    .replaceAll(asWhole.length > 1 ? asWhole : '\0', '<path>')
    .replaceAll(path.length > 1 ? path : '\0', '<path>')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi, '<id>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>');
}

/** The target rejects the credentials of the request. Any other response is judged where more is known. */
export function isRejected({ response }: Exchange): boolean {
  return [401, 403].includes(response?.status ?? 0);
}
