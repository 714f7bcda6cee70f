import { type Fault, mutate } from '../case.ts';

const HEADERS = 'service/middleware/security-headers.ts';
const APP = 'service/app.ts';
const TASKS = 'service/routes/tasks.ts';
const TAGS = 'service/routes/tags.ts';
const POLICY = `{ defaultSrc: ["'none'"], frameAncestors: ["'none'"] }`;
const NGINX_HEADERS = 'https://nginx.org/en/docs/http/ngx_http_headers_module.html';

/** A proxy in front that adds a header of its own accord does so for successes and redirects alone, unless it is told otherwise. */
const missingOnErrors = (header: string): NonNullable<Fault['deployment']> => ({
  edge: { rewrite: (headers, { status }) => (status < 400 ? headers : headers.filter(([name]) => name.toLowerCase() !== header)) },
});

export const headers: readonly Fault[] = [
  {
    id: 'types-of-pages-everywhere',
    what: 'an edge sends every response as text/html',
    caughtBy: ['health-shape', 'private-answers'],
    deployment: {
      edge: {
        rewrite: (sent) => sent.map(([name, value]) => [name, name.toLowerCase() === 'content-type' ? 'text/html; charset=utf-8' : value]),
      },
    },
  },
  {
    id: 'helmet-missing',
    what: 'the security headers were left out',
    caughtBy: ['security-headers', 'hsts', 'private-answers'],
    deployment: { source: [mutate(APP, '  app.use(securityHeaders());\n', '')] },
  },
  {
    id: 'headers-after-cors',
    variant: true,
    what: 'the security headers are set behind the check of origins, so that its refusals have none',
    caughtBy: ['security-headers', 'hsts', 'private-answers'],
    deployment: {
      source: [
        mutate(APP, '  app.use(securityHeaders());\n', ''),
        mutate(APP, 'config.corsRequestHeaders));', 'config.corsRequestHeaders));\n  app.use(securityHeaders());'),
      ],
    },
  },
  {
    id: 'headers-after-body',
    variant: true,
    what: 'the body is parsed before the security headers are set, so that 400, 413 and 415 have none',
    caughtBy: ['security-headers', 'hsts', 'private-answers'],
    deployment: {
      source: [
        mutate(APP, '  app.use(jsonBody());\n', ''),
        mutate(APP, '  app.use(securityHeaders());', '  app.use(jsonBody());\n  app.use(securityHeaders());'),
      ],
    },
  },
  {
    id: 'headers-missing-before-express',
    variant: true,
    what: 'what is answered before Express, such as too large headers, has no security headers',
    caughtBy: ['security-headers', 'hsts', 'private-answers'],
    deployment: { source: [mutate('service/http/unparsed-requests.ts', '    setSecurityHeaders(req, res, () => {});\n', '')] },
  },
  {
    id: 'nosniff-missing-on-errors',
    what: 'the edge sets X-Content-Type-Options on successes alone',
    caughtBy: ['security-headers'],
    deployment: missingOnErrors('x-content-type-options'),
    seenIn: NGINX_HEADERS,
  },
  {
    id: 'csp-missing',
    variant: true,
    what: 'there is no Content-Security-Policy, since an API shows no pages',
    caughtBy: ['security-headers'],
    deployment: { source: [mutate(HEADERS, `contentSecurityPolicy: { useDefaults: false, directives: ${POLICY} }`, 'contentSecurityPolicy: false')] },
  },
  {
    id: 'csp-reports-only',
    variant: true,
    what: 'the Content-Security-Policy was rolled out to report, and never to forbid',
    caughtBy: ['security-headers'],
    deployment: { source: [mutate(HEADERS, 'useDefaults: false,', 'useDefaults: false, reportOnly: true,')] },
  },
  {
    id: 'csp-allows-scripts',
    variant: true,
    what: "the Content-Security-Policy begins with default-src 'none', and then allows scripts of anybody",
    caughtBy: ['security-headers'],
    deployment: {
      source: [mutate(HEADERS, POLICY, `{ defaultSrc: ["'none'"], scriptSrc: ["'unsafe-inline'", 'https:'], frameAncestors: ["'none'"] }`)],
    },
  },
  {
    id: 'csp-none-and-more',
    variant: true,
    what: "default-src has a host beside 'none', which makes browsers ignore 'none'",
    caughtBy: ['security-headers'],
    deployment: { source: [mutate(HEADERS, POLICY, `{ defaultSrc: ["'none'", 'https:'], frameAncestors: ["'none'"] }`)] },
  },
  {
    id: 'frame-ancestors-missing',
    variant: true,
    what: 'the Content-Security-Policy says nothing of frames',
    caughtBy: ['security-headers'],
    deployment: { source: [mutate(HEADERS, POLICY, `{ defaultSrc: ["'none'"] }`)] },
  },
  {
    id: 'referrer-policy-missing',
    variant: true,
    what: 'there is no Referrer-Policy',
    caughtBy: ['security-headers'],
    deployment: {
      source: [mutate(HEADERS, "xFrameOptions: { action: 'deny' },", "xFrameOptions: { action: 'deny' },\n      referrerPolicy: false,")],
    },
  },
  {
    id: 'referrer-policy-tells-paths',
    variant: true,
    what: 'the Referrer-Policy is no-referrer-when-downgrade, which tells every other site the whole URL',
    caughtBy: ['security-headers'],
    deployment: {
      source: [
        mutate(
          HEADERS,
          "xFrameOptions: { action: 'deny' },",
          "xFrameOptions: { action: 'deny' },\n      referrerPolicy: { policy: 'no-referrer-when-downgrade' },",
        ),
      ],
    },
  },
  {
    id: 'hsts-missing',
    what: 'HSTS is switched off, since the edge was thought to send it',
    caughtBy: ['hsts'],
    deployment: {
      source: [mutate(HEADERS, 'strictTransportSecurity: { maxAge: TWO_YEARS_SECONDS, includeSubDomains: true }', 'strictTransportSecurity: false')],
    },
  },
  {
    id: 'hsts-of-a-day',
    variant: true,
    what: 'HSTS is still that of the first try: a day',
    caughtBy: ['hsts'],
    deployment: { source: [mutate(HEADERS, '63_072_000', '86_400')] },
  },
  {
    id: 'hsts-missing-on-errors',
    variant: true,
    what: 'the edge sets HSTS on successes alone',
    caughtBy: ['hsts'],
    deployment: missingOnErrors('strict-transport-security'),
    seenIn: NGINX_HEADERS,
  },
  {
    id: 'suggestions-stored',
    variant: true,
    what: 'one route lets browsers keep its answers for a minute',
    caughtBy: ['private-answers'],
    deployment: { source: [mutate(TAGS, 'res.json({ tags: await', "res.set('Cache-Control', 'private, max-age=60').json({ tags: await")] },
  },
  {
    id: 'list-stored-by-the-network',
    variant: true,
    what: 'the list of tasks tells content delivery networks to keep it, in the header that overrides Cache-Control for them',
    caughtBy: ['private-answers'],
    deployment: {
      source: [mutate(TASKS, 'sendJson(res,', "sendJson(res.set('CDN-Cache-Control', 'max-age=60'),")],
    },
  },
  {
    id: 'cookie-set',
    variant: true,
    what: 'the list of tasks remembers its order in a cookie',
    caughtBy: ['private-answers'],
    deployment: {
      source: [mutate(TASKS, 'sendJson(res,', "sendJson(res.cookie('sort_by', filter.sort_by),")],
    },
  },
  {
    id: 'json-sent-as-html',
    variant: true,
    what: 'one route sends its JSON as text/html',
    caughtBy: ['private-answers'],
    deployment: { source: [mutate(TAGS, 'res.json(tag);\n    })\n    .delete', 'res.send(JSON.stringify(tag));\n    })\n    .delete')] },
  },
];
