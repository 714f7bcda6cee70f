import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import { createClient } from '@redis/client';

import { findRedis, type Redis, startRedis } from '../../rehearsal/stand-ins/redis-server.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../rehearsal/process/temporary-directory.ts';
import { startApp } from '../test/app.ts';
import { createTestDatabase, type TestDatabase } from '../test/databases.ts';
import { eventually } from '../test/eventually.ts';
import { startService } from '../test/processes.ts';
import { type HttpResponse, send } from '../test/requests.ts';
import { newSecret, newUser } from '../test/tokens.ts';

const TASKS = '/api/v1/tasks';
const LIMIT = 30;

const program = findRedis();
const skip = program === undefined && 'redis-server is not installed';

let database: TestDatabase;
let place: TemporaryDirectory;
before(async () => {
  database = await createTestDatabase();
  place = await createTemporaryDirectory();
});
after(() => place.remove());

async function start(context: TestContext): Promise<Redis> {
  const redis = await startRedis(program ?? '', place.watchdog);
  context.after(() => redis.stop());
  return redis;
}

/** Sends commands over a separate connection. */
async function command(redis: Redis, ...args: string[]): Promise<unknown> {
  const client = createClient({ url: redis.url });
  await client.connect();
  try {
    return await client.sendCommand(args);
  } finally {
    client.destroy();
  }
}

type Replica = {
  url: string;
  /** How many log lines contain this text. */
  logged(text: string): number;
  stop(): Promise<{ code: number | null; output: string }>;
};

async function startReplica(context: TestContext, redisUrl: string): Promise<Replica> {
  const { child, output, ended, url } = await startService({
    DATABASE_URL: database.url,
    RATE_LIMIT_PER_MINUTE: String(LIMIT),
    REDIS_URL: redisUrl,
    LOG_LEVEL: 'trace',
  });
  context.after(() => void child.kill('SIGKILL'));
  return {
    url,
    logged: (words) => output().split(words).length - 1,
    stop: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

const startReplicas = (context: TestContext, number: number, redisUrl: string): Promise<Replica[]> =>
  Promise.all(Array.from({ length: number }, () => startReplica(context, redisUrl)));

/** So many requests of one user, at once, spread evenly. */
function spend(replicas: readonly Replica[], number: number, token: string): Promise<HttpResponse[]> {
  return Promise.all(Array.from({ length: number }, (_, index) => send(replicas[index % replicas.length]?.url ?? '', 'GET', TASKS, { token })));
}

const count = (responses: readonly HttpResponse[], status: number): number => responses.filter((response) => response.status === status).length;

/** Remaining requests, and seconds until the window ends. */
function bucket({ headers }: HttpResponse): { left: number; seconds: number } {
  const [, left, seconds] = /; r=(\d+); t=(\d+)/.exec(String(headers['ratelimit'])) ?? [];
  return { left: Number(left), seconds: Number(seconds) };
}

describe('replicas with one Redis', { skip, concurrency: 2 }, () => {
  test('together allow a user the limit of one replica, from the first request on, and other users their own', async (context) => {
    const replicas = await startReplicas(context, 3, (await start(context)).url);
    const responses = await spend(replicas, 3 * LIMIT, newUser().token);
    assert.deepEqual([count(responses, 200), count(responses, 429)], [LIMIT, 2 * LIMIT]);

    const passed = responses.filter(({ status }) => status === 200);
    assert.deepEqual(
      passed.map((response) => bucket(response).left).toSorted((a, b) => a - b),
      Array.from({ length: LIMIT }, (_, left) => left),
      'each request has another number',
    );
    assert.equal(new Set(responses.map(({ headers }) => headers['ratelimit-policy'])).size, 1);
    const seconds = responses.map((response) => bucket(response).seconds);
    assert.ok(Math.min(...seconds) > 0 && Math.max(...seconds) <= 60, `${Math.min(...seconds)} to ${Math.max(...seconds)}`);
    for (const rejected of responses.filter(({ status }) => status === 429)) {
      assert.equal(Number(rejected.headers['retry-after']), bucket(rejected).seconds);
    }

    const other = newUser();
    for (const [index, replica] of replicas.entries()) {
      const response = await send(replica.url, 'GET', TASKS, { token: other.token });
      assert.deepEqual([response.status, bucket(response).left], [200, LIMIT - 1 - index]);
    }
  });

  test('store a count for a window under a hashed name, and nothing else', async (context) => {
    const redis = await start(context);
    const replica = await startReplica(context, redis.url);
    const user = newUser();
    await send(replica.url, 'GET', TASKS, { token: user.token });
    await send(replica.url, 'GET', TASKS, { token: user.token });
    await send(replica.url, 'GET', TASKS);
    const keys = await command(redis, 'KEYS', '*');
    assert.ok(Array.isArray(keys));
    assert.equal(keys.length, 2, String(keys));
    const values: string[] = [];
    for (const key of keys.map(String)) {
      assert.match(key, /^tasks-api:limit:[\w-]{43}$/);
      assert.doesNotMatch(key, new RegExp(`${user.id}|127\\.0\\.0\\.1`));
      const milliseconds = Number(await command(redis, 'PTTL', key));
      assert.ok(milliseconds > 0 && milliseconds <= 60_000, `${key} lives ${milliseconds} ms`);
      values.push(String(await command(redis, 'GET', key)));
    }
    assert.deepEqual(
      values.toSorted((a, b) => a.localeCompare(b)),
      ['1', '2'],
    );
  });

  test('continue to count when Redis has lost their scripts', async (context) => {
    const redis = await start(context);
    const replica = await startReplica(context, redis.url);
    const { token } = newUser();
    await send(replica.url, 'GET', TASKS, { token });
    await command(redis, 'SCRIPT', 'FLUSH');
    assert.equal(bucket(await send(replica.url, 'GET', TASKS, { token })).left, LIMIT - 2);
    assert.equal(replica.logged('redis is unavailable'), 0);
  });

  test('connect once on request, and close their connection when they stop', async (context) => {
    const redis = await start(context);
    const app = await startApp({ databaseUrl: database.url, redisUrl: redis.url });
    const clients = async (): Promise<number> => String(await command(redis, 'CLIENT', 'LIST')).split('name=tasks-api').length - 1;
    assert.equal(await clients(), 0);
    app.context.sharedLimit?.connect();
    await eventually('there is a connection', async () => (await clients()) === 1);
    await send(app.url, 'GET', TASKS);
    assert.equal(await clients(), 1);
    await app.close();
    await eventually('the connection is closed', async () => (await clients()) === 0);
  });
});

/** Asserts that this replica has its own limit, that no request waits, and that this was logged once. */
async function assertLimitsAlone(replica: Replica): Promise<void> {
  const { token } = newUser();
  const responses: HttpResponse[] = [];
  const started = performance.now();
  for (let time = 0; time < LIMIT + 2; time += 1) responses.push(await send(replica.url, 'GET', TASKS, { token }));
  const took = performance.now() - started;
  assert.deepEqual([count(responses, 200), count(responses, 429)], [LIMIT, 2]);
  assert.deepEqual(
    responses.map((response) => bucket(response).left),
    [...Array.from({ length: LIMIT }, (_, index) => LIMIT - 1 - index), 0, 0],
  );
  assert.ok(took < 10_000, `${LIMIT + 2} requests took ${Math.round(took)} ms: each waited for Redis`);
  assert.equal((await send(replica.url, 'GET', '/health')).status, 200);
  assert.equal(replica.logged('redis is unavailable'), 1);
}

/** Asserts that they share the count again, and that this was logged once. */
async function assertShareAgain(replicas: readonly Replica[]): Promise<void> {
  await eventually('all replicas report that Redis is back', () => replicas.every((replica) => replica.logged('redis is available again') === 1));
  const responses = await spend(replicas, 2 * LIMIT, newUser().token);
  assert.equal(count(responses, 200), LIMIT);
  for (const replica of replicas) assert.deepEqual([replica.logged('redis is unavailable'), replica.logged('redis is available again')], [1, 1]);
}

describe('without Redis each replica has its own limit, and logs the start and the end of the outage once', { skip, concurrency: 2 }, () => {
  type Outage = { begin: (redis: Redis) => unknown; meanwhile?: (redis: Redis) => Promise<void>; end: (redis: Redis) => unknown };
  const outages: Record<string, Outage> = {
    'its process ended': { begin: (redis) => redis.stop(), end: (redis) => redis.start() },
    'it stops responding': { begin: (redis) => redis.pause(), end: (redis) => redis.resume() },
    'it accepts connections and rejects commands': {
      begin: (redis) => command(redis, 'CONFIG', 'SET', 'min-replicas-to-write', '1'),
      meanwhile: async (redis) => {
        const rejections = async (): Promise<number> =>
          Number(/errorstat_NOREPLICAS:count=(\d+)/.exec(String(await command(redis, 'INFO', 'errorstats')))?.[1]);
        await eventually('both replicas have retried', async () => (await rejections()) >= 6);
      },
      end: (redis) => command(redis, 'CONFIG', 'SET', 'min-replicas-to-write', '0'),
    },
  };
  for (const [what, { begin, meanwhile, end }] of Object.entries(outages)) {
    test(`when ${what}`, async (context) => {
      const redis = await start(context);
      const replicas = await startReplicas(context, 2, redis.url);
      const { token } = newUser();
      assert.equal(count(await spend(replicas, 2, token), 200), 2);
      await begin(redis);
      assert.equal(count(await spend(replicas, 8, token), 200), 8, 'the first requests of the outage succeed too');
      for (const replica of replicas) await assertLimitsAlone(replica);
      await meanwhile?.(redis);
      await end(redis);
      await assertShareAgain(replicas);
    });
  }

  test('when it cannot be reached at the start', async (context) => {
    const redis = await start(context);
    await redis.stop();
    const replicas = await startReplicas(context, 2, redis.url);
    for (const replica of replicas) await assertLimitsAlone(replica);
    await redis.start();
    await assertShareAgain(replicas);
  });

  test('when it accepts connections and sends nothing at the start', async (context) => {
    const redis = await start(context);
    redis.pause();
    const replicas = await startReplicas(context, 2, redis.url);
    for (const replica of replicas) await assertLimitsAlone(replica);
    redis.resume();
    await assertShareAgain(replicas);
  });

  test('when its password is wrong, which is not logged', async (context) => {
    const redis = await start(context);
    const wrong = newSecret();
    const replica = await startReplica(context, redis.url.replace(/:[^:@]*@/, `:${wrong}@`));
    await assertLimitsAlone(replica);
    const { code, output } = await replica.stop();
    assert.equal(code, 0);
    assert.match(output, /WRONGPASS/);
    assert.ok(!output.includes(wrong));
  });

  test('and gives no new bucket to users who exhausted theirs in Redis', async (context) => {
    const redis = await start(context);
    const replica = await startReplica(context, redis.url);
    const { token } = newUser();
    await spend([replica], LIMIT, token);
    await redis.stop();
    assert.equal((await send(replica.url, 'GET', TASKS, { token })).status, 429);
    await eventually('the replica reports that Redis is unavailable', () => replica.logged('redis is unavailable') === 1);
  });

  test('and stops normally', async (context) => {
    const redis = await start(context);
    const replica = await startReplica(context, redis.url);
    await send(replica.url, 'GET', TASKS);
    redis.pause();
    await send(replica.url, 'GET', TASKS);
    const started = performance.now();
    const { code } = await replica.stop();
    assert.equal(code, 0);
    assert.ok(performance.now() - started < 5_000, `took ${performance.now() - started} ms`);
  });
});
