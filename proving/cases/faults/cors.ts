import type { RequestListener } from 'node:http';
import type { Mutation } from '../../deployment/changed-copy.ts';
import { type Fault, mutate } from '../case.ts';

const APP = 'service/app.ts';
export const CROSS_ORIGIN = 'service/middleware/cross-origin.ts';
export const JSON_BODY = 'service/middleware/json-body.ts';
const REJECTION = 'if (origin !== undefined && !allowed.has(origin) && !isOwn) throw originNotAllowed();';
export const CONDITION = 'if (origin !== undefined && !allowed.has(origin)';
export const VARY = "res.vary('Origin');";
export const ALLOWED = 'origin: [...allowlist],';
export const MAX_AGE = 'maxAge: 600,';
const MOUNT = 'app.use(crossOrigin(config.corsOrigins, docsOrigins(config), config.corsRequestHeaders));';
const IDENTIFY = 'app.use(identifyCaller(verifyToken));';
const LIMIT = 'app.use(limitRate(config.rateLimitPerMinute, sharedLimit));';
const PARSE = 'app.use(jsonBody());';

const APP_ORIGIN = 'https://tasks-app.vercel.app';
const SECOND_ORIGIN = 'https://tasks-admin.example';
/** A config file of the audit that names a second origin. */
const withSecondOrigin = { commits: () => [{ 'audit.config.json': JSON.stringify({ origins: [SECOND_ORIGIN] }) }] };

const ATTACKS = 'https://portswigger.net/research/exploiting-cors-misconfigurations-for-bitcoins-and-bounties';
const ADD_HEADER = 'https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header';

/** Replaces the exact comparison of origins by another one; `origin` is the raw header. */
export const fitting = (condition: string): Mutation[] => [
  mutate(CROSS_ORIGIN, '!allowed.has(origin)', `!(${condition})`),
  mutate(CROSS_ORIGIN, ALLOWED, 'origin: true,'),
];

type Page = { policy?: string; data?: string; script?: string; config?: string };

/** A bundled page: data in the document, one script, and settings that the script fetches. */
function pageOf({ policy = "default-src 'self'; connect-src 'self' https:", data = '{}', script = '', config = '{}' }: Page): RequestListener {
  return ({ url = '' }, response) => {
    if (url === '/app.js') return void response.setHeader('Content-Type', 'text/javascript').end(`document.title = 'app'; ${script}`);
    if (url === '/config.json') return void response.setHeader('Content-Type', 'application/json').end(config);
    response.setHeader('Content-Type', 'text/html').setHeader('Content-Security-Policy', policy);
    response.end(`<!doctype html><title>app</title><script id="data" type="application/json">${data}</script><script src="/app.js"></script>`);
  };
}

const allowlists: readonly Fault[] = [
  {
    id: 'cors-wildcard',
    what: 'Access-Control-Allow-Origin is * and no origin gets 403',
    caughtBy: [
      'browser-foreign-origin',
      'browser-null-origin',
      'browser-look-alikes',
      'wire-preflight',
      'wire-refused-origins',
      'cors-on-every-status',
    ],
    deployment: { source: [mutate(CROSS_ORIGIN, REJECTION, ''), mutate(CROSS_ORIGIN, ALLOWED, "origin: '*',")] },
    seenIn:
      'https://owasp.org/www-project-web-security-testing-guide/stable/4-Web_Application_Security_Testing/11-Client-side_Testing/07-Testing_Cross_Origin_Resource_Sharing',
  },
  {
    id: 'cors-null-allowed',
    what: 'the allowlist contains the origin null, which sandboxed frames have',
    caughtBy: ['browser-null-origin', 'wire-refused-origins'],
    deployment: {
      source: [
        mutate(CROSS_ORIGIN, 'new Set(allowlist)', "new Set([...allowlist, 'null'])"),
        mutate(CROSS_ORIGIN, ALLOWED, "origin: [...allowlist, 'null'],"),
      ],
    },
  },
  {
    id: 'cors-reflected',
    what: 'any origin is reflected, and none gets 403',
    caughtBy: [
      'browser-foreign-origin',
      'browser-null-origin',
      'browser-look-alikes',
      'browser-refused-writes',
      'wire-refused-origins',
      'wire-refused-writes',
      'cors-on-every-status',
    ],
    deployment: { source: [mutate(CROSS_ORIGIN, REJECTION, ''), mutate(CROSS_ORIGIN, ALLOWED, 'origin: true,')] },
    seenIn: ATTACKS,
  },
  {
    id: 'cors-reflected-with-credentials',
    variant: true,
    what: 'any origin is reflected with credentials allowed, and none gets 403',
    caughtBy: ['browser-foreign-origin', 'browser-refused-writes', 'wire-preflight', 'wire-refused-origins', 'wire-refused-writes'],
    deployment: { source: [mutate(CROSS_ORIGIN, REJECTION, ''), mutate(CROSS_ORIGIN, ALLOWED, 'origin: true, credentials: true,')] },
    seenIn: ATTACKS,
  },
  {
    id: 'cors-starts-with',
    what: 'every origin that starts with an allowed one is allowed',
    caughtBy: ['browser-look-alikes', 'wire-refused-origins'],
    deployment: { source: fitting('allowlist.some((one) => origin.startsWith(one))') },
    seenIn: ATTACKS,
  },
  {
    id: 'cors-ends-with-vercel',
    variant: true,
    what: 'every origin under vercel.app is allowed, where anyone can register one',
    caughtBy: ['browser-look-alikes', 'wire-refused-origins'],
    deployment: { source: fitting("origin.endsWith('.vercel.app')") },
    seenIn: ATTACKS,
  },
  {
    id: 'cors-substring',
    variant: true,
    what: 'every origin that contains the allowed host is allowed',
    caughtBy: ['browser-look-alikes', 'wire-refused-origins'],
    deployment: { source: fitting('allowlist.some((one) => origin.includes(new URL(one).host))') },
  },
  {
    id: 'cors-unescaped-dot',
    what: 'an allowed origin is a regular expression with unescaped dots',
    caughtBy: ['browser-look-alikes', 'wire-refused-origins'],
    deployment: { source: fitting('allowlist.some((one) => new RegExp(`^${one}$`).test(origin))') },
  },
  {
    id: 'cors-subdomains',
    variant: true,
    what: 'every subdomain of an allowed origin is allowed',
    caughtBy: ['browser-look-alikes', 'wire-refused-origins'],
    deployment: { source: fitting('allowed.has(origin) || allowlist.some((one) => origin.endsWith(`.${new URL(one).host}`))') },
  },
  {
    id: 'cors-preview-pattern',
    variant: true,
    what: 'preview deployments are allowed by a pattern that anyone can match with a project name',
    caughtBy: ['browser-look-alikes', 'wire-refused-origins'],
    deployment: { source: fitting(String.raw`allowed.has(origin) || /^https:\/\/tasks-app-[\w-]+\.vercel\.app$/.test(origin)`) },
  },
  {
    id: 'cors-upper-case',
    variant: true,
    what: 'origins are compared case-insensitively',
    caughtBy: ['wire-refused-origins'],
    deployment: { source: fitting('allowed.has(origin.toLowerCase())') },
  },
  {
    id: 'cors-plain-http',
    variant: true,
    what: 'the allowed origins are also allowed over http',
    caughtBy: ['wire-refused-origins'],
    deployment: { source: fitting("allowed.has(origin.replace('http:', 'https:'))") },
    seenIn: ATTACKS,
  },
  {
    id: 'cors-any-port',
    variant: true,
    what: 'the allowed origins are allowed on every port',
    caughtBy: ['wire-refused-origins'],
    deployment: { source: fitting(String.raw`allowed.has(origin.replace(/:\d+$/, ''))`) },
  },
  {
    id: 'cors-localhost-left-in',
    what: 'http://localhost:3000 is still allowed',
    caughtBy: ['wire-refused-origins'],
    deployment: { source: [mutate(APP, 'crossOrigin(config.corsOrigins,', "crossOrigin([...config.corsOrigins, 'http://localhost:3000'],")] },
  },
  {
    id: 'cors-vite-left-in',
    variant: true,
    what: "http://localhost:5173, the origin of Vite's development server, is still allowed",
    caughtBy: ['wire-refused-origins'],
    deployment: { source: [mutate(APP, 'crossOrigin(config.corsOrigins,', "crossOrigin([...config.corsOrigins, 'http://localhost:5173'],")] },
  },
  {
    id: 'cors-first-of-two',
    variant: true,
    what: 'only the first of two Origin headers is checked',
    caughtBy: ['wire-refused-origins'],
    deployment: {
      source: [
        mutate(
          CROSS_ORIGIN,
          "const { origin, 'sec-fetch-site': site } = req.headers;",
          "const [origin] = req.headersDistinct['origin'] ?? [];\n      const { 'sec-fetch-site': site } = req.headers;",
        ),
      ],
    },
  },
  {
    id: 'cors-pattern-with-memory',
    variant: true,
    what: 'the allowlist is a regular expression with the g flag, so every second request of an allowed origin is rejected',
    caughtBy: ['browser-allowed-origin', 'wire-preflight', 'cors-on-every-status'],
    deployment: {
      source: [
        mutate(CROSS_ORIGIN, 'new Set(allowlist);', "new RegExp(`^(${allowlist.map(RegExp.escape).join('|')})$`, 'g');"),
        mutate(CROSS_ORIGIN, '!allowed.has(origin)', '!allowed.test(origin)'),
      ],
    },
  },
];

const listed: readonly Fault[] = [
  {
    id: 'cors-other-origin-listed',
    what: "CORS_ORIGINS contains only the app's old domain",
    caughtBy: ['browser-allowed-origin', 'browser-readable-errors', 'wire-listed-origins', 'wire-preflight'],
    deployment: { settings: { CORS_ORIGINS: 'https://tasks-app-old.vercel.app' } },
  },
  {
    id: 'cors-origin-with-slash',
    variant: true,
    what: "the app's origin is configured with a trailing slash, so it never matches",
    caughtBy: ['browser-allowed-origin', 'browser-readable-errors', 'wire-listed-origins', 'wire-preflight', 'cors-on-every-status'],
    deployment: { source: [mutate(CROSS_ORIGIN, ALLOWED, 'origin: `${allowlist[0]}/`,')] },
  },
  {
    id: 'cors-second-origin-forgotten',
    variant: true,
    what: 'CORS_ORIGINS contains only one of two origins that must be allowed',
    caughtBy: ['wire-listed-origins'],
    repository: withSecondOrigin,
  },
  {
    id: 'cors-first-origin-for-all',
    variant: true,
    what: 'two origins are allowed, and every response names the first',
    caughtBy: ['wire-listed-origins'],
    deployment: { settings: { CORS_ORIGINS: `${APP_ORIGIN},${SECOND_ORIGIN}` }, source: [mutate(CROSS_ORIGIN, ALLOWED, 'origin: allowlist[0],')] },
    repository: withSecondOrigin,
  },
];

const rejections: readonly Fault[] = [
  {
    id: 'rejection-missing',
    what: 'only the cors package is used: it adds no headers for a disallowed origin, and every handler runs',
    caughtBy: ['wire-refused-origins', 'wire-refused-writes'],
    deployment: { source: [mutate(CROSS_ORIGIN, REJECTION, '')] },
    seenIn: 'https://github.com/expressjs/cors/pull/175',
  },
  {
    id: 'rejection-without-patch',
    variant: true,
    what: 'disallowed origins get 403 for a list of methods without PATCH',
    caughtBy: ['wire-refused-writes'],
    deployment: {
      source: [mutate(CROSS_ORIGIN, CONDITION, `${CONDITION} && ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'DELETE'].includes(req.method)`)],
    },
  },
  {
    id: 'rejection-for-tasks-only',
    variant: true,
    what: 'disallowed origins get 403 under /api/v1/tasks only; tags were added later',
    caughtBy: ['wire-refused-writes'],
    deployment: { source: [mutate(CROSS_ORIGIN, CONDITION, `${CONDITION} && req.path.startsWith('/api/v1/tasks')`)] },
  },
  {
    id: 'rejection-of-lower-case-only',
    variant: true,
    what: 'disallowed origins get 403 under /api only, and routes also match in upper case',
    caughtBy: ['wire-refused-writes'],
    deployment: { source: [mutate(CROSS_ORIGIN, CONDITION, `${CONDITION} && (req.path === '/health' || req.path.startsWith('/api/'))`)] },
  },
  {
    id: 'cors-open-for-tags',
    variant: true,
    what: 'tags are open to every origin, although only the autocompletion was promised to partners',
    caughtBy: ['wire-refused-origins', 'wire-refused-writes'],
    deployment: {
      source: [
        mutate(CROSS_ORIGIN, CONDITION, `${CONDITION} && !req.path.startsWith('/api/v1/tags')`),
        mutate(CROSS_ORIGIN, ALLOWED, 'origin: true,'),
      ],
    },
  },
  {
    id: 'rejection-without-return',
    variant: true,
    what: 'the 403 is sent without a return, so the handler runs anyway',
    caughtBy: ['wire-refused-writes'],
    deployment: {
      source: [
        mutate(
          CROSS_ORIGIN,
          'throw originNotAllowed();',
          "res.status(403).type('application/problem+json').json({ ...originNotAllowed().toJSON(), request_id: res.locals.requestId });",
        ),
        mutate(APP, MOUNT, 'app.use(crossOrigin(config.corsOrigins, docsOrigins(config), config.corsRequestHeaders).toReversed());'),
      ],
    },
  },
  {
    id: 'rejection-returns-500',
    what: 'a disallowed origin causes an unhandled error: 500',
    caughtBy: ['wire-refused-origins'],
    deployment: { source: [mutate(CROSS_ORIGIN, 'throw originNotAllowed();', "throw new Error('Not allowed by CORS');")] },
    seenIn: 'https://github.com/expressjs/cors/issues/92',
  },
  {
    id: 'text-bodies-parsed',
    variant: true,
    what: 'bodies of type text/plain are parsed as JSON, which any page can send without a preflight',
    caughtBy: ['wire-refused-writes'],
    deployment: {
      source: [
        mutate(JSON_BODY, "type: 'application/json'", "type: ['application/json', 'text/plain']"),
        mutate(JSON_BODY, "req.is('application/json')", "req.is(['application/json', 'text/plain'])"),
      ],
    },
  },
  {
    id: 'form-bodies-parsed',
    what: 'form bodies are parsed as well, which any page can send without a preflight',
    caughtBy: ['wire-refused-writes'],
    deployment: {
      source: [
        mutate(JSON_BODY, "req.is('application/json')", "req.is(['application/json', 'application/x-www-form-urlencoded'])"),
        mutate(JSON_BODY, '    parse,\n', "    parse,\n    express.urlencoded({ extended: false, limit: '16kb' }),\n"),
      ],
    },
  },
];

const preflights: readonly Fault[] = [
  {
    id: 'preflight-without-authorization',
    variant: true,
    what: 'preflights do not allow the Authorization header',
    caughtBy: ['browser-allowed-origin', 'browser-readable-errors', 'wire-preflight'],
    deployment: { source: [mutate(CROSS_ORIGIN, "allowedHeaders: ['Authorization', ", 'allowedHeaders: [')] },
  },
  {
    id: 'preflight-without-idempotency-key',
    variant: true,
    what: 'preflights do not allow Idempotency-Key, which the contract documents',
    caughtBy: ['wire-preflight'],
    deployment: { source: [mutate(CROSS_ORIGIN, "'Content-Type', 'Idempotency-Key',", "'Content-Type',")] },
  },
  {
    id: 'preflight-without-delete',
    what: 'preflights do not allow DELETE',
    caughtBy: ['browser-allowed-origin', 'wire-preflight'],
    deployment: { source: [mutate(CROSS_ORIGIN, ", 'PATCH', 'DELETE'],", ", 'PATCH'],")] },
  },
  {
    id: 'preflight-with-trace',
    variant: true,
    what: 'preflights allow TRACE',
    caughtBy: ['wire-preflight'],
    deployment: { source: [mutate(CROSS_ORIGIN, ", 'PATCH', 'DELETE'],", ", 'PATCH', 'DELETE', 'TRACE'],")] },
  },
  {
    id: 'preflight-with-any-header',
    variant: true,
    what: 'preflights allow every requested header, as the cors package does by default',
    caughtBy: ['wire-preflight'],
    deployment: { source: [mutate(CROSS_ORIGIN, "allowedHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', ...requestHeaders],", '')] },
  },
  {
    id: 'preflight-with-private-network',
    variant: true,
    what: 'preflights allow private network access',
    caughtBy: ['wire-preflight'],
    deployment: {
      source: [
        mutate(
          CROSS_ORIGIN,
          VARY,
          `${VARY}\n      if (req.headers['access-control-request-private-network'] === 'true') res.set('Access-Control-Allow-Private-Network', 'true');`,
        ),
      ],
    },
  },
  {
    id: 'preflight-cached-for-a-year',
    variant: true,
    what: 'preflights may be cached for a year',
    caughtBy: ['wire-preflight'],
    deployment: { source: [mutate(CROSS_ORIGIN, MAX_AGE, 'maxAge: 31_536_000,')] },
  },
  {
    id: 'preflight-needs-a-token',
    variant: true,
    what: 'preflights reach the routes, which require a token that preflights never have',
    caughtBy: ['browser-allowed-origin', 'browser-readable-errors', 'wire-preflight'],
    deployment: { source: [mutate(CROSS_ORIGIN, MAX_AGE, `${MAX_AGE} preflightContinue: true,`)] },
  },
  {
    id: 'preflight-counted',
    variant: true,
    what: 'preflights are handled after the rate limiter, and count',
    caughtBy: ['wire-preflight'],
    deployment: {
      source: [
        mutate(CROSS_ORIGIN, MAX_AGE, `${MAX_AGE} preflightContinue: true,`),
        mutate(APP, LIMIT, `${LIMIT}\n  app.options('/{*path}', (_req, res) => void res.status(204).end());`),
      ],
    },
  },
];

const responses: readonly Fault[] = [
  {
    id: 'vary-missing-on-rejections',
    what: '403 responses lack Vary: Origin; all others have it',
    caughtBy: ['vary-origin'],
    deployment: { source: [mutate(CROSS_ORIGIN, VARY, '')] },
  },
  {
    id: 'vary-missing-without-origin',
    variant: true,
    what: 'responses to requests without an origin lack Vary: Origin',
    caughtBy: ['vary-origin'],
    deployment: {
      source: [
        mutate(CROSS_ORIGIN, VARY, `if (req.headers.origin !== undefined) ${VARY}`),
        mutate(CROSS_ORIGIN, ALLOWED, 'origin: (origin, done) => done(null, origin !== undefined && allowed.has(origin)),'),
      ],
    },
  },
  {
    id: 'vary-overwritten-on-one-route',
    variant: true,
    what: 'one route overwrites Vary instead of appending to it',
    caughtBy: ['vary-origin'],
    deployment: {
      source: [
        mutate(
          'service/routes/tags.ts',
          'sendJson(res, await database.read((db) => listTags(',
          "sendJson(res.set('Vary', 'Authorization'), await database.read((db) => listTags(",
        ),
      ],
    },
  },
  {
    id: 'cors-behind-limiter',
    what: 'the rate limiter runs before CORS, so no page can read its 429',
    caughtBy: ['wire-preflight', 'limit-exhaustion', 'cors-on-every-status'],
    deployment: {
      source: [mutate(APP, `  ${IDENTIFY}\n`, ''), mutate(APP, `  ${LIMIT}\n`, ''), mutate(APP, MOUNT, [IDENTIFY, LIMIT, MOUNT].join('\n  '))],
    },
  },
  {
    id: 'cors-behind-parser',
    variant: true,
    what: 'bodies are parsed before CORS, so no page can read why one was rejected',
    caughtBy: ['vary-origin', 'cors-on-every-status'],
    deployment: { source: [mutate(APP, `  ${PARSE}\n`, ''), mutate(APP, MOUNT, `${PARSE}\n  ${MOUNT}`)] },
  },
  {
    id: 'cors-lost-on-errors',
    what: "the edge adds the CORS headers, but not to errors, as nginx's add_header does without always",
    caughtBy: ['browser-readable-errors', 'limit-exhaustion', 'cors-on-every-status'],
    deployment: {
      edge: { rewrite: (headers, { status }) => (status < 400 ? headers : headers.filter(([name]) => !/^access-control-/i.test(name))) },
    },
    seenIn: ADD_HEADER,
  },
  {
    id: 'cors-lost-while-unavailable',
    variant: true,
    what: '503 responses have no CORS headers',
    caughtBy: ['cors-on-every-status'],
    deployment: {
      edge: { rewrite: (headers, { status }) => (status === 503 ? headers.filter(([name]) => !/^access-control-/i.test(name)) : headers) },
    },
  },
  {
    id: 'cors-added-twice',
    variant: true,
    what: "the edge adds Access-Control-Allow-Origin: * to the service's headers",
    caughtBy: [
      'browser-allowed-origin',
      'browser-readable-errors',
      'browser-foreign-origin',
      'wire-listed-origins',
      'wire-preflight',
      'wire-refused-origins',
      'cors-on-every-status',
    ],
    deployment: { edge: { rewrite: (headers) => [...headers, ['Access-Control-Allow-Origin', '*']] } },
    seenIn: 'https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/CORS/Errors/CORSMultipleAllowOriginNotAllowed',
  },
  {
    id: 'timing-exposed-to-all-origins',
    variant: true,
    what: 'every page can measure the duration and size of responses',
    caughtBy: ['cors-on-every-status'],
    deployment: { source: [mutate(CROSS_ORIGIN, VARY, `${VARY}\n      res.set('Timing-Allow-Origin', '*');`)] },
  },
  {
    id: 'cors-package-default-on-tags',
    variant: true,
    what: 'the router of tags uses the cors package with its default, an asterisk',
    caughtBy: ['cors-on-every-status'],
    deployment: {
      source: [
        mutate('service/routes/tags.ts', "import { Router } from 'express';", "import cors from 'cors';\nimport { Router } from 'express';"),
        mutate('service/routes/tags.ts', 'const router = Router();', 'const router = Router();\n  router.use(TAGS, cors());'),
      ],
    },
  },
  {
    id: 'errors-reflect-origin',
    variant: true,
    what: 'the error handler reflects any origin, so that pages can read errors',
    caughtBy: ['browser-foreign-origin', 'browser-null-origin', 'browser-look-alikes', 'wire-refused-origins', 'cors-on-every-status'],
    deployment: {
      source: [
        mutate(
          'service/middleware/problems.ts',
          'sendProblemDetails(error: unknown, _req, res, next)',
          'sendProblemDetails(error: unknown, req, res, next)',
        ),
        mutate(
          'service/middleware/problems.ts',
          '.set(problem.headers)',
          ".set({ ...problem.headers, 'Access-Control-Allow-Origin': req.get('Origin') ?? '*' })",
        ),
      ],
    },
  },
  {
    id: 'rate-limit-not-exposed',
    what: 'the RateLimit headers are not exposed',
    caughtBy: ['browser-readable-errors'],
    deployment: { source: [mutate(CROSS_ORIGIN, "'RateLimit', 'RateLimit-Policy', ", '')] },
  },
  {
    id: 'location-not-exposed',
    variant: true,
    what: 'Location is not exposed, so the app cannot read the URL of a created object',
    caughtBy: ['browser-readable-errors', 'cors-on-every-status'],
    deployment: { source: [mutate(CROSS_ORIGIN, "['Location', ", '[')] },
  },
  {
    id: 'retry-after-not-exposed',
    variant: true,
    what: 'Retry-After is not exposed, so the app cannot read when to retry',
    caughtBy: ['cors-on-every-status'],
    deployment: { source: [mutate(CROSS_ORIGIN, "'Retry-After', ", '')] },
  },
];

const pages: readonly Fault[] = [
  {
    id: 'page-forbids-api',
    what: "the app's content security policy only allows calls to its own server",
    caughtBy: ['app-page'],
    deployment: { page: () => pageOf({ policy: "default-src 'self'; connect-src 'self'" }) },
  },
  {
    id: 'page-script-holds-secret',
    what: "a secret with the prefix of public variables is built into the app's script",
    caughtBy: ['app-scripts'],
    deployment: { page: ({ JWT_SECRET }) => pageOf({ script: `const secret = ${JSON.stringify(JWT_SECRET)};` }) },
  },
  {
    id: 'page-data-holds-secret',
    variant: true,
    what: 'the document contains the database URL in its server-side rendering data',
    caughtBy: ['app-scripts'],
    deployment: { page: ({ DATABASE_URL }) => pageOf({ data: JSON.stringify({ database: DATABASE_URL }) }) },
  },
  {
    id: 'page-settings-hold-secret',
    variant: true,
    what: 'the settings that the script fetches contain a secret',
    caughtBy: ['app-scripts'],
    deployment: {
      page: ({ BETTER_AUTH_SECRET }) =>
        pageOf({ script: "fetch('/config.json').then((response) => response.json());", config: JSON.stringify({ auth: BETTER_AUTH_SECRET }) }),
    },
  },
];

/** A header overrides the method of the requests that match `of`. */
const overridden = (of: string, header: string) =>
  mutate(
    APP,
    LIMIT,
    `${LIMIT}\n  app.use((req, res, next) => {\n    const method = req.get('${header}');\n    if (${of} && method !== undefined) req.method = method.toUpperCase();\n    next();\n  });`,
  );

const methods: readonly Fault[] = [
  {
    id: 'preflight-without-headers-of-the-app',
    variant: true,
    what: "the preflight does not allow the tracing headers that the app's pages send",
    caughtBy: ['wire-preflight'],
    repository: { commits: () => [{ 'audit.config.json': JSON.stringify({ requestHeaders: ['sentry-trace', 'baggage'] }) }] },
    seenIn: 'https://docs.sentry.io/platforms/javascript/tracing/distributed-tracing/dealing-with-cors-issues/',
  },
  {
    id: 'method-override-for-callers',
    what: 'a header overrides the method of an authenticated request',
    caughtBy: ['method-override'],
    deployment: { source: [overridden('res.locals.caller', 'X-HTTP-Method-Override')] },
    seenIn: 'https://expressjs.com/en/resources/middleware/method-override.html',
  },
  {
    id: 'method-override-of-post',
    variant: true,
    what: 'X-HTTP-Method overrides the method of a POST',
    caughtBy: ['method-override'],
    deployment: { source: [overridden("req.method === 'POST'", 'X-HTTP-Method')] },
  },
];

export const cors: readonly Fault[] = [...allowlists, ...listed, ...rejections, ...preflights, ...responses, ...pages, ...methods];
