import { setTimeout as sleep } from 'node:timers/promises';
import type { HeaderPair } from '../../rehearsal/stand-ins/edge/forwarded-headers.ts';
import { AUDIENCE } from '../../rehearsal/stand-ins/issuer.ts';
import { type ProvingCase, mutate } from './case.ts';
import { EXAMPLE_KEY, SETTLED_EXAMPLE } from './settled-example.ts';
import { createNotesApi } from '../third-party/notes-api.ts';
import { createSnippetsApi } from '../third-party/snippets-api.ts';

const HEADERS = 'service/middleware/security-headers.ts';
const CROSS_ORIGIN = 'service/middleware/cross-origin.ts';
const ERRORS = 'service/errors.ts';

/** Nothing listens on the discard port. */
const UNUSED_PROXY = 'http://127.0.0.1:9';

const renamed = (headers: readonly HeaderPair[], rename: (name: string) => string): HeaderPair[] =>
  headers.map(([name, value]) => [rename(name), value]);
const set = (headers: readonly HeaderPair[], name: string, change: (value: string) => string): HeaderPair[] =>
  headers.map(([each, value]) => [each, each.toLowerCase() === name ? change(value) : value]);

/** Unusual but sound deployments: a failure is a false alarm. */
export const soundVariants: readonly ProvingCase[] = [
  { id: 'sound-header-order', what: 'headers in another order', deployment: { edge: { rewrite: (headers) => headers.toReversed() } } },
  {
    id: 'sound-header-case',
    variant: true,
    what: 'header names in lower case, as behind many proxies',
    deployment: { edge: { rewrite: (headers) => renamed(headers, (name) => name.toLowerCase()) } },
  },
  {
    id: 'sound-vary-more',
    variant: true,
    what: 'Vary has more names than Origin',
    deployment: { edge: { rewrite: (headers) => set(headers, 'vary', (value) => `Accept-Encoding, ${value}`) } },
  },
  {
    id: 'sound-vary-twice',
    variant: true,
    what: 'Vary in two headers',
    deployment: { edge: { rewrite: (headers) => [...headers, ['Vary', 'Accept-Encoding']] } },
  },
  { id: 'sound-issuer', what: "tokens of an issuer, and the issuer's key for the audit", deployment: { issuer: {} } },
  {
    id: 'sound-issuer-alone',
    variant: true,
    what: 'tokens of an issuer, as in production: the audit has two tokens',
    deployment: { issuer: { withoutPrivateKey: true }, settings: { RATE_LIMIT_PER_MINUTE: '1000' } },
  },
  { id: 'sound-issuer-rs256', variant: true, what: 'an issuer with RS256', deployment: { issuer: { alg: 'RS256' } } },
  { id: 'sound-issuer-es256', what: 'an issuer with ES256', deployment: { issuer: { alg: 'ES256' } } },
  {
    id: 'sound-issuer-two-keys',
    what: 'an issuer that publishes keys of different types',
    deployment: { issuer: { otherKeys: ['RS256', 'ES256'] } },
  },
  { id: 'sound-issuer-rotation', what: 'an issuer that publishes a new key during the audit', deployment: { issuer: { rotatesAfter: 2 } } },
  { id: 'sound-issuer-without-kid', variant: true, what: 'a single key without a kid', deployment: { issuer: { withoutKid: true } } },
  {
    id: 'sound-issuer-claims',
    what: 'tokens with an array of audiences, a role, scopes and nested claims',
    deployment: {
      issuer: { claims: { aud: [AUDIENCE, 'https://other.example'], role: 'authenticated', scope: 'openid profile', meta: { plan: 'free' } } },
    },
  },
  {
    id: 'sound-issuer-azp',
    variant: true,
    what: 'tokens with azp in place of aud, as those of Clerk',
    deployment: { issuer: { claims: { aud: undefined, azp: 'https://tasks-app.vercel.app' } }, settings: { AUTH_AUDIENCE: undefined } },
  },
  { id: 'sound-limit-120', what: 'a limit of 120 a minute', deployment: { settings: { RATE_LIMIT_PER_MINUTE: '120' } } },
  { id: 'sound-limit-1000', variant: true, what: 'a limit of 1,000 a minute', deployment: { settings: { RATE_LIMIT_PER_MINUTE: '1000' } } },
  {
    id: 'sound-slashes-removed',
    variant: true,
    what: 'paths outside /api with a slash at their end are redirected to the path without it',
    deployment: {
      source: [
        mutate(
          'service/app.ts',
          'if (config.apiDocs) {',
          'app.use((req, res, next) => (/^[/](?!api|[/]).*[/]$/.test(req.path) ? void res.status(308).location(req.path.slice(0, -1)).json({}) : next()));\n  if (config.apiDocs) {',
        ),
      ],
    },
  },
  { id: 'sound-http2', what: 'an edge that supports HTTP/2', deployment: { edge: { http2: true } } },
  { id: 'sound-tls-1.3', variant: true, what: 'an edge that only supports TLS 1.3', deployment: { edge: { tls: { minVersion: 'TLSv1.3' } } } },
  {
    id: 'sound-chunked',
    what: 'chunked bodies without Content-Length',
    deployment: { edge: { rewrite: (headers) => headers.filter(([name]) => name.toLowerCase() !== 'content-length') } },
  },
  { id: 'sound-compressed', what: 'responses compressed by the edge', deployment: { edge: { compress: true } } },
  {
    id: 'sound-server-name',
    variant: true,
    what: 'the edge reveals its name without a version',
    deployment: { edge: { rewrite: (headers) => set(headers, 'server', () => 'cloudflare') } },
  },
  {
    id: 'sound-no-store-order',
    variant: true,
    what: 'Cache-Control: no-cache, no-store, private, max-age=0',
    deployment: { source: [mutate(HEADERS, "'no-store'", "'no-cache, no-store, private, max-age=0'")] },
  },
  {
    id: 'sound-csp-more',
    variant: true,
    what: 'a content security policy with more directives in another order',
    deployment: {
      source: [
        mutate(
          HEADERS,
          `defaultSrc: ["'none'"], frameAncestors: ["'none'"]`,
          `frameAncestors: ["'none'"], baseUri: ["'none'"], formAction: ["'none'"], defaultSrc: ["'none'"]`,
        ),
      ],
    },
  },
  {
    id: 'sound-hsts-preload',
    variant: true,
    what: 'HSTS of a year with preload',
    deployment: {
      source: [
        mutate(HEADERS, '{ maxAge: TWO_YEARS_SECONDS, includeSubDomains: true }', '{ maxAge: 31_536_000, includeSubDomains: true, preload: true }'),
      ],
    },
  },
  {
    id: 'sound-referrer-same-origin',
    variant: true,
    what: 'Referrer-Policy: same-origin',
    deployment: {
      source: [
        mutate(HEADERS, "xFrameOptions: { action: 'deny' },", "xFrameOptions: { action: 'deny' },\n      referrerPolicy: { policy: 'same-origin' },"),
      ],
    },
  },
  {
    id: 'sound-second-origin',
    what: 'a second allowed origin',
    deployment: { settings: { CORS_ORIGINS: 'https://tasks-app.vercel.app,https://admin.example.org' } },
  },
  {
    id: 'sound-second-origin-known',
    variant: true,
    what: "a second allowed origin that the audit's config file names",
    deployment: { settings: { CORS_ORIGINS: 'https://tasks-app.vercel.app,https://admin.example.org' } },
    repository: { commits: () => [{ 'audit.config.json': JSON.stringify({ origins: ['https://admin.example.org'] }) }] },
  },
  {
    id: 'sound-settled-example',
    what: "an example key that the audit's config file settles by its fingerprint",
    repository: { commits: () => [{ 'docs/example.pem': EXAMPLE_KEY, 'audit.config.json': JSON.stringify({ settledSecrets: [SETTLED_EXAMPLE] }) }] },
  },
  {
    id: 'sound-preflight-200',
    variant: true,
    what: 'preflights return 200',
    deployment: { source: [mutate(CROSS_ORIGIN, 'maxAge: 600,', 'maxAge: 600,\n      optionsSuccessStatus: 200,')] },
  },
  {
    id: 'sound-preflight-hour',
    variant: true,
    what: 'preflights may be cached for two hours',
    deployment: { source: [mutate(CROSS_ORIGIN, 'maxAge: 600,', 'maxAge: 7_200,')] },
  },
  {
    id: 'sound-preflight-lower-case',
    variant: true,
    what: 'allowed headers in lower case and another order',
    deployment: {
      source: [mutate(CROSS_ORIGIN, "['Authorization', 'Content-Type', 'Idempotency-Key',", "['idempotency-key', 'content-type', 'authorization',")],
    },
  },
  {
    id: 'sound-problem-title',
    what: 'problems with other titles and details',
    deployment: {
      source: [
        mutate(ERRORS, "title: STATUS_CODES[this.status] ?? 'Error',", 'title: `That did not work (${this.status})`,'),
        mutate(ERRORS, "'There is nothing here.'", "'No such thing.'"),
      ],
    },
  },
  {
    id: 'sound-problem-instance',
    variant: true,
    what: 'problems with the requested path as their instance',
    deployment: {
      source: [
        mutate('service/middleware/problems.ts', '(error: unknown, _req, res, next)', '(error: unknown, req, res, next)'),
        mutate('service/middleware/problems.ts', '...problem.toJSON(),', '...problem.toJSON(), instance: req.path,'),
      ],
    },
  },
  {
    id: 'sound-challenge-error',
    what: 'a bad token gets error="invalid_token" (RFC 6750), a missing token only the challenge',
    deployment: {
      source: [
        mutate(
          'service/middleware/caller.ts',
          'throw unauthenticated();',
          `{\n    if (_req.headers.authorization !== undefined) res.set('WWW-Authenticate', 'Bearer error="invalid_token"');\n    throw unauthenticated(_req.headers.authorization === undefined);\n  }`,
        ),
        mutate(ERRORS, 'export const unauthenticated = (): Problem =>', 'export const unauthenticated = (isFirst = true): Problem =>'),
        mutate(ERRORS, "{ headers: { 'WWW-Authenticate': 'Bearer' } }", "{ headers: isFirst ? { 'WWW-Authenticate': 'Bearer' } : {} }"),
      ],
    },
  },
  {
    id: 'sound-first-of-two-headers',
    variant: true,
    what: 'the first of two Authorization headers is used, as in Node',
    deployment: { source: [mutate('service/middleware/caller.ts', 'headers?.length === 1 ?', 'headers !== undefined ?')] },
  },
  {
    id: 'sound-challenge-realm',
    variant: true,
    what: 'WWW-Authenticate with a realm',
    deployment: { source: [mutate(ERRORS, "'WWW-Authenticate': 'Bearer'", `'WWW-Authenticate': 'Bearer realm="tasks"'`)] },
  },
  {
    id: 'sound-405-for-404',
    what: '405 instead of 404 for methods other than GET on unknown paths',
    deployment: {
      source: [
        mutate(
          'service/middleware/problems.ts',
          'export const rejectUnknownPath: RequestHandler = () => {\n',
          "export const rejectUnknownPath: RequestHandler = (req) => {\n  if (!['GET', 'HEAD'].includes(req.method) && !req.path.startsWith('/api/')) throw methodNotAllowed(['GET', 'HEAD']);\n",
        ),
      ],
    },
  },
  {
    id: 'sound-limit-of-known-paths',
    variant: true,
    what: 'the limiter only counts requests to documented paths: unknown ones get 404 without RateLimit headers',
    deployment: {
      source: [
        mutate(
          'service/middleware/rate-limit.ts',
          "standardHeaders: 'draft-8',",
          "standardHeaders: 'draft-8',\n    skip: (req) => !/^[/]api[/]v1[/](tasks|tags)([/]|$)/i.test(req.path),",
        ),
      ],
    },
  },
  {
    id: 'sound-pretty-json',
    variant: true,
    what: 'JSON with line breaks',
    deployment: { source: [mutate('service/app.ts', "app.disable('etag');", "app.disable('etag');\n  app.set('json spaces', 2);")] },
  },
  {
    id: 'sound-etag',
    variant: true,
    what: 'responses with an ETag and no-store',
    deployment: { source: [mutate('service/app.ts', "app.disable('etag');", "app.set('etag', 'weak');")] },
  },
  {
    id: 'sound-documented-field',
    variant: true,
    what: 'an additional field of a task that the contract documents',
    deployment: {
      source: [
        mutate('service/tasks/queries.ts', '    tags: jsonArrayFrom(tags),\n', "    tags: jsonArrayFrom(tags),\n    made_by: sql<string>`'web'`,\n"),
      ],
    },
    repository: {
      mutations: [
        mutate(
          'contract/openapi.json',
          `            "type": "string",
            "format": "date-time"
          }
        },
        "required": [
          "id",
          "user_id",
          "title",`,
          `            "type": "string",
            "format": "date-time"
          },
          "made_by": { "type": "string" }
        },
        "required": [
          "id",
          "user_id",
          "title",`,
        ),
      ],
    },
  },
  {
    id: 'sound-headers-of-the-app',
    what: "the app's pages send tracing headers that the config file names and the preflight allows",
    deployment: { settings: { CORS_REQUEST_HEADERS: 'sentry-trace, baggage' } },
    repository: { commits: () => [{ 'audit.config.json': JSON.stringify({ requestHeaders: ['Sentry-Trace', 'baggage'] }) }] },
  },
  {
    id: 'sound-clock-ahead',
    what: 'a clock that is two seconds ahead',
    deployment: { source: [mutate('service/routes/health.ts', 'new Date().toISOString()', 'new Date(Date.now() + 2_000).toISOString()')] },
  },
  {
    id: 'sound-commit-unknown',
    variant: true,
    what: 'health reports no commit, as after railway up, and the audit expects none',
    deployment: { settings: { COMMIT_SHA: undefined } },
    settings: { AUDIT_COMMIT: '' },
  },
  {
    id: 'sound-deployed-long-ago',
    variant: true,
    what: 'an old release whose commit Railway reports in upper case',
    deployment: { settings: { COMMIT_SHA: undefined, RAILWAY_GIT_COMMIT_SHA: '5EED'.repeat(10) } },
    settings: { AUDIT_DEPLOYED_AT: '2026-01-01T00:00:00Z' },
  },
  { id: 'sound-cold-start', what: 'the first response takes three seconds', deployment: { edge: { hold: firstTakes(3_000) } } },
  { id: 'sound-stalls', variant: true, what: 'one request in sixty is delayed by two seconds', deployment: { edge: { hold: eachTakes(60, 2_000) } } },
  {
    id: 'sound-proxy-in-environment',
    what: 'the environment of the audit names a proxy that does not respond',
    api: createNotesApi,
    settings: { HTTPS_PROXY: UNUSED_PROXY, https_proxy: UNUSED_PROXY, ALL_PROXY: UNUSED_PROXY, NODE_USE_ENV_PROXY: '1' },
  },
  { id: 'sound-uuids', variant: true, what: 'another API: UUIDs, wrapped lists, offsets', api: createNotesApi },
  { id: 'sound-bare-arrays', variant: true, what: 'another API: short ids, bare arrays, PATCH', api: (settings) => createSnippetsApi(settings) },
];

function firstTakes(ms: number): () => Promise<void> {
  let first: Promise<void> | undefined;
  return () => (first ??= sleep(ms));
}

function eachTakes(nth: number, ms: number): () => Promise<void> {
  let count = 0;
  return async () => {
    count += 1;
    if (count % nth === 0) await sleep(ms);
  };
}
