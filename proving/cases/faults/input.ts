import { type Fault, mutate } from '../case.ts';

const APP = 'service/app.ts';
const PROBLEMS = 'service/middleware/problems.ts';
const JSON_BODY = 'service/middleware/json-body.ts';
const TAG_ROUTES = 'service/routes/tags.ts';
const TASK_SCHEMA = 'service/tasks/schema.ts';
const TAG_SCHEMA = 'service/tags/schema.ts';
const BEFORE_BODIES = 'app.use(jsonBody());';
const CHANGES = "const changes = parse(taskChanges, 'body', req.body);";
const TAG_CREATION = "const tag = await create({ database, req, res }, parse(newTag, 'body', req.body), createTag);";
const PREFIX = "const prefix = parse(tagPrefix, 'query', req.query);";
const TAG_QUERY = "const query = parse(tagPageQuery, 'query', req.query);";
const TASK_ROUTES = 'service/routes/tasks.ts';

/** Decompresses bodies before the parser, whose limit then counts what was sent. */
const inflates = (onError: string): NonNullable<Fault['deployment']> => ({
  source: [
    mutate(APP, 'import express, {', "import { gunzipSync } from 'node:zlib';\nimport express, {"),
    mutate(
      APP,
      BEFORE_BODIES,
      `app.use((req, _res, next) => {
    if (req.headers['content-encoding'] !== 'gzip') return next();
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => {
      try {
        const text = gunzipSync(Buffer.concat(chunks)).toString();
        const parsed = req as { body?: unknown; _body?: boolean };
        delete req.headers['content-encoding'];
        parsed.body = JSON.parse(text);
        parsed._body = true;
        next();
      } catch (error) {
        ${onError}
      }
    });
    return undefined;
  });
  ${BEFORE_BODIES}`,
    ),
  ],
});

const bodies: readonly Fault[] = [
  {
    id: 'limit-of-compressed-bytes',
    what: 'compressed bodies are decompressed without a limit',
    caughtBy: ['odd-input'],
    deployment: inflates('next(Object.assign(error as Error, { status: 400 }));'),
    seenIn: 'https://cwe.mitre.org/data/definitions/409.html',
  },
  {
    id: 'broken-compression-fails',
    what: 'a compressed body that is cut short causes a 500',
    caughtBy: ['odd-input'],
    deployment: inflates('next(error);'),
  },
  {
    id: 'unknown-coding-fails',
    variant: true,
    what: 'an unknown content coding causes a 500',
    caughtBy: ['odd-input'],
    deployment: {
      source: [
        mutate(
          PROBLEMS,
          "    case 415:\n      return new Problem(415, 'unsupported_media_type', 'The body must be application/json in UTF-8, not compressed in an unknown way.');\n",
          '',
        ),
      ],
    },
  },
  {
    id: 'chunked-creation-fails',
    variant: true,
    what: 'a creation without Content-Length causes a 500',
    caughtBy: ['odd-input'],
    deployment: {
      source: [
        mutate(TAG_ROUTES, TAG_CREATION, `if (Number.isNaN(Number(req.get('content-length')))) throw new Error('no length');\n      ${TAG_CREATION}`),
      ],
    },
  },
  {
    id: 'forms-accepted',
    what: 'bodies of forms, which need no preflight, create objects',
    caughtBy: ['odd-input'],
    deployment: {
      source: [
        mutate(JSON_BODY, "hasBody && !req.is('application/json')", "hasBody && !req.is(['application/json', 'application/x-www-form-urlencoded'])"),
        mutate(JSON_BODY, '    parse,\n  ];', '    parse,\n    express.urlencoded(),\n  ];'),
      ],
    },
    seenIn: 'https://expressjs.com/en/5x/api.html#express.urlencoded',
  },
];

const values: readonly Fault[] = [
  {
    id: 'flag-of-any-type',
    variant: true,
    what: 'any value is coerced to a flag in an update',
    caughtBy: ['odd-input'],
    deployment: {
      source: [
        mutate(
          TASK_SCHEMA,
          '.strictObject({ title, description, completed: z.boolean(),',
          '.strictObject({ title, description, completed: z.coerce.boolean(),',
        ),
      ],
    },
  },
  {
    id: 'unknown-priority-fails',
    what: 'the database alone checks the priority of a new task',
    caughtBy: ['odd-input'],
    deployment: {
      source: [mutate(TASK_SCHEMA, "priority: priority.default('medium'),", "priority: z.custom<z.infer<typeof priority>>().default('medium'),")],
    },
  },
  {
    id: 'description-of-any-type',
    variant: true,
    what: 'any value is coerced to text as a description',
    caughtBy: ['odd-input'],
    deployment: {
      source: [
        mutate(
          TASK_SCHEMA,
          'const description = text(0, 1_000).nullable();',
          "const description = z.preprocess((value) => (typeof value === 'number' ? String(value) : value), text(0, 1_000).nullable());",
        ),
      ],
    },
  },
  {
    id: 'references-rounded',
    variant: true,
    what: 'references are coerced to numbers, and those without a limit reach the database',
    caughtBy: ['odd-input'],
    deployment: {
      source: [
        mutate(
          TASK_SCHEMA,
          'z.array(z.int().min(1).max(MAX_ID)).max(MAX_TAGS)',
          "z.array(z.custom<number>((id) => typeof id === 'number')).max(MAX_TAGS)",
        ),
      ],
    },
  },
  {
    id: 'prototype-in-an-update',
    variant: true,
    what: 'an update is copied by assignment, which takes the prototype of the body',
    caughtBy: ['odd-input'],
    deployment: { source: [mutate(TASK_ROUTES, CHANGES, "const changes = parse(taskChanges, 'body', Object.assign({}, req.body));")] },
    seenIn: 'https://cwe.mitre.org/data/definitions/1321.html',
  },
];

const parameters: readonly Fault[] = [
  {
    id: 'prefix-as-a-list-fails',
    what: 'a prefix that is sent as a list causes a 500',
    caughtBy: ['odd-input'],
    deployment: {
      source: [
        mutate(APP, "app.set('query parser', 'simple');", "app.set('query parser', 'extended');"),
        mutate(
          TAG_ROUTES,
          PREFIX,
          `const typed = req.query['q'] as string | undefined;\n      if ((typed ?? '').trim() === '') res.locals['blank'] = true;\n      ${PREFIX}`,
        ),
      ],
    },
  },
  {
    id: 'prefix-decoded-twice',
    variant: true,
    what: 'a prefix is decoded twice, so that a % causes a 500',
    caughtBy: ['odd-input'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          PREFIX,
          "const prefix = parse(tagPrefix, 'query', { ...req.query,  ...(typeof req.query['q'] === 'string' && { q: decodeURIComponent(req.query['q']) }) });",
        ),
      ],
    },
  },
  {
    id: 'search-of-any-length',
    variant: true,
    what: 'the length of a search has no limit',
    caughtBy: ['odd-input'],
    deployment: { source: [mutate(TASK_SCHEMA, 'search: text(0, 200)', 'search: text(0, 100_000)')] },
  },
  {
    id: 'suggestions-of-any-number',
    what: 'the number of suggestions has no limit',
    caughtBy: ['odd-input'],
    deployment: { source: [mutate(TAG_SCHEMA, 'limit: integerText(1, 50)', 'limit: integerText(1, 1_000_000)')] },
    seenIn: 'https://owasp.org/API-Security/editions/2023/en/0xa4-unrestricted-resource-consumption/',
  },
  {
    id: 'page-of-tags-fails',
    variant: true,
    what: 'a query that is longer than a log line causes a 500',
    caughtBy: ['odd-input'],
    deployment: {
      source: [mutate(TAG_ROUTES, TAG_QUERY, `if (req.originalUrl.length > 4_096) throw new Error('The line is too long');\n      ${TAG_QUERY}`)],
    },
  },
  {
    id: 'deletion-with-a-body-fails',
    variant: true,
    what: 'a deletion with a body causes a 500',
    caughtBy: ['odd-input'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          '.delete(async (req, res) => {',
          ".delete(async (req, res) => {\n      const { ids = [] } = (req.body ?? {}) as { ids?: number[]; audit?: number[] };\n      if (Object.keys(req.body ?? {}).length > ids.length) throw new Error('unexpected body');",
        ),
      ],
    },
  },
];

/** In the forms of bodies, values and parameters, mostly in operations other than the first. */
export const input: readonly Fault[] = [...bodies, ...values, ...parameters];
