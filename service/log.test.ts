import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, test, type TestContext } from 'node:test';
import { startPostgres } from '../rehearsal/stand-ins/postgres/postgres.ts';
import { createTemporaryDirectory } from '../rehearsal/process/temporary-directory.ts';
import { migrate } from './db/migrate.ts';
import { ORIGIN } from './test/app.ts';
import { createTestDatabase } from './test/databases.ts';
import { eventually } from './test/eventually.ts';
import { type ServiceProcess, startService } from './test/processes.ts';
import { type HttpResponse, send } from './test/requests.ts';
import { betterAuthSecret, jwtSecret, mintToken, newUser } from './test/tokens.ts';

const TASKS = '/api/v1/tasks';

type Line = Record<string, unknown>;
type Running = { service: ServiceProcess; url: string; port: number };

async function start(context: TestContext, databaseUrl: string, changes: Record<string, string> = {}): Promise<Running> {
  const service = await startService({ DATABASE_URL: databaseUrl, CORS_ORIGINS: ORIGIN, LOG_LEVEL: 'trace', ...changes });
  context.after(() => void service.child.kill('SIGKILL'));
  return { service, url: service.url, port: service.port };
}

/** The output of the process until it stopped, which must consist of log entries. */
async function stop(running: Running): Promise<{ output: string; lines: Line[] }> {
  running.service.child.kill('SIGTERM');
  return untilEnded(running);
}

async function untilEnded({ service }: Running): Promise<{ output: string; lines: Line[] }> {
  const { code, output } = await service.ended;
  assert.equal(code, 0);
  const lines = output
    .trimEnd()
    .split('\n')
    .map((line): Line => JSON.parse(line));
  return { output, lines };
}

/** The Node option that runs a script before the service in the same process. */
const toImport = (script: string): string => `--import=data:text/javascript,${encodeURIComponent(script)}`;

const newCanary = (): string => `canary${randomBytes(8).toString('hex')}`;

function assertHasNone(output: string, secrets: Record<string, string>): void {
  for (const [what, secret] of Object.entries(secrets)) {
    assert.ok(secret.length > 10, what);
    const line = output.split('\n').find((one) => one.toLowerCase().includes(secret.toLowerCase()));
    assert.equal(line, undefined, `the log has ${what}`);
  }
}

/** Sends these bytes and reads until the service closes the connection. */
async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(bytes, 'latin1');
  return text(socket);
}

describe('the log of the process', { concurrency: 3 }, () => {
  test("has one JSON line per request, without credentials and users' texts", async (context) => {
    const database = await createTestDatabase();
    await database.query("alter table tasks add constraint seeded check (title not like 'seeded fault%')");
    await database.query(`
      create function quote_title() returns trigger language plpgsql as $$ begin
        if new.title like 'quoted%' then perform new.title::integer; end if;
        return new;
      end $$;
      create trigger quote_title before insert on tasks for each row execute function quote_title()`);
    const canary = newCanary();
    const warning = "setTimeout(() => process.emitWarning('about ' + process.env.CANARY, 'DeprecationWarning', 'DEP0000'), 500)";
    const running = await start(context, database.url, { CANARY: canary, NODE_OPTIONS: toImport(warning) });
    const { url, port } = running;
    const { id, token } = newUser();
    const expired = mintToken({ sub: canary, exp: 1 });
    const forged = mintToken({ sub: canary }, canary.repeat(3));
    const headers = {
      cookie: `session=${canary}`,
      'x-api-key': canary,
      'user-agent': canary,
      referer: `https://${canary}.test/`,
      'x-forwarded-for': canary,
      'idempotency-key': canary,
    };
    const responses: [HttpResponse, string | null][] = [
      [await send(url, 'POST', TASKS, { token, json: { title: canary, description: canary }, headers }), TASKS],
      [await send(url, 'GET', `${TASKS}?search=${canary}`, { token, headers }), TASKS],
      [await send(url, 'GET', `${TASKS}/2147483647`, { token, headers }), `${TASKS}/:id`],
      [await send(url, 'PATCH', `${TASKS}/2147483647/complete`, { token }), `${TASKS}/:id/complete`],
      [await send(url, 'GET', `${TASKS}/${canary}`, { token, headers }), `${TASKS}/:id`],
      [await send(url, 'POST', TASKS, { token, body: `{"title":"${canary}`, headers: { ...headers, 'content-type': 'application/json' } }), null],
      [await send(url, 'POST', TASKS, { token, json: { title: `seeded fault ${canary}` } }), TASKS],
      [await send(url, 'POST', TASKS, { token, json: { title: `quoted ${canary}` } }), TASKS],
      [await send(url, 'PUT', TASKS, { token, json: { title: canary } }), TASKS],
      [await send(url, 'GET', TASKS, { token: expired, headers }), null],
      [await send(url, 'GET', TASKS, { token: forged, headers }), null],
      [await send(url, 'GET', `/${canary}?${canary}=${canary}&token=${token}`, { headers }), null],
      [await send(url, 'GET', '/health', { headers: { ...headers, origin: `https://${canary}.test` } }), null],
      [await send(url, 'OPTIONS', TASKS, { headers: { origin: ORIGIN, 'access-control-request-method': 'PUT' } }), null],
      [await send(url, 'GET', '/health', { headers }), '/health'],
      [await send(url, 'GET', '/livez', { headers }), '/livez'],
    ];
    await database.query('alter table tasks drop column description');
    responses.push([await send(url, 'POST', TASKS, { token, json: { title: canary, description: canary } }), TASKS]);
    assert.deepEqual(
      responses.map(([{ status }]) => status),
      [201, 200, 404, 404, 422, 400, 500, 500, 405, 401, 401, 404, 403, 204, 200, 200, 500],
    );
    await sendRaw(port, `GET http://host:99999/${canary} HTTP/1.1\r\nHost: ${canary}\r\nConnection: close\r\n\r\n`);
    for (const bytes of [
      `${canary} / HTTP/1.1\r\n\r\n`,
      `GET //a\u00a0@${canary}#[ HTTP/1.1\r\nHost: a\r\n\r\n`,
      `GET /${canary} HTTP/1.1\r\nCookie: ${canary}\r\n\r\n`,
      `POST ${TASKS} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${canary}\r\n`,
    ]) {
      assert.match(await sendRaw(port, bytes), /^HTTP\/1\.1 400 /);
    }
    await eventually('Node warns', () => running.service.output().includes('"warning"'));
    const { output, lines } = await stop(running);

    const requests = lines.filter(({ msg }) => msg === 'request');
    const own = requests.slice(0, responses.length);
    assert.deepEqual(
      own.map(({ request_id, status, route }) => [request_id, status, route]),
      responses.map(([response, route]) => [response.headers['x-request-id'], response.status, route]),
    );
    assert.deepEqual(
      requests.slice(responses.length).map(({ status }) => status),
      [404, 400, 400, 400, 400],
    );
    assert.deepEqual(
      own.map(({ method }) => method),
      ['POST', 'GET', 'GET', 'PATCH', 'GET', 'POST', 'POST', 'POST', 'PUT', 'GET', 'GET', 'GET', 'GET', 'OPTIONS', 'GET', 'GET', 'POST'],
    );
    assert.deepEqual([...new Set(own.slice(0, 9).map(({ user_id }) => user_id))], [id]);
    for (const line of own) assert.ok(typeof line['ms'] === 'number' && typeof line['time'] === 'string' && line['level'] === 'info');
    // These lines are not redacted, so they must have no other fields.
    const fields = ['level', 'method', 'ms', 'msg', 'request_id', 'route', 'status', 'time', 'user_id'];
    for (const line of own) assert.deepEqual(Object.keys(line).toSorted(), fields);
    const faults = lines.filter(({ msg }) => msg === 'unexpected error');
    assert.deepEqual(
      faults.map(({ request_id }) => request_id),
      [6, 7, 16].map((index) => responses[index]?.[0].headers['x-request-id']),
      'a 500 can be found by its request id',
    );
    assert.match(JSON.stringify(faults[0]), /violates check constraint .*"stack":\["\s+at /);
    assert.match(JSON.stringify(faults[1]), /"code":"22P02","message":"\[hidden/);
    assert.match(JSON.stringify(faults[2]), /"code":"42703","message":"column /);
    assert.deepEqual(
      lines.filter(({ msg }) => msg === 'warning').map(({ err }) => (err as Line)['code']),
      ['DEP0000'],
      'Node warns of an invalid port, and not of the old parser (DEP0169), which Express uses',
    );
    assertHasNone(output, {
      canary,
      token,
      signature: token.split('.')[2] ?? '',
      expired,
      forged,
      jwtSecret,
      betterAuthSecret,
      password: decodeURIComponent(new URL(database.url).password),
      databaseUrl: database.url,
    });
  });

  test('has one line for a request whose client closed the connection, and for one to a process that stops', async (context) => {
    const running = await start(context, (await createTestDatabase()).url);
    const { id, token } = newUser();
    const socket = connect(running.port, '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    socket.write(
      `POST ${TASKS} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{`,
    );
    await send(running.url, 'GET', '/livez');
    socket.resetAndDestroy();
    await eventually('it is logged', () => running.service.output().includes(id));
    running.service.child.kill('SIGTERM');
    await eventually('the process stops', () => running.service.output().includes('"stopping"'));
    assert.equal((await send(running.url, 'GET', '/health')).status, 503);
    const { lines } = await untilEnded(running);
    assert.deepEqual(
      lines.filter(({ msg }) => msg === 'request').map(({ status, user_id }) => [status, user_id]),
      [
        [200, null],
        [499, id],
        [503, null],
      ],
    );
  });

  test('reports an unreachable database without its URL', async (context) => {
    const password = randomBytes(12).toString('hex');
    const running = await start(context, `postgresql://user${password}:${password}@127.0.0.1:1/db${password}`);
    const { output, lines } = await meetOutage(running);
    assert.ok(lines.some(({ msg }) => msg === 'database probe failed') && lines.some(({ msg }) => msg === 'database unavailable'));
    assertHasNone(output, { password });
  });

  test('reports a wrong password, a database without TLS and an unreachable Redis without their URLs', async (context) => {
    const { url } = await createTestDatabase();
    const [password, token] = [newCanary(), newCanary()];
    const wrongPassword = new URL(url);
    wrongPassword.password = password;
    const withTls = new URL(url);
    withTls.searchParams.set('sslmode', 'require');
    const redis = `redis://:${token}@127.0.0.1:1`;
    for (const [databaseUrl, cause] of [
      [wrongPassword.href, /"code":"28P01"/],
      [withTls.href, /does not support SSL/],
    ] as const) {
      const { output } = await meetOutage(await start(context, databaseUrl, { REDIS_URL: redis }));
      assert.match(output, cause);
      assert.match(output, /redis is unavailable/);
      assertHasNone(output, { password, token, databaseUrl, ownPassword: decodeURIComponent(new URL(url).password) });
    }
  });

  test('reports a database that stops without its URL or the written values', async (context) => {
    const place = await createTemporaryDirectory();
    const postgres = await startPostgres({ directory: path.join(place.directory, 'postgres'), watchdog: place.watchdog });
    context.after(async () => {
      await postgres.close();
      await place.remove();
    });
    await postgres.createDatabase('tasks');
    const databaseUrl = postgres.url('tasks');
    await migrate(databaseUrl);
    const running = await start(context, databaseUrl);
    const canary = newCanary();
    const { token } = newUser();
    const write = (): Promise<HttpResponse> => send(running.url, 'POST', TASKS, { token, json: { title: canary } });
    assert.equal((await write()).status, 201);
    const [cut] = await Promise.all([Promise.all([write(), write(), write()]), postgres.stop()]);
    assert.ok(cut.every(({ status }) => status === 201 || status === 503));
    const { output } = await meetOutage(running);
    assertHasNone(output, { canary, token, databaseUrl, password: decodeURIComponent(new URL(databaseUrl).password) });
  });

  test("reports a crash in one line, without the error's other fields", async (context) => {
    const canary = newCanary();
    // Some time after the process handles it, independent of how long it took to start.
    const crash = `
      const watching = setInterval(() => {
        if (process.listenerCount('uncaughtException') === 0) return;
        clearInterval(watching);
        const { CANARY } = process.env;
        setTimeout(() => Promise.reject(Object.assign(new Error('seeded crash'), { detail: CANARY, url: CANARY })), 1_000);
      }, 50);`;
    const { service } = await start(context, (await createTestDatabase()).url, {
      CANARY: canary,
      NODE_OPTIONS: toImport(crash),
    });
    const { code, output } = await service.ended;
    assert.equal(code, 1);
    const last = output.trimEnd().split('\n').at(-1) ?? '';
    assert.partialDeepStrictEqual(JSON.parse(last), { level: 'fatal', msg: 'crashed', err: { type: 'Error', message: 'seeded crash' } });
    assertHasNone(output, { canary });
  });
});

/** Sends requests that need the database, which fail. */
async function meetOutage(running: Running): Promise<{ output: string; lines: Line[] }> {
  const { token } = newUser();
  assert.equal((await send(running.url, 'GET', '/health')).status, 503);
  assert.equal((await send(running.url, 'GET', TASKS, { token })).status, 503);
  assert.equal((await send(running.url, 'POST', TASKS, { token, json: { title: 'lost' } })).status, 503);
  return stop(running);
}
