import { type AuditFault, mutate } from './case.ts';

const TASKS = 'service/routes/tasks.ts';

/**
 * Deployments on which the script that this audit replaces said pass: it compared empty lists, took a failed request for a
 * refused one, and a 404 for isolation. They are broken, so that not every check has something to see; none may be proven.
 * Its other holes are faults of their kind: `cors-wildcard`, `health-static` and `key-short`, a default secret.
 */
export const oldSuite: readonly AuditFault[] = [
  {
    id: 'old-empty-lists',
    what: 'every list is empty, so that no two share an object',
    noticedBy: ['isolation-in-lists', 'browser-refused-writes', 'wire-refused-writes'],
    deployment: {
      source: [
        mutate('service/db/page.ts', "coalesce(json_agg(item), '[]')::text", "'[]'"),
        mutate('service/db/page.ts', '"total":${listed.total}', '"total":0'),
      ],
    },
  },
  {
    id: 'old-failed-requests',
    what: 'every request of a task fails, so that no data of another is seen',
    noticedBy: ['tenant-access', 'isolation-by-id', 'browser-foreign-origin'],
    deployment: { database: ['alter table tasks rename column completed to done'] },
  },
  {
    id: 'old-404-as-isolation',
    what: 'the path of a task is misspelt, so that everybody gets 404',
    noticedBy: ['tenant-access', 'isolation-by-id'],
    deployment: {
      source: [mutate(TASKS, '.route(`${TASKS}/:id`)', '.route(`${TASKS}/item/:id`)')],
    },
  },
  {
    id: 'old-429-as-refusal',
    what: 'the limiter answers nearly everything and says nothing of itself, which is no refusal',
    noticedBy: ['token-missing', 'isolation-by-id'],
    deployment: {
      source: [
        mutate('service/middleware/rate-limit.ts', 'limit: perMinute,', 'limit: 12,'),
        mutate('service/middleware/rate-limit.ts', "standardHeaders: 'draft-8',", 'standardHeaders: false,'),
        mutate(
          'service/middleware/rate-limit.ts',
          'handler: (_req, _res, next) => next(tooManyRequests()),',
          'handler: (_req, res) => void res.status(429).json({}),',
        ),
      ],
    },
  },
  {
    id: 'old-html-page',
    what: 'the edge serves a page of its own for every path',
    noticedBy: ['target-identity', 'docs-absent'],
    deployment: {
      source: [
        mutate(
          'service/app.ts',
          '  app.use(requestLog(log));\n',
          "  app.use((req, res, next) => (req.headers['x-forwarded-for'] === undefined ? next() : void res.type('html').send('<h1>Welcome</h1>')));\n  app.use(requestLog(log));\n",
        ),
      ],
    },
  },
];
