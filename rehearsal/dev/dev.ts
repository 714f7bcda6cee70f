import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import pWaitFor from 'p-wait-for';
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
import { startPostgres } from '../stand-ins/postgres/postgres.ts';
import { findDataDirectory } from './data-directory.ts';
import { readOrCreateSecrets } from './dev-secrets.ts';
import { createPidFile } from './pid-file.ts';

const HOME = path.join(repository, '.dev');
const DEFAULT_PORT = '8080';
const STOP_GRACE_MS = 20_000;

/** Runs the service from its sources, restarted on each change, with a PostgreSQL whose data is stored in the clone. */
async function main(): Promise<never> {
  preferThisNode();
  const terminated = listenForTermination();
  await using scope = new AsyncDisposableStack();
  await mkdir(HOME, { recursive: true });
  const pidFile = await createPidFile(path.join(HOME, 'dev.pid'));
  scope.defer(() => pidFile.remove());
  const port = await readPort(process.env['PORT'] ?? DEFAULT_PORT);

  const secrets = await readOrCreateSecrets(path.join(HOME, 'secrets.json'));
  const watchdog = startWatchdog();
  scope.defer(() => watchdog.close());
  const directory = await findDataDirectory(HOME);
  const postgres = await step('PostgreSQL started', () =>
    startPostgres({ directory, watchdog, persistent: true, password: secrets.DATABASE_PASSWORD }),
  );
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
  if (service.pid !== undefined) watchdog.watch(service.pid, 'TERM');
  scope.defer(async () => void (await endProcess(service, 'SIGTERM', STOP_GRACE_MS)));
  const exited = once(service, 'exit');
  // No deadline: errors in the sources are fixed while this runs.
  await pWaitFor(async () => hasEnded(service) || terminated.aborted || (await healthStatus(port)) === 200, { interval: 50 });
  if (!hasEnded(service) && !terminated.aborted) printUsage(port, secrets.JWT_SECRET);
  await Promise.race([exited, untilAborted(terminated)]);
  terminated.throwIfAborted();
  throw new Error('The service exited unexpectedly');
}

async function readPort(text: string): Promise<number> {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`PORT: ${JSON.stringify(text)} is not a number from 1 to 65535`);
  if (!(await isPortFree(port, '::')))
    throw new Error(`PORT: another process listens on ${port}. Set PORT to a free one, as in PORT=8081 npm run dev.`);
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

function printUsage(port: number, secret: string): void {
  const url = `http://localhost:${port}`;
  const token = signToken('dev-user', secret, '12h');
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

await runMain(main, report, 'everything is stopped; the data is preserved');
