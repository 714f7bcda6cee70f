import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import * as z from 'zod/v4';

import { assertDocumented, assertProblem, type Operation, operations, operationsAt } from './documented.ts';
import { expectedStatuses } from './expected-statuses.ts';
import { IDS, type ValidRequest, validRequests } from './valid-requests.ts';
import { encode, isReadable, type FuzzRequest, fuzzRequests } from './fuzz-requests.ts';
import { ORIGIN } from '../app.ts';
import { createTestDatabase, type TestDatabase } from '../databases.ts';
import { type ServiceProcess, startService } from '../processes.ts';
import { type HttpResponse, problemOf, send } from '../requests.ts';
import { betterAuthSecret, jwtSecret, newUser } from '../tokens.ts';

const VALID_RUNS = 600;
const FUZZ_RUNS = 425;
const FUZZ_CONCURRENCY = 8;

const owner = newUser();
const fuzzer = newUser();
const bystander = newUser();
/** Appears in every invalid credential, and in the bystander's rows. */
const canary = `canary${randomBytes(12).toString('hex')}`;

const signatures = [owner, fuzzer].map(({ token }) => z.tuple([z.string(), z.string(), z.string()]).parse(token.split('.'))[2]);

let database: TestDatabase;
let service: ServiceProcess;
let url: string;
let untouched: unknown;
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const oneOff = new Agent();

before(async () => {
  database = await createTestDatabase();
  for (const [{ id }, range, label] of [
    [owner, IDS.permanent, 'permanent'],
    [owner, IDS.deletable, 'deletable'],
    [bystander, IDS.bystander, canary],
    [fuzzer, IDS.fuzzer, 'fuzzer'],
  ] as const) {
    for (const [table, column] of [
      ['tasks', 'title'],
      ['tags', 'name'],
    ]) {
      const insert = `insert into ${table} (user_id, ${column}) select $1, $2 || n from generate_series($3::int, $4) n returning id`;
      const rows = await database.query<{ id: number }>(insert, [id, label, range.min, range.max]);
      assert.deepEqual([rows[0]?.id, rows.at(-1)?.id], [range.min, range.max]);
    }
  }
  untouched = await rowsOf(bystander.id);
  const settings = { NODE_ENV: 'production', DATABASE_URL: database.url, CORS_ORIGINS: ORIGIN, RATE_LIMIT_PER_MINUTE: '100000' };
  const started = await startService(settings);
  service = started;
  ({ url } = started);
});
after(() => {
  agent.destroy();
  service.child.kill('SIGKILL');
});

const rowsOf = async (userId: string): Promise<unknown> => [
  await database.query('select * from tasks where user_id = $1 order by id', [userId]),
  await database.query('select * from tags where user_id = $1 order by id', [userId]),
];

/** Properties of every response, for any request and caller. */
function assertSafe(response: HttpResponse, userId: string): void {
  const { status, headers, text } = response;
  assert.ok(status < 500, `${status} ${text}`);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['content-security-policy'], "default-src 'none';frame-ancestors 'none'");
  assert.equal(headers['cache-control'], 'no-store');
  assert.match(String(headers['x-request-id']), /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  for (const secret of [canary, ...signatures]) assert.ok(!`${JSON.stringify(headers)}${text}`.includes(secret), 'quotes a credential');
  for (const [, id] of text.matchAll(/"user_id":"([^"]*)"/g)) assert.equal(id, userId);
  if (status >= 400 && text !== '') assertProblem(response);
}

const tally = new Map<string, { sent: number; done: number }>();

function count(name: string, { status }: HttpResponse): void {
  const { sent, done } = tally.get(name) ?? { sent: 0, done: 0 };
  tally.set(name, { sent: sent + 1, done: done + (status < 300 ? 1 : 0) });
}

async function sendValid(operation: Operation, { id, query, body, key }: ValidRequest): Promise<HttpResponse> {
  const search = new URLSearchParams(query.map(([name, text]): [string, string] => [name, text])).toString();
  const path = operation.path.replace('{id}', id) + (search === '' ? '' : `?${search}`);
  return send(url, operation.method, path, {
    agent,
    ...(operation.isPrivate && { token: owner.token }),
    ...(body !== undefined && { json: body }),
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  });
}

async function sendFuzz({ method, target, headers, body }: FuzzRequest): Promise<HttpResponse> {
  // After a declined upgrade, Node parses other bytes on the same connection as the start of a long request.
  const sending = { headers, agent: 'upgrade' in headers ? oneOff : agent };
  if (body === undefined) return send(url, method, target, sending);
  const { label, bytes } = encode(body);
  return send(url, method, target, { ...sending, headers: { ...label, ...headers }, body: bytes });
}

function assertExpected(request: FuzzRequest, response: HttpResponse): void {
  const { method, target } = request;
  const { status } = response;
  if (!isReadable(request) && [400, 431].includes(status)) return;
  // Targets with a host or a fragment are parsed differently.
  if (!/^\/(?!\/)[^#]*$/.test(target)) return;
  const here = operationsAt(target);
  const operation = here.find((documented) => documented.method === (method === 'HEAD' ? 'GET' : method));
  if (operation !== undefined) assertDocumented(operation, response, method === 'HEAD' ? 'HEAD' : undefined);
  else if (method === 'OPTIONS') assert.ok([204, 403].includes(status), String(status));
  else assert.ok([400, 401, 403, 413, 415, here.length > 0 ? 405 : 404].includes(status), String(status));
}

const LIMITS = { interruptAfterTimeLimit: 90_000, markInterruptAsFailure: true, timeout: 10_000 };

describe('requests generated from the contract', { concurrency: true }, () => {
  for (const operation of operations) {
    test(`${operation.method} ${operation.path} returns an expected status`, async () => {
      const property = fc.asyncProperty(validRequests(operation), async (request) => {
        const response = await sendValid(operation, request);
        count(operation.name, response);
        assertSafe(response, owner.id);
        assertDocumented(operation, response);
        const isKeyTaken = response.status === 422 && problemOf(response).code === 'idempotency_key_reused';
        const expected = expectedStatuses(operation, request);
        assert.ok(expected.includes(response.status) || isKeyTaken, `${response.status}, not ${expected.join(' or ')}: ${response.text}`);
      });
      await fc.assert(property, { numRuns: operation.isPrivate ? VALID_RUNS : 10, ...LIMITS });
    });
  }

  const invalidCredentials = [
    `Bearer ${canary}`,
    `Basic ${canary}`,
    `Bearer ${fuzzer.token}${canary}`,
    `Bearer ${canary}.${canary}.${canary}`,
    canary,
  ];
  const requests = fuzzRequests(...invalidCredentials, undefined, undefined, ...Array.from({ length: 28 }, () => `Bearer ${fuzzer.token}`));
  for (let part = 1; part <= FUZZ_CONCURRENCY; part += 1) {
    test(`are handled without an error when fuzzed: ${part} of ${FUZZ_CONCURRENCY}`, async () => {
      const property = fc.asyncProperty(requests, async (request) => {
        const response = await sendFuzz(request);
        count('fuzz', response);
        assertSafe(response, fuzzer.id);
        assertExpected(request, response);
      });
      await fc.assert(property, { numRuns: FUZZ_RUNS, ...LIMITS });
    });
  }
});

describe('after all requests', () => {
  test('enough requests were sent, and enough of them succeeded', (context) => {
    const counts = [...tally].map(([name, { sent, done }]) => ({ name, sent, share: done / sent }));
    context.diagnostic(counts.map(({ name, sent, share }) => `${name} ${sent} (${Math.round(share * 100)} %)`).join(', '));
    for (const { name, share } of counts) assert.ok(share > (name === 'fuzz' ? 0.1 : 0.3), `${name}: ${share}`);
    assert.ok(counts.reduce((sum, { sent }) => sum + sent, 0) >= 10_000);
  });

  test('each user has the objects in the lists, and the bystander the same as before', async () => {
    for (const [table, user] of ['tasks', 'tags'].flatMap((table) => [owner, fuzzer, bystander].map((user) => [table, user] as const))) {
      const rows = await database.query<{ id: number }>(`select id from ${table} where user_id = $1 order by id`, [user.id]);
      const listed: number[] = [];
      for (let page = 1; page === 1 || listed.length < rows.length; page += 1) {
        const { body } = await send(url, 'GET', `/api/v1/${table}?per_page=100&page=${page}`, { token: user.token, agent });
        const list = z.looseObject({ total: z.int() }).parse(body);
        const rowsListed = z
          .array(z.looseObject({ id: z.int() }))
          .min(1)
          .parse(list[table]);
        assert.equal(list.total, rows.length);
        listed.push(...rowsListed.map(({ id }) => id));
      }
      assert.deepEqual(
        listed.toSorted((a, b) => a - b),
        rows.map(({ id }) => id),
      );
    }
    assert.deepEqual(await rowsOf(bystander.id), untouched);
  });

  test('the process is running, and has logged no error and no credential', () => {
    const log = service.output();
    assert.equal(service.child.exitCode, null);
    for (const secret of [canary, ...signatures, jwtSecret, betterAuthSecret]) assert.ok(!log.includes(secret));
    assert.deepEqual(
      // The headers include X-Forwarded-For.
      log.split('\n').filter((line) => line !== '' && !line.startsWith('{"level":"info"') && !line.includes('TRUST_PROXY is 0')),
      [],
    );
  });
});
