import type { HeaderPair } from '../../../rehearsal/stand-ins/edge/forwarded-headers.ts';
import { type Fault, mutate } from '../case.ts';

const APP = 'service/app.ts';
const TAG_ROUTES = 'service/routes/tags.ts';
const TASK_ROUTES = 'service/routes/tasks.ts';
const BEFORE_BODIES = 'app.use(jsonBody());';
const UNKNOWN_PATH = 'app.use(rejectUnknownPath);';
const SUGGESTIONS = 'res.json({ tags: await database.read((db) => suggestTags(db, userIdOf(res), prefix)) });';
const ONE_TAG = 'if (tag === undefined) throw notFound();\n      res.json(tag);';
const ONE_TASK = 'res.json(found(await database.read((db) => readTask(db, userIdOf(res), id))));';
const LIST_OF_TAGS = 'sendJson(res, await database.read((db) => listTags(db, userIdOf(res), query)));';
const LIST_OF_TASKS = 'sendJson(res, page);';
const TAG_LOCATION = 'res.status(201).location(`${TAGS}/${tag.id}`)';

/** A handler before the bodies are parsed. */
const route = (code: string): NonNullable<Fault['deployment']> => ({ source: [mutate(APP, BEFORE_BODIES, `${code}\n  ${BEFORE_BODIES}`)] });
const page = (path: string, title: string): NonNullable<Fault['deployment']> =>
  route(`app.get('${path}', (_req, res) => void res.type('html').send('<!doctype html><title>${title}</title>'));`);
const added =
  (name: string, value: string, isMeant: (status: number) => boolean = () => true) =>
  (headers: readonly HeaderPair[], { status }: { status: number }): HeaderPair[] =>
    isMeant(status) ? [...headers, [name, value]] : [...headers];

const openPaths: readonly Fault[] = [
  {
    id: 'profiler-open',
    what: 'profiles of the process are served below /debug/pprof/',
    caughtBy: ['files-absent'],
    deployment: route("app.use('/debug/pprof', (_req, res) => void res.type('text/plain').send('heap profile: 1: 4096'));"),
    seenIn: 'https://github.com/projectdiscovery/nuclei-templates/blob/main/http/misconfiguration/debug/pprof-debug.yaml',
  },
  {
    id: 'queue-dashboard-open',
    what: 'the dashboard of the job queue is mounted without a guard',
    caughtBy: ['files-absent'],
    deployment: page('/admin/queues', 'Bull Dashboard'),
  },
  {
    id: 'adminer-open',
    variant: true,
    what: 'a database console is deployed with the service',
    caughtBy: ['files-absent'],
    deployment: page('/adminer', 'Adminer'),
  },
  {
    id: 'orm-studio-open',
    variant: true,
    what: 'the studio of the ORM runs in production',
    caughtBy: ['files-absent'],
    deployment: page('/studio', 'Prisma Studio'),
  },
  {
    id: 'metrics-below-the-base-path',
    variant: true,
    what: 'metrics are served below the path of the API to every user',
    caughtBy: ['files-absent'],
    deployment: route("app.get('/api/v1/metrics', (_req, res) => void res.json({ heap: process.memoryUsage().heapUsed }));"),
  },
  {
    id: 'admin-below-the-base-path',
    variant: true,
    what: 'an overview for operators is served to every user',
    caughtBy: ['files-absent'],
    deployment: route("app.get('/api/v1/admin', (_req, res) => void res.json({ uptime: process.uptime(), pid: process.pid }));"),
  },
  {
    id: 'build-output-served',
    variant: true,
    what: 'the directory of the bundle is served with its source map',
    caughtBy: ['files-absent'],
    deployment: route("app.use('/dist', express.static('dist'));"),
  },
  {
    id: 'environment-backup-served',
    what: 'a copy of the settings was left in the public directory',
    caughtBy: ['files-absent'],
    deployment: route("app.get('/.env.bak', (_req, res) => void res.type('text/plain').send('NODE_ENV=production'));"),
  },
  {
    id: 'platform-file-served',
    variant: true,
    what: "the platform's configuration is served",
    caughtBy: ['files-absent'],
    deployment: route("app.get('/vercel.json', (_req, res) => void res.json({ rewrites: [] }));"),
  },
  {
    id: 'console-behind-a-password',
    variant: true,
    what: 'a console asks for a password, which reveals it',
    caughtBy: ['files-absent'],
    deployment: route(
      "app.use('/actuator', (_req, res) => void res.status(401).set('WWW-Authenticate', 'Basic realm=\"ops\"').json({ title: 'Sign in' }));",
    ),
  },
];

const switches: readonly Fault[] = [
  {
    id: 'suggestions-explained',
    what: 'with debug=1 suggestions contain the statement and its plan',
    caughtBy: ['debug-switches'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          SUGGESTIONS,
          `const tags = await database.read((db) => suggestTags(db, userIdOf(res), prefix));\n      res.json({ tags, ...(req.query['debug'] && { _plan: 'Index Scan using tags_by_name' }) });`,
        ),
      ],
    },
  },
  {
    id: 'health-verbose',
    what: 'with verbose=1 liveness reports the host and the memory of the process',
    caughtBy: ['debug-switches'],
    deployment: {
      source: [
        mutate(
          'service/routes/health.ts',
          ".get((_req, res) => {\n      const report: z.infer<typeof liveness> = { status: 'ok' };\n      res.json(report);",
          ".get((req, res) => {\n      const report: z.infer<typeof liveness> = { status: 'ok' };\n      res.json(req.query['verbose'] === undefined ? report : { ...report, pid: process.pid, memory: process.memoryUsage() });",
        ),
      ],
    },
    seenIn: 'https://kubernetes.io/docs/reference/using-api/health-checks/',
  },
  {
    id: 'debug-header-honored',
    variant: true,
    what: 'with X-Debug a tag is returned with the queries of the request in a header',
    caughtBy: ['debug-switches', 'server-banner'],
    deployment: {
      source: [mutate(TAG_ROUTES, ONE_TAG, ONE_TAG.replace('res.json', "if (req.get('x-debug')) res.set('X-Debug-Queries', '1');\n      res.json"))],
    },
  },
  {
    id: 'expanded-owner',
    variant: true,
    what: 'with expand a task is returned with its owner',
    caughtBy: ['debug-switches'],
    deployment: {
      source: [
        mutate(
          TASK_ROUTES,
          ONE_TASK,
          "const task = found(await database.read((db) => readTask(db, userIdOf(res), id)));\n      res.json(req.query['expand'] === undefined ? task : { ...task, owner: { id: task.user_id, email: null } });",
        ),
      ],
    },
  },
  {
    id: 'script-for-a-callback',
    variant: true,
    what: 'with a callback suggestions are a script that pages of any origin can load',
    caughtBy: ['debug-switches'],
    deployment: { source: [mutate(TAG_ROUTES, SUGGESTIONS, SUGGESTIONS.replace('res.json', 'res.jsonp'))] },
    seenIn: 'https://expressjs.com/en/5x/api.html#res.jsonp',
  },
  {
    id: 'page-for-a-browser',
    variant: true,
    what: 'a tag is returned as a page to clients that prefer HTML',
    caughtBy: ['debug-switches'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          ONE_TAG,
          ONE_TAG.replace(
            'res.json(tag);',
            "if (req.accepts(['json', 'html']) === 'html') res.type('html').send(`<h1>${tag.id}</h1>`);\n      else res.json(tag);",
          ),
        ),
      ],
    },
  },
  {
    id: 'list-as-event-stream',
    variant: true,
    what: 'the list of tags is an event stream for clients that accept one',
    caughtBy: ['debug-switches'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          LIST_OF_TAGS,
          `const list = await database.read((db) => listTags(db, userIdOf(res), query));\n      if (req.accepts(['json', 'text/event-stream']) === 'text/event-stream') res.type('text/event-stream').send(\`data: \${list}\\n\\n\`);\n      else sendJson(res, list);`,
        ),
      ],
    },
  },
];

const reflected: readonly Fault[] = [
  {
    id: 'location-of-any-host',
    what: 'the Location of a new tag has the host of a header that any client can send',
    caughtBy: ['values-not-reflected'],
    deployment: {
      source: [
        mutate(TAG_ROUTES, TAG_LOCATION, "res.status(201).location(`https://${req.get('x-original-host') ?? req.get('host')}${TAGS}/${tag.id}`)"),
      ],
    },
    seenIn: 'https://portswigger.net/web-security/host-header/exploiting',
  },
  {
    id: 'link-of-any-host',
    what: 'the list of tasks has a Link with the host of Forwarded',
    caughtBy: ['values-not-reflected'],
    deployment: {
      source: [
        mutate(
          TASK_ROUTES,
          LIST_OF_TASKS,
          "const host = /host=([^;,]+)/.exec(req.get('forwarded') ?? '')?.[1] ?? req.get('host');\n      res.set('Link', `<https://${host}${TASKS}?page=2>; rel=\"next\"`);\n      sendJson(res, page);",
        ),
      ],
    },
  },
  {
    id: 'slash-removed-from-any-path',
    variant: true,
    what: 'a slash at the end is removed by a redirect to the path, which may begin with two slashes',
    caughtBy: ['values-not-reflected'],
    deployment: route('app.use((req, res, next) => (/.[/]$/.test(req.path) ? void res.redirect(308, req.path.slice(0, -1)) : next()));'),
    seenIn: 'https://portswigger.net/kb/issues/00500100_open-redirection-reflected',
  },
  {
    id: 'redirect-to-any-target',
    what: 'an unknown path with returnTo redirects there',
    caughtBy: ['values-not-reflected'],
    deployment: {
      source: [
        mutate(
          APP,
          UNKNOWN_PATH,
          `app.use((req, res, next) => (req.query['returnTo'] === undefined ? next() : void res.redirect(String(req.query['returnTo']))));\n  ${UNKNOWN_PATH}`,
        ),
      ],
    },
  },
  {
    id: 'unknown-path-with-markup',
    variant: true,
    what: 'the page for an unknown path repeats the search text',
    caughtBy: ['values-not-reflected'],
    deployment: {
      source: [
        mutate(
          APP,
          UNKNOWN_PATH,
          `app.use((req, res, next) => (req.query['q'] === undefined ? next() : void res.status(404).send(\`<p>Nothing found for \${String(req.query['q'])}</p>\`)));\n  ${UNKNOWN_PATH}`,
        ),
      ],
    },
  },
];

const banners: readonly Fault[] = [
  {
    id: 'instance-in-header',
    what: 'every response names the instance',
    caughtBy: ['server-banner'],
    deployment: { edge: { rewrite: added('X-Instance-Id', 'i-0a1b2c3d') } },
  },
  {
    id: 'internal-host-in-via',
    variant: true,
    what: 'responses to missing objects name a host of the private network',
    caughtBy: ['server-banner'],
    deployment: { edge: { rewrite: added('Via', '1.1 ip-10-0-1-7.eu-west-1.compute.internal', (status) => status === 404) } },
  },
  {
    id: 'query-in-server-timing',
    variant: true,
    what: 'the list of tags states its query in Server-Timing',
    caughtBy: ['server-banner'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          LIST_OF_TAGS,
          `res.set('Server-Timing', 'db;dur=2;desc="select id, name from tags where user_id = ?"');\n      ${LIST_OF_TAGS}`,
        ),
      ],
    },
  },
  {
    id: 'runtime-in-header',
    variant: true,
    what: 'creations state their duration in X-Runtime',
    caughtBy: ['server-banner'],
    deployment: { edge: { rewrite: added('X-Runtime', '0.012', (status) => status === 201) } },
  },
];

/** In classes of paths, switches, values and headers, mostly in operations other than the first. */
export const exposureBreadth: readonly Fault[] = [...openPaths, ...switches, ...reflected, ...banners];
