import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type Agent, createServer, type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import jwt from 'jsonwebtoken';
import { Client, type QueryResultRow } from 'pg';
import * as z from 'zod/v4';
import { findFreePort } from '../../rehearsal/process/free-port.ts';
import { createApp } from '../app.ts';
import type { Config } from '../config.ts';
import { type Context, createContext } from '../context.ts';
import { migrate } from '../db/migrate.ts';

/** An origin on the allowlist of every app started here. */
export const ORIGIN = 'https://tasks-app.test';

export const newSecret = (): string => randomBytes(48).toString('base64url');
export const jwtSecret = newSecret();
export const betterAuthSecret = newSecret();

export type TestDatabase = { url: string; query: <Row extends QueryResultRow>(sql: string, values?: unknown[]) => Promise<Row[]> };

/** A new database without tables on the run's PostgreSQL, which takes it away at its end. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const server = process.env['TEST_DATABASE_URL'];
  if (server === undefined)
    throw new Error('TEST_DATABASE_URL is missing: run node --test --test-global-setup=rehearsal/stand-ins/postgres/test-database.ts');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await queryOnce(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, query: (sql, values) => queryOnce(url.href, sql, values) };
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const database = await createEmptyDatabase();
  await migrate(database.url);
  return database;
}

/** Runs one statement over a connection of its own. */
export async function queryOnce<Row extends QueryResultRow>(connectionString: string, sql: string, values: unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

export type RunningApp = { url: string; context: Context; close(): Promise<void> };

/** The app on a free port of 127.0.0.1, silent, and without a limit a test could meet by accident. */
export async function startApp(databaseUrl: string, overrides: Partial<Config> = {}): Promise<RunningApp> {
  const context = createContext({
    environment: 'test',
    port: 0,
    databaseUrl,
    databasePoolMax: 10,
    jwtSecret,
    betterAuthSecret,
    corsOrigins: [ORIGIN],
    corsRequestHeaders: [],
    trustProxy: 0,
    rateLimitPerMinute: 100_000,
    shutdownGraceSeconds: 20,
    apiDocs: true,
    logLevel: 'silent',
    commit: null,
    ...overrides,
  });
  const server = createServer(createApp(context)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The app listens on no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    context,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await context.close();
    },
  };
}

/** A user nobody else has, with a token that verifies. */
export function newUser(): { id: string; token: string } {
  const id = randomUUID();
  return { id, token: mintToken({ sub: id }) };
}

/** An HS256 token of five minutes, unless the claims say otherwise. */
export function mintToken(claims: Record<string, unknown>, key = jwtSecret): string {
  return jwt.sign({ exp: Math.floor(Date.now() / 1_000) + 300, ...claims }, key, { algorithm: 'HS256' });
}

export type Answer = { status: number; headers: IncomingHttpHeaders; text: string; body: unknown };

type Sending = { token?: string; json?: unknown; body?: string | Buffer; headers?: Record<string, string | string[]>; agent?: Agent };

/** Sends one request as it is, without the rules of fetch about origins, repeated headers and paths. */
export async function send(base: string, method: string, path: string, { token, json, body, headers, agent }: Sending = {}): Promise<Answer> {
  const content = json === undefined ? body : JSON.stringify(json);
  const sent = request(base, {
    method,
    path,
    ...(agent && { agent }),
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...(content !== undefined && { 'content-length': Buffer.byteLength(content) }),
      ...headers,
    },
  });
  sent.end(content);
  const [response] = await once(sent, 'response');
  const received = await text(response);
  const isJson = /^application\/(problem\+)?json/.test(response.headers['content-type'] ?? '');
  return {
    status: response.statusCode,
    headers: response.headers,
    text: received,
    body: isJson && received !== '' ? JSON.parse(received) : undefined,
  };
}

const DIFFERENT_EACH_TIME = new Set(['date', 'x-request-id', 'ratelimit', 'ratelimit-policy']);

/** An answer without what differs between any two: two that are equal cannot be told apart by who receives them. */
export function comparable({ status, headers, body }: Answer): unknown {
  const comparableHeaders = Object.entries(headers).map(([name, value]) => [name, DIFFERENT_EACH_TIME.has(name) ? 'any' : value]);
  return {
    status,
    headers: Object.fromEntries(comparableHeaders),
    body: typeof body === 'object' && body !== null && 'request_id' in body ? { ...body, request_id: 'any' } : body,
  };
}

const problemDetails = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  message: z.string(),
  request_id: z.uuid(),
  errors: z.array(z.strictObject({ in: z.string(), pointer: z.string(), detail: z.string() })).optional(),
});

/** What a problem says. @throws when the answer is no problem of the documented shape, or disagrees with its status or headers */
export function problemOf({ status, headers, body }: Answer): { status: number; code: string; title: string; detail: string; errors: string[] } {
  assert.match(headers['content-type'] ?? '', /^application\/problem\+json(;|$)/);
  const problem = problemDetails.parse(body);
  assert.deepEqual([problem.status, problem.message, problem.request_id], [status, problem.detail, headers['x-request-id']]);
  const { code, title, detail, errors = [] } = problem;
  return { status, code, title, detail, errors: errors.map((error) => `${error.in} ${error.pointer}`) };
}

export type ServiceProcess = {
  child: ChildProcess;
  /** What it has printed so far, on stdout and stderr. */
  output(): string;
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null; output: string }>;
};

/**
 * A program of the service, as a process with nothing in its environment but this.
 * @param through a command that becomes the program it is given
 * @param account whose process it is
 */
export function startProcess(
  program: string,
  environment: Record<string, string>,
  through: readonly string[] = [],
  account: { uid?: number } = {},
): ServiceProcess {
  const [command, ...args] = [...through, process.execPath, program];
  const cwd = new URL('../..', import.meta.url);
  const child = spawn(command, args, { ...account, cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => (printed += chunk));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, output: printed }));
  return { child, output: () => printed, ended };
}

export type ListeningService = ServiceProcess & { port: number; url: string };

/** A busy machine may take its time. */
const LISTENING_MS = 60_000;
const PORT_ATTEMPTS = 3;

/** The service as a process of its own, on a free port. @throws with all it printed when it does not come to listen */
export async function startService(environment: Record<string, string>, through: readonly string[] = []): Promise<ListeningService> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    const own = { NODE_ENV: 'test', PORT: String(port), JWT_SECRET: jwtSecret, BETTER_AUTH_SECRET: betterAuthSecret };
    const service = startProcess('service/server.ts', { ...own, ...environment }, through);
    let over = false;
    void service.ended.then(() => (over = true));
    await eventually('the service listens or ends', () => over || service.output().includes('"listening"'), LISTENING_MS);
    if (!over) return { ...service, port, url: `http://127.0.0.1:${port}` };
    // Somebody may have been faster to take the port.
    if (attempt === PORT_ATTEMPTS || !service.output().includes('taken by another process'))
      throw new Error(`the service ended:\n${service.output()}`);
  }
}

/** Resolves when the condition holds. @throws after `deadlineMs` */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>, deadlineMs = 20_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${deadlineMs} ms`);
    await sleep(20);
  }
}
