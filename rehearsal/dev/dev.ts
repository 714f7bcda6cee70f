import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import pWaitFor from 'p-wait-for';
import pretty, { type PrettyOptions } from 'pino-pretty';
import { signToken } from '../process/credentials.ts';
import { endProcess, hasEnded } from '../process/end-process.ts';
import { isPortFree } from '../process/free-port.ts';
import { healthStatus } from '../process/health-status.ts';
import { runNpmScript } from '../process/npm-script.ts';
import { report, step } from '../process/progress.ts';
import { preferThisNode, repository } from '../process/repository-root.ts';
import { runMain } from '../process/run-main.ts';
import { listenForTermination, untilAborted } from '../process/termination.ts';
import { startWatchdog } from '../process/watchdog.ts';
import { startApp } from '../stand-ins/app/app.ts';
import { startPostgres } from '../stand-ins/postgres/postgres.ts';
import { findDataDirectory } from './data-directory.ts';
import { readOrCreateSecrets } from './dev-secrets.ts';
import { createPidFile } from './pid-file.ts';

const HOME = path.join(repository, '.dev');
const AUDIENCE = 'tasks-api';
const STOP_GRACE_MS = 20_000;
/** One line for each request, for people. */
const LOG_FORMAT: PrettyOptions = {
  colorize: process.stdout.isTTY,
  translateTime: 'SYS:HH:MM:ss',
  messageFormat: '{msg}{if method} {method} {route} {status} in {ms} ms{end}',
  ignore: 'pid,hostname,method,route,status,ms,request_id',
  singleLine: true,
};

/**
 * Runs the web app, and the service from its sources, restarted on each change, with a PostgreSQL whose data is stored in the clone.
 */
async function main(): Promise<never> {
  preferThisNode();
  const terminated = listenForTermination();
  await using scope = new AsyncDisposableStack();
  await mkdir(HOME, { recursive: true });
  const pidFile = await createPidFile(path.join(HOME, 'dev.pid'));
  scope.defer(() => pidFile.remove());
  const port = await readPort('PORT', '8080');
  const appPort = await readPort('APP_PORT', '3000');
  if (appPort === port) throw new Error(`PORT and APP_PORT are both ${port}. Set one of them to another port.`);

  const secrets = await readOrCreateSecrets(path.join(HOME, 'secrets.json'));
  const watchdog = startWatchdog();
  scope.defer(() => watchdog.close());
  const directory = await findDataDirectory(HOME);
  const postgres = await step('PostgreSQL started', () =>
    startPostgres({ directory, watchdog, persistent: true, password: secrets.DATABASE_PASSWORD }),
  );
  scope.defer(() => postgres.close());
  await postgres.createDatabase('tasks');
  await postgres.createDatabase('app');
  terminated.throwIfAborted();

  const origin = `http://localhost:${appPort}`;
  const app = await step('web app started', () =>
    startApp({
      origin,
      apiUrl: `http://localhost:${port}`,
      audience: AUDIENCE,
      secret: secrets.BETTER_AUTH_SECRET,
      databaseUrl: postgres.url('app'),
      port: appPort,
    }),
  );
  scope.defer(() => app.close());

  const database = postgres.url('tasks');
  const settings = {
    NODE_ENV: 'development',
    PORT: String(port),
    DATABASE_URL: database,
    DATABASE_URL_UNPOOLED: database,
    JWT_SECRET: secrets.JWT_SECRET,
    AUTH_JWKS_URL: app.jwksUrl,
    AUTH_ISSUER: origin,
    AUTH_AUDIENCE: AUDIENCE,
    CORS_ORIGINS: [...new Set([origin, ...(process.env['CORS_ORIGINS']?.split(',') ?? [])])].join(','),
    TRUST_PROXY: process.env['TRUST_PROXY'] ?? '0',
  };
  await step('database migrated', () => runNpmScript('migrate', repository, settings));
  terminated.throwIfAborted();

  const service = startWatched({ ...process.env, ...settings });
  if (service.pid !== undefined) watchdog.watch(service.pid, 'TERM');
  scope.defer(async () => void (await endProcess(service, 'SIGTERM', STOP_GRACE_MS)));
  const exited = once(service, 'exit');
  // No deadline: errors in the sources are fixed while this runs.
  await pWaitFor(async () => hasEnded(service) || terminated.aborted || (await healthStatus(port)) === 200, { interval: 50 });
  if (!hasEnded(service) && !terminated.aborted) printUsage(origin, port, secrets.JWT_SECRET);
  await Promise.race([exited, untilAborted(terminated)]);
  terminated.throwIfAborted();
  throw new Error('The service exited unexpectedly');
}

async function readPort(variable: 'PORT' | 'APP_PORT', byDefault: string): Promise<number> {
  const text = process.env[variable] ?? byDefault;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${variable}: ${JSON.stringify(text)} is not a number from 1 to 65535`);
  if (!(await isPortFree(port, '::')))
    throw new Error(`${variable}: another process listens on ${port}. Set ${variable} to a free one, as in ${variable}=${port + 1} npm run dev.`);
  return port;
}

function startWatched(env: NodeJS.ProcessEnv): ChildProcess {
  // Detached: the terminal's Ctrl-C reaches whole process groups, and the database must outlast the service.
  const service = spawn(process.execPath, ['--watch', '--watch-preserve-output', 'service/server.ts'], {
    cwd: repository,
    detached: true,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  service.stdout.pipe(pretty(LOG_FORMAT));
  return service;
}

function printUsage(app: string, port: number, secret: string): void {
  const url = `http://localhost:${port}`;
  const token = signToken('dev-user', secret, '12h');
  const lines = [
    '',
    `App        ${app}`,
    `           (sign up there with any email address)`,
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

await runMain(main, report, 'everything is stopped; the data is preserved');
