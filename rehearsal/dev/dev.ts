import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import jwt from 'jsonwebtoken';
import { findDataDirectory } from './data-directory.ts';
import { claim } from './pid-file.ts';
import { readOrCreateSecrets } from './dev-secrets.ts';
import { endProcess } from '../process/end-process.ts';
import { isPortFree } from '../process/free-port.ts';
import { healthStatus } from '../process/health-status.ts';
import { openLeash } from '../process/watchdog.ts';
import { runNpmScript } from '../process/npm-script.ts';
import { startPostgres } from '../stand-ins/postgres/postgres.ts';
import { say, step } from '../process/progress.ts';
import { preferThisNode, repository } from '../process/repository-root.ts';
import { listenForTermination, Terminated, untilAborted } from '../process/termination.ts';

const home = path.join(repository, '.dev');
const DEFAULT_PORT = '8080';
const STOP_GRACE_MS = 20_000;

/** Runs the service from its sources, restarted on each change, over a PostgreSQL whose data is kept in the clone. */
async function main(): Promise<void> {
  preferThisNode();
  const terminated = listenForTermination();
  await using scope = new AsyncDisposableStack();
  await mkdir(home, { recursive: true });
  const lock = await claim(path.join(home, 'dev.pid'));
  scope.defer(() => lock.release());
  const port = await readPort(process.env['PORT'] ?? DEFAULT_PORT);

  const secrets = await readOrCreateSecrets(path.join(home, 'secrets.json'));
  const leash = openLeash();
  scope.defer(() => leash.close());
  const directory = await findDataDirectory(home);
  const postgres = await step('PostgreSQL started', () => startPostgres({ directory, leash, persistent: true, password: secrets.DATABASE_PASSWORD }));
  scope.defer(() => postgres.close());
  await postgres.createDatabase('tasks');
  terminated.throwIfAborted();

  const database = postgres.url('tasks');
  const settings = {
    NODE_ENV: 'development',
    PORT: String(port),
    DATABASE_URL: database,
    DATABASE_URL_UNPOOLED: database,
    JWT_SECRET: secrets.JWT_SECRET,
    BETTER_AUTH_SECRET: secrets.BETTER_AUTH_SECRET,
    CORS_ORIGINS: process.env['CORS_ORIGINS'] ?? 'http://localhost:3000',
    TRUST_PROXY: process.env['TRUST_PROXY'] ?? '0',
  };
  await step('database migrated', () => runNpmScript('migrate', repository, settings));
  terminated.throwIfAborted();

  const service = startWatched({ ...process.env, ...settings });
  if (service.pid !== undefined) leash.hold(service.pid, 'TERM');
  scope.defer(async () => void (await endProcess(service, 'SIGTERM', STOP_GRACE_MS)));
  const ended = once(service, 'exit');
  if (await isHealthy(port, terminated, ended)) introduce(port, secrets.JWT_SECRET);
  await Promise.race([ended, untilAborted(terminated)]);
  terminated.throwIfAborted();
  throw new Error('the service ended by itself');
}

async function readPort(text: string): Promise<number> {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error('PORT must be a number from 1 to 65535');
  if (!(await isPortFree(port, '::')))
    throw new Error(`port ${port} is taken by another process: set PORT to a free one, as in PORT=8081 npm run dev`);
  return port;
}

function startWatched(env: NodeJS.ProcessEnv): ChildProcess {
  // Detached: the terminal's Ctrl-C reaches whole process groups, and the database must outlast the service.
  return spawn(process.execPath, ['--watch', '--watch-preserve-output', 'service/server.ts'], {
    cwd: repository,
    detached: true,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

/** Waits as long as it takes: a mistake in the sources is mended while this runs. False when told to end. */
async function isHealthy(port: number, terminated: AbortSignal, ended: Promise<unknown>): Promise<boolean> {
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over && !terminated.aborted) {
    if ((await healthStatus(port)) === 200) return true;
    await sleep(50);
  }
  return false;
}

function introduce(port: number, secret: string): void {
  const url = `http://localhost:${port}`;
  const token = jwt.sign({}, secret, { algorithm: 'HS256', subject: 'dev-user', expiresIn: '12h' });
  const lines = [
    '',
    `API        ${url}`,
    `Docs       ${url}/docs`,
    `Contract   ${url}/openapi.json`,
    `Token      ${token}`,
    `           (user dev-user, for 12 hours)`,
    `Try        curl -H 'Authorization: Bearer ${token}' ${url}/api/v1/tasks`,
    'Stop       Ctrl-C',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

try {
  await main();
} catch (error) {
  if (error instanceof Terminated) say('everything is stopped; the data is kept');
  else {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
