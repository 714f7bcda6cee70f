import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Agent } from 'node:http';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import * as z from 'zod/v4';

import { assertDocumented, assertProblem, type Operation, operations, operationsAt } from './documented.ts';
import { foresee } from './expected-statuses.ts';
import { IDS, type OrderlyRequest, orderlyRequests } from './valid-requests.ts';
import { encode, isReadable, type WildRequest, wildRequests } from './fuzz-requests.ts';
import { ORIGIN } from '../app.ts';
import { createTestDatabase, type TestDatabase } from '../databases.ts';
import { type ServiceProcess, startService } from '../processes.ts';
import { type HttpResponse, problemOf, send } from '../requests.ts';
import { betterAuthSecret, jwtSecret, newUser } from '../tokens.ts';

const ORDERLY_RUNS = 600;
const WILD_RUNS = 425;
const WILD_AT_ONCE = 8;

const orderly = newUser();
const careless = newUser();
const bystander = newUser();
/** Stands in every credential that is none, and in the bystander's rows. */
const canary = `canary${randomBytes(12).toString('hex')}`;

const signatures = [orderly, careless].map(({ token }) => z.tuple([z.string(), z.string(), z.string()]).parse(token.split('.'))[2]);

let database: TestDatabase;
let service: ServiceProcess;
let url: string;
let untouched: unknown;
const agent = new Agent({ keepAlive: true, maxSockets: 16 });
const oneOff = new Agent();

before(async () => {
  database = await createTestDatabase();
  for (const [{ id }, range, label] of [
    [orderly, IDS.lasting, 'lasting'],
    [orderly, IDS.fleeting, 'fleeting'],
    [bystander, IDS.foreign, canary],
    [careless, IDS.careless, 'careless'],
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

/** What holds whatever was asked, and by whom. */
function assertDecent(answer: HttpResponse, userId: string): void {
  const { status, headers, text } = answer;
  assert.ok(status < 500, `${status} ${text}`);
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['content-security-policy'], "default-src 'none';frame-ancestors 'none'");
  assert.equal(headers['cache-control'], 'no-store');
  assert.match(String(headers['x-request-id']), /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
  for (const secret of [canary, ...signatures]) assert.ok(!`${JSON.stringify(headers)}${text}`.includes(secret), 'repeats a credential');
  for (const [, owner] of text.matchAll(/"user_id":"([^"]*)"/g)) assert.equal(owner, userId);
  if (status >= 400 && text !== '') assertProblem(answer);
}

const tally = new Map<string, { sent: number; done: number }>();

function count(name: string, { status }: HttpResponse): void {
  const { sent, done } = tally.get(name) ?? { sent: 0, done: 0 };
  tally.set(name, { sent: sent + 1, done: done + (status < 300 ? 1 : 0) });
}

async function sendOrderly(operation: Operation, { id, query, body, key }: OrderlyRequest): Promise<HttpResponse> {
  const search = new URLSearchParams(query.map(([name, text]): [string, string] => [name, text])).toString();
  const path = operation.path.replace('{id}', id) + (search === '' ? '' : `?${search}`);
  return send(url, operation.method, path, {
    agent,
    ...(operation.isPrivate && { token: orderly.token }),
    ...(body !== undefined && { json: body }),
    ...(key !== undefined && { headers: { 'idempotency-key': key } }),
  });
}

async function sendWild({ method, target, headers, body }: WildRequest): Promise<HttpResponse> {
  // After an upgrade that is declined, Node takes what is no HTTP on the same connection for the start of a long request.
  const sending = { headers, agent: 'upgrade' in headers ? oneOff : agent };
  if (body === undefined) return send(url, method, target, sending);
  const { label, bytes } = encode(body);
  return send(url, method, target, { ...sending, headers: { ...label, ...headers }, body: bytes });
}

function assertForeseeable(request: WildRequest, answer: HttpResponse): void {
  const { method, target } = request;
  const { status } = answer;
  if (!isReadable(request) && [400, 431].includes(status)) return;
  // A target with a host or a fragment is read in ways of its own.
  if (!/^\/(?!\/)[^#]*$/.test(target)) return;
  const here = operationsAt(target);
  const operation = here.find((documented) => documented.method === (method === 'HEAD' ? 'GET' : method));
  if (operation !== undefined) assertDocumented(operation, answer, method === 'HEAD' ? 'HEAD' : undefined);
  else if (method === 'OPTIONS') assert.ok([204, 403].includes(status), String(status));
  else assert.ok([400, 401, 403, 413, 415, here.length > 0 ? 405 : 404].includes(status), String(status));
}

const LIMITS = { interruptAfterTimeLimit: 90_000, markInterruptAsFailure: true, timeout: 10_000 };

describe('whatever is asked', { concurrency: true }, () => {
  for (const operation of operations) {
    test(`${operation.method} ${operation.path} is answered as the contract foresees`, async () => {
      const property = fc.asyncProperty(orderlyRequests(operation), async (request) => {
        const answer = await sendOrderly(operation, request);
        count(operation.name, answer);
        assertDecent(answer, orderly.id);
        assertDocumented(operation, answer);
        const isKeyTaken = answer.status === 422 && problemOf(answer).code === 'idempotency_key_reused';
        const foreseen = foresee(operation, request);
        assert.ok(foreseen.includes(answer.status) || isKeyTaken, `${answer.status}, not ${foreseen.join(' or ')}: ${answer.text}`);
      });
      await fc.assert(property, { numRuns: operation.isPrivate ? ORDERLY_RUNS : 10, ...LIMITS });
    });
  }

  const impostors = [`Bearer ${canary}`, `Basic ${canary}`, `Bearer ${careless.token}${canary}`, `Bearer ${canary}.${canary}.${canary}`, canary];
  const wild = wildRequests(...impostors, undefined, undefined, ...Array.from({ length: 28 }, () => `Bearer ${careless.token}`));
  for (let part = 1; part <= WILD_AT_ONCE; part += 1) {
    test(`is answered decently, wild as it may be: ${part} of ${WILD_AT_ONCE}`, async () => {
      const property = fc.asyncProperty(wild, async (request) => {
        const answer = await sendWild(request);
        count('wild', answer);
        assertDecent(answer, careless.id);
        assertForeseeable(request, answer);
      });
      await fc.assert(property, { numRuns: WILD_RUNS, ...LIMITS });
    });
  }
});

describe('after all that', () => {
  test('enough was asked, and enough of it done', (context) => {
    const counts = [...tally].map(([name, { sent, done }]) => ({ name, sent, share: done / sent }));
    context.diagnostic(counts.map(({ name, sent, share }) => `${name} ${sent} (${Math.round(share * 100)} %)`).join(', '));
    for (const { name, share } of counts) assert.ok(share > (name === 'wild' ? 0.1 : 0.3), `${name}: ${share}`);
    assert.ok(counts.reduce((sum, { sent }) => sum + sent, 0) >= 10_000);
  });

  test('each user has what the lists say, and the bystander what was there before', async () => {
    for (const [table, user] of ['tasks', 'tags'].flatMap((table) => [orderly, careless, bystander].map((user) => [table, user] as const))) {
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

  test('the process lives, and has logged no error and no credential', () => {
    const log = service.output();
    assert.equal(service.child.exitCode, null);
    for (const secret of [canary, ...signatures, jwtSecret, betterAuthSecret]) assert.ok(!log.includes(secret));
    assert.deepEqual(
      // Among the headers is X-Forwarded-For.
      log.split('\n').filter((line) => line !== '' && !line.startsWith('{"level":"info"') && !line.includes('TRUST_PROXY is 0')),
      [],
    );
  });
});
