import { type Fault, mutate } from '../case.ts';

const HEADERS = 'service/middleware/security-headers.ts';
const APP = 'service/app.ts';
const TASKS = 'service/routes/tasks.ts';
const TAGS = 'service/routes/tags.ts';
const POLICY = `{ defaultSrc: ["'none'"], frameAncestors: ["'none'"] }`;
const NGINX_HEADERS = 'https://nginx.org/en/docs/http/ngx_http_headers_module.html';

/** By default, nginx only adds a header to successful responses and redirects. */
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
    what: 'the security headers are missing',
    caughtBy: ['security-headers', 'hsts', 'private-answers'],
    deployment: { source: [mutate(APP, '  app.use(securityHeaders());\n', '')] },
  },
  {
    id: 'headers-after-cors',
    variant: true,
    what: 'the security headers are set after the check of origins, so its 403 responses have none',
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
    what: 'the body is parsed before the security headers are set, so 400, 413 and 415 have none',
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
    what: 'responses that are sent before Express, such as for too large headers, have no security headers',
    caughtBy: ['security-headers', 'hsts', 'private-answers'],
    deployment: { source: [mutate('service/http/unparsed-requests.ts', '    setSecurityHeaders(req, res, () => {});\n', '')] },
  },
  {
    id: 'nosniff-missing-on-errors',
    what: 'the edge sets X-Content-Type-Options only on successful responses',
    caughtBy: ['security-headers'],
    deployment: missingOnErrors('x-content-type-options'),
    seenIn: NGINX_HEADERS,
  },
  {
    id: 'csp-missing',
    variant: true,
    what: 'there is no Content-Security-Policy, because an API has no pages',
    caughtBy: ['security-headers'],
    deployment: { source: [mutate(HEADERS, `contentSecurityPolicy: { useDefaults: false, directives: ${POLICY} }`, 'contentSecurityPolicy: false')] },
  },
  {
    id: 'csp-reports-only',
    variant: true,
    what: 'the Content-Security-Policy is report-only',
    caughtBy: ['security-headers'],
    deployment: { source: [mutate(HEADERS, 'useDefaults: false,', 'useDefaults: false, reportOnly: true,')] },
  },
  {
    id: 'csp-allows-scripts',
    variant: true,
    what: "the Content-Security-Policy has default-src 'none', but allows scripts from every source",
    caughtBy: ['security-headers'],
    deployment: {
      source: [mutate(HEADERS, POLICY, `{ defaultSrc: ["'none'"], scriptSrc: ["'unsafe-inline'", 'https:'], frameAncestors: ["'none'"] }`)],
    },
  },
  {
    id: 'csp-none-and-more',
    variant: true,
    what: "default-src has a host in addition to 'none', so browsers ignore 'none'",
    caughtBy: ['security-headers'],
    deployment: { source: [mutate(HEADERS, POLICY, `{ defaultSrc: ["'none'", 'https:'], frameAncestors: ["'none'"] }`)] },
  },
  {
    id: 'frame-ancestors-missing',
    variant: true,
    what: 'the Content-Security-Policy lacks frame-ancestors',
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
    id: 'referrer-policy-sends-paths',
    variant: true,
    what: 'the Referrer-Policy is no-referrer-when-downgrade, which sends the whole URL to other sites',
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
    what: 'HSTS is disabled, because the edge was assumed to send it',
    caughtBy: ['hsts'],
    deployment: {
      source: [mutate(HEADERS, 'strictTransportSecurity: { maxAge: TWO_YEARS_SECONDS, includeSubDomains: true }', 'strictTransportSecurity: false')],
    },
  },
  {
    id: 'hsts-of-a-day',
    variant: true,
    what: 'HSTS still has the trial value of one day',
    caughtBy: ['hsts'],
    deployment: { source: [mutate(HEADERS, '63_072_000', '86_400')] },
  },
  {
    id: 'hsts-missing-on-errors',
    variant: true,
    what: 'the edge sets HSTS only on successful responses',
    caughtBy: ['hsts'],
    deployment: missingOnErrors('strict-transport-security'),
    seenIn: NGINX_HEADERS,
  },
  {
    id: 'suggestions-stored',
    variant: true,
    what: 'one route lets browsers cache its responses for a minute',
    caughtBy: ['private-answers'],
    deployment: { source: [mutate(TAGS, 'res.json({ tags: await', "res.set('Cache-Control', 'private, max-age=60').json({ tags: await")] },
  },
  {
    id: 'list-stored-by-the-network',
    variant: true,
    what: 'the list of tasks lets content delivery networks cache it, in the header that overrides Cache-Control for them',
    caughtBy: ['private-answers'],
    deployment: {
      source: [mutate(TASKS, 'sendJson(res,', "sendJson(res.set('CDN-Cache-Control', 'max-age=60'),")],
    },
  },
  {
    id: 'cookie-set',
    variant: true,
    what: 'the list of tasks stores its sort order in a cookie',
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
