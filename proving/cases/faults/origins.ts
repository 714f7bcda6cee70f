import { type Fault, mutate } from '../case.ts';
import { ALLOWED, CONDITION, CROSS_ORIGIN, fitting, JSON_BODY, MAX_AGE, VARY } from './cors.ts';

const HEALTH = 'service/routes/health.ts';
const MOBILE = 'https://ionicframework.com/docs/troubleshooting/cors';
const PARSED = "type: 'application/json'";
const ACCEPTED = "!req.is('application/json')";

/** Every origin is allowed where the condition holds; `origin` is the raw header. */
const alsoAllowed = (id: string, what: string, condition: string, seenIn?: string): Fault => ({
  id,
  what,
  caughtBy: ['origins-everywhere'],
  deployment: { source: fitting(`allowed.has(origin) || ${condition}`) },
  ...(seenIn !== undefined && { seenIn }),
});

/** Runs only when it is named or with --variants. */
function asVariant(fault: Fault): Fault {
  return { ...fault, variant: true };
}

const families: readonly Fault[] = [
  alsoAllowed(
    'origin-of-capacitor',
    'the origins of Capacitor and Ionic are allowed, which every app made with them has',
    "['capacitor://localhost', 'ionic://localhost'].includes(origin)",
    MOBILE,
  ),
  alsoAllowed(
    'origin-of-tunnel',
    'tunnels of ngrok are allowed since a demonstration',
    String.raw`/^https:\/\/[\w-]+\.ngrok(-free)?\.(app|io)$/.test(origin)`,
  ),
  ...[
    alsoAllowed(
      'origin-preview-of-team',
      'previews are allowed by a pattern of their hash and the name of the team, which is not checked',
      String.raw`/^https:\/\/tasks-app-[a-z0-9]{9}-[a-z-]+\.vercel\.app$/.test(origin)`,
      'https://vercel.com/docs/deployments/generated-urls',
    ),
    alsoAllowed(
      'origin-of-any-team',
      "every project of a team is allowed, by the end of Vercel's host names for teams",
      "origin.endsWith('-projects.vercel.app')",
    ),
    alsoAllowed('origin-on-former-platform', "the app's former address on GitHub Pages is still allowed", "origin === 'https://tasks-app.github.io'"),
    alsoAllowed(
      'origin-on-workers',
      'the edge version of the app, whose name is free, is allowed',
      String.raw`/^https:\/\/tasks-app\.(pages|workers)\.dev$/.test(origin)`,
    ),
    alsoAllowed(
      'origin-on-platform-of-api',
      'every service on the platform of the API is allowed, because internal tools run there',
      "origin.endsWith('.up.railway.app')",
      'https://docs.railway.com/networking/domains/railway-domains',
    ),
    alsoAllowed('origin-with-www', 'www. before the app is allowed, although no one registered it', "allowed.has(origin.replace('//www.', '//'))"),
    alsoAllowed(
      'origin-of-android-shell',
      'https://localhost is allowed, the origin of Capacitor on Android',
      "origin === 'https://localhost'",
      MOBILE,
    ),
    alsoAllowed('origin-of-tauri', 'the hosts of Tauri apps are allowed', String.raw`/^(tauri|https?):\/\/(tauri\.)?localhost$/.test(origin)`),
    alsoAllowed('origin-of-electron', 'the scheme of Electron apps is allowed', "origin.startsWith('app://')"),
    alsoAllowed('origin-of-extension', 'browser extensions of Firefox are allowed', "origin.startsWith('moz-extension://')"),
    alsoAllowed(
      'origin-of-angular',
      "http://localhost:4200, the origin of Angular's development server, is still allowed",
      "origin === 'http://localhost:4200'",
    ),
    alsoAllowed('origin-of-ipv6-loopback', 'the loopback address in IPv6 is still allowed', "origin.startsWith('http://[::1]:')"),
    alsoAllowed('origin-of-emulator', "the address of the host in Android's emulator is still allowed", "origin.startsWith('http://10.0.2.2')"),
    alsoAllowed(
      'origin-in-local-domain',
      'every host of the local network is allowed',
      String.raw`/^https?:\/\/[\w.]+\.(local|test|internal)(:\d+)?$/.test(origin)`,
    ),
    alsoAllowed('origin-of-codespace', 'every codespace is allowed', "origin.endsWith('.app.github.dev')"),
    alsoAllowed(
      'origin-of-builder',
      'every app of a builder in the browser is allowed',
      "origin.endsWith('.lovable.app') || origin.endsWith('.webcontainer.io')",
    ),
    alsoAllowed('origin-with-dot', 'a dot at the end of the host is ignored', String.raw`allowed.has(origin.replace(/\.$/, ''))`),
    alsoAllowed('origin-with-default-port', 'the default port is ignored', String.raw`allowed.has(origin.replace(/:443$/, ''))`),
    alsoAllowed(
      'origin-in-list',
      'one of several origins in one header is enough',
      String.raw`origin.split(/[ ,]+/).some((one) => allowed.has(one))`,
    ),
    alsoAllowed(
      'origin-without-scheme',
      'hosts are compared, with any scheme or none',
      String.raw`allowed.has('https://' + origin.replace(/^\/\//, ''))`,
    ),
  ].map(asVariant),
];

/** Disallowed origins are not rejected where the condition holds, and are allowed by name. */
const openWhere = (condition: string) => [
  mutate(CROSS_ORIGIN, CONDITION, `${CONDITION} && !(${condition})`),
  mutate(CROSS_ORIGIN, ALLOWED, 'origin: true,'),
];
/** They are not rejected there; the response has no CORS headers for them. */
const notRejectedWhere = (condition: string) => [mutate(CROSS_ORIGIN, CONDITION, `${CONDITION} && !(${condition})`)];

const places: readonly Fault[] = [
  {
    id: 'origin-local-for-suggestions',
    what: 'the suggestions of tags are open to local servers, since someone tried a component with them',
    caughtBy: ['origins-everywhere'],
    deployment: { source: openWhere("req.path.endsWith('/autocomplete') && origin.startsWith('http://localhost:')") },
  },
  {
    id: 'origin-preview-deletes-tags',
    variant: true,
    what: 'previews may delete tags: the rule of one route was copied from another service',
    caughtBy: ['origins-everywhere'],
    deployment: { source: openWhere(String.raw`/^\/api\/v1\/tags\/\d+$/.test(req.path) && origin.endsWith('-audits-projects.vercel.app')`) },
  },
  {
    id: 'origin-any-for-liveness',
    what: 'liveness is open to every origin, for a status page',
    caughtBy: ['origins-everywhere'],
    deployment: {
      source: [
        ...notRejectedWhere("req.path === '/livez'"),
        mutate(HEALTH, "import { Router } from 'express';", "import cors from 'cors';\nimport { Router } from 'express';"),
        mutate(HEALTH, '    .get((_req, res) => {\n', '    .get(cors(), (_req, res) => {\n'),
      ],
    },
  },
  {
    id: 'rejection-without-head',
    variant: true,
    what: 'disallowed origins are not rejected for HEAD',
    caughtBy: ['origins-everywhere'],
    deployment: { source: notRejectedWhere("req.method === 'HEAD'") },
  },
  {
    id: 'rejection-without-preflights',
    variant: true,
    what: 'preflights of disallowed origins get 204 without CORS headers',
    caughtBy: ['origins-everywhere'],
    deployment: { source: notRejectedWhere("req.method === 'OPTIONS'") },
  },
  {
    id: 'rejection-of-known-paths-only',
    variant: true,
    what: 'disallowed origins are rejected on paths that have a route, so unknown ones are distinguishable',
    caughtBy: ['origins-everywhere'],
    deployment: { source: notRejectedWhere(String.raw`!/^\/(health|livez|api\/v1\/(tasks|tags)(\/|$))/i.test(req.path)`) },
  },
  {
    id: 'origin-error-on-tags',
    variant: true,
    what: 'on tags a disallowed origin causes an unhandled error',
    caughtBy: ['origins-everywhere'],
    deployment: {
      source: [
        mutate(
          CROSS_ORIGIN,
          'throw originNotAllowed();',
          "throw req.path.startsWith('/api/v1/tags') ? new Error('Not allowed by CORS') : originNotAllowed();",
        ),
      ],
    },
    seenIn: 'https://github.com/expressjs/cors/issues/92',
  },
];

const LIST = 'const allowed = new Set(allowlist);';

const order: readonly Fault[] = [
  {
    id: 'origin-decision-stored-by-url',
    what: 'the decision about an origin is stored by the URL of the object, so the first allowed page allows all others',
    caughtBy: ['origins-everywhere'],
    deployment: {
      source: [
        mutate(CROSS_ORIGIN, LIST, `${LIST}\n  const decided = new Set<string>();`),
        mutate(
          CROSS_ORIGIN,
          CONDITION,
          `if (origin !== undefined && allowed.has(origin) && /\\d$/.test(req.path)) decided.add(req.path);\n      ${CONDITION} && !decided.has(req.path)`,
        ),
        mutate(CROSS_ORIGIN, ALLOWED, 'origin: true,'),
      ],
    },
    seenIn: 'https://portswigger.net/research/exploiting-cors-misconfigurations-for-bitcoins-and-bounties',
  },
  {
    id: 'origin-rejection-stored-by-url',
    variant: true,
    what: 'a cache stores the rejection of a preflight by its URL for a moment, and the app gets it too',
    caughtBy: ['origins-everywhere'],
    deployment: {
      source: [
        mutate(CROSS_ORIGIN, LIST, `${LIST}\n  const rejected = new Map<string, number>();`),
        mutate(
          CROSS_ORIGIN,
          'throw originNotAllowed();',
          '{\n        rejected.set(req.originalUrl, Date.now() + 500);\n        throw originNotAllowed();\n      }\n      if (origin !== undefined && (rejected.get(req.originalUrl) ?? 0) > Date.now()) throw originNotAllowed();',
        ),
      ],
    },
  },
  {
    id: 'preflight-of-one-route-without-delete',
    variant: true,
    what: 'the edge answers preflights for tags with a list of methods from before tags could be deleted',
    caughtBy: ['origins-everywhere'],
    deployment: {
      edge: {
        rewrite: (headers, { method, path }) =>
          method === 'OPTIONS' && /\/tags\/\d+$/.test(path)
            ? headers.map(([name, value]) => [name, /^access-control-allow-methods$/i.test(name) ? 'GET,HEAD' : value] as const)
            : headers,
      },
    },
  },
  {
    id: 'preflight-of-one-route-lost',
    variant: true,
    what: 'the edge removes the CORS headers of preflights for paths below an object',
    caughtBy: ['origins-everywhere'],
    deployment: {
      edge: {
        rewrite: (headers, { method, path }) =>
          method === 'OPTIONS' && path.endsWith('/complete') ? headers.filter(([name]) => !/^access-control-/i.test(name)) : headers,
      },
    },
  },
];

/** Bodies for which the condition holds are parsed as JSON; `type` is the Content-Type header. */
const parsedWhere = (id: string, what: string, condition: string, seenIn?: string): Fault => ({
  id,
  what,
  caughtBy: ['wire-refused-writes'],
  deployment: {
    source: [
      mutate(JSON_BODY, PARSED, `type: (req) => isJson(String(req.headers['content-type'] ?? ''), String(req.url))`),
      mutate(JSON_BODY, ACCEPTED, "!isJson(req.headers['content-type'] ?? '', req.url)"),
      mutate(
        JSON_BODY,
        "import { malformed, Problem } from '../errors.ts';",
        `import { malformed, Problem } from '../errors.ts';\n\nfunction isJson(type: string, path: string): boolean {\n  return /^application[/]json *(;|$)/i.test(type) || (path !== '' && ${condition});\n}`,
      ),
    ],
  },
  ...(seenIn !== undefined && { seenIn }),
});

const mediaTypes: readonly Fault[] = [
  parsedWhere('body-without-type-parsed', 'a body without a content type is taken for JSON', "type === ''"),
  ...[
    parsedWhere(
      'body-of-parameter-parsed',
      'application/json anywhere in the content type is enough',
      "type.includes('application/json')",
      'https://github.com/fastify/fastify/security/advisories/GHSA-3fjj-p79j-c9hh',
    ),
    parsedWhere('body-of-report-parsed', 'reports of browsers are parsed for a collector on the same server', "type === 'application/csp-report'"),
    parsedWhere('body-of-json-suffix-parsed', 'every media type that ends with +json is parsed', String.raw`/\+json *(;|$)/.test(type)`),
    parsedWhere('body-of-tags-parsed', 'bodies of tags are parsed whatever their type, for an old client', "path.startsWith('/api/v1/tags')"),
    parsedWhere(
      'body-of-text-in-tags-parsed',
      'tags accept JSON as text/plain, for navigator.sendBeacon',
      "path.startsWith('/api/v1/tags') && /^text[/]plain/i.test(type)",
    ),
  ].map(asVariant),
];

const corsHeaders: readonly Fault[] = [
  {
    id: 'origin-reflected-for-head-of-tags',
    variant: true,
    what: 'the edge adds the origin to responses to HEAD on tags',
    caughtBy: ['origins-everywhere'],
    deployment: {
      edge: {
        rewrite: (headers, { method, path, origin }) =>
          method === 'HEAD' && path.startsWith('/api/v1/tags') && origin !== undefined
            ? [...headers.filter(([name]) => !/^access-control-allow-origin$/i.test(name)), ['Access-Control-Allow-Origin', origin]]
            : headers,
      },
    },
  },
  {
    id: 'origin-of-tools-in-preflights',
    variant: true,
    what: 'preflights are answered by a gateway that also allows the domains of online editors',
    caughtBy: ['origins-everywhere'],
    deployment: {
      source: [
        mutate(CROSS_ORIGIN, CONDITION, `${CONDITION} && !(req.method === 'OPTIONS' && /[.](gitpod[.]io|csb[.]app|devtunnels[.]ms)$/.test(origin))`),
        mutate(CROSS_ORIGIN, ALLOWED, 'origin: true,'),
        mutate(CROSS_ORIGIN, MAX_AGE, 'maxAge: 300,'),
        mutate(CROSS_ORIGIN, VARY, "res.vary('Origin, Access-Control-Request-Method');"),
      ],
    },
  },
];

export const origins: readonly Fault[] = [...families, ...places, ...order, ...mediaTypes, ...corsHeaders];
