import { type Fault, mutate } from '../case.ts';

const CALLER = 'service/middleware/caller.ts';
const CLAIMS = 'service/auth/claims.ts';
const TASK_SCHEMA = 'service/tasks/schema.ts';
const TAG_SCHEMA = 'service/tags/schema.ts';
const TASK_ROUTES = 'service/routes/tasks.ts';
const TAG_ROUTES = 'service/routes/tags.ts';

const IDENTIFIED = 'if (caller !== undefined) res.locals.caller = caller;\n    next();';

/** Another user id than that of the token, for callers with a valid token. */
const callerIs = (userId: string) =>
  mutate(CALLER, IDENTIFIED, `if (caller !== undefined) res.locals.caller = { ...caller, userId: ${userId} ?? caller.userId };\n    next();`);

/** A caller without a token, where the expression gives a user id. */
const elseCallerIs = (userId: string) =>
  mutate(
    CALLER,
    IDENTIFIED,
    `const named = ${userId};\n    if (caller !== undefined || named) res.locals.caller = caller ?? { userId: String(named) };\n    next();`,
  );

const inRoute = (file: string, from: string, userId: string) => mutate(file, from, from.replace('userIdOf(res)', `(${userId} ?? userIdOf(res))`));
const TAG_LIST = 'sendJson(res, await database.read((db) => listTags(db, userIdOf(res), query)));';
const SUGGESTIONS = 'await database.read((db) => suggestTags(db, userIdOf(res), prefix))';
const TAG_READ = 'await database.read((db) => readTag(db, userIdOf(res), id))';
const TAG_DELETION = 'await database.write((db) => deleteTag(db, userIdOf(res), id))';
const TOGGLE = 'await database.write((db) => toggleTask(db, userIdOf(res), id))';
const TASK_UPDATE = 'await database.write((db) => updateTask(db, userIdOf(res), id, changes), { idempotent: true })';

/** A user is who the request says, not who the token says. */
export const identity: readonly Fault[] = [
  {
    id: 'user-from-gateway-header',
    what: "the user is the one in the gateway's header, which nothing removes from requests of callers",
    caughtBy: ['identity-claims'],
    deployment: { source: [callerIs("(req.get('x-consumer-custom-id') || undefined)")] },
    seenIn: 'https://cwe.mitre.org/data/definitions/290.html',
  },
  {
    id: 'user-from-forwarded-claims',
    what: 'the claims that an API gateway passes on in base64 win over those of the token',
    caughtBy: ['identity-claims'],
    deployment: {
      source: [
        callerIs(
          "(req.get('x-apigateway-api-userinfo') ? JSON.parse(Buffer.from(req.get('x-apigateway-api-userinfo') ?? '', 'base64').toString()).sub : undefined)",
        ),
      ],
    },
  },
  {
    id: 'user-from-forwarded-token',
    variant: true,
    what: "the access token that an identity-aware proxy passes on is decoded, and the proxy's signature is not verified",
    caughtBy: ['identity-claims'],
    deployment: {
      source: [
        callerIs(
          "(req.get('x-forwarded-access-token') ? JSON.parse(Buffer.from(req.get('x-forwarded-access-token')?.split('.')[1] ?? '', 'base64url').toString()).sub : undefined)",
        ),
      ],
    },
  },
  {
    id: 'user-from-impersonation-header',
    variant: true,
    what: 'a header for support staff, who may see the tags of a user, is open to everyone',
    caughtBy: ['identity-claims'],
    deployment: { source: [inRoute(TAG_ROUTES, TAG_LIST, "req.get('x-impersonate-user')")] },
  },
  {
    id: 'user-from-cookie-in-suggestions',
    what: 'tag suggestions take the user from a cookie, as a server-rendered page did',
    caughtBy: ['identity-claims'],
    deployment: { source: [inRoute(TAG_ROUTES, SUGGESTIONS, String.raw`/(?:^|; )uid=([^;]+)/.exec(req.get('cookie') ?? '')?.[1]`)] },
  },
  {
    id: 'user-from-query-in-tag',
    variant: true,
    what: 'reading a tag takes the user from the query, as an older client sent it',
    caughtBy: ['identity-claims'],
    deployment: { source: [inRoute(TAG_ROUTES, TAG_READ, "(req.query['userId'] as string | undefined)")] },
  },
  {
    id: 'user-from-query-in-deletion',
    variant: true,
    what: 'deleting a tag takes the owner from the query',
    caughtBy: ['identity-claims'],
    deployment: { source: [inRoute(TAG_ROUTES, TAG_DELETION, "(req.query['owner'] as string | undefined)")] },
  },
  {
    id: 'user-from-query-in-toggle',
    variant: true,
    what: 'completing a task takes the user from the query',
    caughtBy: ['identity-claims'],
    deployment: { source: [inRoute(TASK_ROUTES, TOGGLE, "(req.query['uid'] as string | undefined)")] },
  },
  {
    id: 'user-from-body-in-update',
    what: 'an update takes the owner from the body, if it has one',
    caughtBy: ['identity-claims'],
    deployment: {
      source: [
        mutate(TASK_SCHEMA, '.strictObject({ title, description, completed', '.object({ title, description, completed'),
        inRoute(TASK_ROUTES, TASK_UPDATE, '(req.body as { owner_id?: string }).owner_id'),
      ],
    },
  },
  {
    id: 'user-from-body-in-creation-of-tags',
    variant: true,
    what: 'a tag is created for the user that the body names',
    caughtBy: ['identity-claims'],
    deployment: {
      source: [
        mutate(TAG_SCHEMA, 'newTag = z.strictObject', 'newTag = z.object'),
        mutate(TAG_ROUTES, 'await create({ database, req, res }, parse(newTag', 'await create({ database, req, res: named(req, res) }, parse(newTag'),
        mutate(
          TAG_ROUTES,
          "const TAGS = '/api/v1/tags';",
          "const TAGS = '/api/v1/tags';\nfunction named(req: { body: unknown }, res: import('express').Response): import('express').Response {\n  const { created_by } = req.body as { created_by?: string };\n  if (created_by !== undefined) res.locals.caller = { userId: created_by };\n  return res;\n}",
        ),
      ],
    },
  },
  {
    id: 'user-from-middle-claim',
    variant: true,
    what: 'preferred_username wins over sub, as in the token of another identity provider',
    caughtBy: ['identity-claims'],
    deployment: {
      source: [
        mutate(
          CLAIMS,
          "if (typeof userId !== 'string'",
          "if (typeof claims['preferred_username'] === 'string') userId = claims['preferred_username'];\n  if (typeof userId !== 'string'",
        ),
        mutate(
          CLAIMS,
          'export function verified({ exp }: { exp: number }, userId: unknown)',
          'export function verified({ exp, ...claims }: { exp: number; [name: string]: unknown }, userId: unknown)',
        ),
        mutate('service/auth/issuer-token.ts', 'return verified({ exp }, sub);', 'return verified({ ...payload, exp }, sub);'),
      ],
    },
  },
  {
    id: 'any-tag-for-internal-callers',
    what: 'an internal service may read every tag, and a header states that the caller is one',
    caughtBy: ['identity-claims'],
    deployment: {
      source: [
        mutate(
          TAG_ROUTES,
          TAG_READ,
          "await database.read((db) => (req.get('x-internal-request') ? db.selectFrom('tags').selectAll().where('id', '=', id).executeTakeFirst() : readTag(db, userIdOf(res), id)))",
        ),
      ],
    },
  },
  {
    id: 'anonymous-user-from-header',
    what: 'without a token the user is the one in a header, as behind an authenticating proxy',
    caughtBy: ['token-every-operation'],
    deployment: { source: [elseCallerIs("req.get('x-remote-user')")] },
  },
  {
    id: 'anonymous-user-from-cookie',
    variant: true,
    what: 'without a token the user is the one in an unsigned session cookie',
    caughtBy: ['token-every-operation'],
    deployment: {
      source: [
        elseCallerIs(
          String.raw`((session) => (session === undefined ? undefined : JSON.parse(Buffer.from(session, 'base64url').toString()).sub))(/(?:^|; )session=([^;]+)/.exec(req.get('cookie') ?? '')?.[1])`,
        ),
      ],
    },
  },
  {
    id: 'anonymous-in-local-network',
    variant: true,
    what: 'requests from a local address need no token, and the address is taken from a header',
    caughtBy: ['token-every-operation'],
    deployment: { source: [elseCallerIs("(req.get('x-client-ip') === '127.0.0.1' ? req.query['user_id'] : undefined)")] },
  },
  {
    id: 'subrequests-skip-authentication',
    variant: true,
    what: "a framework's header for internal subrequests skips the middleware that requires the caller",
    caughtBy: ['token-every-operation'],
    deployment: {
      source: [elseCallerIs("(req.get('x-middleware-subrequest')?.includes('middleware') ? 'middleware' : undefined)")],
    },
    seenIn: 'https://nvd.nist.gov/vuln/detail/CVE-2025-29927',
  },
];
