import { generateKeyPairSync } from 'node:crypto';
import { type Fault, mutate } from '../case.ts';
import { tokenOf } from '../token-of.ts';

const APP = 'service/app.ts';
const CALLER = 'service/middleware/caller.ts';
const CLIENT_ERROR = 'service/http/unparsed-requests.ts';
const CONFIG = 'service/config.ts';
const PARSE = 'service/routes/parse.ts';
const TAG_ROUTES = 'service/routes/tags.ts';
const TASK_QUERIES = 'service/tasks/queries.ts';
const VERIFY = 'service/auth/shared-secret.ts';
const CLAIMS = 'service/auth/claims.ts';

const VERIFIED = "jwt.verify(token, key, { algorithms: ['HS256'], clockTimestamp, ignoreNotBefore: true, complete: true })";
const SHAPE = String.raw`/^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i`;
const TOKEN = `${SHAPE}.exec(headers[0] ?? '')?.[1] : undefined;`;
const IMPORT = "import jwt from 'jsonwebtoken';";
const REQUIRED = "app.use('/api/v1', requireCaller);";
const FALLBACK_KEY = 'development-secret-do-not-use-in-production';
// Concatenated, so that the audit does not find them in this repository, which would be another fault.
const PADDED_KEY = `supersecret-jwt-key-${'1234567890'.repeat(2)}`;
const LIBRARY_KEY = `better-auth-secret-${'1234567890'.repeat(2)}`;

const PHRASE_KEY = ['your', 'super', 'jwt', 'secret', 'key', 'change', 'in', 'production'].join('-');

/** Generated when the module is loaded: a key in the repository would be another fault. */
const PUBLIC_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'pem', type: 'spki' }).toString().trim();

/** Removes the check for well-known keys. */
const ANY_KEY = mutate(CONFIG, "reject(ctx, 'looks like a placeholder')", 'undefined');

const verifiedWith = (options: string) => mutate(VERIFY, VERIFIED, `jwt.verify(token, key, { ${options}, complete: true })`);

/** Reads the token from another place if the Authorization header has none. */
const elseTokenFrom = (place: string) => mutate(CALLER, TOKEN, `(${SHAPE}.exec(headers[0] ?? '')?.[1]) : ${place};`);

/** A handwritten verifier instead of the library. */
const ownVerifier = (rejected: string) => [
  mutate(VERIFY, IMPORT, `import { createHmac } from 'node:crypto';\n${IMPORT}`),
  mutate(
    VERIFY,
    `const { header, payload } = ${VERIFIED};`,
    `const { header, payload, signature } = jwt.decode(token, { complete: true });
     const expected = createHmac('sha256', key).update(token.slice(0, token.lastIndexOf('.'))).digest('base64url');
     const now = Date.now() / 1_000;
     if (payload.exp <= now || payload.nbf > now || ${rejected}) return undefined;`,
  ),
];

/** Without a caller, queries return all rows, as for an internal job. Harmless while every request has a caller. */
const ANONYMOUS_SEES_ALL = [
  mutate(PARSE, 'if (caller === undefined) throw unauthenticated();\n  return caller.userId;', 'return caller?.userId as string;'),
  mutate(
    TASK_QUERIES,
    "select(asTask).where('id', '=', id).where('user_id', '=', ownerId)",
    "select(asTask).where('id', '=', id).$if(ownerId !== undefined, (task) => task.where('user_id', '=', ownerId))",
  ),
];

export const tokens: readonly Fault[] = [
  {
    id: 'token-decoded',
    what: 'tokens are decoded instead of verified',
    caughtBy: ['token-tampered', 'token-wrong-key', 'token-algorithm', 'token-expired'],
    deployment: { source: [mutate(VERIFY, VERIFIED, 'jwt.decode(token, { complete: true })')] },
  },
  {
    id: 'token-decoded-under-second-key',
    variant: true,
    what: "tokens of the app's sign-in are only decoded, because the sign-in has verified them",
    caughtBy: ['token-tampered', 'token-wrong-key', 'token-algorithm', 'token-expired'],
    deployment: {
      source: [mutate(VERIFY, 'const fromBetterAuth = verify(token, keys.betterAuthSecret);', 'const fromBetterAuth = jwt.decode(token);')],
    },
  },
  {
    id: 'token-decoded-on-one-route',
    what: 'tag suggestions are requested at each key press, so that route decodes the token without verifying it',
    caughtBy: ['token-every-operation'],
    deployment: {
      source: [
        mutate(
          CALLER,
          "import type { NextFunction, RequestHandler } from 'express';",
          "import type { NextFunction, RequestHandler } from 'express';\nimport jwt from 'jsonwebtoken';",
        ),
        mutate(
          CALLER,
          'const caller = token === undefined ? undefined : verifyToken(token);',
          "const userId = req.path === '/api/v1/tags/autocomplete' && token !== undefined ? jwt.decode(token)?.sub : undefined;\n    const caller = userId !== undefined ? { userId } : token === undefined ? undefined : verifyToken(token);",
        ),
      ],
    },
  },
  {
    id: 'token-alg-from-header',
    variant: true,
    what: "the token's header chooses the algorithm",
    caughtBy: ['token-claims'],
    deployment: { source: [verifiedWith('algorithms: [jwt.decode(token, { complete: true }).header.alg]')] },
  },
  {
    id: 'token-hs384-accepted',
    what: 'the list of algorithms contains a second HMAC',
    caughtBy: ['token-claims'],
    deployment: { source: [verifiedWith("algorithms: ['HS256', 'HS384']")] },
  },
  {
    id: 'token-hs512-under-second-key',
    variant: true,
    what: "every HMAC is accepted for the key of the app's sign-in",
    caughtBy: ['token-claims'],
    deployment: {
      source: [
        mutate(VERIFY, VERIFIED, 'jwt.verify(token, key.key!, { algorithms: key.algorithms, complete: true })'),
        mutate(
          VERIFY,
          'function verify(token: string, key: KeyObject | undefined)',
          "function verify(token: string, key: { key: KeyObject | undefined; algorithms: ('HS256' | 'HS384' | 'HS512')[] })",
        ),
        mutate(VERIFY, 'verify(token, keys.jwtSecret)', "verify(token, { key: keys.jwtSecret, algorithms: ['HS256'] })"),
        mutate(
          VERIFY,
          'verify(token, keys.betterAuthSecret)',
          "verify(token, { key: keys.betterAuthSecret, algorithms: ['HS256', 'HS384', 'HS512'] })",
        ),
      ],
    },
  },
  {
    id: 'token-user-from-another-claim',
    what: 'if a token has no sub, user_id is the user',
    caughtBy: ['token-claims'],
    deployment: { source: [mutate(VERIFY, "verified(fromApp, fromApp['sub'])", "verified(fromApp, fromApp['sub'] ?? fromApp['user_id'])")] },
  },
  {
    id: 'token-user-from-email-where-sub-is-empty',
    variant: true,
    what: 'if sub is empty, email is the user',
    caughtBy: ['token-claims'],
    deployment: { source: [mutate(VERIFY, "verified(fromApp, fromApp['sub'])", "verified(fromApp, fromApp['sub'] || fromApp['email'])")] },
  },
  {
    id: 'token-alg-none',
    variant: true,
    what: 'tokens with the algorithm none are accepted',
    caughtBy: ['token-algorithm'],
    deployment: {
      source: [
        mutate(
          VERIFY,
          `const { header, payload } = ${VERIFIED};`,
          `const decoded = jwt.decode(token, { complete: true });\n    const { header, payload } = decoded.header.alg === 'none' ? decoded : ${VERIFIED};`,
        ),
      ],
    },
    seenIn: 'https://auth0.com/blog/critical-vulnerabilities-in-json-web-token-libraries/',
  },
  {
    id: 'token-alg-not-fixed',
    variant: true,
    what: 'the list of algorithms is missing, so the library accepts every HMAC',
    caughtBy: ['token-claims'],
    deployment: { source: [mutate(VERIFY, VERIFIED, 'jwt.verify(token, key, { complete: true })')] },
  },
  {
    id: 'token-alg-in-any-case',
    variant: true,
    what: 'a handwritten verifier compares alg case-insensitively',
    caughtBy: ['token-claims'],
    deployment: { source: ownVerifier("header.alg.toUpperCase() !== 'HS256' || signature !== expected") },
  },
  {
    id: 'token-signature-by-prefix',
    variant: true,
    what: 'only the first eight characters of the signature are compared',
    caughtBy: ['token-tampered'],
    deployment: { source: ownVerifier("header.alg !== 'HS256' || signature.slice(0, 8) !== expected.slice(0, 8)") },
  },
  {
    id: 'token-signature-but-for-its-end',
    what: 'a loop that compares signatures ends one character early',
    caughtBy: ['token-tampered'],
    deployment: {
      source: ownVerifier(
        "header.alg !== 'HS256' || signature.length !== expected.length || Array.from({ length: expected.length - 1 }, (_, at) => signature[at] !== expected[at]).includes(true)",
      ),
    },
  },
  {
    id: 'token-cached-by-payload',
    variant: true,
    what: 'verified tokens are cached by payload, so later signatures are not verified',
    caughtBy: ['token-tampered'],
    deployment: {
      source: [
        mutate(CALLER, 'return function identify(', 'const known = new Map<string, Caller>();\n  return function identify('),
        mutate(
          CALLER,
          'const caller = token === undefined ? undefined : verifyToken(token);',
          "const payload = token?.split('.')[1];\n    const caller = token === undefined ? undefined : (known.get(payload) ?? verifyToken(token));\n    if (caller !== undefined) known.set(payload, caller);",
        ),
      ],
    },
  },
  {
    id: 'token-cached-beyond-exp',
    variant: true,
    what: 'the cache of verified tokens ignores their expiry',
    caughtBy: ['token-expired'],
    deployment: {
      source: [
        mutate(CALLER, 'return function identify(', 'const known = new Map<string, Caller>();\n  return function identify('),
        mutate(
          CALLER,
          'const caller = token === undefined ? undefined : verifyToken(token);',
          'const caller = token === undefined ? undefined : (known.get(token) ?? verifyToken(token));\n    if (caller !== undefined) known.set(token, caller);',
        ),
      ],
    },
  },
  {
    id: 'token-exp-ignored',
    what: 'exp is ignored',
    caughtBy: ['token-expired'],
    deployment: { source: [verifiedWith("algorithms: ['HS256'], ignoreExpiration: true")] },
  },
  {
    id: 'token-exp-ignored-under-second-key',
    variant: true,
    what: "exp is ignored in tokens of the app's sign-in",
    caughtBy: ['token-expired'],
    deployment: {
      source: [
        mutate(VERIFY, 'verify(token, keys.betterAuthSecret)', 'verify(token, keys.betterAuthSecret, true)'),
        mutate(
          VERIFY,
          'function verify(token: string, key: KeyObject | undefined)',
          'function verify(token: string, key: KeyObject | undefined, ignoreExpiration = false)',
        ),
        verifiedWith("algorithms: ['HS256'], ignoreExpiration"),
      ],
    },
  },
  {
    id: 'token-exp-with-tolerance',
    variant: true,
    what: 'the clock tolerance is given in milliseconds, but the library expects seconds: 16 hours instead of a minute',
    caughtBy: ['token-expired'],
    deployment: { source: [verifiedWith("algorithms: ['HS256'], clockTolerance: 60_000")] },
  },
  {
    id: 'token-exp-not-required',
    variant: true,
    what: 'a token without exp never expires',
    caughtBy: ['token-without-exp'],
    deployment: { source: [mutate(CLAIMS, 'if (!Number.isFinite(exp)) return undefined;', '')] },
  },
  {
    id: 'token-nbf-ignored',
    what: 'nbf is ignored',
    caughtBy: ['token-claims'],
    deployment: { source: [mutate(VERIFY, "    if ('nbf' in payload && !isReached(payload.nbf, clockTimestamp)) return undefined;\n", '')] },
  },
  {
    id: 'token-crit-ignored',
    variant: true,
    what: 'critical extensions of a token are ignored',
    caughtBy: ['token-claims'],
    deployment: { source: [mutate(VERIFY, "'crit' in header || ", '')] },
  },
  {
    id: 'token-type-ignored',
    variant: true,
    what: 'tokens for another purpose are accepted',
    caughtBy: ['token-claims'],
    deployment: { source: [mutate(VERIFY, ' || !isTypeJwt(header.typ)', '')] },
  },
  {
    id: 'token-sub-of-any-type',
    variant: true,
    what: 'a number or an array in sub is coerced to text',
    caughtBy: ['token-claims'],
    deployment: { source: [mutate(CLAIMS, "typeof userId !== 'string' || ", '')] },
  },
  {
    id: 'token-sub-empty',
    variant: true,
    what: 'the empty string is accepted as a user id',
    caughtBy: ['token-claims'],
    deployment: { source: [mutate(CLAIMS, '{1,255}', '{0,255}')] },
  },
  {
    id: 'token-kid-names-a-file',
    variant: true,
    what: 'kid is the file name of the key, and may contain ../',
    caughtBy: ['token-algorithm'],
    deployment: {
      source: [
        mutate(VERIFY, IMPORT, `import { readFileSync } from 'node:fs';\nimport { join } from 'node:path';\n${IMPORT}`),
        mutate(
          VERIFY,
          `const { header, payload } = ${VERIFIED};`,
          `const { kid } = jwt.decode(token, { complete: true }).header;\n    const { header, payload } = jwt.verify(token, kid === undefined ? key : readFileSync(join('keys', kid)), { algorithms: ['HS256'], complete: true });`,
        ),
        mutate(VERIFY, 'throw error;', 'return undefined;'),
      ],
    },
  },
  {
    id: 'token-kid-names-a-setting',
    variant: true,
    what: 'kid is the name of the setting that contains the key, which can also be PORT or NODE_ENV',
    caughtBy: ['token-algorithm'],
    deployment: {
      source: [
        mutate(
          VERIFY,
          `const { header, payload } = ${VERIFIED};`,
          `const { kid } = jwt.decode(token, { complete: true }).header;\n    const { header, payload } = jwt.verify(token, process.env[kid] ?? key, { algorithms: ['HS256'], complete: true });`,
        ),
      ],
    },
  },
  {
    id: 'token-brings-its-key',
    variant: true,
    what: "a public key in the token's header is trusted",
    caughtBy: ['token-algorithm'],
    deployment: {
      source: [
        mutate(VERIFY, IMPORT, `import { createPublicKey } from 'node:crypto';\n${IMPORT}`),
        mutate(
          VERIFY,
          `const { header, payload } = ${VERIFIED};`,
          `const { jwk } = jwt.decode(token, { complete: true }).header;\n    const { header, payload } = jwt.verify(token, jwk === undefined ? key : createPublicKey({ key: jwk, format: 'jwk' }), { algorithms: ['HS256', 'RS256', 'ES256'], complete: true });`,
        ),
      ],
    },
    seenIn: 'https://nvd.nist.gov/vuln/detail/CVE-2018-0114',
  },
  {
    id: 'key-of-a-template',
    variant: true,
    what: 'the key is one that templates contain',
    caughtBy: ['key-strength', 'token-wrong-key'],
    deployment: { source: [ANY_KEY], settings: { JWT_SECRET: FALLBACK_KEY } },
    settings: { AUDIT_JWT_SECRET: FALLBACK_KEY, JWT_SECRET: FALLBACK_KEY },
  },
  {
    id: 'key-of-common-words',
    what: 'the key is a phrase of common words, and the audit was given two tokens and not the key',
    caughtBy: ['key-strength'],
    deployment: { source: [ANY_KEY], settings: { JWT_SECRET: PHRASE_KEY, RATE_LIMIT_PER_MINUTE: '1000' } },
    settings: {
      AUDIT_JWT_SECRET: '',
      JWT_SECRET: '',
      BETTER_AUTH_SECRET: '',
      AUDIT_TOKEN_A: tokenOf(PHRASE_KEY, 'ada'),
      AUDIT_TOKEN_B: tokenOf(PHRASE_KEY, 'bob'),
    },
    seenIn: 'https://github.com/wallarm/jwt-secrets',
  },
  {
    id: 'key-that-is-published',
    what: "the key is the issuer's public key, in PEM as its documentation shows it",
    caughtBy: ['key-strength'],
    deployment: {
      source: [mutate(CONFIG, 'const problem = secretProblem(value);', 'const problem = undefined as string | undefined;')],
      settings: { JWT_SECRET: PUBLIC_KEY },
    },
    settings: { AUDIT_JWT_SECRET: PUBLIC_KEY, JWT_SECRET: PUBLIC_KEY },
  },
  {
    id: 'key-short',
    variant: true,
    what: 'keys are not validated, and the key is the word secret',
    caughtBy: ['key-strength', 'token-wrong-key'],
    deployment: {
      source: [mutate(CONFIG, 'JWT_SECRET: {\n    schema: secret.optional(),', 'JWT_SECRET: {\n    schema: z.string(),')],
      settings: { JWT_SECRET: 'secret' },
    },
    settings: { AUDIT_JWT_SECRET: 'secret', JWT_SECRET: 'secret' },
  },
  {
    id: 'key-of-padded-words',
    variant: true,
    what: 'the key consists of common words, padded with digits',
    caughtBy: ['key-strength'],
    deployment: { source: [ANY_KEY], settings: { JWT_SECRET: PADDED_KEY } },
    settings: { AUDIT_JWT_SECRET: PADDED_KEY, JWT_SECRET: PADDED_KEY },
  },
  {
    id: 'second-key-of-the-library',
    variant: true,
    what: "the key of the app's sign-in is the public default of its library",
    caughtBy: ['key-strength'],
    deployment: { source: [ANY_KEY], settings: { BETTER_AUTH_SECRET: LIBRARY_KEY } },
    settings: { BETTER_AUTH_SECRET: LIBRARY_KEY },
  },
  {
    id: 'key-of-development-also',
    variant: true,
    what: 'the key of development machines is accepted as well as the real one',
    caughtBy: ['token-wrong-key'],
    deployment: {
      source: [
        mutate(
          VERIFY,
          'const fromApp = verify(token, keys.jwtSecret);',
          `const fromApp = verify(token, keys.jwtSecret) ?? verify(token, '${FALLBACK_KEY}');`,
        ),
      ],
    },
  },
  {
    id: 'key-of-tests-also',
    variant: true,
    what: 'the key of the tests, a common word, is accepted as well as the real one',
    caughtBy: ['token-wrong-key'],
    deployment: {
      source: [
        mutate(
          VERIFY,
          'const fromApp = verify(token, keys.jwtSecret);',
          "const fromApp = verify(token, keys.jwtSecret) ?? verify(token, 'supersecret');",
        ),
      ],
    },
  },
  {
    id: 'token-in-query',
    what: 'a token in the query is accepted',
    caughtBy: ['token-missing'],
    deployment: { source: [elseTokenFrom("req.query['access_token']")] },
  },
  {
    id: 'token-in-query-of-one-route',
    variant: true,
    what: 'a calendar that subscribes to tasks cannot send headers, so that route also accepts the token in the query',
    caughtBy: ['token-missing'],
    deployment: { source: [elseTokenFrom("req.path === '/api/v1/tasks' ? req.query['access_token'] : undefined")] },
  },
  {
    id: 'token-in-cookie',
    variant: true,
    what: 'a token in a cookie is accepted',
    caughtBy: ['token-missing'],
    deployment: { source: [elseTokenFrom("/(?:^|; )token=([^;]+)/.exec(req.headers.cookie ?? '')?.[1]")] },
  },
  {
    id: 'token-in-cookie-of-sign-in',
    variant: true,
    what: "the token in the app's sign-in cookie, under its https name, is accepted",
    caughtBy: ['token-missing'],
    deployment: { source: [elseTokenFrom(String.raw`/(?:^|; )__Secure-better-auth\.session_data=([^;]+)/.exec(req.headers.cookie ?? '')?.[1]`)] },
  },
  {
    id: 'token-in-x-access-token',
    variant: true,
    what: 'a bare token in X-Access-Token is accepted',
    caughtBy: ['token-missing'],
    deployment: { source: [elseTokenFrom("req.get('X-Access-Token')")] },
  },
  {
    id: 'token-as-password',
    variant: true,
    what: 'the token is accepted as a Basic password',
    caughtBy: ['token-missing'],
    deployment: {
      source: [
        mutate(
          CALLER,
          TOKEN,
          `(${SHAPE}.exec(headers[0] ?? '')?.[1] ?? Buffer.from(/^Basic (.+)$/i.exec(headers[0] ?? '')?.[1] ?? '', 'base64').toString().split(':')[1]) : undefined;`,
        ),
      ],
    },
  },
  {
    id: 'user-in-a-header',
    variant: true,
    what: 'X-User-ID determines the user, as if only a gateway could send it',
    caughtBy: ['token-missing'],
    deployment: {
      source: [
        mutate(
          CALLER,
          'const caller = token === undefined ? undefined : verifyToken(token);',
          "const userId = req.get('X-User-ID');\n    const caller = userId !== undefined ? { userId } : token === undefined ? undefined : verifyToken(token);",
        ),
      ],
    },
  },
  {
    id: 'token-in-last-of-two-headers',
    variant: true,
    what: 'the last of two Authorization headers is used',
    caughtBy: ['token-missing'],
    deployment: {
      source: [mutate(CALLER, 'headers?.length === 1 ?', 'headers !== undefined ?'), mutate(CALLER, "headers[0] ?? ''", "headers.at(-1) ?? ''")],
    },
  },
  {
    id: 'token-under-any-scheme',
    variant: true,
    what: 'everything after the first blank is used as the token',
    caughtBy: ['token-missing'],
    deployment: { source: [mutate(CALLER, `${SHAPE}.exec(headers[0] ?? '')?.[1]`, "headers[0]?.split(' ')[1]")] },
  },
  {
    id: 'token-without-scheme',
    variant: true,
    what: 'Bearer is removed wherever it occurs, and is not required',
    caughtBy: ['token-missing'],
    deployment: { source: [mutate(CALLER, `${SHAPE}.exec(headers[0] ?? '')?.[1]`, "headers[0]?.replace('Bearer ', '')")] },
  },
  {
    id: 'token-with-a-tail',
    variant: true,
    what: 'the Authorization header is not matched to its end: text after the token is ignored',
    caughtBy: ['token-malformed'],
    deployment: { source: [mutate(CALLER, SHAPE, SHAPE.replace('$', ''))] },
  },
  {
    id: 'token-of-a-test-helper',
    what: 'the placeholder signature of the tests is still accepted',
    caughtBy: ['token-malformed'],
    deployment: {
      source: [
        mutate(CALLER, SHAPE, String.raw`/^Bearer ([\w.-]+)$/i`),
        mutate(
          VERIFY,
          `const { header, payload } = ${VERIFIED};`,
          `const { header, payload } = token.endsWith('.bypass-signature') ? jwt.decode(token.replace('.bypass-signature', ''), { complete: true }) : ${VERIFIED};`,
        ),
      ],
    },
  },
  {
    id: 'token-of-the-connection',
    variant: true,
    what: 'a verified caller is reused for all later requests of the connection',
    caughtBy: ['tenant-access'],
    deployment: {
      source: [
        mutate(
          CALLER,
          'if (caller !== undefined) res.locals.caller = caller;',
          "if (caller !== undefined) req.socket['caller'] = caller;\n    res.locals.caller = req.socket['caller'];",
        ),
      ],
    },
  },
  {
    id: 'token-malformed-500',
    what: 'a payload that is not JSON causes an unhandled error: 500',
    caughtBy: ['token-malformed'],
    deployment: { source: [mutate(VERIFY, ' || error instanceof SyntaxError || error instanceof TypeError', '')] },
  },
  {
    id: 'token-rejection-with-reason',
    variant: true,
    what: 'the response to an expired token reveals that it has expired',
    caughtBy: ['token-expired'],
    deployment: {
      source: [
        mutate(VERIFY, IMPORT, `${IMPORT}\nimport { Problem } from '../errors.ts';`),
        mutate(
          VERIFY,
          '  } catch (error) {',
          "  } catch (error) {\n    if (error instanceof jwt.TokenExpiredError) throw new Problem(401, 'token_expired', 'The token has expired.', { headers: { 'WWW-Authenticate': 'Bearer' } });",
        ),
      ],
    },
  },
  {
    id: 'token-rejection-without-challenge',
    variant: true,
    what: 'the 401 has no WWW-Authenticate',
    caughtBy: ['token-missing'],
    deployment: { source: [mutate('service/errors.ts', ", { headers: { 'WWW-Authenticate': 'Bearer' } }", '')] },
  },
  {
    id: 'token-rejection-as-403',
    variant: true,
    what: 'a request without a token gets 401, one with a bad token 403',
    caughtBy: ['token-missing'],
    deployment: {
      source: [
        mutate(CALLER, "import { unauthenticated } from '../errors.ts';", "import { Problem, unauthenticated } from '../errors.ts';"),
        mutate(
          CALLER,
          'if (caller !== undefined) res.locals.caller = caller;',
          "if (token !== undefined && caller === undefined) throw new Problem(403, 'invalid_token', 'The token is not valid.');\n    if (caller !== undefined) res.locals.caller = caller;",
        ),
      ],
    },
  },
  {
    id: 'route-without-token-suggestions',
    variant: true,
    what: 'the token is required for tasks but not for tags, whose suggestions need no caller',
    caughtBy: ['token-every-operation'],
    deployment: {
      source: [
        mutate(APP, REQUIRED, "app.use('/api/v1/tasks', requireCaller);"),
        mutate(TAG_ROUTES, 'suggestTags(db, userIdOf(res), prefix)', "suggestTags(db, res.locals.caller?.userId ?? '', prefix)"),
      ],
    },
  },
  {
    id: 'route-without-token-completion',
    variant: true,
    what: 'a link in an email can complete a task without a token',
    caughtBy: ['token-every-operation'],
    deployment: {
      source: [
        mutate(APP, REQUIRED, "app.use('/api/v1', (req, res, next) => (req.path.endsWith('/complete') ? next() : requireCaller(req, res, next)));"),
        mutate('service/routes/tasks.ts', 'toggleTask(db, userIdOf(res), id)', "toggleTask(db, '', id)"),
        mutate(
          TASK_QUERIES,
          "clock_timestamp()` }))\n    .where('id', '=', id)\n    .where('user_id', '=', ownerId)",
          "clock_timestamp()` }))\n    .where('id', '=', id)",
        ),
      ],
    },
  },
  {
    id: 'route-without-token-head',
    variant: true,
    what: 'HEAD is exempt from authentication like OPTIONS, and a request without a caller sees all rows',
    caughtBy: ['token-every-operation'],
    deployment: {
      source: [
        mutate(APP, REQUIRED, "app.use('/api/v1', (req, res, next) => (req.method === 'HEAD' ? next() : requireCaller(req, res, next)));"),
        ...ANONYMOUS_SEES_ALL,
      ],
    },
  },
  {
    id: 'route-without-token-in-upper-case',
    variant: true,
    what: 'the token is required for a path prefix in lower case, while routes match in any case',
    caughtBy: ['token-every-operation'],
    deployment: {
      source: [
        mutate(APP, REQUIRED, "app.use((req, res, next) => (req.path.startsWith('/api/v1') ? requireCaller(req, res, next) : next()));"),
        ...ANONYMOUS_SEES_ALL,
      ],
    },
  },
  {
    id: 'route-without-token-rewritten',
    variant: true,
    what: 'X-Original-URL chooses the route, while the token is required by the actual URL',
    caughtBy: ['token-every-operation'],
    deployment: {
      source: [
        mutate(
          APP,
          'app.use(requestLog(log));',
          "app.use((req, _res, next) => {\n    req.url = req.get('X-Original-URL') ?? req.url;\n    next();\n  });\n  app.use(requestLog(log));",
        ),
        mutate(APP, REQUIRED, "app.use((req, res, next) => (req.originalUrl.startsWith('/api/v1') ? requireCaller(req, res, next) : next()));"),
        ...ANONYMOUS_SEES_ALL,
      ],
    },
    seenIn: 'https://nvd.nist.gov/vuln/detail/CVE-2018-14773',
  },
  {
    id: 'token-large-500',
    what: 'headers that are too large cause a 500',
    caughtBy: ['token-oversized'],
    deployment: {
      source: [
        mutate(
          CLIENT_ERROR,
          "return new Problem(431, 'headers_too_large', 'The request line and the headers must not exceed 16 KiB.');",
          "return new Problem(500, 'internal', 'Something went wrong on our side.');",
        ),
      ],
    },
  },
  {
    id: 'token-costly',
    variant: true,
    what: 'encrypted tokens choose the number of hash iterations for their decryption',
    caughtBy: ['token-oversized'],
    deployment: {
      source: [
        mutate(
          CALLER,
          "import type { NextFunction, RequestHandler } from 'express';",
          "import { pbkdf2 } from 'node:crypto';\nimport type { NextFunction, RequestHandler } from 'express';",
        ),
        mutate(
          CALLER,
          '// A second Authorization header',
          String.raw`const encrypted = /^Bearer ([\w-]+)\.(?:[\w-]+\.){3}[\w-]+$/i.exec(headers?.[0] ?? '')?.[1];
    if (encrypted !== undefined) {
      const { p2s, p2c } = JSON.parse(Buffer.from(encrypted, 'base64url').toString());
      // No issuer encrypts tokens under a password yet, so no key matches.
      pbkdf2('', p2s, p2c, 32, 'sha512', next);
      return;
    }
    // A second Authorization header`,
        ),
      ],
    },
    seenIn: 'https://nvd.nist.gov/vuln/detail/CVE-2022-36083',
  },
  {
    id: 'token-shape-by-slow-pattern',
    variant: true,
    what: 'dots are optional in the token pattern: a long token with a wrong last character causes catastrophic backtracking',
    caughtBy: ['token-oversized'],
    deployment: { source: [mutate(CALLER, SHAPE, String.raw`/^Bearer ([\w-]+\.?[\w-]+\.?[\w-]+)$/i`)] },
  },
];
