import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import jwt from 'jsonwebtoken';
import { Client } from 'pg';
import type { Leash } from '../../rehearsal/process/watchdog.ts';
import { startMigratedPostgres } from '../../rehearsal/stand-ins/postgres/migrated-postgres.ts';
import { runNpmScript } from '../../rehearsal/process/npm-script.ts';
import type { Postgres } from '../../rehearsal/stand-ins/postgres/postgres.ts';
import { repository } from '../../rehearsal/process/repository-root.ts';
import { createSecret } from '../../rehearsal/process/credentials.ts';
import { startService, type ServiceProcess } from '../../rehearsal/process/service-process.ts';
import { fill, type Population } from './population.ts';
import type { Peer } from '../peers/peers.ts';
import { say } from './bench-progress.ts';

/** The one origin whose pages may call; load comes from there, as a web app's does. */
export const ORIGIN = 'https://tasks-app.vercel.app';

const MIGRATED = 'migrated';
/** For backends to see that their client is gone. */
const LEAVING_MS = 10_000;
const TOKEN_LIFE_SECONDS = 6 * 3_600;

/** What every measurement stands on: a throw-away PostgreSQL, and secrets that all peers share. */
export type Ground = {
  /** For logs and whatever else is written; gone afterwards. */
  readonly directory: string;
  readonly leash: Leash;
  /** Its abort ends everything early. */
  readonly signal: AbortSignal;
  /** Of PostgreSQL. */
  readonly version: string;
  url(database: string): string;
  /** A migrated database with these users; the same one when asked for again. */
  filled(name: string, populations: readonly Population[]): Promise<string>;
  /** A database that nobody else has: a copy of one that nobody uses now. */
  copy(template: string): Promise<string>;
  /** Ends its connections, if there are any left. */
  drop(database: string): Promise<void>;
  /** Transactions in a database so far; asked once nobody is connected, since a connection may keep its count to itself. */
  transactions(database: string): Promise<number>;
  /** A token that lasts longer than any run. */
  token(user: string): string;
  /** All that a peer gets besides PATH and PORT. */
  environment(database: string): Record<string, string>;
  start(peer: Peer, database: string): Promise<ServiceProcess>;
  close(): Promise<void>;
};

/** @throws the first failure, or the signal's reason; what was started is stopped again */
export async function openGround(signal: AbortSignal): Promise<Ground> {
  await using scope = new AsyncDisposableStack();
  const ground = await startMigratedPostgres(MIGRATED, { ownerCreatesDatabases: true });
  scope.defer(() => ground.close());
  const { postgres, directory, leash } = ground;
  await runNpmScript('build', repository);
  signal.throwIfAborted();

  const [server] = await ask(postgres.url(MIGRATED), 'show server_version');
  const secrets = { JWT_SECRET: createSecret(), BETTER_AUTH_SECRET: createSecret() };
  const filled = new Map<string, Promise<string>>();
  const started = scope.move();
  let count = 0;

  function environment(database: string): Record<string, string> {
    // The limit is the highest the service takes. It counts each user, of whom the load has enough.
    const settings = { NODE_ENV: 'production', CORS_ORIGINS: ORIGIN, RATE_LIMIT_PER_MINUTE: '100000' };
    return { ...settings, ...secrets, DATABASE_URL: postgres.url(database) };
  }

  return {
    directory,
    leash,
    signal,
    version: String(server?.['server_version']),
    url: (database) => postgres.url(database),
    filled: async (name, populations) => {
      const making = filled.get(name) ?? createFilled(postgres, name, populations);
      filled.set(name, making);
      return making;
    },
    copy: async (template) => {
      const name = `copy_${(count += 1)}`;
      await postgres.createDatabase(name, template);
      return name;
    },
    drop: async (database) => void (await ask(postgres.url('postgres'), `drop database ${database} with (force)`)),
    transactions: async (database) => {
      const statement = `select xact_commit + xact_rollback as count, numbackends from pg_stat_database where datname = '${database}'`;
      const deadline = Date.now() + LEAVING_MS;
      for (;;) {
        const [row] = await ask(postgres.url('postgres'), statement);
        if (row?.['numbackends'] === 0) return Number(row['count']);
        if (Date.now() > deadline) throw new Error(`somebody is still connected to ${database}`);
        await sleep(20);
      }
    },
    token: (user) => jwt.sign({ sub: user }, secrets.JWT_SECRET, { algorithm: 'HS256', expiresIn: TOKEN_LIFE_SECONDS }),
    environment,
    start: (peer, database) => {
      const logFile = path.join(directory, `${peer.name}-${(count += 1)}.log`);
      return startService({ repository: peer.directory, environment: environment(database), logFile, leash });
    },
    close: () => started.disposeAsync(),
  };
}

async function createFilled(postgres: Postgres, name: string, populations: readonly Population[]): Promise<string> {
  await postgres.createDatabase(name, MIGRATED);
  const tasks = populations.reduce((all, { users, tasksEach }) => all + users * tasksEach, 0);
  say(`filling in ${tasks} tasks`);
  await fill(postgres.url(name), populations);
  return name;
}

async function ask(url: string, statement: string): Promise<{ [column: string]: unknown }[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
