import { type AuditFault, mutate } from './case.ts';

const TASKS = 'service/routes/tasks.ts';

/**
 * Deployments that the predecessor of this audit passed: it compared empty lists, and counted failed requests as rejected ones and
 * every 404 as isolation. They are broken, so some checks have nothing to observe, and none may be proven. The predecessor's other
 * gaps are separate faults: `cors-wildcard`, `health-static` and `key-short`, a default secret.
 */
export const predecessorGaps: readonly AuditFault[] = [
  {
    id: 'old-empty-lists',
    what: 'every list is empty, so no two lists share an object',
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
    what: "every request for a task fails, so no other tenant's data is returned",
    noticedBy: ['tenant-access', 'isolation-by-id', 'browser-foreign-origin'],
    deployment: { database: ['alter table tasks rename column completed to done'] },
  },
  {
    id: 'old-404-as-isolation',
    what: 'the path of a task is misspelled, so every caller gets 404',
    noticedBy: ['tenant-access', 'isolation-by-id'],
    deployment: {
      source: [mutate(TASKS, '.route(`${TASKS}/:id`)', '.route(`${TASKS}/item/:id`)')],
    },
  },
  {
    id: 'old-429-as-rejection',
    what: 'the limiter rejects nearly every request without RateLimit headers',
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
    what: 'the edge serves its own page for every path',
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
