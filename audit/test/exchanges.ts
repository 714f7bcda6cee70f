import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { BrowserExchange, Exchange, Inspection } from '../model/exchange.ts';
import type { Outcome, Verdict } from '../model/verdict.ts';
import type { StatusClassesEvidence } from '../checks/headers/gather.ts';
import type { Canary, Victim } from '../gather/tenants.ts';

// Builders of valid evidence for tests, so that each case states one difference.

export const APP_ORIGIN = 'https://tasks-app.vercel.app';
export const API = 'https://api.example.com';
export const LIST = '/api/v1/tasks';
/** 2026-11-20T08:00:00Z */
export const NOW = 1_795_161_600_000;

type ResponseFields = { status?: number; body?: unknown; headers?: Readonly<Record<string, string | readonly string[] | undefined>> };
type Sent = Partial<Pick<Exchange, 'actor' | 'purpose' | 'step' | 'retryOf' | 'controlOf' | 'at' | 'ms'>> & {
  method?: string;
  path?: string;
  headers?: readonly (readonly [string, string])[];
  body?: string;
};

/** Headers of every response of the service. */
const EVERYWHERE = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'content-type': 'application/json; charset=utf-8',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  vary: 'Origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

let count = 0;
const nextId = (): string => `0-${(count += 1)}`;

/** A request and its response; text is used unchanged, anything else as JSON. */
export function exchange(
  { method = 'GET', path = '/', actor = 'tenant A', purpose = 'a request', step, retryOf, controlOf, at = NOW, ms = 20, headers = [], body }: Sent,
  fields: ResponseFields = {},
): Exchange {
  return {
    id: nextId(),
    evidence: 'tokens',
    actor,
    purpose,
    ...(step && { step }),
    ...(retryOf && { retryOf }),
    ...(controlOf && { controlOf }),
    request: { method, url: `${API}${path}`, headers, ...(body !== undefined && { body }) },
    response: response(fields),
    leaked: [],
    at,
    ms,
  };
}

export function response({ status = 200, body = {}, headers = {} }: ResponseFields): NonNullable<Exchange['response']> {
  const sent = Object.entries({ ...EVERYWHERE, ...headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, typeof value === 'string' ? [value] : value] as const],
  );
  return { status, headers: Object.fromEntries(sent), body: typeof body === 'string' ? body : JSON.stringify(body) };
}

/** A rejection as problem details (RFC 9457). */
export function problem(status: number, headers: ResponseFields['headers'] = {}, title = 'Rejected'): ResponseFields {
  const challenge = status === 401 ? { 'www-authenticate': 'Bearer' } : {};
  return {
    status,
    body: { type: 'about:blank', title, status, code: 'rejected' },
    headers: { 'content-type': 'application/problem+json; charset=utf-8', ...challenge, ...headers },
  };
}

export function inspection(subject = 'an inspected file'): Inspection {
  return { id: nextId(), evidence: 'configuration', subject, at: NOW, ms: 5 };
}

/** One fetch whose response the page's script could read. */
export function readFetch({
  method = 'GET',
  path = '/health',
  purpose = 'a fetch',
  origin = APP_ORIGIN,
  status = 200,
  headers = {},
  body = '{}',
}: {
  method?: string;
  path?: string;
  purpose?: string;
  origin?: string;
  status?: number;
  headers?: Record<string, string>;
  body?: string;
}): BrowserExchange {
  const preflighted = !purpose.startsWith('simple');
  return {
    ...pageRequest({ method, path, purpose, origin, preflighted }),
    ...(preflighted && { preflight: { status: 204 } }),
    status,
    requestLeft: true,
    read: { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers }, body },
  };
}

/** One fetch that the browser blocked. */
export function blockedFetch({
  method = 'GET',
  path = '/health',
  purpose = 'a fetch',
  origin,
}: {
  method?: string;
  path?: string;
  purpose?: string;
  origin: string;
}): BrowserExchange {
  const preflighted = !purpose.startsWith('simple');
  return {
    ...pageRequest({ method, path, purpose, origin, preflighted }),
    ...(preflighted
      ? { preflight: { status: 403 }, blockedBecause: 'PreflightMissingAllowOriginHeader' }
      : { blockedBecause: 'MissingAllowOriginHeader', status: 403 }),
    requestLeft: !preflighted,
  };
}

function pageRequest({
  method,
  path,
  purpose,
  origin,
  preflighted,
}: {
  method: string;
  path: string;
  purpose: string;
  origin: string;
  preflighted: boolean;
}): Omit<BrowserExchange, 'requestLeft'> {
  const headers = preflighted ? ([['Authorization', 'Bearer <token of tenant A>']] as const) : [];
  const url = path.startsWith('https:') ? path : `${API}${path}`;
  return {
    id: nextId(),
    evidence: 'cors-browser',
    actor: 'tenant A',
    purpose,
    expectedOrigin: origin,
    pageOrigin: origin,
    request: { method, url, headers },
    edgeResponded: false,
    leaked: [],
    at: NOW,
    ms: 30,
  };
}

export function task(id: number, title: string): Record<string, unknown> {
  return { id, user_id: 'audit-user', title, completed: false, created_at: '2026-11-20T08:00:00.000Z' };
}

/** An object as its owner created it. */
export function canary(id: number, text: string, actor: Canary['actor'] = 'tenant A'): Canary {
  return {
    actor,
    id: String(id),
    text,
    created: exchange({ method: 'POST', path: LIST, purpose: 'create', actor }, { status: 201, body: task(id, text) }),
  };
}

/** The same, and what its owner read before it was attacked. */
export function attacked(id: number, text: string): Victim {
  const created = canary(id, text);
  return { ...created, before: reading(created, 'owner reads before'), varying: [] };
}

/** Its owner's read of it. */
export function reading({ id, text, actor }: Canary, purpose = 'owner reads'): Exchange {
  return exchange({ path: `${LIST}/${id}`, purpose, actor }, { body: task(Number(id), text) });
}

export function listing(actor: Exchange['actor'], tasks: readonly Record<string, unknown>[], purpose = 'the remaining objects'): Exchange {
  return exchange({ path: `${LIST}?per_page=100`, purpose, actor }, { body: { tasks, total: tasks.length, page: 1, per_page: 100 } });
}

export function statusClasses(): StatusClassesEvidence {
  const cors = { 'access-control-allow-origin': APP_ORIGIN };
  const headers = [['Origin', APP_ORIGIN]] as const;
  const good = (status: number, purpose: string, method = 'GET'): Exchange =>
    exchange({ method, path: LIST, purpose, headers }, { status, headers: cors });
  const bad = (status: number, purpose: string): Exchange => exchange({ path: LIST, purpose, headers }, problem(status, cors));
  return {
    appOrigin: APP_ORIGIN,
    classes: [
      { status: 200, kind: 'open', exchange: good(200, 'health') },
      { status: 200, kind: 'private', exchange: good(200, 'a list') },
      {
        status: 204,
        kind: 'preflight',
        exchange: exchange(
          { method: 'OPTIONS', path: LIST, purpose: 'a preflight', actor: 'anonymous', headers },
          { status: 204, body: '', headers: { ...cors, 'content-type': undefined } },
        ),
      },
      { status: 403, kind: 'disallowed origin', exchange: exchange({ path: LIST, purpose: 'a disallowed origin' }, problem(403)) },
      ...[400, 401, 404, 405, 413, 415, 422].map((status) => ({ status, kind: 'private' as const, exchange: bad(status, `a ${status}`) })),
      { status: 201, kind: 'private', exchange: good(201, 'a new object', 'POST') },
    ],
  };
}

/** Responses that show nothing about the API's own rules. */
const USELESS: Readonly<Record<string, ResponseFields | undefined>> = {
  'no response': undefined,
  '429': problem(429, { 'retry-after': '17' }, 'Too many requests'),
  '503': { status: 503, body: { error: 'unavailable' } },
  HTML: { status: 200, body: '<!doctype html><title>Welcome</title>', headers: { 'content-type': 'text/html; charset=utf-8' } },
  'edge fallback': { status: 404, body: { status: 'error', code: 404, message: 'Application not found' }, headers: { 'x-railway-fallback': 'true' } },
};

/** The same exchange with such a response. */
function useless(found: Exchange | BrowserExchange, kind: string): Exchange | BrowserExchange {
  const fields = USELESS[kind];
  if (!('expectedOrigin' in found)) {
    const { response: _, ...rest } = found;
    return fields === undefined ? { ...rest, error: 'connect ECONNREFUSED' } : { ...rest, response: response(bare(fields)) };
  }
  const { read, blockedBecause: _, preflight, status: __, ...fetch } = found;
  if (fields === undefined) return { ...fetch, requestLeft: false, blockedBecause: 'net::ERR_CONNECTION_REFUSED' };
  const { status, headers, body } = response(bare(fields));
  const edgeResponded = 'x-railway-fallback' in headers;
  // A page that can read one response can read all; one that cannot, can read none of these.
  if (read !== undefined || kind === 'HTML')
    return {
      ...fetch,
      ...(preflight && { preflight }),
      edgeResponded,
      status,
      read: { status, headers: Object.fromEntries(Object.entries(headers).map(([name, [value = '']]) => [name, value])), body },
    };
  return preflight === undefined ? { ...found, edgeResponded, status } : { ...found, edgeResponded, preflight: { status } };
}

/** Responses of an edge or a limiter have none of the service's own headers. */
function bare(fields: ResponseFields): ResponseFields {
  return {
    ...fields,
    headers: {
      ...Object.fromEntries(Object.keys(EVERYWHERE).map((name) => [name, undefined])),
      'content-type': 'application/json',
      ...fields.headers,
    },
  };
}

type Mutable<T> = T extends (...args: never[]) => unknown ? T : T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;

/** One difference to the valid evidence, and the expected outcome. */
type Case<E> = readonly [name: string, change: (evidence: Mutable<E>) => void, outcome: Outcome | 'not pass', code?: string | undefined];

type Walk = {
  /** Exchanges that the judge does not use, with the reason. `[*]` matches every index; a suffix such as ": HTML" one kind. */
  ignores?: Readonly<Record<string, string>>;
};

/**
 * The tests of one judge: valid evidence passes, each case has its outcome, and evidence in which any one exchange has a useless response
 * never passes.
 */
export function examine<E>(
  name: string,
  judge: (evidence: E) => Verdict,
  valid: () => E,
  cases: readonly Case<E>[],
  { ignores = {} }: Walk = {},
): void {
  describe(name, () => {
    test('passes on valid evidence, with evidence for each observation', () => {
      const verdict = judge(valid());
      expectVerdict(verdict, 'pass');
      assert.ok(verdict.observations.length > 0 && verdict.observations.every(({ evidence }) => evidence.length > 0), 'a pass must have evidence');
    });
    for (const [what, change, outcome, code] of cases) {
      test(`${outcome}: ${what}`, () => {
        const changed = structuredClone(valid()) as Mutable<E>;
        change(changed);
        expectVerdict(judge(changed as unknown as E), outcome, code);
      });
    }
    const places = placesOf(valid());
    if (places.length === 0) return;
    let known: readonly string[] | undefined;
    const passing = (): readonly string[] =>
      (known ??= places.flatMap((place) =>
        Object.keys(USELESS).flatMap((kind) => {
          const changed = structuredClone(valid());
          replaceAt(changed, place, kind);
          return judge(changed).outcome === 'pass' ? [`${place.replaceAll(/\[\d+\]/g, '[*]')}: ${kind}`] : [];
        }),
      ));
    const covers = (key: string, found: string): boolean =>
      key === found || found.startsWith(`${key}: `) || (key.endsWith('.') && found.startsWith(key));
    test('never passes when a response that it uses shows nothing', () => {
      const found = [...new Set(passing())];
      assert.deepEqual(
        found.filter((each) => !Object.keys(ignores).some((key) => covers(key, each))),
        [],
        'passed although this response shows nothing',
      );
      assert.deepEqual(
        Object.keys(ignores).filter((key) => !found.some((each) => covers(key, each))),
        [],
        'this exception is no longer needed',
      );
    });
  });
}

export function expectVerdict(verdict: Verdict, outcome: Outcome | 'not pass', code?: string): void {
  if (outcome === 'not pass') assert.notEqual(verdict.outcome, 'pass', `passed: ${verdict.summary}`);
  else assert.equal(verdict.outcome, outcome, `${verdict.code}: ${verdict.summary}`);
  if (code === undefined) return;
  const codes = [
    verdict.code,
    ...verdict.observations.filter((observation) => observation.outcome === verdict.outcome).map((observation) => observation.code),
  ];
  assert.ok(codes.includes(code), `${code} is not among ${codes.join(', ')}: ${verdict.summary}`);
}

/** Paths of all exchanges in a piece of evidence, such as `byId[0].foreign`. */
function placesOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('request' in value && 'purpose' in value) return [path];
  if (Array.isArray(value)) return value.flatMap((each, index) => placesOf(each, `${path}[${index}]`));
  return Object.entries(value).flatMap(([key, each]) => placesOf(each, path === '' ? key : `${path}.${key}`));
}

function replaceAt(evidence: unknown, place: string, kind: string): void {
  const steps = place.split(/[.[\]]+/).filter(Boolean);
  const last = steps.pop() ?? '';
  const holder = steps.reduce<unknown>((node, step) => (node as Record<string, unknown>)[step], evidence) as Record<string, unknown>;
  holder[last] = useless(holder[last] as Exchange | BrowserExchange, kind);
}

/** Another response to the same request. */
export function setResponse(changed: Exchange, fields: ResponseFields): void {
  changed.response = response(fields);
}

/** The same response with that header: absent, once or several times. */
export function setHeader(changed: Exchange, name: string, ...values: string[]): void {
  if (!changed.response) return;
  const { [name]: _, ...others } = changed.response.headers;
  changed.response = { ...changed.response, headers: values.length === 0 ? others : { ...others, [name]: values } };
}

/** The same response with other properties in its JSON. */
export function setBody(changed: Exchange, properties: Readonly<Record<string, unknown>>): void {
  if (changed.response) changed.response.body = JSON.stringify({ ...(JSON.parse(changed.response.body) as object), ...properties });
}

/** No response. */
export function removeResponse(changed: Exchange): void {
  delete changed.response;
  changed.error = 'connect ECONNREFUSED';
}

/** The element that a case changes; valid evidence has it. */
export function nth<T>(list: readonly T[], index = 0): T {
  const found = list.at(index);
  assert.ok(found !== undefined);
  return found;
}

export function found<T>(value: T | undefined): T {
  assert.ok(value !== undefined);
  return value;
}
