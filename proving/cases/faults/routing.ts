import type { Mutation } from '../../deployment/changed-copy.ts';
import { type Fault, mutate } from '../case.ts';

const APP = 'service/app.ts';
const TAGS = 'service/routes/tags.ts';
const TASKS = 'service/routes/tasks.ts';
const MALFORMED = 'app.use(rejectMalformedTarget);';

const TAG_OF_ANYONE = "db.selectFrom('tags').select(['id', 'user_id', 'name']).where('id', '=', id).executeTakeFirst()";
const TASK_OF_ANYONE = "db.selectFrom('tasks').selectAll().where('id', '=', id).executeTakeFirst()";
const ANY_TAG_DELETED = "db.deleteFrom('tags').where('id', '=', id).executeTakeFirst().then(({ numDeletedRows }) => numDeletedRows > 0n)";
const ANY_TASK_COMPLETED = "db.updateTable('tasks').set({ completed: true }).where('id', '=', id).returningAll().executeTakeFirst()";

/** The owner is a condition of a query only where the rule on access applies. */
const ownerWhere = (file: string, query: string, rule: string, otherwise: string): Mutation =>
  mutate(file, query, `((${rule}) ? ${query} : ${otherwise})`);
const tagsWhere = (rule: string): Mutation => ownerWhere(TAGS, 'readTag(db, userIdOf(res), id)', rule, TAG_OF_ANYONE);
const tasksWhere = (rule: string): Mutation => ownerWhere(TASKS, 'readTask(db, userIdOf(res), id)', rule, TASK_OF_ANYONE);

/** A rewrite of the URL before the routes; what was rewritten is taken for a request of another part of the system, and trusted. */
const rewritten = (url: string): Mutation =>
  mutate(
    APP,
    MALFORMED,
    `app.use((req, res, next) => {\n    const url = ${url};\n    if (url !== req.url) {\n      req.url = url;\n      res.locals['internal'] = true;\n    }\n    next();\n  });\n  ${MALFORMED}`,
  );
const NOT_INTERNAL = "res.locals['internal'] !== true";

/** Another route to the objects, without the rule on owners. */
const alias = (file: string, route: string, object: string, parameters = file === TAGS ? 'tagPath' : 'taskPath'): Mutation =>
  mutate(
    file,
    'const router = Router();',
    `const router = Router();\n  router.${route}, async (req, res) => {\n    const { id } = parse(${parameters}, 'path', req.params);\n    const found = await database.read((db) => ${object});\n    if (found === undefined) throw notFound();\n    res.json(found);\n  });`,
  );

type Told = { id: string; what: string; source: readonly Mutation[]; seenIn?: string };
const fault = ({ id, what, source, seenIn }: Told): Fault => ({
  id,
  what,
  caughtBy: ['path-spellings'],
  deployment: { source },
  ...(seenIn !== undefined && { seenIn }),
});
const variant = (told: Told): Fault => ({ ...fault(told), variant: true });

const rules: readonly Fault[] = [
  fault({
    id: 'owner-of-exact-path-only',
    what: 'the owner of a tag is checked for paths that a regular expression matches, and the router matches more',
    source: [tagsWhere(String.raw`/^\/api\/v1\/tags\/\d+$/.test(req.path)`)],
    seenIn: 'https://github.com/advisories/GHSA-f82v-jwr5-mffw',
  }),
  variant({
    id: 'owner-of-lower-case-only',
    what: 'the owner of a task is checked for paths in lower case',
    source: [tasksWhere("req.path.startsWith('/api/v1/tasks/')")],
  }),
  variant({
    id: 'owner-without-last-slash',
    what: 'the owner of a task is not checked where the path ends with a slash',
    source: [tasksWhere("!req.path.endsWith('/')")],
  }),
  variant({
    id: 'owner-of-decoded-ids-only',
    what: 'the owner of a task is looked up by the encoded id, and not found',
    source: [tasksWhere("!req.originalUrl.includes('%')")],
  }),
  variant({
    id: 'owner-of-deletion-without-slash',
    what: 'the deletion of a tag checks the owner only where the path has no slash at its end',
    source: [ownerWhere(TAGS, 'deleteTag(db, userIdOf(res), id)', "!req.path.endsWith('/')", ANY_TAG_DELETED)],
  }),
  variant({
    id: 'owner-of-completion-in-lower-case',
    what: 'the completion of a task checks the owner only where the path is the documented one',
    source: [ownerWhere(TASKS, 'toggleTask(db, userIdOf(res), id)', "req.path.endsWith('/complete')", ANY_TASK_COMPLETED)],
  }),
];

const rewrites: readonly Fault[] = [
  fault({
    id: 'path-from-header',
    what: 'X-Rewrite-URL names the path, and rewritten requests are trusted',
    source: [tagsWhere(NOT_INTERNAL), rewritten("String(req.headers['x-original-url'] ?? req.headers['x-rewrite-url'] ?? req.url)")],
    seenIn: 'https://portswigger.net/web-security/access-control',
  }),
  variant({
    id: 'path-from-forwarded-uri',
    what: 'X-Forwarded-Uri names the path, as for an authenticating proxy',
    source: [tasksWhere(NOT_INTERNAL), rewritten("String(req.headers['x-forwarded-uri'] ?? req.url)")],
  }),
  variant({
    id: 'path-from-forwarded-prefix',
    what: 'X-Forwarded-Prefix is put before the path',
    source: [tagsWhere(NOT_INTERNAL), rewritten("`${String(req.headers['x-forwarded-prefix'] ?? '')}${req.url}`")],
  }),
  fault({
    id: 'path-with-merged-slashes',
    what: 'double slashes are merged after the rule on access, as by nginx',
    source: [tagsWhere(NOT_INTERNAL), rewritten(String.raw`req.url.replace(/\/{2,}/g, '/')`)],
    seenIn: 'https://nginx.org/en/docs/http/ngx_http_core_module.html#merge_slashes',
  }),
  variant({
    id: 'path-without-parameters',
    what: 'path parameters are removed after the rule on access, as by Tomcat',
    source: [tasksWhere(NOT_INTERNAL), rewritten(String.raw`req.url.replace(/;[^/?]*/g, '').replace('/x/..', '')`)],
    seenIn: 'https://portswigger.net/research/gotta-cache-em-all',
  }),
  variant({
    id: 'path-with-resolved-dots',
    what: 'dot segments are resolved after the rule on access',
    source: [tagsWhere(NOT_INTERNAL), rewritten("(({ pathname, search }) => pathname + search)(new URL(req.url, 'http://localhost'))")],
    seenIn: 'https://httpd.apache.org/security/vulnerabilities_24.html#2.4.50',
  }),
  variant({
    id: 'path-decoded-twice',
    what: 'the path is decoded before the routes decode it again, so encoded slashes separate segments',
    source: [tagsWhere(NOT_INTERNAL), rewritten(String.raw`req.url.replace(/%2f/gi, '/')`)],
  }),
  variant({
    id: 'path-with-backslashes',
    what: 'backslashes are taken for slashes, as in browsers',
    source: [tasksWhere(NOT_INTERNAL), rewritten(String.raw`req.url.replace(/\\|%5c/gi, '/')`)],
  }),
  variant({
    id: 'path-trimmed',
    what: 'spaces and dots at the end of the path are removed after the rule on access, as on Windows',
    source: [tagsWhere(NOT_INTERNAL), rewritten(String.raw`req.url.replace(/(%20|%00|%09|%0a|\.)+$/i, '')`)],
  }),
  variant({
    id: 'path-without-suffix',
    what: 'the suffix of a format is removed after the rule on access, as by content negotiation',
    source: [tasksWhere(NOT_INTERNAL), rewritten(String.raw`req.url.replace(/\.(json|xml|html)$/, '')`)],
  }),
];

const routes: readonly Fault[] = [
  fault({
    id: 'old-version-of-tags',
    what: 'the version before the current one is still served, without owners',
    source: [alias(TAGS, "get('/api/v0/tags/:id'", TAG_OF_ANYONE)],
    seenIn: 'https://owasp.org/API-Security/editions/2023/en/0xa9-improper-inventory-management/',
  }),
  variant({
    id: 'tags-without-prefix',
    what: 'the routes of the first release are still there, without prefix and owners',
    source: [alias(TAGS, "get('/tags/:id'", TAG_OF_ANYONE)],
  }),
  variant({
    id: 'tasks-without-version',
    what: 'an unversioned route serves tasks of all owners',
    source: [alias(TASKS, "get('/api/tasks/:id'", TASK_OF_ANYONE)],
  }),
  variant({
    id: 'tasks-for-administrators',
    what: 'a route for administrators checks that there is a token, and not whose',
    source: [alias(TASKS, "get('/admin/api/v1/tasks/:id'", TASK_OF_ANYONE)],
  }),
  variant({
    id: 'tags-of-next-version',
    what: 'the next version is served already, without owners',
    source: [alias(TAGS, "get('/api/v2/tags/:id'", TAG_OF_ANYONE)],
  }),
  variant({
    id: 'tasks-as-json-file',
    what: 'a route for the suffix .json serves tasks of all owners',
    source: [alias(TASKS, "get('/api/v1/tasks/:id.json'", TASK_OF_ANYONE)],
  }),
];

const methods: readonly Fault[] = [
  fault({
    id: 'query-method-without-owner',
    what: 'QUERY on a tag is a read without its owner',
    source: [
      alias(
        TAGS,
        "all('/api/v1/tags/:id', (req, _res, next) => (['QUERY', 'SEARCH', 'PROPFIND', 'REPORT'].includes(req.method) ? next() : next('route'))",
        TAG_OF_ANYONE,
      ),
    ],
  }),
  variant({
    id: 'undocumented-put-of-tags',
    what: 'an undocumented PATCH renames a tag of any owner',
    source: [
      alias(
        TAGS,
        "patch('/api/v1/tags/:id'",
        "db.updateTable('tags').set({ name: `renamed-${id}` }).where('id', '=', id).returningAll().executeTakeFirst()",
      ),
    ],
  }),
  variant({
    id: 'undocumented-post-of-tasks',
    what: 'an undocumented POST completes a task, also one of another tenant',
    source: [alias(TASKS, "post('/api/v1/tasks/:id/complete'", ANY_TASK_COMPLETED)],
  }),
  variant({
    id: 'method-of-header-without-owner',
    what: 'a method override turns a POST into a deletion that trusts the gateway before it',
    source: [
      ownerWhere(TAGS, 'deleteTag(db, userIdOf(res), id)', NOT_INTERNAL, ANY_TAG_DELETED),
      mutate(
        APP,
        MALFORMED,
        `app.use((req, res, next) => {\n    const method = req.get('X-HTTP-Method-Override');\n    if (method !== undefined && req.path.startsWith('/api/v1/tags/')) {\n      req.method = method;\n      res.locals['internal'] = true;\n    }\n    next();\n  });\n  ${MALFORMED}`,
      ),
    ],
    seenIn: 'https://expressjs.com/en/resources/middleware/method-override.html',
  }),
];

export const routing: readonly Fault[] = [...rules, ...rewrites, ...routes, ...methods];
