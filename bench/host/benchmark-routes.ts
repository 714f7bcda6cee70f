import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { STANDARD, taskId, userId } from './population.ts';
import { ORIGIN, type Ground } from './bench-environment.ts';
import type { RawRequest } from './wrk.ts';

/** So many users take turns: none meets a rate limit, and no two requests after each other ask for the same rows. */
const USERS = 500;
/** Requests of each route that are looked at before a server is measured. */
const SAMPLE = 3;

export type RouteName = 'health' | 'list' | 'read' | 'create' | 'update';

type Route = {
  readonly status: number;
  request(user: number): Pick<RawRequest, 'method' | 'path' | 'body'>;
  /** Whether this is the right answer, where the service itself gave the other. */
  agrees(body: unknown, ofService: unknown): boolean;
};

const TASKS = '/api/v1/tasks';
const WRITTEN = { title: 'Call supplier 12', description: 'Mention the delivery', priority: 'high' };

/** What is asked of each server. */
const ROUTES: Readonly<Record<RouteName, Route>> = {
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
    agrees: (body, ofService) => holds(body, WRITTEN) && haveSameFields(body, ofService),
  },
  update: {
    status: 200,
    request: (user) => ({ method: 'PUT', path: `${TASKS}/${taskId(STANDARD, user, 3)}`, body: JSON.stringify({ ...WRITTEN, completed: true }) }),
    agrees: (body, ofService) => holds(body, { ...WRITTEN, completed: true }) && haveSameFields(body, ofService),
  },
};

/** The requests of a route that the load is made of, one for each user. They come from the app's origin, as a browser's do. */
export function requestsOf(route: RouteName, ground: Ground): RawRequest[] {
  return Array.from({ length: USERS }, (_, user) => ({
    ...ROUTES[route].request(user),
    headers: { Origin: ORIGIN, Authorization: `Bearer ${ground.token(userId(STANDARD, user))}` },
  }));
}

/** What a server answers to a few requests of a route. @throws when a status is not the right one */
export async function sample(route: RouteName, ground: Ground, port: number): Promise<unknown[]> {
  const step = USERS / SAMPLE;
  const chosen = requestsOf(route, ground).filter((_, user) => Math.floor(user % step) === 0);
  return Promise.all(chosen.map((request) => askFor(request, ROUTES[route].status, port)));
}

/** @throws with both answers, where a server does not answer what the service answers */
export function assertAgreement(route: RouteName, name: string, answers: readonly unknown[], ofService: readonly unknown[]): void {
  answers.forEach((answer, index) => {
    if (ROUTES[route].agrees(answer, ofService[index])) return;
    const [theirs, ours] = [answer, ofService[index]].map((body) => JSON.stringify(body));
    assert.fail(`${name} answers ${route} otherwise than the service:\n${theirs}\n${ours}`);
  });
}

/** @throws when a server serves whoever has a token that nobody has signed */
export async function assertRefusal(name: string, ground: Ground, port: number): Promise<void> {
  const [first] = requestsOf('list', ground);
  assert.ok(first !== undefined);
  const forged = (first.headers['Authorization'] ?? '').replace(/[\w-]{4}$/, 'AAAA');
  for (const headers of [{ Authorization: forged }, {}]) {
    const { status } = await fetch(`http://127.0.0.1:${port}${first.path}`, { headers });
    assert.equal(status, 401, `${name} must refuse a token that is forged or missing`);
  }
}

async function askFor({ method, path, headers, body }: RawRequest, expected: number, port: number): Promise<unknown> {
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: { ...headers, ...type }, ...(body !== undefined && { body }) });
  const text = await response.text();
  assert.equal(response.status, expected, `${method} ${path}: ${text.slice(0, 200)}`);
  return parseAnswer(text);
}

/** Drivers write the same instant with or without a fraction, and with Z or an offset. */
export function parseAnswer(text: string): unknown {
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
