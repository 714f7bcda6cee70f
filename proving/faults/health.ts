import { type Fault, mutate } from '../case.ts';

const HEALTH = 'service/routes/health.ts';
const PROBE = 'service/db/probe.ts';
const APP = 'service/app.ts';

/** Of a deployment: the five minutes have passed, so the audit waits ten seconds. */
const LONG_AGO = '2026-01-01T00:00:00Z';

export const health: readonly Fault[] = [
  {
    id: 'health-static',
    what: 'health answers ok without asking the database',
    caughtBy: ['health-truth'],
    deployment: { source: [mutate(HEALTH, 'await database.state();', "'ready' as string;")] },
  },
  {
    id: 'health-remembered-for-a-minute',
    what: 'health keeps what the database said for a minute, to save queries',
    caughtBy: ['health-truth'],
    deployment: { source: [mutate(PROBE, 'const READY_MS = 200;', 'const READY_MS = 60_000;')] },
  },
  {
    id: 'release-not-live',
    what: 'the previous release is still live long after the new one was deployed',
    caughtBy: ['release-live'],
    deployment: { settings: { COMMIT_SHA: 'decade'.repeat(7).slice(0, 40) } },
    settings: { AUDIT_DEPLOYED_AT: LONG_AGO },
    seenIn: 'https://github.com/hypercerts-org/ePDS/issues/57',
  },
  {
    id: 'release-of-a-fixed-commit',
    variant: true,
    what: 'health reports a commit that was written into the source',
    caughtBy: ['release-live'],
    deployment: { source: [mutate(HEALTH, 'commit: config.commit,', "commit: '0123456789abcdef0123456789abcdef01234567',")] },
    settings: { AUDIT_DEPLOYED_AT: LONG_AGO },
  },
  {
    id: 'health-always-200',
    what: 'health says unhealthy in its body alone, with status 200',
    caughtBy: ['health-truth'],
    deployment: { source: [mutate(HEALTH, 'res.status(ready ? 200 : 503).json(report)', 'res.json(report)')] },
  },
  {
    id: 'health-never-well-again',
    variant: true,
    what: 'once the database could not be reached, health says so for ever',
    caughtBy: ['health-truth'],
    deployment: {
      source: [mutate(PROBE, '    else probe = undefined;\n', '')],
    },
  },
  {
    id: 'health-words-turned-round',
    variant: true,
    what: 'health calls a database that answers disconnected, and one that does not connected',
    caughtBy: ['health-shape', 'health-agrees', 'health-truth'],
    deployment: { source: [mutate(HEALTH, "state === 'unreachable' ?", "state !== 'unreachable' ?")] },
  },
  {
    id: 'health-blind-to-missing-tables',
    what: 'health asks select 1 in place of the migrations, and the table of the tasks is gone',
    caughtBy: ['health-agrees'],
    deployment: {
      source: [
        mutate(PROBE, 'array(select name from kysely_migration)', "'{}'::text[]"),
        mutate(PROBE, 'const state = compare(new Set(applied));', "const state: string = applied.length === 0 ? 'ready' : 'behind';"),
      ],
      database: ['alter table tasks rename to tasks_old'],
    },
  },
  {
    id: 'health-shows-version',
    what: 'health tells strangers the version of Node',
    caughtBy: ['health-shape'],
    deployment: { source: [mutate(HEALTH, 'environment: config.environment,', 'environment: config.environment, version: process.version,')] },
  },
  {
    id: 'health-names-its-database',
    variant: true,
    what: 'health names the host of the database while it is away',
    caughtBy: ['health-truth'],
    deployment: {
      source: [
        mutate(
          HEALTH,
          'environment: config.environment,',
          "environment: config.environment, ...(state === 'unreachable' && { error: `no connection to ${new URL(config.databaseUrl).host}` }),",
        ),
      ],
    },
  },
  {
    id: 'health-cached',
    variant: true,
    what: 'caches may keep health for ten seconds',
    caughtBy: ['health-shape', 'private-answers'],
    deployment: {
      source: [mutate(HEALTH, 'res.status(ready ? 200 : 503).json', "res.status(ready ? 200 : 503).set('Cache-Control', 'public, max-age=10').json")],
    },
  },
  {
    id: 'health-time-of-the-start',
    variant: true,
    what: "health's time is that of the start",
    caughtBy: ['health-shape'],
    deployment: {
      source: [
        mutate(HEALTH, '  const router = Router();', '  const router = Router();\n  const startedAt = new Date();'),
        mutate(HEALTH, 'timestamp: new Date().toISOString()', 'timestamp: startedAt.toISOString()'),
      ],
    },
  },
  {
    id: 'health-of-development',
    variant: true,
    what: 'the deployment runs with NODE_ENV=development',
    caughtBy: ['health-shape'],
    deployment: { settings: { NODE_ENV: 'development' } },
  },
  {
    id: 'health-behind-the-limiter',
    what: "health is mounted behind the limiter, so that the platform's calls are counted",
    caughtBy: ['health-open'],
    deployment: {
      source: [
        mutate(APP, '  app.use(healthRoutes(context));\n', ''),
        mutate(APP, 'sharedLimit));', 'sharedLimit));\n  app.use(healthRoutes(context));'),
      ],
    },
  },
  {
    id: 'health-answers-any-method',
    variant: true,
    what: 'health answers every method',
    caughtBy: ['health-open'],
    deployment: { source: [mutate(HEALTH, '.get(async (_req, res) =>', '.all(async (_req, res) =>')] },
  },
  {
    id: 'health-clock-ahead',
    what: 'the clock of the host is ten minutes ahead',
    caughtBy: ['health-shape'],
    deployment: { source: [mutate(HEALTH, 'new Date().toISOString()', 'new Date(Date.now() + 600_000).toISOString()')] },
  },
  {
    id: 'health-under-the-type-of-a-page',
    what: 'health is sent as text/html, and everything else is sound',
    caughtBy: ['health-shape'],
    deployment: {
      source: [
        mutate(HEALTH, 'res.status(ready ? 200 : 503).json(report);', "res.status(ready ? 200 : 503).type('html').send(JSON.stringify(report));"),
      ],
    },
  },
  {
    id: 'health-broken-alone',
    what: 'health fails with 500 behind the edge, and everything else is sound',
    caughtBy: ['health-agrees'],
    deployment: {
      source: [
        mutate(
          HEALTH,
          '.get(async (_req, res) => {',
          ".get(async (req, res) => {\n      // Behind the edge alone: the deployment itself must come up.\n      if (req.get('x-forwarded-for') !== undefined) throw new Error('unexpected');",
        ),
      ],
    },
  },
  {
    id: 'liveness-asks-the-database',
    variant: true,
    what: 'liveness fails with the database, so that the platform restarts what a restart cannot mend',
    caughtBy: ['health-truth'],
    deployment: {
      source: [
        mutate(HEALTH, '.get((_req, res) => {', '.get(async (_req, res) => {'),
        mutate(HEALTH, '      res.json(report);', "      res.status((await database.state()) === 'unreachable' ? 503 : 200).json(report);"),
      ],
    },
  },
  {
    id: 'liveness-tells-its-age',
    variant: true,
    what: 'liveness tells strangers how long the process has been running',
    caughtBy: ['health-open'],
    deployment: { source: [mutate(HEALTH, "= { status: 'ok' };", "= { status: 'ok', uptime: process.uptime() };")] },
  },
  {
    id: 'pool-without-error-listener',
    what: 'nobody listens for errors of idle connections, so that losing the database ends the process',
    caughtBy: ['health-truth'],
    deployment: {
      source: [mutate('service/db/pool.ts', "  pool.on('error', (err) => log.warn({ err }, 'idle database connection lost'));\n", '')],
    },
    seenIn: 'https://github.com/bytebase/dbhub/issues/422',
  },
  {
    id: 'guests-let-in',
    variant: true,
    what: 'whoever has no token is let in as a guest',
    caughtBy: ['tenant-access'],
    deployment: {
      source: [
        mutate(APP, "  app.use('/api/v1', requireCaller);\n", ''),
        mutate(
          'service/routes/parse.ts',
          'if (caller === undefined) throw unauthenticated();\n  return caller.userId;',
          "return caller?.userId ?? 'guest';",
        ),
      ],
    },
  },
  {
    id: 'outage-called-internal',
    variant: true,
    what: 'while the database is away routes answer 500, as if somebody had to look for a bug',
    caughtBy: ['health-truth'],
    deployment: { source: [mutate('service/db/database.ts', 'throw new DatabaseUnavailableError(failure, error);', 'throw error;')] },
  },
  {
    id: 'outage-without-retry-after',
    variant: true,
    what: 'while the database is away routes do not say when to ask again',
    caughtBy: ['health-truth'],
    deployment: { source: [mutate('service/errors.ts', "headers: { 'Retry-After': '2' }, cause", 'cause')] },
  },
];
