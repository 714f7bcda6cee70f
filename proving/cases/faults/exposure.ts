import type { HeaderPair } from '../../../rehearsal/stand-ins/edge/forwarded-headers.ts';
import { type Fault, mutate } from '../case.ts';

const APP = 'service/app.ts';
const ERRORS = 'service/errors.ts';
const PROBLEMS = 'service/middleware/problems.ts';
const JSON_BODY = 'service/middleware/json-body.ts';
const VALUES = 'service/values.ts';
const TASKS = 'service/tasks/queries.ts';
const TASK_ROUTES = 'service/routes/tasks.ts';
const TAGS = 'service/tags/queries.ts';
const TAG_SCHEMA = 'service/tags/schema.ts';
const DOCS = 'if (config.apiDocs) {';
const BEFORE_BODIES = 'app.use(jsonBody());';
const UNKNOWN_PATH = `rejectUnknownPath: RequestHandler = () => {
  throw notFound();
};`;

const serverNamed =
  (name: string) =>
  (headers: readonly HeaderPair[]): HeaderPair[] =>
    headers.map(([header, value]) => [header, header === 'Server' ? name : value]);

/** Statements of handlers that run before the database is used. */
const CREATION = '.post(async (req, res) => {\n      const task =';
const CHANGES = "const changes = parse(taskChanges, 'body', req.body);";

export const exposure: readonly Fault[] = [
  {
    id: 'docs-on-in-production',
    what: 'API_DOCS is left on',
    caughtBy: ['docs-absent', 'contract-absent'],
    deployment: { settings: { API_DOCS: 'true' } },
  },
  {
    id: 'contract-served',
    what: 'the contract is served regardless of the setting',
    caughtBy: ['contract-absent'],
    deployment: { source: [mutate(APP, DOCS, `app.get('/openapi.json', (_req, res) => void res.json(openApiDocument()));\n  ${DOCS}`)] },
  },
  {
    id: 'contract-served-as-api-docs',
    variant: true,
    what: 'the contract is served at /api-docs.json, as in the documentation of swagger-jsdoc',
    caughtBy: ['contract-absent'],
    deployment: { source: [mutate(APP, DOCS, `app.get('/api-docs.json', (_req, res) => void res.json(openApiDocument()));\n  ${DOCS}`)] },
  },
  {
    id: 'docs-under-ui',
    what: 'interactive docs are served at /ui/, as Connexion does',
    caughtBy: ['docs-absent'],
    deployment: {
      source: [mutate(APP, DOCS, `app.get('/ui/', (_req, res) => void res.type('html').send('<title>Swagger UI</title>'));\n  ${DOCS}`)],
    },
    seenIn: 'https://connexion.readthedocs.io/en/latest/swagger_ui.html',
  },
  {
    id: 'contract-below-the-base-path',
    variant: true,
    what: 'the contract is served at /api/v1/openapi.yaml',
    caughtBy: ['contract-absent'],
    deployment: { source: [mutate(APP, DOCS, `app.get('/api/v1/openapi.yaml', (_req, res) => void res.json(openApiDocument()));\n  ${DOCS}`)] },
  },
  {
    id: 'root-served',
    what: 'express.static serves the working directory',
    caughtBy: ['files-absent'],
    deployment: { source: [mutate(APP, BEFORE_BODIES, `app.use(express.static('.', { dotfiles: 'allow' }));\n  ${BEFORE_BODIES}`)] },
  },
  {
    id: 'bundle-served',
    variant: true,
    what: 'express.static serves the directory of the bundle',
    caughtBy: ['files-absent'],
    deployment: { source: [mutate(APP, BEFORE_BODIES, `app.use(express.static('dist'));\n  ${BEFORE_BODIES}`)] },
  },
  {
    id: 'metrics-open',
    variant: true,
    what: 'metrics are public',
    caughtBy: ['files-absent'],
    deployment: {
      source: [
        mutate(
          APP,
          BEFORE_BODIES,
          `app.get('/metrics', (_req, res) => void res.type('text/plain').send(\`nodejs_heap_size_used_bytes \${process.memoryUsage().heapUsed}\\n\`));\n  ${BEFORE_BODIES}`,
        ),
      ],
    },
  },
  {
    id: 'status-page-open',
    variant: true,
    what: 'a page about the process is public at /status, as with express-status-monitor',
    caughtBy: ['files-absent'],
    deployment: {
      source: [
        mutate(
          APP,
          BEFORE_BODIES,
          `app.get('/status', (_req, res) => void res.send(\`<h1>\${process.pid}: \${process.uptime()} s</h1>\`));\n  ${BEFORE_BODIES}`,
        ),
      ],
    },
  },
  {
    id: 'environment-open',
    variant: true,
    what: '/debug/env returns all settings, including secrets',
    caughtBy: ['files-absent', 'secrets-in-answers'],
    deployment: { source: [mutate(APP, BEFORE_BODIES, `app.get('/debug/env', (_req, res) => void res.json(process.env));\n  ${BEFORE_BODIES}`)] },
  },
  {
    id: 'error-with-stack',
    what: 'errors contain their stack',
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(
          PROBLEMS,
          'request_id: res.locals.requestId });\n',
          'request_id: res.locals.requestId, stack: error instanceof Error ? error.stack : undefined });\n',
        ),
      ],
    },
    seenIn: 'https://owasp.org/www-community/Improper_Error_Handling',
  },
  {
    id: 'error-quotes-parser',
    variant: true,
    what: "malformed JSON returns the parser's message",
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(
          PROBLEMS,
          "'The request is malformed: check the path and that the body is a JSON object.'",
          'error instanceof Error ? error.message : String(error)',
        ),
      ],
    },
  },
  {
    id: 'error-quotes-constraint',
    variant: true,
    what: "a conflict returns the database's message",
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(
          TAGS,
          ".onConflict((conflicting) => conflicting.columns(['user_id', 'name']).doNothing())\n    .returning(COLUMNS)\n    .executeTakeFirst();",
          '.returning(COLUMNS)\n    .executeTakeFirst()\n    .catch((error: Error) => {\n      throw new TagNameTakenError(error.message);\n    });',
        ),
        mutate(PROBLEMS, "() => conflict('You already have a tag with this name.')", '({ message }) => conflict(message)'),
      ],
    },
  },
  {
    id: 'error-quotes-database',
    variant: true,
    what: "the database's constraints validate input, and the response contains their message",
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(VALUES, '\n    .refine((value) => isBetween(Array.from(value).length, min, max), `must have ${min} to ${max} characters`);', ';'),
        mutate(
          PROBLEMS,
          "return new Problem(500, 'internal', 'Something went wrong on our side. Quote the request id when you report it.');",
          "return new Problem(422, 'invalid', error instanceof Error ? error.message : 'The request has invalid values.');",
        ),
      ],
    },
  },
  {
    id: 'error-quotes-driver',
    variant: true,
    what: "during a database outage the response contains the driver's error with an address",
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(
          ERRORS,
          "'The service cannot reach its database at the moment: try again.'",
          '`The database cannot be reached: ${String(cause instanceof Error ? (cause.cause ?? cause) : cause)}`',
        ),
      ],
    },
  },
  {
    id: 'conflict-fails',
    variant: true,
    what: 'a duplicate tag name causes a 500',
    caughtBy: ['errors-without-internals'],
    deployment: { source: [mutate(TAGS, "    .onConflict((conflicting) => conflicting.columns(['user_id', 'name']).doNothing())\n", '')] },
  },
  {
    id: 'unknown-path-as-html',
    variant: true,
    what: "an unknown path returns Express's HTML page",
    caughtBy: ['errors-without-internals', 'private-answers'],
    deployment: {
      source: [
        mutate(
          PROBLEMS,
          UNKNOWN_PATH,
          'rejectUnknownPath: RequestHandler = (req, res) => {\n  res.status(404).send(`<!DOCTYPE html><html lang="en"><body><pre>Cannot ${req.method} ${encodeURI(req.path)}</pre></body></html>`);\n};',
        ),
      ],
    },
  },
  {
    id: 'unknown-path-unhandled',
    variant: true,
    what: 'an unknown path gets no response, so the target counts as unreadable',
    caughtBy: ['errors-without-internals'],
    deployment: { source: [mutate(APP, '  app.use(rejectUnknownPath);\n', '')] },
  },
  {
    id: 'unknown-path-echoed',
    variant: true,
    what: 'the response repeats an unknown path',
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(
          PROBLEMS,
          UNKNOWN_PATH,
          "rejectUnknownPath: RequestHandler = (req) => {\n  throw new Problem(404, 'not_found', `There is nothing at ${req.originalUrl}.`);\n};",
        ),
      ],
    },
  },
  {
    id: 'other-methods-not-found',
    variant: true,
    what: 'an unsupported method gets 404',
    caughtBy: ['errors-without-internals'],
    deployment: { source: [mutate(TASK_ROUTES, "    .all(rejectOtherMethods('GET', 'POST'));", '    ;')] },
  },
  {
    id: 'trace-echoed',
    variant: true,
    what: 'TRACE returns the request',
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(
          APP,
          BEFORE_BODIES,
          `app.trace('/{*path}', (req, res) => void res.type('message/http').send(req.rawHeaders.join('\\r\\n')));\n  ${BEFORE_BODIES}`,
        ),
      ],
    },
    seenIn: 'https://owasp.org/www-community/attacks/Cross_Site_Tracing',
  },
  {
    id: 'body-of-any-size',
    what: 'bodies of up to 50 MB are accepted',
    caughtBy: ['errors-without-internals'],
    deployment: { source: [mutate(JSON_BODY, "limit: '16kb'", "limit: '50mb'")] },
  },
  {
    id: 'large-body-fails',
    variant: true,
    what: 'a body that is too large causes a 500',
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [mutate(PROBLEMS, "    case 413:\n      return new Problem(413, 'content_too_large', 'The body must not exceed 16 KiB.');\n", '')],
    },
  },
  {
    id: 'malformed-body-fails',
    variant: true,
    what: 'malformed JSON causes a 500',
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(
          JSON_BODY,
          "express.json({ limit: '16kb', strict: true, type: 'application/json', verify });",
          "[express.text({ limit: '16kb', type: 'application/json' }), parseText];\nfunction parseText(req: express.Request, _res: unknown, next: () => void): void {\n  if (typeof req.body === 'string') req.body = JSON.parse(req.body);\n  next();\n}",
        ),
      ],
    },
  },
  {
    id: 'malformed-path-fails',
    variant: true,
    what: 'requests that Express rejects as malformed cause a 500',
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(APP, '  app.use(rejectMalformedTarget);\n', ''),
        mutate(
          PROBLEMS,
          "    case 400:\n      return new Problem(400, 'malformed', 'The request is malformed: check the path and that the body is a JSON object.');\n",
          '',
        ),
      ],
    },
  },
  {
    id: 'any-type-parsed',
    variant: true,
    what: 'every body is parsed as JSON, even text/plain, which needs no preflight',
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(JSON_BODY, "type: 'application/json'", 'type: () => true'),
        mutate(JSON_BODY, "hasBody && !req.is('application/json')", "hasBody && !req.is('*/*')"),
      ],
    },
  },
  {
    id: 'deep-nesting-fails',
    variant: true,
    what: 'texts are trimmed recursively, until the stack overflows',
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(
          JSON_BODY,
          '    parse,\n  ];\n}\n',
          `    parse,
    function trimTexts(req, _res, next) {
      if (req.body !== undefined) req.body = trimmed(req.body);
      next();
    },
  ];
}

function trimmed(value: unknown): unknown {
  if (typeof value === 'string') return value.trim();
  if (Array.isArray(value)) return value.map(trimmed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, trimmed(each)]));
}
`,
        ),
      ],
    },
  },
  {
    id: 'nul-fails',
    what: 'NUL in a text is not validated, so the database fails',
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(
          VALUES,
          "    .refine((value) => !value.includes('\\0') && value.isWellFormed(), 'must not contain NUL or half of a surrogate pair')\n",
          '',
        ),
      ],
    },
  },
  {
    id: 'length-fails',
    variant: true,
    what: 'the length of a text is not validated, so the database fails',
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(VALUES, '\n    .refine((value) => isBetween(Array.from(value).length, min, max), `must have ${min} to ${max} characters`);', ';'),
      ],
    },
  },
  {
    id: 'large-id-fails',
    what: 'an id out of range is not validated, so the database fails',
    caughtBy: ['errors-without-internals'],
    deployment: { source: [mutate(VALUES, 'MAX_ID = 2_147_483_647', 'MAX_ID = Number.MAX_SAFE_INTEGER')] },
  },
  {
    id: 'large-tag-id-fails',
    variant: true,
    what: 'an id out of range is not validated for tags, so the database fails',
    caughtBy: ['errors-without-internals'],
    deployment: { source: [mutate(TAG_SCHEMA, 'id: integerText(1, MAX_ID)', 'id: integerText(1, Number.MAX_SAFE_INTEGER)')] },
  },
  {
    id: 'nul-in-prefix-fails',
    variant: true,
    what: 'NUL in the prefix of suggestions is not validated, so the database fails',
    caughtBy: ['errors-without-internals'],
    deployment: { source: [mutate(TAG_SCHEMA, 'q: text(0, 50, normalized)', 'q: z.string().max(50)')] },
  },
  {
    id: 'quote-in-search-fails',
    variant: true,
    what: 'a quote in the search ends the string literal of the query',
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(
          TASKS,
          "conditions.push(eb.or([eb('title', 'ilike', pattern), eb('description', 'ilike', pattern)]));",
          "conditions.push(sql`title || coalesce(description, '') ilike '${sql.raw(pattern)}'`);",
        ),
      ],
    },
  },
  {
    id: 'page-of-any-size',
    variant: true,
    what: 'the page size has no upper limit',
    caughtBy: ['errors-without-internals'],
    deployment: { source: [mutate(VALUES, 'per_page: integerText(1, 100)', 'per_page: integerText(1, MAX_ID)')] },
    seenIn: 'https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/',
  },
  {
    id: 'unknown-fields-taken',
    variant: true,
    what: 'a new task may have unknown fields',
    caughtBy: ['errors-without-internals'],
    deployment: {
      source: [
        mutate(
          'service/tasks/schema.ts',
          '.strictObject({\n    title,\n    description: description.default(null),',
          '.object({\n    title,\n    description: description.default(null),',
        ),
      ],
    },
  },
  {
    id: 'unknown-tag-fields-taken',
    variant: true,
    what: 'a new tag may have unknown fields',
    caughtBy: ['errors-without-internals'],
    deployment: { source: [mutate(TAG_SCHEMA, 'z.strictObject({ name: tagName })', 'z.object({ name: tagName })')] },
  },
  {
    id: 'number-taken-for-text',
    variant: true,
    what: 'every value is coerced to text as a tag name',
    caughtBy: ['errors-without-internals'],
    deployment: { source: [mutate(VALUES, 'bounded(form(z.string().trim()), 1, max)', 'bounded(form(z.coerce.string().trim()), 1, max)')] },
  },
  {
    id: 'response-with-email',
    what: "a new column with the owner's address is returned with every task",
    caughtBy: ['answers-as-documented'],
    deployment: {
      source: [mutate(TASKS, '    tags: jsonArrayFrom(tags),\n', '    tags: jsonArrayFrom(tags),\n    owner_email: sql`owner_email`,\n')],
      database: ["alter table tasks add column owner_email text not null default 'owner@example.com'"],
    },
    seenIn: 'https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/',
  },
  {
    id: 'response-of-whole-row',
    variant: true,
    what: 'one read returns the whole row',
    caughtBy: ['answers-as-documented'],
    deployment: {
      source: [mutate(TAGS, "select(COLUMNS).where('id', '=', id)", "selectAll().where('id', '=', id)")],
      database: ["alter table tags add column created_by_address text not null default '192.0.2.7'"],
    },
  },
  {
    id: 'response-without-field',
    variant: true,
    what: 'tasks lack their priority',
    caughtBy: ['answers-as-documented'],
    deployment: { source: [mutate(TASKS, "    priority: eb.ref('tasks.priority'),\n", '')] },
  },
  {
    id: 'response-with-ids-as-text',
    variant: true,
    what: 'ids are bigint, which the driver returns as text',
    caughtBy: ['answers-as-documented'],
    deployment: { database: ['alter table tasks alter column id type bigint'] },
  },
  {
    id: 'response-with-total-as-text',
    variant: true,
    what: 'a total is a text, as the driver returns it',
    caughtBy: ['answers-as-documented'],
    deployment: { source: [mutate('service/db/page.ts', '"total":${listed.total}', '"total":"${listed.total}"')] },
  },
  {
    id: 'response-undocumented',
    variant: true,
    what: 'a deletion returns 200 with the deleted row',
    caughtBy: ['answers-as-documented'],
    deployment: {
      source: [
        mutate(
          TASK_ROUTES,
          `if (!(await database.write((db) => deleteTask(db, userIdOf(res), id)))) throw notFound();
      res.status(204).end();`,
          `const [task] = await database.write((db) =>
        db.deleteFrom('tasks').where('id', '=', id).where('user_id', '=', userIdOf(res)).returningAll().execute(),
      );
      if (task === undefined) throw notFound();
      res.json(task);`,
        ),
      ],
    },
  },
  {
    id: 'creation-returns-200',
    variant: true,
    what: 'creating a tag returns 200, but the contract documents 201',
    caughtBy: ['answers-as-documented'],
    deployment: { source: [mutate('service/routes/tags.ts', 'res.status(201).location', 'res.location')] },
  },
  {
    id: 'powered-by',
    what: 'X-Powered-By names Express',
    caughtBy: ['server-banner'],
    deployment: {
      source: [
        mutate(APP, "  app.disable('x-powered-by');\n", ''),
        mutate(
          'service/middleware/security-headers.ts',
          "xFrameOptions: { action: 'deny' },",
          "xFrameOptions: { action: 'deny' },\n      xPoweredBy: false,",
        ),
      ],
    },
  },
  {
    id: 'server-with-version',
    what: 'the edge reveals its name and version',
    caughtBy: ['server-banner'],
    deployment: { edge: { rewrite: serverNamed('nginx/1.24.0') } },
  },
  {
    id: 'server-names-framework',
    variant: true,
    what: 'Server names the framework, without a version',
    caughtBy: ['server-banner'],
    deployment: { edge: { rewrite: serverNamed('Express') } },
  },
  {
    id: 'via-with-version',
    variant: true,
    what: 'a cache in front reveals its version in Via',
    caughtBy: ['server-banner'],
    deployment: { edge: { rewrite: (headers) => [...headers, ['Via', '1.1 cache-7 (Varnish/7.4)']] } },
  },
  {
    id: 'valid-creation-500',
    what: 'a creation with the lowest priority causes a 500',
    caughtBy: ['survives-requests'],
    deployment: {
      source: [
        mutate(
          TASK_ROUTES,
          CREATION,
          CREATION.replace('const', "if (req.body.priority === 'low') throw new Error('unknown priority');\n      const"),
        ),
      ],
    },
  },
  {
    id: 'process-exits',
    variant: true,
    what: 'an update that is valid ends the process',
    caughtBy: ['survives-requests'],
    deployment: { source: [mutate(TASK_ROUTES, CHANGES, `${CHANGES}\n      if (Object.keys(changes).length > 0) process.exit(1);`)] },
  },
  {
    id: 'process-blocked',
    variant: true,
    what: 'the first valid update without an Origin header blocks the process for thirty seconds',
    caughtBy: ['survives-requests'],
    deployment: {
      source: [
        mutate(
          TASK_ROUTES,
          CHANGES,
          `${CHANGES}\n      const once = globalThis as { blockedUntil?: number };\n      if (req.get('origin') === undefined) for (once.blockedUntil ??= Date.now() + 30_000; Date.now() < once.blockedUntil; );`,
        ),
      ],
    },
  },
];
