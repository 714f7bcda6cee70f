import { type Fault, mutate } from '../case.ts';

const TASKS = 'service/tasks/queries.ts';
const TASK_SCHEMA = 'service/tasks/schema.ts';
const TASK_ROUTES = 'service/routes/tasks.ts';
const TAGS = 'service/tags/queries.ts';
const TAG_ROUTES = 'service/routes/tags.ts';
const CALLER = 'service/middleware/caller.ts';
const IMPORT = "import { findTags } from '../tags/queries.ts';";
const READ = "select(asTask).where('id', '=', id).where('user_id', '=', ownerId)";
const READ_BY_ID = "select(asTask).where('id', '=', id)";
const FOUND = 'const [found] = await select(db, { ownerId, id });';
const BY_ID = "\n    .where('id', '=', id)";
const OF_OWNER = "\n    .where('user_id', '=', ownerId)";
const UPDATE = `.set({ ...changes, updated_at: sql<string>\`clock_timestamp()\` })${BY_ID}${OF_OWNER}`;
const TOGGLE = `updated_at: sql<string>\`clock_timestamp()\` }))${BY_ID}${OF_OWNER}`;
const LIST = 'const page = await database.read((db) => listTasks(db, userIdOf(res), filter));';
const SENT = 'sendJson(res, page);';
/** A condition that matches some rows of every owner. */
const ownerOr = (condition: string): string => `where((eb) => eb.or([eb('user_id', '=', ownerId), sql<SqlBool>\`${condition}\`]))`;
const READ_ONE = 'res.json(found(await database.read((db) => readTask(db, userIdOf(res), id))));';
/** A cache with four slots and a TTL of one second; the slot is the id modulo 4. */
const cachedByRemainder = (isHit: string) => [
  mutate(
    TASK_ROUTES,
    "const TASKS = '/api/v1/tasks';",
    "const TASKS = '/api/v1/tasks';\nconst slots = new Map<number, { task: Task | undefined; until: number }>();",
  ),
  mutate(
    TASK_ROUTES,
    READ_ONE,
    `const cached = slots.get(id % 4);
      const isHit = cached !== undefined && cached.until > Date.now() && (${isHit});
      const task = isHit ? cached.task : await database.read((db) => readTask(db, userIdOf(res), id));
      if (task !== undefined && !isHit) slots.set(id % 4, { task, until: Date.now() + 1_000 });
      res.json(found(task));`,
  ),
];
const NO_STORE = ".set('Cache-Control', 'no-store')";

export const isolation: readonly Fault[] = [
  {
    id: 'task-read-without-owner',
    what: 'a task is read by id only',
    caughtBy: ['isolation-by-id'],
    deployment: { source: [mutate(TASKS, READ, READ_BY_ID)] },
    seenIn: 'https://owasp.org/API-Security/editions/2023/en/0xa1-broken-object-level-authorization/',
  },
  {
    id: 'task-update-without-owner',
    what: 'a task is updated by id only',
    caughtBy: ['isolation-by-id'],
    deployment: { source: [mutate(TASKS, UPDATE, UPDATE.replace(OF_OWNER, ''))] },
  },
  {
    id: 'task-deletion-without-owner',
    what: 'a task is deleted by id only',
    caughtBy: ['isolation-by-id'],
    deployment: {
      source: [mutate(TASKS, "deleteFrom('tasks').where('id', '=', id).where('user_id', '=', ownerId)", "deleteFrom('tasks').where('id', '=', id)")],
    },
  },
  {
    id: 'task-completion-without-owner',
    variant: true,
    what: 'a task is completed by id only',
    caughtBy: ['isolation-by-id'],
    deployment: { source: [mutate(TASKS, TOGGLE, TOGGLE.replace(OF_OWNER, ''))] },
  },
  {
    id: 'task-read-of-every-third-id',
    what: 'reading by id skips the owner filter for ids divisible by 3',
    caughtBy: ['isolation-by-id'],
    deployment: { source: [mutate(TASKS, READ, READ.replace("where('user_id', '=', ownerId)", ownerOr('id % 3 = 0')))] },
  },
  {
    id: 'task-deletion-of-even-ids',
    variant: true,
    what: 'only deletion skips the owner filter, for even ids',
    caughtBy: ['isolation-by-id'],
    deployment: {
      source: [
        mutate(
          TASKS,
          "deleteFrom('tasks').where('id', '=', id).where('user_id', '=', ownerId)",
          `deleteFrom('tasks').where('id', '=', id).${ownerOr('id % 2 = 0')}`,
        ),
      ],
    },
  },
  {
    id: 'task-update-of-odd-ids',
    variant: true,
    what: 'only updates skip the owner filter, for odd ids',
    caughtBy: ['isolation-by-id'],
    deployment: { source: [mutate(TASKS, UPDATE, UPDATE.replace("where('user_id', '=', ownerId)", ownerOr('id % 2 = 1')))] },
  },
  {
    id: 'task-read-of-high-ids',
    variant: true,
    what: 'reading by id skips the owner filter for ids of four digits',
    caughtBy: ['isolation-by-id'],
    deployment: {
      source: [mutate(TASKS, READ, READ.replace("where('user_id', '=', ownerId)", ownerOr('id > 999')))],
      database: ['alter table tasks alter column id restart with 982'],
    },
  },
  {
    id: 'task-completion-of-urgent-ones',
    variant: true,
    what: 'any user may complete tasks of high priority',
    caughtBy: ['isolation-by-id'],
    deployment: { source: [mutate(TASKS, TOGGLE, TOGGLE.replace("where('user_id', '=', ownerId)", ownerOr("priority = 'high'")))] },
  },
  {
    id: 'task-read-of-changed-ones',
    variant: true,
    what: 'tasks that were updated are read without the owner filter',
    caughtBy: ['isolation-by-id'],
    deployment: { source: [mutate(TASKS, READ, READ.replace("where('user_id', '=', ownerId)", ownerOr('updated_at > created_at')))] },
  },
  {
    id: 'task-read-cached-by-remainder',
    what: "a cache of four slots, chosen by the id's remainder, compares the id but not the owner",
    caughtBy: ['isolation-by-id'],
    deployment: { source: cachedByRemainder('cached.task?.id === id') },
  },
  {
    id: 'task-read-cached-by-remainder-alone',
    variant: true,
    what: "a cache of four slots, chosen by the id's remainder, compares neither id nor owner",
    caughtBy: ['isolation-by-id'],
    deployment: { source: cachedByRemainder('true') },
  },
  {
    id: 'task-of-another-forbidden',
    what: "another tenant's task gets 403, so ids can be enumerated",
    caughtBy: ['isolation-by-id'],
    deployment: {
      source: [
        mutate(TASKS, IMPORT, `import { Problem } from '../errors.ts';\n${IMPORT}`),
        mutate(TASKS, READ, READ_BY_ID),
        mutate(
          TASKS,
          FOUND,
          `${FOUND}\n  if (found !== undefined && found.task.user_id !== ownerId) throw new Problem(403, 'forbidden', 'This task is not yours.');`,
        ),
      ],
    },
  },
  {
    id: 'task-of-another-other-words',
    variant: true,
    what: "another tenant's task gets a 404 with a different text than an unknown id",
    caughtBy: ['isolation-by-id'],
    deployment: {
      source: [
        mutate(TASKS, IMPORT, `import { Problem } from '../errors.ts';\n${IMPORT}`),
        mutate(TASKS, READ, READ_BY_ID),
        mutate(
          TASKS,
          FOUND,
          `${FOUND}\n  if (found !== undefined && found.task.user_id !== ownerId) throw new Problem(404, 'not_found', 'You have no such task.');`,
        ),
      ],
    },
  },
  {
    id: 'task-existence-by-head',
    variant: true,
    what: 'HEAD uses a cheaper query without the owner',
    caughtBy: ['isolation-by-id'],
    deployment: {
      source: [
        mutate(
          TASK_ROUTES,
          '.route(`${TASKS}/:id`)',
          `.route(\`\${TASKS}/:id\`)
    .head(async (req, res) => {
      const { id } = parse(taskPath, 'path', req.params);
      const task = await database.read((db) => db.selectFrom('tasks').select('id').where('id', '=', id).executeTakeFirst());
      res.status(task === undefined ? 404 : 200).end();
    })`,
        ),
      ],
    },
  },
  {
    id: 'task-creation-overwrites',
    variant: true,
    what: 'a creation may supply an id, for offline clients, and overwrites the task with that id',
    caughtBy: ['isolation-by-id'],
    deployment: {
      source: [
        mutate(
          TASK_SCHEMA,
          'title,\n    description: description.default(null),',
          'id: z.int().optional(),\n    title,\n    description: description.default(null),',
        ),
        mutate(
          TASKS,
          '.values({ ...values, user_id: ownerId })',
          ".values({ ...values, user_id: ownerId })\n      .onConflict((conflicting) => conflicting.column('id').doUpdateSet(values))",
        ),
      ],
      database: ['alter table tasks alter column id set generated by default'],
    },
  },
  {
    id: 'task-reads-shared-by-url',
    variant: true,
    what: 'concurrent reads of one URL share one query, regardless of the caller',
    caughtBy: ['isolation-by-id'],
    deployment: {
      source: [
        mutate(
          TASK_ROUTES,
          "const TASKS = '/api/v1/tasks';",
          "const TASKS = '/api/v1/tasks';\nconst underway = new Map<string, Promise<Task | undefined>>();",
        ),
        mutate(
          TASK_ROUTES,
          'res.json(found(await database.read((db) => readTask(db, userIdOf(res), id))));',
          `const task = underway.get(req.originalUrl) ?? database.read((db) => readTask(db, userIdOf(res), id));
      underway.set(req.originalUrl, task);
      res.json(found(await task.finally(() => underway.delete(req.originalUrl))));`,
        ),
      ],
    },
  },
  {
    id: 'task-deletion-always-succeeds',
    variant: true,
    what: "a deletion returns 204 for unknown ids and for another tenant's",
    caughtBy: ['isolation-by-id', 'isolation-anonymous'],
    deployment: {
      source: [
        mutate(
          TASK_ROUTES,
          'if (!(await database.write((db) => deleteTask(db, userIdOf(res), id)))) throw notFound();',
          'await database.write((db) => deleteTask(db, userIdOf(res), id));',
        ),
      ],
    },
  },
  {
    id: 'task-deletion-forgets-id',
    variant: true,
    what: "a deletion deletes all of its owner's tasks",
    caughtBy: ['isolation-by-id'],
    deployment: { source: [mutate(TASKS, "deleteFrom('tasks').where('id', '=', id).where", "deleteFrom('tasks').where")] },
  },
  {
    id: 'task-update-forgets-id',
    variant: true,
    what: "an update changes all of its owner's tasks",
    caughtBy: ['isolation-by-id'],
    deployment: { source: [mutate(TASKS, UPDATE, UPDATE.replace(BY_ID, ''))] },
  },
  {
    id: 'task-completion-forgets-id',
    variant: true,
    what: "a completion completes all of its owner's tasks",
    caughtBy: ['isolation-by-id'],
    deployment: { source: [mutate(TASKS, TOGGLE, TOGGLE.replace(BY_ID, ''))] },
  },
  {
    id: 'task-deleted-still-readable',
    what: 'deletions only mark tasks, and reading by id ignores the mark',
    caughtBy: ['isolation-anonymous'],
    deployment: {
      source: [
        mutate(
          TASKS,
          `const { numDeletedRows } = await db.deleteFrom('tasks').where('id', '=', id).where('user_id', '=', ownerId).executeTakeFirst();
  return numDeletedRows > 0n;`,
          `const { numUpdatedRows } = await db.updateTable('tasks').set({ deleted_at: new Date() }).where('id', '=', id).where('user_id', '=', ownerId).where('deleted_at', 'is', null).executeTakeFirst();
  return numUpdatedRows > 0n;`,
        ),
        mutate(TASKS, "[eb('user_id', '=', ownerId)]", "[eb('user_id', '=', ownerId), eb('deleted_at', 'is', null)]"),
      ],
      database: ['alter table tasks add column deleted_at timestamptz'],
    },
  },
  {
    id: 'task-read-before-token',
    variant: true,
    what: 'a task is looked up before the token is verified, so anonymous callers learn which ids exist',
    caughtBy: ['isolation-anonymous'],
    deployment: {
      source: [
        mutate('service/app.ts', "  app.use('/api/v1', requireCaller);\n", ''),
        mutate(
          TASK_ROUTES,
          'const router = Router();',
          `const router = Router();
  router.param('id', async (req, _res, next) => {
    const { id } = parse(taskPath, 'path', req.params);
    if ((await database.read((db) => db.selectFrom('tasks').select('id').where('id', '=', id).executeTakeFirst())) === undefined) throw notFound();
    next();
  });`,
        ),
      ],
    },
  },
  {
    id: 'task-list-without-owner',
    what: "the list returns every user's tasks",
    caughtBy: ['isolation-in-lists'],
    deployment: { source: [mutate(TASKS, "[eb('user_id', '=', ownerId)]", '[]')] },
  },
  {
    id: 'task-search-without-brackets',
    what: 'the search condition lacks parentheses: owner and title, or description',
    caughtBy: ['isolation-in-lists'],
    deployment: {
      source: [
        mutate(
          TASKS,
          "conditions.push(eb.or([eb('title', 'ilike', pattern), eb('description', 'ilike', pattern)]));",
          "return eb.or([eb.and([...conditions, eb('title', 'ilike', pattern)]), eb('description', 'ilike', pattern)]);",
        ),
      ],
    },
  },
  {
    id: 'task-search-injectable',
    variant: true,
    what: 'the search text is concatenated into the query',
    caughtBy: ['isolation-in-lists'],
    deployment: {
      source: [
        mutate(
          TASKS,
          "conditions.push(eb.or([eb('title', 'ilike', pattern), eb('description', 'ilike', pattern)]));",
          "conditions.push(sql`(title ilike '${sql.raw(pattern)}' or description ilike '${sql.raw(pattern)}')`);",
        ),
      ],
    },
  },
  {
    id: 'task-filter-without-owner',
    variant: true,
    what: 'the list filtered by priority lacks the owner filter',
    caughtBy: ['isolation-in-lists'],
    deployment: {
      source: [
        mutate(
          TASKS,
          "if (priority !== undefined) conditions.push(eb('priority', '=', eb.fn.any(eb.val(priority))));",
          "if (priority !== undefined) return eb('priority', '=', eb.fn.any(eb.val(priority)));",
        ),
      ],
    },
  },
  {
    id: 'task-count-without-owner',
    what: "a list's total counts every user's tasks",
    caughtBy: ['isolation-in-lists'],
    deployment: {
      source: [mutate(TASKS, "select('tasks').where('user_id', '=', ownerId)", "select((eb) => eb.fn.sum('tasks').as('tasks'))")],
    },
  },
  {
    id: 'task-second-page-without-owner',
    what: 'pages after the first lack the owner filter',
    caughtBy: ['isolation-in-lists'],
    deployment: {
      source: [
        mutate(TASKS, "[eb('user_id', '=', ownerId)]", "[eb.or([eb('user_id', '=', ownerId), sql<SqlBool>`${offset}::int > 0`])]"),
        mutate(TASKS, '.where((eb) => matches(eb, criteria))', '.where((eb) => matches(eb, { ...criteria, offset }))'),
        mutate(
          TASKS,
          '{ ownerId, completed, priority, pattern, unindexedPattern, tagIds }: Criteria',
          '{ ownerId, completed, priority, pattern, unindexedPattern, tagIds, offset = 0 }: Criteria & Partial<Window>',
        ),
      ],
    },
  },
  {
    id: 'task-list-cached-by-url',
    variant: true,
    what: 'lists are cached for a second by URL only',
    caughtBy: ['isolation-in-lists'],
    deployment: {
      source: [
        mutate(
          TASK_ROUTES,
          "const TASKS = '/api/v1/tasks';",
          "const TASKS = '/api/v1/tasks';\nconst cached = new Map<string, { until: number; page: unknown }>();",
        ),
        mutate(
          TASK_ROUTES,
          LIST,
          `const earlier = cached.get(req.originalUrl);
      const page = earlier !== undefined && earlier.until > Date.now() ? earlier.page : await database.read((db) => listTasks(db, userIdOf(res), filter));
      cached.set(req.originalUrl, { until: Date.now() + 1_000, page });`,
        ),
      ],
    },
  },
  {
    id: 'task-lists-shared-by-url',
    variant: true,
    what: 'concurrent lists of one URL share one query, regardless of the caller',
    caughtBy: ['isolation-in-lists'],
    deployment: {
      source: [
        mutate(
          TASK_ROUTES,
          "const TASKS = '/api/v1/tasks';",
          "const TASKS = '/api/v1/tasks';\nconst underway = new Map<string, Promise<unknown>>();",
        ),
        mutate(
          TASK_ROUTES,
          LIST,
          `const shared = underway.get(req.originalUrl) ?? database.read((db) => listTasks(db, userIdOf(res), filter));
      underway.set(req.originalUrl, shared);
      const page = await shared.finally(() => underway.delete(req.originalUrl));`,
        ),
      ],
    },
  },
  {
    id: 'owner-in-session-of-pool',
    what: 'the owner is set on a pooled connection outside a transaction, and the next query reads it from there',
    caughtBy: ['concurrent-reads'],
    deployment: {
      source: [
        mutate(TASKS, READ, READ.replace('ownerId)', "sql<string>`current_setting('app.user', true)`)")),
        mutate(TASKS, FOUND, `await sql\`select set_config('app.user', \${ownerId}, false)\`.execute(db);\n  ${FOUND}`),
      ],
    },
    seenIn: 'https://openai.com/index/march-20-chatgpt-outage/',
  },
  {
    id: 'caller-in-app-locals',
    variant: true,
    what: 'the caller is stored in app.locals, which the next request overwrites while this one waits for its body',
    caughtBy: ['isolation-in-lists'],
    deployment: {
      source: [
        mutate(CALLER, 'res.locals.caller = caller;', "req.app.locals['caller'] = res.locals.caller = caller;"),
        mutate('service/routes/parse.ts', 'const { caller } = res.locals;', 'const { caller } = res.app.locals;'),
      ],
    },
  },
  {
    id: 'owner-from-query',
    variant: true,
    what: 'the list reads its owner from ?user_id=',
    caughtBy: ['isolation-in-lists'],
    deployment: {
      source: [
        mutate(TASK_SCHEMA, 'completed: flagText.optional(),', 'completed: flagText.optional(),\n  user_id: z.string().optional(),'),
        mutate(TASK_ROUTES, 'listTasks(db, userIdOf(res), filter)', 'listTasks(db, filter.user_id ?? userIdOf(res), filter)'),
      ],
    },
  },
  {
    id: 'owner-from-header',
    variant: true,
    what: 'X-User-ID, as sent by a gateway that does not exist, overrides the token',
    caughtBy: ['isolation-by-id', 'isolation-in-lists'],
    deployment: {
      source: [mutate(CALLER, 'res.locals.caller = caller;', "res.locals.caller = { userId: req.get('X-User-ID') ?? caller.userId };")],
    },
  },
  {
    id: 'owner-from-new-body',
    what: 'a creation reads the owner from the body',
    caughtBy: ['isolation-of-ownership'],
    deployment: {
      source: [
        mutate(
          TASK_SCHEMA,
          'title,\n    description: description.default(null),',
          'title,\n    user_id: z.string().optional(),\n    description: description.default(null),',
        ),
        mutate(TASKS, '.values({ ...values, user_id: ownerId })', '.values({ user_id: ownerId, ...values })'),
      ],
    },
    seenIn: 'https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/',
  },
  {
    id: 'owner-from-changes',
    variant: true,
    what: "an update may change a task's owner",
    caughtBy: ['isolation-of-ownership'],
    deployment: {
      source: [
        mutate(TASK_SCHEMA, '.strictObject({ title, description, completed', '.strictObject({ title, user_id: z.string(), description, completed'),
      ],
    },
  },
  {
    id: 'owner-in-lower-case',
    variant: true,
    what: 'two users whose ids differ only in case are the same user',
    caughtBy: ['isolation-in-lists'],
    deployment: { source: [mutate('service/auth/claims.ts', 'caller: { userId }', 'caller: { userId: userId.toLowerCase() }')] },
  },
  {
    id: 'idempotency-key-shared-by-users',
    what: "an Idempotency-Key is looked up without its owner: the same key and body return another tenant's response",
    caughtBy: ['isolation-of-ownership'],
    deployment: { source: [mutate('service/routes/create.ts', 'runOnce(db, userId, key,', "runOnce(db, '', key,")] },
  },
  {
    id: 'tag-read-without-owner',
    what: 'a tag is read by id only',
    caughtBy: ['isolation-by-id'],
    deployment: {
      source: [
        mutate(
          TAGS,
          "where('id', '=', id).where('user_id', '=', ownerId).executeTakeFirst();\n}\n\n/** @returns",
          "where('id', '=', id).executeTakeFirst();\n}\n\n/** @returns",
        ),
      ],
    },
  },
  {
    id: 'tag-deletion-without-owner',
    variant: true,
    what: 'a tag is deleted by id only',
    caughtBy: ['isolation-by-id'],
    deployment: {
      source: [mutate(TAGS, "deleteFrom('tags').where('id', '=', id).where('user_id', '=', ownerId)", "deleteFrom('tags').where('id', '=', id)")],
    },
  },
  {
    id: 'tag-deletion-of-every-third-id',
    variant: true,
    what: 'deleting tags skips the owner filter for ids divisible by 3',
    caughtBy: ['isolation-by-id'],
    deployment: {
      source: [
        mutate(
          TAGS,
          "deleteFrom('tags').where('id', '=', id).where('user_id', '=', ownerId)",
          `deleteFrom('tags').where('id', '=', id).${ownerOr('id % 3 = 0')}`,
        ),
        mutate(
          TAGS,
          "import type { Db } from '../db/database.ts';",
          "import { sql, type SqlBool } from 'kysely';\nimport type { Db } from '../db/database.ts';",
        ),
      ],
    },
  },
  {
    id: 'tag-deletion-forgets-id',
    variant: true,
    what: "a deletion deletes all of its owner's tags",
    caughtBy: ['isolation-by-id'],
    deployment: { source: [mutate(TAGS, "deleteFrom('tags').where('id', '=', id).where", "deleteFrom('tags').where")] },
  },
  {
    id: 'tag-deletion-does-nothing',
    variant: true,
    what: 'a deletion of a tag returns 204 without deleting it',
    caughtBy: ['isolation-anonymous'],
    deployment: {
      source: [
        mutate(
          TAGS,
          "const { numDeletedRows } = await db.deleteFrom('tags').where('id', '=', id).where('user_id', '=', ownerId).executeTakeFirst();\n  return numDeletedRows > 0n;",
          'return (await readTag(db, ownerId, id)) !== undefined;',
        ),
      ],
    },
  },
  {
    id: 'tag-list-without-owner',
    variant: true,
    what: "the list returns every user's tags",
    caughtBy: ['isolation-in-lists'],
    deployment: { source: [mutate(TAGS, "db.selectFrom('tags').where('user_id', '=', ownerId);", "db.selectFrom('tags');")] },
  },
  {
    id: 'tag-suggestions-without-owner',
    variant: true,
    what: "suggestions contain every user's tags",
    caughtBy: ['isolation-in-lists'],
    deployment: { source: [mutate(TAGS, ".where('user_id', '=', ownerId)\n    .where('name', 'like'", ".where('name', 'like'")] },
  },
  {
    id: 'tag-first-suggestions-without-owner',
    variant: true,
    what: "suggestions for an empty prefix contain every user's tags",
    caughtBy: ['isolation-in-lists'],
    deployment: {
      source: [
        mutate(
          TAGS,
          ".where('user_id', '=', ownerId)\n    .where('name', 'like'",
          ".$if(q !== '', (typed) => typed.where('user_id', '=', ownerId))\n    .where('name', 'like'",
        ),
      ],
    },
  },
  {
    id: 'tag-names-taken-by-others',
    variant: true,
    what: 'tag names are unique across all users: a 409 reveals that another user has the tag',
    caughtBy: ['isolation-in-lists'],
    deployment: {
      source: [mutate(TAGS, ".columns(['user_id', 'name'])", ".columns(['name'])")],
      database: ['alter table tags drop constraint tags_user_id_name, add unique (name)'],
    },
  },
  {
    id: 'tag-of-another-attached',
    what: "a task accepts another tenant's tags, and returns their names",
    caughtBy: ['isolation-of-references'],
    deployment: {
      source: [mutate(TAGS, ".where('user_id', '=', ownerId).where('id', 'in', ids)", ".where('id', 'in', ids)")],
      database: ['alter table task_tags drop constraint task_tags_tag, add foreign key (tag_id) references tags (id) on delete cascade'],
    },
  },
  {
    id: 'tag-of-another-fails',
    variant: true,
    what: "only the database rejects another tenant's tag: 503, while an unknown tag gets 422",
    caughtBy: ['isolation-of-references'],
    deployment: { source: [mutate(TAGS, ".where('user_id', '=', ownerId).where('id', 'in', ids)", ".where('id', 'in', ids)")] },
  },
  {
    id: 'tag-of-another-filters',
    what: "the list filtered by another tenant's tag returns the tasks that have it",
    caughtBy: ['isolation-of-references'],
    deployment: {
      source: [
        mutate(
          TASKS,
          "    conditions.push(eb('tasks.id', 'in', tagged));",
          "    return eb('tasks.id', 'in', tagged.clearWhere().where('tag_id', '=', (tag) => tag.fn.any(tag.val(tagIds))));",
        ),
      ],
    },
  },
  {
    id: 'tags-of-every-task',
    variant: true,
    what: 'each task returns the tags of all tasks',
    caughtBy: ['isolation-of-references'],
    deployment: { source: [mutate(TASKS, "    .whereRef('task_tags.task_id', '=', 'tasks.id')\n", '')] },
  },
  {
    id: 'responses-storable',
    variant: true,
    what: 'responses have no Cache-Control, so caches choose how long to store them',
    caughtBy: ['private-answers'],
    deployment: { source: [mutate('service/middleware/security-headers.ts', NO_STORE, '')] },
  },
  {
    id: 'list-public-for-a-minute',
    variant: true,
    what: 'shared caches may store the list of tasks',
    caughtBy: ['private-answers'],
    deployment: { source: [mutate(TASK_ROUTES, SENT, SENT.replace('res', "res.set('Cache-Control', 'public, max-age=60')"))] },
  },
  {
    id: 'suggestions-cached-in-browser',
    variant: true,
    what: 'browsers may store suggestions, even after sign-out',
    caughtBy: ['private-answers'],
    deployment: { source: [mutate(TAG_ROUTES, 'res.json({ tags:', "res.set('Cache-Control', 'private, max-age=300').json({ tags:")] },
  },
  {
    id: 'responses-stored-at-edge',
    variant: true,
    what: 'CDN-Cache-Control lets the edge store what Cache-Control forbids to store',
    caughtBy: ['private-answers'],
    deployment: {
      source: [mutate('service/middleware/security-headers.ts', NO_STORE, `${NO_STORE}.set('CDN-Cache-Control', 'max-age=60')`)],
    },
  },
  {
    id: 'cookie-set-by-balancer',
    variant: true,
    what: 'a load balancer sets a cookie for sticky sessions',
    caughtBy: ['private-answers'],
    deployment: { edge: { rewrite: (headers) => [...headers, ['Set-Cookie', 'AWSALB=7dJ0kZqv; Path=/']] } },
  },
  {
    id: 'suggestions-served-as-html',
    variant: true,
    what: 'suggestions are sent as text, which Express labels HTML: a tag name can contain a script',
    caughtBy: ['private-answers'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          'res.json({ tags: await database.read((db) => suggestTags(db, userIdOf(res), prefix)) });',
          'res.send(JSON.stringify({ tags: await database.read((db) => suggestTags(db, userIdOf(res), prefix)) }));',
        ),
      ],
    },
  },
];
