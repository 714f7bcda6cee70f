import type { HeaderPair } from '../../rehearsal/stand-ins/edge/forwarded-headers.ts';
import { type ProvingCase, mutate } from './case.ts';

const APP = 'service/app.ts';
const ERRORS = 'service/errors.ts';
const PROBLEMS = 'service/middleware/problems.ts';
const TAG_ROUTES = 'service/routes/tags.ts';
const TAG_SCHEMA = 'service/tags/schema.ts';
const BEFORE_BODIES = 'app.use(jsonBody());';
const PROBLEM_BODY = '{ ...problem.toJSON(), request_id: res.locals.requestId }';

/** The header on as many lines as there are values. */
const replaced =
  (name: string, change: (value: string) => readonly string[]) =>
  (headers: readonly HeaderPair[]): HeaderPair[] =>
    headers.flatMap(([each, value]): HeaderPair[] => (each.toLowerCase() === name ? change(value).map((line) => [each, line]) : [[each, value]]));

/** Every problem has this member. */
const identified = (member: string, imports: string): ProvingCase['deployment'] & {} => ({
  source: [
    mutate(PROBLEMS, 'import { KeySetUnavailableError }', `${imports}\nimport { KeySetUnavailableError }`),
    mutate(PROBLEMS, PROBLEM_BODY, PROBLEM_BODY.replace(' }', `, ${member} }`)),
  ],
});

/** Unusual but sound: how responses are identified, how headers are written, and what standards allow for odd requests. */
export const soundExposure: readonly ProvingCase[] = [
  {
    id: 'sound-errors-with-ulid',
    what: 'problems have a ULID in a member of any name, and the request id is a ULID',
    deployment: {
      source: [
        ...(identified(
          'ref: `01${Date.now().toString(36)}${randomBytes(8).toString("hex")}`.toUpperCase()',
          "import { randomBytes } from 'node:crypto';",
        ).source ?? []),
        mutate(
          'service/middleware/request-log.ts',
          'const id = randomUUID();',
          "const id = `01${Date.now().toString(36)}${randomUUID().replaceAll('-', '').slice(0, 16)}`.toUpperCase();",
        ),
      ],
    },
  },
  {
    id: 'sound-errors-with-nanoid',
    variant: true,
    what: 'problems name a random code in a sentence',
    deployment: identified(
      "support: `Quote ${randomBytes(15).toString('base64url')} when you write to us.`",
      "import { randomBytes } from 'node:crypto';",
    ),
  },
  {
    id: 'sound-errors-with-counter',
    variant: true,
    what: 'problems are numbered',
    deployment: identified('occurrence: (occurrences += 1)', 'let occurrences = 0;'),
  },
  {
    id: 'sound-media-type-case',
    variant: true,
    what: 'media types in another case with a quoted charset',
    deployment: {
      edge: {
        rewrite: replaced('content-type', (value) => [
          value.replace('application/json', 'Application/JSON').replace('problem', 'Problem').replace('charset=utf-8', 'Charset="utf-8"'),
        ]),
      },
    },
  },
  {
    id: 'sound-vary-lines',
    variant: true,
    what: 'Vary on two lines, in upper case',
    deployment: { edge: { rewrite: replaced('vary', (value) => ['Accept-Encoding', value.toUpperCase()]) } },
  },
  {
    id: 'sound-cache-control-lines',
    variant: true,
    what: 'Cache-Control with more directives, quotes and upper case on two lines',
    deployment: { edge: { rewrite: replaced('cache-control', () => ['Private="Authorization, Set-Cookie", Max-Age="0"', 'No-Store']) } },
  },
  {
    id: 'sound-hsts-quotes',
    variant: true,
    what: 'Strict-Transport-Security with quotes, upper case and another order',
    deployment: { edge: { rewrite: replaced('strict-transport-security', () => ['includeSubDomains ; MAX-AGE="63072000"; preload']) } },
  },
  {
    id: 'sound-edge-headers',
    what: 'an edge adds Via, Age, Alt-Svc, X-Cache and its own Server-Timing',
    deployment: {
      edge: {
        rewrite: (headers) => [
          ...headers,
          ['Via', '1.1 edge-fra-2'],
          ['Age', '0'],
          ['Alt-Svc', 'h3=":443"; ma=86400'],
          ['X-Cache', 'MISS'],
          ['Server-Timing', 'edge;dur=3, cache;desc="MISS"'],
        ],
      },
    },
  },
  {
    id: 'sound-compressed-unasked',
    what: 'responses are compressed for clients that state no Accept-Encoding, as RFC 9110 section 12.5.3 allows',
    deployment: {
      source: [
        mutate(APP, 'import express, {', "import { gzipSync } from 'node:zlib';\nimport express, {"),
        mutate(
          APP,
          'app.use(requestLog(log));',
          `app.use((req, res, next) => {
    const end = res.end.bind(res);
    res.end = ((body?: string | Buffer) => {
      if (body === undefined || body.length === 0 || req.method === 'HEAD') return end(body);
      const bytes = gzipSync(body);
      res.setHeader('Content-Encoding', 'gzip');
      res.setHeader('Content-Length', bytes.length);
      return end(bytes);
    }) as typeof res.end;
    next();
  });
  app.use(requestLog(log));`,
        ),
      ],
    },
  },
  {
    id: 'sound-codings-rejected',
    variant: true,
    what: 'every content coding of a body is rejected with 415',
    deployment: { source: [mutate('service/middleware/json-body.ts', "limit: '16kb', strict", "limit: '16kb', inflate: false, strict")] },
  },
  {
    id: 'sound-harmless-files',
    what: 'robots.txt, security.txt and an empty favicon exist',
    deployment: {
      source: [
        mutate(
          APP,
          BEFORE_BODIES,
          `app.get('/robots.txt', (_req, res) => void res.type('text/plain').send('User-agent: *\\nDisallow: /\\n'));
  app.get('/.well-known/security.txt', (_req, res) => void res.type('text/plain').send('Contact: mailto:security@example.com\\n'));
  app.get('/favicon.ico', (_req, res) => void res.status(204).end());
  ${BEFORE_BODIES}`,
        ),
      ],
    },
  },
  {
    id: 'sound-trace-not-implemented',
    what: 'TRACE gets 501, as RFC 9110 section 15.6.2 allows for an unknown method',
    deployment: {
      source: [
        mutate(APP, 'import { rejectUnknownPath, sendProblem }', "import { Problem } from './errors.ts';\nimport { rejectUnknownPath, sendProblem }"),
        mutate(
          APP,
          BEFORE_BODIES,
          `app.trace('/{*path}', () => {\n    throw new Problem(501, 'not_implemented', 'This method is unknown.');\n  });\n  ${BEFORE_BODIES}`,
        ),
      ],
    },
  },
  {
    id: 'sound-not-acceptable',
    variant: true,
    what: 'a read that should return another format than JSON gets 406',
    deployment: {
      source: [
        mutate(TAG_ROUTES, "import { notFound } from '../errors.ts';", "import { notFound, Problem } from '../errors.ts';"),
        mutate(
          TAG_ROUTES,
          "const { id } = parse(tagPath, 'path', req.params);\n      const tag =",
          "if (!req.accepts('json')) throw new Problem(406, 'not_acceptable', 'Only JSON is available.');\n      const { id } = parse(tagPath, 'path', req.params);\n      const tag =",
        ),
      ],
    },
  },
  {
    id: 'sound-hidden-names-forbidden',
    variant: true,
    what: 'every path with a name that begins with a dot gets 403',
    deployment: {
      source: [
        mutate(APP, 'import { rejectUnknownPath, sendProblem }', "import { Problem } from './errors.ts';\nimport { rejectUnknownPath, sendProblem }"),
        mutate(
          APP,
          BEFORE_BODIES,
          `app.use((req, _res, next) => {\n    if (/[/][.]/.test(req.path)) throw new Problem(403, 'forbidden', 'This name is not served.');\n    next();\n  });\n  ${BEFORE_BODIES}`,
        ),
      ],
    },
  },
  {
    id: 'sound-unknown-parameters-rejected',
    variant: true,
    what: 'lists and suggestions reject unknown parameters',
    deployment: {
      source: [
        mutate(TAG_SCHEMA, 'tagPageQuery = z.object(pageParameters)', 'tagPageQuery = z.strictObject(pageParameters)'),
        mutate(TAG_SCHEMA, 'tagPrefix = z.object({', 'tagPrefix = z.strictObject({'),
      ],
    },
  },
  {
    id: 'sound-several-challenges',
    variant: true,
    what: 'WWW-Authenticate has two challenges with parameters, Bearer second',
    deployment: { source: [mutate(ERRORS, "'WWW-Authenticate': 'Bearer'", `'WWW-Authenticate': 'DPoP algs="ES256 EdDSA", bearer realm="a, b"'`)] },
  },
  {
    id: 'sound-retry-after-date',
    what: 'Retry-After is a date',
    deployment: {
      source: [
        mutate(
          'service/middleware/rate-limit.ts',
          'handler: (_req, _res, next) => next(tooManyRequests()),',
          "handler: (_req, res, next) => {\n      res.setHeader('Retry-After', new Date(Date.now() + 1_000 * Number(res.getHeader('Retry-After'))).toUTCString());\n      next(tooManyRequests());\n    },",
        ),
      ],
    },
  },
];
