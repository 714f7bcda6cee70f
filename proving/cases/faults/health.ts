import { type Fault, mutate } from '../case.ts';

const HEALTH = 'service/routes/health.ts';
const PROBE = 'service/db/probe.ts';
const APP = 'service/app.ts';

/** The creation of a deployment. Its five minutes have passed, so the audit only waits ten seconds. */
const LONG_AGO = '2026-01-01T00:00:00Z';

export const health: readonly Fault[] = [
  {
    id: 'health-static',
    what: 'health returns ok without querying the database',
    caughtBy: ['health-truth'],
    deployment: { source: [mutate(HEALTH, 'await database.state();', "'ready' as string;")] },
  },
  {
    id: 'health-cached-for-a-minute',
    what: 'health caches the state of the database for a minute to save queries',
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
    what: 'health reports a commit that is hard-coded in the source',
    caughtBy: ['release-live'],
    deployment: { source: [mutate(HEALTH, 'commit: config.commit,', "commit: '0123456789abcdef0123456789abcdef01234567',")] },
    settings: { AUDIT_DEPLOYED_AT: LONG_AGO },
  },
  {
    id: 'health-always-200',
    what: 'health reports unhealthy only in its body, with status 200',
    caughtBy: ['health-truth'],
    deployment: { source: [mutate(HEALTH, 'res.status(ready ? 200 : 503).json(report)', 'res.json(report)')] },
  },
  {
    id: 'health-never-recovers',
    variant: true,
    what: 'after the database was unreachable once, health reports unhealthy until the process restarts',
    caughtBy: ['health-truth'],
    deployment: {
      source: [mutate(PROBE, '    else probe = undefined;\n', '')],
    },
  },
  {
    id: 'health-words-swapped',
    variant: true,
    what: 'health reports disconnected while the database responds, and connected while it does not',
    caughtBy: ['health-shape', 'health-agrees', 'health-truth'],
    deployment: { source: [mutate(HEALTH, "state === 'unreachable' ?", "state !== 'unreachable' ?")] },
  },
  {
    id: 'health-blind-to-missing-tables',
    what: 'health queries select 1 instead of the migrations, and the table of tasks is missing',
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
    variant: true,
    what: 'health reveals the version of Node',
    caughtBy: ['health-shape'],
    deployment: { source: [mutate(HEALTH, 'environment: config.environment,', 'environment: config.environment, version: process.version,')] },
  },
  {
    id: 'health-names-its-database',
    variant: true,
    what: 'health reveals the host of the database during an outage',
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
    what: 'caches may store health for ten seconds',
    caughtBy: ['health-shape', 'private-answers'],
    deployment: {
      source: [mutate(HEALTH, 'res.status(ready ? 200 : 503).json', "res.status(ready ? 200 : 503).set('Cache-Control', 'public, max-age=10').json")],
    },
  },
  {
    id: 'health-time-of-the-start',
    variant: true,
    what: 'the timestamp of health is the start time of the process',
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
    what: "health is mounted after the limiter, so the platform's polls count",
    caughtBy: ['health-open'],
    deployment: {
      source: [
        mutate(APP, '  app.use(healthRoutes(context));\n', ''),
        mutate(APP, 'sharedLimit));', 'sharedLimit));\n  app.use(healthRoutes(context));'),
      ],
    },
  },
  {
    id: 'health-accepts-any-method',
    variant: true,
    what: 'health accepts every method',
    caughtBy: ['health-open'],
    deployment: { source: [mutate(HEALTH, '.get(async (_req, res) =>', '.all(async (_req, res) =>')] },
  },
  {
    id: 'health-clock-ahead',
    what: "the host's clock is ten minutes ahead",
    caughtBy: ['health-shape'],
    deployment: { source: [mutate(HEALTH, 'new Date().toISOString()', 'new Date(Date.now() + 600_000).toISOString()')] },
  },
  {
    id: 'date-of-tasks-behind',
    what: 'the Date header of tasks and tags is ten minutes behind, as on one host with a wrong clock',
    caughtBy: ['clock-agrees'],
    deployment: {
      source: [
        mutate(
          APP,
          '  app.use(identifyCaller(verifyToken));\n',
          "  app.use((_req, res, next) => {\n    res.set('Date', new Date(Date.now() - 600_000).toUTCString());\n    next();\n  });\n  app.use(identifyCaller(verifyToken));\n",
        ),
      ],
    },
  },
  {
    id: 'health-under-the-type-of-a-page',
    variant: true,
    what: 'health is sent as text/html; everything else is sound',
    caughtBy: ['health-shape'],
    deployment: {
      source: [
        mutate(HEALTH, 'res.status(ready ? 200 : 503).json(report);', "res.status(ready ? 200 : 503).type('html').send(JSON.stringify(report));"),
      ],
    },
  },
  {
    id: 'health-broken-alone',
    what: 'health returns 500 behind the edge; everything else is sound',
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
    id: 'liveness-queries-the-database',
    variant: true,
    what: 'liveness fails during a database outage, so the platform restarts a process that a restart cannot fix',
    caughtBy: ['health-truth'],
    deployment: {
      source: [
        mutate(HEALTH, '.get((_req, res) => {', '.get(async (_req, res) => {'),
        mutate(HEALTH, '      res.json(report);', "      res.status((await database.state()) === 'unreachable' ? 503 : 200).json(report);"),
      ],
    },
  },
  {
    id: 'liveness-reports-its-uptime',
    variant: true,
    what: 'liveness reveals the uptime of the process',
    caughtBy: ['health-open'],
    deployment: { source: [mutate(HEALTH, "= { status: 'ok' };", "= { status: 'ok', uptime: process.uptime() };")] },
  },
  {
    id: 'pool-without-error-listener',
    variant: true,
    what: 'errors of idle connections have no listener, so a database outage ends the process',
    caughtBy: ['health-truth'],
    deployment: {
      source: [mutate('service/db/pool.ts', "  pool.on('error', (err) => log.warn({ err }, 'idle database connection lost'));\n", '')],
    },
    seenIn: 'https://github.com/bytebase/dbhub/issues/422',
  },
  {
    id: 'anonymous-callers-accepted',
    variant: true,
    what: 'requests without a token are accepted as a guest',
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
    what: 'during a database outage routes return 500, which suggests a bug',
    caughtBy: ['health-truth'],
    deployment: { source: [mutate('service/db/database.ts', 'throw new DatabaseUnavailableError(failure, error);', 'throw error;')] },
  },
  {
    id: 'outage-without-retry-after',
    variant: true,
    what: 'during a database outage responses lack Retry-After',
    caughtBy: ['health-truth'],
    deployment: { source: [mutate('service/errors.ts', "headers: { 'Retry-After': '2' }, cause", 'cause')] },
  },
];
