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

/** So many requests that one bucket lasts for a whole audit, and few enough that the audit empties it. */
const FOR_ALL = { RATE_LIMIT_PER_MINUTE: '1000' };

const keyed = (key: string) => mutate(LIMIT, KEY, `return ${key};`);
/** The right key with something that a caller chooses added to it. */
const keyedAlsoBy = (chosen: string) => keyed(`\`\${caller?.userId ?? ipKeyGenerator(req.ip ?? '', 56)}:\${${chosen}}\``);

export const limits: readonly Fault[] = [
  {
    id: 'limit-off',
    what: 'nobody is limited',
    caughtBy: ['limit-headers'],
    deployment: { source: [mutate(APP, LIMITED, '')] },
  },
  {
    id: 'limit-on-trial',
    variant: true,
    what: 'the limiter counts and tells, and lets everybody go on',
    caughtBy: ['limit-exhaustion'],
    deployment: { source: [mutate(LIMIT, 'next(tooManyRequests())', 'next()')] },
  },
  {
    id: 'limit-told-to-nobody',
    variant: true,
    what: 'the limiter tells nobody what is left, nor when to come back',
    caughtBy: ['limit-headers'],
    deployment: { source: [mutate(LIMIT, HEADERS, 'standardHeaders: false,')] },
  },
  {
    id: 'limit-behind-more-proxies',
    variant: true,
    what: 'one proxy more is trusted than there are, so that a client can claim any address',
    caughtBy: ['limit-forged-address'],
    deployment: { settings: { TRUST_PROXY: '3' } },
  },
  {
    id: 'limit-behind-fewer-proxies',
    variant: true,
    what: 'one proxy fewer is trusted than there are, so that each machine of the edge has a bucket, whoever comes by it',
    caughtBy: ['limit-forged-address'],
    deployment: { settings: { TRUST_PROXY: '1' } },
  },
  {
    id: 'limit-behind-no-proxy',
    what: 'no proxy is trusted, so that all clients behind the edge share one bucket',
    caughtBy: ['limit-forged-address'],
    deployment: { settings: { TRUST_PROXY: '0' } },
  },
  {
    id: 'limit-by-peer',
    variant: true,
    what: 'the bucket is keyed by the address of the TCP connection, which is that of the edge',
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
    what: 'the first address in X-Forwarded-For is taken for that of the client',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [mutate(LIMIT, ADDRESS, "req.get('X-Forwarded-For')?.split(',')[0] ?? ''")] },
  },
  {
    id: 'limit-by-address-of-cloudflare',
    variant: true,
    what: 'CF-Connecting-IP is believed, where no Cloudflare stands in front',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [mutate(LIMIT, ADDRESS, "req.get('CF-Connecting-IP') ?? req.ip ?? ''")] },
  },
  {
    id: 'limit-by-address-of-vercel',
    variant: true,
    what: 'X-Vercel-Forwarded-For is believed, since the app is at Vercel, where the API is not',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [mutate(LIMIT, ADDRESS, "req.get('X-Vercel-Forwarded-For') ?? req.ip ?? ''")] },
  },
  {
    id: 'limit-by-browser',
    variant: true,
    what: 'another browser at the same address has another bucket',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [mutate(LIMIT, ', 56)}`;', ", 56)}:${req.get('User-Agent') ?? ''}`;")] },
  },
  {
    id: 'limit-by-header-of-token',
    variant: true,
    what: 'the bucket is that of the Authorization header, whatever stands in it',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyed("req.get('Authorization') ?? `address:${ipKeyGenerator(req.ip ?? '', 56)}`")] },
  },
  {
    id: 'limit-by-token',
    what: 'each token of a user has a bucket, so that whoever signs in again has a fresh one',
    caughtBy: ['limit-forged-address'],
    deployment: {
      source: [keyed("caller ? `token:${req.get('Authorization')?.slice(7)}` : `address:${ipKeyGenerator(req.ip ?? '', 56)}`")],
    },
  },
  {
    id: 'limit-by-authorization-of-users',
    variant: true,
    what: 'the Authorization header of a verified caller is the key, with the letters of its scheme',
    caughtBy: ['limit-forged-address'],
    deployment: {
      source: [keyed("caller ? `user:${caller.userId}:${req.get('Authorization')?.slice(0, 6)}` : `address:${ipKeyGenerator(req.ip ?? '', 56)}`")],
    },
  },
  {
    id: 'limit-by-url',
    what: 'the key holds the URL as it was sent: each query has a bucket',
    caughtBy: ['limit-headers', 'limit-forged-address'],
    deployment: { source: [keyedAlsoBy('req.originalUrl')] },
  },
  {
    id: 'limit-by-spelling',
    variant: true,
    what: 'requests outside of /api/v1 have a bucket, and the comparison is in lower case: /API/V1 is outside',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyedAlsoBy("req.path.startsWith('/api/v1/') ? 'api' : 'other'")] },
  },
  {
    id: 'limit-by-trailing-slash',
    variant: true,
    what: 'collections and objects have two buckets, told apart by the end of the path: a slash leads into the other',
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
    what: 'without a token the key holds the language of the browser',
    caughtBy: ['limit-forged-address'],
    deployment: {
      source: [keyed("caller ? `user:${caller.userId}` : `address:${ipKeyGenerator(req.ip ?? '', 56)}:${req.get('Accept-Language')}`")],
    },
  },
  {
    id: 'limit-by-cookie',
    variant: true,
    what: 'without a token the session cookie is the key where there is one',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyed("caller?.userId ?? req.get('Cookie') ?? ipKeyGenerator(req.ip ?? '', 56)")] },
  },
  {
    id: 'limit-by-api-key',
    variant: true,
    what: 'X-Api-Key, which nothing verifies, is the key where there is one',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyed("req.get('X-Api-Key') ?? caller?.userId ?? ipKeyGenerator(req.ip ?? '', 56)")] },
  },
  {
    id: 'limit-by-origin',
    variant: true,
    what: 'each origin of a user has a bucket, and a request without one too',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyedAlsoBy("req.get('Origin')")] },
  },
  {
    id: 'limit-by-request-id',
    variant: true,
    what: 'the key holds the id that a client gives its request',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [keyedAlsoBy("req.get('X-Request-Id')")] },
  },
  {
    id: 'limit-by-unverified-user',
    variant: true,
    what: 'the bucket is that of the user in the token, which nobody has verified yet: a stranger has a bucket for each name, or empties that of a user',
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
    what: 'each spelling of each path has a bucket of its own',
    caughtBy: ['limit-headers', 'limit-exhaustion'],
    deployment: { source: [keyed("`${caller?.userId ?? ipKeyGenerator(req.ip ?? '', 56)}:${req.path}`")] },
  },
  {
    id: 'limit-of-all-together',
    variant: true,
    what: 'all users share one bucket',
    caughtBy: ['limit-headers', 'limit-exhaustion'],
    deployment: { source: [keyed("'everybody'")], settings: FOR_ALL },
  },
  {
    id: 'limit-before-the-caller-is-known',
    variant: true,
    what: 'the limiter comes before the token is read, so that all users at one address share a bucket',
    caughtBy: ['limit-headers', 'limit-exhaustion'],
    deployment: { source: [mutate(APP, `${IDENTIFIED}\n  ${LIMITED}`, `${LIMITED}\n  ${IDENTIFIED}`)], settings: FOR_ALL },
  },
  {
    id: 'limit-made-anew',
    variant: true,
    what: 'each request gets a limiter of its own, with a full bucket',
    caughtBy: ['limit-headers', 'limit-forged-address', 'limit-exhaustion'],
    deployment: {
      source: [mutate(APP, LIMITED, 'app.use((req, res, next) => limitRate(config.rateLimitPerMinute, sharedLimit)(req, res, next));')],
    },
    seenIn: 'https://express-rate-limit.github.io/ERR_ERL_CREATED_IN_REQUEST_HANDLER/',
  },
  {
    id: 'limit-of-a-moment',
    variant: true,
    what: 'the window is given in seconds, where the library takes milliseconds: it is over at once',
    caughtBy: ['limit-exhaustion'],
    deployment: { source: [mutate(LIMIT, 'windowMs: 60_000,', 'windowMs: 60,')] },
  },
  {
    id: 'limit-counted-twice',
    variant: true,
    what: 'the limiter stands before all routes and before those of the API once more',
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
    what: 'refused requests do not count, so that tokens can be tried without end',
    caughtBy: ['limit-forged-address'],
    deployment: { source: [mutate(LIMIT, HEADERS, `${HEADERS}\n    skipFailedRequests: true,`)] },
  },
  {
    id: 'limit-without-writes',
    variant: true,
    what: 'only reading is limited',
    caughtBy: ['limit-headers'],
    deployment: { source: [mutate(LIMIT, HEADERS, `${HEADERS}\n    skip: (req) => req.method !== 'GET',`)] },
  },
  {
    id: 'limit-on-health',
    variant: true,
    what: 'the limiter comes before health, so that whoever asks too often is told that the service is not well',
    caughtBy: ['health-open'],
    deployment: {
      source: [mutate(APP, 'app.use(healthRoutes(context));', ''), mutate(APP, LIMITED, `${LIMITED}\n  app.use(healthRoutes(context));`)],
    },
  },
  {
    id: 'limit-on-preflights',
    what: 'preflights are answered behind the limiter, and count',
    caughtBy: ['wire-preflight'],
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
    what: 'the limiter comes before the headers, so that a page cannot read that it was limited',
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
    what: 'Retry-After gets lost at the edge',
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
    what: "the 429 is the library's own, in plain text",
    caughtBy: ['limit-exhaustion'],
    deployment: { source: [mutate(LIMIT, 'handler: (_req, _res, next) => next(tooManyRequests()),', '')] },
  },
  {
    id: 'limit-read-then-written',
    variant: true,
    what: 'the count is read and then written, so that requests at the same moment count as one',
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
    what: 'a list is read in a transaction, and its queries by another connection than that of the transaction: ten at once wait for each other',
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
    id: 'pool-without-patience',
    variant: true,
    what: 'one connection for all, and nobody waits for it longer than 20 ms',
    caughtBy: ['concurrent-reads'],
    deployment: { settings: { DATABASE_POOL_MAX: '1' }, source: [mutate(POOL, 'connectionTimeoutMillis: 10_000,', 'connectionTimeoutMillis: 20,')] },
  },
  {
    id: 'connections-too-few',
    what: 'the server takes 20 connections at a time and drops the rest',
    caughtBy: ['concurrent-reads'],
    deployment: {
      source: [
        mutate(
          SERVER,
          'const connections = watchConnections(server);',
          'server.maxConnections = 20;\n  const connections = watchConnections(server);',
        ),
      ],
    },
  },
  {
    id: 'load-shed-too-early',
    variant: true,
    what: 'more than 20 requests at a time are turned away',
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
    id: 'answers-slow',
    what: 'every answer takes two thirds of a second, as from a machine that swaps',
    caughtBy: ['time-budget'],
    deployment: { edge: { hold: () => setTimeout(667) } },
  },
];
