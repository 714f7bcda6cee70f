import type { Mutation } from '../deployment/changed-copy.ts';
import { type ProvingCase, mutate } from './case.ts';
import { CROSS_ORIGIN, MAX_AGE, VARY } from './faults/cors.ts';

const APP = 'service/app.ts';
const HEADERS = 'app.use(securityHeaders());';
const MALFORMED = 'app.use(rejectMalformedTarget);';

const before = (line: string, middleware: string): Mutation =>
  mutate(APP, line, `app.use((req, res, next) => {\n    ${middleware}\n    next();\n  });\n  ${line}`);
const rewritten = (url: string): Mutation => before(MALFORMED, `req.url = ${url};`);
const redirected = (path: string): Mutation =>
  before(
    MALFORMED,
    `const path = ${path};\n    if (path !== req.path) return void res.status(308).location(path + req.url.slice(req.path.length)).json({});`,
  );
const problem = (status: number, title: string): string =>
  `return void res.status(${status}).type('application/problem+json').json({ type: 'about:blank', title: '${title}', status: ${status} })`;

/** Sound deployments whose edges, proxies and routers treat paths, methods and preflights otherwise than ours. */
export const soundVariantsOfRouting: readonly ProvingCase[] = [
  {
    id: 'sound-slashes-merged',
    what: 'double slashes are redirected to the path with single ones',
    deployment: { source: [redirected(String.raw`req.path.replace(/\/{2,}/g, '/')`)] },
  },
  {
    id: 'sound-slashes-removed-everywhere',
    variant: true,
    what: 'every path with a slash at its end is redirected to the path without it',
    deployment: { source: [redirected(String.raw`req.path.replace(/^\/+/, '/').replace(/(.)\/+$/, '$1')`)] },
  },
  {
    id: 'sound-paths-normalized',
    what: 'the API serves paths with repeated slashes, path parameters, dot segments and suffixes like the documented ones, with the same rules',
    deployment: {
      source: [
        rewritten(
          String.raw`req.url.replace(/\/{2,}/g, '/').replace(/;[^/?]*/g, '').replace(/\/(x\/)?\.\.?(?=\/|$)/g, '').replace(/(\d)\.(json|xml)$/, '$1')`,
        ),
      ],
    },
  },
  {
    id: 'sound-alias-without-version',
    variant: true,
    what: 'the API serves paths without the prefix and with other versions too, with the same rules',
    deployment: {
      source: [
        mutate(
          APP,
          "app.use('/api/v1', requireCaller);",
          `app.use((req, _res, next) => {\n    req.url = req.url.replace(/^(\\/api)?(\\/v\\d)?(?=\\/(tasks|tags)\\b)/, '/api/v1');\n    next();\n  });\n  app.use('/api/v1', requireCaller);`,
        ),
      ],
    },
  },
  {
    id: 'sound-strict-router',
    variant: true,
    what: 'routes match their exact case only, and no slash at the end',
    deployment: {
      source: [
        mutate('service/routes/tags.ts', 'const router = Router();', 'const router = Router({ caseSensitive: true, strict: true });'),
        mutate('service/routes/tasks.ts', 'const router = Router();', 'const router = Router({ caseSensitive: true, strict: true });'),
      ],
    },
  },
  {
    id: 'sound-methods-not-implemented',
    what: 'methods of WebDAV and unknown ones get 501 on objects',
    deployment: {
      source: [
        before(
          MALFORMED,
          `if (/[/]\\d+([/]complete)?$/.test(req.path) && !['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].includes(req.method)) ${problem(501, 'Not Implemented')};`,
        ),
      ],
    },
  },
  {
    id: 'sound-odd-paths-rejected',
    variant: true,
    what: 'a proxy rejects encoded slashes, backslashes and control characters with its own page',
    deployment: {
      source: [
        before(
          HEADERS,
          String.raw`if (/\d(%2f|%5c|\\|%0|%2e%2e)|(%2f|%5c|\\|%0)\d/i.test(req.path)) return void res.status(400).type('html').send('<h1>400 Bad Request</h1>');`,
        ),
      ],
    },
  },
  {
    id: 'sound-vary-of-edge',
    variant: true,
    what: 'Vary has other members, in another order and case',
    deployment: {
      edge: {
        rewrite: (headers) =>
          headers.map(
            ([name, value]) => [name, name.toLowerCase() === 'vary' ? `accept-encoding, ORIGIN, Access-Control-Request-Headers` : value] as const,
          ),
      },
    },
  },
  {
    id: 'sound-cors-headers-without-origin',
    variant: true,
    what: 'rejections list methods and allow credentials, which grants nothing without an origin',
    deployment: {
      source: [
        mutate(
          CROSS_ORIGIN,
          VARY,
          `${VARY}\n      if (req.headers.origin !== undefined && !allowed.has(req.headers.origin)) res.set({ 'Access-Control-Allow-Credentials': 'true', 'Access-Control-Allow-Methods': 'GET, POST' });`,
        ),
      ],
    },
  },
  {
    id: 'sound-preflight-stored-by-browsers',
    variant: true,
    what: 'preflights get 200 with a body, may be stored for a day, and name more members in Vary',
    deployment: {
      source: [
        mutate(CROSS_ORIGIN, MAX_AGE, 'maxAge: 86_400,\n      optionsSuccessStatus: 200,'),
        mutate(CROSS_ORIGIN, VARY, "res.vary('Access-Control-Request-Method, Origin');"),
      ],
    },
  },
];
