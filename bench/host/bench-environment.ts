import path from 'node:path';
import pWaitFor from 'p-wait-for';
import { createSecret, signToken } from '../../rehearsal/process/credentials.ts';
import { runNpmScript } from '../../rehearsal/process/npm-script.ts';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { startService, type ServiceProcess } from '../../rehearsal/process/service-process.ts';
import type { Watchdog } from '../../rehearsal/process/watchdog.ts';
import { startMigratedPostgres } from '../../rehearsal/stand-ins/postgres/migrated-postgres.ts';
import type { Postgres } from '../../rehearsal/stand-ins/postgres/postgres.ts';
import { queryOnce, withConnection } from '../../rehearsal/stand-ins/postgres/query.ts';
import { report } from './bench-progress.ts';
import type { Peer } from './peers.ts';
import { fill, type Population } from './population.ts';
import { parentOf } from './processes.ts';

/** The one origin whose pages may call; the load sends it, as a web app does. */
export const ORIGIN = 'https://tasks-app.vercel.app';

const MIGRATED = 'migrated';
/** For backends to notice that their client is gone. */
const DISCONNECT_DEADLINE_MS = 10_000;
const TOKEN_LIFETIME = '6h';

/** Shared by all measurements: a temporary PostgreSQL, and secrets that all peers use. */
export type BenchEnvironment = {
  /** For logs and other files; removed by `close`. */
  readonly directory: string;
  readonly watchdog: Watchdog;
  /** Aborts all measurements. */
  readonly signal: AbortSignal;
  /** Of PostgreSQL. */
  readonly version: string;
  /** Of PostgreSQL's first process, which starts all others. */
  readonly databasePid: number;
  /** A migrated database with these users; the same one on later calls. */
  filled(name: string, populations: readonly Population[]): Promise<string>;
  /** A private copy of a database without connections. */
  copy(template: string): Promise<string>;
  /** Cuts its connections first. */
  drop(database: string): Promise<void>;
  /** Transactions in a database so far, read once it has no connections, because a connection may buffer its count. */
  transactions(database: string): Promise<number>;
  /** A token that outlasts any run. */
  token(user: string): string;
  /** The environment of a peer, apart from PATH and PORT. */
  settings(database: string): Record<string, string>;
  start(peer: Peer, database: string): Promise<ServiceProcess>;
  close(): Promise<void>;
};

/** @throws the first failure, or the signal's reason, after stopping what was started */
export async function openBenchEnvironment(signal: AbortSignal): Promise<BenchEnvironment> {
  await using scope = new AsyncDisposableStack();
  const migrated = await startMigratedPostgres(MIGRATED, { ownerCreatesDatabases: true });
  scope.defer(() => migrated.close());
  const { postgres, directory, watchdog } = migrated;
  await runNpmScript('build', repository);
  signal.throwIfAborted();

  const [server] = await queryOnce<{ server_version: string }>(postgres.url(MIGRATED), 'show server_version');
  const databasePid = await withConnection(postgres.url(MIGRATED), async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    return parentOf(rows[0]?.pid ?? Number.NaN);
  });
  const secrets = { JWT_SECRET: createSecret(), BETTER_AUTH_SECRET: createSecret() };
  const filled = new Map<string, Promise<string>>();
  const started = scope.move();
  let count = 0;

  function settings(database: string): Record<string, string> {
    // The highest limit that the service accepts. It counts each user, and the load has many.
    const common = { NODE_ENV: 'production', CORS_ORIGINS: ORIGIN, RATE_LIMIT_PER_MINUTE: '100000' };
    return { ...common, ...secrets, DATABASE_URL: postgres.url(database) };
  }

  return {
    directory,
    watchdog,
    signal,
    version: server?.server_version ?? 'unknown',
    databasePid,
    filled: async (name, populations) => {
      const pending = filled.get(name) ?? createFilled(postgres, name, populations);
      filled.set(name, pending);
      return pending;
    },
    copy: async (template) => {
      const name = `copy_${(count += 1)}`;
      await postgres.createDatabase(name, template);
      return name;
    },
    drop: async (database) => void (await queryOnce(postgres.url('postgres'), `drop database ${database} with (force)`)),
    transactions: (database) => countTransactions(postgres, database),
    token: (user) => signToken(user, secrets.JWT_SECRET, TOKEN_LIFETIME),
    settings,
    start: (peer, database) => {
      const logFile = path.join(directory, `${peer.name}-${(count += 1)}.log`);
      return startService({ repository: peer.directory, settings: settings(database), logFile, watchdog });
    },
    close: () => started.disposeAsync(),
  };
}

async function createFilled(postgres: Postgres, name: string, populations: readonly Population[]): Promise<string> {
  await postgres.createDatabase(name, MIGRATED);
  const tasks = populations.reduce((all, { users, tasksEach }) => all + users * tasksEach, 0);
  report(`creating ${tasks} tasks`);
  await fill(postgres.url(name), populations);
  return name;
}

async function countTransactions(postgres: Postgres, database: string): Promise<number> {
  const statement = 'select xact_commit + xact_rollback as count, numbackends from pg_stat_database where datname = $1';
  return pWaitFor(
    async () => {
      const [row] = await queryOnce<{ count: string; numbackends: number }>(postgres.url('postgres'), statement, [database]);
      return row?.numbackends === 0 && pWaitFor.resolveWith(Number(row.count));
    },
    { timeout: { milliseconds: DISCONNECT_DEADLINE_MS, message: new Error(`${database} still has connections`) } },
  );
}
