import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { ConfigError, type Environment, readConfig, readMigrationUrl, settings } from './config.ts';
import { newSecret } from './test/tokens.ts';

const REQUIRED_IN_PRODUCTION = ['NODE_ENV', 'PORT', 'DATABASE_URL', 'JWT_SECRET', 'BETTER_AUTH_SECRET', 'CORS_ORIGINS'];
const password = randomBytes(12).toString('hex');

const neon = (host: string, query = '?sslmode=require&channel_binding=require'): string => `postgresql://app:${password}@${host}/tasks${query}`;
const POOLED = 'ep-cool-1-pooler.eu-central-1.aws.neon.tech';
const DIRECT = 'ep-cool-1.eu-central-1.aws.neon.tech';

const production = (changes: Environment = {}): Environment => ({
  NODE_ENV: 'production',
  PORT: '8080',
  DATABASE_URL: neon(POOLED),
  JWT_SECRET: newSecret(),
  BETTER_AUTH_SECRET: newSecret(),
  CORS_ORIGINS: 'https://tasks-app.vercel.app',
  ...changes,
});

function problems(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ConfigError, `not a ConfigError: ${String(error)}`);
    const [count, ...lines] = error.message.split('\n');
    assert.match(count ?? '', new RegExp(`^${lines.length} problems? in the environment settings:$`));
    return lines.map((line) => line.replace('  - ', ''));
  }
  return [];
}

/** Asserts that exactly one variable is rejected, for this reason. */
function rejects(changes: Environment, reason: RegExp): void {
  const found = problems(() => readConfig(production(changes)));
  assert.equal(found.length, 1, found.join('\n'));
  assert.match(found[0] ?? '', reason);
}

describe('the settings', () => {
  test('are read from a complete production environment, with the documented defaults', () => {
    const env = production();
    const { databaseUrl, ...config } = readConfig(env);
    assert.deepEqual(config, {
      environment: 'production',
      port: 8080,
      databasePoolMax: 10,
      jwtSecret: env['JWT_SECRET'],
      betterAuthSecret: env['BETTER_AUTH_SECRET'],
      corsOrigins: ['https://tasks-app.vercel.app'],
      corsRequestHeaders: [],
      trustProxy: 0,
      rateLimitPerMinute: 100,
      shutdownGraceSeconds: 20,
      apiDocs: false,
      logLevel: 'info',
      commit: null,
    });
    assert.equal(databaseUrl, neon(POOLED, '?sslmode=verify-full&channel_binding=require'));
  });

  test('do not modify the given environment', () => {
    const env = Object.freeze(production({ PORT: ' 8080 ' }));
    assert.equal(readConfig(env).port, 8080);
    assert.equal(env['PORT'], ' 8080 ');
  });

  for (const name of REQUIRED_IN_PRODUCTION) {
    test(`have no fallback for ${name} in production, absent, empty or blank`, () => {
      rejects({ [name]: undefined }, new RegExp(`^${name} is missing\\. `));
      rejects({ [name]: '' }, new RegExp(`^${name} is empty\\. `));
      rejects({ [name]: '  ' }, new RegExp(`^${name} is empty\\. `));
    });
  }

  test('default to a local port, a local origin and served docs in development, and never to a secret or a database', () => {
    const { NODE_ENV: _, PORT: __, CORS_ORIGINS: ___, ...secrets } = production();
    const config = readConfig({ ...secrets, NODE_ENV: 'development' });
    assert.deepEqual([config.port, config.corsOrigins, config.apiDocs], [8080, ['http://localhost:3000'], true]);
    for (const environment of ['development', 'test']) {
      const missing = problems(() => readConfig({ NODE_ENV: environment })).map((line) => line.split(' ')[0]);
      assert.deepEqual(missing, ['DATABASE_URL', 'JWT_SECRET', 'BETTER_AUTH_SECRET']);
    }
  });

  test('need no shared secret in production when the issuer of tokens is configured', () => {
    const { JWT_SECRET: _, BETTER_AUTH_SECRET: __, ...rest } = production();
    const issuer = { AUTH_JWKS_URL: 'https://tasks-app.vercel.app/api/auth/jwks', AUTH_ISSUER: 'https://tasks-app.vercel.app' };
    const config = readConfig({ ...rest, ...issuer });
    assert.deepEqual([config.jwtSecret, config.betterAuthSecret], [undefined, undefined]);
    assert.deepEqual(config.authIssuer, { jwksUrl: issuer.AUTH_JWKS_URL, issuer: issuer.AUTH_ISSUER, audience: undefined });
    assert.deepEqual(readConfig({ ...rest, ...issuer, AUTH_AUDIENCE: 'api' }).authIssuer?.audience, 'api');
    const neither = problems(() => readConfig(rest));
    assert.equal(neither.length, 2);
    for (const line of neither)
      assert.match(line, /^(JWT_SECRET|BETTER_AUTH_SECRET) is missing\. .* Optional where AUTH_JWKS_URL and AUTH_ISSUER verify/);
  });

  test('reject an issuer that is incomplete, or whose keys could be replaced on the way', () => {
    const jwks = { AUTH_JWKS_URL: 'https://auth.test/jwks', AUTH_ISSUER: 'https://auth.test' };
    rejects({ AUTH_JWKS_URL: jwks.AUTH_JWKS_URL }, /^AUTH_ISSUER is missing/);
    rejects({ AUTH_ISSUER: jwks.AUTH_ISSUER }, /^AUTH_ISSUER has no effect without AUTH_JWKS_URL/);
    rejects({ AUTH_AUDIENCE: 'api' }, /^AUTH_AUDIENCE has no effect without AUTH_JWKS_URL/);
    rejects({ ...jwks, AUTH_JWKS_URL: 'http://localhost/jwks' }, /in production it must be https/);
    for (const url of [
      'auth.test/jwks',
      'ftp://auth.test/jwks',
      'http://auth.test/jwks',
      `https://user:${password}@auth.test/jwks`,
      'https://auth.test/jwks#1',
    ])
      assert.ok(
        problems(() => readConfig(production({ ...jwks, AUTH_JWKS_URL: url }))).some((line) => line.startsWith('AUTH_JWKS_URL ')),
        url,
      );
    const development = { ...production(), ...jwks, NODE_ENV: 'development', AUTH_JWKS_URL: 'http://localhost:3000/api/auth/jwks' };
    assert.deepEqual(
      problems(() => readConfig(development)),
      [],
    );
  });

  test('are all reported together, each by its name, when all are missing', () => {
    const missing = problems(() => readConfig({})).map((line) => line.split(' ').slice(0, 3).join(' '));
    assert.deepEqual(missing.toSorted(), REQUIRED_IN_PRODUCTION.map((name) => `${name} is missing.`).toSorted());
  });

  test('are all reported together, without a received value, when all are wrong', () => {
    const canary = (): string => `cn${randomBytes(6).toString('hex')}`;
    const received: Record<string, string> = {
      ...Object.fromEntries(Object.keys(settings).map((name) => [name, canary()])),
      CORS_REQUEST_HEADERS: `${canary()} ${canary()}`,
    };
    const shaped: Record<string, string> = {
      DATABASE_URL: `postgresql://${canary()}:${canary()}@${canary()}.test/${canary()}?application_name=${canary()}`,
      DATABASE_URL_UNPOOLED: `postgresql+asyncpg://${canary()}:${canary()}@${canary()}.test/${canary()}`,
      REDIS_URL: `redis://${canary()}:${canary()}@${canary()}.test/${canary()}`,
      CORS_ORIGINS: `https://${canary()}.test/${canary()},http://${canary()}.test,${canary()}`,
    };
    for (const env of [received, { ...received, ...shaped }]) {
      const found = problems(() => readConfig(env));
      const names = new Set(found.map((line) => line.slice(0, line.indexOf(' '))));
      // These have no invalid value.
      const validated = Object.keys(settings).filter((name) => !/COMMIT_SHA$|^AUTH_(ISSUER|AUDIENCE)$/.test(name));
      assert.deepEqual([...names].toSorted(), validated.toSorted());
      for (const value of Object.values(env)) {
        for (const [part] of value.matchAll(/cn[0-9a-f]{12}/g)) assert.ok(!found.join('\n').includes(part), `a part of a value is quoted: ${part}`);
      }
    }
  });

  test('are trimmed', () => {
    const env = production();
    const padded = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, `  ${value}\r\n`]));
    assert.deepEqual(readConfig(padded), readConfig(env));
  });

  test('name a variable whose name has stray spaces', () => {
    const { JWT_SECRET, ...rest } = production();
    assert.deepEqual(
      problems(() => readConfig({ ...rest, ' JWT_SECRET': JWT_SECRET })).map((line) => line.split('. ')[0]),
      ['" JWT_SECRET" has stray spaces in its name: rename it to JWT_SECRET.', 'JWT_SECRET is missing'],
    );
    rejects({ 'API_DOCS ': 'true' }, /^"API_DOCS " has stray spaces in its name: rename it to API_DOCS\.$/);
  });

  test('reject numbers that are out of range or not plain integers', () => {
    for (const port of ['0', '65536', '80.5', '-1', '0x50', '1e3', '8080abc']) rejects({ PORT: port }, /^PORT is invalid\. /);
    for (const hops of ['-1', '11', 'true']) rejects({ TRUST_PROXY: hops }, /^TRUST_PROXY is invalid\. /);
    for (const limit of ['0', '100001']) rejects({ RATE_LIMIT_PER_MINUTE: limit }, /^RATE_LIMIT_PER_MINUTE is invalid\. /);
    for (const size of ['0', '101']) rejects({ DATABASE_POOL_MAX: size }, /^DATABASE_POOL_MAX is invalid\. /);
    for (const grace of ['0', '301']) rejects({ SHUTDOWN_GRACE_SECONDS: grace }, /^SHUTDOWN_GRACE_SECONDS is invalid\. /);
  });

  test('reject an unknown environment, log level and flag', () => {
    rejects({ NODE_ENV: 'prod' }, /^NODE_ENV is invalid\. .*development, test or production/);
    rejects({ LOG_LEVEL: 'verbose' }, /^LOG_LEVEL is invalid\. /);
    rejects({ API_DOCS: 'maybe' }, /^API_DOCS is invalid\. /);
  });
});

describe('the commit', () => {
  const [sha, other] = [randomBytes(20).toString('hex'), randomBytes(20).toString('hex')];
  const commitOf = (changes: Environment): string | null => readConfig(production(changes)).commit;

  test("is Railway's, or else COMMIT_SHA, in lower case", () => {
    assert.equal(commitOf({ RAILWAY_GIT_COMMIT_SHA: sha }), sha);
    assert.equal(commitOf({ COMMIT_SHA: sha }), sha);
    assert.equal(commitOf({ RAILWAY_GIT_COMMIT_SHA: sha, COMMIT_SHA: other }), sha);
    assert.equal(commitOf({ COMMIT_SHA: ` ${sha.toUpperCase()}\n` }), sha);
  });

  test('is null for anything but 40 hex digits, and never prevents the start', () => {
    for (const value of ['', ' ', 'main', 'v1.2.3', sha.slice(1), `${sha}0`, sha.replace(/^./, 'g'), `${sha}${other.slice(0, 24)}`, `"${sha}"`]) {
      assert.equal(commitOf({ RAILWAY_GIT_COMMIT_SHA: value }), null, value);
      assert.equal(commitOf({ RAILWAY_GIT_COMMIT_SHA: value, COMMIT_SHA: value }), null, value);
      assert.equal(commitOf({ RAILWAY_GIT_COMMIT_SHA: value, COMMIT_SHA: sha }), sha, value);
    }
  });
});

describe('a secret', () => {
  for (const name of ['JWT_SECRET', 'BETTER_AUTH_SECRET']) {
    test(`in ${name} has 32 bytes or more`, () => {
      rejects({ [name]: newSecret().slice(0, 31) }, new RegExp(`^${name} is shorter than 32 bytes`));
      assert.deepEqual(
        problems(() => readConfig(production({ [name]: newSecret().slice(0, 32) }))),
        [],
      );
    });

    test(`in ${name} is not a placeholder`, () => {
      for (const value of [
        'change-me',
        'changeme',
        'your-jwt-secret',
        'your_secret',
        'replace-this',
        'example',
        'placeholder',
        'better-auth-secret-12345678901234567890',
        'a-string-secret-at-least-256-bits-long',
        'MyPassw0rd',
        'development-key',
        '1234567890',
      ]) {
        rejects({ [name]: `${newSecret()}${value}` }, new RegExp(`^${name} looks like a placeholder\\. .*openssl rand`));
      }
      rejects({ [name]: 'abcabcabc'.repeat(6) }, new RegExp(`^${name} looks like a placeholder\\. `));
    });
  }

  test('differs for each purpose', () => {
    const same = newSecret();
    rejects({ JWT_SECRET: same, BETTER_AUTH_SECRET: same }, /^BETTER_AUTH_SECRET equals JWT_SECRET/);
    rejects({ JWT_SECRET: same, BETTER_AUTH_SECRET: ` ${same} ` }, /^BETTER_AUTH_SECRET equals JWT_SECRET/);
  });
});

describe('an origin', () => {
  const invalid: Record<string, RegExp> = {
    '*': /^CORS_ORIGINS has a wildcard/,
    'https://*.vercel.app': /^CORS_ORIGINS has a wildcard/,
    'https://tasks-app.vercel.app/': /^CORS_ORIGINS has an entry with a path, a trailing slash/,
    'https://tasks-app.vercel.app/login': /^CORS_ORIGINS has an entry with a path/,
    'https://tasks-app.vercel.app:443': /^CORS_ORIGINS has an entry with .* a default port/,
    'https://user@tasks-app.vercel.app': /^CORS_ORIGINS has an entry with .* user info/,
    'https://Tasks-App.vercel.app': /^CORS_ORIGINS has an entry with .* upper case/,
    'https://tasks-app.vercel.app,https://tasks-app.vercel.app': /^CORS_ORIGINS has an origin twice/,
    'https://tasks-app.vercel.app, https://tasks-app.vercel.app': /^CORS_ORIGINS has an origin twice/,
    'https://tasks-app.vercel.app,': /^CORS_ORIGINS has an empty entry/,
    'tasks-app.vercel.app': /^CORS_ORIGINS has an entry that is not an origin/,
    'ftp://tasks-app.vercel.app': /^CORS_ORIGINS has an origin that is neither https nor/,
    null: /^CORS_ORIGINS has an entry that is not an origin/,
  };
  for (const [value, reason] of Object.entries(invalid)) {
    test(`is not ${value}`, () => rejects({ CORS_ORIGINS: value }, reason));
  }

  test('is https in production, localhost included', () => {
    const found = (value: string): string => problems(() => readConfig(production({ CORS_ORIGINS: value }))).join('\n');
    assert.match(found('http://localhost:3000'), /^CORS_ORIGINS has an http origin: in production every origin must be https\.$/);
    assert.match(found('https://tasks-app.vercel.app, http://localhost:3000'), /^CORS_ORIGINS has an http origin/);
    assert.match(found('http://tasks-app.vercel.app'), /has an http origin other than http:\/\/localhost/);
  });

  test('may be http outside production, only on localhost', () => {
    const read = (value: string): unknown => readConfig(production({ NODE_ENV: 'development', CORS_ORIGINS: value })).corsOrigins;
    assert.deepEqual(read('http://localhost:3000, https://tasks-app.vercel.app'), ['http://localhost:3000', 'https://tasks-app.vercel.app']);
    for (const value of ['http://tasks-app.vercel.app', 'http://localhost.evil.test', 'http://127.0.0.1:3000']) {
      assert.match(problems(() => read(value)).join('\n'), /has an http origin other than http:\/\/localhost/);
    }
  });
});

describe('further request headers', () => {
  test('are none by default, and those that are listed', () => {
    assert.deepEqual(readConfig(production()).corsRequestHeaders, []);
    assert.deepEqual(readConfig(production({ CORS_REQUEST_HEADERS: ' sentry-trace, baggage,Traceparent ,X-B3-Id_1' })).corsRequestHeaders, [
      'sentry-trace',
      'baggage',
      'Traceparent',
      'X-B3-Id_1',
    ]);
  });

  test('are distinct header names without a wildcard', () => {
    rejects({ CORS_REQUEST_HEADERS: '' }, /^CORS_REQUEST_HEADERS is empty\. /);
    for (const value of ['*', 'x-*', 'baggage,*'])
      rejects({ CORS_REQUEST_HEADERS: value }, /^CORS_REQUEST_HEADERS has a wildcard: list each header\. /);
    for (const value of ['baggage,', ',baggage', 'baggage,,traceparent'])
      rejects({ CORS_REQUEST_HEADERS: value }, /^CORS_REQUEST_HEADERS has an empty entry: remove the stray comma\. /);
    for (const value of ['sentry trace', 'baggage;traceparent', 'baggage: 1', '"baggage"', 'bäggage', 'baggage\r\nx-evil', 'x(y)'])
      rejects({ CORS_REQUEST_HEADERS: value }, /^CORS_REQUEST_HEADERS has an entry that is not a header name\. /);
    rejects({ CORS_REQUEST_HEADERS: 'baggage, Baggage' }, /^CORS_REQUEST_HEADERS has a header twice\. /);
  });
});

describe('a database URL', () => {
  for (const name of ['DATABASE_URL', 'DATABASE_URL_UNPOOLED']) {
    test(`in ${name} with a SQLAlchemy scheme is rejected with the text to paste instead`, () => {
      for (const scheme of ['postgresql+asyncpg', 'postgres+psycopg2']) {
        rejects(
          { [name]: neon(DIRECT).replace('postgresql', scheme) },
          new RegExp(`^${name} has a SQLAlchemy scheme .*paste the same URL with postgresql:// instead`),
        );
      }
    });

    test(`in ${name} on a remote host requires TLS`, () => {
      for (const query of ['', '?sslmode=disable', '?sslmode=prefer', '?sslmode=allow', '?sslmode=no-verify', '?ssl=true']) {
        rejects({ [name]: neon(DIRECT, query) }, new RegExp(`^${name} points at a remote host without TLS: append \\?sslmode=require`));
      }
      rejects({ [name]: neon('127.0.0.1.evil.test', '') }, /points at a remote host without TLS/);
    });

    test(`in ${name} is a postgresql URL with a host and a database`, () => {
      rejects({ [name]: 'mysql://127.0.0.1/tasks' }, new RegExp(`^${name} is not a postgresql:// URL`));
      rejects({ [name]: 'not a url' }, new RegExp(`^${name} is not a postgresql:// URL`));
      rejects({ [name]: 'postgresql://127.0.0.1/' }, new RegExp(`^${name} has no database name`));
      rejects({ [name]: 'postgresql://127.0.0.1/tasks?host=db.evil.test' }, new RegExp(`^${name} has its host in a parameter`));
    });
  }

  test('may be without TLS on this machine', () => {
    for (const host of ['127.0.0.1:5432', 'localhost', '[::1]:5432'])
      assert.equal(readConfig(production({ DATABASE_URL: neon(host, '') })).databaseUrl, neon(host, ''));
  });

  test('with TLS gets a verified certificate, even with a weaker sslmode', () => {
    for (const mode of ['require', 'verify-ca', 'verify-full']) {
      assert.equal(readConfig(production({ DATABASE_URL: neon(POOLED, `?sslmode=${mode}`) })).databaseUrl, neon(POOLED, '?sslmode=verify-full'));
    }
  });
});

describe('a Redis URL', () => {
  const redis = (host: string, scheme = 'redis'): string => `${scheme}://default:${password}@${host}`;

  test('is optional, but not empty', () => {
    assert.equal(readConfig(production()).redisUrl, undefined);
    rejects({ REDIS_URL: '' }, /^REDIS_URL is empty\. /);
    rejects({ REDIS_URL: ' ' }, /^REDIS_URL is empty\. /);
  });

  test('has the scheme of Redis, a host, and at most the number of a database', () => {
    for (const value of ['http://127.0.0.1:6379', '127.0.0.1:6379', 'redis+tls://127.0.0.1', 'unix:/run/redis.sock', 'not a url'])
      rejects({ REDIS_URL: value }, /^REDIS_URL is not a redis:\/\/ or rediss:\/\/ URL/);
    for (const value of ['redis:///1', 'rediss:1']) rejects({ REDIS_URL: value }, /^REDIS_URL has no host/);
    rejects({ REDIS_URL: redis('127.0.0.1/tasks') }, /^REDIS_URL has a path that is not a database number/);
    assert.equal(readConfig(production({ REDIS_URL: redis('127.0.0.1:6379/1') })).redisUrl, redis('127.0.0.1:6379/1'));
  });

  test('requires TLS to a remote host', () => {
    for (const host of [
      'cache.test:6379',
      '10.0.0.1',
      '[2001:db8::1]:6379',
      '127.0.0.1.evil.test',
      'railway.internal.evil.test',
      'evilrailway.internal',
    ]) {
      rejects({ REDIS_URL: redis(host) }, /^REDIS_URL points at a remote host without TLS: write rediss:\/\/ instead of redis:\/\//);
      assert.equal(readConfig(production({ REDIS_URL: redis(host, 'rediss') })).redisUrl, redis(host, 'rediss'));
    }
  });

  test("may be without TLS on this machine and in Railway's private network, which is encrypted", () => {
    for (const host of ['127.0.0.1:6379', 'localhost', '[::1]:6379', 'redis.railway.internal:6379'])
      assert.equal(readConfig(production({ REDIS_URL: redis(host) })).redisUrl, redis(host));
  });
});

describe('a password in a URL', () => {
  const NAMES = {
    DATABASE_URL: (secret: string) => `postgresql://app:${secret}@${POOLED}/tasks?sslmode=require`,
    DATABASE_URL_UNPOOLED: (secret: string) => `postgresql://app:${secret}@${DIRECT}:5432/tasks?sslmode=require`,
    REDIS_URL: (secret: string) => `rediss://default:${secret}@cache.test:6379/1`,
  };
  const ENCODED = { '#': '%23', '/': '%2F', '?': '%3F' };
  // Also if the first of them ends a part that looks like a port.
  const around = [`${password}*${password}`, `12*${password}`, `*${password}`, `${password}*`];

  for (const [name, urlWith] of Object.entries(NAMES)) {
    test(`in ${name} with # / or ? is rejected with the text to write, and never quoted`, () => {
      for (const [character, encoded] of Object.entries(ENCODED)) {
        for (const pattern of around) {
          const secret = pattern.replace('*', character);
          const [found = '', ...others] = problems(() => readConfig(production({ [name]: urlWith(secret) })));
          assert.deepEqual(others, [], secret);
          assert.ok(
            found.startsWith(`${name} has characters in its password that must be percent-encoded: write ${encoded} for ${character}. `),
            found,
          );
          assert.ok(!found.includes(password), found);
          assert.deepEqual(
            problems(() => readConfig(production({ [name]: urlWith(encodeURIComponent(secret)) }))),
            [],
          );
        }
      }
    });

    test(`in ${name} with several of them gets all of them named`, () => {
      rejects({ [name]: urlWith('a@b#c d/e?f%g%23') }, /write %23 for #, %2F for \/, %3F for \?, %40 for @, %25 for %, %20 for a space\. /);
      rejects({ [name]: urlWith('a@b/c') }, /write %2F for \/, %40 for @\. /);
    });

    test(`in ${name} with a % that begins no valid escape is rejected too`, () => {
      for (const secret of ['50%', '50%off', 'a%2', 'a%ff', '%%'])
        rejects({ [name]: urlWith(secret) }, new RegExp(`^${name} has a % in its password that must be percent-encoded: write %25 for %\\. `));
    });

    test(`in ${name} may have any other character`, () => {
      for (const secret of ['a@b', 'a b', 'a:b', 'a&b=c', 'a+b', 'a;b,c', 'a!$*()', "a'b", 'a"b', 'a[b]', 'ä€', 'a%40b', '%23%2F%3F'])
        assert.deepEqual(
          problems(() => readConfig(production({ [name]: urlWith(secret) }))),
          [],
          secret,
        );
    });
  }

  test('is not searched in the parameters', () => {
    for (const query of ['application_name=app@host', 'sslmode=require&application_name=a@b/c'])
      assert.deepEqual(
        problems(() => readConfig(production({ DATABASE_URL: neon(POOLED, `?sslmode=require&${query}`) }))),
        [],
        query,
      );
  });

  test('is checked for migrations as well', () => {
    for (const name of ['DATABASE_URL', 'DATABASE_URL_UNPOOLED']) {
      const [found = ''] = problems(() => readMigrationUrl({ [name]: neon(DIRECT).replace(password, `1#${password}`) }));
      assert.match(found, new RegExp(`^${name} has characters in its password that must be percent-encoded: write %23 for #\\.$`));
    }
  });
});

describe('the migration URL', () => {
  test('is the pooled URL without -pooler in its host if there is no other', () => {
    assert.equal(readMigrationUrl({ DATABASE_URL: ` ${neon(POOLED)} ` }), neon(DIRECT, '?sslmode=verify-full&channel_binding=require'));
    assert.equal(readMigrationUrl({ DATABASE_URL: neon(DIRECT) }), neon(DIRECT, '?sslmode=verify-full&channel_binding=require'));
  });

  test('preserves a -pooler that is not in the host', () => {
    const url = `postgresql://app-pooler.x:${password}@${POOLED}/tasks-pooler.x?sslmode=verify-full`;
    assert.equal(readMigrationUrl({ DATABASE_URL: url }), url.replace(POOLED, DIRECT));
  });

  test('is DATABASE_URL_UNPOOLED if that is set', () => {
    const other = neon('other.test');
    assert.equal(
      readMigrationUrl({ DATABASE_URL: neon(POOLED), DATABASE_URL_UNPOOLED: other }),
      neon('other.test', '?sslmode=verify-full&channel_binding=require'),
    );
  });

  test('is rejected when it points at a pooled host', () => {
    const found = problems(() => readMigrationUrl({ DATABASE_URL: neon(DIRECT), DATABASE_URL_UNPOOLED: neon(POOLED) }));
    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /^DATABASE_URL_UNPOOLED points at a pooled host \(-pooler\)/);
  });

  test('is checked like any database URL, without quoting it', () => {
    for (const url of [neon(DIRECT, ''), neon(DIRECT).replace('postgresql:', 'postgresql+asyncpg:'), password]) {
      const found = problems(() => readMigrationUrl({ DATABASE_URL_UNPOOLED: url })).join('\n');
      assert.match(found, /^DATABASE_URL_UNPOOLED /);
      assert.ok(!found.includes(password));
    }
  });

  test('is requested if it is missing', () => {
    assert.match(problems(() => readMigrationUrl({})).join('\n'), /^DATABASE_URL_UNPOOLED \(or DATABASE_URL\) is missing/);
  });
});
