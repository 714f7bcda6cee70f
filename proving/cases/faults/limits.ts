import { setTimeout } from 'node:timers/promises';
import { type Fault, mutate } from '../case.ts';

const APP = 'service/app.ts';
const CROSS_ORIGIN = 'service/middleware/cross-origin.ts';
const LIMIT = 'service/middleware/rate-limit.ts';
const POOL = 'service/db/pool.ts';
const SERVER = 'service/server.ts';
const TASK_ROUTES = 'service/routes/tasks.ts';

const LIMITED = 'app.use(limitRate(config.rateLimitPerMinute, sharedLimit));';
const IDENTIFIED = 'app.use(identifyCaller(verifyToken));';
const HEADERS = "standardHeaders: 'draft-8',";
const ADDRESS = "req.ip ?? ''";
const KEY = "return caller ? `user:${caller.userId}` : `address:${ipKeyGenerator(bareAddress(req.ip ?? ''), 56)}`;";

/** One bucket lasts for a whole audit, and the audit can still exhaust it. */
const FOR_ALL = { RATE_LIMIT_PER_MINUTE: '1000' };

const keyed = (key: string) => mutate(LIMIT, KEY, `return ${key};`);
/** Appends a value that the caller controls to the correct key. */
const keyedAlsoBy = (chosen: string) => keyed(`\`\${caller?.userId ?? ipKeyGenerator(req.ip ?? '', 56)}:\${${chosen}}\``);

export const limits: readonly Fault[] = [
  {
    id: 'limit-off',
    what: 'there is no rate limit',
    caughtBy: ['limit-headers'],
    deployment: { source: [mutate(APP, LIMITED, '')] },
  },
  {
    id: 'limit-on-trial',
    variant: true,
    what: 'the limiter counts and sends headers, but rejects no request',
    caughtBy: ['limit-exhaustion'],
    deployment: { source: [mutate(LIMIT, 'next(tooManyRequests())', 'next()')] },
  },
  {
    id: 'limit-returns-500',
    variant: true,
    what: 'the limiter throws an error that no handler knows, so callers get 500 in place of 429',
    caughtBy: ['limit-exhaustion'],
    deployment: { source: [mutate(LIMIT, 'next(tooManyRequests())', "next(new Error('the limit is exhausted'))")] },
  },
  {
    id: 'limit-without-headers',
    variant: true,
    what: 'the limiter sends neither RateLimit headers nor Retry-After',
    caughtBy: ['limit-headers'],
    deployment: { source: [mutate(LIMIT, HEADERS, 'standardHeaders: false,')] },
  },
  {
    id: 'limit-behind-more-proxies',
    variant: true,
    what: 'one proxy too many is trusted, so a client can claim any address',
    caughtBy: ['limit-forged-address'],
    deployment: { settings: { TRUST_PROXY: '3' } },
  },
  {
    id: 'limit-behind-fewer-proxies',
    variant: true,
    what: 'one proxy too few is trusted, so each machine of the edge has one bucket for all its clients',
    caughtBy: ['limit-forged-address'],
    deployment: { settings: { TRUST_PROXY: '1' } },
  },
  {
    id: 'limit-behind-no-proxy',
    what: 'no proxy is trusted, so all clients behind the edge share one bucket',
    caughtBy: ['limit-forged-address'],
    deployment: { settings: { TRUST_PROXY: '0' } },
  },
  {
    id: 'limit-by-peer',
    variant: true,
    what: "the bucket is keyed by the address of the TCP connection, which is the edge's",
    caughtBy: ['limit-forged-address'],
    deployment: { source: [mutate(LIMIT, ADDRESS, "req.socket.remoteAddress ?? ''")] },
  },
  {
    id: 'limit-of-all-without-token',
    variant: true,
    what: 'all requests without a token share one bucket',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyed("caller ? `user:${caller.userId}` : 'anonymous'")] },
  },
  {
    id: 'limit-behind-any-proxies',
    variant: true,
    what: 'all proxies are trusted, however many a client names',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [mutate(APP, "app.set('trust proxy', config.trustProxy);", "app.set('trust proxy', true);")] },
    seenIn: 'https://express-rate-limit.github.io/ERR_ERL_PERMISSIVE_TRUST_PROXY/',
  },
  {
    id: 'limit-by-first-address',
    what: "the first address in X-Forwarded-For is used as the client's",
    caughtBy: ['limit-forged-address'],
    deployment: { source: [mutate(LIMIT, ADDRESS, "req.get('X-Forwarded-For')?.split(',')[0] ?? ''")] },
  },
  {
    id: 'limit-by-address-of-cloudflare',
    variant: true,
    what: 'CF-Connecting-IP is trusted without a Cloudflare proxy in front',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [mutate(LIMIT, ADDRESS, "req.get('CF-Connecting-IP') ?? req.ip ?? ''")] },
  },
  {
    id: 'limit-by-address-of-vercel',
    variant: true,
    what: 'X-Vercel-Forwarded-For is trusted, because the app runs on Vercel, although the API does not',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [mutate(LIMIT, ADDRESS, "req.get('X-Vercel-Forwarded-For') ?? req.ip ?? ''")] },
  },
  {
    id: 'limit-by-browser',
    variant: true,
    what: 'another browser at the same address gets another bucket',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [mutate(LIMIT, ', 56)}`;', ", 56)}:${req.get('User-Agent') ?? ''}`;")] },
  },
  {
    id: 'limit-by-header-of-token',
    variant: true,
    what: 'the bucket is keyed by the Authorization header, whatever its value',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyed("req.get('Authorization') ?? `address:${ipKeyGenerator(req.ip ?? '', 56)}`")] },
  },
  {
    id: 'limit-by-token',
    what: 'each token of a user gets a bucket, so a new sign-in resets the limit',
    caughtBy: ['limit-forged-address'],
    deployment: {
      source: [keyed("caller ? `token:${req.get('Authorization')?.slice(7)}` : `address:${ipKeyGenerator(req.ip ?? '', 56)}`")],
    },
  },
  {
    id: 'limit-by-authorization-of-users',
    variant: true,
    what: 'the key is the Authorization header of a verified caller, including the case of its scheme',
    caughtBy: ['limit-forged-address'],
    deployment: {
      source: [keyed("caller ? `user:${caller.userId}:${req.get('Authorization')?.slice(0, 6)}` : `address:${ipKeyGenerator(req.ip ?? '', 56)}`")],
    },
  },
  {
    id: 'limit-by-url',
    what: 'the key contains the raw URL: each query gets a bucket',
    caughtBy: ['limit-headers', 'limit-forged-address'],
    deployment: { source: [keyedAlsoBy('req.originalUrl')] },
  },
  {
    id: 'limit-by-spelling',
    variant: true,
    what: 'requests outside /api/v1 get another bucket, and the comparison is case-sensitive: /API/V1 is outside',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyedAlsoBy("req.path.startsWith('/api/v1/') ? 'api' : 'other'")] },
  },
  {
    id: 'limit-by-trailing-slash',
    variant: true,
    what: 'collections and objects have separate buckets, distinguished by the end of the path: a trailing slash selects the other',
    caughtBy: ['limit-headers', 'limit-forged-address'],
    deployment: { source: [keyedAlsoBy("/[/]tasks$/i.test(req.path) ? 'collection' : 'object'")] },
  },
  {
    id: 'limit-by-method',
    variant: true,
    what: 'each method has a bucket',
    caughtBy: ['limit-headers', 'limit-forged-address'],
    deployment: { source: [keyedAlsoBy('req.method')] },
  },
  {
    id: 'limit-by-user-agent',
    variant: true,
    what: 'each browser of a user has a bucket',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyedAlsoBy("req.get('User-Agent')")] },
  },
  {
    id: 'limit-by-language',
    variant: true,
    what: "without a token, the key contains the browser's language",
    caughtBy: ['limit-forged-address'],
    deployment: {
      source: [keyed("caller ? `user:${caller.userId}` : `address:${ipKeyGenerator(req.ip ?? '', 56)}:${req.get('Accept-Language')}`")],
    },
  },
  {
    id: 'limit-by-cookie',
    variant: true,
    what: 'without a token, the key is the session cookie if there is one',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyed("caller?.userId ?? req.get('Cookie') ?? ipKeyGenerator(req.ip ?? '', 56)")] },
  },
  {
    id: 'limit-by-api-key',
    variant: true,
    what: 'the key is X-Api-Key if there is one, which nothing verifies',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyed("req.get('X-Api-Key') ?? caller?.userId ?? ipKeyGenerator(req.ip ?? '', 56)")] },
  },
  {
    id: 'limit-by-origin',
    variant: true,
    what: 'each origin of a user has a bucket, and so has a request without one',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyedAlsoBy("req.get('Origin')")] },
  },
  {
    id: 'limit-by-request-id',
    variant: true,
    what: 'the key contains the request id that a client sends',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyedAlsoBy("req.get('X-Request-Id')")] },
  },
  {
    id: 'limit-by-unverified-user',
    variant: true,
    what: 'the bucket belongs to the user in an unverified token: a third party gets a bucket for each name, or exhausts the limit of a user',
    caughtBy: ['limit-forged-address'],
    deployment: {
      source: [
        mutate(
          LIMIT,
          "import type { RequestHandler } from 'express';",
          "import type { RequestHandler } from 'express';\nimport jwt from 'jsonwebtoken';",
        ),
        mutate(
          LIMIT,
          "const caller: Caller | undefined = res.locals['caller'];",
          "const userId = jwt.decode(req.get('Authorization')?.split(' ')[1] ?? '')?.sub;\n      const caller = userId === undefined ? undefined : { userId };",
        ),
      ],
    },
  },
  {
    id: 'limit-by-path',
    variant: true,
    what: 'each spelling of each path has a bucket',
    caughtBy: ['limit-headers', 'limit-exhaustion'],
    deployment: { source: [keyed("`${caller?.userId ?? ipKeyGenerator(req.ip ?? '', 56)}:${req.path}`")] },
  },
  {
    id: 'limit-shared-by-all-callers',
    variant: true,
    what: 'all users share one bucket',
    caughtBy: ['limit-headers', 'limit-exhaustion'],
    deployment: { source: [keyed("'all'")], settings: FOR_ALL },
  },
  {
    id: 'limit-before-the-caller-is-known',
    variant: true,
    what: 'the limiter runs before the token is verified, so all users at one address share a bucket',
    caughtBy: ['limit-headers', 'limit-exhaustion'],
    deployment: { source: [mutate(APP, `${IDENTIFIED}\n  ${LIMITED}`, `${LIMITED}\n  ${IDENTIFIED}`)], settings: FOR_ALL },
  },
  {
    id: 'limit-created-per-request',
    variant: true,
    what: 'each request gets a new limiter with a full bucket',
    caughtBy: ['limit-headers', 'limit-forged-address', 'limit-exhaustion'],
    deployment: {
      source: [mutate(APP, LIMITED, 'app.use((req, res, next) => limitRate(config.rateLimitPerMinute, sharedLimit)(req, res, next));')],
    },
    seenIn: 'https://express-rate-limit.github.io/ERR_ERL_CREATED_IN_REQUEST_HANDLER/',
  },
  {
    id: 'limit-of-a-moment',
    variant: true,
    what: 'the window is given in seconds, but the library expects milliseconds: it ends at once',
    caughtBy: ['limit-exhaustion'],
    deployment: { source: [mutate(LIMIT, 'windowMs: 60_000,', 'windowMs: 60,')] },
  },
  {
    id: 'limit-counted-twice',
    variant: true,
    what: "the limiter runs before all routes and again before the API's routes",
    caughtBy: ['limit-headers'],
    deployment: {
      source: [
        mutate(
          APP,
          LIMITED,
          "const limiter = limitRate(config.rateLimitPerMinute, sharedLimit);\n  app.use(limiter);\n  app.use('/api/v1', limiter);",
        ),
      ],
      settings: FOR_ALL,
    },
    seenIn: 'https://express-rate-limit.github.io/ERR_ERL_DOUBLE_COUNT/',
  },
  {
    id: 'limit-without-failures',
    what: 'rejected requests do not count, so tokens can be guessed without limit',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [mutate(LIMIT, HEADERS, `${HEADERS}\n    skipFailedRequests: true,`)] },
  },
  {
    id: 'limit-without-writes',
    variant: true,
    what: 'only reads are limited',
    caughtBy: ['limit-headers'],
    deployment: { source: [mutate(LIMIT, HEADERS, `${HEADERS}\n    skip: (req) => req.method !== 'GET',`)] },
  },
  {
    id: 'limit-on-health',
    variant: true,
    what: 'the limiter runs before health, so frequent polling reports the service as unhealthy',
    caughtBy: ['health-open'],
    deployment: {
      source: [mutate(APP, 'app.use(healthRoutes(context));', ''), mutate(APP, LIMITED, `${LIMITED}\n  app.use(healthRoutes(context));`)],
    },
  },
  {
    id: 'limit-on-preflights',
    what: 'preflights are handled after the limiter, and count',
    caughtBy: ['wire-preflight', 'limit-exhaustion'],
    deployment: {
      source: [
        mutate(CROSS_ORIGIN, 'maxAge: 600,', 'maxAge: 600,\n      preflightContinue: true,'),
        mutate(APP, LIMITED, `${LIMITED}\n  app.options('/{*path}', (_req, res) => void res.status(204).end());`),
      ],
    },
  },
  {
    id: 'limit-first-of-all',
    variant: true,
    what: 'the limiter runs before the CORS headers are set, so a page cannot read that it was limited',
    caughtBy: ['limit-exhaustion'],
    deployment: {
      source: [
        mutate(APP, `${IDENTIFIED}\n  ${LIMITED}`, ''),
        mutate(APP, 'app.use(securityHeaders());', `${IDENTIFIED}\n  ${LIMITED}\n  app.use(securityHeaders());`),
      ],
    },
  },
  {
    id: 'limit-without-retry-after',
    variant: true,
    what: 'the edge drops Retry-After',
    caughtBy: ['limit-exhaustion'],
    deployment: {
      edge: {
        rewrite: (headers, { status }) => (status === 429 ? headers.filter(([name]) => name.toLowerCase() !== 'retry-after') : headers),
      },
    },
  },
  {
    id: 'limit-in-plain-text',
    variant: true,
    what: "the 429 is the library's default, in plain text",
    caughtBy: ['limit-exhaustion'],
    deployment: { source: [mutate(LIMIT, 'handler: (_req, _res, next) => next(tooManyRequests()),', '')] },
  },
  {
    id: 'limit-read-then-written',
    variant: true,
    what: 'the count is read and then written, so concurrent requests count as one',
    caughtBy: ['limit-exhaustion'],
    deployment: {
      source: [
        mutate(
          LIMIT,
          'return rateLimit({\n    ...(store && { store }),',
          `const counts = new Map<string, number>();
  const minuteOf = (key: string) => \`\${key} \${Math.floor(Date.now() / 60_000)}\`;
  const counting = {
    increment: async (key: string) => {
      const totalHits = (counts.get(minuteOf(key)) ?? 0) + 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
      counts.set(minuteOf(key), totalHits);
      return { totalHits, resetTime: new Date(Math.ceil(Date.now() / 60_000) * 60_000) };
    },
    decrement: () => undefined,
    resetKey: (key: string) => void counts.delete(minuteOf(key)),
  };
  return rateLimit({
    store: store ?? counting,`,
        ),
      ],
    },
  },
  {
    id: 'pool-taken-twice',
    variant: true,
    what: 'a list is read in a transaction, but its queries use another connection: ten concurrent lists deadlock',
    caughtBy: ['concurrent-reads'],
    deployment: {
      source: [
        mutate(
          TASK_ROUTES,
          'database.read((db) => listTasks(db, userIdOf(res), filter))',
          'database.read((db) => db.transaction().execute(() => listTasks(db, userIdOf(res), filter)))',
        ),
      ],
    },
  },
  {
    id: 'pool-wait-too-short',
    variant: true,
    what: 'the pool has one connection, and requests wait for it at most 20 ms',
    caughtBy: ['concurrent-reads'],
    deployment: { settings: { DATABASE_POOL_MAX: '1' }, source: [mutate(POOL, 'connectionTimeoutMillis: 10_000,', 'connectionTimeoutMillis: 20,')] },
  },
  {
    id: 'connections-too-few',
    what: 'the server accepts 20 connections at a time and drops the others',
    caughtBy: ['concurrent-reads'],
    deployment: {
      source: [
        mutate(
          SERVER,
          'const connections = watchConnections(server);',
          "const open = new Set();\n  server.on('connection', (socket) => {\n    open.add(socket.once('close', () => open.delete(socket)));\n    if (open.size > 20) socket.destroy();\n  });\n  const connections = watchConnections(server);",
        ),
      ],
    },
  },
  {
    id: 'load-shed-too-early',
    variant: true,
    what: 'more than 20 concurrent requests are rejected',
    caughtBy: ['concurrent-reads'],
    deployment: {
      source: [
        mutate(APP, 'import { rejectUnknownPath,', "import { unavailable } from './errors.ts';\nimport { rejectUnknownPath,"),
        mutate(
          APP,
          'app.use(jsonBody());',
          `let running = 0;
  app.use((_req, res, next) => {
    if (running >= 20) throw unavailable('busy');
    running += 1;
    res.once('close', () => (running -= 1));
    next();
  });
  app.use(jsonBody());`,
        ),
      ],
    },
  },
  {
    id: 'responses-slow',
    what: 'every response takes two thirds of a second, as on a machine that swaps',
    caughtBy: ['time-budget'],
    deployment: { edge: { hold: () => setTimeout(667) } },
  },
];
