import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { ORIGIN, type BenchEnvironment } from './bench-environment.ts';
import { STANDARD, taskId, userId } from './population.ts';
import type { RawRequest } from './wrk.ts';

/** The users take turns: none reaches a rate limit, and no two consecutive requests read the same rows. */
const USERS = 500;
/** Requests of each route that are checked before a server is measured. */
const SAMPLE = 3;

export type RouteName = 'health' | 'list' | 'read' | 'create' | 'update';

type BenchmarkRoute = {
  readonly status: number;
  request(user: number): Pick<RawRequest, 'method' | 'path' | 'body'>;
  /** Whether this response body is correct, given the service's own. */
  agrees(body: unknown, expected: unknown): boolean;
};

const TASKS = '/api/v1/tasks';
const WRITTEN = { title: 'Call supplier 12', description: 'Mention the delivery', priority: 'high' };

const ROUTES: Readonly<Record<RouteName, BenchmarkRoute>> = {
  health: {
    status: 200,
    request: () => ({ method: 'GET', path: '/health' }),
    agrees: (body) => holds(body, { status: 'ok', database: 'connected' }),
  },
  list: {
    status: 200,
    request: () => ({ method: 'GET', path: `${TASKS}?page=1&per_page=20` }),
    agrees: isDeepStrictEqual,
  },
  read: {
    status: 200,
    request: (user) => ({ method: 'GET', path: `${TASKS}/${taskId(STANDARD, user, 7)}` }),
    agrees: isDeepStrictEqual,
  },
  create: {
    status: 201,
    request: () => ({ method: 'POST', path: TASKS, body: JSON.stringify(WRITTEN) }),
    agrees: (body, expected) => holds(body, WRITTEN) && haveSameFields(body, expected),
  },
  update: {
    status: 200,
    request: (user) => ({ method: 'PUT', path: `${TASKS}/${taskId(STANDARD, user, 3)}`, body: JSON.stringify({ ...WRITTEN, completed: true }) }),
    agrees: (body, expected) => holds(body, { ...WRITTEN, completed: true }) && haveSameFields(body, expected),
  },
};

/** The load on a route: one request for each user, with the app's origin as from a browser. */
export function requestsOf(route: RouteName, environment: BenchEnvironment): RawRequest[] {
  return Array.from({ length: USERS }, (_, user) => ({
    ...ROUTES[route].request(user),
    headers: { Origin: ORIGIN, Authorization: `Bearer ${environment.token(userId(STANDARD, user))}` },
  }));
}

/** The responses of a server to a few requests of a route. @throws when a status is wrong */
export async function sample(route: RouteName, environment: BenchEnvironment, port: number): Promise<unknown[]> {
  const step = USERS / SAMPLE;
  const chosen = requestsOf(route, environment).filter((_, user) => Math.floor(user % step) === 0);
  return Promise.all(chosen.map((request) => send(request, ROUTES[route].status, port)));
}

/** @throws with both bodies when a server's response differs from the service's */
export function assertAgreement(route: RouteName, name: string, bodies: readonly unknown[], expected: readonly unknown[]): void {
  bodies.forEach((body, index) => {
    if (ROUTES[route].agrees(body, expected[index])) return;
    const [actual, own] = [body, expected[index]].map((each) => JSON.stringify(each));
    assert.fail(`${name}: the response to ${route} differs from the service's:\n${actual}\n${own}`);
  });
}

/** @throws when a server accepts a forged or a missing token */
export async function assertRejectsBadTokens(name: string, environment: BenchEnvironment, port: number): Promise<void> {
  const [first] = requestsOf('list', environment);
  assert.ok(first !== undefined);
  const forged = (first.headers['Authorization'] ?? '').replace(/[\w-]{4}$/, 'AAAA');
  for (const headers of [{ Authorization: forged }, {}]) {
    const { status } = await fetch(`http://127.0.0.1:${port}${first.path}`, { headers });
    assert.equal(status, 401, `${name} must reject a forged or missing token`);
  }
}

/** @throws when a server accepts a title without text, an unknown priority, or an id or a page of 0 */
export async function assertRejectsInvalid(name: string, environment: BenchEnvironment, port: number): Promise<void> {
  const headers = { Authorization: `Bearer ${environment.token(userId(STANDARD, 1))}`, 'content-type': 'application/json' };
  for (const [method, path, body] of [
    ['POST', '', { title: '' }],
    ['PUT', '/1', { priority: 'urgent' }],
    ['GET', '/0', undefined],
    ['GET', '?page=0', undefined],
  ] as const) {
    const { status } = await fetch(`http://127.0.0.1:${port}${TASKS}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    assert.ok(
      [400, 422].includes(status),
      `${name} must reject ${method} ${TASKS}${path} ${JSON.stringify(body) ?? ''}, and responded with ${status}`,
    );
  }
}

async function send({ method, path, headers, body }: RawRequest, expected: number, port: number): Promise<unknown> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { ...headers, ...type }, ...(body !== undefined && { body }) });
  const text = await response.text();
  assert.equal(response.status, expected, `${method} ${path}: ${text.slice(0, 200)}`);
  return parseResponse(text);
}

/** Drivers format the same instant with or without a fraction, and with Z or an offset. */
export function parseResponse(text: string): unknown {
  return JSON.parse(text, (key, value: unknown) => (/^(created|updated)_at$/.test(key) ? new Date(String(value)).toISOString() : value));
}

function holds(body: unknown, expected: Readonly<Record<string, unknown>>): boolean {
  return typeof body === 'object' && body !== null && isDeepStrictEqual({ ...body, ...expected }, body);
}

function haveSameFields(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(fieldsOf(one), fieldsOf(other));
}

function fieldsOf(body: unknown): string[] {
  return Object.keys(body ?? {}).toSorted();
}
