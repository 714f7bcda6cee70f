import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { generate } from 'selfsigned';
import { createCertificates } from '../../rehearsal/stand-ins/edge/certificates.ts';
import { startProxy } from '../../rehearsal/stand-ins/tcp-proxy.ts';
import { type Postgres, startPostgres } from '../../rehearsal/stand-ins/postgres/postgres.ts';
import { queryOnce } from '../../rehearsal/stand-ins/postgres/query.ts';
import { createTemporaryDirectory, type TemporaryDirectory } from '../../rehearsal/process/temporary-directory.ts';
import { createLog } from '../log.ts';
import { eventually } from '../test/eventually.ts';
import { SERVER, type ServiceProcess, startProcess, startService } from '../test/processes.ts';
import { problemOf, send } from '../test/requests.ts';
import { betterAuthSecret, jwtSecret, newUser } from '../test/tokens.ts';
import { createDatabase } from './database.ts';
import { migrate } from './migrate.ts';
import { createPool } from './pool.ts';
import { normalizeDatabaseUrl } from './url.ts';

let place: TemporaryDirectory;
let postgres: Postgres;
let authorityFile: string;
before(async () => {
  place = await createTemporaryDirectory();
  const tls = await createCertificates(place.directory);
  authorityFile = tls.authorityFile;
  postgres = await startPostgres({ directory: path.join(place.directory, 'postgres'), watchdog: place.watchdog, tls });
  await postgres.createDatabase('tasks');
  await migrate(postgres.url('tasks'));
});
after(async () => {
  await postgres.close();
  await place.remove();
});

/** The URL of a PostgreSQL by host name, with parameters. */
function urlOf(server: Postgres, parameters: Record<string, string>): string {
  const url = new URL(server.url('tasks'));
  url.hostname = 'localhost';
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

async function startFor(context: TestContext, environment: Record<string, string>): Promise<{ service: ServiceProcess; url: string }> {
  const service = await startService(environment);
  context.after(() => service.child.kill('SIGKILL'));
  return { service, url: service.url };
}

describe('a database with TLS', { concurrency: 2 }, () => {
  test('is used with sslmode=require and channel binding if its authority is in the URL, without a warning', async (context) => {
    const parameters = { sslmode: 'require', channel_binding: 'require', sslrootcert: authorityFile };
    const { service, url } = await startFor(context, { DATABASE_URL: urlOf(postgres, parameters) });
    assert.equal((await send(url, 'GET', '/health')).status, 200);
    const { token } = newUser();
    assert.equal((await send(url, 'POST', '/api/v1/tasks', { token, json: { title: 'over TLS' } })).status, 201);
    const encrypted = "select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid) where application_name = 'tasks-api'";
    assert.deepEqual(await queryOnce(postgres.url('tasks'), encrypted), [{ ssl: true }]);
    const printed = service.output().trim().split('\n');
    assert.deepEqual(
      printed.filter((line) => !line.startsWith('{"level":"info"')),
      [],
    );
  });

  test('is used if Node trusts its authority', async (context) => {
    const parameters = { sslmode: 'require', sslrootcert: 'system' };
    const environment = { DATABASE_URL: urlOf(postgres, parameters), NODE_EXTRA_CA_CERTS: authorityFile };
    const { url } = await startFor(context, environment);
    assert.equal((await send(url, 'GET', '/health')).status, 200);
  });

  test('is migrated over TLS too', async () => {
    const url = urlOf(postgres, { sslmode: 'require', channel_binding: 'require', sslrootcert: authorityFile });
    const { code, output } = await startProcess('service/db/migrate.ts', { DATABASE_URL_UNPOOLED: url }).ended;
    assert.deepEqual([code, output], [0, 'The database is up to date.\n']);
  });

  test('is rejected when its authority is unknown; the process continues and logs the reason', async (context) => {
    const { service, url } = await startFor(context, { DATABASE_URL: urlOf(postgres, { sslmode: 'require' }) });
    await assertRejected(url, service, 'SELF_SIGNED_CERT_IN_CHAIN', 'self-signed certificate in certificate chain');
  });

  test('is rejected when its certificate is for another host', async (context) => {
    const name = 'elsewhere.test';
    const { private: key, cert } = await generate([{ name: 'commonName', value: name }], {
      keyType: 'ec',
      curve: 'P-256',
      algorithm: 'sha256',
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
    });
    const elsewhere = await startPostgres({
      directory: path.join(place.directory, 'elsewhere'),
      watchdog: place.watchdog,
      tls: { key, chain: cert },
    });
    context.after(() => elsewhere.close());
    await elsewhere.createDatabase('tasks');
    const sslrootcert = path.join(place.directory, 'elsewhere.pem');
    await writeFile(sslrootcert, cert);
    const { service, url } = await startFor(context, { DATABASE_URL: urlOf(elsewhere, { sslmode: 'require', sslrootcert }) });
    await assertRejected(url, service, 'ERR_TLS_CERT_ALTNAME_INVALID', 'does not match certificate');
  });

  test('that becomes silent times out like any other: its client is destroyed, the next one works', async (context) => {
    const proxied = new URL(urlOf(postgres, { sslmode: 'require', sslrootcert: authorityFile }));
    const proxy = await startProxy(Number(proxied.port));
    proxied.port = String(proxy.port);
    const log = createLog('silent');
    const pool = createPool({ databaseUrl: normalizeDatabaseUrl(proxied.href), databasePoolMax: 1 }, log);
    const database = createDatabase(pool, log, { query: 500, operation: 20_000 });
    context.after(async () => {
      proxy.reset();
      await database.close();
      await proxy.close();
    });
    const count = (): Promise<number> => database.write(async (db) => (await db.selectFrom('tasks').select('id').execute()).length);
    await count();
    proxy.pause();
    const began = performance.now();
    await assert.rejects(count(), { name: 'DatabaseUnavailableError' });
    assert.ok(performance.now() - began < 10_000);
    assert.equal(pool.totalCount, 0);
    proxy.resume();
    await count();
  });
});

test('a database without TLS is rejected if the URL requires it', async (context) => {
  const plain = await startPostgres({ directory: path.join(place.directory, 'plain'), watchdog: place.watchdog });
  context.after(() => plain.close());
  await plain.createDatabase('tasks');
  const { service, url } = await startFor(context, { DATABASE_URL: urlOf(plain, { sslmode: 'require' }) });
  await assertRejected(url, service, undefined, 'does not support SSL');
});

test('an unreadable authority is reported before the service listens', async () => {
  const environment = { NODE_ENV: 'test', JWT_SECRET: jwtSecret, BETTER_AUTH_SECRET: betterAuthSecret };
  const DATABASE_URL = urlOf(postgres, { sslmode: 'require', sslrootcert: path.join(place.directory, 'missing.pem') });
  const { code, output } = await startProcess(SERVER, { ...environment, DATABASE_URL }).ended;
  assert.equal(code, 1);
  assert.match(output, /DATABASE_URL has an unreadable file in sslrootcert/);
});

async function assertRejected(url: string, service: ServiceProcess, code: string | undefined, message: string): Promise<void> {
  assert.equal((await send(url, 'GET', '/health')).status, 503);
  const response = await send(url, 'GET', '/api/v1/tasks', { token: newUser().token });
  assert.deepEqual([response.status, problemOf(response).code], [503, 'unavailable']);
  assert.doesNotMatch(response.text, /certificate|SSL/i);
  assert.equal(service.child.exitCode, null);
  for (const level of ['warn', 'error']) {
    const isReason = (line: string): boolean =>
      line.startsWith(`{"level":"${level}"`) && line.includes(message) && (code === undefined || line.includes(code));
    await eventually(`an entry of level ${level} states the reason`, () => service.output().split('\n').some(isReason));
  }
}
