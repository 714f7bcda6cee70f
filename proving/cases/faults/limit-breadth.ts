import { type Fault, mutate } from '../case.ts';
import type { HeaderPair } from '../../../rehearsal/stand-ins/edge/forwarded-headers.ts';

const APP = 'service/app.ts';
const LIMIT = 'service/middleware/rate-limit.ts';
const LIMITED = 'app.use(limitRate(config.rateLimitPerMinute, sharedLimit));';
const HEADERS = "standardHeaders: 'draft-8',";
const USER = '`user:${caller.userId}`';
const SECONDS_OF_WINDOW = 60;

const skipping = (condition: string) => mutate(LIMIT, HEADERS, `${HEADERS}\n    skip: (req) => ${condition},`);
/** Appends a value that the caller controls to the key of users. */
const userAnd = (chosen: string) => mutate(LIMIT, USER, `\`user:\${caller.userId}:\${${chosen}}\``);
const without = (headers: readonly HeaderPair[], pattern: RegExp): HeaderPair[] => headers.filter(([name]) => !pattern.test(name));
const waiting = (headers: readonly HeaderPair[], change: (seconds: number) => string): HeaderPair[] =>
  headers.map(([name, value]) => [name, name.toLowerCase() === 'retry-after' ? change(Number(value)) : value]);

export const limitBreadth: readonly Fault[] = [
  {
    id: 'limit-without-monitors',
    what: 'requests of a monitor, by their user agent, are not limited',
    caughtBy: ['limit-exemptions'],
    deployment: { source: [skipping("/kube-probe|UptimeRobot|GoogleHC/i.test(req.get('User-Agent') ?? '')")] },
  },
  {
    id: 'limit-without-private-addresses',
    what: 'requests whose X-Client-IP is a private address are not limited',
    caughtBy: ['limit-exemptions'],
    deployment: { source: [skipping("/^10[.]/.test(req.get('X-Client-IP') ?? '')")] },
    seenIn: 'https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/',
  },
  {
    id: 'limit-without-internal-requests',
    variant: true,
    what: 'deletions with X-Internal-Request are not limited',
    caughtBy: ['limit-exemptions'],
    deployment: { source: [skipping("req.method === 'DELETE' && req.get('X-Internal-Request') === 'true'")] },
  },
  {
    id: 'limit-without-prefetches',
    variant: true,
    what: 'prefetches are not limited',
    caughtBy: ['limit-exemptions'],
    deployment: { source: [skipping("/prefetch/.test(req.get('Sec-Purpose') ?? '')")] },
  },
  {
    id: 'limit-without-writes-of-the-app',
    what: 'writes with the origin of the app are not limited',
    caughtBy: ['limit-exemptions'],
    deployment: { source: [skipping("req.method !== 'GET' && req.get('Origin') !== undefined")] },
  },
  {
    id: 'limit-by-original-host',
    variant: true,
    what: 'the bucket is keyed by user and X-Original-Host',
    caughtBy: ['limit-exemptions'],
    deployment: { source: [userAnd("req.get('X-Original-Host') ?? ''")] },
  },
  {
    id: 'limit-by-version',
    what: 'each version in X-Api-Version has a bucket of its own',
    caughtBy: ['limit-exemptions'],
    deployment: { source: [userAnd("req.get('X-Api-Version') ?? ''")] },
  },
  {
    id: 'limit-of-suggestions-by-url',
    variant: true,
    what: 'suggestions have a bucket for each query',
    caughtBy: ['limit-exemptions'],
    deployment: { source: [userAnd("req.path.endsWith('/autocomplete') ? req.url : ''")] },
  },
  {
    id: 'limit-by-token-of-writes',
    variant: true,
    what: 'writes have a bucket for each token',
    caughtBy: ['limit-exemptions'],
    deployment: { source: [userAnd("req.method === 'GET' ? '' : req.get('Authorization')")] },
  },
  {
    id: 'limit-of-tasks-only',
    what: 'the limiter is on the path of the tasks, and tags are not limited',
    caughtBy: ['limit-every-operation'],
    deployment: {
      source: [mutate(APP, LIMITED, "app.use(['/api/v1/tasks', '/api/v1/tasks/{*rest}'], limitRate(config.rateLimitPerMinute, sharedLimit));")],
    },
  },
  {
    id: 'limit-without-deletions',
    variant: true,
    what: 'deletions are not limited',
    caughtBy: ['limit-every-operation'],
    deployment: { source: [skipping("req.method === 'DELETE'")] },
  },
  {
    id: 'limit-without-suggestions',
    what: 'suggestions are not limited, because pages request them with each letter',
    caughtBy: ['limit-every-operation'],
    deployment: { source: [skipping("req.path.endsWith('/autocomplete')")] },
  },
  {
    id: 'limit-without-head',
    variant: true,
    what: 'HEAD is not limited',
    caughtBy: ['limit-every-operation'],
    deployment: { source: [skipping("req.method === 'HEAD'")] },
  },
  {
    id: 'limit-without-missing-objects',
    variant: true,
    what: 'a 404 does not count, so ids can be tried without limit',
    caughtBy: ['limit-every-operation'],
    deployment: {
      source: [mutate(LIMIT, HEADERS, `${HEADERS}\n    skipFailedRequests: true,\n    requestWasSuccessful: (_req, res) => res.statusCode !== 404,`)],
    },
  },
  {
    id: 'limit-without-invalid-bodies',
    variant: true,
    what: 'a 422 does not count',
    caughtBy: ['limit-every-operation'],
    deployment: {
      source: [mutate(LIMIT, HEADERS, `${HEADERS}\n    skipFailedRequests: true,\n    requestWasSuccessful: (_req, res) => res.statusCode !== 422,`)],
    },
  },
  {
    id: 'limit-after-parsing',
    what: 'the limiter runs after the body is parsed, so malformed bodies do not count',
    caughtBy: ['limit-every-operation'],
    deployment: { source: [mutate(APP, LIMITED, ''), mutate(APP, 'app.use(jsonBody());', `app.use(jsonBody());\n  ${LIMITED}`)] },
  },
  {
    id: 'limit-headers-dropped-from-errors',
    variant: true,
    what: 'the edge drops the limit from responses with 404',
    caughtBy: ['limit-every-operation'],
    deployment: { edge: { rewrite: (headers, { status }) => (status === 404 ? without(headers, /^ratelimit/i) : headers) } },
  },
  {
    id: 'limit-refills-each-second',
    what: 'the bucket gets back ten requests with each second, although its policy states a hundred a minute',
    caughtBy: ['limit-every-operation'],
    deployment: {
      source: [
        mutate(LIMIT, 'import type { Caller }', "import { MemoryStore } from 'express-rate-limit';\nimport type { Caller }"),
        mutate(
          LIMIT,
          'return rateLimit({',
          `const memory = new MemoryStore();
  const keys = new Set<string>();
  const increment = memory.increment.bind(memory);
  memory.increment = (key: string) => (keys.add(key), increment(key));
  setInterval(() => [...keys].forEach((key) => Array.from({ length: 10 }, () => memory.decrement(key))), 1_000).unref();
  return rateLimit({
    store: memory,`,
        ),
        mutate(LIMIT, '...(store && { store }),', ''),
      ],
    },
  },
  {
    id: 'retry-after-in-milliseconds',
    variant: true,
    what: 'Retry-After of a 429 is in milliseconds',
    caughtBy: ['limit-exhaustion'],
    deployment: { edge: { rewrite: (headers, { status }) => (status === 429 ? waiting(headers, (seconds) => String(seconds * 1_000)) : headers) } },
    seenIn: 'https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.3',
  },
  {
    id: 'retry-after-as-unix-time',
    variant: true,
    what: 'Retry-After of a 429 is the time in Unix seconds at which the window ends',
    caughtBy: ['limit-exhaustion'],
    deployment: {
      edge: {
        rewrite: (headers, { status }) =>
          status === 429 ? waiting(headers, (seconds) => String(Math.ceil(Date.now() / 1_000) + (seconds % SECONDS_OF_WINDOW))) : headers,
      },
    },
  },
];
