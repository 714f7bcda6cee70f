import type { HeaderPair } from '../../rehearsal/stand-ins/edge/forwarded-headers.ts';
import { mutate, type ProvingCase } from './case.ts';

const APP = 'service/app.ts';
const LIMIT = 'service/middleware/rate-limit.ts';
const SEND_JSON = 'service/routes/send-json.ts';
const TAG_ROUTES = 'service/routes/tags.ts';
const TASK_ROUTES = 'service/routes/tasks.ts';

const LIST_TAGS = 'sendJson(res, await database.read((db) => listTags(db, userIdOf(res), query)));';
const isLimit = ([name]: HeaderPair): boolean => /^ratelimit(-policy)?$/i.test(name);

/** Sound deployments that are unusual in what they state about objects, lists and limits: a failure is a false alarm. */
export const soundBreadth: readonly ProvingCase[] = [
  {
    id: 'sound-total-in-header',
    what: "lists have X-Total-Count, Content-Range and a Link to the last page, all of the caller's objects",
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          LIST_TAGS,
          `const page = await database.read((db) => listTags(db, userIdOf(res), query));
      const { total } = JSON.parse(page);
      res.set({ 'X-Total-Count': String(total), 'Content-Range': \`tags */\${total}\`, Link: \`<\${TAGS}?page=\${Math.max(1, Math.ceil(total / query.per_page))}>; rel="last"\` });
      sendJson(res, page);`,
        ),
        mutate(TASK_ROUTES, 'sendJson(res, page);', "res.set('X-Total-Count', String(JSON.parse(page).total));\n      sendJson(res, page);"),
      ],
    },
  },
  {
    id: 'sound-validators',
    variant: true,
    what: 'weak ETags on every response, and 304 to an owner who has it',
    deployment: {
      source: [
        mutate(APP, "app.disable('etag');", "app.set('etag', 'weak');"),
        mutate(
          SEND_JSON,
          'if (res.req.fresh) {',
          "res.set('ETag', (res.app.get('etag fn') as (body: string) => string)(text));\n  if (res.req.fresh) {",
        ),
      ],
    },
  },
  {
    id: 'sound-wait-as-date',
    variant: true,
    what: 'Retry-After is an HTTP-date',
    deployment: {
      edge: {
        rewrite: (headers, { status }) =>
          headers.map(([name, value]) => [
            name,
            status === 429 && name.toLowerCase() === 'retry-after' ? new Date(Date.now() + Number(value) * 1_000).toUTCString() : value,
          ]),
      },
    },
  },
  {
    id: 'sound-ids-rejected-with-400',
    what: 'an id that is not a number gets 400, before anything is looked up',
    deployment: {
      source: [
        mutate(
          APP,
          'app.use(taskRoutes(database));',
          `app.use((req, _res, next) => {
    const [, id] = /^[/]api[/]v1[/](?:tasks|tags)[/]([^/]+)/.exec(req.path) ?? [];
    if (id !== undefined && id !== 'autocomplete' && !/^[1-9]\\d{0,9}$/.test(id)) throw malformed('The id is not a number.');
    next();
  });
  app.use(taskRoutes(database));`,
        ),
        mutate(
          APP,
          "import { drain } from './middleware/drain.ts';",
          "import { malformed } from './errors.ts';\nimport { drain } from './middleware/drain.ts';",
        ),
      ],
    },
  },
  {
    id: 'sound-canonical-ids-redirected',
    variant: true,
    what: 'an id with leading zeros is redirected to the id without them, whether or not it exists',
    deployment: {
      source: [
        mutate(
          APP,
          'app.use(taskRoutes(database));',
          `app.use((req, res, next) => {
    if (req.method !== 'GET' || !/[/]0+\\d+$/.test(req.path)) return next();
    res.status(308).location(req.path.replace(/[/]0+(?=\\d+$)/, '/')).json({});
  });
  app.use(taskRoutes(database));`,
        ),
      ],
    },
  },
  {
    id: 'sound-sliding-window',
    what: 'a limiter with a sliding window: each request is counted for a minute, and the reset states when the oldest one expires',
    deployment: {
      source: [
        mutate(
          LIMIT,
          'return rateLimit({',
          `const times = new Map<string, number[]>();
  const sliding: Store = {
    increment(key) {
      const now = Date.now();
      const recent = [...(times.get(key) ?? []).filter((time) => time > now - 60_000), now];
      times.set(key, recent);
      return { totalHits: recent.length, resetTime: new Date((recent[0] ?? now) + 60_000) };
    },
    decrement: (key) => void times.get(key)?.pop(),
    resetKey: (key) => void times.delete(key),
  };
  return rateLimit({
    store: sliding,`,
        ),
        mutate(LIMIT, '...(store && { store }),', ''),
      ],
    },
  },
  {
    id: 'sound-limit-in-draft-7',
    what: 'the limit is stated in the format of draft 7 as well',
    deployment: {
      edge: {
        rewrite: (headers) => {
          const [, limit = ''] = headers.find(([name]) => name.toLowerCase() === 'ratelimit') ?? [];
          const [, remaining, reset] = /r=(\d+); ?t=(\d+)/.exec(limit) ?? [];
          return remaining === undefined || reset === undefined
            ? headers
            : [...headers, ['RateLimit-Limit', '100'], ['RateLimit-Remaining', remaining], ['RateLimit-Reset', reset]];
        },
      },
    },
  },
  {
    id: 'sound-limit-headers-first',
    variant: true,
    what: 'the headers of the limit precede all others',
    deployment: { edge: { rewrite: (headers) => [...headers.filter(isLimit), ...headers.filter((each) => !isLimit(each))] } },
  },
  {
    id: 'sound-head-without-length',
    variant: true,
    what: 'HEAD is answered without Content-Length',
    deployment: {
      edge: {
        rewrite: (headers, { method }) => (method === 'HEAD' ? headers.filter(([name]) => name.toLowerCase() !== 'content-length') : headers),
      },
    },
  },
  {
    id: 'sound-wait-is-half',
    variant: true,
    what: 'Retry-After is shorter than the rest of the window',
    deployment: {
      edge: {
        rewrite: (headers, { status }) =>
          headers.map(([name, value]) => [
            name,
            status === 429 && name.toLowerCase() === 'retry-after' ? String(Math.ceil(Number(value) / 2)) : value,
          ]),
      },
    },
  },
];
