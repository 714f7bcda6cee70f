import { type Fault, mutate } from '../case.ts';

const APP = 'service/app.ts';
const CALLER = 'service/middleware/caller.ts';
const CLAIMS = 'service/auth/claims.ts';
const TASKS = 'service/tasks/queries.ts';
const TASK_SCHEMA = 'service/tasks/schema.ts';
const TASK_ROUTES = 'service/routes/tasks.ts';
const TAGS = 'service/tags/queries.ts';
const TAG_ROUTES = 'service/routes/tags.ts';

const READ_TAG = 'const tag = await database.read((db) => readTag(db, userIdOf(res), id));';
const PARSE_AND_READ_TAG = `const { id } = parse(tagPath, 'path', req.params);\n      ${READ_TAG}`;
const DELETE_TAG = 'if (!(await database.write((db) => deleteTag(db, userIdOf(res), id)))) throw notFound();';
const READ_TASK = 'res.json(found(await database.read((db) => readTask(db, userIdOf(res), id))));';
const CHANGES = "const changes = parse(taskChanges, 'body', req.body);";
const TOGGLE = 'res.json(found(await database.write((db) => toggleTask(db, userIdOf(res), id))));';
const DELETE_TASK = 'if (!(await database.write((db) => deleteTask(db, userIdOf(res), id)))) throw notFound();';
const LIST_TAGS = 'sendJson(res, await database.read((db) => listTags(db, userIdOf(res), query)));';
const SUGGEST = 'res.json({ tags: await database.read((db) => suggestTags(db, userIdOf(res), prefix)) });';
const OWNED_TAGS = "const owned = db.selectFrom('tags').where('user_id', '=', ownerId);";
const SUGGESTED = ".where('user_id', '=', ownerId)\n    .where('name', 'like', beginningWith(q))";
const ROUTES = 'app.use(taskRoutes(database));';
const TAG_BY_ID = ".select(COLUMNS).where('id', '=', id).where('user_id', '=', ownerId).executeTakeFirst();";
const COLUMNS = "['id', 'user_id', 'name']";

/** The tag with this id, of any owner. */
const anyTag = (id: string): string => `database.read((db) => db.selectFrom('tags').select(${COLUMNS}).where('id', '=', ${id}).executeTakeFirst())`;
/** Whether there is such an object, of any owner. */
const exists = (table: string): string =>
  `(await database.read((db) => db.selectFrom('${table}').select('id').where('id', '=', id).executeTakeFirst()))`;
/** Before the handler of an operation on one object. */
const before = (file: string, statement: string, added: string) => mutate(file, statement, `${added}\n      ${statement}`);
const route = (path: string, handler: string) =>
  mutate(APP, ROUTES, `app.get('${path}', async (req, res) => void res.json(${handler}));\n  ${ROUTES}`);
const TASK_COUNTS = "await database.read((db) => db.selectFrom('tasks').select('user_id').distinct().limit(500).execute())";

export const isolationBreadth: readonly Fault[] = [
  {
    id: 'tag-first-id-of-list-authorized',
    what: 'of a list of ids the first is authorized, and the last is read',
    caughtBy: ['isolation-odd-ids'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          PARSE_AND_READ_TAG,
          `const ids = req.params.id.split(',').map(Number);
      const mine = await database.read((db) => readTag(db, userIdOf(res), ids[0] ?? 0));
      const tag = mine && (await ${anyTag('ids.at(-1) ?? 0')});`,
        ),
      ],
    },
    seenIn: 'https://portswigger.net/web-security/access-control/idor',
  },
  {
    id: 'tag-format-suffix-without-owner',
    what: 'a second route for /tags/{id}.json, for exports, reads by id only',
    caughtBy: ['isolation-odd-ids'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          'router\n    .route(`${TAGS}/:id`)',
          `router.get(\`\${TAGS}/:number.json\`, async (req, res) => void res.json((await ${anyTag('Number(req.params.number)')}) ?? {}));\n  router\n    .route(\`\${TAGS}/:id\`)`,
        ),
      ],
    },
  },
  {
    id: 'tag-authorized-by-raw-url',
    variant: true,
    what: 'the owner is checked for the id in the raw URL, where encoded digits are not found',
    caughtBy: ['isolation-odd-ids'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          READ_TAG,
          `const [, inUrl] = /[/](\\d+)(?:[?]|$)/.exec(req.originalUrl) ?? [];
      const isMine = inUrl === undefined || (await database.read((db) => readTag(db, userIdOf(res), Number(inUrl)))) !== undefined;
      const tag = isMine ? await ${anyTag('id')} : undefined;`,
        ),
      ],
    },
    seenIn: 'https://nvd.nist.gov/vuln/detail/CVE-2021-43798',
  },
  {
    id: 'task-padded-id-without-owner',
    what: 'padded ids of an old export are looked up without the owner',
    caughtBy: ['isolation-odd-ids'],
    deployment: {
      source: [
        before(
          TASK_ROUTES,
          READ_TASK,
          "if (/^0\\d/.test(req.params.id)) return void res.json(found(await database.read((db) => db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst())));",
        ),
      ],
    },
  },
  {
    id: 'task-hexadecimal-id-without-owner',
    variant: true,
    what: 'hexadecimal ids, as in old share links, are read without the owner',
    caughtBy: ['isolation-odd-ids'],
    deployment: {
      source: [
        mutate(
          TASK_ROUTES,
          `const { id } = parse(taskPath, 'path', req.params);\n      ${READ_TASK}`,
          `const isLink = req.params.id.startsWith('0x');
      const id = isLink ? Number(req.params.id) : parse(taskPath, 'path', req.params).id;
      res.json(found(await database.read((db) => (isLink ? db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst() : readTask(db, userIdOf(res), id)))));`,
        ),
      ],
    },
  },
  {
    id: 'tag-id-wraps-around',
    variant: true,
    what: 'the owner is checked for the whole number, and the query uses its lowest 32 bits',
    caughtBy: ['isolation-odd-ids'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          PARSE_AND_READ_TAG,
          `const whole = Number(req.params.id);
      const isLarge = whole > 2 ** 31;
      const tag = isLarge ? await ${anyTag('whole | 0')} : await database.read((db) => readTag(db, userIdOf(res), parse(tagPath, 'path', req.params).id));`,
        ),
      ],
    },
  },
  {
    id: 'tag-deletion-of-normalized-path',
    variant: true,
    what: 'dot segments are resolved after the owner was checked for the first id in the path',
    caughtBy: ['isolation-odd-ids'],
    deployment: {
      source: [
        mutate(
          APP,
          ROUTES,
          `app.use((req, _res, next) => {\n    if (req.path.includes('/../')) req.url = new URL(req.url, 'http://api').pathname;\n    next();\n  });\n  ${ROUTES}`,
        ),
        mutate(
          TAG_ROUTES,
          DELETE_TAG,
          `const [, first] = /[/]tags[/](\\d+)/.exec(req.originalUrl) ?? [];
      if ((await database.read((db) => readTag(db, userIdOf(res), Number(first)))) === undefined) throw notFound();
      await database.write((db) => db.deleteFrom('tags').where('id', '=', id).execute());`,
        ),
      ],
    },
  },
  {
    id: 'tag-not-modified-before-owner',
    what: 'If-None-Match is compared before the owner, so tags of others get 304',
    caughtBy: ['isolation-odd-requests'],
    deployment: {
      source: [before(TAG_ROUTES, READ_TAG, `if (req.get('If-None-Match') !== undefined && ${exists('tags')}) return void res.status(304).end();`)],
    },
  },
  {
    id: 'task-precondition-before-owner',
    what: 'If-Match of an update is compared before the owner, so tasks of others get 412',
    caughtBy: ['isolation-odd-requests'],
    deployment: {
      source: [before(TASK_ROUTES, CHANGES, `if (req.get('If-Match') !== undefined && ${exists('tasks')}) return void res.status(412).json({});`)],
    },
  },
  {
    id: 'tag-deletion-precondition-before-owner',
    variant: true,
    what: 'If-Match of a deletion is compared before the owner',
    caughtBy: ['isolation-odd-requests'],
    deployment: {
      source: [before(TAG_ROUTES, DELETE_TAG, `if (req.get('If-Match') !== undefined && ${exists('tags')}) return void res.status(412).json({});`)],
    },
  },
  {
    id: 'tag-range-before-owner',
    variant: true,
    what: 'a range gets 416 for a tag of another user',
    caughtBy: ['isolation-odd-requests'],
    deployment: {
      source: [before(TAG_ROUTES, READ_TAG, `if (req.get('Range') !== undefined && ${exists('tags')}) return void res.status(416).json({});`)],
    },
  },
  {
    id: 'task-body-validated-after-lookup',
    variant: true,
    what: 'an invalid update of a task of another user gets 422, and of one that does not exist 404',
    caughtBy: ['isolation-odd-requests'],
    deployment: { source: [before(TASK_ROUTES, CHANGES, `if (!${exists('tasks')}) throw notFound();`)] },
  },
  {
    id: 'task-completion-rejects-bodies-after-lookup',
    what: 'a completion with a body returns 400 for every existing task, also for those of other tenants',
    caughtBy: ['isolation-odd-requests'],
    deployment: {
      source: [
        before(TASK_ROUTES, TOGGLE, `if (Object.keys(req.body ?? {}).length > 0 && ${exists('tasks')}) return void res.status(400).json({});`),
      ],
    },
  },
  {
    id: 'tag-deletion-format-after-lookup',
    variant: true,
    what: 'a deletion that requests another format returns 406 for every existing tag, also for those of other tenants',
    caughtBy: ['isolation-odd-requests'],
    deployment: { source: [before(TAG_ROUTES, DELETE_TAG, `if (!req.accepts('json') && ${exists('tags')}) return void res.status(406).json({});`)] },
  },
  {
    id: 'tag-cache-status-shown',
    what: 'X-Cache is a hit for every existing tag, also for those of other tenants',
    caughtBy: ['isolation-odd-requests'],
    deployment: { source: [before(TAG_ROUTES, READ_TAG, `res.set('X-Cache', ${exists('tags')} ? 'HIT' : 'MISS');`)] },
  },
  {
    id: 'tag-id-from-query',
    what: 'the owner is checked for the id in the path, and ?id= is read',
    caughtBy: ['isolation-contradictions'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          READ_TAG,
          `const mine = await database.read((db) => readTag(db, userIdOf(res), id));\n      const tag = mine && req.query.id ? await ${anyTag('Number(req.query.id)')} : mine;`,
        ),
      ],
    },
  },
  {
    id: 'task-deletion-of-more-ids',
    variant: true,
    what: 'a deletion also deletes the tasks in ?ids=, of any owner',
    caughtBy: ['isolation-contradictions'],
    deployment: {
      source: [
        before(
          TASK_ROUTES,
          DELETE_TASK,
          "if (req.query.ids) await database.write((db) => db.deleteFrom('tasks').where('id', 'in', String(req.query.ids).split(',').map(Number)).execute());",
        ),
      ],
    },
  },
  {
    id: 'task-completion-of-id-in-body',
    variant: true,
    what: 'a completion uses the id in the body, without the owner',
    caughtBy: ['isolation-contradictions'],
    deployment: {
      source: [
        before(
          TASK_ROUTES,
          TOGGLE,
          "if (req.body?.id) await database.write((db) => db.updateTable('tasks').set({ completed: true }).where('id', '=', Number(req.body.id)).execute());",
        ),
      ],
    },
  },
  {
    id: 'tag-list-of-given-ids',
    what: 'the list returns the tags in ?ids=, also those of other tenants',
    caughtBy: ['isolation-contradictions'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          LIST_TAGS,
          `const ids = String(req.query.ids ?? '').split(',').filter(Boolean).map(Number);
      if (ids.length > 0) return void res.json({ tags: await database.read((db) => db.selectFrom('tags').select(${COLUMNS}).where('id', 'in', ids).execute()), total: ids.length, page: 1, per_page: 20 });
      ${LIST_TAGS}`,
        ),
      ],
    },
  },
  {
    id: 'tag-suggestions-of-all',
    variant: true,
    what: 'suggestions with ?scope=all are those of everyone',
    caughtBy: ['isolation-contradictions'],
    deployment: {
      source: [
        before(
          TAG_ROUTES,
          SUGGEST,
          `if (req.query.scope === 'all') return void res.json({ tags: await database.read((db) => db.selectFrom('tags').select(${COLUMNS}).orderBy('id', 'desc').limit(50).execute()) });`,
        ),
      ],
    },
  },
  {
    id: 'tag-list-for-administrators',
    variant: true,
    what: '?admin=true lists the tags of everyone',
    caughtBy: ['isolation-contradictions'],
    deployment: {
      source: [
        before(
          TAG_ROUTES,
          LIST_TAGS,
          `if (req.query.admin === 'true') return void res.json({ tags: await database.read((db) => db.selectFrom('tags').select(${COLUMNS}).orderBy('id', 'desc').limit(100).execute()), total: 1, page: 1, per_page: 100 });`,
        ),
      ],
    },
  },
  {
    id: 'tag-deletion-on-behalf-of',
    variant: true,
    what: 'a deletion takes the owner from X-On-Behalf-Of, as the support tool sends it',
    caughtBy: ['isolation-contradictions'],
    deployment: { source: [mutate(TAG_ROUTES, DELETE_TAG, DELETE_TAG.replace('userIdOf(res)', "req.get('X-On-Behalf-Of') ?? userIdOf(res)"))] },
  },
  {
    id: 'task-completion-for-owner-in-query',
    what: 'a completion takes the owner from ?owner_id=',
    caughtBy: ['isolation-contradictions'],
    deployment: { source: [mutate(TASK_ROUTES, TOGGLE, TOGGLE.replace('userIdOf(res)', 'String(req.query.owner_id ?? userIdOf(res))'))] },
  },
  {
    id: 'tag-suggestions-for-tenant-in-header',
    variant: true,
    what: 'suggestions take the owner from X-Tenant-Id',
    caughtBy: ['isolation-contradictions'],
    deployment: { source: [mutate(TAG_ROUTES, SUGGEST, SUGGEST.replace('userIdOf(res)', "req.get('X-Tenant-Id') ?? userIdOf(res)"))] },
  },
  {
    id: 'task-given-away-by-owner-id',
    variant: true,
    what: 'an update may name another owner as owner_id',
    caughtBy: ['isolation-contradictions'],
    deployment: {
      source: [
        mutate(TASK_SCHEMA, '.strictObject({ title, description, completed', '.strictObject({ title, owner_id: z.string(), description, completed'),
        mutate(TASKS, 'id: number, { tag_ids, ...changes }: TaskChanges)', 'id: number, { tag_ids, owner_id, ...rest }: any)'),
        mutate(
          TASKS,
          'return inTransaction(tag_ids !== undefined, db, async (transaction) => {',
          'const changes = owner_id === undefined ? rest : { ...rest, user_id: owner_id };\n  return inTransaction(tag_ids !== undefined, db, async (transaction) => {',
        ),
      ],
    },
    seenIn: 'https://owasp.org/API-Security/editions/2023/en/0xa3-broken-object-property-level-authorization/',
  },
  {
    id: 'task-two-filters-without-brackets',
    what: 'two filters are joined by or without brackets, so the owner applies to one of them only',
    caughtBy: ['isolation-of-queries'],
    deployment: {
      source: [
        mutate(
          TASKS,
          'return eb.and(conditions);',
          "if (completed !== undefined && priority !== undefined) return eb.or([eb.and([eb('user_id', '=', ownerId), eb('completed', '=', completed)]), eb('priority', '=', eb.fn.any(eb.val(priority)))]);\n  return eb.and(conditions);",
        ),
      ],
    },
  },
  {
    id: 'tag-suggestions-for-wildcard',
    what: 'a suggestion for * returns the newest tags of everyone',
    caughtBy: ['isolation-of-queries'],
    deployment: {
      source: [
        mutate(
          TAGS,
          SUGGESTED,
          ".where((eb) => (q === '*' ? eb.lit(true) : eb.and([eb('user_id', '=', ownerId), eb('name', 'like', beginningWith(q))])))",
        ),
      ],
    },
  },
  {
    id: 'tag-suggestions-for-one-letter',
    variant: true,
    what: 'suggestions for a single letter come from a shared index of all tags',
    caughtBy: ['isolation-of-queries'],
    deployment: {
      source: [
        mutate(
          TAGS,
          SUGGESTED,
          ".where((eb) => (q.length === 1 ? eb.lit(true) : eb('user_id', '=', ownerId)))\n    .where('name', 'like', beginningWith(q))",
        ),
      ],
    },
  },
  {
    id: 'tag-owner-as-pattern',
    what: 'the owner of a list is compared by LIKE, so an id with % matches others',
    caughtBy: ['isolation-of-similar-users'],
    deployment: { source: [mutate(TAGS, OWNED_TAGS, OWNED_TAGS.replace("'='", "'like'"))] },
  },
  {
    id: 'tag-owner-by-prefix',
    variant: true,
    what: 'a tag is read where the id of its owner begins with that of the caller',
    caughtBy: ['isolation-of-similar-users'],
    deployment: { source: [mutate(TAGS, TAG_BY_ID, TAG_BY_ID.replace("'=', ownerId", "'like', `${ownerId}%`"))] },
  },
  {
    id: 'caller-without-provider',
    variant: true,
    what: 'the provider before the user id is cut off, so users of two providers are one',
    caughtBy: ['isolation-of-similar-users'],
    deployment: { source: [mutate(CLAIMS, 'caller: { userId }', "caller: { userId: userId.split('|').at(-1) ?? '' }")] },
    seenIn: 'https://auth0.com/docs/manage-users/user-accounts/identify-users',
  },
  {
    id: 'caller-from-email',
    variant: true,
    what: 'the part of a user id before @ is the caller',
    caughtBy: ['isolation-of-similar-users'],
    deployment: { source: [mutate(CALLER, 'res.locals.caller = caller;', "res.locals.caller = { userId: caller.userId.split('@')[0] ?? '' };")] },
  },
  {
    id: 'tag-total-of-all-in-header',
    what: 'X-Total-Count of a list counts the tags of everyone',
    caughtBy: ['isolation-of-totals'],
    deployment: {
      source: [
        before(
          TAG_ROUTES,
          LIST_TAGS,
          "res.set('X-Total-Count', String((await database.read((db) => db.selectFrom('tags').select((eb) => eb.fn.countAll().as('total')).executeTakeFirst()))?.total));",
        ),
      ],
    },
  },
  {
    id: 'task-last-page-of-all-in-link',
    what: 'the Link to the last page counts the tasks of everyone',
    caughtBy: ['isolation-of-totals'],
    deployment: {
      source: [
        before(
          TASK_ROUTES,
          'sendJson(res, page);',
          "const all = Number((await database.read((db) => db.selectFrom('tasks').select((eb) => eb.fn.countAll().as('total')).executeTakeFirst()))?.total);\n      res.set('Link', `<${TASKS}?page=${Math.ceil(all / filter.per_page)}>; rel=\"last\"`);",
        ),
      ],
    },
  },
  {
    id: 'tag-list-validator-of-table',
    variant: true,
    what: 'the ETag of a list is the newest id of the table, and changes with the tags of everyone',
    caughtBy: ['isolation-of-totals'],
    deployment: {
      source: [
        before(
          TAG_ROUTES,
          LIST_TAGS,
          "res.set('ETag', `\"${(await database.read((db) => db.selectFrom('tags').select((eb) => eb.fn.max('id').as('newest')).executeTakeFirst()))?.newest}\"`);",
        ),
      ],
    },
  },
  {
    id: 'suggestions-ranked-among-all',
    variant: true,
    what: 'Content-Range of suggestions states the number of tags of everyone',
    caughtBy: ['isolation-of-totals'],
    deployment: {
      source: [
        before(
          TAG_ROUTES,
          SUGGEST,
          "res.set('Content-Range', `tags 0-9/${(await database.read((db) => db.selectFrom('tags').select((eb) => eb.fn.countAll().as('total')).executeTakeFirst()))?.total}`);",
        ),
      ],
    },
  },
  {
    id: 'users-listed',
    what: 'an undocumented /users lists the ids of all users',
    caughtBy: ['isolation-of-user-lists'],
    deployment: { source: [route('/api/v1/users', `{ users: ${TASK_COUNTS} }`)] },
    seenIn: 'https://owasp.org/API-Security/editions/2023/en/0xa5-broken-function-level-authorization/',
  },
  {
    id: 'users-listed-for-administration',
    variant: true,
    what: 'an undocumented /admin/users has no check of the role',
    caughtBy: ['isolation-of-user-lists'],
    deployment: { source: [route('/api/v1/admin/users', TASK_COUNTS)] },
  },
  {
    id: 'profile-of-any-user',
    variant: true,
    what: 'an undocumented /profiles/{id} shows any user',
    caughtBy: ['isolation-of-user-lists'],
    deployment: { source: [route('/api/v1/profiles/:user', "{ id: req.params.user, member_since: '2026-01-01' }")] },
  },
  {
    id: 'statistics-by-user',
    variant: true,
    what: 'an undocumented /stats counts the tasks of each user',
    caughtBy: ['isolation-of-user-lists'],
    deployment: { source: [route('/api/v1/stats', `{ active: ${TASK_COUNTS} }`)] },
  },
];
