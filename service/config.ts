import { parseEnv, z } from 'znv';
import { secretProblem } from './auth/unfit-secret.ts';
import { databaseUrlProblems, directUrl, isPooledHost, normalizeDatabaseUrl } from './db/url.ts';
import { redisUrlProblems } from './rate-limit/redis.ts';

/** Words of templates, tutorials and library defaults. They do not occur in a random key. */
const PLACEHOLDER =
  /change.?me|placeholder|your.?(jwt|secret|key)|replace|example|secret|password|passw0rd|better.?auth|token|development|123456|qwerty/i;

/** RFC 9110 section 5.6.2, without the wildcard. */
const HEADER_NAME = /^[!#$%&'+.^_`|~\dA-Za-z-]+$/;

const port = z.number().int().min(1).max(65_535);
const secret = z.string().superRefine((value, ctx) => {
  const problem = secretProblem(value);
  if (problem !== undefined) {
    reject(ctx, problem);
    return;
  }
  if (Buffer.byteLength(value) < 32) reject(ctx, 'is shorter than 32 bytes (HS256 needs at least 256 bits, RFC 7518 section 3.2)');
  if (new Set(value).size < 10 || PLACEHOLDER.test(value)) reject(ctx, 'looks like a placeholder');
});
/** Undefined unless it is a full SHA-1 id: an invalid value must not prevent the start. */
const commit = z
  .string()
  .optional()
  .transform((value) => (/^[0-9a-f]{40}$/i.test(value ?? '') ? value?.toLowerCase() : undefined));
const databaseUrl = z.string().superRefine((value, ctx) => databaseUrlProblems(value).forEach((problem) => reject(ctx, problem)));
const redisUrl = z.string().superRefine((value, ctx) => redisUrlProblems(value).forEach((problem) => reject(ctx, problem)));
const jwksUrl = z.string().superRefine((value, ctx) => {
  const problem = jwksUrlProblem(value);
  if (problem !== undefined) reject(ctx, problem);
});
const origins = commaList(originProblem, 'has an origin twice');
const headerNames = commaList(headerNameProblem, 'has a header twice');

const GENERATE = 'Generate one with: openssl rand -base64 48';
const UNLESS_ISSUER = "Optional where AUTH_JWKS_URL and AUTH_ISSUER verify the tokens of the app's sign-in.";

/** Every variable that the service reads. The description is also the help text when a value is missing or invalid. */
export const settings = {
  NODE_ENV: {
    schema: z.enum(['development', 'test', 'production']),
    description: 'Where the service runs: development, test or production. Reported by /health.',
  },
  PORT: {
    schema: port,
    defaults: { development: 8080, test: 8080 },
    description: 'TCP port to listen on (1 to 65535), on all addresses. Railway sets it.',
  },
  DATABASE_URL: {
    schema: databaseUrl,
    description:
      "PostgreSQL URL the service queries: Neon's pooled one, postgresql://user:password@host-pooler.region.aws.neon.tech/db?sslmode=require.",
  },
  DATABASE_URL_UNPOOLED: {
    schema: databaseUrl.optional(),
    description: 'Direct PostgreSQL URL, for migrations only. If absent, derived from DATABASE_URL by removing -pooler from the host.',
  },
  JWT_SECRET: {
    schema: secret.optional(),
    description: `HS256 key of bearer tokens made by the app, by other services and by the audit; 32 bytes or more. ${GENERATE}. ${UNLESS_ISSUER}`,
  },
  BETTER_AUTH_SECRET: {
    schema: secret.optional(),
    description: `HS256 key of tokens made by the app's Better Auth; 32 bytes or more, other than JWT_SECRET. ${GENERATE}. ${UNLESS_ISSUER}`,
  },
  AUTH_JWKS_URL: {
    schema: jwksUrl.optional(),
    description:
      "URL of the JWK set with the public keys of the app's sign-in, such as https://tasks-app.vercel.app/api/auth/jwks. Tokens are then verified with EdDSA, ES256 or RS256, and the HS256 keys are optional.",
  },
  AUTH_ISSUER: {
    schema: z.string().min(1).optional(),
    description: 'The exact iss of these tokens, including a trailing slash if the issuer has one. Required with AUTH_JWKS_URL.',
  },
  AUTH_AUDIENCE: {
    schema: z.string().min(1).optional(),
    description: 'The aud that these tokens must have. Without it, their azp must be one of CORS_ORIGINS.',
  },
  CORS_ORIGINS: {
    schema: origins,
    defaults: { development: 'http://localhost:3000', test: 'http://localhost:3000' },
    description: 'Comma-separated exact origins whose pages may call the API, such as https://tasks-app.vercel.app.',
  },
  CORS_REQUEST_HEADERS: {
    schema: headerNames.optional(),
    description:
      'Comma-separated request headers that pages may send in addition to those of the contract, such as sentry-trace,baggage,traceparent for tracing.',
  },
  TRUST_PROXY: {
    schema: z.number().int().min(0).max(10),
    defaults: { _: 0 },
    description:
      'Number of proxies in front that append to X-Forwarded-For (0 to 10). Railway: 2. If it is too high, clients can forge their address.',
  },
  RATE_LIMIT_PER_MINUTE: {
    schema: z.number().int().min(1).max(100_000),
    defaults: { _: 100 },
    description: 'Requests per minute for each user, or for each client address without a valid token.',
  },
  REDIS_URL: {
    schema: redisUrl.optional(),
    description:
      'Redis that shares the rate limit between replicas: rediss://user:password@host:port, or redis:// to this machine or a *.railway.internal host. Not needed for one instance.',
  },
  DATABASE_POOL_MAX: {
    schema: z.number().int().min(1).max(100),
    defaults: { _: 10 },
    description: 'Maximum number of database connections per instance (1 to 100).',
  },
  SHUTDOWN_GRACE_SECONDS: {
    schema: z.number().int().min(1).max(300),
    defaults: { _: 20 },
    description: 'Seconds that requests in flight may take after SIGTERM. Set RAILWAY_DEPLOYMENT_DRAINING_SECONDS above it.',
  },
  API_DOCS: {
    schema: z.boolean(),
    defaults: { production: false, _: true },
    description: 'Whether GET /openapi.json serves the contract and GET /docs an interactive page.',
  },
  LOG_LEVEL: {
    schema: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']),
    defaults: { _: 'info' },
    description: 'Least severe level that is logged: fatal, error, warn, info, debug, trace or silent.',
  },
  RAILWAY_GIT_COMMIT_SHA: {
    schema: commit,
    description: 'Git commit of the release (40 hex digits), reported by /health. Railway sets it for deployments from GitHub.',
  },
  COMMIT_SHA: {
    schema: commit,
    description: 'Git commit if Railway does not set it, such as after railway up. Without either, /health reports null.',
  },
} as const;

export type SettingName = keyof typeof settings;

/** Both are required unless AUTH_JWKS_URL is set. */
export const sharedSecrets = ['JWT_SECRET', 'BETTER_AUTH_SECRET'] as const satisfies readonly SettingName[];

/** Never printed, and without a default. */
export const secretSettings: ReadonlySet<string> = new Set<SettingName>([
  'DATABASE_URL',
  'DATABASE_URL_UNPOOLED',
  'JWT_SECRET',
  'BETTER_AUTH_SECRET',
  'REDIS_URL',
]);

export type Environment = Record<string, string | undefined>;

export type Config = ReturnType<typeof toConfig>;

/** The environment is invalid. The message names each variable and what to do, and never quotes a received value. */
export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    super([`${count} in the environment settings:`, ...problems.map((problem) => `  - ${problem}`)].join('\n'));
    this.name = 'ConfigError';
  }
}

/**
 * Parses the service's settings.
 * @throws {ConfigError} with all problems, if any setting is missing or invalid
 */
export function readConfig(source: Environment): Config {
  const env = trimmed(source);
  const problems = misspelledNames(source);
  try {
    const parsed = parseEnv(env, settings, (errors) => {
      problems.push(...errors.flatMap(({ key, error }) => explain(key, env[key], error)));
      return '';
    });
    problems.push(...contradictions(env));
    if (problems.length === 0) return toConfig(parsed);
  } catch (error) {
    if (problems.length === 0) throw error;
    problems.push(...contradictions(env));
  }
  throw new ConfigError(problems);
}

/**
 * The direct URL for migrations: Kysely's migration lock is a session lock, which a transaction pooler breaks.
 * @throws {ConfigError} if it is missing, invalid or a pooler's
 */
export function readMigrationUrl(source: Environment): string {
  const env = trimmed(source);
  const direct = env['DATABASE_URL_UNPOOLED'];
  const name = direct === undefined ? 'DATABASE_URL' : 'DATABASE_URL_UNPOOLED';
  const url = direct ?? env['DATABASE_URL'];
  if (url === undefined) throw new ConfigError(['DATABASE_URL_UNPOOLED (or DATABASE_URL) is missing: set the direct PostgreSQL URL for migrations.']);
  const problems = databaseUrlProblems(url);
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => `${name} ${problem}.`));
  if (direct !== undefined && isPooledHost(url)) {
    throw new ConfigError([
      `${name} points at a pooled host (-pooler): migrations take a session lock that a transaction pooler leaks. Use the direct host, without -pooler.`,
    ]);
  }
  return normalizeDatabaseUrl(direct ?? directUrl(url));
}

function toConfig(parsed: ReturnType<typeof parseEnv<typeof settings>>) {
  return {
    environment: parsed.NODE_ENV,
    port: parsed.PORT,
    databaseUrl: normalizeDatabaseUrl(parsed.DATABASE_URL),
    databasePoolMax: parsed.DATABASE_POOL_MAX,
    jwtSecret: parsed.JWT_SECRET,
    betterAuthSecret: parsed.BETTER_AUTH_SECRET,
    ...(parsed.AUTH_JWKS_URL !== undefined && {
      authIssuer: { jwksUrl: parsed.AUTH_JWKS_URL, issuer: parsed.AUTH_ISSUER ?? '', audience: parsed.AUTH_AUDIENCE },
    }),
    corsOrigins: parsed.CORS_ORIGINS,
    corsRequestHeaders: parsed.CORS_REQUEST_HEADERS ?? [],
    trustProxy: parsed.TRUST_PROXY,
    rateLimitPerMinute: parsed.RATE_LIMIT_PER_MINUTE,
    ...(parsed.REDIS_URL !== undefined && { redisUrl: parsed.REDIS_URL }),
    shutdownGraceSeconds: parsed.SHUTDOWN_GRACE_SECONDS,
    apiDocs: parsed.API_DOCS,
    logLevel: parsed.LOG_LEVEL,
    commit: parsed.RAILWAY_GIT_COMMIT_SHA ?? parsed.COMMIT_SHA ?? null,
  };
}

function trimmed(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value?.trim()]));
}

function misspelledNames(env: Environment): string[] {
  return Object.keys(env)
    .filter((name) => name !== name.trim() && name.trim() in settings)
    .map((name) => `${JSON.stringify(name)} has stray spaces in its name: rename it to ${name.trim()}.`);
}

function explain(key: string, value: string | undefined, error: unknown): string[] {
  const description = key in settings ? settings[key as SettingName].description : '';
  if (value === undefined) return [`${key} is missing. ${description}`];
  if (value === '') return [`${key} is empty. ${description}`];
  // zod's own messages may quote the received value.
  const ours = error instanceof z.ZodError ? error.issues.filter(({ code }) => code === 'custom') : [];
  return ours.length === 0 ? [`${key} is invalid. ${description}`] : ours.map(({ message }) => `${key} ${message}. ${description}`);
}

/** Rules about two variables. */
function contradictions(env: Environment): string[] {
  const problems: string[] = [];
  const hasKeySet = env['AUTH_JWKS_URL'] !== undefined;
  for (const name of sharedSecrets) {
    if (!hasKeySet && env[name] === undefined) problems.push(`${name} is missing. ${settings[name].description}`);
  }
  if (hasKeySet && env['AUTH_ISSUER'] === undefined) problems.push(`AUTH_ISSUER is missing. ${settings.AUTH_ISSUER.description}`);
  for (const name of ['AUTH_ISSUER', 'AUTH_AUDIENCE'] as const) {
    if (!hasKeySet && env[name] !== undefined) problems.push(`${name} has no effect without AUTH_JWKS_URL: set it, or remove ${name}.`);
  }
  if (env['NODE_ENV'] === 'production' && env['AUTH_JWKS_URL']?.startsWith('http:') === true)
    problems.push('AUTH_JWKS_URL is an http URL: in production it must be https.');
  if (env['JWT_SECRET'] !== undefined && env['JWT_SECRET'] === env['BETTER_AUTH_SECRET']) {
    problems.push(`BETTER_AUTH_SECRET equals JWT_SECRET: a leak of one would leak both. ${GENERATE}`);
  }
  if (env['NODE_ENV'] === 'production' && /(^|,)\s*http:/.test(env['CORS_ORIGINS'] ?? '')) {
    problems.push('CORS_ORIGINS has an http origin: in production every origin must be https.');
  }
  return problems;
}

function jwksUrlProblem(value: string): string | undefined {
  const url = URL.parse(value);
  if (url === null || !/^https?:$/.test(url.protocol)) return 'is not an https URL';
  if (url.protocol === 'http:' && !['localhost', '127.0.0.1'].includes(url.hostname)) return 'is an http URL of a host other than localhost';
  return url.username !== '' || url.password !== '' || url.hash !== '' ? 'has user info or a fragment' : undefined;
}

function originProblem(value: string): string | undefined {
  if (value === '') return 'has an empty entry: remove the stray comma';
  if (value.includes('*')) return 'has a wildcard: list each origin exactly';
  const url = URL.parse(value);
  if (url === null) return 'has an entry that is not an origin such as https://tasks-app.vercel.app';
  if (url.protocol === 'http:' && url.hostname !== 'localhost') return 'has an http origin other than http://localhost';
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'has an origin that is neither https nor http://localhost';
  if (url.origin !== value)
    return 'has an entry with a path, a trailing slash, a default port, user info or upper case: browsers send only scheme, host and port';
  return undefined;
}

function headerNameProblem(name: string): string | undefined {
  if (name === '') return 'has an empty entry: remove the stray comma';
  if (name.includes('*')) return 'has a wildcard: list each header';
  return HEADER_NAME.test(name) ? undefined : 'has an entry that is not a header name';
}

function commaList(problemOf: (item: string) => string | undefined, duplicate: string): z.ZodType<string[], z.ZodTypeDef, string> {
  return z.string().transform((value, ctx) => {
    const list = value.split(',').map((item) => item.trim());
    const problems = list.map(problemOf).filter((problem) => problem !== undefined);
    if (new Set(list.map((item) => item.toLowerCase())).size !== list.length) problems.push(duplicate);
    for (const problem of problems) reject(ctx, problem);
    return list;
  });
}

function reject(ctx: z.RefinementCtx, message: string): void {
  ctx.addIssue({ code: 'custom', message });
}
